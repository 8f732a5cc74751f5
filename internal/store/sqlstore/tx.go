package sqlstore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"fairlead/internal/cvd"
	"fairlead/internal/store"
	"fairlead/internal/store/sqlstore/fault"
	"fairlead/internal/store/sqlstore/query"
)

// tx is one transaction on either engine.
type tx struct {
	ctx    context.Context // of the statements
	caller context.Context // of whoever asked; looked at between statements
	db     query.DBTX
	q      *query.Queries
	*engine

	writes  bool
	touched bool // it may have written something
	over    bool
	failed  error // the first fault of the engine: what was done must not be kept
	retry   bool  // the same change may succeed when run again
	erased  bool  // a key was dropped
}

var _ store.Tx = (*tx)(nil)

func newTx(caller, ctx context.Context, e *engine, db query.DBTX, writes bool) *tx {
	return &tx{ctx: ctx, caller: caller, db: db, q: query.New(db), engine: e, writes: writes}
}

func (t *tx) reading() error {
	if t.over {
		return fault.ErrOver
	}
	return t.caller.Err()
}

func (t *tx) writing() error {
	if !t.writes {
		return errView
	}
	t.touched = true
	return t.reading()
}

// fault names the kind of the driver's error and remembers that the engine
// failed, so that a change that goes on regardless is not kept by half.
func (t *tx) fault(err error) error {
	if err == nil {
		return nil
	}
	kind, retry := t.engine.fault(err)
	if errors.Is(kind, cvd.ErrNotFound) {
		return kind
	}
	if t.failed == nil {
		t.failed, t.retry = kind, retry
	}
	return kind
}

// result is what becomes of the transaction after its closure returned own.
func (t *tx) result(own error) error {
	t.over = true
	if own == nil && t.failed != nil {
		return t.failed
	}
	return own
}

func (t *tx) Case(id cvd.CaseID) (store.Case, error) {
	if err := t.reading(); err != nil {
		return store.Case{}, err
	}
	if foreign(string(id)) {
		return store.Case{}, cvd.ErrNotFound
	}
	row, err := t.q.OneCase(t.ctx, string(id))
	if err != nil {
		return store.Case{}, t.fault(err)
	}
	return storedCase(&row), nil
}

func (t *tx) PutCase(c store.Case, was int64) error {
	if err := t.writing(); err != nil {
		return err
	}
	if err := caseTexts(&c); err != nil {
		return err
	}
	var n int64
	var err error
	if was == 0 {
		n, err = t.q.InsertCase(t.ctx, newCase(&c))
	} else {
		n, err = t.q.UpdateCase(t.ctx, changedCase(&c, was))
	}
	return t.one(n, err)
}

// one makes a conflict of a statement that should have met one row and met none.
func (t *tx) one(n int64, err error) error {
	if err != nil {
		return t.fault(err)
	}
	if n == 0 {
		return cvd.ErrConflict
	}
	return nil
}

func (t *tx) Wake(now time.Time, limit int) ([]cvd.CaseID, error) {
	if err := t.reading(); err != nil {
		return nil, err
	}
	rows, err := t.q.Wake(t.ctx, instant(now), page(limit))
	return ids(rows), t.fault(err)
}

func (t *tx) Stale(kek string, limit int) ([]cvd.CaseID, error) {
	if err := t.reading(); err != nil {
		return nil, err
	}
	if foreign(kek) {
		return nil, fmt.Errorf("%w: the name of the key is no text", cvd.ErrInvalid)
	}
	rows, err := t.q.Stale(t.ctx, page(limit), kek)
	return ids(rows), t.fault(err)
}

func (t *tx) Append(events []store.Event) error {
	if err := t.writing(); err != nil {
		return err
	}
	if len(events) > 1 {
		return t.whole(func() error { return t.appendEach(events) })
	}
	return t.appendEach(events)
}

func (t *tx) appendEach(events []store.Event) error {
	for _, e := range events {
		if err := texts("event", e.Stream); err != nil {
			return err
		}
		n, err := t.q.InsertEvent(t.ctx, query.InsertEventParams{
			Stream: e.Stream, Seq: e.Seq, Head: blob(e.Head), BodyKey: blob(e.BodyKey), Sealed: blob(e.Sealed), Leaf: blob(e.Leaf),
		})
		if err := t.one(n, err); err != nil {
			return err
		}
	}
	return nil
}

// whole makes several statements one: a caller may go on after a conflict, and
// then none of them happened.
func (t *tx) whole(several func() error) error {
	if _, err := t.db.ExecContext(t.ctx, "SAVEPOINT several"); err != nil {
		return t.fault(err)
	}
	own := several()
	if own != nil && t.failed == nil {
		if _, err := t.db.ExecContext(t.ctx, "ROLLBACK TO SAVEPOINT several"); err != nil {
			return t.fault(err)
		}
	}
	if t.failed == nil {
		if _, err := t.db.ExecContext(t.ctx, "RELEASE SAVEPOINT several"); err != nil {
			return t.fault(err)
		}
	}
	return own
}

func (t *tx) Events(stream string, after int64, limit int) ([]store.Event, error) {
	if err := t.reading(); err != nil {
		return nil, err
	}
	if foreign(stream) {
		return nil, nil
	}
	rows, err := t.q.Events(t.ctx, stream, after, page(limit))
	if err != nil {
		return nil, t.fault(err)
	}
	out := make([]store.Event, len(rows))
	for i := range rows {
		out[i] = storedEvent(&rows[i])
	}
	return out, nil
}

func (t *tx) Streams(after string, limit int) ([]string, error) {
	if err := t.reading(); err != nil {
		return nil, err
	}
	if foreign(after) {
		return nil, nil
	}
	rows, err := t.q.Streams(t.ctx, after, page(limit))
	return rows, t.fault(err)
}

func (t *tx) PutKey(k store.Key) error {
	if err := t.writing(); err != nil {
		return err
	}
	if err := texts("key", string(k.Case), k.Name, k.KEK); err != nil {
		return err
	}
	if len(k.Wrapped) == 0 {
		return fmt.Errorf("%w: a key is empty", cvd.ErrInvalid)
	}
	var n int64
	var err error
	switch k.Kind {
	case store.KeyCase:
		n, err = t.q.PutCaseKey(t.ctx, k.Wrapped, k.KEK, string(k.Case))
	case store.KeyBody:
		n, err = t.q.PutBodyKey(t.ctx, k.Wrapped, string(k.Case), k.Seq)
	case store.KeyParticipant:
		if n, err = t.q.AddParticipantKey(t.ctx, string(k.Case), k.Name, k.Wrapped); err == nil && n == 0 {
			t.erased = true // the key that stood there is gone like a dropped one
			n, err = t.q.ReplaceParticipantKey(t.ctx, k.Wrapped, string(k.Case), k.Name)
		}
	default:
		return fmt.Errorf("%w: unknown kind of key", cvd.ErrInvalid)
	}
	if err == nil && n == 0 {
		return cvd.ErrNotFound
	}
	return t.fault(err)
}

func (t *tx) Keys(id cvd.CaseID) ([]store.Key, error) {
	if err := t.reading(); err != nil {
		return nil, err
	}
	if foreign(string(id)) {
		return nil, nil
	}
	rows, err := t.q.ParticipantKeys(t.ctx, string(id))
	if err != nil {
		return nil, t.fault(err)
	}
	out := make([]store.Key, len(rows))
	for i, r := range rows {
		out[i] = store.Key{KeyRef: store.KeyRef{Case: id, Kind: store.KeyParticipant, Name: r.Name}, Wrapped: r.WrappedKey}
	}
	return out, nil
}

func (t *tx) DropKey(ref store.KeyRef) error {
	if err := t.writing(); err != nil {
		return err
	}
	if foreign(string(ref.Case), ref.Name) {
		return nil
	}
	t.erased = true
	id := string(ref.Case)
	switch ref.Kind {
	case store.KeyParticipant:
		return t.fault(t.q.DropParticipantKey(t.ctx, id, ref.Name))
	case store.KeyBody:
		return t.fault(t.q.DropBodyKey(t.ctx, id, ref.Seq))
	case store.KeyCase:
		for _, drop := range []func(context.Context, string) error{t.q.DropCaseKey, t.q.DropParticipantKeys, t.q.DropBodyKeys} {
			if err := drop(t.ctx, id); err != nil {
				return t.fault(err)
			}
		}
		return nil
	}
	return fmt.Errorf("%w: unknown kind of key", cvd.ErrInvalid)
}

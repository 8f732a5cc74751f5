package sqlstore

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"fairlead/internal/cvd"
	"fairlead/internal/store"
	"fairlead/internal/store/sqlstore/query"
)

func (t *tx) Enqueue(effects []store.Effect) error {
	if err := t.writing(); err != nil {
		return err
	}
	for i := range effects {
		e := &effects[i]
		if err := texts("effect", e.Key, string(e.Kind), string(e.Case), e.To, e.Template, string(e.State)); err != nil {
			return err
		}
		if err := t.q.InsertEffect(t.ctx, newEffect(e)); err != nil {
			return t.fault(err)
		}
	}
	return nil
}

const effectColumns = "ref, kind, case_id, seq, recipient, template, at, state, attempts, leased, done, sealed"

func (t *tx) effects(text string, args ...any) ([]store.Effect, error) {
	rows, err := t.db.QueryContext(t.ctx, text, args...)
	if err != nil {
		return nil, t.fault(err)
	}
	defer rows.Close()
	var out []store.Effect
	for rows.Next() {
		var e store.Effect
		var at, leased, done int64
		err := rows.Scan(&e.Key, &e.Kind, &e.Case, &e.Seq, &e.To, &e.Template, &at, &e.State, &e.Attempts, &leased, &done, &e.Sealed)
		if err != nil {
			return nil, t.fault(err)
		}
		e.At, e.Leased, e.Done, e.Sealed = moment(at), moment(leased), moment(done), blob(e.Sealed)
		out = append(out, e)
	}
	return out, t.fault(rows.Err())
}

// leaseEffects takes rows that nobody else is taking at this moment.
func leaseEffects(e *engine) string {
	return `UPDATE effects SET leased = $1, ready = $1 WHERE ref IN (
		SELECT ref FROM effects ` + e.indexed("effects_ready") + ` WHERE state = 'pending' AND ready <= $2
		ORDER BY ready, ref LIMIT CAST($3 AS bigint) ` + e.locked + `
	) RETURNING ` + effectColumns
}

func (t *tx) Lease(now, until time.Time, limit int) ([]store.Effect, error) {
	if err := t.writing(); err != nil {
		return nil, err
	}
	out, err := t.effects(leaseEffects(t.engine), instant(until), instant(now), page(limit))
	slices.SortFunc(out, func(a, b store.Effect) int {
		return cmp.Or(a.At.Compare(b.At), strings.Compare(a.Key, b.Key))
	})
	return out, err
}

func (t *tx) Finish(e store.Effect) error {
	if err := t.writing(); err != nil {
		return err
	}
	if err := texts("effect", e.Key, string(e.State)); err != nil {
		return err
	}
	n, err := t.q.FinishEffect(t.ctx, query.FinishEffectParams{
		State: string(e.State), Attempts: int64(e.Attempts), At: instant(e.At), Done: instant(e.Done), Sealed: blob(e.Sealed),
		NeverLeased: instant(time.Time{}), Ref: e.Key, Leased: instant(e.Leased),
	})
	if err != nil || n > 0 {
		return t.fault(err)
	}
	known, err := t.q.HasEffect(t.ctx, e.Key)
	if err != nil {
		return t.fault(err)
	}
	if known == 0 {
		return cvd.ErrNotFound
	}
	return fmt.Errorf("%w: the lease was lost to somebody else", cvd.ErrConflict)
}

func (t *tx) PutRecord(r store.Record, was int64) error {
	if err := t.writing(); err != nil {
		return err
	}
	if err := texts("record", string(r.Kind), r.ID, r.Owner); err != nil {
		return err
	}
	kind, at, expires, sealed := string(r.Kind), instant(r.At), deadline(r.Expires), blob(r.Sealed)
	switch was {
	case -1:
		return t.fault(t.q.UpsertRecord(t.ctx, query.UpsertRecordParams{
			Kind: kind, ID: r.ID, Owner: r.Owner, At: at, Expires: expires, Sealed: sealed,
		}))
	case 0:
		return t.one(t.q.InsertRecord(t.ctx, query.InsertRecordParams{
			Kind: kind, ID: r.ID, Owner: r.Owner, At: at, Expires: expires, Sealed: sealed,
		}))
	}
	return t.one(t.q.UpdateRecord(t.ctx, query.UpdateRecordParams{
		Kind: kind, ID: r.ID, Owner: r.Owner, At: at, Expires: expires, Sealed: sealed, Was: was,
	}))
}

func (t *tx) Record(kind store.RecordKind, id string) (store.Record, error) {
	if err := t.reading(); err != nil {
		return store.Record{}, err
	}
	if foreign(string(kind), id) {
		return store.Record{}, cvd.ErrNotFound
	}
	row, err := t.q.OneRecord(t.ctx, string(kind), id)
	if err != nil {
		return store.Record{}, t.fault(err)
	}
	return storedRecord(&row), nil
}

func (t *tx) Records(kind store.RecordKind, owner string, limit int) ([]store.Record, error) {
	if err := t.reading(); err != nil {
		return nil, err
	}
	if foreign(string(kind), owner) {
		return nil, nil
	}
	var rows []query.Record
	var err error
	if owner == "" {
		rows, err = t.q.Records(t.ctx, string(kind), page(limit))
	} else {
		rows, err = t.q.RecordsOf(t.ctx, string(kind), owner, page(limit))
	}
	if err != nil {
		return nil, t.fault(err)
	}
	out := make([]store.Record, len(rows))
	for i := range rows {
		out[i] = storedRecord(&rows[i])
	}
	return out, nil
}

func (t *tx) DeleteRecords(sel store.Selection) (int, error) {
	if err := t.writing(); err != nil {
		return 0, err
	}
	if sel == (store.Selection{}) {
		return 0, nil
	}
	if sel.Kind == "" && sel.ExpiredBefore.IsZero() {
		return 0, fmt.Errorf("%w: which records to delete needs a kind or an expiry", cvd.ErrInvalid)
	}
	if foreign(string(sel.Kind), sel.ID, sel.Owner) {
		return 0, nil
	}
	var s statement
	if sel.Kind != "" {
		s.where("kind = " + s.arg(string(sel.Kind)))
	}
	if sel.ID != "" {
		s.where("id = " + s.arg(sel.ID))
	}
	if sel.Owner != "" {
		s.where("owner = " + s.arg(sel.Owner))
	}
	if !sel.ExpiredBefore.IsZero() {
		s.where("expires < 9223372036854775807 AND expires < " + s.arg(instant(sel.ExpiredBefore)))
	}
	res, err := t.db.ExecContext(t.ctx, "DELETE FROM records WHERE "+s.conditions(), s.args...)
	if err != nil {
		return 0, t.fault(err)
	}
	n, err := res.RowsAffected()
	return int(n), t.fault(err)
}

package sqlstore

import (
	"fmt"
	"math"
	"strings"
	"time"
	"unicode/utf8"

	"fairlead/internal/cvd"
	"fairlead/internal/store"
	"fairlead/internal/store/sqlstore/query"
)

// never is what a column holds for an instant that will not come, so that it is
// the last in every order.
const never = math.MaxInt64

// instant is t in microseconds since 1970; the zero time keeps its true place,
// long before any other.
func instant(t time.Time) int64 { return t.UnixMicro() }

func moment(micros int64) time.Time { return time.UnixMicro(micros).UTC() }

// deadline is instant for columns whose zero time means never.
func deadline(t time.Time) int64 {
	if t.IsZero() {
		return never
	}
	return instant(t)
}

func until(micros int64) time.Time {
	if micros == never {
		return time.Time{}
	}
	return moment(micros)
}

// blob makes no difference between none and empty, because the engines do.
func blob(b []byte) []byte {
	if len(b) == 0 {
		return nil
	}
	return b
}

// foreign tells whether one of the values is no text that PostgreSQL can keep.
// Such a value is refused by both engines, and no row holds it.
func foreign(values ...string) bool {
	for _, v := range values {
		if strings.IndexByte(v, 0) >= 0 || !utf8.ValidString(v) {
			return true
		}
	}
	return false
}

func texts(what string, values ...string) error {
	if foreign(values...) {
		return fmt.Errorf("%w: a text of the %s is not UTF-8 or holds a NUL", cvd.ErrInvalid, what)
	}
	return nil
}

func caseTexts(c *store.Case) error {
	return texts("case", string(c.ID), c.Program, string(c.RM), string(c.EM), string(c.Facts), string(c.Band),
		c.Assignee, string(c.NextKind), string(c.Cluster), c.KEK)
}

func newCase(c *store.Case) query.InsertCaseParams {
	return query.InsertCaseParams{
		ID: string(c.ID), Program: c.Program, Rm: string(c.RM), Em: string(c.EM), Facts: string(c.Facts),
		Band: string(c.Band), Assignee: c.Assignee, NextDue: deadline(c.NextDue), NextKind: string(c.NextKind),
		Wake: deadline(c.Wake), Created: instant(c.Created), Updated: instant(c.Updated), Version: c.Version,
		Policy: int64(c.Policy), Cluster: string(c.Cluster), Closed: c.RM == cvd.RMClosed, Emergency: c.Emergency,
		Privacy: c.Privacy, Paused: c.Paused, Unread: c.Unread, Breached: c.Breached, Appeal: c.Appeal, Pending: c.Pending,
		Sealed: blob(c.Sealed), WrappedKey: blob(c.Key), Kek: c.KEK,
	}
}

func changedCase(c *store.Case, was int64) query.UpdateCaseParams {
	return query.UpdateCaseParams{
		ID: string(c.ID), Program: c.Program, Rm: string(c.RM), Em: string(c.EM), Facts: string(c.Facts),
		Band: string(c.Band), Assignee: c.Assignee, NextDue: deadline(c.NextDue), NextKind: string(c.NextKind),
		Wake: deadline(c.Wake), Created: instant(c.Created), Updated: instant(c.Updated), Version: c.Version,
		Policy: int64(c.Policy), Cluster: string(c.Cluster), Closed: c.RM == cvd.RMClosed, Emergency: c.Emergency,
		Privacy: c.Privacy, Paused: c.Paused, Unread: c.Unread, Breached: c.Breached, Appeal: c.Appeal, Pending: c.Pending,
		Sealed: blob(c.Sealed), Was: was,
	}
}

func storedCase(r *query.Case) store.Case {
	return store.Case{
		ID: cvd.CaseID(r.ID), Program: r.Program, RM: cvd.RM(r.Rm), EM: cvd.EM(r.Em), Facts: cvd.Facts(r.Facts),
		Band: cvd.Band(r.Band), Assignee: r.Assignee, NextDue: until(r.NextDue), NextKind: cvd.ClockKind(r.NextKind),
		Wake: until(r.Wake), Created: moment(r.Created), Updated: moment(r.Updated), Version: r.Version,
		Policy: int(r.Policy), Cluster: cvd.CaseID(r.Cluster), Emergency: r.Emergency,
		Privacy: r.Privacy, Paused: r.Paused, Unread: r.Unread, Breached: r.Breached, Appeal: r.Appeal, Pending: r.Pending,
		Sealed: blob(r.Sealed), Key: blob(r.WrappedKey), KEK: r.Kek,
	}
}

func storedEvent(r *query.Event) store.Event {
	return store.Event{
		Stream: r.Stream, Seq: r.Seq, Head: blob(r.Head), BodyKey: blob(r.BodyKey), Sealed: blob(r.Sealed), Leaf: blob(r.Leaf),
	}
}

func newEffect(e *store.Effect) query.InsertEffectParams {
	state := e.State
	if state == "" {
		state = store.EffectPending
	}
	ready := instant(e.At)
	if e.Leased.After(e.At) {
		ready = instant(e.Leased)
	}
	return query.InsertEffectParams{
		Ref: e.Key, Kind: string(e.Kind), CaseID: string(e.Case), Seq: e.Seq, Recipient: e.To, Template: e.Template,
		At: instant(e.At), State: string(state), Attempts: int64(e.Attempts), Leased: instant(e.Leased),
		Ready: ready, Done: instant(e.Done), Sealed: blob(e.Sealed),
	}
}

func storedRecord(r *query.Record) store.Record {
	return store.Record{
		Kind: store.RecordKind(r.Kind), ID: r.ID, Owner: r.Owner, At: moment(r.At), Expires: until(r.Expires),
		Version: r.Version, Sealed: blob(r.Sealed),
	}
}

// page bounds what a caller asks for: none for nothing or less.
func page(limit int) int64 { return int64(max(limit, 0)) }

func ids(rows []string) []cvd.CaseID {
	out := make([]cvd.CaseID, len(rows))
	for i, r := range rows {
		out[i] = cvd.CaseID(r)
	}
	return out
}

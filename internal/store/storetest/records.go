package storetest

import (
	"errors"
	"testing"
	"time"

	"fairlead/internal/cvd"
	"fairlead/internal/store"
)

const (
	session store.RecordKind = "session"
	token   store.RecordKind = "token"
)

func record(kind store.RecordKind, id, owner string, n int) store.Record {
	return store.Record{Kind: kind, ID: id, Owner: owner, At: at(n), Version: 1, Sealed: nasty}
}

func recordVersions(t *testing.T, s store.Store) {
	r := record(session, "a", "ann", 1)
	r.Version = 77 // the store counts
	refused(t, s, cvd.ErrConflict, func(tx store.Tx) error { return tx.PutRecord(r, 1) })
	update(t, s, func(tx store.Tx) error { return tx.PutRecord(r, 0) })
	refused(t, s, cvd.ErrConflict, func(tx store.Tx) error { return tx.PutRecord(r, 0) })
	check := func(want store.Record) {
		t.Helper()
		view(t, s, func(tx store.Tx) error {
			got, err := tx.Record(want.Kind, want.ID)
			same(t, "record", got, want)
			return err
		})
	}
	r.Version = 1
	check(r)
	r.Owner, r.At, r.Expires, r.Sealed = "bob", at(2), at(99), []byte{0}
	update(t, s, func(tx store.Tx) error { return tx.PutRecord(r, 1) })
	r.Version = 2
	check(r)
	refused(t, s, cvd.ErrConflict, func(tx store.Tx) error { return tx.PutRecord(r, 1) })
	r.Sealed, r.Expires = nil, time.Time{}
	update(t, s, func(tx store.Tx) error { return tx.PutRecord(r, -1) })
	r.Version = 3
	check(r)
	other := record(token, "a", "", 0)
	update(t, s, func(tx store.Tx) error { return tx.PutRecord(other, -1) })
	check(other)
	check(r)
	refused(t, s, cvd.ErrNotFound, func(tx store.Tx) error { _, err := tx.Record(token, "b"); return err })
	refused(t, s, cvd.ErrNotFound, func(tx store.Tx) error { _, err := tx.Record(token, "a\x00"); return err })
}

func recordIDs(t *testing.T, s store.Store, kind store.RecordKind, owner string, limit int) []string {
	t.Helper()
	out := []string{}
	view(t, s, func(tx store.Tx) error {
		all, err := tx.Records(kind, owner, limit)
		for _, r := range all {
			out = append(out, r.ID)
		}
		return err
	})
	return out
}

func putRecords(t *testing.T, s store.Store, all ...store.Record) {
	t.Helper()
	update(t, s, func(tx store.Tx) error {
		for _, r := range all {
			if err := tx.PutRecord(r, 0); err != nil {
				return err
			}
		}
		return nil
	})
}

func recordLists(t *testing.T, s store.Store) {
	putRecords(t, s, record(session, "a", "ann", 1), record(session, "b", "bob", 3), record(session, "c", "ann", 2),
		record(session, "d", "ann", 2), record(token, "e", "ann", 9))
	same(t, "all", recordIDs(t, s, session, "", 10), []string{"b", "d", "c", "a"})
	same(t, "owner", recordIDs(t, s, session, "ann", 10), []string{"d", "c", "a"})
	same(t, "limit", recordIDs(t, s, session, "ann", 1), []string{"d"})
	same(t, "none", recordIDs(t, s, session, "eve", 10), []string{})
	same(t, "no kind", recordIDs(t, s, "", "", 10), []string{})
}

func recordExpiry(t *testing.T, s store.Store) {
	a, b, c, d := record(session, "a", "ann", 1), record(session, "b", "bob", 2), record(token, "c", "ann", 3), record(token, "d", "ann", 4)
	a.Expires, b.Expires, c.Expires = at(10), at(20), at(10)
	drop := func(sel store.Selection, want int) {
		t.Helper()
		update(t, s, func(tx store.Tx) error {
			n, err := tx.DeleteRecords(sel)
			same(t, "deleted", n, want)
			return err
		})
	}
	refill := func() {
		t.Helper()
		drop(store.Selection{Kind: session}, len(recordIDs(t, s, session, "", 10)))
		drop(store.Selection{Kind: token}, len(recordIDs(t, s, token, "", 10)))
		putRecords(t, s, a, b, c, d)
	}
	refill()
	drop(store.Selection{ExpiredBefore: at(10)}, 0)
	drop(store.Selection{ExpiredBefore: at(11)}, 2)
	drop(store.Selection{ExpiredBefore: at(1 << 40)}, 1) // d never expires
	same(t, "left", recordIDs(t, s, token, "", 10), []string{"d"})
	refill()
	drop(store.Selection{Kind: token, ExpiredBefore: at(11)}, 1)
	drop(store.Selection{Kind: session, ID: "a", Owner: "bob"}, 0)
	drop(store.Selection{Kind: session, ID: "a"}, 1)
	drop(store.Selection{Kind: session, Owner: "bob"}, 1)
	drop(store.Selection{}, 0)
	refused(t, s, cvd.ErrInvalid, func(tx store.Tx) error {
		_, err := tx.DeleteRecords(store.Selection{Owner: "ann"})
		return err
	})
	same(t, "d is left", recordIDs(t, s, token, "", 10), []string{"d"})
}

func refusedTexts(t *testing.T, s store.Store) {
	for _, word := range []string{"a\x00b", "\xff\xfe"} {
		c := sample(caseID(1))
		c.Assignee = word
		r := record(session, word, "", 0)
		e := effect(1, at(0))
		e.To = word
		for what, change := range map[string]func(tx store.Tx) error{
			"case":   func(tx store.Tx) error { return tx.PutCase(c, 0) },
			"event":  func(tx store.Tx) error { return tx.Append([]store.Event{event(word, 1)}) },
			"key":    func(tx store.Tx) error { return tx.PutKey(participant(caseID(1), word, "k")) },
			"effect": func(tx store.Tx) error { return tx.Enqueue([]store.Effect{e}) },
			"record": func(tx store.Tx) error { return tx.PutRecord(r, -1) },
		} {
			update(t, s, func(tx store.Tx) error {
				if err := change(tx); !errors.Is(err, cvd.ErrInvalid) {
					t.Errorf("%s with %q: %v", what, word, err)
				}
				return nil
			})
		}
	}
}

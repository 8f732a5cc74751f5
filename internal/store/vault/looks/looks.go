// Package looks keeps who of the team looked at which case, so that together
// with its history it can be answered who knew what when.
//
// It never decides who may look, and never holds up a look because it could not
// be written down.
package looks

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"time"

	"fairlead/internal/cvd"
	"fairlead/internal/store"
	"fairlead/internal/store/vault"
)

// recordLook is the kind of the records kept here.
const recordLook store.RecordKind = "read"

// life is how long looks are kept.
const life = 2 * 365 * 24 * time.Hour

// grain folds the looks of one member at one case within this time into one:
// enough to say who knew when, and no flood.
const grain = 10 * time.Minute

// Read is one recorded look.
type Read struct {
	Actor string    `json:"actor"`
	What  string    `json:"what"`
	At    time.Time `json:"at"`
}

// Book is where looks are written down. It is safe for concurrent use.
type Book struct {
	Store store.Store
	Vault *vault.Vault
	Log   *slog.Logger

	lately recent
}

// Note writes down that somebody of the team looked at something of a case. A
// look that cannot be recorded is logged loudly and still given: refusing would
// lock the team out of a case exactly when the disk is full.
func (b *Book) Note(ctx context.Context, who cvd.Actor, id cvd.CaseID, what string, now time.Time) {
	if who.Kind != cvd.ActorMember && who.Kind != cvd.ActorMachine {
		return
	}
	at := now.UTC().Truncate(grain).Format(time.RFC3339)
	rec := store.Record{
		Kind: recordLook, Owner: string(id), At: now, Expires: now.Add(life),
		ID: strings.Join([]string{string(id), who.ID, what, at}, "/"),
	}
	if b.lately.seen(rec.ID) {
		return
	}
	rec, err := b.Vault.Seal(rec, Read{who.Ref(), what, now})
	if err == nil {
		err = b.Store.Update(context.WithoutCancel(ctx), func(tx store.Tx) error { return tx.PutRecord(rec, -1) })
	}
	if err != nil {
		b.lately.forget(rec.ID)
		b.Log.Error("a look at a case could not be recorded", "case", string(id), "actor", who.Ref(), "err", err)
	}
}

// Seen is a look with what was looked at: a case's id, or "mail/" and that of a mail.
type Seen struct {
	Read
	Of string
}

// Sought narrows a list of looks. Zero members narrow nothing.
type Sought struct {
	Case     cvd.CaseID
	Member   string    // by id
	From, To time.Time // from the first instant to before the second
	After    string    // the next of the page before
}

// Trail lists up to limit looks, newest first; next is empty on the last page. Far back it
// costs as much as all that is newer. A page that cannot be read is a cvd.ErrUnreadable.
func (b *Book) Trail(ctx context.Context, f Sought, limit int) (out []Seen, next string, err error) {
	after, err := store.ReadPlace(f.After)
	if err != nil {
		return nil, "", cvd.ErrUnreadable
	}
	var last store.Place
	err = b.Store.View(ctx, func(tx store.Tx) error {
		out, next, last = nil, "", store.Place{}
		return store.Walk(tx, recordLook, string(f.Case), func(rec *store.Record) (bool, error) {
			if !f.From.IsZero() && rec.At.Before(f.From) {
				return false, nil
			}
			if !after.Holds(rec) || !f.To.IsZero() && !rec.At.Before(f.To) {
				return true, nil
			}
			one := Seen{Of: rec.Owner}
			if err := b.Vault.Read(*rec, &one.Read); err != nil {
				return false, err
			}
			if _, id, _ := strings.Cut(one.Actor, "/"); f.Member != "" && id != f.Member {
				return true, nil
			}
			if len(out) == limit {
				next = last.String()
				return false, nil
			}
			out, last = append(out, one), store.Place{At: rec.At, ID: rec.ID}
			return true, nil
		})
	})
	return out, next, err
}

// Latest lists up to 20 of the latest looks at a case, newest first.
func (b *Book) Latest(ctx context.Context, id cvd.CaseID) ([]Read, error) {
	var out []Read
	err := b.Store.View(ctx, func(tx store.Tx) error {
		recs, err := tx.Records(recordLook, string(id), 20)
		if err != nil {
			return err
		}
		for _, rec := range recs {
			var l Read
			if err := b.Vault.Read(rec, &l); err != nil {
				return err
			}
			out = append(out, l)
		}
		return nil
	})
	return out, err
}

// recent remembers the ids of the last looks, so that a busy page writes one
// record and not one a request. It is bounded.
type recent struct {
	mu  sync.Mutex
	ids map[string]bool
}

const recentMost = 4096

func (r *recent) seen(id string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ids[id] {
		return true
	}
	if r.ids == nil || len(r.ids) >= recentMost {
		r.ids = map[string]bool{}
	}
	r.ids[id] = true
	return false
}

func (r *recent) forget(id string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.ids, id)
}

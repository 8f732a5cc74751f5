// Package pace keeps how often the world was told: how many notices one address
// got on a day, and which new reports a team was told of together.
//
// It never sends, never decides what is said, and keeps no address: a blind name.
package pace

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"fairlead/internal/cvd"
	"fairlead/internal/store"
	"fairlead/internal/store/vault"
)

// The kinds of the records kept here.
const (
	recordMailed store.RecordKind = "mailed"
	recordGather store.RecordKind = "gathered"
)

// life is how long they are kept.
const life = 48 * time.Hour

// attempts bounds how often one is written again after losing a race.
const attempts = 16

// Book is where they are written down.
type Book struct {
	Store store.Store
	Vault *vault.Vault
	// ADay is how many notices one address gets on a day, in UTC; 0: any number.
	ADay int
	// Window is the least time between two notices of new reports to one group;
	// 0: each has its own at once.
	Window time.Duration
}

// Allow tells whether the effect of this key may still be sent to the address
// today, and counts it once, however often it is asked.
func (b Book) Allow(ctx context.Context, address, key string, now time.Time) (ok bool, err error) {
	if b.ADay <= 0 {
		return true, nil
	}
	rec := store.Record{
		Kind: recordMailed, ID: b.Vault.Blind("mailed", inbox(address)) + "/" + now.UTC().Format(time.DateOnly),
		At: now, Expires: now.Add(life),
	}
	var keys []string
	err = b.turn(ctx, rec, &keys, func() bool {
		if ok = slices.Contains(keys, key); ok || len(keys) >= b.ADay {
			return false
		}
		ok, keys = true, append(keys, key)
		return true
	})
	return ok, err
}

// inbox is where an address leads, as far as its letters tell: what stands behind
// a plus is the same person's.
func inbox(address string) string {
	at := strings.LastIndexByte(address, '@')
	if at < 0 {
		return strings.ToLower(address)
	}
	local, _, _ := strings.Cut(address[:at], "+")
	return strings.ToLower(local + address[at:])
}

// Place is how a notice of a new report goes out.
type Place struct {
	Together int       // of how many it tells, itself included
	Later    time.Time // not before then; zero: now
	With     time.Time // one that was sent then told of it already; zero: none
}

type gathering struct {
	By   string    `json:"by"` // the effect that carries it
	At   time.Time `json:"at"`
	Keys []string  `json:"keys"` // of all that it tells of
}

// Gather places the notice of a new report: the first to a group goes at once, and
// until the window is over the others wait; then one tells of all. Asked again, it
// says the same, so that a notice that failed is sent as it was.
func (b Book) Gather(ctx context.Context, e store.Effect, now time.Time) (p Place, err error) {
	if b.Window <= 0 {
		return Place{Together: 1}, nil
	}
	rec := store.Record{Kind: recordGather, ID: e.To, At: now, Expires: now.Add(life)}
	var g gathering
	var keys []string // of a new gathering; nil while none is wanted
	place := func() bool {
		switch next := g.At.Add(b.Window); {
		case g.By == e.Key:
			p = Place{Together: len(g.Keys)}
		case slices.Contains(g.Keys, e.Key):
			p = Place{Together: len(g.Keys), With: g.At}
		case now.Before(next):
			p = Place{Later: next}
		case keys != nil:
			g = gathering{By: e.Key, At: now, Keys: keys}
			p = Place{Together: len(keys)}
			return true
		}
		return false
	}
	if err := b.turn(ctx, rec, &g, place); err != nil || p != (Place{}) {
		return p, err
	}
	if keys, err = b.waiting(ctx, e); err != nil {
		return p, err
	}
	return p, b.turn(ctx, rec, &g, place)
}

// waiting lists the effect and all others of its kind that wait for the same group.
func (b Book) waiting(ctx context.Context, e store.Effect) (keys []string, err error) {
	err = b.Store.View(ctx, func(tx store.Tx) error {
		keys = []string{e.Key}
		all, err := tx.Effects(store.EffectPending, "", nil, most)
		for _, one := range all {
			if one.Kind == e.Kind && one.To == e.To && one.Template == e.Template && one.Key != e.Key {
				keys = append(keys, one.Key)
			}
		}
		return err
	})
	return keys, err
}

// most bounds of how many reports one notice tells; the rest waits for the next.
const most = 1000

// turn reads the record into v, lets change alter v, and writes it back if that
// says so; again where somebody else was faster.
func (b Book) turn(ctx context.Context, rec store.Record, v any, change func() bool) error {
	for range attempts {
		was := int64(0)
		err := b.Store.View(ctx, func(tx store.Tx) error {
			old, err := tx.Record(rec.Kind, rec.ID)
			if errors.Is(err, cvd.ErrNotFound) {
				return nil
			}
			if err != nil {
				return err
			}
			was = old.Version
			return b.Vault.Read(old, v)
		})
		if err != nil || !change() {
			return err
		}
		fresh, err := b.Vault.Seal(rec, v)
		if err != nil {
			return err
		}
		err = b.Store.Update(ctx, func(tx store.Tx) error { return tx.PutRecord(fresh, was) })
		if !errors.Is(err, cvd.ErrConflict) {
			return err
		}
	}
	return fmt.Errorf("%w: the record is very busy", cvd.ErrUnavailable)
}

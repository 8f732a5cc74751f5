// Package reserved keeps which CVE ids were reserved for what, before anybody uses
// them: so that a reservation that was cut short is taken up where it was left.
//
// It never asks for an id, and never decides whose one is. A copy of the database
// tells how many there are, and when they were asked for.
package reserved

import (
	"context"
	"errors"
	"fmt"
	"time"

	"fairlead/internal/cvd"
	"fairlead/internal/store"
	"fairlead/internal/store/vault"
)

// The kinds of the records kept here, under blind names.
const (
	kindKey store.RecordKind = "cve-reservation" // what ids were asked for
	kindID  store.RecordKind = "cve-id"          // each id, with what it is for
)

// Book is where they are written down.
type Book struct {
	Store store.Store
	Vault *vault.Vault
}

type reservation struct {
	Since time.Time `json:"since"`
	IDs   []string  `json:"ids,omitempty"`
}

type owner struct {
	Key string `json:"key"`
}

// attempts bounds how often one is written again after losing a race.
const attempts = 16

// Intend notes that ids are about to be reserved under the key, and returns when
// that was first noted and what was kept since. again tells that it was noted
// before.
func (b Book) Intend(ctx context.Context, key string, now time.Time) (since time.Time, kept []string, again bool, err error) {
	err = b.turn(ctx, func(tx store.Tx) error {
		r, rec, err := b.read(tx, key)
		if since, kept, again = r.Since, r.IDs, rec.Version > 0; again || err != nil {
			return err
		}
		since = now.UTC()
		return b.write(tx, rec, key, reservation{Since: since}, now)
	})
	return since, kept, again, err
}

// Kept lists what was kept under the key.
func (b Book) Kept(ctx context.Context, key string) (ids []string, err error) {
	err = b.Store.View(ctx, func(tx store.Tx) error {
		r, _, err := b.read(tx, key)
		ids = r.IDs
		return err
	})
	return ids, err
}

// Keep adds ids to the key. An id of another key is a cvd.ErrConflict, and nothing
// is kept; one that is kept already is no error.
func (b Book) Keep(ctx context.Context, key string, ids []string) error {
	return b.turn(ctx, func(tx store.Tx) error {
		r, rec, err := b.read(tx, key)
		if err != nil {
			return err
		}
		now := r.Since // the instant of the intention says enough
		for _, id := range ids {
			whose, err := b.owner(tx, id)
			switch {
			case err != nil:
				return err
			case whose == key:
				continue
			case whose != "":
				return errTaken
			}
			one, err := b.Vault.Seal(store.Record{Kind: kindID, ID: b.Vault.Blind(string(kindID), id), At: now}, owner{key})
			if err != nil {
				return err
			}
			if err := tx.PutRecord(one, 0); err != nil {
				return err
			}
			r.IDs = append(r.IDs, id)
		}
		return b.write(tx, rec, key, r, now)
	})
}

var errTaken = fmt.Errorf("%w: the CVE id is kept for something else", cvd.ErrConflict)

// Unknown returns those ids that are under no key.
func (b Book) Unknown(ctx context.Context, ids []string) (out []string, err error) {
	err = b.Store.View(ctx, func(tx store.Tx) error {
		out = nil
		for _, id := range ids {
			whose, err := b.owner(tx, id)
			if err != nil {
				return err
			}
			if whose == "" {
				out = append(out, id)
			}
		}
		return nil
	})
	return out, err
}

// read returns what is kept under the key; a record of version 0 is not there yet.
func (b Book) read(tx store.Tx, key string) (r reservation, rec store.Record, err error) {
	rec, err = tx.Record(kindKey, b.Vault.Blind(string(kindKey), key))
	if errors.Is(err, cvd.ErrNotFound) {
		return r, store.Record{}, nil
	}
	if err == nil {
		err = b.Vault.Read(rec, &r)
	}
	return r, rec, err
}

func (b Book) write(tx store.Tx, was store.Record, key string, r reservation, now time.Time) error {
	rec, err := b.Vault.Seal(store.Record{Kind: kindKey, ID: b.Vault.Blind(string(kindKey), key), At: now}, r)
	if err != nil {
		return err
	}
	return tx.PutRecord(rec, was.Version)
}

// owner is the key that the id is under, or "".
func (b Book) owner(tx store.Tx, id string) (string, error) {
	rec, err := tx.Record(kindID, b.Vault.Blind(string(kindID), id))
	if errors.Is(err, cvd.ErrNotFound) {
		return "", nil
	}
	var o owner
	if err == nil {
		err = b.Vault.Read(rec, &o)
	}
	return o.Key, err
}

// turn runs a change again where somebody else was faster.
func (b Book) turn(ctx context.Context, change func(tx store.Tx) error) error {
	for range attempts {
		err := b.Store.Update(ctx, change)
		if !errors.Is(err, cvd.ErrConflict) || errors.Is(err, errTaken) {
			return err
		}
	}
	return fmt.Errorf("%w: others reserve all the time; try again", cvd.ErrConflict)
}

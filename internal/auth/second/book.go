package second

import (
	"context"
	"errors"
	"fmt"
	"time"

	"fairlead/internal/cvd"
	"fairlead/internal/store"
	"fairlead/internal/store/vault"
)

// Record is the kind of the records that hold factors; id and owner are the
// member's id.
const Record store.RecordKind = "factor"

// Held is what is kept for a member. What is offered counts for nothing until a
// code of it was shown.
type Held struct {
	Set     *Factor `json:"set,omitempty"`
	Offered *Factor `json:"offered,omitempty"`
}

// On tells whether the member has a second factor.
func (h Held) On() bool { return h.Set != nil }

// Book keeps the factors of the team's members.
type Book struct {
	Store store.Store
	Vault *vault.Vault
	Now   func() time.Time
}

// Summary is what a member's page says of their factor.
type Summary struct {
	On    bool
	Since time.Time
	Paper int // codes that are left
}

// offerLife is how long an offered factor may wait for its first code.
const offerLife = 15 * time.Minute

// Wrong is the refusal of a code, as cvd.Faults.
var Wrong = cvd.Fault{Field: "code", Problem: "is not the code that the app shows now", Remedy: "wait for the next code and type its six digits; the clock of the device must be right"}

// In gives a member's factor and its version: none is an empty one of version 0.
func (b Book) In(tx store.Tx, id string) (version int64, h Held, err error) {
	rec, err := tx.Record(Record, id)
	if errors.Is(err, cvd.ErrNotFound) {
		return 0, Held{}, nil
	}
	if err != nil {
		return 0, Held{}, err
	}
	return rec.Version, h, b.Vault.Read(rec, &h)
}

// Of tells of a member's factor.
func (b Book) Of(ctx context.Context, id string) (out Summary, err error) {
	err = b.Store.View(ctx, func(tx store.Tx) error {
		_, h, err := b.In(tx, id)
		if h.On() {
			out = Summary{On: true, Since: h.Set.Since, Paper: len(h.Set.Paper)}
		}
		return err
	})
	return out, err
}

func (b Book) digest(code string) string { return b.Vault.Blind("auth/second", code) }

// Change decides on a factor as it is stored, and stores what is left of it with
// what else belongs to it, or nothing. One that was changed meanwhile is a
// cvd.ErrConflict.
func (b Book) Change(ctx context.Context, id string, decide func(*Held) error, also func(store.Tx) error) error {
	var was int64
	var h Held
	err := b.Store.View(ctx, func(tx store.Tx) (err error) {
		was, h, err = b.In(tx, id)
		return err
	})
	if err != nil {
		return err
	}
	if err := decide(&h); err != nil {
		return err
	}
	rec, err := b.Vault.Seal(store.Record{Kind: Record, ID: id, Owner: id, At: b.Now()}, h)
	if err != nil {
		return err
	}
	return b.Store.Update(ctx, func(tx store.Tx) error {
		if err := tx.PutRecord(rec, was); err != nil {
			return err
		}
		return also(tx)
	})
}

// Offer keeps a new factor beside the one that may be set.
func (b Book) Offer(made Factor) func(*Held) error {
	return func(h *Held) error {
		h.Offered = &made
		return nil
	}
}

// Confirm sets the factor that was offered, if code is one of it.
func (b Book) Confirm(code string, paper *[]string) func(*Held) error {
	return func(h *Held) error {
		if h.Offered == nil || b.Now().Sub(h.Offered.Since) > offerLife {
			return fmt.Errorf("%w: this set-up has run out; begin again", cvd.ErrNotReady)
		}
		if !h.Offered.Passes(code, b.Now(), b.digest) {
			return cvd.Faults{Wrong}
		}
		*paper = h.Offered.NewPaper(b.digest)
		h.Set, h.Offered = h.Offered, nil
		return nil
	}
}

// errNone is the refusal to change what there is not.
var errNone = fmt.Errorf("%w: there is no second factor", cvd.ErrNotReady)

// Spend uses up a code of the factor that is set.
func (b Book) Spend(code string) func(*Held) error {
	return func(h *Held) error {
		if !h.On() {
			return errNone
		}
		if !h.Set.Passes(code, b.Now(), b.digest) {
			return cvd.Faults{Wrong}
		}
		return nil
	}
}

// Renew replaces the codes on paper.
func (b Book) Renew(paper *[]string) func(*Held) error {
	return func(h *Held) error {
		if !h.On() {
			return errNone
		}
		*paper = h.Set.NewPaper(b.digest)
		return nil
	}
}

// Remove takes the factor away from its owner.
func (b Book) Remove(h *Held) error {
	if !h.On() {
		return errNone
	}
	h.Set = nil
	return nil
}

// Clear takes away whatever there is.
func (b Book) Clear(h *Held) error {
	*h = Held{}
	return nil
}

// Reset takes the factor away from somebody who lost it.
func (b Book) Reset(h *Held) error {
	if !h.On() {
		return fmt.Errorf("%w: the member has no second factor", cvd.ErrNotReady)
	}
	*h = Held{}
	return nil
}

// Package receipt makes receipts, which open their cases to a reporter, and reads
// them.
//
// It never keeps one: a receipt is stored under a keyed digest.
package receipt

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"fairlead/internal/auth/keeper"
	"fairlead/internal/auth/receipt/phrase"
	"fairlead/internal/cvd"
	"fairlead/internal/store"
)

// Words is how many words a receipt has; from a list of 7,772 words or
// more that makes at least 90 bits.
const Words = 7

// Normalise gives the canonical spelling of a receipt; see phrase.Read.
func Normalise(s string) string { return phrase.Read(s) }

// content is the sealed content of a record of kind keeper.RecordReceipt.
type content struct {
	Cases []reach `json:"cases"`
}

type reach struct {
	Case        cvd.CaseID        `json:"case"`
	Participant cvd.ParticipantID `json:"participant"`
}

func (r content) reach() []cvd.Reach {
	out := make([]cvd.Reach, len(r.Cases))
	for i, c := range r.Cases {
		out[i] = cvd.Reach(c)
	}
	return out
}

// Book makes and reads receipts. It is safe for use by several goroutines.
type Book struct {
	k     *keeper.Keeper
	decoy store.Record // opened for a wrong receipt, so that it costs what a right one does
}

// New opens the book. It panics if the vault cannot seal.
func New(k *keeper.Keeper) *Book {
	decoy, err := k.Vault.Seal(store.Record{Kind: keeper.RecordReceipt, ID: "none"}, content{Cases: []reach{{}}})
	if err != nil {
		panic("auth: the vault cannot seal: " + err.Error())
	}
	return &Book{k: k, decoy: decoy}
}

// NewReceipt makes a receipt for the cases in reach, oldest first, at least
// one. code is to be shown once and never stored. rec is sealed and has no
// version: the caller puts it in the transaction that makes the case, with
// was = 0. It does not expire; deleting the record revokes it.
func (b *Book) NewReceipt(reaches []cvd.Reach, at time.Time) (code string, rec store.Record, err error) {
	if len(reaches) == 0 {
		return "", rec, errors.New("a receipt must open at least one case")
	}
	if code, err = phrase.New(Words); err != nil {
		return "", rec, err
	}
	var inside content
	for _, r := range reaches {
		inside.Cases = append(inside.Cases, reach(r))
	}
	rec, err = b.k.Vault.Seal(store.Record{
		Kind: keeper.RecordReceipt, ID: b.receiptID(code), Owner: string(reaches[0].Case), At: at.UTC(),
	}, inside)
	if err != nil {
		return "", rec, err
	}
	return code, rec, nil
}

// ExtendReceipt lets a stored receipt open one more case, a successor of those
// it opens already. The caller puts the result with was = rec.Version. A case
// that it opens already is not added again.
func (b *Book) ExtendReceipt(rec store.Record, more cvd.Reach) (store.Record, error) {
	if rec.Kind != keeper.RecordReceipt {
		return rec, fmt.Errorf("a record of kind %q is no receipt", rec.Kind)
	}
	var inside content
	if err := b.k.Vault.Read(rec, &inside); err != nil {
		return rec, err
	}
	if slices.Contains(inside.Cases, reach(more)) {
		return rec, nil
	}
	inside.Cases = append(inside.Cases, reach(more))
	return b.k.Vault.Seal(rec, inside)
}

func (b *Book) receiptID(canonical string) string { return b.k.Vault.Blind("auth/receipt", canonical) }

// Receipt gives the actor that holds the receipt: a reporter with the cases it
// opens. A wrong one is cvd.ErrUnauthenticated, after the same work.
func (b *Book) Receipt(ctx context.Context, code string) (cvd.Actor, error) {
	return b.Reporter(ctx, b.receiptID(Normalise(code)))
}

// Reporter gives the actor that holds the receipt with this id.
func (b *Book) Reporter(ctx context.Context, id string) (cvd.Actor, error) {
	var actor cvd.Actor
	err := b.k.Store.View(ctx, func(tx store.Tx) error {
		var err error
		actor, err = b.reporterIn(tx, id)
		return err
	})
	return actor, err
}

func (b *Book) reporterIn(tx store.Tx, id string) (cvd.Actor, error) {
	rec, err := tx.Record(keeper.RecordReceipt, id)
	missing := errors.Is(err, cvd.ErrNotFound)
	if missing {
		rec, err = b.decoy, nil
	}
	if err != nil {
		return cvd.Actor{}, err
	}
	var inside content
	if err := b.k.Vault.Read(rec, &inside); err != nil {
		return cvd.Actor{}, err
	}
	actor := cvd.Actor{Kind: cvd.ActorReporter, Cases: inside.reach(), Receipt: id}
	if missing || (!rec.Expires.IsZero() && !rec.Expires.After(b.k.Now())) {
		return cvd.Actor{}, cvd.ErrUnauthenticated
	}
	return actor, nil
}

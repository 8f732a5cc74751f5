package auth

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"fairlead/internal/auth/phrase"
	"fairlead/internal/cvd"
	"fairlead/internal/store"
)

// receiptWords is how many words a receipt has; from a list of 7,772 words or
// more that makes at least 90 bits.
const receiptWords = 7

// NormaliseReceipt gives the canonical spelling of a receipt; see phrase.Read.
func NormaliseReceipt(s string) string { return phrase.Read(s) }

// receipt is the sealed content of a record of kind RecordReceipt.
type receipt struct {
	Cases []reach `json:"cases"`
}

type reach struct {
	Case        cvd.CaseID        `json:"case"`
	Participant cvd.ParticipantID `json:"participant"`
}

func (r receipt) reach() []cvd.Reach {
	out := make([]cvd.Reach, len(r.Cases))
	for i, c := range r.Cases {
		out[i] = cvd.Reach(c)
	}
	return out
}

// NewReceipt makes a receipt for the cases in reach, oldest first, at least
// one. code is to be shown once and never stored. rec is sealed and has no
// version: the caller puts it in the transaction that makes the case, with
// was = 0. It does not expire; deleting the record revokes it.
func (a *Auth) NewReceipt(reaches []cvd.Reach, at time.Time) (code string, rec store.Record, err error) {
	if len(reaches) == 0 {
		return "", rec, errors.New("a receipt must open at least one case")
	}
	if code, err = phrase.New(receiptWords); err != nil {
		return "", rec, err
	}
	var content receipt
	for _, r := range reaches {
		content.Cases = append(content.Cases, reach(r))
	}
	rec, err = a.vault.Seal(store.Record{
		Kind: RecordReceipt, ID: a.receiptID(code), Owner: string(reaches[0].Case), At: at.UTC(),
	}, content)
	if err != nil {
		return "", rec, err
	}
	return code, rec, nil
}

// ExtendReceipt lets a stored receipt open one more case, a successor of those
// it opens already. The caller puts the result with was = rec.Version. A case
// that it opens already is not added again.
func (a *Auth) ExtendReceipt(rec store.Record, more cvd.Reach) (store.Record, error) {
	if rec.Kind != RecordReceipt {
		return rec, fmt.Errorf("a record of kind %q is no receipt", rec.Kind)
	}
	var content receipt
	if err := a.vault.Read(rec, &content); err != nil {
		return rec, err
	}
	if slices.Contains(content.Cases, reach(more)) {
		return rec, nil
	}
	content.Cases = append(content.Cases, reach(more))
	return a.vault.Seal(rec, content)
}

func (a *Auth) receiptID(canonical string) string { return a.vault.Blind("auth/receipt", canonical) }

// Receipt gives the actor that holds the receipt: a reporter with the cases it
// opens. A wrong one is cvd.ErrUnauthenticated, after the same work.
func (a *Auth) Receipt(ctx context.Context, code string) (cvd.Actor, error) {
	return a.reporter(ctx, a.receiptID(NormaliseReceipt(code)))
}

func (a *Auth) reporter(ctx context.Context, id string) (cvd.Actor, error) {
	var actor cvd.Actor
	err := a.st.View(ctx, func(tx store.Tx) error {
		var err error
		actor, err = a.reporterIn(tx, id)
		return err
	})
	return actor, err
}

func (a *Auth) reporterIn(tx store.Tx, id string) (cvd.Actor, error) {
	rec, err := tx.Record(RecordReceipt, id)
	missing := errors.Is(err, cvd.ErrNotFound)
	if missing {
		rec, err = a.decoy, nil
	}
	if err != nil {
		return cvd.Actor{}, err
	}
	var content receipt
	if err := a.vault.Read(rec, &content); err != nil {
		return cvd.Actor{}, err
	}
	actor := cvd.Actor{Kind: cvd.ActorReporter, Cases: content.reach(), Receipt: id}
	if missing || (!rec.Expires.IsZero() && !rec.Expires.After(a.now())) {
		return cvd.Actor{}, cvd.ErrUnauthenticated
	}
	return actor, nil
}

package casework

import (
	"context"
	"errors"
	"time"

	"fairlead/internal/casework/claim"
	"fairlead/internal/casework/spine"
	"fairlead/internal/cvd"
	"fairlead/internal/cvd/rule"
	"fairlead/internal/store"
)

// kin is the family of a case that the actor may do the verb to, the case first.
func (s *Session) kin(ctx context.Context, id cvd.CaseID, verb cvd.Verb) ([]*spine.Loaded, error) {
	l, err := s.load(ctx, id, verb)
	if err != nil {
		return nil, err
	}
	return s.desk.spine().Family(ctx, l)
}

// steady does it again while the family moves.
func steady(do func() (Done, error)) (done Done, err error) {
	for range attempts {
		if done, err = do(); !errors.Is(err, spine.ErrGrown) {
			break
		}
	}
	return done, err
}

// reissue gives the reporter a new receipt, after a member checked who asks;
// the old ones stop working. The code is returned once and kept nowhere; the letter
// about it carries another, which shows a receipt once.
func (s *Session) reissue(ctx context.Context, id cvd.CaseID, in cvd.Input) (Done, error) {
	return steady(func() (Done, error) { return s.reissueOnce(ctx, id, in) })
}

func (s *Session) reissueOnce(ctx context.Context, id cvd.CaseID, in cvd.Input) (Done, error) {
	all, err := s.kin(ctx, id, cvd.VerbReissue)
	if err != nil {
		return Done{}, err
	}
	now := s.desk.Now()
	code, rec, err := s.desk.Receipts.NewReceipt(spine.Reach(all), now)
	if err != nil {
		return Done{}, err
	}
	first, err := claim.New(s.desk.Vault, id, all[0].State.Version+1, now)
	if err != nil {
		return Done{}, err
	}
	c, evs, err := s.change(ctx, id, cvd.VerbReissue, func(c *cvd.Case, now time.Time) ([]cvd.Event, error) {
		return rule.Decide(c, rule.Deed{Verb: cvd.VerbReissue, In: in, By: s.actor}, now)
	}, spine.Same(all), spine.Revoke(all, s.desk.ReceiptKind, claim.Kind), func(tx store.Tx) error {
		return errors.Join(tx.PutRecord(rec, 0), tx.PutRecord(first, 0))
	})
	if err != nil {
		return Done{}, err
	}
	return Done{Case: c, Events: evs, Receipt: code}, nil
}

// Claimed is what the code of a letter opens.
type Claimed struct {
	Receipt string // shown once
	Cases   []cvd.CaseID
}

// Claim takes a code out of use and makes a receipt of it. Whoever acts shows no more
// than the code; one that is unknown, used or too old is a cvd.ErrUnauthenticated.
func (s *Session) Claim(ctx context.Context, code string) (Claimed, error) {
	for range attempts {
		out, err := s.claimOnce(ctx, code)
		if !errors.Is(err, spine.ErrGrown) && !isConflict(err) {
			return out, unknownCode(err)
		}
	}
	return Claimed{}, errBusy
}

func unknownCode(err error) error {
	if errors.Is(err, cvd.ErrNotFound) || errors.Is(err, errErased) {
		return cvd.ErrUnauthenticated
	}
	return err
}

func (s *Session) claimOnce(ctx context.Context, code string) (Claimed, error) {
	d, now := s.desk, s.desk.Now()
	var id cvd.CaseID
	err := d.Store.View(ctx, func(tx store.Tx) (err error) {
		id, _, err = claim.Find(tx, d.Vault, code, now)
		return err
	})
	if err != nil {
		return Claimed{}, err
	}
	house := d.As(cvd.System)
	all, err := house.kin(ctx, id, cvd.VerbRead)
	if err != nil {
		return Claimed{}, err
	}
	reach := spine.Reach(all)
	receipt, rec, err := d.Receipts.NewReceipt(reach, now)
	if err != nil {
		return Claimed{}, err
	}
	_, _, err = house.change(ctx, id, cvd.VerbRead, func(c *cvd.Case, now time.Time) ([]cvd.Event, error) {
		return []cvd.Event{rule.CodeUsed(c, now)}, nil
	}, spine.Same(all), func(tx store.Tx) error {
		return errors.Join(claim.Use(tx, d.Vault, code), tx.PutRecord(rec, 0))
	})
	out := Claimed{Receipt: receipt}
	for _, r := range reach {
		out.Cases = append(out.Cases, r.Case)
	}
	if err != nil {
		return Claimed{}, err
	}
	return out, nil
}

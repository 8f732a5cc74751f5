package casework

import (
	"context"
	"errors"
	"slices"
	"time"

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
// the old ones stop working. The code is returned once and kept nowhere.
func (s *Session) reissue(ctx context.Context, id cvd.CaseID, in cvd.Input) (Done, error) {
	return steady(func() (Done, error) { return s.reissueOnce(ctx, id, in) })
}

func (s *Session) reissueOnce(ctx context.Context, id cvd.CaseID, in cvd.Input) (Done, error) {
	all, err := s.kin(ctx, id, cvd.VerbReissue)
	if err != nil {
		return Done{}, err
	}
	var reach []cvd.Reach
	for _, one := range slices.SortedStableFunc(slices.Values(all), func(a, b *spine.Loaded) int { return a.State.Created.Compare(b.State.Created) }) {
		if one.Key != nil || one == all[0] {
			reach = append(reach, cvd.Reach{Case: one.Row.ID, Participant: cvd.Reporter})
		}
	}
	code, rec, err := s.desk.Receipts.NewReceipt(reach, s.desk.Now())
	if err != nil {
		return Done{}, err
	}
	c, evs, err := s.change(ctx, id, cvd.VerbReissue, func(c *cvd.Case, now time.Time) ([]cvd.Event, error) {
		return rule.Decide(c, rule.Deed{Verb: cvd.VerbReissue, In: in, By: s.actor}, now)
	}, spine.Same(all), spine.Revoke(all, s.desk.ReceiptKind), func(tx store.Tx) error { return tx.PutRecord(rec, 0) })
	if err != nil {
		return Done{}, err
	}
	return Done{Case: c, Events: evs, Receipt: code}, nil
}

package casework

import (
	"context"
	"errors"
	"fmt"
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

// receiptsOf finds the receipts that open the case: the reporter's own, or all
// of them when a member acts.
func (d *Desk) receiptsOf(ctx context.Context, l *spine.Loaded, a cvd.Actor) ([]store.Record, error) {
	all, err := d.spine().Family(ctx, l)
	if err != nil {
		return nil, err
	}
	var out []store.Record
	err = d.Store.View(ctx, func(tx store.Tx) error {
		out = nil
		if a.Kind == cvd.ActorReporter {
			rec, err := tx.Record(d.ReceiptKind, a.Receipt)
			out = append(out, rec)
			return err
		}
		for _, one := range all {
			recs, err := tx.Records(d.ReceiptKind, string(one.State.ID), 100)
			if err != nil {
				return err
			}
			out = append(out, recs...)
		}
		return nil
	})
	return out, err
}

// revoke deletes every receipt that opens the family.
func (d *Desk) revoke(all []*spine.Loaded) aside {
	return func(tx store.Tx) error {
		for _, one := range all {
			if _, err := tx.DeleteRecords(store.Selection{Kind: d.ReceiptKind, Owner: string(one.State.ID)}); err != nil {
				return err
			}
		}
		return nil
	}
}

// errGrown means that a case of the family moved while it was worked on; a
// successor may have opened.
var errGrown = fmt.Errorf("%w: the family of the case moved", cvd.ErrUnavailable)

// same lets a change of the first happen only while the family is what it was
// read as. The change's own event is written already.
func same(all []*spine.Loaded) aside {
	return func(tx store.Tx) error {
		for i, one := range all {
			want := one.Row.Version
			if i == 0 {
				want++
			}
			if row, err := tx.Case(one.Row.ID); err != nil || row.Version != want {
				return errors.Join(err, errGrown)
			}
		}
		return nil
	}
}

// steady does it again while the family moves.
func steady(do func() (Done, error)) (done Done, err error) {
	for range attempts {
		if done, err = do(); !errors.Is(err, errGrown) {
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
	}, same(all), s.desk.revoke(all), func(tx store.Tx) error { return tx.PutRecord(rec, 0) })
	if err != nil {
		return Done{}, err
	}
	return Done{Case: c, Events: evs, Receipt: code}, nil
}

package spine

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"fairlead/internal/cvd"
	"fairlead/internal/store"
)

// Family is the case with all cases before and after it under the same receipt:
// new evidence on a closed case opens a successor. The case comes first.
func (s *Spine) Family(ctx context.Context, l *Loaded) ([]*Loaded, error) {
	all := []*Loaded{l}
	seen := map[cvd.CaseID]bool{l.State.ID: true}
	for i := 0; i < len(all); i++ {
		for _, link := range all[i].State.Links {
			if seen[link.Case] || (link.Kind != cvd.LinkSuccessorOf && link.Kind != cvd.LinkSucceededBy) {
				continue
			}
			seen[link.Case] = true
			next, err := s.Load(ctx, link.Case)
			if err != nil {
				return nil, err
			}
			all = append(all, next)
		}
	}
	return all, nil
}

// Receipts finds the receipts that open the family of the case: the one of that name,
// or all of them where it is empty.
func (s *Spine) Receipts(ctx context.Context, l *Loaded, kind store.RecordKind, name string) ([]store.Record, error) {
	all, err := s.Family(ctx, l)
	if err != nil {
		return nil, err
	}
	var out []store.Record
	err = s.Store.View(ctx, func(tx store.Tx) error {
		out = nil
		if name != "" {
			rec, err := tx.Record(kind, name)
			out = append(out, rec)
			return err
		}
		for _, one := range all {
			recs, err := tx.Records(kind, string(one.State.ID), 100)
			if err != nil {
				return err
			}
			out = append(out, recs...)
		}
		return nil
	})
	return out, err
}

// Revoke deletes every record of the kinds that opens the family.
func Revoke(all []*Loaded, kinds ...store.RecordKind) func(store.Tx) error {
	return func(tx store.Tx) error {
		for _, one := range all {
			for _, kind := range kinds {
				if _, err := tx.DeleteRecords(store.Selection{Kind: kind, Owner: string(one.State.ID)}); err != nil {
					return err
				}
			}
		}
		return nil
	}
}

// ErrGrown means that a case of the family moved while it was worked on; a
// successor may have opened.
var ErrGrown = fmt.Errorf("%w: the family of the case moved", cvd.ErrUnavailable)

// Same lets a change of the first happen only while the family is what it was
// read as. The change's own event is written already.
func Same(all []*Loaded) func(store.Tx) error {
	return func(tx store.Tx) error {
		for i, one := range all {
			want := one.Row.Version
			if i == 0 {
				want++
			}
			if row, err := tx.Case(one.Row.ID); err != nil || row.Version != want {
				return errors.Join(err, ErrGrown)
			}
		}
		return nil
	}
}

// Reach is what a receipt for the family opens, oldest first: every case that still
// has words, and the first in any event.
func Reach(all []*Loaded) []cvd.Reach {
	var out []cvd.Reach
	for _, one := range slices.SortedStableFunc(slices.Values(all), func(a, b *Loaded) int { return a.State.Created.Compare(b.State.Created) }) {
		if one.Key != nil || one == all[0] {
			out = append(out, cvd.Reach{Case: one.Row.ID, Participant: cvd.Reporter})
		}
	}
	return out
}

// Duplicates are the contacts of those who reported the same, as far as the cases
// are linked. One that cannot be read names nobody.
func (s *Spine) Duplicates(ctx context.Context, c *cvd.Case) []cvd.Contact {
	var out []cvd.Contact
	for _, link := range c.Links {
		if link.Kind != cvd.LinkDuplicateOf {
			continue
		}
		if l, err := s.Load(ctx, link.Case); err == nil {
			if p := l.State.Participant(cvd.Reporter); p != nil && p.Contact != nil {
				out = append(out, *p.Contact)
			}
		}
	}
	return out
}

package queue

import (
	"context"
	"maps"
	"slices"

	"fairlead/internal/casework"
	"fairlead/internal/cvd"
	"fairlead/internal/may"
)

// post is the mail that waits for a member: held in a case, or on the shelf of what
// nobody could place.
type post struct {
	count int                // all of it
	shelf int                // what stands on the shelf
	cases map[cvd.CaseID]int // that it is held in or seems to belong to
}

// at is how many mails wait about the case.
func (p *post) at(id cvd.CaseID) int {
	if p == nil {
		return 0
	}
	return p.cases[id]
}

// concerned are the cases about which mail waits; never nil.
func (p *post) concerned() []cvd.CaseID {
	out := []cvd.CaseID{}
	if p != nil {
		out = slices.AppendSeq(out, maps.Keys(p.cases))
		slices.Sort(out)
	}
	return out
}

// waiting is the mail that waits; nil where no mail comes in, and for whoever has no
// part in it.
func (d *desk) waiting(ctx context.Context, v lens, s *casework.Session) (*post, error) {
	if d.Site.Mail == nil || may.Enter(v.Actor, may.AreaMail) < may.Look || may.Of(v.Actor, cvd.VerbRead) != may.All {
		return nil, nil
	}
	held, err := s.HeldMail(ctx)
	if err != nil {
		return nil, err
	}
	shelf, about, err := d.Site.Mail.Unplaced(ctx, v.Actor)
	if err != nil {
		return nil, err
	}
	out := &post{count: shelf, shelf: shelf, cases: maps.Clone(held)}
	for _, n := range held {
		out.count += n
	}
	for id, n := range about {
		out.cases[id] += n
	}
	return out, nil
}

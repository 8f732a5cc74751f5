package outbox

import (
	"context"
	"time"

	"fairlead/internal/store"
)

// Counted is the limit to which Status counts.
const Counted = 1000

// Status is how the outbox stands, for readiness and alarms.
type Status struct {
	Pending int // not carried yet; at most Counted+1
	Failing int // of those counted, how many failed at least once
	Dead    int // given up; at most Counted+1
	// Waiting is for how long, of those counted, the effect that waits longest
	// has been due and nobody has it; zero when none is. More than a few minutes mean that the
	// outbox is stuck.
	Waiting time.Duration
}

// counts is what a status is made of. Every page of the desk asks, so it is
// counted once for each commit.
type counts struct {
	pending, failing, dead int
	due                    time.Time // of what waits longest; zero if nothing waits
}

// Status reads how the outbox stands now.
func (o *Outbox) Status(ctx context.Context) (Status, error) {
	c, err := o.count.Get(ctx, struct{}{}, nil, func() (counts, error) { return o.counted(ctx) })
	if err != nil {
		return Status{}, err
	}
	s := Status{Pending: c.pending, Failing: c.failing, Dead: c.dead}
	if !c.due.IsZero() {
		s.Waiting = max(0, o.cfg.Now().Sub(c.due))
	}
	return s, nil
}

func (o *Outbox) counted(ctx context.Context) (counts, error) {
	var pending, dead []store.Effect
	err := o.cfg.Store.View(ctx, func(tx store.Tx) error {
		var err error
		if pending, err = tx.Effects(store.EffectPending, "", nil, Counted+1); err != nil {
			return err
		}
		dead, err = tx.Effects(store.EffectDead, "", nil, Counted+1)
		return err
	})
	c := counts{pending: len(pending), dead: len(dead)}
	for _, e := range pending {
		if e.Attempts > 0 {
			c.failing++
		}
		due := e.At
		if e.Leased.After(due) { // a lease that ran out counts from its end
			due = e.Leased
		}
		if c.due.IsZero() || due.Before(c.due) {
			c.due = due
		}
	}
	return c, err
}

package casework

import (
	"context"
	"errors"
	"time"

	"fairlead/internal/cvd"
	"fairlead/internal/deadline"
	"fairlead/internal/store"
)

// tickBatch bounds how many due cases one turn of the clock looks at.
const tickBatch = 200

// retired is why the clock erases a case.
const retired = "the time for which the policy keeps closed cases is over"

// Tick does what the passing of time asks for: warnings, new dates told,
// breaches and escalations, releases whose instant has come, and the end of a
// closed case's time.
// It returns how many cases it moved. A case that cannot be moved does not hold
// up the others; all such errors are returned together.
func (d *Desk) Tick(ctx context.Context) (int, error) {
	s := d.As(cvd.System)
	now := d.Now()
	moved := 0
	var errs []error
	for {
		var ids []cvd.CaseID
		err := d.Store.View(ctx, func(tx store.Tx) error {
			var err error
			ids, err = tx.Wake(now, tickBatch)
			return err
		})
		if err != nil {
			return moved, errors.Join(append(errs, err)...)
		}
		before := moved
		for _, id := range ids {
			c, evs, err := s.change(ctx, id, cvd.VerbRead, s.tick)
			released := false
			switch {
			case err != nil:
			case c.Release.At.IsZero() && deadline.Spent(c, now):
				done, wrong := s.erase(ctx, id, cvd.Input{Reason: retired})
				evs, err = done.Events, wrong
			default:
				released, err = s.releaseDue(ctx, id)
			}
			switch {
			case err != nil:
				errs = append(errs, err)
			case len(evs) > 0 || released:
				moved++
			default:
				errs = append(errs, d.spine().Rewake(ctx, id))
			}
		}
		// A batch in which nothing moved would come again at once.
		if len(ids) < tickBatch || moved == before {
			break
		}
	}
	return moved, errors.Join(errs...)
}

// Sweep removes what has expired: looks, answers to repeated requests, and the
// sessions, links and tokens of other rooms.
func (d *Desk) Sweep(ctx context.Context) error {
	now := d.Now()
	return d.Store.Update(ctx, func(tx store.Tx) error {
		_, err := tx.DeleteRecords(store.Selection{ExpiredBefore: now})
		return err
	})
}

func (s *Session) tick(c *cvd.Case, now time.Time) ([]cvd.Event, error) {
	t, err := s.desk.spine().Terms(c.Policy)
	if err != nil {
		return nil, err
	}
	return deadline.Tick(c, t, now)
}

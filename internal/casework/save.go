package casework

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"fairlead/internal/casework/reply"
	"fairlead/internal/cvd"
	"fairlead/internal/store"
	"fairlead/internal/store/vault/once"
)

// decision says what happens to a case now. It is pure: a change that lost a
// race decides again on what the winner left.
type decision func(c *cvd.Case, now time.Time) ([]cvd.Event, error)

// aside is what else a change writes in the same transaction.
type aside = func(tx store.Tx) error

var errBusy = fmt.Errorf("%w: the case is very busy; try again", cvd.ErrConflict)

// attempts bounds how often one change is decided again after losing a race.
const attempts = 16

// change is the spine: who may, what happens, the machines move, the clocks are
// set, and history, effects and queue row are written in one transaction, all
// or nothing. Sealing happens before the transaction, on a snapshot; the
// compare-and-swap on the case's version makes that the same as deciding inside
// it (docs/adr/0001).
func (s *Session) change(ctx context.Context, id cvd.CaseID, verb cvd.Verb, decide decision, more ...aside) (*cvd.Case, []cvd.Event, error) {
	for range attempts {
		l, err := s.load(ctx, id, verb)
		if err != nil {
			return nil, nil, err
		}
		if l.Key == nil {
			return nil, nil, errErased
		}
		evs, err := decide(l.State.Clone(), s.desk.Now())
		if err != nil {
			return nil, nil, err
		}
		if len(evs) == 0 {
			return l.State, nil, nil
		}
		p, err := s.desk.spine().Prepare(l, evs)
		if err != nil {
			return nil, nil, err
		}
		also := more
		if s.once != nil {
			keep, err := once.Keep(s.desk.Vault, *s.once, id, reply.Of(p.State, p.Events), s.desk.Now())
			if err != nil {
				return nil, nil, err
			}
			also = append(slices.Clip(more), keep)
		}
		err = s.desk.Store.Update(ctx, p.Write(also...))
		if errors.Is(err, cvd.ErrConflict) && s.once == nil { // else Do looks first whether it is done
			continue
		}
		if err != nil {
			return nil, nil, err
		}
		s.desk.Poke()
		if p.Drops() {
			s.desk.queue.Forget(id)
			s.desk.spine().Dropped(p)
		}
		return p.State, p.Events, nil
	}
	return nil, nil, errBusy
}

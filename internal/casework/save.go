package casework

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"fairlead/internal/casework/reply"
	"fairlead/internal/cvd"
	"fairlead/internal/cvd/rule"
	"fairlead/internal/deadline"
	"fairlead/internal/store"
	"fairlead/internal/store/vault"
	"fairlead/internal/store/vault/once"
	"fairlead/internal/tell"
)

// decision says what happens to a case now. It is pure: a change that lost a
// race decides again on what the winner left.
type decision func(c *cvd.Case, now time.Time) ([]cvd.Event, error)

// aside is what else a change writes in the same transaction.
type aside func(tx store.Tx) error

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
		if l.key == nil {
			return nil, nil, errErased
		}
		evs, err := decide(l.state.Clone(), s.desk.Now())
		if err != nil {
			return nil, nil, err
		}
		if len(evs) == 0 {
			return l.state, nil, nil
		}
		p, err := s.desk.prepare(l, evs)
		if err != nil {
			return nil, nil, err
		}
		also := more
		if s.once != nil {
			keep, err := once.Keep(s.desk.Vault, *s.once, id, reply.Of(p.state, p.events), s.desk.Now())
			if err != nil {
				return nil, nil, err
			}
			also = append(slices.Clip(more), keep)
		}
		err = s.desk.Store.Update(ctx, p.write(also...))
		if errors.Is(err, cvd.ErrConflict) && s.once == nil { // else Do looks first whether it is done
			continue
		}
		if err != nil {
			return nil, nil, err
		}
		s.desk.Poke()
		for _, drop := range p.drops {
			s.desk.journal(drop.ref)
		}
		return p.state, p.events, nil
	}
	return nil, nil, errBusy
}

// prepared is a change ready to be written: sealed, hashed, and with nothing
// left to decide.
type prepared struct {
	was     int64
	row     store.Case
	state   *cvd.Case
	events  []cvd.Event
	rows    []store.Event
	effects []store.Effect
	keys    []store.Key
	drops   []drop
}

// drop is a key to be destroyed, with the record that says so.
type drop struct {
	ref store.KeyRef
	rec store.Record
}

// write is steps 3 to 5 of the spine.
func (p *prepared) write(more ...aside) func(store.Tx) error {
	return func(tx store.Tx) error {
		if err := tx.PutCase(p.row, p.was); err != nil {
			return err
		}
		if err := tx.Append(p.rows); err != nil {
			return err
		}
		for _, k := range p.keys {
			if err := tx.PutKey(k); err != nil {
				return err
			}
		}
		for _, drop := range p.drops {
			if err := errors.Join(tx.DropKey(drop.ref), tx.PutRecord(drop.rec, -1)); err != nil {
				return err
			}
		}
		if len(p.effects) > 0 {
			if err := tx.Enqueue(p.effects); err != nil {
				return err
			}
		}
		for _, m := range more {
			if err := m(tx); err != nil {
				return err
			}
		}
		return nil
	}
}

// prepare applies the events in order and seals what they leave.
func (d *Desk) prepare(l *loaded, evs []cvd.Event) (*prepared, error) {
	policyVersion := l.state.Policy
	if len(evs) > 0 && evs[0].Seq == 1 {
		policyVersion = evs[0].Policy
	}
	t, err := d.terms(policyVersion)
	if err != nil {
		return nil, err
	}
	p := &prepared{was: l.row.Version, state: l.state.Clone()}
	for _, ev := range evs {
		if err := d.advance(p, l, ev, t); err != nil {
			return nil, err
		}
	}
	p.row, err = l.key.SealCase(p.state, deadline.Wake(p.state, t))
	return p, err
}

// advance takes the case one event further.
func (d *Desk) advance(p *prepared, l *loaded, ev cvd.Event, t deadline.Terms) error {
	clocks, err := deadline.Clocks(p.state, &ev, t)
	if err != nil {
		return err
	}
	ev.Clocks = clocks
	if err := sealContact(p, l, &ev); err != nil {
		return err
	}
	before := p.state.Clone()
	if err := p.state.Apply(ev); err != nil {
		return err
	}
	if err := rule.NeverSilent(p.state, &ev); err != nil {
		return err
	}
	row, err := l.key.SealCaseEvent(&ev)
	if err != nil {
		return err
	}
	p.events = append(p.events, ev)
	p.rows = append(p.rows, row)
	effects := tell.Effects(before, p.state, &ev)
	if d.CNA {
		effects = append(effects, tell.Programme(p.state, &ev)...)
	}
	for _, e := range effects {
		p.effects = append(p.effects, store.Effect{Effect: e, State: store.EffectPending})
	}
	for _, ref := range vault.Drops(&ev) {
		rec, err := d.Vault.SealErasure(ref, ev.At)
		if err != nil {
			return err
		}
		p.drops = append(p.drops, drop{ref, rec})
	}
	return nil
}

// sealContact moves a contact that the event brings into a box under the
// participant's own key.
func sealContact(p *prepared, l *loaded, ev *cvd.Event) error {
	if ev.Body == nil || ev.Body.Contact == nil {
		return nil
	}
	box, key, err := l.key.SealContact(ev.Case, cvd.Reporter, ev.Body.Contact)
	if err != nil {
		return err
	}
	ev.Body.ContactBox = box
	p.keys = append(p.keys, key)
	return nil
}

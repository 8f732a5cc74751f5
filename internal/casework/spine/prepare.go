package spine

import (
	"errors"
	"slices"

	"fairlead/internal/casework/post"
	"fairlead/internal/cvd"
	"fairlead/internal/cvd/rule"
	"fairlead/internal/deadline"
	"fairlead/internal/store"
	"fairlead/internal/store/vault"
	"fairlead/internal/tell"
)

// Prepared is a change ready to be written: sealed, hashed, and with nothing
// left to decide.
type Prepared struct {
	was     int64
	Row     store.Case
	State   *cvd.Case
	Events  []cvd.Event
	rows    []store.Event
	Effects []store.Effect
	keys    []store.Key
	drops   []drop
	mails   []func(store.Tx) error
}

// Dropped tells that the change is written: its keys are gone. Where the journal
// fails, the next start makes up for it from the record.
func (s *Spine) Dropped(p *Prepared) {
	for _, drop := range p.drops {
		if s.Erased == nil {
			return
		}
		if err := s.Erased(drop.ref); err != nil {
			s.Log.Error("a key is destroyed, but the journal of erasures could not be written; it is made whole at the next start", "case", string(drop.ref.Case), "err", err)
		}
	}
}

// Drops tells whether the change destroys keys.
func (p *Prepared) Drops() bool { return len(p.drops) > 0 }

// drop is a key to be destroyed, with the record that says so.
type drop struct {
	ref store.KeyRef
	rec store.Record
}

// Write is steps 3 to 5 of the spine.
func (p *Prepared) Write(more ...func(store.Tx) error) func(store.Tx) error {
	return func(tx store.Tx) error {
		if err := tx.PutCase(p.Row, p.was); err != nil {
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
		if len(p.Effects) > 0 {
			if err := tx.Enqueue(p.Effects); err != nil {
				return err
			}
		}
		for _, m := range append(slices.Clip(p.mails), more...) {
			if err := m(tx); err != nil {
				return err
			}
		}
		return nil
	}
}

// Prepare applies the events in order and seals what they leave.
func (s *Spine) Prepare(l *Loaded, evs []cvd.Event) (*Prepared, error) {
	policyVersion := l.State.Policy
	if len(evs) > 0 && evs[0].Seq == 1 {
		policyVersion = evs[0].Policy
	}
	t, err := s.Terms(policyVersion)
	if err != nil {
		return nil, err
	}
	p := &Prepared{was: l.Row.Version, State: l.State.Clone()}
	mails := l.Key.Mails(l.Keys)
	for _, ev := range evs {
		if ev.Body != nil && ev.Body.Mail != nil {
			b := *ev.Body // decided on, and perhaps again
			ev.Body = &b
			if err := s.sealMail(p, mails, &ev); err != nil {
				return nil, err
			}
		}
		if err := s.advance(p, l, ev, t); err != nil {
			return nil, err
		}
	}
	p.Row, err = l.Key.SealCase(p.State, deadline.Wake(p.State, t))
	return p, err
}

// advance takes the case one event further.
func (s *Spine) advance(p *Prepared, l *Loaded, ev cvd.Event, t deadline.Terms) error {
	clocks, err := deadline.Clocks(p.State, &ev, t)
	if err != nil {
		return err
	}
	ev.Clocks = clocks
	if err := sealContact(p, l, &ev); err != nil {
		return err
	}
	before := p.State.Clone()
	if err := p.State.Apply(ev); err != nil {
		return err
	}
	if err := rule.NeverSilent(p.State, &ev); err != nil {
		return err
	}
	row, err := l.Key.SealCaseEvent(&ev)
	if err != nil {
		return err
	}
	p.Events = append(p.Events, ev)
	p.rows = append(p.rows, row)
	effects := tell.Effects(before, p.State, &ev)
	if s.CNA {
		effects = append(effects, tell.Programme(p.State, &ev)...)
	}
	for _, e := range effects {
		p.Effects = append(p.Effects, store.Effect{Effect: e, State: store.EffectPending})
	}
	for _, ref := range vault.Drops(&ev) {
		if ref.Name == vault.MailKey && !l.Key.Mails(l.Keys).Kept() {
			continue // no mail ever came
		}
		rec, err := s.Vault.SealErasure(ref, ev.At)
		if err != nil {
			return err
		}
		p.drops = append(p.drops, drop{ref, rec})
	}
	return nil
}

// sealMail moves how words came into a box under the key of the case's mails, and
// notes the mail in the index.
func (s *Spine) sealMail(p *Prepared, mails *vault.Mails, ev *cvd.Event) error {
	box, made, err := mails.Seal(ev.Case, ev.Seq, ev.Body.Mail)
	if err != nil {
		return err
	}
	ev.Body.MailBox = box
	if made != nil {
		p.keys = append(p.keys, *made)
	}
	if ev.Body.Mail.Admitted != "" {
		return nil // noted when it was held
	}
	keep, err := post.Keep(s.Vault, ev.Case, ev.Seq, ev.Body.Mail, ev.At)
	p.mails = append(p.mails, keep)
	return err
}

// sealContact moves a contact that the event brings into a box under the
// participant's own key.
func sealContact(p *Prepared, l *Loaded, ev *cvd.Event) error {
	if ev.Body == nil || ev.Body.Contact == nil {
		return nil
	}
	whose := cvd.Reporter
	if ev.Type == cvd.EventPartyNamed {
		whose = ev.Joined[0].ID
	}
	box, key, err := l.Key.SealContact(ev.Case, whose, ev.Body.Contact)
	if err != nil {
		return err
	}
	ev.Body.ContactBox = box
	p.keys = append(p.keys, key)
	return nil
}

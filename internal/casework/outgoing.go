package casework

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"fairlead/internal/cvd"
	"fairlead/internal/may"
	"fairlead/internal/rulebook"
	"fairlead/internal/store"
	"fairlead/internal/store/vault"
)

// Doors never import the store; these are the few of its words that they need.
type (
	Effect      = store.Effect
	EffectState = store.EffectState
)

// The states of effects.
const (
	EffectPending = store.EffectPending
	EffectDone    = store.EffectDone
	EffectDead    = store.EffectDead
)

// Carried is one effect with what became of it.
type Carried struct {
	store.Effect
	Text string // what was sent, or why it was not; empty while pending
}

// Outbox lists what the world was told or will be, newest first. Members see
// it; the words of a case they may not see stay closed.
func (s *Session) Outbox(ctx context.Context, state store.EffectState, limit int) ([]Carried, error) {
	if may.Of(s.actor, cvd.VerbRead) != may.All {
		return nil, cvd.ErrNotFound
	}
	var effects []store.Effect
	keys := map[cvd.CaseID]*vault.Key{}
	err := s.desk.Store.View(ctx, func(tx store.Tx) error {
		var err error
		if effects, err = tx.Effects(state, "", limit); err != nil {
			return err
		}
		for _, e := range effects {
			if e.Case == "" || keys[e.Case] != nil {
				continue
			}
			row, err := tx.Case(e.Case)
			if err != nil {
				return err
			}
			if keys[e.Case], err = s.desk.Vault.Case(row); err != nil && !errors.Is(err, vault.ErrErased) {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	out := make([]Carried, 0, len(effects))
	for _, e := range effects {
		c := Carried{Effect: e}
		key := keys[e.Case]
		if e.Case == "" {
			key = s.desk.Vault.Stream(rulebook.Stream)
		}
		if key != nil && len(e.Sealed) > 0 {
			b, err := key.OpenBytes("sent/"+e.Key, e.Sealed)
			if err != nil {
				return nil, fmt.Errorf("effect %s: %w", e.Key, err)
			}
			c.Text = string(b)
		}
		out = append(out, c)
	}
	return out, nil
}

// SealSent seals what a carrier sent for an effect, or why it could not, under
// the key of the effect's case. For an erased case it returns nil: then nothing
// is kept.
func (d *Desk) SealSent(ctx context.Context, e store.Effect, text []byte) ([]byte, error) {
	if e.Case == "" {
		return d.Vault.Stream(rulebook.Stream).SealBytes("sent/"+e.Key, text)
	}
	var row store.Case
	err := d.Store.View(ctx, func(tx store.Tx) error {
		var err error
		row, err = tx.Case(e.Case)
		return err
	})
	if err != nil {
		return nil, err
	}
	key, err := d.Vault.Case(row)
	if errors.Is(err, vault.ErrErased) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return key.SealBytes("sent/"+e.Key, text)
}

// Retry takes a given-up effect up again.
func (s *Session) Retry(ctx context.Context, key string) error {
	if !s.actor.Is(cvd.RoleLead) && !s.actor.Is(cvd.RoleMember) {
		return cvd.ErrNotFound
	}
	err := s.desk.Store.Update(ctx, func(tx store.Tx) error {
		dead, err := tx.Effects(store.EffectDead, "", 1000)
		if err != nil {
			return err
		}
		for _, e := range dead {
			if e.Key == key {
				e.State, e.Attempts, e.At = store.EffectPending, 0, s.desk.Now()
				return tx.Finish(e)
			}
		}
		return fmt.Errorf("%w: no such notice was given up", cvd.ErrNotFound)
	})
	if err == nil {
		s.desk.Poke()
	}
	return err
}

func mailAddress(uri string) (string, bool) {
	addr, ok := strings.CutPrefix(uri, "mailto:")
	addr, _, _ = strings.Cut(addr, "?")
	return addr, ok && addr != ""
}

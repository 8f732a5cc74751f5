package casework

import (
	"context"

	"fairlead/internal/casework/notice"
	"fairlead/internal/cvd"
	"fairlead/internal/may"
	"fairlead/internal/rulebook"
	"fairlead/internal/store"
	"fairlead/internal/store/vault/sent"
)

// Doors never import the store; these are the few of its words that they need.
type (
	Effect       = store.Effect
	EffectState  = store.EffectState
	EffectCursor = store.EffectCursor
)

// Notice and Address are what a carrier is handed.
type (
	Notice  = notice.Notice
	Address = notice.Address
)

// Notice gathers what a carrier needs for one effect. It is for the house's own
// carriers: the actor must be the system.
func (s *Session) Notice(ctx context.Context, e store.Effect) (*Notice, error) {
	if err := s.ours(); err != nil {
		return nil, err
	}
	members, err := s.desk.Team.Members(ctx)
	if err != nil {
		return nil, err
	}
	return notice.Book{Spine: s.desk.spine(), Pace: &s.desk.pace, Now: s.desk.Now}.Of(ctx, e, members)
}

// The states of effects.
const (
	EffectPending = store.EffectPending
	EffectDone    = store.EffectDone
	EffectDead    = store.EffectDead
)

// Carried is one effect with what became of it.
type Carried = sent.Carried

// Outbox lists what the world was told or will be, newest first, and where the
// next page begins, if there is one. Members see it; the words of a case they may
// not see stay closed.
func (s *Session) Outbox(ctx context.Context, state store.EffectState, after *EffectCursor, limit int) ([]Carried, *EffectCursor, error) {
	if may.Of(s.actor, cvd.VerbRead) != may.All {
		return nil, nil, cvd.ErrNotFound
	}
	return s.desk.sent().Page(ctx, state, after, limit)
}

func (d *Desk) sent() sent.Book {
	return sent.Book{Store: d.Store, Vault: d.Vault, Stream: rulebook.Stream}
}

// SealSent seals what a carrier sent for an effect, or why it could not. What
// went to the reporter is gone with their contact, everything with the case.
func (d *Desk) SealSent(ctx context.Context, e store.Effect, text []byte) ([]byte, error) {
	return d.sent().Seal(ctx, e, text)
}

// Retry takes a given-up effect up again.
func (s *Session) Retry(ctx context.Context, key string) error {
	if !s.actor.Is(cvd.RoleLead) && !s.actor.Is(cvd.RoleMember) {
		return cvd.ErrNotFound
	}
	err := s.desk.sent().Retry(ctx, key, s.desk.Now())
	if err == nil {
		s.desk.Poke()
	}
	return err
}

package auth

import (
	"context"
	"errors"
	"fmt"
	"time"

	"fairlead/internal/auth/keeper"
	"fairlead/internal/auth/passkey"
	"fairlead/internal/cvd"
	"fairlead/internal/store"
)

// hasSecondIn tells whether a password alone must not open: the member has codes
// by time or a passkey.
func (a *Auth) hasSecondIn(tx store.Tx, id string) (bool, error) {
	_, f, err1 := a.seconds.In(tx, id)
	has, err2 := a.keys.HasIn(tx, id)
	return f.On() || has, errors.Join(err1, err2)
}

// AskPasskey begins a sign-in by passkey, of whoever it turns out to be. from is
// what the door limits by; asking takes nothing from the tries of a sign-in, since the
// page of one asks by itself.
func (a *Auth) AskPasskey(ctx context.Context, place passkey.Place, from string) (passkey.Ceremony, error) {
	if from != "" {
		if ok, wait := a.byAsk.Allow(from); !ok {
			return passkey.Ceremony{}, Limited{After: wait}
		}
	}
	return a.keys.Ask(ctx, place, "")
}

// SignInPasskey starts the session of a member whose device answered AskPasskey.
// The device has verified its owner, so no second factor is asked for. Whatever is
// wrong is one cvd.ErrUnauthenticated.
func (a *Auth) SignInPasskey(ctx context.Context, ceremony, answer, from string) (Session, error) {
	if wait := a.limitSource(from); wait > 0 {
		return Session{}, errors.Join(Limited{After: wait}, a.k.Failure(ctx, keeper.AuditEntry{Act: keeper.ActSignInLimited}))
	}
	shown, err := a.checkPasskey(ctx, "", ceremony, answer)
	if err != nil {
		return Session{}, err
	}
	s, err := a.StartMember(ctx, shown.Member, WayPasskey, true, shown.Save)
	if errors.Is(err, cvd.ErrUnauthenticated) {
		err = errors.Join(err, a.k.Failure(ctx, keeper.AuditEntry{Act: keeper.ActSignInFailed, Subject: shown.Member}))
	}
	return s, err
}

// checkPasskey records what was refused.
func (a *Auth) checkPasskey(ctx context.Context, member, ceremony, answer string) (passkey.Shown, error) {
	shown, err := a.keys.Check(ctx, member, ceremony, answer)
	switch {
	case errors.Is(err, passkey.ErrCopied):
		return shown, errors.Join(err, a.k.Failure(ctx, keeper.AuditEntry{Act: keeper.ActPasskeyCopied, Subject: shown.Member, Object: shown.Key.ID}))
	case errors.Is(err, cvd.ErrUnauthenticated):
		return shown, errors.Join(err, a.k.Failure(ctx, keeper.AuditEntry{Act: keeper.ActPasskeyFailed, Subject: member}))
	}
	return shown, err
}

func (a *Auth) limitSource(from string) time.Duration {
	if from == "" {
		return 0
	}
	_, wait := a.bySource.Allow(from)
	return wait
}

// Passkeys lists a member's passkeys, newest first.
func (a *Auth) Passkeys(ctx context.Context, memberID string) ([]passkey.Key, error) {
	return a.keys.Passkeys(ctx, memberID)
}

// OfferPasskey begins to make a passkey for the actor, who must have proved
// lately who they are; see Fresh.
func (a *Auth) OfferPasskey(ctx context.Context, by cvd.Actor, place passkey.Place, name string) (passkey.Ceremony, error) {
	m, err := a.proved(ctx, by)
	if errors.Is(err, cvd.ErrNotReady) {
		m, err = a.begins(ctx, by, err)
	}
	if err != nil {
		return passkey.Ceremony{}, err
	}
	return a.keys.Offer(ctx, place, m, name)
}

// AddPasskey keeps the passkey that answers OfferPasskey. Whatever is wrong with it
// is one cvd.ErrUnauthenticated; a device that somebody has registered already is a
// cvd.ErrConflict.
func (a *Auth) AddPasskey(ctx context.Context, by cvd.Actor, ceremony, answer string) (passkey.Key, error) {
	made, save, err := a.keys.Make(ctx, by.ID, ceremony, answer)
	if err != nil {
		return passkey.Key{}, err
	}
	note, err := a.k.Entry(ctx, keeper.AuditEntry{By: by.Ref(), Act: keeper.ActPasskeyAdded, Subject: by.ID, Object: made.ID, Detail: made.Domain})
	if err != nil {
		return passkey.Key{}, err
	}
	return made, a.k.Store.Update(ctx, func(tx store.Tx) error {
		if err := save(tx); err != nil {
			return err
		}
		return keeper.PutAll(tx, note)
	})
}

// RemovePasskey takes one of the actor's own passkeys away, by the id that
// Passkeys gives; any other is cvd.ErrNotFound. All other sessions of the member
// and their links end, and the links that they made for others: the device may be in
// other hands.
func (a *Auth) RemovePasskey(ctx context.Context, by cvd.Actor, id string) error {
	if _, err := a.proved(ctx, by); err != nil {
		return err
	}
	here, err := a.here(ctx, by)
	if err != nil {
		return err
	}
	note, err := a.k.Entry(ctx, keeper.AuditEntry{By: by.Ref(), Act: keeper.ActPasskeyGone, Subject: by.ID, Object: id})
	if err != nil {
		return err
	}
	return a.k.Store.Update(ctx, func(tx store.Tx) error {
		if _, err := a.keys.Drop(tx, by.ID, id); err != nil {
			return err
		}
		if err := endOthers(tx, by.ID, here, func() error { return a.k.Recall(tx, by.ID, keeper.RecordLink, keeper.RecordSession) }); err != nil {
			return err
		}
		return keeper.PutAll(tx, note)
	})
}

// begins gives the actor's member, if the session that ctx carries may set up the first
// thing by which they show who they are (Session.MayBegin). Otherwise it is refused.
func (a *Auth) begins(ctx context.Context, by cvd.Actor, refused error) (cvd.Member, error) {
	means, err := a.Means(ctx, by.ID)
	if err != nil {
		return cvd.Member{}, err
	}
	if s, ok := sessionOf(ctx); !ok || s.Actor.ID != by.ID || !s.MayBegin(a.k.Now(), means) {
		return cvd.Member{}, refused
	}
	m, err := a.Member(ctx, by.ID)
	return m, keeper.Unauthenticated(err)
}

// proved gives the actor's member, if ctx carries (InSession) a session in which
// they proved lately who they are. Otherwise it is a cvd.ErrNotReady.
func (a *Auth) proved(ctx context.Context, by cvd.Actor) (cvd.Member, error) {
	if by.Kind != cvd.ActorMember || by.ID == "" {
		return cvd.Member{}, fmt.Errorf("%w: only people have passkeys and second factors", cvd.ErrForbidden)
	}
	s, ok := sessionOf(ctx)
	if !ok || s.Actor.ID != by.ID || !s.Fresh(a.k.Now()) {
		return cvd.Member{}, fmt.Errorf("%w: show again that it is you, or sign in again", cvd.ErrNotReady)
	}
	m, err := a.Member(ctx, by.ID)
	return m, keeper.Unauthenticated(err)
}

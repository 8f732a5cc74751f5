package auth

import (
	"context"
	"errors"
	"fmt"

	"fairlead/internal/auth/keeper"
	"fairlead/internal/auth/second"
	"fairlead/internal/cvd"
	"fairlead/internal/store"
)

// HasSecond tells of a member's second factor.
func (a *Auth) HasSecond(ctx context.Context, memberID string) (second.Summary, error) {
	return a.seconds.Of(ctx, memberID)
}

// changeFactor changes a member's factor together with what else is written; an
// entry without an act is not recorded.
func (a *Auth) changeFactor(ctx context.Context, id string, e keeper.AuditEntry, decide func(*second.Held) error, more func(store.Tx) error) error {
	e.Subject = id
	note, err := a.k.Entry(ctx, e)
	if err != nil {
		return err
	}
	return a.k.Again(ctx, func() error {
		return a.seconds.Change(ctx, id, decide, func(tx store.Tx) error {
			if e.Act != "" {
				if err := keeper.PutAll(tx, note); err != nil {
					return err
				}
			}
			if more == nil {
				return nil
			}
			return more(tx)
		})
	})
}

// tryCode counts one try of a member's second factor, wherever it comes from.
func (a *Auth) tryCode(by cvd.Actor) error {
	if by.Kind != cvd.ActorMember || by.ID == "" {
		return fmt.Errorf("%w: only people have a second factor", cvd.ErrForbidden)
	}
	if _, wait := a.byCode.Allow(by.ID); wait > 0 {
		return Limited{After: wait}
	}
	return nil
}

// OfferSecond makes a factor for the actor and returns what an app reads. It
// counts once ConfirmSecond was shown a code of it, within 15 minutes; one that is
// set stays until then. issuer is whose account it is.
func (a *Auth) OfferSecond(ctx context.Context, by cvd.Actor, issuer string) (address, secret string, err error) {
	m, err := a.Member(ctx, by.ID)
	if err != nil || by.Kind != cvd.ActorMember {
		return "", "", errors.Join(cvd.ErrUnauthenticated, err)
	}
	made := second.New(a.k.Now())
	if address, err = made.Address(issuer, m.Email); err != nil {
		return "", "", err
	}
	return address, made.Secret, a.changeFactor(ctx, m.ID, keeper.AuditEntry{}, a.seconds.Offer(made), nil)
}

// ConfirmSecond sets the factor that was offered, if code is one of it, and
// returns the codes on paper, to be shown once. All other sessions of the member
// and their links end (ASVS 5.0.0 V7.4.3).
func (a *Auth) ConfirmSecond(ctx context.Context, by cvd.Actor, code string) (paper []string, err error) {
	if err := a.tryCode(by); err != nil {
		return nil, err
	}
	here, err := a.here(ctx, by)
	if err != nil {
		return nil, err
	}
	err = a.changeFactor(ctx, by.ID, keeper.AuditEntry{By: by.Ref(), Act: keeper.ActFactorSet}, a.seconds.Confirm(code, &paper), func(tx store.Tx) error {
		return endOthers(tx, by.ID, here, nil)
	})
	return paper, err
}

// NewPaper replaces the actor's own codes on paper. As for RemoveSecond, ctx must carry a
// session in which they proved lately who they are; see Fresh.
func (a *Auth) NewPaper(ctx context.Context, by cvd.Actor) (paper []string, err error) {
	if _, err := a.proved(ctx, by); err != nil {
		return nil, err
	}
	err = a.changeFactor(ctx, by.ID, keeper.AuditEntry{By: by.Ref(), Act: keeper.ActFactorPaper}, a.seconds.Renew(&paper), nil)
	return paper, err
}

// RemoveSecond takes the actor's own factor away.
func (a *Auth) RemoveSecond(ctx context.Context, by cvd.Actor) error {
	if _, err := a.proved(ctx, by); err != nil {
		return err
	}
	return a.changeFactor(ctx, by.ID, keeper.AuditEntry{By: by.Ref(), Act: keeper.ActFactorGone}, a.seconds.Remove, nil)
}

// ResetSecond takes the factor and the passkeys of somebody who lost them away.
// Only a lead may, and not their own; all sessions and links of the member
// end, and the links that they made for others. The caller must have
// made sure that it is the member who asks.
func (a *Auth) ResetSecond(ctx context.Context, by cvd.Actor, memberID string) error {
	if !keeper.Leads(by) || by.ID == memberID {
		return fmt.Errorf("%w: only another lead may take a second factor away", cvd.ErrForbidden)
	}
	if _, err := a.Member(ctx, memberID); err != nil {
		return err
	}
	mine, err := a.keys.Passkeys(ctx, memberID)
	if err != nil {
		return err
	}
	reset := a.seconds.Reset
	if len(mine) > 0 {
		reset = a.seconds.Clear
	}
	return a.changeFactor(ctx, memberID, keeper.AuditEntry{By: by.Ref(), Act: keeper.ActFactorGone, About: []string{keeper.ToldFactors}}, reset, func(tx store.Tx) error {
		return errors.Join(
			keeper.DropOwned(tx, memberID, keeper.RecordPasskey, keeper.RecordLink, keeper.RecordSession),
			a.k.Recall(tx, memberID, keeper.RecordLink, keeper.RecordSession))
	})
}

// halfIn reads a session that waits for its second factor.
func (a *Auth) halfIn(tx store.Tx, token string) (s session, err error) {
	if _, err = a.k.Read(tx, keeper.RecordSession, a.sessionID(token), &s); err != nil {
		return s, keeper.Unauthenticated(err)
	}
	if !s.Half || !a.k.Now().Before(s.ends()) {
		return s, cvd.ErrUnauthenticated
	}
	return s, nil
}

// Waiting tells by what the session of the token can become a whole one, if it
// waits for its second factor.
func (a *Auth) Waiting(ctx context.Context, token string) (m Means, ok bool) {
	var s session
	err := a.k.Store.View(ctx, func(tx store.Tx) (err error) {
		s, err = a.halfIn(tx, token)
		return err
	})
	if err == nil {
		m, err = a.Means(ctx, s.Member)
	}
	return m, err == nil
}

// Second makes a whole session of a half one, under another token, for a code of
// the second factor: one by time, or one on paper. A wrong code, and a session that
// is unknown, over or whole already, are one cvd.ErrUnauthenticated. Tries are
// Limited for the member, wherever they come from.
func (a *Auth) Second(ctx context.Context, token, code string) (Session, error) {
	var s session
	var actor cvd.Actor
	err := a.k.Store.View(ctx, func(tx store.Tx) (err error) {
		if s, err = a.halfIn(tx, token); err == nil {
			actor, err = a.k.ActiveIn(tx, s.Member)
		}
		return err
	})
	if err != nil {
		return Session{}, err
	}
	if err := a.tryCode(actor); err != nil {
		return Session{}, errors.Join(err, a.k.Failure(ctx, keeper.AuditEntry{Act: keeper.ActSignInLimited, Subject: actor.ID}))
	}
	whole, rec, err := a.begin(ctx, actor, s.way(), strong)
	if err != nil {
		return Session{}, err
	}
	err = a.changeFactor(ctx, actor.ID, keeper.AuditEntry{By: actor.Ref(), Act: keeper.ActFactorPassed, Object: whole.ID}, a.seconds.Spend(code), func(tx store.Tx) error {
		n, err := tx.DeleteRecords(store.Selection{Kind: keeper.RecordSession, ID: a.sessionID(token)})
		if err == nil && n != 1 { // somebody else was first
			err = cvd.ErrUnauthenticated
		}
		if err != nil {
			return err
		}
		return tx.PutRecord(rec, 0)
	})
	if _, wrong := errors.AsType[cvd.Faults](err); wrong || errors.Is(err, cvd.ErrNotReady) { // passkeys have no codes
		return Session{}, errors.Join(cvd.ErrUnauthenticated, a.k.Failure(ctx, keeper.AuditEntry{Act: keeper.ActFactorFailed, Subject: actor.ID}))
	}
	if err != nil {
		return Session{}, err
	}
	return whole, nil
}

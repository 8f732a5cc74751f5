package auth

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"fairlead/internal/auth/keeper"
	"fairlead/internal/auth/password"
	"fairlead/internal/cvd"
	"fairlead/internal/store"
)

// linkGrace is how long after a sign-in by link or passkey a new password may be set
// without the old one.
const linkGrace = 10 * time.Minute

var wrongCurrent = cvd.Fault{Field: "current", Problem: "is not the present password", Remedy: "type the present password, or sign in by a passkey and set another within 10 minutes, or ask a lead to take the old one away"}

// SetPassword sets the actor's own password. What is wrong with next, or a
// wrong current, comes as cvd.Faults; cvd.ErrUnavailable if the list of breached ones
// cannot be asked. current is needed if there is a password
// already, unless ctx carries (InSession) a live session of the member that
// came from a link or a passkey at most 10 minutes ago. A link of another member alone is
// not enough: whoever made it could have used it. Without a password yet, ctx must
// carry a live session: an API token alone cannot make one (cvd.ErrForbidden),
// and one whose owner has not shown lately who they are cannot either (cvd.ErrNotReady):
// the password would be the proof of the moment to whoever set it.
// All other sessions and unused links of the member end, and the API tokens that
// they made; where it is not the first, also what they handed out to others; without a session in ctx that is all sessions.
func (a *Auth) SetPassword(ctx context.Context, by cvd.Actor, current, next string) error {
	if by.Kind != cvd.ActorMember || by.ID == "" {
		return fmt.Errorf("%w: only members have passwords", cvd.ErrForbidden)
	}
	m, err := a.Member(ctx, by.ID)
	if err != nil {
		return keeper.Unauthenticated(err)
	}
	if !m.Active {
		return cvd.ErrUnauthenticated
	}
	here, err := a.here(ctx, by)
	if err != nil {
		return err
	}
	cred, err := a.credential(ctx, m.ID)
	if err != nil {
		return err
	}
	faults, err := a.weak(m, next)
	if err != nil {
		return err
	}
	linked := here != nil && !keeper.Lends(here.By) && (here.ViaLink || here.Way == WayPasskey) && a.k.Now().Sub(here.Started) <= linkGrace
	switch {
	case cred.Serial == "" && here == nil:
		return fmt.Errorf("%w: a first password is set in a session that a link has started", cvd.ErrForbidden)
	case cred.Serial == "" && a.k.Now().Sub(here.proved()) > FreshFor:
		return fmt.Errorf("%w: sign in again before you set a first password", cvd.ErrNotReady)
	case cred.Serial != "" && !linked:
		right, err := a.isCurrent(ctx, m, cred, current)
		if err != nil {
			return err
		}
		if !right {
			faults = append(cvd.Faults{wrongCurrent}, faults...)
		}
	}
	if err := faults.Err(); err != nil {
		return err
	}
	return a.storePassword(ctx, m, cred.Serial, next, here)
}

// ForgetPassword takes the password of somebody who forgot it away, so that a link lets
// them set another. Only a lead may, and not their own; all sessions and links of the
// member end, the API tokens that they made, and what they handed out: they see that
// somebody did it, and the trail says who. The caller must have made sure that it is the
// member who asks. Without a password it is cvd.ErrNotReady.
func (a *Auth) ForgetPassword(ctx context.Context, by cvd.Actor, memberID string) error {
	if !keeper.Leads(by) || by.ID == memberID {
		return fmt.Errorf("%w: only another lead may take a password away", cvd.ErrForbidden)
	}
	if _, err := a.Member(ctx, memberID); err != nil {
		return err
	}
	note, err := a.k.Entry(ctx, keeper.AuditEntry{By: by.Ref(), Act: keeper.ActPasswordGone, Subject: memberID})
	if err != nil {
		return err
	}
	return a.k.Store.Update(ctx, func(tx store.Tx) error {
		n, err := tx.DeleteRecords(store.Selection{Kind: keeper.RecordCredential, ID: memberID})
		if err == nil && n == 0 {
			err = fmt.Errorf("%w: the member has no password", cvd.ErrNotReady)
		}
		if err != nil {
			return err
		}
		if err := keeper.DropOwned(tx, memberID, keeper.RecordLink, keeper.RecordSession); err != nil {
			return err
		}
		return errors.Join(a.DropMade(tx, memberID), a.k.Recall(tx, memberID), keeper.PutAll(tx, note))
	})
}

// weak lists what is wrong with a new password of the member. Its error is that of the
// list of breached ones: what cannot be looked up is not taken.
func (a *Auth) weak(m cvd.Member, next string) (cvd.Faults, error) {
	if faults := password.Faults(next, m, a.names()...); len(faults) > 0 {
		return faults, nil
	}
	held, err := a.leaked.Holds(next)
	if err != nil || !held {
		return nil, err
	}
	return cvd.Faults{{Field: "password", Problem: "is known from a breach", Remedy: "let a password manager make one, or use five unrelated words"}}, nil
}

func (a *Auth) credential(ctx context.Context, id string) (cred credential, err error) {
	err = a.k.Store.View(ctx, func(tx store.Tx) error {
		_, cred, err = a.credentialIn(tx, id)
		return err
	})
	return cred, err
}

// here is the live session that ctx says the actor acts in; nil if there is
// none.
func (a *Auth) here(ctx context.Context, by cvd.Actor) (*held, error) {
	s, ok := sessionOf(ctx)
	if !ok {
		return nil, nil
	}
	mine, err := a.own(ctx, by)
	if err != nil {
		return nil, err
	}
	for i := range mine {
		if mine[i].rec.ID[:keeper.PublicID] == s.ID {
			return &mine[i], nil
		}
	}
	return nil, cvd.ErrUnauthenticated
}

// credentialIn gives the member's credential and its version: none is an empty
// one of version 0.
func (a *Auth) credentialIn(tx store.Tx, id string) (version int64, cred credential, err error) {
	rec, err := a.k.Read(tx, keeper.RecordCredential, id, &cred)
	if errors.Is(err, cvd.ErrNotFound) {
		return 0, credential{}, nil
	}
	return rec.Version, cred, err
}

// isCurrent checks the present password. Failures are limited as those of a sign-in, since a
// stolen session must not be a way to guess it, and counted for the member alone: a
// stranger's guesses keep nobody from a proof.
func (a *Auth) isCurrent(ctx context.Context, m cvd.Member, cred credential, current string) (bool, error) {
	key := "proof\n" + m.ID
	if _, wait := a.byAccount.Allow(key); wait > 0 {
		return false, Limited{After: wait}
	}
	if len(current) > password.MaxBytes {
		return false, nil
	}
	h, err := password.Parse(cred.PHC)
	if err != nil {
		return false, err
	}
	right, err := a.hasher.Matches(ctx, h, current)
	if err == nil && !right {
		err = a.k.Failure(ctx, keeper.AuditEntry{Act: keeper.ActSignInFailed, Subject: m.ID})
	}
	if right {
		a.byAccount.Back(key)
	}
	return right, err
}

// storePassword replaces the password whose serial is was.
func (a *Auth) storePassword(ctx context.Context, m cvd.Member, was, next string, here *held) error {
	hashed, err := a.hasher.Hash(ctx, next)
	if err != nil {
		return err
	}
	now := a.k.Now()
	made := credential{PHC: hashed.String(), Serial: rand.Text(), Used: now}
	made.opened(keeper.OriginOf(ctx).From)
	rec, err1 := a.k.Vault.Seal(store.Record{Kind: keeper.RecordCredential, ID: m.ID, Owner: m.ID, At: now}, made)
	note, err2 := a.k.Entry(ctx, keeper.AuditEntry{By: keeper.ActorOf(m).Ref(), Act: keeper.ActPasswordSet, Subject: m.ID})
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	return a.k.Store.Update(ctx, func(tx store.Tx) error {
		version, present, err := a.credentialIn(tx, m.ID)
		if err != nil {
			return err
		}
		if present.Serial != was {
			return cvd.ErrConflict
		}
		if err := keeper.PutAll(tx, keeper.Put{Rec: rec, Was: version}, note); err != nil {
			return err
		}
		return endOthers(tx, m.ID, here, func() error {
			if was == "" { // a first one ends nothing that was handed out: nobody guessed it
				return a.DropMade(tx, m.ID)
			}
			return errors.Join(a.DropMade(tx, m.ID), a.k.Recall(tx, m.ID))
		})
	})
}

// endOthers ends the member's sessions and links but for this one, and what also
// says.
func endOthers(tx store.Tx, member string, here *held, also func() error) error {
	stays := 0
	if here != nil {
		var err error
		if stays, err = tx.DeleteRecords(store.Selection{Kind: keeper.RecordSession, ID: here.rec.ID}); err != nil {
			return err
		}
	}
	if err := keeper.DropOwned(tx, member, keeper.RecordLink, keeper.RecordSession); err != nil {
		return err
	}
	if also != nil {
		if err := also(); err != nil {
			return err
		}
	}
	if stays == 0 {
		return nil
	}
	return tx.PutRecord(here.rec, 0)
}

package auth

import (
	"context"
	"errors"
	"fmt"
	"time"

	"fairlead/internal/auth/keeper"
	"fairlead/internal/auth/passkey"
	"fairlead/internal/auth/second"
	"fairlead/internal/cvd"
	"fairlead/internal/store"
)

// FreshFor is how long a proof of who somebody is counts for what a stolen
// session must not do (ASVS 5.0.0 V7.5.1).
const FreshFor = 10 * time.Minute

// Fresh tells whether the session's owner proved lately who they are, by signing
// in or by Prove. A link that another member made proves nothing: its maker could have
// used it.
func (s Session) Fresh(now time.Time) bool { return !s.Lent && s.recent(now) }

func (s Session) recent(now time.Time) bool { return now.Sub(s.Proved) <= FreshFor }

// MayBegin tells whether the session's owner, who has nothing yet to show, may set up
// what they will show: by a link of anybody's, if it is fresh.
func (s Session) MayBegin(now time.Time, m Means) bool {
	return s.recent(now) && !m.Password && !m.Second()
}

// Means are the ways by which a member can show who they are.
type Means struct {
	Password, Code, Passkey bool
	// Arrived tells that the member holds any of these, an account of a provider, or a
	// session: a link alone was handed to them, and nothing came of it yet.
	Arrived bool
}

// Second tells whether a password alone does not open.
func (m Means) Second() bool { return m.Code || m.Passkey }

// ByPassword tells whether a password is part of a proof, and ByCode whether a code is:
// where both are, both are asked for. Each asks for no less than the member's sign-in does
// (ASVS 5.0.0 V7.5.1), so that neither counts alone where a second factor is set.
func (m Means) ByPassword() bool { return m.Password && (m.Code || !m.Passkey) }

// ByCode is described with ByPassword.
func (m Means) ByCode() bool { return m.Code && (m.Password || !m.Passkey) }

// Means tells by what a member can show who they are. Passkeys count wherever
// they work.
func (a *Auth) Means(ctx context.Context, memberID string) (m Means, err error) {
	err = a.k.Store.View(ctx, func(tx store.Tx) error {
		_, cred, err1 := a.credentialIn(tx, memberID)
		_, f, err2 := a.seconds.In(tx, memberID)
		has, err3 := a.keys.HasIn(tx, memberID)
		open, err4 := tx.Records(keeper.RecordSession, memberID, 1)
		linked, err5 := tx.Records(keeper.RecordIdentity, memberID, 1)
		m = Means{Password: cred.Serial != "", Code: f.On(), Passkey: has}
		m.Arrived = m.Password || m.Second() || len(open)+len(linked) > 0
		return errors.Join(err1, err2, err3, err4, err5)
	})
	return m, err
}

// Proof is what somebody shows: a passkey, or whatever else their Means ask for.
type Proof struct {
	Password         string
	Code             string // by time or on paper
	Ceremony, Answer string // of a passkey; see AskProof
}

// short tells what a proof without a passkey lacks.
func (p Proof) short(m Means) error {
	switch {
	case p.Password == "" && p.Code == "":
		return cvd.Faults{noProof}
	case m.Passkey && !m.ByPassword() && !m.ByCode():
		return cvd.Faults{onlyPasskey}
	case p.Password == "" && m.ByPassword():
		return cvd.Faults{alsoPassword}
	case p.Code == "" && m.ByCode():
		return cvd.Faults{alsoCode}
	}
	return nil
}

// AskProof begins to ask the actor for one of their passkeys.
func (a *Auth) AskProof(ctx context.Context, by cvd.Actor, place passkey.Place) (passkey.Ceremony, error) {
	if by.Kind != cvd.ActorMember || by.ID == "" {
		return passkey.Ceremony{}, fmt.Errorf("%w: only people have passkeys", cvd.ErrForbidden)
	}
	return a.keys.Ask(ctx, place, by.ID)
}

// The refusals of a proof.
var (
	wrongPassword = cvd.Fault{Field: "password", Problem: "is not the present password", Remedy: "type the password that you sign in with"}
	wrongPasskey  = cvd.Fault{Field: "passkey", Problem: "did not fit", Remedy: "use one of your own passkeys, or another way"}
	noProof       = cvd.Fault{Field: "password", Problem: "must not be empty", Remedy: "show by one of the ways that it is you"}
	alsoPassword  = cvd.Fault{Field: "password", Problem: "must not be empty", Remedy: "type the password that you sign in with too: a code alone does not show that it is you"}
	alsoCode      = cvd.Fault{Field: "code", Problem: "must not be empty", Remedy: "type a code too: where a second factor is set, a password alone does not show that it is you"}
	onlyPasskey   = cvd.Fault{Field: "passkey", Problem: "must be shown", Remedy: "use one of your passkeys: a password alone does not show that it is you"}
)

// Prove takes a proof of who acts in the session with this token, which is under
// another token from then on (ASVS 5.0.0 V7.2.4). What is wrong with the proof
// comes as cvd.Faults about password, code or passkey; tries are Limited as those
// of a sign-in.
func (a *Auth) Prove(ctx context.Context, token string, p Proof) (Session, error) {
	s, err := a.Look(ctx, token)
	if err != nil {
		return Session{}, err
	}
	if s.Actor.Kind != cvd.ActorMember {
		return Session{}, fmt.Errorf("%w: only members prove who they are", cvd.ErrForbidden)
	}
	if p.Answer != "" {
		also, err := a.provePasskey(ctx, s.Actor, p)
		if err != nil {
			return Session{}, err
		}
		return a.renew(ctx, token, s.Actor, "passkey", also)
	}
	how, err := a.proveByHand(ctx, s.Actor, p)
	if err != nil {
		return Session{}, err
	}
	return a.renew(ctx, token, s.Actor, how, func(store.Tx) error { return nil })
}

// proveByHand takes what is typed. The password comes first, so that who does not know it
// burns no code on paper.
func (a *Auth) proveByHand(ctx context.Context, by cvd.Actor, p Proof) (how string, err error) {
	m, err := a.Means(ctx, by.ID)
	if err != nil {
		return "", err
	}
	if err := p.short(m); err != nil {
		return "", err
	}
	if p.Password != "" {
		if err := a.provePassword(ctx, by, p.Password); err != nil || p.Code == "" {
			return "password", err
		}
		how = "password and "
	}
	return how + "code", a.proveCode(ctx, by, p.Code)
}

func (a *Auth) provePassword(ctx context.Context, by cvd.Actor, password string) error {
	m, err := a.Member(ctx, by.ID)
	if err != nil {
		return keeper.Unauthenticated(err)
	}
	cred, err := a.credential(ctx, m.ID)
	if err != nil {
		return err
	}
	if cred.Serial == "" {
		return cvd.Faults{wrongPassword}
	}
	right, err := a.isCurrent(ctx, m, cred, password)
	if err == nil && !right {
		return cvd.Faults{wrongPassword}
	}
	return err
}

func (a *Auth) proveCode(ctx context.Context, by cvd.Actor, code string) error {
	if err := a.tryCode(by); err != nil {
		return err
	}
	err := a.changeFactor(ctx, by.ID, keeper.AuditEntry{}, a.seconds.Spend(code), nil)
	if errors.Is(err, cvd.ErrNotReady) { // there is none to show a code of
		err = cvd.Faults{second.Wrong}
	}
	if _, wrong := errors.AsType[cvd.Faults](err); wrong {
		err = errors.Join(err, a.k.Failure(ctx, keeper.AuditEntry{Act: keeper.ActFactorFailed, Subject: by.ID}))
	}
	return err
}

func (a *Auth) provePasskey(ctx context.Context, by cvd.Actor, p Proof) (func(store.Tx) error, error) {
	if err := a.tryCode(by); err != nil {
		return nil, err
	}
	shown, err := a.checkPasskey(ctx, by.ID, p.Ceremony, p.Answer)
	if errors.Is(err, cvd.ErrUnauthenticated) {
		err = cvd.Faults{wrongPasskey}
	}
	return shown.Save, err
}

// renew puts a session under another token, with a proof of this moment.
func (a *Auth) renew(ctx context.Context, token string, by cvd.Actor, how string, also func(store.Tx) error) (Session, error) {
	var s session
	var rec store.Record
	err := a.k.Store.View(ctx, func(tx store.Tx) (err error) {
		s = session{}
		rec, err = a.k.Read(tx, keeper.RecordSession, a.sessionID(token), &s)
		return keeper.Unauthenticated(err)
	})
	if err != nil {
		return Session{}, err
	}
	was, next := rec.ID, keeper.NewSecret()
	s.Proved, s.Seen, s.By, by.Through = a.k.Now(), a.k.Now(), "", ""
	rec, err1 := a.k.Vault.Seal(store.Record{Kind: rec.Kind, ID: a.sessionID(next), Owner: rec.Owner, At: rec.At, Expires: s.ends()}, s)
	out := s.public(rec)
	out.Token, out.Actor = next, by
	note, err2 := a.k.Entry(ctx, keeper.AuditEntry{By: by.Ref(), Act: keeper.ActProved, Subject: by.ID, Object: out.ID, Detail: how})
	if err := errors.Join(err1, err2); err != nil {
		return Session{}, err
	}
	return out, a.k.Store.Update(ctx, func(tx store.Tx) error {
		n, err := tx.DeleteRecords(store.Selection{Kind: keeper.RecordSession, ID: was})
		if err == nil && n != 1 { // it has ended, or somebody else was first
			err = cvd.ErrUnauthenticated
		}
		if err != nil {
			return err
		}
		if err := also(tx); err != nil {
			return err
		}
		return keeper.PutAll(tx, keeper.Put{Rec: rec}, note)
	})
}

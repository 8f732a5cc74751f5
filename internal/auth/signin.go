package auth

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"fairlead/internal/auth/keeper"
	"fairlead/internal/auth/password"
	"fairlead/internal/auth/person"
	"fairlead/internal/cvd"
	"fairlead/internal/may"
	"fairlead/internal/store"
)

// MaxLinkLife is the longest that a sign-in link may be good for.
const MaxLinkLife = 7 * 24 * time.Hour

// errInactive is the refusal to let somebody in who was let go.
var errInactive = fmt.Errorf("%w: the member is not active; make them active first", cvd.ErrNotReady)

// link is the sealed content of a record of kind keeper.RecordLink.
type link struct {
	Member string    `json:"member"`
	Until  time.Time `json:"until"`
	Whole  bool      `json:"whole,omitempty"` // opens without the second factor
	By     string    `json:"by"`              // as cvd.Actor.Ref gives it
}

// credential is the sealed content of a record of kind keeper.RecordCredential.
type credential struct {
	PHC    string    `json:"phc"`
	Serial string    `json:"serial"` // random, another with each new password
	Used   time.Time `json:"used"`   // also makes each sign-in a change, so that it cannot pass a change of the password
	// From is from where the password was right or was set, the latest first: guesses of
	// others do not keep its owner out there.
	From []string `json:"from,omitempty"`
}

// mostFrom is how many sources a credential remembers.
const mostFrom = 8

// opened remembers a source from which the owner came.
func (c *credential) opened(from string) {
	if from != "" {
		c.From = slices.DeleteFunc(c.From, func(one string) bool { return one == from })
		c.From = append([]string{from}, c.From[:min(len(c.From), mostFrom-1)]...)
	}
}

func (a *Auth) linkID(code string) string { return a.k.Vault.Blind("auth/link", code) }

// NewLink makes a one-time code that signs the member in once, within life
// (more than 0, at most MaxLinkLife). The caller must have made sure who asks, and
// says so by AskedBy or InSession. A link that the operator of the machine made
// stands for the second factor too: it is the way back when that is lost.
// It opens nothing once whoever made it may not let others in any more. An unknown
// member is cvd.ErrNotFound, an inactive one cvd.ErrNotReady; one who may more than the
// scopes of who asks leave is may.ErrScope.
func (a *Auth) NewLink(ctx context.Context, memberID string, life time.Duration) (code string, err error) {
	if life <= 0 || life > MaxLinkLife {
		return "", cvd.Faults{{Field: "life", Problem: "must be more than 0 and at most 7 days", Remedy: "choose a shorter time, such as an hour"}}
	}
	m, err := a.Member(ctx, memberID)
	if err != nil {
		return "", err
	}
	if !m.Active {
		return "", errInactive
	}
	by := askerOf(ctx)
	if err := may.Cover(by, m.Roles); err != nil {
		return "", err
	}
	code = keeper.NewSecret()
	now := a.k.Now()
	until := now.Add(life)
	rec, err1 := a.k.Vault.Seal(store.Record{Kind: keeper.RecordLink, ID: a.linkID(code), Owner: m.ID, At: now, Expires: until}, link{Member: m.ID, Until: until, Whole: keeper.Operates(by), By: by.Ref()})
	note, err2 := a.k.Entry(ctx, keeper.AuditEntry{By: by.Ref(), Act: keeper.ActLinkMade, Subject: m.ID, Detail: "until " + until.Format(time.RFC3339)})
	if err := errors.Join(err1, err2); err != nil {
		return "", err
	}
	err = a.k.Store.Update(ctx, func(tx store.Tx) error { return keeper.PutAll(tx, keeper.Put{Rec: rec}, note) })
	if err != nil {
		return "", err
	}
	return code, nil
}

// ResetMember takes everything away that lets a member in: password, second factor,
// passkeys, linked accounts, sessions, links, the API tokens that they made, and what they
// handed out to others. It returns the code of a link that signs them in once within life, whole. Only the
// operator may: it is for the day on which no other lead can help.
func (a *Auth) ResetMember(ctx context.Context, by cvd.Actor, memberID string, life time.Duration) (code string, err error) {
	if !keeper.Operates(by) {
		return "", fmt.Errorf("%w: only the operator of the server may reset a member", cvd.ErrForbidden)
	}
	m, err := a.Member(ctx, memberID)
	if err != nil {
		return "", err
	}
	if !m.Active {
		return "", errInactive
	}
	note, err := a.k.Entry(ctx, keeper.AuditEntry{By: by.Ref(), Act: keeper.ActReset, Subject: m.ID})
	if err != nil {
		return "", err
	}
	err = a.k.Store.Update(ctx, func(tx store.Tx) error {
		err := keeper.DropOwned(tx, m.ID, keeper.RecordLink, keeper.RecordCredential, keeper.RecordFactor, keeper.RecordPasskey, keeper.RecordIdentity, keeper.RecordSession)
		if err != nil {
			return err
		}
		if err := errors.Join(a.DropMade(tx, m.ID), a.k.Recall(tx, m.ID)); err != nil {
			return err
		}
		return keeper.PutAll(tx, note)
	})
	if err != nil {
		return "", err
	}
	return a.NewLink(AskedBy(ctx, by), m.ID, life)
}

// UseLink burns a code and starts a session, both or neither; one that is Half
// where the member has a second factor. A code that is unknown, used or too old is cvd.ErrUnauthenticated.
func (a *Auth) UseLink(ctx context.Context, code string) (Session, error) {
	if len(code) != keeper.SecretChars {
		return Session{}, cvd.ErrUnauthenticated
	}
	var (
		l     link
		actor cvd.Actor
		waits bool
	)
	id := a.linkID(code)
	err := a.k.Store.View(ctx, func(tx store.Tx) error {
		l = link{}
		if _, err := a.k.Read(tx, keeper.RecordLink, id, &l); err != nil {
			return keeper.Unauthenticated(err)
		}
		if !a.k.Now().Before(l.Until) {
			return cvd.ErrUnauthenticated
		}
		err := a.k.Vouched(tx, l.By)
		if err != nil {
			return err
		}
		if actor, err = a.k.ActiveIn(tx, l.Member); err != nil {
			return err
		}
		waits, err = a.hasSecondIn(tx, l.Member)
		waits = waits && !l.Whole
		return err
	})
	if err != nil {
		return Session{}, err
	}
	s, rec, err1 := a.beginWith(ctx, actor, WayLink, halfIf(waits), session{By: keeper.ForOthers(l.By, l.Member)})
	note, err2 := a.k.Entry(ctx, keeper.AuditEntry{By: actor.Ref(), Act: keeper.ActLinkUsed, Subject: actor.ID, Object: s.ID})
	if err := errors.Join(err1, err2); err != nil {
		return Session{}, err
	}
	err = a.k.Store.Update(ctx, func(tx store.Tx) error {
		n, err := tx.DeleteRecords(store.Selection{Kind: keeper.RecordLink, ID: id})
		if err != nil {
			return err
		}
		if n != 1 { // somebody else was first, or it was recalled
			return cvd.ErrUnauthenticated
		}
		return keeper.PutAll(tx, keeper.Put{Rec: rec}, note)
	})
	if err != nil {
		return Session{}, err
	}
	return s, nil
}

// account is what a sign-in is checked against; for an unknown address it is
// nobody's.
type account struct {
	member cvd.Member
	rec    store.Record // of the credential
	cred   credential
	hash   password.Hash
	real   bool // an active member with a password
	half   bool // who has a second factor
}

// account looks up an address. It reads five records whether they exist or
// not.
func (a *Auth) account(ctx context.Context, email string) (account, error) {
	acc := account{hash: a.hasher.Nobody()}
	err := a.k.Store.View(ctx, func(tx store.Tx) error {
		acc = account{hash: acc.hash}
		index, err1 := tx.Record(keeper.RecordEmail, a.EmailID(email))
		id := index.Owner
		if errors.Is(err1, cvd.ErrNotFound) {
			id, err1 = "nobody", nil
		}
		_, err2 := a.k.Read(tx, keeper.RecordMember, id, &acc.member)
		var err3 error
		acc.rec, err3 = a.k.Read(tx, keeper.RecordCredential, id, &acc.cred)
		var err4 error
		acc.half, err4 = a.hasSecondIn(tx, id)
		for _, err := range []error{err1, err2, err3, err4} {
			if err != nil && !errors.Is(err, cvd.ErrNotFound) {
				return err
			}
		}
		if err2 != nil || err3 != nil {
			return nil
		}
		h, err := password.Parse(acc.cred.PHC)
		if err != nil {
			return err
		}
		acc.hash, acc.real = h, acc.member.Active
		return nil
	})
	return acc, err
}

// SignIn starts a session by password; one that is Half where the member has a
// second factor. An unknown address, a wrong password, a
// member without one and an inactive member get the same
// cvd.ErrUnauthenticated after the same work. Too many tries from one source are Limited,
// and too many failures for one address, known or not: from one source, or far more
// from everywhere; the latter stop nobody where the member came in before. from is what the door limits
// by, such as a network address; an empty one is not limited.
func (a *Auth) SignIn(ctx context.Context, email, secret, from string) (Session, error) {
	if from != "" {
		ctx = WithOrigin(ctx, from, keeper.OriginOf(ctx).Agent)
	}
	email = person.Fold(keeper.Clip(email, 4*person.MaxEmail))
	wait := a.limitSource(from)
	if wait == 0 {
		_, wait = a.byAccount.Allow(signInKey(email, from))
	}
	if wait > 0 {
		return Session{}, a.tooMany(ctx, wait)
	}
	acc, err := a.account(ctx, email)
	if err != nil {
		return Session{}, err
	}
	strange := from == "" || !acc.real || !slices.Contains(acc.cred.From, from)
	if strange {
		if _, wait := a.byTarget.Allow(email); wait > 0 {
			a.byAccount.Back(signInKey(email, from)) // it failed for the sake of others
			return Session{}, a.tooMany(ctx, wait)
		}
	}
	long := len(secret) > password.MaxBytes
	if long {
		secret = secret[:password.MaxBytes]
	}
	ok, err := a.hasher.Matches(ctx, acc.hash, secret)
	if err != nil {
		return Session{}, err
	}
	if !ok || long || !acc.real {
		if err := a.k.Failure(ctx, keeper.AuditEntry{Act: keeper.ActSignInFailed, Subject: acc.member.ID}); err != nil {
			return Session{}, err
		}
		return Session{}, cvd.ErrUnauthenticated
	}
	a.byAccount.Back(signInKey(email, from))
	if strange {
		a.byTarget.Back(email)
	}
	acc.cred.opened(from)
	if a.hasher.Outdated(acc.hash) {
		better, err := a.hasher.Hash(ctx, secret)
		if err != nil {
			return Session{}, err
		}
		acc.cred.PHC = better.String()
	}
	return a.admit(ctx, acc)
}

// signInKey is what failures of a sign-in count for.
func signInKey(email, from string) string { return "sign-in\n" + email + "\n" + from }

// tooMany records and refuses one try too many.
func (a *Auth) tooMany(ctx context.Context, wait time.Duration) error {
	if err := a.k.Failure(ctx, keeper.AuditEntry{Act: keeper.ActSignInLimited}); err != nil {
		return err
	}
	return Limited{After: wait}
}

// admit starts the session of somebody whose password was right, provided that
// it still is the password when the session is stored.
func (a *Auth) admit(ctx context.Context, acc account) (Session, error) {
	s, rec, err1 := a.begin(ctx, keeper.ActorOf(acc.member), WayPassword, halfIf(acc.half))
	acc.cred.Used = a.k.Now()
	cred, err2 := a.k.Vault.Seal(acc.rec, acc.cred)
	note, err3 := a.k.Entry(ctx, keeper.AuditEntry{By: s.Actor.Ref(), Act: keeper.ActSignIn, Subject: s.Actor.ID, Object: s.ID})
	if err := errors.Join(err1, err2, err3); err != nil {
		return Session{}, err
	}
	err := a.k.Again(ctx, func() error {
		return a.k.Store.Update(ctx, func(tx store.Tx) error {
			version, present, err := a.credentialIn(tx, acc.member.ID)
			if err != nil {
				return err
			}
			if present.Serial != acc.cred.Serial {
				return cvd.ErrUnauthenticated
			}
			return keeper.PutAll(tx, keeper.Put{Rec: cred, Was: version}, keeper.Put{Rec: rec}, note)
		})
	})
	if err != nil {
		return Session{}, err
	}
	return s, nil
}

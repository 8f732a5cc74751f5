package auth

import (
	"context"
	"errors"
	"time"

	"fairlead/internal/auth/keeper"
	"fairlead/internal/cvd"
	"fairlead/internal/store"
)

// How long sessions live (ASVS 5.0.0 V7.3.1, V7.3.2; NIST SP 800-63B-4 section
// 2.2.3 for the members' two figures).
const (
	ReporterIdle = 30 * time.Minute
	MemberIdle   = 60 * time.Minute
	SessionLife  = 12 * time.Hour // whatever happens, for reporters too
	halfLife     = 10 * time.Minute
)

// Way is how somebody signed in. The words are stable.
type Way string

// The ways in.
const (
	WayPassword Way = "password"
	WayLink     Way = "link"     // a one-time link
	WayPasskey  Way = "passkey"  // stands for the second factor too
	WayProvider Way = "provider" // an identity provider vouched for them
	WayReceipt  Way = "receipt"  // a reporter
)

// Session is one signed-in browser. All instants are UTC.
type Session struct {
	Token   string    // only when just made; never stored
	ID      string    // the beginning of the token's digest, to list and end it
	Actor   cvd.Actor // read afresh at each Look; empty in lists
	Started time.Time
	Seen    time.Time // the last use, to the minute
	Until   time.Time // the absolute end
	Agent   string    // the program, as it called itself
	Way     Way       // how it was started; empty in old ones that no link started
	ViaLink bool      // started by a one-time link
	Proved  time.Time // when they last showed who they are; see Prove
	Strong  bool      // started with two factors: a passkey, a second factor, or a provider that asked for them
	Second  bool      // the member has a second factor or a passkey; told by a look only
	Half    bool      // opens nothing before the second factor is shown; see Second
	Lent    bool      // opened by another member's link, and nothing of its owner was shown since: it counts as no proof
}

// session is the sealed content of a record of kind keeper.RecordSession.
type session struct {
	Member  string    `json:"member,omitempty"`
	Receipt string    `json:"receipt,omitempty"`
	Started time.Time `json:"started"`
	Seen    time.Time `json:"seen"`
	Until   time.Time `json:"until"`
	Agent   string    `json:"agent,omitempty"`
	ViaLink bool      `json:"via_link,omitempty"`
	Way     Way       `json:"way,omitempty"`
	Proved  time.Time `json:"proved,omitzero"` // after Started
	Half    bool      `json:"half,omitempty"`
	Strong  bool      `json:"strong,omitempty"`
	By      string    `json:"by,omitempty"` // who made the link that opened it for somebody else, until that one proves who they are
}

func (s session) way() Way {
	if s.Way == "" && s.ViaLink {
		return WayLink
	}
	return s.Way
}

func (s session) idle() time.Duration {
	if s.Receipt != "" {
		return ReporterIdle
	}
	return MemberIdle
}

// ends is when the session is over if it is not used any more.
func (s session) ends() time.Time {
	if s.Half {
		return s.Started.Add(halfLife)
	}
	if idle := s.Seen.Add(s.idle()); idle.Before(s.Until) {
		return idle
	}
	return s.Until
}

// proved is when the owner last showed who they are: at sign-in, or after.
func (s session) proved() time.Time {
	if s.Proved.IsZero() {
		return s.Started
	}
	return s.Proved
}

func (s session) public(rec store.Record) Session {
	return Session{
		ID: rec.ID[:keeper.PublicID], Started: s.Started, Seen: s.Seen, Until: s.Until, Agent: s.Agent,
		Way: s.way(), ViaLink: s.ViaLink, Proved: s.proved(), Half: s.Half, Strong: s.Strong, Lent: keeper.Lends(s.By),
	}
}

func (a *Auth) sessionID(token string) string { return a.k.Vault.Blind("auth/session", token) }

// entry is how far somebody got in.
type entry int

const (
	whole  entry = iota
	half         // a second factor is still to be shown
	strong       // with two factors
)

func halfIf(waits bool) entry {
	if waits {
		return half
	}
	return whole
}

// begin makes a session and the record that the caller puts with was = 0.
func (a *Auth) begin(ctx context.Context, actor cvd.Actor, way Way, entry entry) (Session, store.Record, error) {
	return a.beginWith(ctx, actor, way, entry, session{})
}

// beginWith makes one that lives only as long as more.By may let others in (see
// keeper.Vouched), and whose owner showed who they are at more.Proved; an empty By is
// nobody, a zero Proved now.
func (a *Auth) beginWith(ctx context.Context, actor cvd.Actor, way Way, entry entry, more session) (Session, store.Record, error) {
	now := a.k.Now()
	s := session{Started: now, Seen: now, Until: now.Add(SessionLife), Agent: keeper.OriginOf(ctx).Agent, Way: way, ViaLink: way == WayLink, Half: entry == half, Strong: entry == strong, By: more.By, Proved: more.Proved}
	owner := actor.ID
	if actor.Kind == cvd.ActorReporter {
		s.Receipt, owner = actor.Receipt, string(actor.Cases[0].Case)
	} else {
		s.Member = actor.ID
	}
	actor.Through = keeper.Lender(s.By)
	token := keeper.NewSecret()
	rec, err := a.k.Vault.Seal(store.Record{Kind: keeper.RecordSession, ID: a.sessionID(token), Owner: owner, At: now, Expires: s.ends()}, s)
	if err != nil {
		return Session{}, rec, err
	}
	out := s.public(rec)
	out.Token, out.Actor = token, actor
	return out, rec, nil
}

// StartMember starts the session of a member whom something else than a password
// or a link has shown to be there, such as an identity provider; the caller
// vouches for it. two says that it stands for the second factor too; otherwise
// the session is Half where the member has one. Nobody else than an active
// member gets one: cvd.ErrUnauthenticated. also, which may be nil, is done in the
// same transaction, or nothing is.
func (a *Auth) StartMember(ctx context.Context, id string, way Way, two bool, also func(store.Tx) error) (Session, error) {
	return a.StartProved(ctx, id, way, two, a.k.Now(), also)
}

// StartProved is StartMember of somebody who showed who they are at proved, and not now:
// a provider may know them of before. A zero instant is one that nobody knows.
func (a *Auth) StartProved(ctx context.Context, id string, way Way, two bool, proved time.Time, also func(store.Tx) error) (Session, error) {
	if now := a.k.Now(); proved.IsZero() {
		proved = now.Add(-SessionLife)
	} else if !proved.Before(now) {
		proved = time.Time{} // as the session starts
	}
	var actor cvd.Actor
	in := strong
	err := a.k.Store.View(ctx, func(tx store.Tx) (err error) {
		if actor, err = a.k.ActiveIn(tx, id); err != nil || two {
			return err
		}
		waits, err := a.hasSecondIn(tx, id)
		in = halfIf(waits)
		return err
	})
	if err != nil {
		return Session{}, err
	}
	s, rec, err1 := a.beginWith(ctx, actor, way, in, session{Proved: proved.UTC()})
	note, err2 := a.k.Entry(ctx, keeper.AuditEntry{By: actor.Ref(), Act: keeper.ActSignIn, Subject: id, Object: s.ID, Detail: string(way)})
	if err := errors.Join(err1, err2); err != nil {
		return Session{}, err
	}
	err = a.k.Store.Update(ctx, func(tx store.Tx) error {
		if _, err := a.k.ActiveIn(tx, id); err != nil {
			return err
		}
		if also != nil {
			if err := also(tx); err != nil {
				return err
			}
		}
		return keeper.PutAll(tx, keeper.Put{Rec: rec}, note)
	})
	if err != nil {
		return Session{}, err
	}
	return s, nil
}

// StartReporter starts the browser session of somebody who showed a receipt.
func (a *Auth) StartReporter(ctx context.Context, actor cvd.Actor) (Session, error) {
	if actor.Kind != cvd.ActorReporter || actor.Receipt == "" || len(actor.Cases) == 0 {
		return Session{}, cvd.ErrUnauthenticated
	}
	s, rec, err := a.begin(ctx, actor, WayReceipt, whole)
	if err != nil {
		return Session{}, err
	}
	if err := a.k.Store.Update(ctx, func(tx store.Tx) error { return tx.PutRecord(rec, 0) }); err != nil {
		return Session{}, err
	}
	return s, nil
}

// Look gives the live session of a token, with the member's roles or the
// reporter's cases as they are now. An unknown, idle, overdue or ended one, and
// one of a member who is no longer active, is cvd.ErrUnauthenticated. The use
// is written down at most once a minute.
func (a *Auth) Look(ctx context.Context, token string) (Session, error) {
	l, out, err := a.live(ctx, token)
	if now := a.k.Now(); err == nil && now.Sub(l.Seen) >= keeper.SeenEvery {
		l.Seen, out.Seen = now, now
		l.rec.Expires = l.ends()
		if err := a.k.Used(ctx, l.rec, l.session); err != nil {
			return Session{}, err
		}
	}
	return out, err
}

// Glance is Look without being a use: for what a page asks by itself, which must
// not keep a session alive that nobody uses.
func (a *Auth) Glance(ctx context.Context, token string) (Session, error) {
	_, out, err := a.live(ctx, token)
	return out, err
}

// live is the look at a session that is not over.
func (a *Auth) live(ctx context.Context, token string) (l look, out Session, err error) {
	if len(token) != keeper.SecretChars {
		return l, out, cvd.ErrUnauthenticated
	}
	id := a.sessionID(token)
	l, err = a.looks.Get(ctx, id, nil, func() (look, error) { return a.look(ctx, id) })
	if err == nil && (l.Half || !a.k.Now().Before(l.ends())) {
		err = cvd.ErrUnauthenticated
	}
	if err == nil && l.Receipt != "" { // a receipt may run out by time alone
		l.actor, err = a.Reporter(ctx, l.Receipt)
	}
	if err == nil {
		out = l.public(l.rec)
		out.Actor, out.Second = l.actor, l.two
	}
	return l, out, err
}

// look is a session as it is stored, and the member it belongs to; it is kept
// until the next commit, so that a change of either counts at once.
type look struct {
	session
	rec   store.Record
	actor cvd.Actor // of a member; a reporter's is read afresh
	two   bool      // the member has a second factor or a passkey
}

func (a *Auth) look(ctx context.Context, id string) (l look, err error) {
	err = a.k.Store.View(ctx, func(tx store.Tx) (err error) {
		l = look{}
		if l.rec, err = a.k.Read(tx, keeper.RecordSession, id, &l.session); err != nil {
			return keeper.Unauthenticated(err)
		}
		if l.Receipt == "" {
			if l.By != "" {
				if err := a.k.Vouched(tx, l.By); err != nil {
					return err
				}
			}
			if l.actor, err = a.k.ActiveIn(tx, l.Member); err == nil {
				l.actor.Through = keeper.Lender(l.By)
				l.two, err = a.hasSecondIn(tx, l.Member)
			}
		}
		return err
	})
	return l, err
}

// SignOut ends the session of this token. Ending one that is over is no error.
func (a *Auth) SignOut(ctx context.Context, token string) error {
	if len(token) != keeper.SecretChars {
		return nil
	}
	var s session
	id := a.sessionID(token)
	err := a.k.Store.View(ctx, func(tx store.Tx) error {
		_, err := a.k.Read(tx, keeper.RecordSession, id, &s)
		return err
	})
	if errors.Is(err, cvd.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return a.endSession(ctx, id, s, keeper.AuditEntry{By: "member/" + s.Member, Act: keeper.ActSignOut})
}

// endSession deletes one session; a member's is recorded.
func (a *Auth) endSession(ctx context.Context, id string, s session, e keeper.AuditEntry) error {
	e.Subject, e.Object = s.Member, id[:keeper.PublicID]
	note, err := a.k.Entry(ctx, e)
	if err != nil {
		return err
	}
	return a.k.Store.Update(ctx, func(tx store.Tx) error {
		n, err := tx.DeleteRecords(store.Selection{Kind: keeper.RecordSession, ID: id})
		if err != nil || n == 0 || s.Member == "" {
			return err
		}
		return keeper.PutAll(tx, note)
	})
}

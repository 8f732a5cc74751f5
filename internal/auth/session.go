package auth

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

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

// Session is one signed-in browser. All instants are UTC.
type Session struct {
	Token   string    // only when just made; never stored
	ID      string    // the beginning of the token's digest, to list and end it
	Actor   cvd.Actor // read afresh at each Look; empty in lists
	Started time.Time
	Seen    time.Time // the last use, to the minute
	Until   time.Time // the absolute end
	Agent   string    // the program, as it called itself
	ViaLink bool      // started by a one-time link, not by a password
	Half    bool      // opens nothing before the second factor is shown; see Second
}

// session is the sealed content of a record of kind RecordSession.
type session struct {
	Member  string    `json:"member,omitempty"`
	Receipt string    `json:"receipt,omitempty"`
	Started time.Time `json:"started"`
	Seen    time.Time `json:"seen"`
	Until   time.Time `json:"until"`
	Agent   string    `json:"agent,omitempty"`
	ViaLink bool      `json:"via_link,omitempty"`
	Half    bool      `json:"half,omitempty"`
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

func (s session) public(rec store.Record) Session {
	return Session{ID: rec.ID[:publicID], Started: s.Started, Seen: s.Seen, Until: s.Until, Agent: s.Agent, ViaLink: s.ViaLink, Half: s.Half}
}

func (a *Auth) sessionID(token string) string { return a.vault.Blind("auth/session", token) }

// begin makes a session and the record that the caller puts with was = 0.
func (a *Auth) begin(ctx context.Context, actor cvd.Actor, viaLink, half bool) (Session, store.Record, error) {
	now := a.now()
	s := session{Started: now, Seen: now, Until: now.Add(SessionLife), Agent: originOf(ctx).agent, ViaLink: viaLink, Half: half}
	owner := actor.ID
	if actor.Kind == cvd.ActorReporter {
		s.Receipt, owner = actor.Receipt, string(actor.Cases[0].Case)
	} else {
		s.Member = actor.ID
	}
	token := newSecret()
	rec, err := a.vault.Seal(store.Record{Kind: RecordSession, ID: a.sessionID(token), Owner: owner, At: now, Expires: s.ends()}, s)
	if err != nil {
		return Session{}, rec, err
	}
	out := s.public(rec)
	out.Token, out.Actor = token, actor
	return out, rec, nil
}

// StartReporter starts the browser session of somebody who showed a receipt.
func (a *Auth) StartReporter(ctx context.Context, actor cvd.Actor) (Session, error) {
	if actor.Kind != cvd.ActorReporter || actor.Receipt == "" || len(actor.Cases) == 0 {
		return Session{}, cvd.ErrUnauthenticated
	}
	s, rec, err := a.begin(ctx, actor, false, false)
	if err != nil {
		return Session{}, err
	}
	if err := a.st.Update(ctx, func(tx store.Tx) error { return tx.PutRecord(rec, 0) }); err != nil {
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
	if now := a.now(); err == nil && now.Sub(l.Seen) >= seenEvery {
		l.Seen, out.Seen = now, now
		if err := a.seen(ctx, l.rec, l.session); err != nil {
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
	if len(token) != secretChars {
		return l, out, cvd.ErrUnauthenticated
	}
	id := a.sessionID(token)
	l, err = a.looks.Get(ctx, id, nil, func() (look, error) { return a.look(ctx, id) })
	if err == nil && (l.Half || !a.now().Before(l.ends())) {
		err = cvd.ErrUnauthenticated
	}
	if err == nil && l.Receipt != "" { // a receipt may run out by time alone
		l.actor, err = a.reporter(ctx, l.Receipt)
	}
	if err == nil {
		out = l.public(l.rec)
		out.Actor = l.actor
	}
	return l, out, err
}

// look is a session as it is stored, and the member it belongs to; it is kept
// until the next commit, so that a change of either counts at once.
type look struct {
	session
	rec   store.Record
	actor cvd.Actor // of a member; a reporter's is read afresh
}

func (a *Auth) look(ctx context.Context, id string) (l look, err error) {
	err = a.st.View(ctx, func(tx store.Tx) (err error) {
		l = look{}
		if l.rec, err = a.read(tx, RecordSession, id, &l.session); err != nil {
			return unauthenticated(err)
		}
		if l.Receipt == "" {
			l.actor, err = a.activeIn(tx, l.Member)
		}
		return err
	})
	return l, err
}

// seen writes down the use of a session. Where that fails the session still
// counts: it only ends earlier. A session that was ended meanwhile is not
// brought back, since its version is gone.
func (a *Auth) seen(ctx context.Context, rec store.Record, s session) error {
	was := rec.Version
	rec.Expires = s.ends()
	rec, err := a.vault.Seal(rec, s)
	if err != nil {
		return err
	}
	err = a.st.Update(ctx, func(tx store.Tx) error { return tx.PutRecord(rec, was) })
	if errors.Is(err, cvd.ErrConflict) || errors.Is(err, cvd.ErrUnavailable) {
		return nil
	}
	return err
}

// activeIn gives the member as an actor; cvd.ErrUnauthenticated if there is
// none, or not an active one.
func (a *Auth) activeIn(tx store.Tx, id string) (cvd.Actor, error) {
	var m cvd.Member
	if _, err := a.read(tx, RecordMember, id, &m); err != nil {
		return cvd.Actor{}, unauthenticated(err)
	}
	if !m.Active {
		return cvd.Actor{}, cvd.ErrUnauthenticated
	}
	return actorOf(m), nil
}

// SignOut ends the session of this token. Ending one that is over is no error.
func (a *Auth) SignOut(ctx context.Context, token string) error {
	if len(token) != secretChars {
		return nil
	}
	var s session
	id := a.sessionID(token)
	err := a.st.View(ctx, func(tx store.Tx) error {
		_, err := a.read(tx, RecordSession, id, &s)
		return err
	})
	if errors.Is(err, cvd.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return a.endSession(ctx, id, s, AuditEntry{By: "member/" + s.Member, Act: ActSignOut})
}

// endSession deletes one session; a member's is recorded.
func (a *Auth) endSession(ctx context.Context, id string, s session, e AuditEntry) error {
	e.Subject, e.Object = s.Member, id[:publicID]
	note, err := a.entry(ctx, e)
	if err != nil {
		return err
	}
	return a.st.Update(ctx, func(tx store.Tx) error {
		n, err := tx.DeleteRecords(store.Selection{Kind: RecordSession, ID: id})
		if err != nil || n == 0 || s.Member == "" {
			return err
		}
		return tx.PutRecord(note, 0)
	})
}

// held is a session with where it is kept.
type held struct {
	session
	rec store.Record
}

// own lists the live sessions of the actor.
func (a *Auth) own(ctx context.Context, by cvd.Actor) ([]held, error) {
	owner := by.ID
	switch {
	case by.Kind == cvd.ActorReporter && len(by.Cases) > 0 && by.Receipt != "":
		owner = string(by.Cases[0].Case)
	case by.Kind == cvd.ActorMember && by.ID != "":
	default:
		return nil, fmt.Errorf("%w: only people have sessions", cvd.ErrForbidden)
	}
	var out []held
	err := a.st.View(ctx, func(tx store.Tx) error {
		out = nil
		recs, err := tx.Records(RecordSession, owner, listLimit)
		if err != nil {
			return err
		}
		for _, rec := range recs {
			var s session
			if err := a.vault.Read(rec, &s); err != nil {
				return err
			}
			if s.Receipt == by.Receipt && !s.Half && a.now().Before(s.ends()) {
				out = append(out, held{session: s, rec: rec})
			}
		}
		return nil
	})
	return out, err
}

// Sessions lists the actor's own live sessions, latest use first, without
// their tokens.
func (a *Auth) Sessions(ctx context.Context, by cvd.Actor) ([]Session, error) {
	mine, err := a.own(ctx, by)
	out := make([]Session, len(mine))
	for i, s := range mine {
		out[i] = s.public(s.rec)
	}
	slices.SortFunc(out, func(x, y Session) int { return cmp.Or(y.Seen.Compare(x.Seen), cmp.Compare(x.ID, y.ID)) })
	return out, err
}

// EndSession ends one of the actor's own sessions, by the id that Sessions
// gives. Any other id is cvd.ErrNotFound.
func (a *Auth) EndSession(ctx context.Context, by cvd.Actor, id string) error {
	mine, err := a.own(ctx, by)
	if err != nil {
		return err
	}
	for _, s := range mine {
		if s.rec.ID[:publicID] == id {
			return a.endSession(ctx, s.rec.ID, s.session, AuditEntry{By: by.Ref(), Act: ActSessionEnded})
		}
	}
	return cvd.ErrNotFound
}

// EndSessions ends all sessions, unused links and API tokens of a member: the own
// ones, or anybody's for a lead (ASVS 5.0.0 V7.4.5). Of the own tokens those go
// on that others made.
func (a *Auth) EndSessions(ctx context.Context, by cvd.Actor, memberID string) error {
	if !leads(by) && (by.Kind != cvd.ActorMember || by.ID != memberID) {
		return fmt.Errorf("%w: only a lead may end the sessions of others", cvd.ErrForbidden)
	}
	if _, err := a.Member(ctx, memberID); err != nil {
		return err
	}
	note, err := a.entry(ctx, AuditEntry{By: by.Ref(), Act: ActSessionEnded, Subject: memberID, Detail: "all sessions, links and API tokens"})
	if err != nil {
		return err
	}
	return a.st.Update(ctx, func(tx store.Tx) error {
		if err := dropOwned(tx, memberID, RecordLink, RecordSession); err != nil {
			return err
		}
		drop := func() error { return dropOwned(tx, memberID, RecordToken) }
		if by.Kind == cvd.ActorMember && by.ID == memberID {
			drop = func() error { return a.dropMade(tx, memberID) }
		}
		if err := drop(); err != nil {
			return err
		}
		return tx.PutRecord(note, 0)
	})
}

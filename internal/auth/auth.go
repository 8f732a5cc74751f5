// Package auth says who is asking: it turns a password, a sign-in link, a
// session, an API token or a receipt into a cvd.Actor, and keeps the members of
// the team.
//
// It never decides what an actor may do to a case (casework does), never reads
// a clock of its own, never speaks HTTP and never sends anything. It keeps no
// secret: codes, tokens and receipts are stored under a keyed digest, passwords
// as argon2id (RFC 9106), and what is stored about people is sealed.
package auth

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"strings"
	"sync/atomic"
	"time"

	"fairlead/internal/auth/limit"
	"fairlead/internal/auth/password"
	"fairlead/internal/auth/second"
	"fairlead/internal/cvd"
	"fairlead/internal/store"
	"fairlead/internal/store/memo"
	"fairlead/internal/store/vault"
)

// The kinds of record this room keeps.
const (
	RecordMember     store.RecordKind = "member"       // id: member id
	RecordEmail      store.RecordKind = "member-email" // id: blind digest of the folded address; owner: member id
	RecordRoster     store.RecordKind = "roster"       // id "1": counts changes to the members, so that two of them cannot pass each other
	RecordCredential store.RecordKind = "credential"   // id and owner: member id
	RecordLink       store.RecordKind = "link"         // id: blind digest of the code; owner: member id
	RecordSession    store.RecordKind = "session"      // id: blind digest of the token; owner: member id or case id
	RecordToken      store.RecordKind = "token"        // id: blind digest of the secret; owner: member id
	RecordReceipt    store.RecordKind = "receipt"      // id: blind digest of the code; owner: first case id
	RecordAudit      store.RecordKind = "audit"        // id: random; no owner
	RecordFactor                      = second.Record  // id and owner: member id
)

const (
	// listLimit is the most records of one kind that are listed at once.
	listLimit = 1000
	// seenEvery is how often a use of a session or token is written down.
	seenEvery = time.Minute
	// looksKept is the most sessions that are remembered between two commits.
	looksKept = 1000
	// publicID is how much of a digest names a session or token in lists: 72
	// bits, enough to be unique and no way to the rest.
	publicID = 12
	// secretBytes is the size of link codes, session tokens and API tokens: 256
	// bits (ASVS 5.0.0 V7.2.3 asks for 128).
	secretBytes = 32
	// secretChars is how long they are in base64url without padding.
	secretChars = 43
)

// Options are what the house decides for this room.
type Options struct {
	// Now is the house's clock. It must be set.
	Now func() time.Time
	// DevFastHash makes password hashing cheap. For tests and demo seeding only.
	DevFastHash bool
	// Unlimited lifts the limits of SignIn. For load tests only.
	Unlimited bool
	// Operator is a bearer secret that opens the API as a machine with a lead's
	// role, for whoever may read the server's data folder; empty for none.
	Operator string
}

// Auth knows who is asking. It is safe for use by several goroutines.
type Auth struct {
	st     store.Store
	vault  *vault.Vault
	now    func() time.Time
	hasher *password.Hasher

	operator string
	seconds  second.Book

	byAccount *Limiter // from one source
	byTarget  *Limiter // an account from everywhere
	bySource  *Limiter
	failures  *Limiter
	unwritten atomic.Int64 // failures not recorded since the last one that was

	looks *memo.Memo[string, look]     // members' sessions, by their record's id
	team  *memo.Memo[struct{}, roster] // one

	decoy store.Record // opened for a wrong receipt, so that it costs what a right one does
}

// Limiter, NewLimiter and Limited are those of limit, for the doors.
type (
	Limiter = limit.Limiter
	Limited = limit.Limited
)

// NewLimiter makes one; see limit.New.
var NewLimiter = limit.New

// New makes the room. It panics without a clock, a store or a vault.
func New(st store.Store, v *vault.Vault, opt Options) *Auth {
	if st == nil || v == nil || opt.Now == nil {
		panic("auth: store, vault and clock must be given")
	}
	now := func() time.Time { return opt.Now().UTC() }
	a := &Auth{
		st: st, vault: v, now: now, operator: opt.Operator,
		hasher:    password.NewHasher(opt.DevFastHash),
		seconds:   second.Book{Store: st, Vault: v, Now: now},
		byAccount: NewLimiter(5, 10, 4096, now),
		byTarget:  NewLimiter(2, 100, 4096, now),
		bySource:  NewLimiter(20, 20, 4096, now),
		failures:  NewLimiter(60, 60, 1, now),
		looks:     memo.New[string, look](st, looksKept),
		team:      memo.New[struct{}, roster](st, 1),
	}
	if opt.Unlimited {
		none := NewLimiter(0, 0, 1, now)
		a.byAccount, a.byTarget, a.bySource = none, none, none
	}
	decoy, err := v.Seal(store.Record{Kind: RecordReceipt, ID: "none"}, receipt{Cases: []reach{{}}})
	if err != nil {
		panic("auth: the vault cannot seal: " + err.Error())
	}
	a.decoy = decoy
	return a
}

type contextKey int

const (
	sessionKey contextKey = iota
	originKey
	askerKey
)

// InSession tells the room in which session the caller acts. SetPassword needs
// it to know which session may stay and whether it came from a link.
func InSession(ctx context.Context, s Session) context.Context {
	return context.WithValue(ctx, sessionKey, s)
}

func sessionOf(ctx context.Context) (Session, bool) {
	s, ok := ctx.Value(sessionKey).(Session)
	return s, ok
}

// AskedBy tells the room who asks where a deed does not say so itself, such as
// NewLink. Without it that is the actor of the session, or else the house.
func AskedBy(ctx context.Context, by cvd.Actor) context.Context {
	return context.WithValue(ctx, askerKey, by)
}

func askerOf(ctx context.Context) cvd.Actor {
	if by, ok := ctx.Value(askerKey).(cvd.Actor); ok {
		return by
	}
	if s, ok := sessionOf(ctx); ok {
		return s.Actor
	}
	return cvd.System
}

type origin struct{ from, agent string }

// WithOrigin tells the room where a request comes from (an address, as the door
// sees it) and with which program (a User-Agent). New sessions and audit
// entries carry both; they prove nothing and decide nothing.
func WithOrigin(ctx context.Context, from, agent string) context.Context {
	return context.WithValue(ctx, originKey, origin{from: clip(from, 100), agent: clip(agent, 200)})
}

func originOf(ctx context.Context) origin {
	o, _ := ctx.Value(originKey).(origin)
	return o
}

// clip keeps the printable beginning of a stranger's text, at most limit bytes.
func clip(s string, limit int) string {
	if len(s) > limit {
		s = s[:limit]
	}
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || (r >= 0x80 && r < 0xa0) || r == '\u2028' || r == '\u2029' || r == '\ufffd' {
			return -1
		}
		return r
	}, s)
}

func newSecret() string {
	var b [secretBytes]byte
	_, _ = rand.Read(b[:]) // never returns an error
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// read opens the record with this id into value.
func (a *Auth) read(tx store.Tx, kind store.RecordKind, id string, value any) (store.Record, error) {
	rec, err := tx.Record(kind, id)
	if err != nil {
		return rec, err
	}
	return rec, a.vault.Read(rec, value)
}

// put is a record to store if the stored version is was.
type put struct {
	rec store.Record
	was int64
}

// putAll stores each, and stops at the first that cannot be.
func putAll(tx store.Tx, puts ...put) error {
	for _, p := range puts {
		if err := tx.PutRecord(p.rec, p.was); err != nil {
			return err
		}
	}
	return nil
}

// unauthenticated turns "there is none" into "you are not signed in".
func unauthenticated(err error) error {
	if errors.Is(err, cvd.ErrNotFound) {
		return cvd.ErrUnauthenticated
	}
	return err
}

// again runs change until nobody else changed the same thing meanwhile. Between
// two runs it waits for the commit that was in the way, which a view would not
// see yet.
func (a *Auth) again(ctx context.Context, change func() error) error {
	for try := 1; ; try++ {
		err := change()
		if !errors.Is(err, cvd.ErrConflict) || try == 10 {
			return err
		}
		if err := a.st.Update(ctx, func(store.Tx) error { return nil }); err != nil {
			return err
		}
	}
}

// Sweep deletes what has run out: links, sessions and audit entries at once,
// API tokens 30 days later, so that their owners still see why they stopped
// working. It returns how many records went.
func (a *Auth) Sweep(ctx context.Context) (int, error) {
	now, gone := a.now(), 0
	err := a.st.Update(ctx, func(tx store.Tx) error {
		gone = 0
		for kind, before := range map[store.RecordKind]time.Time{
			RecordLink: now, RecordSession: now, RecordAudit: now, RecordToken: now.AddDate(0, 0, -30),
		} {
			n, err := tx.DeleteRecords(store.Selection{Kind: kind, ExpiredBefore: before})
			if err != nil {
				return err
			}
			gone += n
		}
		return nil
	})
	return gone, err
}

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
	"time"

	"fairlead/internal/auth/keeper"
	"fairlead/internal/auth/limit"
	"fairlead/internal/auth/passkey"
	"fairlead/internal/auth/password"
	"fairlead/internal/auth/receipt"
	"fairlead/internal/auth/roster"
	"fairlead/internal/auth/second"
	"fairlead/internal/auth/token"
	"fairlead/internal/cvd"
	"fairlead/internal/store"
	"fairlead/internal/store/memo"
	"fairlead/internal/store/vault"
)

// The kinds of record that others ask about.
const (
	RecordCredential = keeper.RecordCredential
	RecordLink       = keeper.RecordLink
	RecordSession    = keeper.RecordSession
	RecordToken      = keeper.RecordToken
	RecordReceipt    = keeper.RecordReceipt
)

// What the folders of this room keep, under the names by which doors know it.
type (
	Token      = token.Token
	Act        = keeper.Act
	AuditEntry = keeper.AuditEntry
	Sought     = keeper.Sought
)

const (
	// TokenLife and MaxTokenLife are how long API tokens are good for.
	TokenLife, MaxTokenLife = token.Life, token.MaxLife
	// TokenPrefix opens every API token.
	TokenPrefix = token.Prefix
	// looksKept is the most sessions that are remembered between two commits.
	looksKept = 1000
)

// How long it takes, in the long run, until one more password may fail for an account:
// from one source, and from all that are strange to it. It takes more than four sources
// to use up what all have.
const (
	sourceGap = 2 * time.Minute
	targetGap = 30 * time.Second
)

// The acts that the audit records.
const (
	ActSignIn        = keeper.ActSignIn
	ActSignInFailed  = keeper.ActSignInFailed
	ActSignInLimited = keeper.ActSignInLimited
	ActSignOut       = keeper.ActSignOut
	ActLinkMade      = keeper.ActLinkMade
	ActLinkUsed      = keeper.ActLinkUsed
	ActPasswordSet   = keeper.ActPasswordSet
	ActMemberAdded   = keeper.ActMemberAdded
	ActMemberChanged = keeper.ActMemberChanged
	ActSessionEnded  = keeper.ActSessionEnded
	ActTokenMade     = keeper.ActTokenMade
	ActTokenRevoked  = keeper.ActTokenRevoked
	ActFactorPassed  = keeper.ActFactorPassed
	ActFactorFailed  = keeper.ActFactorFailed
	ActFactorSet     = keeper.ActFactorSet
	ActFactorPaper   = keeper.ActFactorPaper
	ActFactorGone    = keeper.ActFactorGone
	ActPasskeyAdded  = keeper.ActPasskeyAdded
	ActPasskeyGone   = keeper.ActPasskeyGone
	ActPasskeyFailed = keeper.ActPasskeyFailed
	ActPasskeyCopied = keeper.ActPasskeyCopied
	ActProved        = keeper.ActProved
	ActPasswordGone  = keeper.ActPasswordGone
	ActReset         = keeper.ActReset
)

// Acts are all that the audit records.
var Acts = keeper.Acts

// Operator is whoever may read the server's data folder: a lead, but no person.
var Operator = keeper.Operator

// NormaliseReceipt gives the canonical spelling of a receipt.
func NormaliseReceipt(s string) string { return receipt.Normalise(s) }

// Options are what the house decides for this room.
type Options struct {
	// Now is the house's clock. It must be set.
	Now func() time.Time
	// DevFastHash makes password hashing cheap. For tests and demo seeding only.
	DevFastHash bool
	// Unlimited lifts the limits of SignIn. For load tests only.
	Unlimited bool
	// Names lists the names of the organisation and its products, which make bad
	// passwords; may be nil.
	Names func() []string
	// Breached is a list of passwords that stood in breaches, which no new password may
	// be in; empty for none. While it cannot be read, no password can be set.
	Breached password.Breached
	// Operator is a bearer secret that opens the API as a machine with a lead's
	// role, for whoever may read the server's data folder; empty for none.
	Operator string
}

// The books that Auth is made of; their methods are its own.
type (
	members  = roster.Book
	tokens   = token.Book
	receipts = receipt.Book
)

// Auth knows who is asking. It is safe for use by several goroutines.
type Auth struct {
	*members
	*tokens
	*receipts

	k       *keeper.Keeper
	hasher  *password.Hasher
	names   func() []string
	leaked  password.Breached
	seconds second.Book
	keys    *passkey.Book

	byAccount *Limiter // failures for an account from one source, and of a member's proofs
	byTarget  *Limiter // failures for an account from everywhere that it was never opened from
	byCode    *Limiter // codes and passkeys of a member who is in, or half in
	bySource  *Limiter
	byAsk     *Limiter // asking for a passkey costs a record, and shows nobody anything

	looks *memo.Memo[string, look] // members' sessions, by their record's id
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
	k := keeper.New(st, v, opt.Now)
	team := roster.New(k)
	a := &Auth{
		k: k, members: team, tokens: token.New(k, team, opt.Operator), receipts: receipt.New(k),
		hasher:    password.NewHasher(opt.DevFastHash),
		names:     opt.Names,
		leaked:    opt.Breached,
		seconds:   second.Book{Store: st, Vault: v, Now: k.Now},
		keys:      passkey.New(k),
		byAccount: limit.Every(sourceGap, 10, 4096, k.Now),
		byTarget:  limit.Every(targetGap, 100, 4096, k.Now),
		byCode:    NewLimiter(2, 10, 4096, k.Now),
		bySource:  NewLimiter(20, 20, 4096, k.Now),
		byAsk:     NewLimiter(20, 20, 4096, k.Now),
		looks:     memo.New[string, look](st, looksKept),
	}
	if a.names == nil {
		a.names = func() []string { return nil }
	}
	if opt.Unlimited {
		none := NewLimiter(0, 0, 1, k.Now)
		a.byAccount, a.byTarget, a.byCode, a.bySource, a.byAsk = none, none, none, none, none
	}
	return a
}

// Audit lists up to limit entries (at most 1,000), newest first. Leads and
// auditors may read them; to others the answer is cvd.ErrNotFound.
func (a *Auth) Audit(ctx context.Context, by cvd.Actor, limit int) ([]AuditEntry, error) {
	return a.k.Audit(ctx, by, limit)
}

// Trail is Audit as far as it is sought, one page at a time; see keeper.Trail.
func (a *Auth) Trail(ctx context.Context, by cvd.Actor, f Sought, limit int) ([]AuditEntry, string, error) {
	return a.k.Trail(ctx, by, f, limit)
}

// Told gives the entry that a letter tells of; see keeper.Told.
func (a *Auth) Told(ctx context.Context, id string) (AuditEntry, error) { return a.k.Told(ctx, id) }

// Changes lists what changed on the actor's own account; see keeper.Changes.
func (a *Auth) Changes(ctx context.Context, by cvd.Actor) ([]AuditEntry, error) {
	return a.k.Changes(ctx, by)
}

type contextKey int

const sessionKey contextKey = iota

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
func AskedBy(ctx context.Context, by cvd.Actor) context.Context { return keeper.AskedBy(ctx, by) }

func askerOf(ctx context.Context) cvd.Actor {
	if by, ok := keeper.Asker(ctx); ok {
		return by
	}
	if s, ok := sessionOf(ctx); ok {
		return s.Actor
	}
	return cvd.System
}

// WithOrigin tells the room where a request comes from (an address, as the door
// sees it) and with which program (a User-Agent). New sessions and audit
// entries carry both; they prove nothing and decide nothing.
func WithOrigin(ctx context.Context, from, agent string) context.Context {
	return keeper.WithOrigin(ctx, from, agent)
}

// Sweep deletes what has run out: links, sessions, ceremonies and audit entries at once,
// API tokens 30 days later, so that their owners still see why they stopped
// working. It returns how many records went.
func (a *Auth) Sweep(ctx context.Context) (int, error) {
	now, gone := a.k.Now(), 0
	err := a.k.Store.Update(ctx, func(tx store.Tx) error {
		gone = 0
		for kind, before := range map[store.RecordKind]time.Time{
			RecordLink: now, RecordSession: now, keeper.RecordCeremony: now, keeper.RecordFlow: now, keeper.RecordInvitation: now, keeper.RecordAudit: now, RecordToken: now.AddDate(0, 0, -30),
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

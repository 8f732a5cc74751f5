// Package keeper is what everything about sign-in stands on: the kinds of record,
// how they are read, sealed and stored, who asks from where, and the audit.
//
// It never decides who gets in.
package keeper

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"strings"
	"sync/atomic"
	"time"

	"fairlead/internal/auth/limit"
	"fairlead/internal/auth/second"
	"fairlead/internal/cvd"
	"fairlead/internal/store"
	"fairlead/internal/store/vault"
)

// The kinds of record that sign-in keeps.
const (
	RecordMember     store.RecordKind = "member"        // id: member id
	RecordEmail      store.RecordKind = "member-email"  // id: blind digest of the folded address; owner: member id
	RecordRoster     store.RecordKind = "roster"        // id "1": counts changes to the members, so that two of them cannot pass each other
	RecordCredential store.RecordKind = "credential"    // id and owner: member id
	RecordLink       store.RecordKind = "link"          // id: blind digest of the code; owner: member id
	RecordSession    store.RecordKind = "session"       // id: blind digest of the token; owner: member id or case id
	RecordToken      store.RecordKind = "token"         // id: blind digest of the secret; owner: member id
	RecordReceipt    store.RecordKind = "receipt"       // id: blind digest of the code; owner: first case id
	RecordAudit      store.RecordKind = "audit"         // id: random; owner: the member who hears of it, or nobody
	RecordFactor                      = second.Record   // id and owner: member id
	RecordPasskey    store.RecordKind = "passkey"       // id: blind digest of the credential's id; owner: member id
	RecordCeremony   store.RecordKind = "ceremony"      // id: blind digest of its secret; no owner
	RecordFlow       store.RecordKind = "provider-flow" // id: blind digest of the state; no owner
	RecordIdentity   store.RecordKind = "identity"      // id: blind digest of issuer and subject; owner: member id
	RecordInvitation store.RecordKind = "invitation"    // id: blind digest of the code; no owner
)

const (
	// ListLimit is the most records of one kind that are listed at once.
	ListLimit = 1000
	// SeenEvery is how often a use of a session or token is written down.
	SeenEvery = time.Minute
	// PublicID is how much of a digest names a session or token in lists: 72
	// bits, enough to be unique and no way to the rest.
	PublicID = 12
	// secretBytes is the size of link codes, session tokens and API tokens: 256
	// bits (ASVS 5.0.0 V7.2.3 asks for 128).
	secretBytes = 32
	// SecretChars is how long they are in base64url without padding.
	SecretChars = 43
)

// Keeper reads and writes what sign-in keeps. It is safe for use by several
// goroutines.
type Keeper struct {
	Store store.Store
	Vault *vault.Vault
	Now   func() time.Time // in UTC

	failures  *limit.Limiter
	unwritten atomic.Int64 // failures not recorded since the last one that was
}

// New makes a keeper.
func New(st store.Store, v *vault.Vault, now func() time.Time) *Keeper {
	utc := func() time.Time { return now().UTC() }
	return &Keeper{Store: st, Vault: v, Now: utc, failures: limit.New(60, 60, 1, utc)}
}

// NewSecret makes a code or token.
func NewSecret() string {
	var b [secretBytes]byte
	_, _ = rand.Read(b[:]) // never returns an error
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// Read opens the record with this id into value.
func (k *Keeper) Read(tx store.Tx, kind store.RecordKind, id string, value any) (store.Record, error) {
	rec, err := tx.Record(kind, id)
	if err != nil {
		return rec, err
	}
	return rec, k.Vault.Read(rec, value)
}

// Put is a record to store if the stored version is Was, and the letters that tell of it.
type Put struct {
	Rec store.Record
	Was int64

	letters []store.Effect
}

// PutAll stores each, and stops at the first that cannot be.
func PutAll(tx store.Tx, puts ...Put) error {
	for _, p := range puts {
		if err := tx.PutRecord(p.Rec, p.Was); err != nil {
			return err
		}
		if len(p.letters) == 0 {
			continue
		}
		if err := tx.Enqueue(p.letters); err != nil {
			return err
		}
	}
	return nil
}

// DropOwned deletes what belongs to a member. An empty owner would select
// everybody's, so it is refused.
func DropOwned(tx store.Tx, owner string, kinds ...store.RecordKind) error {
	if owner == "" {
		return cvd.ErrNotFound
	}
	for _, kind := range kinds {
		if _, err := tx.DeleteRecords(store.Selection{Kind: kind, Owner: owner}); err != nil {
			return err
		}
	}
	return nil
}

// Unauthenticated turns "there is none" into "you are not signed in".
func Unauthenticated(err error) error {
	if errors.Is(err, cvd.ErrNotFound) {
		return cvd.ErrUnauthenticated
	}
	return err
}

// Again runs change until nobody else changed the same thing meanwhile. Between
// two runs it waits for the commit that was in the way, which a view would not
// see yet.
func (k *Keeper) Again(ctx context.Context, change func() error) error {
	for try := 1; ; try++ {
		err := change()
		if !errors.Is(err, cvd.ErrConflict) || try == 10 {
			return err
		}
		if err := k.Store.Update(ctx, func(store.Tx) error { return nil }); err != nil {
			return err
		}
	}
}

// Used writes down the use of a session or token that was read. Where that fails
// it still counts; one that was ended meanwhile is not brought back, since its
// version is gone.
func (k *Keeper) Used(ctx context.Context, rec store.Record, content any) error {
	was := rec.Version
	rec, err := k.Vault.Seal(rec, content)
	if err != nil {
		return err
	}
	err = k.Store.Update(ctx, func(tx store.Tx) error { return tx.PutRecord(rec, was) })
	if errors.Is(err, cvd.ErrConflict) || errors.Is(err, cvd.ErrUnavailable) {
		return nil
	}
	return err
}

// ActiveIn gives the member as an actor; cvd.ErrUnauthenticated if there is
// none, or not an active one.
func (k *Keeper) ActiveIn(tx store.Tx, id string) (cvd.Actor, error) {
	var m cvd.Member
	if _, err := k.Read(tx, RecordMember, id, &m); err != nil {
		return cvd.Actor{}, Unauthenticated(err)
	}
	if !m.Active {
		return cvd.Actor{}, cvd.ErrUnauthenticated
	}
	return ActorOf(m), nil
}

// ActorOf is the member as an actor.
func ActorOf(m cvd.Member) cvd.Actor {
	return cvd.Actor{Kind: cvd.ActorMember, ID: m.ID, Name: m.Name, Roles: m.Roles, Offices: m.Offices}
}

// Operator is whoever may read the server's data folder: a lead, but no person.
var Operator = cvd.Actor{Kind: cvd.ActorMachine, ID: "operator", Name: "operator", Roles: []cvd.Role{cvd.RoleLead}}

// Operates tells whether the actor is the operator.
func Operates(by cvd.Actor) bool { return by.Kind == Operator.Kind && by.ID == Operator.ID }

// Leads tells whether the actor may decide who gets in. A machine may not, not
// even a lead's; the operator may, who can read the server's data folder anyway.
func Leads(by cvd.Actor) bool {
	return by.Kind == cvd.ActorSystem || by.Kind == cvd.ActorMember && by.Is(cvd.RoleLead) || Operates(by)
}

type contextKey int

const (
	originKey contextKey = iota
	askerKey
)

// AskedBy tells who asks where a deed does not say so itself, such as making a
// link. Without it that is the house.
func AskedBy(ctx context.Context, by cvd.Actor) context.Context {
	return context.WithValue(ctx, askerKey, by)
}

// Asker is who asks, if AskedBy said so.
func Asker(ctx context.Context) (cvd.Actor, bool) {
	by, ok := ctx.Value(askerKey).(cvd.Actor)
	return by, ok
}

// Origin is where a request comes from and with which program.
type Origin struct{ From, Agent string }

// WithOrigin tells where a request comes from (an address, as the door sees it)
// and with which program (a User-Agent). New sessions and audit entries carry
// both; they prove nothing and decide nothing.
func WithOrigin(ctx context.Context, from, agent string) context.Context {
	return context.WithValue(ctx, originKey, Origin{From: Clip(from, 100), Agent: Clip(agent, 200)})
}

// OriginOf is what WithOrigin told.
func OriginOf(ctx context.Context) Origin {
	o, _ := ctx.Value(originKey).(Origin)
	return o
}

// Clip keeps the printable beginning of a stranger's text, at most limit bytes.
func Clip(s string, limit int) string {
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

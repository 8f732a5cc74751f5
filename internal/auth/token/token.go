// Package token makes API tokens and says for whom one speaks.
//
// It never keeps a secret: a token is stored under a keyed digest.
package token

import (
	"cmp"
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"fairlead/internal/auth/keeper"
	"fairlead/internal/auth/person"
	"fairlead/internal/auth/roster"
	"fairlead/internal/cvd"
	"fairlead/internal/may"
	"fairlead/internal/store"
)

// How long API tokens are good for.
const (
	Life    = 90 * 24 * time.Hour  // if nothing else is asked for
	MaxLife = 365 * 24 * time.Hour // at most
)

// most is how many tokens a member has at once, those that ran out and were not swept
// yet among them.
const most = 100

// Prefix opens every API token, so that leaked ones can be found by a
// scanner.
const Prefix = "fl_"

// Token is an API token as lists show it. All instants are UTC.
type Token struct {
	ID      string // the beginning of the secret's digest
	Name    string // what it is for
	Member  string // id of the member it speaks for
	Machine bool   // acts with it are not a person's
	Created time.Time
	Expires time.Time
	Used    time.Time // the last use, to the minute; zero: never
	Scopes  []string  // to what it is held; nil: to nothing but the member's roles
}

// token is the sealed content of a record of kind keeper.RecordToken.
type token struct {
	Name    string    `json:"name"`
	Member  string    `json:"member"`
	Machine bool      `json:"machine,omitempty"`
	Created time.Time `json:"created"`
	Expires time.Time `json:"expires"`
	Used    time.Time `json:"used,omitzero"`
	By      string    `json:"by,omitempty"` // who made it; empty in old ones, which count as the member's own
	Scopes  []string  `json:"scopes,omitempty"`
}

func (t token) public(rec store.Record) Token {
	return Token{
		ID: rec.ID[:keeper.PublicID], Name: t.Name, Member: t.Member, Machine: t.Machine,
		Created: t.Created, Expires: t.Expires, Used: t.Used, Scopes: t.Scopes,
	}
}

// Book keeps the tokens. It is safe for use by several goroutines.
type Book struct {
	k        *keeper.Keeper
	roster   *roster.Book
	operator string
}

// New opens the book. operator is a bearer secret that speaks for the operator;
// empty for none.
func New(k *keeper.Keeper, members *roster.Book, operator string) *Book {
	return &Book{k: k, roster: members, operator: operator}
}

func (b *Book) tokenID(secret string) string { return b.k.Vault.Blind("auth/token", secret) }

// CreateToken makes an API token from t's Name, Member, Machine, Expires and Scopes: for
// oneself (an empty Member), or by a lead, the operator or the system for any
// active member. What a lead makes for another must be a Machine's: nobody acts
// in person for somebody else, and it ends with that lead's right to. A zero Expires means Life from now. secret is shown once and stored only
// as a digest. What is wrong with t comes as cvd.Faults, behind what the door found
// wrong already; then none is made.
func (b *Book) CreateToken(ctx context.Context, by cvd.Actor, t Token, wrong ...cvd.Fault) (secret string, made Token, err error) {
	if t.Member == "" && by.Kind == cvd.ActorMember {
		t.Member = by.ID
	}
	if !keeper.Leads(by) && (by.Kind != cvd.ActorMember || t.Member != by.ID) {
		return "", Token{}, fmt.Errorf("%w: only a lead may make tokens for others", cvd.ErrForbidden)
	}
	t.Name, t.Created, t.Used = strings.TrimSpace(t.Name), b.k.Now(), time.Time{}
	if t.Expires.IsZero() {
		t.Expires = t.Created.Add(Life)
	}
	t.Expires = t.Expires.UTC()
	faults := tokenFaults(t)
	if by.Kind == cvd.ActorMember && t.Member != by.ID && !t.Machine {
		faults = append(faults, cvd.Fault{Field: "machine", Problem: "must be set for a token of another member", Remedy: "set it, or let the member make the token"})
	}
	faults = slices.Clip(cvd.Faults(wrong)).And(faults)
	err = b.k.Again(ctx, func() error {
		r, err := b.roster.Snapshot(ctx)
		if err != nil {
			return err
		}
		m, ok := r.Members[t.Member]
		if !ok {
			faults = faults.And(cvd.Faults{{Field: "member", Problem: "no such member", Remedy: "give the id of a member of the team"}})
		}
		scopes, wrong := t.scopes(by, m)
		if err := faults.And(wrong).Err(); err != nil {
			return err
		}
		if !m.Active {
			return fmt.Errorf("%w: the member is not active", cvd.ErrNotReady)
		}
		secret = Prefix + keeper.NewSecret()
		content := token{Name: t.Name, Member: t.Member, Machine: t.Machine, Created: t.Created, Expires: t.Expires, By: by.Ref(), Scopes: scopes}
		rec, err1 := b.k.Vault.Seal(store.Record{Kind: keeper.RecordToken, ID: b.tokenID(secret), Owner: t.Member, At: t.Created, Expires: t.Expires}, content)
		made = content.public(rec)
		note, err2 := b.k.Entry(ctx, keeper.AuditEntry{By: by.Ref(), Act: keeper.ActTokenMade, Subject: t.Member, Object: made.ID, Detail: "until " + t.Expires.Format(time.RFC3339) + held(scopes)})
		if err := errors.Join(err1, err2); err != nil {
			return err
		}
		return b.k.Store.Update(ctx, func(tx store.Tx) error {
			if have, err := tx.Records(keeper.RecordToken, t.Member, most); err != nil {
				return err
			} else if len(have) >= most {
				return tooMany
			}
			return keeper.PutAll(tx, b.roster.Hold(r), keeper.Put{Rec: rec}, note)
		})
	})
	if err != nil {
		return "", Token{}, err
	}
	return secret, made, nil
}

// scopes are to what the token is held: never to more than the token is by which it is
// made.
func (t Token) scopes(by cvd.Actor, m cvd.Member) ([]string, cvd.Faults) {
	out, wrong := may.ReadScopes(t.Scopes, m.Roles)
	if wrong == nil && by.Scopes != nil {
		if out == nil {
			out = by.Scopes
		}
		if slices.ContainsFunc(out, func(s string) bool { return !may.Scoped(by, may.Scope(s)) }) {
			wrong = cvd.Faults{{Field: "scopes", Problem: "hold more than the token by which it is made", Remedy: "use only those of that token"}}
		}
	}
	return out, wrong
}

func held(scopes []string) string {
	if scopes == nil {
		return ""
	}
	return "; scopes: " + strings.Join(scopes, ", ")
}

var tooMany = cvd.Faults{{Field: "member", Problem: fmt.Sprintf("a member has at most %d API tokens", most), Remedy: "revoke some first"}}

func tokenFaults(t Token) cvd.Faults {
	var f cvd.Faults
	if t.Name == "" || !person.Plain(t.Name, person.MaxName) {
		f = append(f, cvd.Fault{Field: "name", Problem: fmt.Sprintf("must have 1 to %d characters in one line", person.MaxName), Remedy: "say what the token is for"})
	}
	if life := t.Expires.Sub(t.Created); life <= 0 || life > MaxLife {
		f = append(f, cvd.Fault{Field: "expires", Problem: "must be later than now and within 365 days", Remedy: "leave it empty for 90 days"})
	}
	return f
}

// Token gives the actor an API token speaks for: the member with roles as they
// are now, or a machine with the member's id and roles and the token's name. A
// machine holds no office. An unknown, expired or revoked one, or one of a
// member who is no longer active, is cvd.ErrUnauthenticated; so is one that somebody made
// for another who may not let others in any more. What another member made, they act Through.
func (b *Book) Token(ctx context.Context, secret string) (cvd.Actor, error) {
	if b.operator != "" && subtle.ConstantTimeCompare([]byte(secret), []byte(b.operator)) == 1 {
		return keeper.Operator, nil
	}
	if len(secret) != len(Prefix)+keeper.SecretChars || !strings.HasPrefix(secret, Prefix) {
		return cvd.Actor{}, cvd.ErrUnauthenticated
	}
	var (
		t     token
		rec   store.Record
		actor cvd.Actor
	)
	now := b.k.Now()
	err := b.k.Store.View(ctx, func(tx store.Tx) error {
		t = token{}
		var err error
		if rec, err = b.k.Read(tx, keeper.RecordToken, b.tokenID(secret), &t); err != nil {
			return keeper.Unauthenticated(err)
		}
		if !now.Before(t.Expires) {
			return cvd.ErrUnauthenticated
		}
		by := keeper.ForOthers(t.By, t.Member)
		if by != "" {
			if err := b.k.Vouched(tx, by); err != nil {
				return err
			}
		}
		actor, err = b.k.ActiveIn(tx, t.Member)
		actor.Through = keeper.Lender(by)
		return err
	})
	if err != nil {
		return cvd.Actor{}, err
	}
	actor.Scopes, actor.Token = t.Scopes, rec.ID[:keeper.PublicID]
	if t.Machine {
		actor.Kind, actor.Name, actor.Offices = cvd.ActorMachine, t.Name, nil
	}
	if now.Sub(t.Used) >= keeper.SeenEvery {
		t.Used = now
		if err := b.k.Used(ctx, rec, t); err != nil {
			return cvd.Actor{}, err
		}
	}
	return actor, nil
}

// tokens lists those the actor may see, with their records: all of them, or one that
// leaked could hide behind the others.
func (b *Book) tokens(ctx context.Context, by cvd.Actor) (list []Token, recs []store.Record, err error) {
	owner := by.ID
	switch {
	case keeper.Leads(by):
		owner = ""
	case by.Kind != cvd.ActorMember || by.ID == "":
		return nil, nil, fmt.Errorf("%w: only members have tokens", cvd.ErrForbidden)
	}
	err = b.k.Store.View(ctx, func(tx store.Tx) error {
		list = nil
		var err error
		if recs, err = tx.Records(keeper.RecordToken, owner, math.MaxInt32); err != nil {
			return err
		}
		for _, rec := range recs {
			var t token
			if err := b.k.Vault.Read(rec, &t); err != nil {
				return err
			}
			list = append(list, t.public(rec))
		}
		return nil
	})
	return list, recs, err
}

// Tokens lists the actor's own tokens, or everybody's for a lead, newest first,
// expired ones too until Sweep takes them.
func (b *Book) Tokens(ctx context.Context, by cvd.Actor) ([]Token, error) {
	list, _, err := b.tokens(ctx, by)
	slices.SortStableFunc(list, func(x, y Token) int { return cmp.Or(y.Created.Compare(x.Created), cmp.Compare(x.ID, y.ID)) })
	return list, err
}

// RevokeToken ends a token that Tokens lists, at once. Any other id is
// cvd.ErrNotFound.
func (b *Book) RevokeToken(ctx context.Context, by cvd.Actor, id string) error {
	list, recs, err := b.tokens(ctx, by)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(list, func(t Token) bool { return t.ID == id })
	if i < 0 {
		return cvd.ErrNotFound
	}
	note, err := b.k.Entry(ctx, keeper.AuditEntry{By: by.Ref(), Act: keeper.ActTokenRevoked, Subject: list[i].Member, Object: id})
	if err != nil {
		return err
	}
	return b.k.Store.Update(ctx, func(tx store.Tx) error {
		n, err := tx.DeleteRecords(store.Selection{Kind: keeper.RecordToken, ID: recs[i].ID})
		if err != nil || n == 0 {
			return err
		}
		return keeper.PutAll(tx, note)
	})
}

// DropMade deletes the tokens that the member made for themselves, as an intruder in
// their place may have done; see keeper.Recall for those that they made for others. Those that others made for them go on.
func (b *Book) DropMade(tx store.Tx, member string) error {
	if member == "" {
		return cvd.ErrNotFound
	}
	recs, err := tx.Records(keeper.RecordToken, member, math.MaxInt32)
	if err != nil {
		return err
	}
	own := cvd.Actor{Kind: cvd.ActorMember, ID: member}.Ref()
	for _, rec := range recs {
		var t token
		if err := b.k.Vault.Read(rec, &t); err != nil {
			return err
		}
		if t.By != "" && t.By != own {
			continue
		}
		if _, err := tx.DeleteRecords(store.Selection{Kind: keeper.RecordToken, ID: rec.ID}); err != nil {
			return err
		}
	}
	return nil
}

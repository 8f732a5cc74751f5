package auth

import (
	"cmp"
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"fairlead/internal/auth/person"
	"fairlead/internal/cvd"
	"fairlead/internal/store"
)

// How long API tokens are good for.
const (
	TokenLife    = 90 * 24 * time.Hour  // if nothing else is asked for
	MaxTokenLife = 365 * 24 * time.Hour // at most
)

// TokenPrefix opens every API token, so that leaked ones can be found by a
// scanner.
const TokenPrefix = "fl_"

// Token is an API token as lists show it. All instants are UTC.
type Token struct {
	ID      string // the beginning of the secret's digest
	Name    string // what it is for
	Member  string // id of the member it speaks for
	Machine bool   // acts with it are not a person's
	Created time.Time
	Expires time.Time
	Used    time.Time // the last use, to the minute; zero: never
}

// token is the sealed content of a record of kind RecordToken.
type token struct {
	Name    string    `json:"name"`
	Member  string    `json:"member"`
	Machine bool      `json:"machine,omitempty"`
	Created time.Time `json:"created"`
	Expires time.Time `json:"expires"`
	Used    time.Time `json:"used,omitzero"`
	By      string    `json:"by,omitempty"` // who made it; empty in old ones
}

func (t token) public(rec store.Record) Token {
	return Token{
		ID: rec.ID[:publicID], Name: t.Name, Member: t.Member, Machine: t.Machine,
		Created: t.Created, Expires: t.Expires, Used: t.Used,
	}
}

func (a *Auth) tokenID(secret string) string { return a.vault.Blind("auth/token", secret) }

// CreateToken makes an API token from t's Name, Member, Machine and Expires: for
// oneself (an empty Member), or by a lead, the operator or the system for any
// active member. What a lead makes for another must be a Machine's: nobody acts
// in person for somebody else. A zero Expires means TokenLife from now. secret is shown once and stored only
// as a digest. What is wrong with t comes as cvd.Faults, behind what the door found
// wrong already; then none is made.
func (a *Auth) CreateToken(ctx context.Context, by cvd.Actor, t Token, wrong ...cvd.Fault) (secret string, made Token, err error) {
	if t.Member == "" && by.Kind == cvd.ActorMember {
		t.Member = by.ID
	}
	if !leads(by) && (by.Kind != cvd.ActorMember || t.Member != by.ID) {
		return "", Token{}, fmt.Errorf("%w: only a lead may make tokens for others", cvd.ErrForbidden)
	}
	t.Name, t.Created, t.Used = strings.TrimSpace(t.Name), a.now(), time.Time{}
	if t.Expires.IsZero() {
		t.Expires = t.Created.Add(TokenLife)
	}
	t.Expires = t.Expires.UTC()
	faults := tokenFaults(t)
	if by.Kind == cvd.ActorMember && t.Member != by.ID && !t.Machine {
		faults = append(faults, cvd.Fault{Field: "machine", Problem: "must be set for a token of another member", Remedy: "set it, or let the member make the token"})
	}
	faults = slices.Clip(cvd.Faults(wrong)).And(faults)
	err = a.again(ctx, func() error {
		r, err := a.roster(ctx)
		if err != nil {
			return err
		}
		m, ok := r.members[t.Member]
		if !ok {
			faults = faults.And(cvd.Faults{{Field: "member", Problem: "no such member", Remedy: "give the id of a member of the team"}})
		}
		if err := faults.Err(); err != nil {
			return err
		}
		if !m.Active {
			return fmt.Errorf("%w: the member is not active", cvd.ErrNotReady)
		}
		secret = TokenPrefix + newSecret()
		content := token{Name: t.Name, Member: t.Member, Machine: t.Machine, Created: t.Created, Expires: t.Expires, By: by.Ref()}
		rec, err1 := a.vault.Seal(store.Record{Kind: RecordToken, ID: a.tokenID(secret), Owner: t.Member, At: t.Created, Expires: t.Expires}, content)
		made = content.public(rec)
		note, err2 := a.entry(ctx, AuditEntry{By: by.Ref(), Act: ActTokenMade, Subject: t.Member, Object: made.ID, Detail: "until " + t.Expires.Format(time.RFC3339)})
		if err := errors.Join(err1, err2); err != nil {
			return err
		}
		return a.st.Update(ctx, func(tx store.Tx) error {
			return putAll(tx, a.hold(r), put{rec, 0}, put{note, 0})
		})
	})
	if err != nil {
		return "", Token{}, err
	}
	return secret, made, nil
}

func tokenFaults(t Token) cvd.Faults {
	var f cvd.Faults
	if t.Name == "" || !person.Plain(t.Name, person.MaxName) {
		f = append(f, cvd.Fault{Field: "name", Problem: fmt.Sprintf("must have 1 to %d characters in one line", person.MaxName), Remedy: "say what the token is for"})
	}
	if life := t.Expires.Sub(t.Created); life <= 0 || life > MaxTokenLife {
		f = append(f, cvd.Fault{Field: "expires", Problem: "must be later than now and within 365 days", Remedy: "leave it empty for 90 days"})
	}
	return f
}

// Token gives the actor an API token speaks for: the member with roles as they
// are now, or a machine with the member's id and roles and the token's name. A
// machine holds no office. An unknown, expired or revoked one, or one of a
// member who is no longer active, is cvd.ErrUnauthenticated.
func (a *Auth) Token(ctx context.Context, secret string) (cvd.Actor, error) {
	if a.operator != "" && subtle.ConstantTimeCompare([]byte(secret), []byte(a.operator)) == 1 {
		return operator, nil
	}
	if len(secret) != len(TokenPrefix)+secretChars || !strings.HasPrefix(secret, TokenPrefix) {
		return cvd.Actor{}, cvd.ErrUnauthenticated
	}
	var (
		t     token
		rec   store.Record
		actor cvd.Actor
	)
	now := a.now()
	err := a.st.View(ctx, func(tx store.Tx) error {
		t = token{}
		var err error
		if rec, err = a.read(tx, RecordToken, a.tokenID(secret), &t); err != nil {
			return unauthenticated(err)
		}
		if !now.Before(t.Expires) {
			return cvd.ErrUnauthenticated
		}
		actor, err = a.activeIn(tx, t.Member)
		return err
	})
	if err != nil {
		return cvd.Actor{}, err
	}
	if t.Machine {
		actor.Kind, actor.Name, actor.Offices = cvd.ActorMachine, t.Name, nil
	}
	if now.Sub(t.Used) >= seenEvery {
		t.Used = now
		if err := a.used(ctx, rec, t); err != nil {
			return cvd.Actor{}, err
		}
	}
	return actor, nil
}

// operator is whoever may read the server's data folder: a lead, but no person.
var operator = cvd.Actor{Kind: cvd.ActorMachine, ID: "operator", Name: "operator", Roles: []cvd.Role{cvd.RoleLead}}

// used writes down the use of a token. Where that fails the token still
// counts; one that was revoked meanwhile is not brought back.
func (a *Auth) used(ctx context.Context, rec store.Record, t token) error {
	was := rec.Version
	rec, err := a.vault.Seal(rec, t)
	if err != nil {
		return err
	}
	err = a.st.Update(ctx, func(tx store.Tx) error { return tx.PutRecord(rec, was) })
	if errors.Is(err, cvd.ErrConflict) || errors.Is(err, cvd.ErrUnavailable) {
		return nil
	}
	return err
}

// tokens lists those the actor may see, with their records.
func (a *Auth) tokens(ctx context.Context, by cvd.Actor) (list []Token, recs []store.Record, err error) {
	owner := by.ID
	switch {
	case leads(by):
		owner = ""
	case by.Kind != cvd.ActorMember || by.ID == "":
		return nil, nil, fmt.Errorf("%w: only members have tokens", cvd.ErrForbidden)
	}
	err = a.st.View(ctx, func(tx store.Tx) error {
		list = nil
		var err error
		if recs, err = tx.Records(RecordToken, owner, listLimit); err != nil {
			return err
		}
		for _, rec := range recs {
			var t token
			if err := a.vault.Read(rec, &t); err != nil {
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
func (a *Auth) Tokens(ctx context.Context, by cvd.Actor) ([]Token, error) {
	list, _, err := a.tokens(ctx, by)
	slices.SortStableFunc(list, func(x, y Token) int { return cmp.Or(y.Created.Compare(x.Created), cmp.Compare(x.ID, y.ID)) })
	return list, err
}

// RevokeToken ends a token that Tokens lists, at once. Any other id is
// cvd.ErrNotFound.
func (a *Auth) RevokeToken(ctx context.Context, by cvd.Actor, id string) error {
	list, recs, err := a.tokens(ctx, by)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(list, func(t Token) bool { return t.ID == id })
	if i < 0 {
		return cvd.ErrNotFound
	}
	note, err := a.entry(ctx, AuditEntry{By: by.Ref(), Act: ActTokenRevoked, Subject: list[i].Member, Object: id})
	if err != nil {
		return err
	}
	return a.st.Update(ctx, func(tx store.Tx) error {
		n, err := tx.DeleteRecords(store.Selection{Kind: RecordToken, ID: recs[i].ID})
		if err != nil || n == 0 {
			return err
		}
		return tx.PutRecord(note, 0)
	})
}

// dropMade deletes the tokens that the member made, as an intruder in their place
// may have done. Those that others made for them go on.
func (a *Auth) dropMade(tx store.Tx, member string) error {
	if member == "" {
		return cvd.ErrNotFound
	}
	recs, err := tx.Records(RecordToken, member, listLimit)
	if err != nil {
		return err
	}
	own := cvd.Actor{Kind: cvd.ActorMember, ID: member}.Ref()
	for _, rec := range recs {
		var t token
		if err := a.vault.Read(rec, &t); err != nil {
			return err
		}
		if t.By != "" && t.By != own {
			continue
		}
		if _, err := tx.DeleteRecords(store.Selection{Kind: RecordToken, ID: rec.ID}); err != nil {
			return err
		}
	}
	return nil
}

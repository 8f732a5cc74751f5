// Package passkey keeps the members' passkeys and holds the ceremonies by which
// one is made and shown (W3C Web Authentication Level 3). A passkey here is always
// one that the device itself finds and that wants its owner verified, so it
// stands for both factors and no name is typed.
//
// It never asks who made a device, never takes an answer twice, and never says
// what was wrong with one.
package passkey

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/go-webauthn/webauthn/webauthn"

	"fairlead/internal/auth/keeper"
	"fairlead/internal/auth/person"
	"fairlead/internal/cvd"
	"fairlead/internal/store"
)

const (
	// Life is how long a ceremony may take.
	Life = 5 * time.Minute
	// Most is how many passkeys a member may have.
	Most = 10
	// maxName is how long the name of one may be, in characters.
	maxName = 60
	// maxAnswer is the most bytes of an answer that are read.
	maxAnswer = 64 << 10
)

// Key is a passkey as lists show it. All instants are UTC.
type Key struct {
	ID      string // the beginning of the digest of the credential's id
	Name    string // as its owner calls it
	Domain  string // where it works
	Created time.Time
	Used    time.Time // the last sign-in; zero: never
	Synced  bool      // kept by a service, on several devices
	Copied  time.Time // when a copy of it seems to have been used; zero: never
}

// content is the sealed content of a record of kind RecordPasskey.
type content struct {
	Name       string              `json:"name"`
	Domain     string              `json:"domain"`
	Created    time.Time           `json:"created"`
	Used       time.Time           `json:"used,omitzero"`
	Copied     time.Time           `json:"copied,omitzero"`
	Credential webauthn.Credential `json:"credential"`
}

// kept is a passkey with where it is kept.
type kept struct {
	content
	rec store.Record
}

func (p kept) public() Key {
	return Key{
		ID: p.rec.ID[:keeper.PublicID], Name: p.Name, Domain: p.Domain, Created: p.Created, Used: p.Used,
		Synced: p.Credential.Flags.BackupState, Copied: p.Copied,
	}
}

// Book keeps the passkeys. It is safe for use by several goroutines.
type Book struct{ k *keeper.Keeper }

// New opens the book.
func New(k *keeper.Keeper) *Book { return &Book{k} }

func (b *Book) keyID(credential []byte) string {
	return b.k.Vault.Blind("auth/passkey", string(credential))
}

// in lists a member's passkeys, newest first.
func (b *Book) in(tx store.Tx, member string) ([]kept, error) {
	if member == "" {
		return nil, cvd.ErrNotFound
	}
	recs, err := tx.Records(keeper.RecordPasskey, member, Most)
	if err != nil {
		return nil, err
	}
	out := make([]kept, len(recs))
	for i, rec := range recs {
		out[i].rec = rec
		if err := b.k.Vault.Read(rec, &out[i].content); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// HasIn tells whether the member has a passkey.
func (b *Book) HasIn(tx store.Tx, member string) (bool, error) {
	recs, err := tx.Records(keeper.RecordPasskey, member, 1)
	return len(recs) > 0 && member != "", err
}

func (b *Book) list(ctx context.Context, member string) (out []kept, err error) {
	err = b.k.Store.View(ctx, func(tx store.Tx) (err error) {
		out, err = b.in(tx, member)
		return err
	})
	return out, err
}

// Passkeys lists a member's passkeys, newest first.
func (b *Book) Passkeys(ctx context.Context, member string) ([]Key, error) {
	mine, err := b.list(ctx, member)
	out := make([]Key, len(mine))
	for i, one := range mine {
		out[i] = one.public()
	}
	return out, err
}

// Drop deletes the member's passkey with this id; cvd.ErrNotFound if there is
// none.
func (b *Book) Drop(tx store.Tx, member, id string) (Key, error) {
	mine, err := b.in(tx, member)
	if err != nil {
		return Key{}, err
	}
	for _, one := range mine {
		if one.public().ID == id {
			_, err := tx.DeleteRecords(store.Selection{Kind: keeper.RecordPasskey, ID: one.rec.ID})
			return one.public(), err
		}
	}
	return Key{}, cvd.ErrNotFound
}

// owner is a member as the library asks for them. The handle that their devices
// keep is the member's id, which is random and says nothing.
type owner struct {
	member cvd.Member
	keys   []kept
}

func (o owner) WebAuthnID() []byte          { return []byte(o.member.ID) }
func (o owner) WebAuthnName() string        { return o.member.Email }
func (o owner) WebAuthnDisplayName() string { return o.member.Name }

func (o owner) WebAuthnCredentials() []webauthn.Credential {
	out := make([]webauthn.Credential, len(o.keys))
	for i, one := range o.keys {
		out[i] = one.Credential
	}
	return out
}

// at keeps the keys that work at the place.
func at(keys []kept, place Place) (out []kept) {
	for _, one := range keys {
		if one.Domain == place.Domain {
			out = append(out, one)
		}
	}
	return out
}

// Name reads what somebody calls a passkey; what is wrong with it comes as
// cvd.Faults.
func Name(name string) (string, error) {
	name = strings.TrimSpace(name)
	if name == "" || !person.Plain(name, maxName) {
		return "", cvd.Faults{{Field: "name", Problem: fmt.Sprintf("must have 1 to %d characters in one line", maxName), Remedy: "say which device or program keeps it"}}
	}
	return name, nil
}

// fresh is a passkey that was just made, in its record.
func (b *Book) fresh(c *webauthn.Credential, member, name string, place Place) (kept, error) {
	now := b.k.Now()
	one := kept{content: content{Name: name, Domain: place.Domain, Created: now, Credential: *c}}
	rec, err := b.k.Vault.Seal(store.Record{Kind: keeper.RecordPasskey, ID: b.keyID(c.ID), Owner: member, At: now}, one.content)
	one.rec = rec
	return one, err
}

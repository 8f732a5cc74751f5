package passkey

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"fairlead/internal/auth/keeper"
	"fairlead/internal/cvd"
	"fairlead/internal/store"
)

// ErrCopied is the refusal of a passkey whose signature counter went backwards:
// two devices hold what only one should (section 6.1.1). It is a
// cvd.ErrUnauthenticated.
var ErrCopied = fmt.Errorf("%w: a copy of the passkey seems to be in use", cvd.ErrUnauthenticated)

// Ceremony is what a browser needs to make a passkey or to show one.
type Ceremony struct {
	ID      string // comes back with the answer, once
	Options string // JSON: PublicKeyCredentialCreationOptionsJSON or …RequestOptionsJSON
}

// held is the sealed content of a record of kind RecordCeremony.
type held struct {
	Add     bool                 `json:"add,omitempty"`    // makes one; otherwise one is shown
	Member  string               `json:"member,omitempty"` // empty: whoever it turns out to be
	Name    string               `json:"name,omitempty"`
	Place   Place                `json:"place"`
	Until   time.Time            `json:"until"`
	Session webauthn.SessionData `json:"session"`
}

func (b *Book) ceremonyID(id string) string { return b.k.Vault.Blind("auth/ceremony", id) }

// hold keeps a ceremony that was begun, and gives what the browser needs of it.
func (b *Book) hold(ctx context.Context, h held, session *webauthn.SessionData, options any) (Ceremony, error) {
	now := b.k.Now()
	h.Session, h.Until = *session, now.Add(Life)
	c := Ceremony{ID: keeper.NewSecret()}
	raw, err := json.Marshal(options)
	if err != nil {
		return Ceremony{}, err
	}
	c.Options = string(raw)
	rec, err := b.k.Vault.Seal(store.Record{Kind: keeper.RecordCeremony, ID: b.ceremonyID(c.ID), At: now, Expires: h.Until}, h)
	if err != nil {
		return Ceremony{}, err
	}
	return c, b.k.Store.Update(ctx, func(tx store.Tx) error { return tx.PutRecord(rec, 0) })
}

// burn takes a ceremony that is still held, whatever becomes of its answer.
func (b *Book) burn(ctx context.Context, id string) (h held, err error) {
	if len(id) != keeper.SecretChars {
		return h, cvd.ErrUnauthenticated
	}
	err = b.k.Store.Update(ctx, func(tx store.Tx) error {
		h = held{}
		rec, err := b.k.Read(tx, keeper.RecordCeremony, b.ceremonyID(id), &h)
		if err != nil {
			return keeper.Unauthenticated(err)
		}
		n, err := tx.DeleteRecords(store.Selection{Kind: keeper.RecordCeremony, ID: rec.ID})
		if err == nil && n != 1 {
			err = cvd.ErrUnauthenticated
		}
		return err
	})
	if err == nil && !b.k.Now().Before(h.Until) {
		err = cvd.ErrUnauthenticated
	}
	return h, err
}

// Offer begins to make a passkey for the member, under the name they gave it.
// Devices that keep one of theirs already are told not to make another.
func (b *Book) Offer(ctx context.Context, place Place, m cvd.Member, name string) (Ceremony, error) {
	name, err := Name(name)
	if err != nil {
		return Ceremony{}, err
	}
	mine, err := b.list(ctx, m.ID)
	if err != nil {
		return Ceremony{}, err
	}
	if len(mine) >= Most {
		return Ceremony{}, fmt.Errorf("%w: a member has at most %d passkeys; remove one first", cvd.ErrNotReady, Most)
	}
	party, err := place.party()
	if err != nil {
		return Ceremony{}, err
	}
	var there []protocol.CredentialDescriptor
	for _, one := range at(mine, place) {
		there = append(there, one.Credential.Descriptor())
	}
	options, session, err := party.BeginRegistration(owner{m, nil}, webauthn.WithExclusions(there))
	if err != nil {
		return Ceremony{}, err
	}
	return b.hold(ctx, held{Add: true, Member: m.ID, Name: name, Place: place}, session, options.Response)
}

// Make checks the answer to an Offer. The passkey counts once save was done, in
// the caller's transaction. Whatever is wrong with it is one
// cvd.ErrUnauthenticated.
func (b *Book) Make(ctx context.Context, member, ceremony, answer string) (made Key, save func(store.Tx) error, err error) {
	h, err := b.burn(ctx, ceremony)
	if err != nil {
		return Key{}, nil, err
	}
	if !h.Add || h.Member != member || member == "" || len(answer) > maxAnswer {
		return Key{}, nil, cvd.ErrUnauthenticated
	}
	party, err := h.Place.party()
	if err != nil {
		return Key{}, nil, err
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes([]byte(answer))
	if err != nil {
		return Key{}, nil, cvd.ErrUnauthenticated
	}
	credential, err := party.CreateCredential(owner{cvd.Member{ID: member}, nil}, h.Session, parsed)
	if err != nil {
		return Key{}, nil, cvd.ErrUnauthenticated
	}
	one, err := b.fresh(credential, member, h.Name, h.Place)
	if err != nil {
		return Key{}, nil, err
	}
	return one.public(), func(tx store.Tx) error {
		mine, err := b.in(tx, member)
		if err != nil {
			return err
		}
		if len(mine) >= Most {
			return cvd.ErrConflict
		}
		return tx.PutRecord(one.rec, 0) // one that somebody has already is a conflict
	}, nil
}

// Ask begins to ask for a passkey: of the member, or of whoever comes if that is
// empty. A member without one that works here is a cvd.ErrNotReady.
func (b *Book) Ask(ctx context.Context, place Place, member string) (Ceremony, error) {
	party, err := place.party()
	if err != nil {
		return Ceremony{}, err
	}
	if member == "" {
		options, session, err := party.BeginDiscoverableLogin()
		if err != nil {
			return Ceremony{}, err
		}
		return b.hold(ctx, held{Place: place}, session, options.Response)
	}
	mine, err := b.list(ctx, member)
	if err != nil {
		return Ceremony{}, err
	}
	mine = at(mine, place)
	if len(mine) == 0 {
		return Ceremony{}, fmt.Errorf("%w: no passkey of yours works at %s", cvd.ErrNotReady, place.Domain)
	}
	options, session, err := party.BeginLogin(owner{cvd.Member{ID: member}, mine})
	if err != nil {
		return Ceremony{}, err
	}
	return b.hold(ctx, held{Member: member, Place: place}, session, options.Response)
}

// Shown is a passkey that was shown and found good.
type Shown struct {
	Member string
	Key    Key
	// Save keeps its counter and its use; it belongs into the transaction of what
	// the passkey opens. One that was used meanwhile is a cvd.ErrConflict.
	Save func(store.Tx) error
}

// Check checks the answer to an Ask: of the member, or of anybody if that is
// empty. Whatever is wrong with it is one cvd.ErrUnauthenticated; with ErrCopied
// the passkey is told, so that it can be recorded.
func (b *Book) Check(ctx context.Context, member, ceremony, answer string) (Shown, error) {
	h, err := b.burn(ctx, ceremony)
	if err != nil {
		return Shown{}, err
	}
	if h.Add || h.Member != member || len(answer) > maxAnswer {
		return Shown{}, cvd.ErrUnauthenticated
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes([]byte(answer))
	if err != nil {
		return Shown{}, cvd.ErrUnauthenticated
	}
	var one kept
	err = b.k.Store.View(ctx, func(tx store.Tx) error {
		one = kept{}
		one.rec, err = b.k.Read(tx, keeper.RecordPasskey, b.keyID(parsed.RawID), &one.content)
		return keeper.Unauthenticated(err)
	})
	if err != nil {
		return Shown{}, err
	}
	if one.Domain != h.Place.Domain || (h.Member != "" && h.Member != one.rec.Owner) {
		return Shown{}, cvd.ErrUnauthenticated
	}
	credential, err := b.verify(ctx, h, one, parsed)
	if err != nil {
		return Shown{}, err
	}
	return b.shown(ctx, one, credential)
}

// verify is the library's part. Whoever is asked by name may show any passkey of
// theirs, so the list that was sent must be theirs still.
func (b *Book) verify(ctx context.Context, h held, one kept, parsed *protocol.ParsedCredentialAssertionData) (*webauthn.Credential, error) {
	party, err := h.Place.party()
	if err != nil {
		return nil, err
	}
	who := owner{cvd.Member{ID: one.rec.Owner}, []kept{one}}
	var credential *webauthn.Credential
	if h.Member == "" {
		_, credential, err = party.ValidatePasskeyLogin(func(_, _ []byte) (webauthn.User, error) { return who, nil }, h.Session, parsed)
	} else {
		if who.keys, err = b.list(ctx, h.Member); err != nil {
			return nil, err
		}
		credential, err = party.ValidateLogin(who, h.Session, parsed)
	}
	if err != nil {
		return nil, cvd.ErrUnauthenticated
	}
	return credential, nil
}

// shown makes the new state of a passkey that was shown. One that seems to be
// copied is marked and refused.
func (b *Book) shown(ctx context.Context, one kept, credential *webauthn.Credential) (Shown, error) {
	was, now := one.rec.Version, b.k.Now()
	copied := credential.Authenticator.CloneWarning
	if copied {
		one.Copied = now // the counter stays, so that the one that is ahead goes on
	} else {
		one.Credential, one.Used = *credential, now
	}
	rec, err := b.k.Vault.Seal(one.rec, one.content)
	if err != nil {
		return Shown{}, err
	}
	out := Shown{Member: rec.Owner, Key: one.public(), Save: func(tx store.Tx) error { return tx.PutRecord(rec, was) }}
	if !copied {
		return out, nil
	}
	err = b.k.Store.Update(ctx, out.Save)
	if err != nil && !errors.Is(err, cvd.ErrConflict) {
		return Shown{}, err
	}
	return out, ErrCopied
}

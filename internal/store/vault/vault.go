// Package vault seals what goes into the store and opens what comes out: case
// states, events and small records, each under its own key, as JSON.
//
// It never decides who may see what it opens, and it keeps no plaintext and no
// opened key beyond the call.
package vault

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"fairlead/internal/cvd"
	"fairlead/internal/ledger"
	"fairlead/internal/seal"
	"fairlead/internal/store"
)

// ErrErased means that the key is gone, so the words are gone too.
var ErrErased = errors.New("erased")

// RecordServerKey is the record that holds the server's own data key, under
// which records and streams that belong to no case are sealed.
const RecordServerKey store.RecordKind = "server-key"

// Vault holds the keys of one server.
type Vault struct {
	keys   *seal.Keyring
	server *seal.Key
}

// Open reads the server's own key from the store, or makes it on a fresh one.
// It refuses a keyring that does not fit the database, in a plain sentence.
func Open(ctx context.Context, st store.Store, keys *seal.Keyring, now time.Time) (*Vault, error) {
	v := &Vault{keys: keys}
	err := st.Update(ctx, func(tx store.Tx) error {
		rec, err := tx.Record(RecordServerKey, "1")
		if errors.Is(err, cvd.ErrNotFound) {
			var wrapped []byte
			if v.server, wrapped, err = keys.NewKey("server/1"); err != nil {
				return err
			}
			return tx.PutRecord(store.Record{Kind: RecordServerKey, ID: "1", At: now, Sealed: wrapped}, 0)
		}
		if err != nil {
			return err
		}
		v.server, err = keys.Unwrap("server/1", rec.Sealed)
		return err
	})
	if errors.Is(err, seal.ErrKey) {
		return nil, fmt.Errorf("%w: the key file does not open this database; put the key file that belongs to it in place, or restore one with the recovery identity", cvd.ErrUnavailable)
	}
	if err != nil {
		return nil, err
	}
	return v, nil
}

// Keys is the ring of key-encryption keys.
func (v *Vault) Keys() *seal.Keyring { return v.keys }

// Blind turns a value into a name that can be looked up but not read back.
func (v *Vault) Blind(domain, value string) string { return v.server.Blind(domain, value) }

// RewrapServer wraps the server's own key under the primary key-encryption key.
func (v *Vault) RewrapServer(ctx context.Context, st store.Store) error {
	return st.Update(ctx, func(tx store.Tx) error {
		rec, err := tx.Record(RecordServerKey, "1")
		if err != nil {
			return err
		}
		was := rec.Version
		if rec.Sealed, err = v.keys.Rewrap("server/1", rec.Sealed); err != nil {
			return err
		}
		return tx.PutRecord(rec, was)
	})
}

// Seal fills the record with value as sealed JSON. Kind, id, owner and expiry are
// bound to it: a row in which one of them is changed later does not open.
func (v *Vault) Seal(rec store.Record, value any) (store.Record, error) {
	b, err := json.Marshal(value)
	if err != nil {
		return rec, err
	}
	rec.Sealed, err = v.server.Seal(b, recordAD(rec))
	return rec, err
}

// Read opens what Seal sealed.
func (v *Vault) Read(rec store.Record, value any) error {
	b, err := v.server.Open(rec.Sealed, recordAD(rec))
	if err != nil {
		return err
	}
	return json.Unmarshal(b, value)
}

// recordAD is the associated data of a record, in microseconds as it is stored.
func recordAD(rec store.Record) string {
	expires := int64(0)
	if !rec.Expires.IsZero() {
		expires = rec.Expires.UnixMicro()
	}
	return fmt.Sprintf("record/%s/%q/%q/%d", rec.Kind, rec.ID, rec.Owner, expires)
}

// Key is the data key of one case, or of one stream that belongs to no case.
type Key struct {
	name    string
	key     *seal.Key
	Wrapped []byte // empty for streams
	KEK     string
}

func caseLabel(id cvd.CaseID) string { return "case/" + string(id) }

// NewCase makes the data key of a new case.
func (v *Vault) NewCase(id cvd.CaseID) (*Key, error) {
	key, wrapped, err := v.keys.NewKey(caseLabel(id))
	if err != nil {
		return nil, err
	}
	return &Key{name: caseLabel(id), key: key, Wrapped: wrapped, KEK: v.keys.PrimaryID()}, nil
}

// Case opens the data key of a stored case; ErrErased if it was destroyed.
func (v *Vault) Case(row store.Case) (*Key, error) {
	if len(row.Key) == 0 {
		return nil, ErrErased
	}
	key, err := v.keys.Unwrap(caseLabel(row.ID), row.Key)
	if err != nil {
		return nil, err
	}
	return &Key{name: caseLabel(row.ID), key: key, Wrapped: row.Key, KEK: row.KEK}, nil
}

// Rewrap wraps a case's key under the primary key-encryption key.
func (v *Vault) Rewrap(row store.Case) (store.Key, error) {
	wrapped, err := v.keys.Rewrap(caseLabel(row.ID), row.Key)
	if err != nil {
		return store.Key{}, err
	}
	return store.Key{
		KeyRef:  store.KeyRef{Case: row.ID, Kind: store.KeyCase},
		Wrapped: wrapped, KEK: v.keys.PrimaryID(),
	}, nil
}

// Stream is the key of a stream that belongs to no case, such as "@policy".
func (v *Vault) Stream(name string) *Key { return &Key{name: "stream/" + name, key: v.server} }

// Label is what a list shows of a case beside its open columns.
type Label struct {
	Title   string `json:"title,omitempty"`
	Product string `json:"product,omitempty"`
	Target  bool   `json:"target,omitempty"` // what falls due next is an aim
	// Aim is the first date of that aim; later ones may have been told since.
	Aim time.Time `json:"aim,omitzero"`
	// Held is how many mails wait in the case for a member's nod.
	Held int `json:"held,omitempty"`
}

// SealState seals a case's state: its label on the first line, so that a list
// reads no more than that, and the whole on the second.
func (k *Key) SealState(c *cvd.Case) ([]byte, error) {
	label := Label{Title: c.Title, Product: c.Product, Held: len(c.HeldMail)}
	if due := c.NextDue(); due != nil {
		if label.Target = due.Target; due.Target {
			label.Aim = due.Due
		}
	}
	first, err := json.Marshal(label)
	if err != nil {
		return nil, err
	}
	whole, err := json.Marshal(c)
	if err != nil {
		return nil, err
	}
	return k.key.Seal(slices.Concat(first, []byte("\n"), whole), k.name+"/state")
}

// openState returns the two lines of a sealed state.
func (k *Key) openState(sealed []byte) (label, whole []byte, err error) {
	b, err := k.key.Open(sealed, k.name+"/state")
	if err != nil {
		return nil, nil, err
	}
	label, whole, ok := bytes.Cut(b, []byte("\n"))
	if !ok {
		return nil, nil, fmt.Errorf("%s: the state is cut short", k.name)
	}
	return label, whole, nil
}

// OpenState opens what SealState sealed.
func (k *Key) OpenState(sealed []byte) (*cvd.Case, error) {
	_, whole, err := k.openState(sealed)
	if err != nil {
		return nil, err
	}
	c := &cvd.Case{}
	return c, json.Unmarshal(whole, c)
}

// OpenLabel opens the label of what SealState sealed.
func (k *Key) OpenLabel(sealed []byte) (Label, error) {
	var l Label
	first, _, err := k.openState(sealed)
	if err != nil {
		return l, err
	}
	return l, json.Unmarshal(first, &l)
}

// SealBytes seals words that belong to the case, such as a sent mail. what
// names their kind and is part of the associated data.
func (k *Key) SealBytes(what string, plain []byte) ([]byte, error) {
	return k.key.Seal(plain, k.name+"/"+what)
}

// OpenBytes opens what SealBytes sealed.
func (k *Key) OpenBytes(what string, sealed []byte) ([]byte, error) {
	return k.key.Open(sealed, k.name+"/"+what)
}

// SealEvent makes the row of an event: the head as it is stored for ever, the
// body with a fresh salt under a key of its own, and the leaf over both.
func (k *Key) SealEvent(stream string, seq int64, head, body []byte) (store.Event, error) {
	salt, err := ledger.NewSalt()
	if err != nil {
		return store.Event{}, err
	}
	ad := fmt.Sprintf("%s/event/%d", k.name, seq)
	sub, wrapped, err := k.key.Wrap(ad)
	if err != nil {
		return store.Event{}, err
	}
	sealed, err := sub.Seal(append(bytes.Clone(salt), body...), ad)
	if err != nil {
		return store.Event{}, err
	}
	leaf := ledger.Leaf(salt, head, body)
	return store.Event{Stream: stream, Seq: seq, Head: head, BodyKey: wrapped, Sealed: sealed, Leaf: leaf[:]}, nil
}

// OpenEvent returns the body of an event; ErrErased when its key is gone. A
// head or body that does not match its leaf is an error: somebody edited it.
func (k *Key) OpenEvent(row store.Event) ([]byte, error) {
	if len(row.BodyKey) == 0 {
		return nil, ErrErased
	}
	ad := fmt.Sprintf("%s/event/%d", k.name, row.Seq)
	sub, err := k.key.UnwrapSub(ad, row.BodyKey)
	if err != nil {
		return nil, err
	}
	plain, err := sub.Open(row.Sealed, ad)
	if err != nil {
		return nil, err
	}
	if len(plain) < ledger.SaltSize || len(row.Leaf) != 32 {
		return nil, fmt.Errorf("%s: event is cut short", ad)
	}
	salt, body := plain[:ledger.SaltSize], plain[ledger.SaltSize:]
	if !ledger.Verify([32]byte(row.Leaf), salt, row.Head, body) {
		return nil, fmt.Errorf("%s: event does not match its leaf", ad)
	}
	return body, nil
}

// Sub makes a key under the case's own, for a participant or a blob.
func (k *Key) Sub(what string) (sub *seal.Key, wrapped []byte, err error) {
	return k.key.Wrap(k.name + "/" + what)
}

// OpenSub opens a key that Sub made.
func (k *Key) OpenSub(what string, wrapped []byte) (*seal.Key, error) {
	if len(wrapped) == 0 {
		return nil, ErrErased
	}
	return k.key.UnwrapSub(k.name+"/"+what, wrapped)
}

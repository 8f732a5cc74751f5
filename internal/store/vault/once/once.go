// Package once keeps the answers to requests that a client may send again, for a
// day, sealed.
//
// It never decides what a request means, and keeps neither the client's key nor
// the body: a blind name of the one and a digest of the other.
package once

import (
	"context"
	"errors"
	"time"

	"fairlead/internal/cvd"
	"fairlead/internal/store"
	"fairlead/internal/store/vault"
)

// Kind is the kind of the records kept here; their owner is the case.
const Kind store.RecordKind = "once"

const life = 24 * time.Hour

// Key names a request that may be sent again.
type Key struct {
	Key    string // as the client chose it
	Digest string // of the body, in hex
	// Among is set where clients who know nothing of one another may choose the same key: it
	// names the few of whom this one is taken to be the same, such as its network. The key
	// and the body together get the kept answer wherever they come from; the key with
	// another body is refused only among these, so that nobody else spoils it.
	Among string
}

// names are those of the records: of the answer, and, where it is another, of the body
// with which the key came.
func (k Key) names(v *vault.Vault) (answer, body string) {
	if k.Among == "" {
		one := v.Blind("once", k.Key)
		return one, one
	}
	return v.Blind("once/answer", k.Digest+"\n"+k.Key), v.Blind("once/body", k.Among+"\n"+k.Key)
}

type answer[T any] struct {
	Digest string `json:"digest"`
	Answer T      `json:"answer"`
}

// Seen returns the answer that was kept for the key, or nil. A key that came with
// another body is refused by cvd.Faults.
func Seen[T any](ctx context.Context, st store.Store, v *vault.Vault, k Key, now time.Time) (*T, error) {
	var a answer[T]
	name, body := k.names(v)
	err := st.View(ctx, func(tx store.Tx) error {
		err := read(tx, v, name, now, &a)
		if !errors.Is(err, cvd.ErrNotFound) || body == name {
			return err
		}
		if err = read(tx, v, body, now, &a); err == nil && a.Digest == k.Digest {
			return cvd.ErrNotFound // it has no answer
		}
		return err
	})
	switch {
	case errors.Is(err, cvd.ErrNotFound):
		return nil, nil
	case err != nil:
		return nil, err
	case a.Digest != k.Digest:
		return nil, cvd.Faults{{Field: "Idempotency-Key", Problem: "was used with another body in the last 24 hours", Remedy: "use a new key for something new"}}
	}
	return &a.Answer, nil
}

func read(tx store.Tx, v *vault.Vault, name string, now time.Time, into any) error {
	rec, err := tx.Record(Kind, name)
	if err != nil {
		return err
	}
	if !rec.Expires.After(now) {
		return cvd.ErrNotFound
	}
	return v.Read(rec, into)
}

// Keep returns what writes the answer down in the transaction that makes it. Of
// two at once one is a cvd.ErrConflict.
func Keep[T any](v *vault.Vault, k Key, owner cvd.CaseID, a T, now time.Time) (func(tx store.Tx) error, error) {
	name, body := k.names(v)
	seal := func(name string, kept answer[T]) (store.Record, error) {
		return v.Seal(store.Record{Kind: Kind, ID: name, Owner: string(owner), At: now, Expires: now.Add(life)}, kept)
	}
	rec, err := seal(name, answer[T]{k.Digest, a})
	all := []store.Record{rec}
	if body != name && err == nil {
		rec, err = seal(body, answer[T]{Digest: k.Digest})
		all = append(all, rec)
	}
	return func(tx store.Tx) error {
		for _, rec := range all {
			was := int64(0)
			if old, err := tx.Record(Kind, rec.ID); err == nil && !old.Expires.After(now) {
				was = old.Version
			}
			if err := tx.PutRecord(rec, was); err != nil {
				return err
			}
		}
		return nil
	}, err
}

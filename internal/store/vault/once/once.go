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
}

type answer[T any] struct {
	Digest string `json:"digest"`
	Answer T      `json:"answer"`
}

// Seen returns the answer that was kept for the key, or nil. A key that came with
// another body is refused by cvd.Faults.
func Seen[T any](ctx context.Context, st store.Store, v *vault.Vault, k Key, now time.Time) (*T, error) {
	var a answer[T]
	err := st.View(ctx, func(tx store.Tx) error {
		rec, err := tx.Record(Kind, v.Blind("once", k.Key))
		if err != nil {
			return err
		}
		if !rec.Expires.After(now) {
			return cvd.ErrNotFound
		}
		return v.Read(rec, &a)
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

// Keep returns what writes the answer down in the transaction that makes it. Of
// two at once one is a cvd.ErrConflict.
func Keep[T any](v *vault.Vault, k Key, owner cvd.CaseID, a T, now time.Time) (func(tx store.Tx) error, error) {
	rec, err := v.Seal(store.Record{
		Kind: Kind, ID: v.Blind("once", k.Key), Owner: string(owner), At: now, Expires: now.Add(life),
	}, answer[T]{k.Digest, a})
	return func(tx store.Tx) error {
		was := int64(0)
		if old, err := tx.Record(Kind, rec.ID); err == nil && !old.Expires.After(now) {
			was = old.Version
		}
		return tx.PutRecord(rec, was)
	}, err
}

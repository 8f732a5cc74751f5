// Package once keeps the answers to requests that may be sent again, for a day: the
// same key with the same body is answered as the first time.
//
// It never decides what is answered, and keeps neither key nor body, only a blind
// digest of the one and the caller's digest of the other.
package once

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"fairlead/internal/cvd"
	"fairlead/internal/store"
	"fairlead/internal/store/vault"
)

// record is the kind of the records kept here.
const record store.RecordKind = "once"

const life = 24 * time.Hour

// Book is where answers are kept.
type Book struct {
	Store store.Store
	Vault *vault.Vault
}

type kept struct {
	Digest string          `json:"digest"`
	Answer json.RawMessage `json:"answer"`
}

// Answer reads into answer what was answered to the key, and tells whether there
// was something. A key that was used with another body is cvd.Faults.
func (b Book) Answer(ctx context.Context, key, digest string, now time.Time, answer any) (bool, error) {
	var k kept
	err := b.Store.View(ctx, func(tx store.Tx) error {
		rec, err := tx.Record(record, b.Vault.Blind("once", key))
		if err != nil {
			return err
		}
		if !rec.Expires.After(now) {
			return cvd.ErrNotFound
		}
		return b.Vault.Read(rec, &k)
	})
	if errors.Is(err, cvd.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if k.Digest != digest {
		return false, cvd.Faults{{Field: "Idempotency-Key", Problem: "was used with another body in the last 24 hours", Remedy: "use a new key for a new report"}}
	}
	return true, json.Unmarshal(k.Answer, answer)
}

// Keep seals an answer about the case; what it returns stores it within the
// caller's transaction. Of two at once one is a cvd.ErrConflict.
func (b Book) Keep(key, digest string, id cvd.CaseID, answer any, now time.Time) (func(tx store.Tx) error, error) {
	whole, err := json.Marshal(answer)
	if err != nil {
		return nil, err
	}
	rec, err := b.Vault.Seal(store.Record{
		Kind: record, ID: b.Vault.Blind("once", key), Owner: string(id), At: now, Expires: now.Add(life),
	}, kept{digest, whole})
	if err != nil {
		return nil, err
	}
	return func(tx store.Tx) error {
		was := int64(0)
		if old, err := tx.Record(record, rec.ID); err == nil && !old.Expires.After(now) {
			was = old.Version
		}
		return tx.PutRecord(rec, was)
	}, nil
}

// Forget drops the answers about a case.
func Forget(tx store.Tx, id cvd.CaseID) error {
	_, err := tx.DeleteRecords(store.Selection{Kind: record, Owner: string(id)})
	return err
}

// Package policyfile remembers which policy file a server was last started with, so
// that a version which was published otherwise meanwhile, such as from the desk, is not
// undone by the next start.
//
// It never publishes anything.
package policyfile

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"time"

	"fairlead/internal/cvd"
	"fairlead/internal/store"
)

// record holds the digest of the file as its owner, which is open: versions are public.
const record store.RecordKind = "policy-file"

// Changed tells whether the file differs from that of the last start. Before there was
// one, that is a file of which known knows nothing: known tells whether its text is a
// version already.
func Changed(ctx context.Context, st store.Store, file []byte, known func([]byte) bool) (bool, error) {
	was, err := last(ctx, st)
	if errors.Is(err, cvd.ErrNotFound) {
		return !known(file), nil
	}
	return was.Owner != digest(file), err
}

// Remember keeps that the server was started with the file.
func Remember(ctx context.Context, st store.Store, file []byte, now time.Time) error {
	was, err := last(ctx, st)
	if err != nil && !errors.Is(err, cvd.ErrNotFound) || was.Owner == digest(file) {
		return err
	}
	return st.Update(ctx, func(tx store.Tx) error {
		return tx.PutRecord(store.Record{Kind: record, ID: "1", Owner: digest(file), At: now}, was.Version)
	})
}

func last(ctx context.Context, st store.Store) (was store.Record, err error) {
	err = st.View(ctx, func(tx store.Tx) (err error) {
		was, err = tx.Record(record, "1")
		return err
	})
	return was, err
}

func digest(file []byte) string {
	sum := sha256.Sum256(file)
	return hex.EncodeToString(sum[:])
}

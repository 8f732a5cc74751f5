package register

import (
	"context"
	"errors"
	"slices"

	"fairlead/internal/cvd"
	"fairlead/internal/store"
)

// recordSigner says with which key every document is signed.
const recordSigner store.RecordKind = "advisory-signer"

// Resign signs anew what another key than the present one signed, since a
// signature does not outlive its key, and returns how many documents that were.
// The documents themselves stay as they are. Where the key did not change since
// the last time, it costs one look at a record.
func (r *Register) Resign(ctx context.Context) (int, error) {
	if r.Sign == nil || r.Key == nil {
		return 0, nil
	}
	seq, err := r.latestEvent(ctx)
	if err != nil || seq == 0 {
		return 0, err
	}
	key, err := r.Key()
	if err != nil {
		return 0, err
	}
	if done, err := r.signedBy(ctx); err != nil || done == key {
		return 0, err
	}
	all, err := r.Entries(ctx)
	if err != nil {
		return 0, err
	}
	count := 0
	for _, e := range slices.Clone(all) {
		for _, name := range e.Documents {
			n, err := r.resign(ctx, e, name, key)
			if err != nil {
				return count, err
			}
			count += n
		}
	}
	rec, err := r.Vault.Seal(store.Record{Kind: recordSigner, ID: "1", At: r.Now()}, key)
	if err != nil {
		return count, err
	}
	return count, r.Store.Update(ctx, func(tx store.Tx) error { return tx.PutRecord(rec, -1) })
}

// latestEvent tells whether anything was published, without reading it.
func (r *Register) latestEvent(ctx context.Context) (int64, error) {
	var seq int64
	err := r.Store.View(ctx, func(tx store.Tx) error {
		rows, err := tx.Events(Stream, 0, 1)
		seq = int64(len(rows))
		return err
	})
	return seq, err
}

func (r *Register) signedBy(ctx context.Context) (key string, err error) {
	err = r.Store.View(ctx, func(tx store.Tx) error {
		rec, err := tx.Record(recordSigner, "1")
		if err != nil {
			return err
		}
		return r.Vault.Read(rec, &key)
	})
	if errors.Is(err, cvd.ErrNotFound) {
		return "", nil
	}
	return key, err
}

func (r *Register) resign(ctx context.Context, e *Entry, name, key string) (int, error) {
	var rec store.Record
	var k kept
	err := r.Store.View(ctx, func(tx store.Tx) error {
		var err error
		if rec, err = tx.Record(recordDocument, r.documentID(e.ID, name)); err != nil {
			return err
		}
		k = kept{}
		return r.Vault.Read(rec, &k)
	})
	if errors.Is(err, cvd.ErrNotFound) || (err == nil && k.Key == key) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	was := rec.Version
	if err := r.sign(&k, r.Now()); err != nil {
		return 0, err
	}
	if rec, err = r.Vault.Seal(rec, k); err != nil {
		return 0, err
	}
	err = r.Store.Update(ctx, func(tx store.Tx) error { return tx.PutRecord(rec, was) })
	if errors.Is(err, cvd.ErrConflict) { // a new revision, signed by the present key
		return 0, nil
	}
	return 1, err
}

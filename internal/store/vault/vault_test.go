package vault_test

import (
	"context"
	"testing"
	"time"

	"fairlead/internal/store"
	"fairlead/internal/store/storetest/engines"
	"fairlead/internal/store/vault"
	"fairlead/internal/store/vault/vaulttest"
)

var (
	ctx = context.Background()
	now = time.Date(2026, 3, 3, 9, 0, 0, 123456789, time.UTC)
)

func open(t *testing.T) (*vault.Vault, store.Store) {
	t.Helper()
	st := engines.SQLite(t)
	v := vaulttest.Open(t, st, now)
	return v, st
}

// Whoever can write to the database without a key cannot give a record to
// somebody else, or make it live longer.
func TestAChangedRecordDoesNotOpen(t *testing.T) {
	v, st := open(t)
	for name, rec := range map[string]store.Record{
		"expires": {Kind: "token", ID: "id", Owner: "ann", At: now, Expires: now.Add(time.Hour)},
		"never":   {Kind: "receipt", ID: "id", Owner: "FL-2026-7KQ4MXZ", At: now},
	} {
		t.Run(name, func(t *testing.T) {
			rec, err := v.Seal(rec, "words")
			if err != nil {
				t.Fatal(err)
			}
			if err := st.Update(ctx, func(tx store.Tx) error { return tx.PutRecord(rec, 0) }); err != nil {
				t.Fatal(err)
			}
			err = st.View(ctx, func(tx store.Tx) error {
				rec, err = tx.Record(rec.Kind, rec.ID)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			var got string
			if err := v.Read(rec, &got); err != nil || got != "words" {
				t.Fatalf("as it was stored it reads %q, %v", got, err)
			}
			for what, change := range map[string]func(*store.Record){
				"kind":    func(r *store.Record) { r.Kind = "link" },
				"id":      func(r *store.Record) { r.ID = "other" },
				"owner":   func(r *store.Record) { r.Owner = "bob" },
				"expires": func(r *store.Record) { r.Expires = now.Add(2 * time.Hour) },
				"never":   func(r *store.Record) { r.Expires = r.Expires.Add(time.Second) },
			} {
				edited := rec
				change(&edited)
				if err := v.Read(edited, &got); err == nil {
					t.Errorf("it opens with another %s", what)
				}
			}
		})
	}
}

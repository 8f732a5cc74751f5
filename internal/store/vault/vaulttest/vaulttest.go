// Package vaulttest opens vaults for tests, under keys that nobody else has.
package vaulttest

import (
	"testing"
	"time"

	"fairlead/internal/seal"
	"fairlead/internal/store"
	"fairlead/internal/store/vault"
)

// Open opens a vault on an engine as of that instant, under new keys.
func Open(t testing.TB, st store.Store, at time.Time) *vault.Vault {
	t.Helper()
	keys, err := seal.NewKeyring()
	if err != nil {
		t.Fatal(err)
	}
	v, err := vault.Open(t.Context(), st, keys, at)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

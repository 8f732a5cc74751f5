package signing_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"fairlead/internal/app/signing"
	"fairlead/internal/cvd"
	"fairlead/internal/pgp"
	"fairlead/internal/seal"
	"fairlead/internal/store/storetest/engines"
	"fairlead/internal/store/vault"
)

var ctx = context.Background()

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// A key that ends gets a successor, and who kept an older signature still finds
// the key for it.
func TestSuccession(t *testing.T) {
	now := time.Date(2026, time.March, 3, 15, 0, 0, 0, time.UTC)
	st := engines.SQLite(t)
	keys, err := seal.NewKeyring()
	must(t, err)
	v, err := vault.Open(ctx, st, keys, now)
	must(t, err)
	keeper := func() *signing.Keeper {
		return &signing.Keeper{
			Store: st, Vault: v, Now: func() time.Time { return now }, Renew: 60 * 24 * time.Hour,
			Owner: func() (string, string, error) { return "Example", "security@example.org", nil },
		}
	}
	k, doc := keeper(), []byte("a document")
	old, err := k.Detached(doc, now)
	must(t, err)
	first, err := k.Fingerprint()
	must(t, err)
	if same, err := keeper().Fingerprint(); same != first || err != nil {
		t.Errorf("another process makes another key: %s, %v", same, err)
	}
	for _, one := range []*signing.Keeper{k, keeper()} {
		now = time.Date(2030, time.February, 1, 0, 0, 0, 0, time.UTC) // a month before its end
		second, err := one.Fingerprint()
		must(t, err)
		if second == first {
			t.Fatal("a key that ends has no successor")
		}
		publics, err := one.Publics(ctx)
		must(t, err)
		if len(publics) != 2 || publics[0].Fingerprint != second || publics[1].Fingerprint != first {
			t.Fatalf("offered are %d keys", len(publics))
		}
		pub, err := pgp.ReadPublic(publics[1].Armored)
		must(t, err)
		must(t, pgp.VerifyDetached(doc, old, pub, now))
	}
}

func TestConfiguredKey(t *testing.T) {
	now := time.Date(2026, time.March, 3, 15, 0, 0, 0, time.UTC)
	key, err := pgp.Generate("Example", "security@example.org", now, time.Hour)
	must(t, err)
	armored, err := key.Armor()
	must(t, err)
	path := filepath.Join(t.TempDir(), "key.asc")
	k := &signing.Keeper{File: path, Now: func() time.Time { return now }, Renew: time.Hour}
	if _, err := k.Fingerprint(); !errors.Is(err, cvd.ErrUnavailable) {
		t.Errorf("a key file that is not there: %v", err)
	}
	must(t, os.WriteFile(path, armored, 0o600))
	if got, err := k.Fingerprint(); got != key.Fingerprint() || err != nil {
		t.Errorf("the key is %s, %v", got, err)
	}
	if _, ends := k.Expires(); !ends {
		t.Error("its end is not told")
	}
}

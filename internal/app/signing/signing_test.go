package signing_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"fairlead/internal/app/signing"
	"fairlead/internal/cvd"
	"fairlead/internal/pgp"
	"fairlead/internal/seal"
	"fairlead/internal/store"
	"fairlead/internal/store/storetest/engines"
	"fairlead/internal/store/vault"
	"fairlead/internal/store/vault/vaulttest"
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
			Owner: func() (string, []string, error) { return "Example", []string{"security@example.org"}, nil },
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
		if got := pgp.Verify(doc, old, []*pgp.PublicKey{pub}, now); got.State != pgp.Good {
			t.Errorf("%+v", got)
		}
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

// rig is a database with a clock that a test sets.
type rig struct {
	now   time.Time
	store store.Store
	vault *vault.Vault
	mails []string
}

func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{now: time.Date(2026, time.March, 3, 15, 0, 0, 0, time.UTC), store: engines.SQLite(t), mails: []string{"security@example.org"}}
	r.vault = vaulttest.Open(t, r.store, r.now)
	return r
}

func (r *rig) keeper(file string) *signing.Keeper {
	return &signing.Keeper{
		Store: r.store, Vault: r.vault, Now: func() time.Time { return r.now }, Renew: 60 * 24 * time.Hour, File: file,
		Owner: func() (string, []string, error) { return "Example", r.mails, nil },
	}
}

// notices are the templates of what the team is told, in the order of their instants.
func (r *rig) notices(t *testing.T) []string {
	t.Helper()
	var out []string
	must(t, r.store.View(ctx, func(tx store.Tx) error {
		effects, err := tx.Effects(store.EffectPending, "", nil, 100)
		for _, e := range effects {
			out = append(out, e.Template)
		}
		return err
	}))
	slices.Sort(out)
	return out
}

func names(t *testing.T, keys []*pgp.PrivateKey, err error) []string {
	t.Helper()
	must(t, err)
	var out []string
	for _, k := range keys {
		out = append(out, k.Fingerprint())
	}
	return out
}

func newKey(t *testing.T, made time.Time, life time.Duration) (*pgp.PrivateKey, []byte) {
	t.Helper()
	key, err := pgp.Generate("Example", "security@example.org", made, life)
	must(t, err)
	armored, err := key.Armor()
	must(t, err)
	return key, armored
}

// Mail to any key that the team ever gave out can be read.
func TestFormerKeysRead(t *testing.T) {
	r := newRig(t)
	k := r.keeper("")
	first, err := k.Fingerprint()
	must(t, err)
	public, err := k.Export(ctx)
	must(t, err)
	to, err := pgp.ReadPublic(public.Armored)
	must(t, err)
	sealed, err := pgp.Encrypt([]byte("words"), []*pgp.PublicKey{to}, nil, nil, r.now)
	must(t, err)
	rotated, err := k.Rotate(ctx)
	must(t, err)
	brought, armored := newKey(t, r.now.Add(-time.Hour), 0)
	imported, err := k.Import(ctx, armored, false)
	must(t, err)
	old, armored := newKey(t, r.now.AddDate(-5, 0, 0), 365*24*time.Hour) // long expired
	_, err = k.Import(ctx, armored, true)
	must(t, err)
	if imported.Fingerprint != brought.Fingerprint() || !imported.Current || !imported.Reads || imported.Expires != nil {
		t.Errorf("imported: %+v", imported)
	}
	want := []string{imported.Fingerprint, old.Fingerprint(), rotated.Fingerprint, first}
	for _, one := range []*signing.Keeper{k, r.keeper("")} {
		readers, err := one.Readers(ctx)
		got := names(t, readers, err)
		if got[0] != want[0] || len(got) != len(want) {
			t.Errorf("readers %q; want %q", got, want)
		}
		for _, w := range want {
			if !slices.Contains(got, w) {
				t.Errorf("%s is not among the readers", w)
			}
		}
		if plain, err := pgp.Decrypt(sealed, readers, nil, r.now); err != nil || string(plain.Data) != "words" {
			t.Errorf("mail to the first key: %v", err)
		}
		infos, err := one.List(ctx)
		must(t, err)
		if len(infos) != 4 || !infos[0].Current || infos[1].Current || infos[0].Algorithm != "Ed25519" {
			t.Errorf("listed: %+v", infos)
		}
	}
	if got := r.notices(t); !slices.Equal(got, []string{"openpgp-renewed", "openpgp-renewed"}) {
		t.Errorf("told: %q", got)
	}
}

func TestImportRefuses(t *testing.T) {
	r := newRig(t)
	k := r.keeper("")
	_, ended := newKey(t, r.now.AddDate(-2, 0, 0), 365*24*time.Hour)
	_, ending := newKey(t, r.now, 30*24*time.Hour)
	signOnly := []byte(signOnlyKey)
	for name, in := range map[string][]byte{"words": []byte("x"), "ended": ended, "ending": ending, "for signing alone": signOnly} {
		var faults cvd.Faults
		if _, err := k.Import(ctx, in, false); !errors.As(err, &faults) || faults[0].Remedy == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, good := newKey(t, r.now, 0)
	file := filepath.Join(t.TempDir(), "key.asc")
	must(t, os.WriteFile(file, good, 0o600))
	configured := r.keeper(file)
	if _, err := configured.Import(ctx, good, false); !errors.Is(err, cvd.ErrNotReady) {
		t.Errorf("over a configured key: %v", err)
	}
	if _, err := configured.Rotate(ctx); !errors.Is(err, cvd.ErrNotReady) {
		t.Errorf("rotating a configured key: %v", err)
	}
	if _, err := configured.Import(ctx, ended, true); err != nil {
		t.Errorf("for reading, beside a configured key: %v", err)
	}
	must(t, os.WriteFile(file, signOnly, 0o600))
	alone := r.keeper(file)
	if alone.Reads(ctx) {
		t.Error("a key without subkey is said to read mail")
	}
	if got, err := alone.Readers(ctx); err != nil || len(got) != 1 {
		t.Errorf("readers: %d, %v", len(got), err)
	}
}

// A configured key that is replaced is taken up while the server runs, and what was
// encrypted to the one before stays readable.
func TestConfiguredKeyIsReplaced(t *testing.T) {
	r := newRig(t)
	first, armored := newKey(t, r.now, 0)
	file := filepath.Join(t.TempDir(), "key.asc")
	must(t, os.WriteFile(file, armored, 0o600))
	k := r.keeper(file)
	must(t, k.Tick(ctx))
	second, armored := newKey(t, r.now, 0)
	must(t, os.WriteFile(file, armored, 0o600))
	must(t, k.Tick(ctx))
	got, err := k.Readers(ctx)
	if n := names(t, got, err); !slices.Equal(n, []string{second.Fingerprint(), first.Fingerprint()}) {
		t.Errorf("readers %q", n)
	}
	must(t, os.Remove(file))
	must(t, k.Tick(ctx))
	if n, err := k.Fingerprint(); n != second.Fingerprint() || err != nil {
		t.Errorf("without its file the key is %s, %v", n, err)
	}
	got, err = r.keeper(file).Readers(ctx) // a new start, the file is away
	if n := names(t, got, err); len(n) != 2 {
		t.Errorf("readers %q", n)
	}
}

// The team is told of a key that ends 60, 30 and 7 days ahead and at its end, once
// each, whatever process looks and however often.
func TestExpiryIsTold(t *testing.T) {
	r := newRig(t)
	end := r.now.Add(100 * 24 * time.Hour)
	_, armored := newKey(t, r.now, 100*24*time.Hour)
	file := filepath.Join(t.TempDir(), "key.asc")
	must(t, os.WriteFile(file, armored, 0o600))
	running := r.keeper(file)
	var want []string
	for _, step := range []struct {
		days int
		say  string
	}{{61, ""}, {60, "openpgp-60"}, {45, ""}, {30, "openpgp-30"}, {8, ""}, {7, "openpgp-7"}, {1, ""}, {0, "openpgp-ended"}, {-30, ""}} {
		r.now = end.Add(-time.Duration(step.days) * 24 * time.Hour)
		if step.say != "" {
			want = append(want, step.say)
		}
		for _, k := range []*signing.Keeper{running, r.keeper(file), running} {
			must(t, k.Tick(ctx))
		}
		slices.Sort(want)
		if got := r.notices(t); !slices.Equal(got, want) {
			t.Errorf("%d days before: told %q; want %q", step.days, got, want)
		}
	}
	if _, ends := running.Expires(); !ends {
		t.Error("its end is not told")
	}
}

// After the server was off for months, one notice says how things are.
func TestExpiryIsToldLate(t *testing.T) {
	r := newRig(t)
	_, armored := newKey(t, r.now, 100*24*time.Hour)
	file := filepath.Join(t.TempDir(), "key.asc")
	must(t, os.WriteFile(file, armored, 0o600))
	r.now = r.now.Add(95 * 24 * time.Hour)
	must(t, r.keeper(file).Tick(ctx))
	if got := r.notices(t); !slices.Equal(got, []string{"openpgp-7"}) {
		t.Errorf("told %q", got)
	}
}

// The house's own key is renewed in time, so nothing of its end is told; its
// successor is. Its user ids follow the policy's contacts.
func TestOwnKeyFollowsThePolicy(t *testing.T) {
	r := newRig(t)
	k, other := r.keeper(""), r.keeper("")
	first, err := k.Fingerprint()
	must(t, err)
	must(t, other.Tick(ctx))
	r.mails = append(r.mails, "psirt@example.org")
	must(t, k.Tick(ctx))
	infos, err := k.List(ctx)
	must(t, err)
	if len(infos) != 1 || infos[0].Fingerprint != first || !slices.Equal(infos[0].Addresses, []string{"psirt@example.org", "security@example.org"}) {
		t.Errorf("listed: %+v", infos)
	}
	for day := range 60 {
		r.now = infos[0].Expires.Add(-time.Duration(70-day) * 24 * time.Hour)
		must(t, k.Tick(ctx))
		must(t, other.Tick(ctx))
	}
	if got := r.notices(t); !slices.Equal(got, []string{"openpgp-renewed"}) {
		t.Errorf("told %q", got)
	}
	a, err := k.Fingerprint()
	must(t, err)
	if b, err := other.Fingerprint(); a != b || a == first || err != nil {
		t.Errorf("keys %s and %s, %v", a, b, err)
	}
	if next, err := k.Rotate(ctx); err != nil || next.Fingerprint == a {
		t.Errorf("rotated: %+v, %v", next, err)
	} else if must(t, other.Tick(ctx)); true {
		if b, err := other.Fingerprint(); b != next.Fingerprint || err != nil {
			t.Errorf("another instance goes on with %s, %v", b, err)
		}
	}
}

// signOnlyKey is a GnuPG key without a subkey, made for this test.
const signOnlyKey = `-----BEGIN PGP PRIVATE KEY BLOCK-----

lFgEawcSSBYJKwYBBAHaRw8BAQdAl08NOfslvt42anWqU0JTbj2LypTUzlVapI3M
SyOAPx4AAQCrdXH70lETXSHsQcSVsN6n+4YzRDZf8PsXTsOPztu9fxIQtB5FeGFt
cGxlIDxzZWN1cml0eUBleGFtcGxlLm9yZz6IkAQTFggAOBYhBEEMG4Xf6YYONTO2
va2f585k5aREBQJrBxJIAhsDBQsJCAcCBhUKCQgLAgQWAgMBAh4BAheAAAoJEK2f
585k5aRE8eQBALiwruV3vrBbA5VXoij+x4QeHrVHWp9wl6Zi/sHHeHR8AP9Xn2Fx
0EoeyM2VSMjhh0C343PVXbInXohPOrdP9Z8BDw==
=Ild6
-----END PGP PRIVATE KEY BLOCK-----
`

package demo

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"fairlead/internal/app"
	"fairlead/internal/store"
)

// look counts the cases and advisories of a data folder as a demo would open it.
func look(t *testing.T, o Options) (cases, advisories int) {
	t.Helper()
	err := o.inHouse(t.Context(), app.Options{Demo: true}, func(ctx context.Context, h *app.House) error {
		if _, err := Seed(ctx, h, o.Policy, o.Empty); err != nil {
			return err
		}
		entries, err := h.Register.Entries(ctx)
		advisories = len(entries)
		return errors.Join(err, h.Store.View(ctx, func(tx store.Tx) error {
			cases, err = tx.CountCases(store.Filter{}, 100)
			return err
		}))
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(o.Data, ".seeding")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("what was made aside is still there: %v", err)
	}
	return cases, advisories
}

// A folder begun without cases gets them when they are asked for, once; what a demo
// that was killed left aside counts for nothing.
func TestFolders(t *testing.T) {
	o := Options{Data: t.TempDir(), Empty: true}
	if cases, advisories := look(t, o); cases != 0 || advisories != 0 {
		t.Fatalf("empty: %d cases, %d advisories", cases, advisories)
	}
	if err := os.MkdirAll(filepath.Join(o.Data, ".seeding", "was"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(o.Data, ".seeding", database), []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	o.Empty = false
	fresh := Options{Data: t.TempDir()}
	wantCases, wantAdvisories := look(t, fresh)
	if wantCases < 7 || wantAdvisories != 3 {
		t.Fatalf("fresh: %d cases, %d advisories", wantCases, wantAdvisories)
	}
	for _, one := range []Options{o, o, fresh, {Data: o.Data, Empty: true}} {
		if cases, advisories := look(t, one); cases != wantCases || advisories != wantAdvisories {
			t.Errorf("%d cases, %d advisories; not %d and %d", cases, advisories, wantCases, wantAdvisories)
		}
	}
}

// Nothing invented comes into a house that no demo furnished.
func TestAHouseOfOthersIsLeftAlone(t *testing.T) {
	o := Options{Data: t.TempDir()}
	h, err := app.Build(t.Context(), config(o.Data), app.Options{})
	if err != nil {
		t.Fatal(err)
	}
	s := &seeder{h: h}
	if err := errors.Join(s.people(t.Context(), nil), h.Close()); err == nil {
		t.Fatal("a policy of no bytes came into effect")
	}
	if cases, advisories := look(t, o); cases != 0 || advisories != 0 {
		t.Errorf("%d cases, %d advisories", cases, advisories)
	}
}

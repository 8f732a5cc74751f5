package app_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"fairlead/examples"
	"fairlead/internal/app"
	"fairlead/internal/app/demo"
	"fairlead/internal/app/wall"
	"fairlead/internal/pgp"
	"fairlead/internal/store"
)

// The team's key ends while nobody looks: the team is told ahead and at the end, the
// key is given to nobody any more, and mail to it is still read.
func TestTeamKeyEnds(t *testing.T) {
	start := time.Date(2026, time.March, 3, 15, 0, 0, 0, time.UTC)
	key, err := pgp.Generate("team", "security@example.org", start.Add(-time.Hour), 90*24*time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	armored, err := key.Armor()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "key.asc")
	if err := os.WriteFile(file, armored, 0o600); err != nil {
		t.Fatal(err)
	}
	clock := wall.Frozen(start)
	h, err := app.Build(t.Context(), app.Config{Data: t.TempDir(), Database: app.DatabaseConfig{Engine: "sqlite"}, OpenPGPKeyFile: file}, app.Options{Demo: true, Clock: clock, BaseURL: "https://security.example.org"})
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	if _, err := demo.Seed(t.Context(), h, examples.TwoPersonTeam, true); err != nil {
		t.Fatal(err)
	}
	for day := range 100 {
		clock.Set(start.AddDate(0, 0, day))
		if err := h.Turn(t.Context()); err != nil {
			t.Fatalf("day %d: %v", day, err)
		}
	}
	var told []string
	err = h.Store.View(t.Context(), func(tx store.Tx) error {
		for _, state := range []store.EffectState{store.EffectPending, store.EffectDone} {
			effects, err := tx.Effects(state, "", nil, 1000)
			if err != nil {
				return err
			}
			for _, e := range effects {
				if strings.HasPrefix(e.Template, "openpgp-") {
					told = append(told, e.Template)
				}
			}
		}
		return nil
	})
	slices.Sort(told)
	if err != nil || !slices.Equal(told, []string{"openpgp-30", "openpgp-60", "openpgp-7", "openpgp-ended"}) {
		t.Errorf("told %q, %v", told, err)
	}
	if txt, err := h.SecurityTxt(t.Context(), "https://security.example.org"); err != nil || strings.Contains(string(txt), "PGP") || strings.Contains(string(txt), "Encryption:") || h.Unsigned() != "key-ended" {
		t.Errorf("security.txt, alarm %q, %v:\n%s", h.Unsigned(), err, txt)
	}
}

package app_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"fairlead/examples"
	"fairlead/internal/app"
	"fairlead/internal/app/demo"
	"fairlead/internal/app/wall"
	"fairlead/internal/pgp"
)

// The signed file renews itself, and so does the key that the house made: no
// year passes in which a stranger finds an expired one.
func TestSecurityTxtOutlivesItsKey(t *testing.T) {
	ctx := context.Background()
	clock := wall.Frozen(time.Date(2026, time.March, 3, 15, 0, 0, 0, time.UTC))
	h, err := app.Build(ctx, app.Config{Data: t.TempDir(), Database: app.DatabaseConfig{Engine: "sqlite"}}, app.Options{Demo: true, Clock: clock})
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	if _, err := demo.Seed(ctx, h, examples.TwoPersonTeam, true); err != nil {
		t.Fatal(err)
	}
	keys := map[string]bool{}
	for at := clock.Now(); at.Year() < 2036; at = at.AddDate(0, 1, 0) {
		clock.Set(at)
		signed, err := h.SecurityTxt(ctx, "https://security.example.org")
		if err != nil {
			t.Fatalf("%s: %v", at, err)
		}
		armored, err := h.PublicKey(ctx)
		if err != nil {
			t.Fatal(err)
		}
		keys[string(armored)] = true
		public, err := pgp.ReadPublic(armored)
		if err != nil {
			t.Fatal(err)
		}
		text, err := pgp.VerifyClear(signed, public, at)
		if err != nil {
			t.Fatalf("%s: %v", at, err)
		}
		for line := range strings.Lines(string(text)) {
			if v, ok := strings.CutPrefix(strings.TrimSpace(line), "Expires: "); ok {
				end, err := time.Parse(time.RFC3339, v)
				if err != nil || !end.After(at.AddDate(0, 1, 0)) || end.After(at.AddDate(1, 0, 0)) {
					t.Errorf("%s: ends %s, %v", at, end, err)
				}
				if keyEnd, ends := public.Expires(); ends && end.After(keyEnd) {
					t.Errorf("%s: ends %s, after its key does", at, end)
				}
			}
		}
	}
	if len(keys) < 2 {
		t.Error("the key was never renewed")
	}
}

// A key that cannot sign now never takes the file away: it comes unsigned, and the
// team is told why, until the key can sign again.
func TestSecurityTxtWithoutAKeyThatSigns(t *testing.T) {
	ctx := context.Background()
	start := time.Date(2026, time.March, 3, 15, 0, 0, 0, time.UTC)
	keyFile := filepath.Join(t.TempDir(), "key.asc")
	key, err := pgp.Generate("team", "security@example.org", start, 365*24*time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	armored, err := key.Armor()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(keyFile, armored, 0o600); err != nil {
		t.Fatal(err)
	}
	broken := filepath.Join(t.TempDir(), "broken.asc")
	if err := os.WriteFile(broken, []byte("nothing"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, file string
		after      time.Duration
		alarm      string
	}{
		{"own key, in time", "", time.Hour, ""},
		{"own key, an earlier clock", "", -400 * 24 * time.Hour, "key-early"},
		{"a file's key, in time", keyFile, time.Hour, ""},
		{"a file's key, an earlier clock", keyFile, -time.Hour, "key-early"},
		{"a file's key, after its end", keyFile, 366 * 24 * time.Hour, "key-ended"},
		{"no key in the file", broken, 0, "key-unreadable"},
		{"no file", filepath.Join(t.TempDir(), "none"), 0, "key-unreadable"},
	} {
		t.Run(c.name, func(t *testing.T) {
			clock := wall.Frozen(start)
			h, err := app.Build(ctx, app.Config{Data: t.TempDir(), OpenPGPKeyFile: c.file, Database: app.DatabaseConfig{Engine: "sqlite"}}, app.Options{Demo: true, Clock: clock})
			if err != nil {
				t.Fatal(err)
			}
			defer h.Close()
			if _, err := demo.Seed(ctx, h, examples.TwoPersonTeam, true); err != nil {
				t.Fatal(err)
			}
			ask := func(at time.Time, alarm string) {
				clock.Set(at)
				text, err := h.SecurityTxt(ctx, "https://security.example.org")
				if err != nil {
					t.Fatalf("%s: %v", at, err)
				}
				if signed := strings.HasPrefix(string(text), "-----BEGIN PGP SIGNED MESSAGE-----"); signed != (alarm == "") || !strings.Contains(string(text), "Contact: ") {
					t.Errorf("%s: %s", at, text)
				}
				if got := h.Unsigned(); got != alarm {
					t.Errorf("%s: the alarm is %q, want %q", at, got, alarm)
				}
			}
			if c.file == "" {
				ask(start, "")
			}
			ask(start.Add(c.after), c.alarm)
			if c.alarm == "key-early" {
				ask(start.Add(2*time.Hour), "")
			}
		})
	}
}

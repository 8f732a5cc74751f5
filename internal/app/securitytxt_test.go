package app_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"fairlead/examples"
	"fairlead/internal/app"
	"fairlead/internal/app/demo"
	"fairlead/internal/pgp"
)

// The signed file renews itself, and so does the key that the house made: no
// year passes in which a stranger finds an expired one.
func TestSecurityTxtOutlivesItsKey(t *testing.T) {
	ctx := context.Background()
	clock := app.FrozenClock(time.Date(2026, time.March, 3, 15, 0, 0, 0, time.UTC))
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

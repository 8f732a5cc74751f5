package auth_test

import (
	"errors"
	"path/filepath"
	"testing"
	"time"

	"fairlead/internal/auth"
	"fairlead/internal/auth/passkey"
	"fairlead/internal/cvd"
	"fairlead/internal/seal"
	"fairlead/internal/store/sqlstore"
	"fairlead/internal/store/vault"
)

// Whatever a browser answers that no device made is refused, and breaks nothing.
func FuzzPasskeyAnswer(f *testing.F) {
	f.Add(`{}`)
	f.Add(`{"id":"AA","rawId":"AA","type":"public-key","response":{"clientDataJSON":"e30","attestationObject":"oA"}}`)
	f.Add(`{"id":"AA","rawId":"AA","type":"public-key","response":{"clientDataJSON":"e30","authenticatorData":"AAAA","signature":"","userHandle":""}}`)
	f.Add("\x00")
	ctx := f.Context()
	must := func(err error) {
		if err != nil {
			f.Fatal(err)
		}
	}
	st, err := sqlstore.OpenSQLite(ctx, filepath.Join(f.TempDir(), "fairlead.db"), sqlstore.Options{})
	must(err)
	f.Cleanup(func() { _ = st.Close() })
	keys, err := seal.NewKeyring()
	must(err)
	at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	v, err := vault.Open(ctx, st, keys, at)
	must(err)
	a := auth.New(st, v, auth.Options{Now: func() time.Time { return at }, DevFastHash: true, Unlimited: true})
	m, err := a.AddMember(ctx, cvd.System, cvd.Member{Name: "Ada", Email: leadEmail, Roles: []cvd.Role{cvd.RoleLead}})
	must(err)
	code, err := a.NewLink(ctx, m.ID, time.Hour)
	must(err)
	s, err := a.UseLink(ctx, code)
	must(err)
	in := auth.InSession(ctx, s)
	place, err := passkey.At(site, "Tidewater")
	must(err)
	f.Fuzz(func(t *testing.T, answer string) {
		c, err := a.AskPasskey(ctx, place, "")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := a.SignInPasskey(ctx, c.ID, answer, ""); !errors.Is(err, cvd.ErrUnauthenticated) {
			t.Fatalf("shown %q: %v", answer, err)
		}
		if c, err = a.OfferPasskey(in, s.Actor, place, "Laptop"); err != nil {
			t.Fatal(err)
		}
		if _, err := a.AddPasskey(in, s.Actor, c.ID, answer); !errors.Is(err, cvd.ErrUnauthenticated) {
			t.Fatalf("made %q: %v", answer, err)
		}
	})
}

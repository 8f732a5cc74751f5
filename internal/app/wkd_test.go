package app_test

import (
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"fairlead/examples"
	"fairlead/internal/app"
	"fairlead/internal/app/demo"
	"fairlead/internal/app/wall"
	"fairlead/internal/pgp"
)

// The key that security.txt names, that the policy page shows and that a mail program
// finds by the address is one.
func TestTheKeyIsServed(t *testing.T) {
	clock := wall.Frozen(time.Date(2026, time.March, 3, 15, 0, 0, 0, time.UTC))
	h, err := app.Build(t.Context(), app.Config{Data: t.TempDir(), Database: app.DatabaseConfig{Engine: "sqlite"}}, app.Options{Demo: true, Clock: clock, BaseURL: "https://security.example.org"})
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	if _, err := demo.Seed(t.Context(), h, examples.TwoPersonTeam, true); err != nil {
		t.Fatal(err)
	}
	handler, err := h.Handler(true)
	if err != nil {
		t.Fatal(err)
	}
	get := func(host, path string) string {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequest("GET", "https://"+host+path, nil))
		if w.Code != 200 {
			t.Fatalf("%s%s: %d", host, path, w.Code)
		}
		return w.Body.String()
	}
	key, err := pgp.ReadPublic([]byte(get("security.example.org", "/.well-known/openpgp-key.asc")))
	if err != nil {
		t.Fatal(err)
	}
	const security = "t5s8ztdbon8yzntexy6oz5y48etqsnbb" // as the draft's hash names that local part
	for where, in := range map[string]string{"the direct way": get("example.org", "/.well-known/openpgpkey/hu/"+security), "the advanced way": get("openpgpkey.example.org", "/.well-known/openpgpkey/example.org/hu/"+security)} {
		found, err := pgp.ReadCarried([]byte(in))
		if err != nil || found.Fingerprint() != key.Fingerprint() || !found.CanEncrypt(clock.Now()) {
			t.Errorf("%s: %v", where, err)
		}
	}
	if page := get("security.example.org", "/policy"); !strings.Contains(page, pgp.Spaced(key.Fingerprint())) {
		t.Error("the policy page does not show the fingerprint")
	}
	if txt := get("security.example.org", "/.well-known/security.txt"); !strings.Contains(txt, "/.well-known/openpgp-key.asc") {
		t.Errorf("security.txt does not name the key:\n%s", txt)
	}
}

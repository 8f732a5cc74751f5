package app_test

import (
	"context"
	"net/http/httptest"
	"strings"
	"testing"

	"fairlead/examples"
	"fairlead/internal/app"
	"fairlead/internal/app/demo"
)

// Links start from where the server listens, whatever Host a request names: what
// it says to one stranger must not lead another astray.
func TestLinksDoNotFollowTheHostOfARequest(t *testing.T) {
	h, err := app.Build(context.Background(), app.Config{Data: t.TempDir(), Database: app.DatabaseConfig{Engine: "sqlite"}},
		app.Options{Demo: true, BaseURL: "https://localhost:7703"})
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	if _, err := demo.Seed(context.Background(), h, examples.TwoPersonTeam, true); err != nil {
		t.Fatal(err)
	}
	handler, err := h.Handler(true)
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/api/v1/reports", "/.well-known/security.txt"} {
		r := httptest.NewRequest("GET", "https://evil.example.net"+path, nil)
		if strings.HasPrefix(path, "/api/") {
			r = httptest.NewRequest("POST", "https://evil.example.net"+path, strings.NewReader(`{"description":"x"}`))
			r.Header.Set("Content-Type", "application/json")
		}
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		if w.Code >= 300 || !strings.Contains(w.Body.String(), "https://localhost:7703/") || strings.Contains(w.Body.String(), "evil") {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
}

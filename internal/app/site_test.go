package app_test

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"fairlead/examples"
	"fairlead/internal/app"
	"fairlead/internal/app/config"
	"fairlead/internal/app/demo"
)

// served is the handler of a house of that configuration.
func served(t *testing.T, cfg app.Config, demonstrates bool) (*app.House, http.Handler) {
	t.Helper()
	cfg.Data, cfg.Database = t.TempDir(), app.DatabaseConfig{Engine: "sqlite"}
	h, err := app.Build(t.Context(), cfg, app.Options{Demo: demonstrates, Unlimited: true, BaseURL: "http://127.0.0.1:8080"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.Close() })
	if _, err := demo.Seed(t.Context(), h, examples.TwoPersonTeam, true); err != nil {
		t.Fatal(err)
	}
	handler, err := h.Handler(cfg.TLS != nil)
	if err != nil {
		t.Fatal(err)
	}
	return h, handler
}

// came asks as a request that came in at a local address from a peer.
func came(handler http.Handler, local, peer, method, url, body string, head ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, url, strings.NewReader(body))
	r.RemoteAddr = peer + ":1234"
	for i := 0; i+1 < len(head); i += 2 {
		r.Header.Set(head[i], head[i+1])
	}
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), http.LocalAddrContextKey, &net.TCPAddr{IP: net.ParseIP(local), Port: 8080})))
	return w
}

// A site that knows its name answers to that name, and takes what changes something from
// its own pages and from programs alone, at every door.
func TestTheSiteAnswersToItsNames(t *testing.T) {
	const form, object = "application/x-www-form-urlencoded", "application/json"
	acme := &app.TLSConfig{ACME: &config.ACME{AcceptTerms: true, Hosts: []string{"security.example.org", "alias.example.org"}}}
	for name, cfg := range map[string]app.Config{"by public_url": {PublicURL: "https://security.example.org"}, "by its certificate": {TLS: acme}} {
		h, handler := served(t, cfg, false)
		if h.Base() != "https://security.example.org" {
			t.Errorf("%s: the public address is %s", name, h.Base())
		}
		for _, c := range []struct {
			method, url, kind, body string
			head                    []string
			want                    int
		}{
			{"GET", "https://security.example.org/desk/sign-in", "", "", nil, 200},
			{"GET", "https://evil.example/desk/sign-in", "", "", nil, 421},
			{"GET", "https://evil.example/api/openapi.json", "", "", nil, 421},
			{"GET", "https://192.0.2.5/healthz", "", "", nil, 200},
			{"GET", "https://192.0.2.5/readyz", "", "", nil, 200},
			{"GET", "https://example.org/.well-known/security.txt", "", "", nil, 200},
			{"POST", "https://security.example.org/desk/sign-in", form, "email=a&password=b", []string{"Origin", "https://security.example.org"}, 401},
			{"POST", "https://evil.example/desk/sign-in", form, "email=a&password=b", []string{"Origin", "https://evil.example"}, 403},
			{"POST", "https://security.example.org/desk/sign-in", form, "email=a&password=b", []string{"Origin", "http://security.example.org"}, 403},
			{"POST", "https://security.example.org/desk/sign-in", form, "email=a&password=b", []string{"Origin", "http://x"}, 403},
			{"POST", "https://security.example.org/api/v1/reports", object, `{"description":"x"}`, nil, 201},
			{"POST", "https://evil.example/api/v1/reports", object, `{"description":"x"}`, nil, 403},
			{"POST", "https://security.example.org/api/v1/reports", object, `{"description":"x"}`, []string{"Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site"}, 403},
		} {
			w := came(handler, "192.0.2.5", "198.51.100.1", c.method, c.url, c.body, append([]string{"Content-Type", c.kind}, c.head...)...)
			if w.Code != c.want {
				t.Errorf("%s: %s %s %v: %d, want %d", name, c.method, c.url, c.head, w.Code, c.want)
			}
			if w.Header().Get("X-Content-Type-Options") != "nosniff" {
				t.Errorf("%s: %s %s carries no headers", name, c.method, c.url)
			}
		}
	}
}

// A demo answers to any name, from its own pages all the same.
func TestADemoAnswersToAnyName(t *testing.T) {
	_, handler := served(t, app.Config{}, true)
	for url, want := range map[string]int{"http://127.0.0.1:8080": 401, "http://localhost:8080": 401, "http://laptop.example:8080": 401} {
		if w := came(handler, "127.0.0.1", "127.0.0.1", "GET", url+"/desk/sign-in", ""); w.Code != http.StatusOK {
			t.Errorf("%s: %d", url, w.Code)
		}
		const kind = "application/x-www-form-urlencoded"
		if w := came(handler, "127.0.0.1", "127.0.0.1", "POST", url+"/desk/sign-in", "email=a&password=b", "Content-Type", kind, "Origin", url); w.Code != want {
			t.Errorf("%s: %d", url, w.Code)
		}
		if w := came(handler, "127.0.0.1", "127.0.0.1", "POST", url+"/desk/sign-in", "email=a&password=b", "Content-Type", kind, "Origin", "http://evil.example"); w.Code != http.StatusForbidden {
			t.Errorf("%s from elsewhere: %d", url, w.Code)
		}
	}
}

// At an address that others reach in the clear, those get pages whom a named proxy brings.
func TestAClearListenerServesItsProxiesAlone(t *testing.T) {
	_, handler := served(t, app.Config{Listen: "0.0.0.0:8080", PublicURL: "https://security.example.org", TrustedProxies: []string{"10.0.0.1"}}, false)
	for peer, want := range map[string]int{"10.0.0.1": 200, "10.0.0.2": 421, "198.51.100.1": 421} {
		if w := came(handler, "192.0.2.5", peer, "GET", "http://security.example.org/desk/sign-in", "", "X-Forwarded-Proto", "https"); w.Code != want {
			t.Errorf("from %s: %d", peer, w.Code)
		}
		if w := came(handler, "192.0.2.5", peer, "GET", "http://192.0.2.5:8080/healthz", ""); w.Code != http.StatusOK {
			t.Errorf("health from %s: %d", peer, w.Code)
		}
	}
	_, taken := served(t, app.Config{Listen: "0.0.0.0:8080", InsecureListen: true}, false)
	if w := came(taken, "192.0.2.5", "198.51.100.1", "GET", "http://192.0.2.5:8080/desk/sign-in", ""); w.Code != http.StatusOK {
		t.Errorf("where the operator takes it: %d", w.Code)
	}
}

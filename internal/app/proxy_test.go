package app_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"fairlead/examples"
	"fairlead/internal/app"
	"fairlead/internal/app/demo"
	"fairlead/internal/app/wall"
	"fairlead/internal/casework"
	"fairlead/internal/cvd"
)

// proxiedHouse is a house behind one named proxy, with its handler.
func proxiedHouse(t *testing.T) (*app.House, http.Handler) {
	t.Helper()
	dir := t.TempDir()
	h := open(t, app.Config{
		Data: filepath.Join(dir, "data"), Database: app.DatabaseConfig{Engine: "sqlite"},
		Keys: app.KeysConfig{File: filepath.Join(dir, "key")}, TrustedProxies: []string{"10.0.0.0/8"},
	})
	t.Cleanup(func() { _ = h.Close() })
	if _, err := demo.Seed(context.Background(), h, examples.TwoPersonTeam, true); err != nil {
		t.Fatal(err)
	}
	handler, err := h.Handler(false)
	if err != nil {
		t.Fatal(err)
	}
	return h, handler
}

// Whatever a client writes into X-Forwarded-For itself, and on whichever line
// the proxy adds its own, the limits count the address that the proxy saw; of
// IPv6 the network of a customer.
func TestLimitsCountWhatTheProxySaw(t *testing.T) {
	_, handler := proxiedHouse(t)
	doors := map[string]func() *http.Request{
		"api": func() *http.Request {
			r := httptest.NewRequest(http.MethodGet, "/api/v1/thread", nil)
			r.Header.Set("Authorization", "Receipt wrong-words")
			return r
		},
		"web": func() *http.Request {
			r := httptest.NewRequest(http.MethodPost, "/thread/open", strings.NewReader("receipt=wrong"))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			return r
		},
		"desk": func() *http.Request {
			r := httptest.NewRequest(http.MethodPost, "/desk/sign-in", strings.NewReader("email=nobody@example.org&password=wrong"))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			return r
		},
	}
	for door, make := range doors {
		limited := func(from string, lines ...string) bool {
			r := make()
			r.RemoteAddr = from
			for _, l := range lines {
				r.Header.Add("X-Forwarded-For", l)
			}
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, r)
			return w.Code == http.StatusTooManyRequests
		}
		stopped := func(name string, one func(i int) bool) {
			t.Helper()
			for i := range 40 {
				if one(i) {
					return
				}
			}
			t.Errorf("%s: %s was never limited", door, name)
		}
		stopped("two lines", func(i int) bool {
			return limited("10.0.0.1:9", fmt.Sprintf("198.51.100.%d", i), "192.0.2.9")
		})
		if door != "desk" && limited("10.0.0.1:9", "192.0.2.9", "192.0.2.10") {
			t.Errorf("%s: the first line counts", door)
		}
		stopped("one network of IPv6", func(i int) bool {
			return limited("10.0.0.1:9", fmt.Sprintf("2001:db8:0:1::%x", i+1))
		})
		stopped("a stranger who plays proxy", func(i int) bool {
			return limited("192.0.2.66:9", fmt.Sprintf("198.51.100.%d", i+100))
		})
	}
}

// A demo that listens without TLS is used by http whatever address its policy names.
func TestDemoOverHTTPKeepsItsCookies(t *testing.T) {
	for _, demonstration := range []bool{true, false} {
		h, err := app.Build(t.Context(), app.Config{Data: t.TempDir(), Database: app.DatabaseConfig{Engine: "sqlite"}}, app.Options{
			Demo: demonstration, Clock: wall.Frozen(time.Date(2026, time.March, 3, 15, 0, 0, 0, time.UTC)),
		})
		if err != nil {
			t.Fatal(err)
		}
		defer h.Close()
		source := append([]byte("public_url: https://security.example.org\n"), examples.TwoPersonTeam...)
		if _, err := demo.Seed(t.Context(), h, source, true); err != nil {
			t.Fatal(err)
		}
		handler, err := h.Handler(false)
		if err != nil {
			t.Fatal(err)
		}
		got, err := h.Desk.As(cvd.Stranger).Receive(t.Context(), casework.Submission{Channel: "api", Report: &cvd.Report{Description: "x"}})
		if err != nil {
			t.Fatal(err)
		}
		r := httptest.NewRequest(http.MethodPost, "http://127.0.0.1:8080/thread/open", strings.NewReader(url.Values{"receipt": {got.Receipt}}.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		cookies := w.Result().Cookies()
		if len(cookies) != 1 || cookies[0].Secure == demonstration || (w.Header().Get("Strict-Transport-Security") == "") != demonstration {
			t.Errorf("demo %t: %d %v", demonstration, w.Code, cookies)
		}
	}
}

// A cookie is bound to https whenever its reader comes by https, and only then.
func TestCookiesFollowTheRequest(t *testing.T) {
	h, handler := proxiedHouse(t)
	got, err := h.Desk.As(cvd.Stranger).Receive(context.Background(), casework.Submission{Channel: "api", Report: &cvd.Report{Description: "x"}})
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		from, proto, url string
		secure           bool
	}{
		"plain":              {"192.0.2.1:1", "", "http://example.com", false},
		"tls":                {"192.0.2.1:1", "", "https://example.com", true},
		"proxy with https":   {"10.0.0.1:1", "https", "http://example.com", true},
		"proxy without":      {"10.0.0.1:1", "http", "http://example.com", false},
		"stranger claims it": {"192.0.2.1:1", "https", "http://example.com", false},
	} {
		r := httptest.NewRequest(http.MethodPost, c.url+"/thread/open", strings.NewReader(url.Values{"receipt": {got.Receipt}}.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.RemoteAddr = c.from
		if c.proto != "" {
			r.Header.Set("X-Forwarded-Proto", c.proto)
		}
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		cookies := w.Result().Cookies()
		if len(cookies) != 1 {
			t.Fatalf("%s: status %d, cookies %v", name, w.Code, cookies)
		}
		if k := cookies[0]; k.Secure != c.secure || strings.HasPrefix(k.Name, "__Host-") != c.secure || (w.Header().Get("Strict-Transport-Security") != "") != c.secure {
			t.Errorf("%s: %v", name, k)
		}
	}
}

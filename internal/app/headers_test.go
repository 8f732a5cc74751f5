package app_test

import (
	"mime"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// Every answer of every address, to whoever asks, tells the browser that it is what
// it says it is, is shown in no frame, loads nothing but our own, and that there is
// nothing here without https, and text has its charset (ASVS 5.0.0, V3.4.1 to V3.4.6,
// V3.2.1, V4.1.1).
func TestEveryAnswerCarriesTheHeaders(t *testing.T) {
	m := newMatrix(t)
	callers := m.callers()
	asked, pages := 0, 0
	for _, route := range append(m.routes(), "GET /healthz", "GET /readyz", "GET /no/such/page", "GET /api/v1/nothing", "POST /", "GET /.well-known/openpgpkey/policy", "GET //report", "GET /api", "GET /desk/../report", "GET /static/none.css") {
		if route == "GET /desk/events" {
			continue // stays open for as long as somebody listens
		}
		for _, c := range callers {
			if c.name != "stranger" && c.name != "reporter" && c.name != "lead" {
				continue
			}
			asked++
			w := m.ask(m.request(route, m.own, c))
			h := w.Header()
			csp := h.Get("Content-Security-Policy")
			for _, part := range []string{"default-src 'none'", "frame-ancestors 'none'"} {
				if !strings.Contains(csp, part) {
					t.Errorf("%s for %s: %d without %s: %q", route, c.name, w.Code, part, csp)
				}
			}
			if strings.Contains(csp, "unsafe-") || strings.Contains(csp, "*") {
				t.Errorf("%s for %s: %q", route, c.name, csp)
			}
			if got := h.Get("X-Content-Type-Options"); got != "nosniff" {
				t.Errorf("%s for %s: %d may be sniffed", route, c.name, w.Code)
			}
			if got := h.Get("Referrer-Policy"); got != "no-referrer" && got != "same-origin" {
				t.Errorf("%s for %s: %d Referrer-Policy %q", route, c.name, w.Code, got)
			}
			if got := h.Get("Strict-Transport-Security"); got != "max-age=63072000; includeSubDomains" {
				t.Errorf("%s for %s: %d HSTS %q", route, c.name, w.Code, got)
			}
			if got := h.Get("Cross-Origin-Resource-Policy"); got != "same-origin" && (got != "cross-origin" || h.Get("Access-Control-Allow-Origin") != "*") {
				t.Errorf("%s for %s: %d Cross-Origin-Resource-Policy %q", route, c.name, w.Code, got)
			}
			if got := h.Get("Access-Control-Allow-Origin"); (got != "" && got != "*") || h.Get("Access-Control-Allow-Credentials") != "" {
				t.Errorf("%s for %s: %d is for %q", route, c.name, w.Code, got)
			}
			if h.Get("Cache-Control") == "" {
				t.Errorf("%s for %s: %d does not say who may keep it", route, c.name, w.Code)
			}
			kind, params, err := mime.ParseMediaType(h.Get("Content-Type"))
			if w.Body.Len() > 0 && (err != nil || (strings.HasPrefix(kind, "text/") && !strings.EqualFold(params["charset"], "utf-8"))) {
				t.Errorf("%s for %s: %d has the type %q", route, c.name, w.Code, h.Get("Content-Type"))
			}
			if kind == "text/html" && w.Code != http.StatusTemporaryRedirect {
				pages++
				parts := []string{"script-src 'self'", "form-action 'self'", "base-uri 'none'", "require-trusted-types-for 'script'"}
				if strings.Contains(csp, "; sandbox ") { // a stranger's file as text, where nothing may run at all
					parts = []string{"form-action 'none'", "base-uri 'none'"}
					if strings.Contains(csp, "script") {
						t.Errorf("%s for %s: %q", route, c.name, csp)
					}
				}
				for _, part := range parts {
					if !strings.Contains(csp, part) {
						t.Errorf("%s for %s: a page without %s: %q", route, c.name, part, csp)
					}
				}
				if got := h.Get("Cross-Origin-Opener-Policy"); got != "same-origin" {
					t.Errorf("%s for %s: a page with Cross-Origin-Opener-Policy %q", route, c.name, got)
				}
			}
		}
	}
	if asked < 300 || pages < 100 {
		t.Errorf("only %d answers and %d pages were looked at", asked, pages)
	}
}

// What belongs to one reader is kept by no cache, and leaving clears what a browser
// has (ASVS 5.0.0, V14.3.1, V14.3.2).
func TestPrivateAnswersAreNotKept(t *testing.T) {
	m := newMatrix(t)
	callers := m.callers()
	seen := 0
	for _, route := range m.routes() {
		_, path, _ := strings.Cut(route, " ")
		private := strings.HasPrefix(path, "/desk") || strings.HasPrefix(path, "/thread") || strings.HasPrefix(path, "/api/v1/")
		if route == "GET /desk/events" || !private {
			continue
		}
		for _, c := range callers {
			if c.name != "reporter" && c.name != "lead" {
				continue
			}
			w := m.ask(m.request(route, m.own, c))
			seen++
			if got := w.Header().Get("Cache-Control"); got != "no-store" {
				t.Errorf("%s for %s: %d Cache-Control %q", route, c.name, w.Code, got)
			}
			leaves := route == "POST /desk/sign-out" && c.name == "lead" || route == "POST /thread/leave" && c.name == "reporter"
			if got := w.Header().Get("Clear-Site-Data"); leaves && !strings.Contains(got, `"cache"`) {
				t.Errorf("%s for %s: %d leaves what the browser has: %q", route, c.name, w.Code, got)
			}
		}
	}
	if seen < 150 {
		t.Errorf("only %d answers were looked at", seen)
	}
}

// A method that shows a request to its sender shows it nowhere (ASVS 5.0.0,
// V13.4.4).
func TestTraceIsRefused(t *testing.T) {
	m := newMatrix(t)
	for _, path := range []string{"/", "/report", "/desk/", "/api/v1/reports", "/advisories", "/healthz", "/.well-known/security.txt"} {
		r := httptest.NewRequest(http.MethodTrace, origin+path, nil)
		r.Header.Set("Cookie", "secret=word")
		if w := m.ask(r); w.Code < 300 || strings.Contains(w.Body.String(), "secret") {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
}

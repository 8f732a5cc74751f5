package app_test

import (
	"strings"
	"testing"
)

// Every answer of every address, to whoever asks, tells the browser that it is what
// it says it is, is shown in no frame, loads nothing but our own, and that there is
// nothing here without https (ASVS 5.0.0, V3.4.1 to V3.4.6, V3.2.1).
func TestEveryAnswerCarriesTheHeaders(t *testing.T) {
	m := newMatrix(t)
	callers := m.callers()
	asked := 0
	for _, route := range append(m.routes(), "GET /healthz", "GET /readyz", "GET /no/such/page", "GET /api/v1/nothing", "POST /", "GET /.well-known/openpgpkey/policy") {
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
			if !strings.HasPrefix(h.Get("Strict-Transport-Security"), "max-age=63072000") {
				t.Errorf("%s for %s: %d without HSTS", route, c.name, w.Code)
			}
			if w.Body.Len() > 0 && w.Code != 204 && h.Get("Content-Type") == "" {
				t.Errorf("%s for %s: %d has no type", route, c.name, w.Code)
			}
		}
	}
	if asked < 300 {
		t.Errorf("only %d answers were looked at", asked)
	}
}

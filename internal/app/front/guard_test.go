package front

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

// Names below ours are told to be https only where they are ours: not below the
// domain of an organisation, unless the operator says so (ASVS 5.0.0, V3.4.1).
func TestHSTSHoldsForNamesThatAreOurs(t *testing.T) {
	yes, no := true, false
	for _, c := range []struct {
		base  string
		says  *bool
		below bool
	}{
		{"https://security.example.org", nil, true},
		{"https://security.example.org:8443", nil, true},
		{"https://SECURITY.example.co.uk.", nil, true},
		{"https://a.b.example.org", nil, true},
		{"https://example.org", nil, false},
		{"https://EXAMPLE.co.uk", nil, false},
		{"https://co.uk", nil, false},
		{"https://someone.github.io", nil, false}, // a name that one of many has there
		{"https://security.someone.github.io", nil, true},
		{"https://security.corp.internal", nil, true},
		{"https://security", nil, false},
		{"https://localhost:8080", nil, false},
		{"https://192.0.2.1", nil, false},
		{"https://[2001:db8::1]:8443", nil, false},
		{"", nil, false},
		{"https://example.org", &yes, true},
		{"https://security.example.org", &yes, true},
		{"https://security.example.org", &no, false},
	} {
		want := "max-age=63072000"
		if c.below {
			want += "; includeSubDomains"
		}
		if got := HSTS(c.base, c.says); got != want {
			t.Errorf("%s, %v: %q", c.base, c.says, got)
		}
	}
}

// Over http the header means nothing and is not sent (RFC 6797, section 7.2).
func TestHSTSComesOverHTTPSAlone(t *testing.T) {
	for _, secure := range []bool{true, false} {
		w := httptest.NewRecorder()
		Guarded(func(*http.Request) bool { return secure }, func() string { return "max-age=1" }, http.NotFoundHandler()).
			ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
		if got := w.Header().Get("Strict-Transport-Security"); (got == "max-age=1") != secure || (got == "") == secure {
			t.Errorf("https %t: %q", secure, got)
		}
	}
}

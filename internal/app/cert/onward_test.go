package cert

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// Who reads is led on to https; a program that speaks in the clear is refused, and
// told so (ASVS 5.0.0, V4.1.2).
func TestOnlyReadersAreLedOn(t *testing.T) {
	k := &Keeper{base: "https://security.example.org"}
	for _, c := range []struct {
		method, path, token, to string
	}{
		{"GET", "/report?x=1", "", "https://security.example.org/report?x=1"},
		{"HEAD", "/", "", "https://security.example.org/"},
		{"POST", "/report", "", ""},
		{"GET", "/api/v1/cases", "", ""},
		{"POST", "/api/v1/reports", "", ""},
		{"GET", "/.well-known/csaf/amber/index.json", "Bearer fl_x", ""},
	} {
		r := httptest.NewRequest(c.method, "http://other.example.org"+c.path, strings.NewReader(""))
		if c.token != "" {
			r.Header.Set("Authorization", c.token)
		}
		w := httptest.NewRecorder()
		k.onward(w, r)
		if got := w.Header().Get("Location"); got != c.to || (c.to == "") != (w.Code == http.StatusBadRequest) {
			t.Errorf("%s %s: %d to %q, want %q", c.method, c.path, w.Code, got, c.to)
		}
	}
}

package api_test

import (
	"net/http"
	"strings"
	"testing"
)

// Nothing that changes something is taken from a page of another site, at any operation
// and whatever it carries; programs say nothing of where they are, and go on.
func TestAPageOfAnotherSiteChangesNothing(t *testing.T) {
	h := open(t, true)
	token := "Bearer " + h.token(h.Lead, false)
	const report, body = "/api/v1/reports", `{"description":"x"}`
	h.ask(http.MethodPost, report, body).want(t, http.StatusCreated)
	h.ask(http.MethodPost, report, body, "Sec-Fetch-Site", "same-origin", "Origin", "https://security.example.org").want(t, http.StatusCreated)
	for _, head := range [][]string{
		{"Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"},
		{"Sec-Fetch-Site", "same-site"},
		{"Origin", "https://evil.example"},
		{"Origin", "null"},
	} {
		for _, one := range []struct{ method, path string }{
			{http.MethodPost, report}, {http.MethodPost, "/api/v1/thread/messages"}, {http.MethodPost, "/api/v1/tokens"}, {http.MethodDelete, "/api/v1/tokens/x"},
		} {
			for _, with := range [][]string{nil, {"Authorization", token}} {
				a := h.ask(one.method, one.path, body, append(with, head...)...).want(t, http.StatusForbidden)
				if a.object(t)["type"] != "urn:fairlead:problem:cross-site" || a.Header().Get("WWW-Authenticate") != "" {
					t.Errorf("%s %s with %v: %s %v", one.method, one.path, head, a.Body, a.Header())
				}
			}
		}
		h.ask(http.MethodGet, "/api/v1/cases", "", append([]string{"Authorization", token}, head...)...).want(t, http.StatusOK)
	}
	if n := strings.Count(h.Log.String(), "event=cross-site-refused"); n != 32 {
		t.Errorf("%d of 32 refusals are logged", n)
	}
}

package web_test

import (
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"fairlead/internal/web/webtest"
)

func TestUnknownPage(t *testing.T) {
	h := webtest.New(t, "two-person-team.yaml", nil)
	a := h.Browser().Get("/no/such/page?code=canary-code").Check(h, 404)
	if strings.Contains(a.Body, "⟦") || !strings.Contains(a.Text(), "Nothing here") {
		t.Errorf("the page reads %s", a.Text())
	}
	if strings.Contains(h.Log.String(), "canary-code") || strings.Contains(h.Log.String(), "/no/such/page") {
		t.Error("the log holds the address")
	}
	for name, want := range map[string]string{
		"Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'",
		"X-Content-Type-Options":  "nosniff", "Referrer-Policy": "same-origin", "Cross-Origin-Opener-Policy": "same-origin",
	} {
		if got := a.Header.Get(name); got != want {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// Every address of a static file that a page names exists, is kept for ever and
// carries a hash.
func TestStaticFiles(t *testing.T) {
	h := webtest.New(t, "signed-policy.yaml", nil)
	b := h.Browser()
	a := b.Get("/nothing").Check(h, 404)
	found := 0
	for _, part := range strings.Split(a.Body, `href="/static/`)[1:] {
		name, _, _ := strings.Cut(part, `"`)
		f := b.Get("/static/"+name).Check(h, 200)
		if !strings.Contains(f.Header.Get("Cache-Control"), "immutable") {
			t.Errorf("%s: %q", name, f.Header.Get("Cache-Control"))
		}
		found++
	}
	if found != 3 {
		t.Errorf("%d static files, want the style, the theme and the mark", found)
	}
	b.Get("/static/site.css").Check(h, 404)
	b.Get("/static/..%2fsite.go").Check(h, 404)
}

// A page that is there but not for this method says which it takes.
func TestWrongMethod(t *testing.T) {
	h := webtest.New(t, "two-person-team.yaml", nil)
	for at, allow := range map[string]string{
		"DELETE /static/x": "GET, HEAD", "PUT /static/x": "GET, HEAD", "DELETE /no/such/page": "",
	} {
		method, path, _ := strings.Cut(at, " ")
		a := h.Browser().Send(httptest.NewRequest(method, path, nil))
		want := 405
		if allow == "" {
			want = 404
		}
		if a.Check(h, want); a.Header.Get("Allow") != allow {
			t.Errorf("%s: Allow %q", at, a.Header.Get("Allow"))
		}
		if strings.Contains(a.Body, "⟦") {
			t.Errorf("%s: a text is missing", at)
		}
	}
}

// The desk's scripts are small and make no markup: every text comes with the page.
func TestScriptsMakeNoMarkup(t *testing.T) {
	for _, name := range []string{"desk.js", "passkey.js", "report.js", "signin.js"} {
		b, err := os.ReadFile("static/" + name)
		if err != nil {
			t.Fatal(err)
		}
		if len(b) > 20<<10 {
			t.Errorf("%s has %d bytes of %d", name, len(b), 20<<10)
		}
		for _, never := range []string{"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "DOMParser", "createContextualFragment", "eval(", "Function(", "setAttribute('style", ".style."} {
			if strings.Contains(string(b), never) {
				t.Errorf("%s uses %s", name, never)
			}
		}
	}
}

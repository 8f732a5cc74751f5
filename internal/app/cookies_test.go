package app_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"fairlead/internal/app"
	"fairlead/internal/auth/onetime"
)

// formOf is a form that a page of the site sends.
func formOf(path string, form url.Values) *http.Request {
	r := httptest.NewRequest(http.MethodPost, origin+path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return r
}

// given tells whether an answer sets a cookie; one that is taken away has no value.
func given(w *httptest.ResponseRecorder) bool {
	return slices.ContainsFunc(w.Result().Cookies(), func(k *http.Cookie) bool { return k.Value != "" })
}

// Every cookie of every address comes over https for this host alone, is read by no
// script and sent along by no other site's form; its value stands in no page, and a
// stranger who only reads gets none (ASVS 5.0.0, V3.3.1 to V3.3.4).
func TestEveryCookieIsBoundToTheHost(t *testing.T) {
	m := newMatrix(t)
	seen := map[string]bool{}
	look := func(name string, w *httptest.ResponseRecorder) {
		t.Helper()
		for _, k := range w.Result().Cookies() {
			seen[k.Name] = true
			if !strings.HasPrefix(k.Name, "__Host-") || !k.Secure || !k.HttpOnly || k.SameSite != http.SameSiteLaxMode || k.Path != "/" || k.Domain != "" {
				t.Errorf("%s: %s", name, k)
			}
			if k.Value != "" && (strings.Contains(w.Body.String(), k.Value) || strings.Contains(w.Header().Get("Location"), k.Value)) {
				t.Errorf("%s: the value of %s stands in the answer", name, k.Name)
			}
		}
	}
	callers := m.callers()
	code, err := m.h.Auth.NewLink(context.Background(), m.lead.ID, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	for name, r := range map[string]*http.Request{
		"a receipt":  formOf("/thread/open", url.Values{"receipt": {m.receipts["own"]}}),
		"a link":     formOf("/desk/sign-in", url.Values{"link": {onetime.SignIn(code)}}),
		"a provider": formOf("/desk/sign-in/provider/main", nil),
	} {
		w := m.ask(r)
		if len(w.Result().Cookies()) != 1 {
			t.Errorf("%s: %d, cookies %v", name, w.Code, w.Result().Cookies())
		}
		look(name, w)
	}
	for _, route := range m.routes() {
		for _, c := range callers {
			if route == "GET /desk/events" {
				continue
			}
			w := m.ask(m.request(route, m.own, c))
			look(route+" for "+c.name, w)
			if c.name == "stranger" && strings.HasPrefix(route, "GET ") && given(w) {
				t.Errorf("%s: a stranger gets a cookie", route)
			}
			if c.cookie != nil && strings.Contains(w.Body.String(), c.cookie.Value) {
				t.Errorf("%s: the session of %s stands in the page", route, c.name)
			}
		}
	}
	if len(seen) != 3 {
		t.Errorf("the cookies are %v", seen)
	}
}

// Whoever is signed in can leave from each page that asked for it: members by the foot
// of the page, reporters on their thread (ASVS 5.0.0, V7.4.4).
func TestEveryPageLetsOneLeave(t *testing.T) {
	m := newMatrix(t)
	pages := map[string]int{}
	callers := m.callers()
	for _, route := range m.routes() {
		_, path, _ := strings.Cut(route, " ")
		for _, c := range callers {
			area, leave := "/desk", `action="/desk/sign-out"`
			if c.name == "reporter" {
				area, leave = "/thread", `action="/thread/leave"`
			}
			if !strings.HasPrefix(route, "GET ") || !strings.HasPrefix(path, area) || strings.HasPrefix(path, "/desk/sign-in") || path == "/desk/events" || c.cookie == nil {
				continue
			}
			w := m.ask(m.request(route, m.own, c))
			if w.Code != http.StatusOK || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") {
				continue
			}
			pages[area]++
			if !strings.Contains(w.Body.String(), leave) {
				t.Errorf("%s: %s cannot leave", route, c.name)
			}
		}
	}
	if pages["/desk"] < 60 || pages["/thread"] == 0 {
		t.Errorf("the pages were %v", pages)
	}
}

// What watches the server is not on the public listener, whoever asks, and there is no
// other until the operator names one (ASVS 5.0.0, V13.4.2, V13.4.5).
func TestMetricsAreNotPublic(t *testing.T) {
	m := newMatrix(t)
	private, callers := m.h.Private(), m.callers()
	for _, path := range []string{"/metrics", "/debug/pprof/", "/debug/pprof/profile", "/debug/pprof/heap", "/debug/vars", "/debug/requests"} {
		for _, c := range callers {
			if w := m.ask(m.request("GET "+path, m.own, c)); w.Code != http.StatusNotFound {
				t.Errorf("%s: %s gets %d", path, c.name, w.Code)
			}
		}
	}
	w := httptest.NewRecorder()
	private.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	if w.Code != http.StatusOK {
		t.Errorf("/metrics is at no place: %d", w.Code)
	}
}

// Nothing of the source, the configuration or the data lies under any address, and no
// folder is listed (ASVS 5.0.0, V13.4.1 and V13.4.3).
func TestNothingOfTheSourceIsServed(t *testing.T) {
	m := newMatrix(t)
	callers := m.callers()
	for _, path := range []string{
		"/.git/config", "/.git/HEAD", "/.svn/entries", "/.hg/store", "/.env", "/go.mod", "/README.md", "/internal/web/site.go", "/config.yaml", "/policy.yaml",
		"/fairlead.db", "/blobs/", "/keys", "/static/", "/static", "/static/.git/config", "/static/%2e%2e/site.go", "/templates/layout.html", "/.well-known/", "/advisories/../.git/config",
	} {
		for _, c := range callers {
			if c.name != "stranger" && c.name != "lead" {
				continue
			}
			w := m.ask(m.request("GET "+path, m.own, c))
			if led := w.Header().Get("Location"); w.Code == http.StatusTemporaryRedirect && led != "" { // to a cleaner path
				w = m.ask(m.request("GET "+led, m.own, c))
			}
			if w.Code != http.StatusNotFound {
				t.Errorf("%s: %s gets %d", path, c.name, w.Code)
			}
		}
	}
}

// A new server has no member whom nobody named, and lets nobody in by a name and a
// password that others have (ASVS 5.0.0, V6.3.2).
func TestNobodyIsThereAtFirst(t *testing.T) {
	dir := t.TempDir()
	h := open(t, app.Config{
		Data: filepath.Join(dir, "data"), Database: app.DatabaseConfig{Engine: "sqlite"}, Keys: app.KeysConfig{File: filepath.Join(dir, "key")},
	})
	t.Cleanup(func() { _ = h.Close() })
	if members, err := h.Auth.Members(context.Background()); err != nil || len(members) > 0 {
		t.Errorf("there are %v: %v", members, err)
	}
	handler, err := h.Handler(true)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"root", "admin", "administrator", "sa", "fairlead", "lead", "guest", "demo", "admin@localhost", "admin@example.org", "root@localhost"} {
		for _, password := range []string{"", "admin", "root", "password", "fairlead", "changeme", name} {
			w := httptest.NewRecorder()
			r := formOf("/desk/sign-in", url.Values{"email": {name}, "password": {password}})
			handler.ServeHTTP(w, r)
			if w.Code < 400 || w.Code >= 500 || given(w) {
				t.Errorf("%s, %q: %d %v", name, password, w.Code, w.Result().Cookies())
			}
		}
	}
}

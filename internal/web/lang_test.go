package web_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"fairlead/internal/web"
	"fairlead/internal/web/webtest"
)

// What a page is written in follows the choice in the address, then what the browser
// asks for, then the policy, then English.
func TestVoiceOfARequest(t *testing.T) {
	h := webtest.New(t, "signed-policy.yaml", nil) // en, fr
	var got string
	h.Mux.Handle("GET /probe", h.Site.Open(func(w http.ResponseWriter, r *http.Request) error {
		got = h.Site.Voice(r).Lang()
		return web.See(w, r, "/thread?done=file#X")
	}))
	for _, c := range []struct{ path, accept, want, to string }{
		{"/probe", "", "en", "/thread?done=file#X"},
		{"/probe", "fr", "fr", "/thread?done=file#X"},
		{"/probe", "de-AT, en;q=0.5", "de", "/thread?done=file#X"},
		{"/probe", "ja, fr-CA;q=0.8, en;q=0.5", "fr", "/thread?done=file#X"},
		{"/probe", "ja", "en", "/thread?done=file#X"},
		{"/probe", "fr;q=0", "en", "/thread?done=file#X"},
		{"/probe", "fr;q=0, de;q=0.1", "de", "/thread?done=file#X"},
		{"/probe", strings.Repeat("fr,", 400), "en", "/thread?done=file#X"},
		{"/probe", ";;;", "en", "/thread?done=file#X"},
		{"/probe?lang=de", "fr", "de", "/thread?done=file&lang=de#X"},
		{"/probe?lang=DE", "fr", "de", "/thread?done=file&lang=de#X"},
		{"/probe?lang=de-CH", "fr", "de", "/thread?done=file&lang=de#X"},
		{"/probe?lang=xx", "fr", "fr", "/thread?done=file#X"},
		{"/probe?lang=de%22", "", "en", "/thread?done=file#X"},
	} {
		r := httptest.NewRequest(http.MethodGet, c.path, nil)
		if c.accept != "" {
			r.Header.Set("Accept-Language", c.accept)
		}
		a := h.Browser().Send(r)
		if got != c.want || a.Header.Get("Location") != c.to {
			t.Errorf("%s, %.40s: %s and %s, want %s and %s", c.path, c.accept, got, a.Header.Get("Location"), c.want, c.to)
		}
	}
}

// A page says what it is written in, leads to itself in the other languages, and
// carries on what was chosen.
func TestPageInALanguage(t *testing.T) {
	h := webtest.New(t, "two-person-team.yaml", nil)
	a := h.Browser().Get("/no/such/page?lang=de&code=canary-code").Check(h, 404)
	for _, want := range []string{
		`<html lang="de">`, `<a href="?lang=fr" hreflang="fr" lang="fr">Français</a>`, `href="?lang=de" hreflang="de" lang="de" aria-current="true">Deutsch`,
		`href="/report?lang=de"`, `href="/policy?lang=de#part-contact"`, `class="brand" href="/?lang=de"`,
	} {
		if !strings.Contains(a.Body, want) {
			t.Errorf("%s is missing", want)
		}
	}
	if strings.Contains(a.Body, "canary") || strings.Contains(a.Body, "/no/such") {
		t.Error("the page repeats what was asked for")
	}
	if !slices.Contains(a.Header.Values("Vary"), "Accept-Language") {
		t.Error("a cache would mix up the languages")
	}
	if a.Header.Get("Set-Cookie") != "" {
		t.Error("a choice of language made a cookie")
	}
	plain := h.Browser().Get("/no/such/page").Check(h, 404)
	if !strings.Contains(plain.Body, `<html lang="en">`) || !strings.Contains(plain.Body, `href="/report"`) {
		t.Error("without a choice, addresses hold one")
	}
}

// What nobody reads of an address is not repeated in it for each language, however long
// it is; what leads to the page is.
func TestLanguagesCarryWhatThePageReads(t *testing.T) {
	h := webtest.New(t, "two-person-team.yaml", nil)
	pages, err := h.Site.Pages(fstest.MapFS{"templates/probe.html": {Data: []byte(`{{define "main"}}{{end}}`)}}, "templates")
	if err != nil {
		t.Fatal(err)
	}
	h.Mux.Handle("GET /probe", h.Site.Open(func(w http.ResponseWriter, r *http.Request) error {
		return pages.Render(w, r, http.StatusOK, "probe", h.Site.Page(r, "Probe"), nil)
	}))
	plain := len(h.Browser().Get("/probe").Check(h, 200).Body)
	a := h.Browser().Get("/probe?q=a%26c&severity=high&year=2026&page=2&lang=de&canary=1&to=3&from=2").Check(h, 200)
	if want := `href="/probe?from=2&amp;page=2&amp;q=a%26c&amp;severity=high&amp;to=3&amp;year=2026&amp;lang=fr"`; !strings.Contains(a.Body, want) || strings.Contains(a.Body, "canary") {
		t.Errorf("%s is missing in %s", want, a.Body)
	}
	for name, query := range map[string]string{
		"of no page":   "x=" + strings.Repeat("y", 30_000),
		"of many":      strings.Repeat("a&", 15_000),
		"of a page":    "q=" + strings.Repeat("y", 30_000),
		"more than it": strings.Repeat("q=y&done=z&", 2_700),
	} {
		a := h.Browser().Get("/probe?"+query).Check(h, 200)
		if len(a.Body) > plain+500 {
			t.Errorf("%s: %d bytes for a query of %d; without one it is %d", name, len(a.Body), len(query), plain)
		}
	}
}

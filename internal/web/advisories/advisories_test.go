package advisories_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"fairlead/internal/advisory/advisorytest"
	"fairlead/internal/cvd"
	"fairlead/internal/web/advisories"
	"fairlead/internal/web/webtest"
	"fairlead/internal/words"
)

func house(t *testing.T) *webtest.House {
	t.Helper()
	return webtest.New(t, "signed-policy.yaml", nil, advisories.Register)
}

// publish publishes the example under an id and a label, some days ago.
func publish(h *webtest.House, id cvd.AdvisoryID, days int, change func(a *cvd.Advisory)) *cvd.Advisory {
	h.T.Helper()
	a := advisorytest.Example()
	a.ID, a.Revision, a.Published = id, 1, h.Now().AddDate(0, 0, -days)
	a.Modified = a.Published
	a.History = []cvd.AdvisoryChange{{Revision: 1, At: a.Published, Text: "First published."}}
	if change != nil {
		change(a)
	}
	if err := h.Register.Publish(context.Background(), a); err != nil {
		h.T.Fatal(err)
	}
	return a
}

func revise(h *webtest.House, a *cvd.Advisory, change func(a *cvd.Advisory)) *cvd.Advisory {
	h.T.Helper()
	b := a.Clone()
	b.Revision++
	b.Modified = h.Now()
	b.History = append(b.History, cvd.AdvisoryChange{Revision: b.Revision, At: b.Modified, Text: "Again, and *better*."})
	change(b)
	if err := h.Register.Publish(context.Background(), b); err != nil {
		h.T.Fatal(err)
	}
	return b
}

// titles are the advisories that a list names, in its order.
func titles(a *webtest.Answer) []string {
	var out []string
	for n := range a.Doc.Descendants() {
		if href := webtest.Attr(n, "href"); n.Data == "a" && n.Parent != nil && n.Parent.Data == "h2" && strings.HasPrefix(href, "/advisories/") {
			out = append(out, strings.TrimPrefix(href, "/advisories/"))
		}
	}
	return out
}

// sound checks what holds for every page here.
func sound(t *testing.T, a *webtest.Answer, status int) {
	t.Helper()
	if a.Status != status {
		t.Fatalf("status %d, want %d", a.Status, status)
	}
	if i := strings.Index(a.Body, "⟦"); i >= 0 {
		t.Errorf("a text is missing: %.60s", a.Body[i:])
	}
	if strings.Contains(a.Body, "ZgotmplZ") || strings.Contains(a.Body, "no value") {
		t.Error("a template failed")
	}
	for n := range a.Doc.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		if slices.Contains([]string{"script", "style", "iframe", "object", "img", "form"}, n.Data) && webtest.Attr(n, "role") != "search" {
			t.Errorf("the page holds a %s", n.Data)
		}
		for _, at := range n.Attr {
			if strings.HasPrefix(at.Key, "on") || at.Key == "style" || at.Key == "src" || strings.HasPrefix(at.Val, "javascript:") {
				t.Errorf("%s has %s=%q", n.Data, at.Key, at.Val)
			}
		}
	}
}

func TestEmptyListSaysSo(t *testing.T) {
	h := house(t)
	publish(h, "EX-2026-AMBER", 1, func(a *cvd.Advisory) { a.TLP = cvd.TLPAmber })
	a := h.Browser().Get("/advisories")
	sound(t, a, 200)
	if !strings.Contains(a.Text(), "No advisories have been published here yet.") || strings.Contains(a.Body, "AMBER") || strings.Contains(a.Body, "<form") {
		t.Error(a.Text())
	}
}

func TestListIsSearched(t *testing.T) {
	h := house(t)
	for i := range 30 {
		publish(h, cvd.AdvisoryID(fmt.Sprintf("EX-2026-N%02d", i)), i+1, func(a *cvd.Advisory) { a.Title = fmt.Sprintf("Title %d", i) })
	}
	publish(h, "EX-2024-OLD", 800, func(a *cvd.Advisory) {
		a.Title, a.Vulnerabilities[0].Scores, a.Products[0].Name = "An old flaw", nil, "Ferry"
	})
	publish(h, "EX-2026-AMBER", 0, func(a *cvd.Advisory) { a.TLP, a.Title = cvd.TLPAmber, "Title of a secret" })
	publish(h, "EX-2026-GREEN", 0, func(a *cvd.Advisory) { a.TLP, a.Title = cvd.TLPGreen, "A green one" })
	b := h.Browser()
	for query, want := range map[string]struct {
		count int
		first string
	}{
		"":                               {25, "EX-2026-GREEN"},
		"?page=2":                        {7, "EX-2026-N24"},
		"?page=99":                       {7, "EX-2026-N24"},
		"?page=-1":                       {25, "EX-2026-GREEN"},
		"?q=title+7":                     {3, "EX-2026-N07"},
		"?q=FERRY":                       {1, "EX-2024-OLD"},
		"?q=cve-2026-20001&year=2023":    {1, "EX-2024-OLD"},
		"?q=ex-2026-n03":                 {1, "EX-2026-N03"},
		"?q=pkg:golang/nls.example":      {25, "EX-2026-GREEN"},
		"?year=2023":                     {1, "EX-2024-OLD"},
		"?severity=high&page=2":          {6, "EX-2026-N24"},
		"?severity=none&year=1999":       {25, "EX-2026-GREEN"},
		"?q=secret":                      {0, ""},
		"?q=%3Cscript%3E":                {0, ""},
		"?q=" + strings.Repeat("ä", 9e2): {0, ""},
	} {
		a := b.Get("/advisories" + query)
		sound(t, a, 200)
		got := titles(a)
		if len(got) != want.count || (len(got) > 0 && got[0] != want.first) {
			t.Errorf("%s: %v", query, got)
		}
		if strings.Contains(a.Body, "EX-2026-AMBER") || (want.count == 0) != strings.Contains(a.Text(), "No advisory matches.") {
			t.Errorf("%s: %s", query, a.Text())
		}
	}
	if a := b.Get("/advisories?q=ferry"); !strings.Contains(a.Text(), "1 of 32 advisories") {
		t.Errorf("the count is %s", a.Text())
	}
	if a := b.Get("/advisories?q=title&page=2"); !strings.Contains(a.Body, `href="/advisories?q=title"`) {
		t.Error("the page before is not of the same search")
	}
}

// Anybody may search, so an advisory more makes nothing more but the looking.
func TestSearchMakesNothing(t *testing.T) {
	h := house(t)
	count := 0
	allocs := func(upTo int) float64 {
		for ; count < upTo; count++ {
			publish(h, cvd.AdvisoryID(fmt.Sprintf("EX-2026-N%03d", count)), count+1, nil)
		}
		return testing.AllocsPerRun(5, func() {
			h.Mux.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/advisories?q=nowhere+in+any", nil))
		})
	}
	if few, many := allocs(10), allocs(210); many > few+100 {
		t.Errorf("%.0f allocations for 10 advisories, %.0f for 210", few, many)
	}
}

func TestAdvisoryPage(t *testing.T) {
	h := house(t)
	a := publish(h, "EX-2026-ONE", 2, nil)
	page := h.Browser().Get("/advisories/EX-2026-ONE")
	sound(t, page, 200)
	text := page.Text()
	for _, want := range []string{
		a.Title, a.Overview, "High", "7.1", "CVE-2026-20001", "GHSA-abcd-1234-wxyz", "before 1.4.2", "from 2.0.0 before 2.1.1", "1.4.2", "Install 1.4.2 or 2.1.1.",
		"Refuse archives at the proxy.", "Attack vector", "Network", "Privileges required", "Rea Porter, Harbour Labs (finder)", "Reported.", "the fix",
		"CWE-59: Improper Link Resolution", "CSAF 2.0, security advisory", "OSV", "Markdown", "First published.", "The vulnerable code is not in it.",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not on the page", want)
		}
	}
	if strings.Contains(text, "withdrawn") || strings.Contains(page.Body, "/diff") {
		t.Error("it was neither withdrawn nor changed")
	}
	for _, doc := range []string{"csaf.json", "osv.json", "markdown.md"} {
		if !strings.Contains(page.Body, `href="/advisories/EX-2026-ONE/`+doc+`"`) {
			t.Errorf("%s is not linked", doc)
		}
	}
	md := h.Browser().Get("/advisories/EX-2026-ONE.md")
	if md.Status != 200 || !strings.HasPrefix(md.Header.Get("Content-Type"), "text/markdown") || !strings.HasPrefix(md.Body, "# Gateway follows links") {
		t.Errorf("the Markdown: %d %s", md.Status, md.Header)
	}
	b := revise(h, a, func(b *cvd.Advisory) { b.Withdrawn, b.Why, b.Overview = b.Modified, "It *was* none.", "Other words." })
	page = h.Browser().Get("/advisories/EX-2026-ONE")
	sound(t, page, 200)
	if !strings.Contains(page.Text(), "This advisory was withdrawn on") || !strings.Contains(page.Body, "<em>was</em>") {
		t.Error("nothing says that it was withdrawn")
	}
	if !strings.Contains(page.Body, "Again, and <em>better</em>.") {
		t.Errorf("what a revision says of itself is not read as Markdown: %s", page.Text())
	}
	diff := h.Browser().Get("/advisories/EX-2026-ONE/diff?to=2")
	sound(t, diff, 200)
	if !strings.Contains(diff.Body, "<ins>+ "+b.Overview) || !strings.Contains(diff.Body, "<del>− "+a.Overview) || !strings.Contains(diff.Body, "Again, and <em>better</em>.") {
		t.Errorf("the comparison: %s", diff.Text())
	}
}

// A translated advisory is read in each of its languages, and each page says which it
// is; a language that is not there is answered with the original.
func TestLanguages(t *testing.T) {
	h := house(t)
	publish(h, "EX-2026-ONE", 2, func(a *cvd.Advisory) { *a = *advisorytest.Translate(a, "de") })
	b := h.Browser()
	own, de := b.Get("/advisories/EX-2026-ONE"), b.Get("/advisories/EX-2026-ONE?lang=de")
	for _, p := range []*webtest.Answer{own, de} {
		sound(t, p, 200)
		if !strings.Contains(p.Body, `href="/advisories/EX-2026-ONE?lang=de" lang="de" hreflang="de"`) || !strings.Contains(p.Text(), "Deutsch") || !strings.Contains(p.Text(), "English") {
			t.Errorf("no way to the other language: %s", p.Text())
		}
		if strings.Count(p.Body, `aria-current="true"`) != 2 { // the advisory's, and the page's
			t.Error("it does not say which language this is")
		}
	}
	if !strings.Contains(own.Body, `lang="en">Gateway`) || strings.Contains(own.Text(), "de: ") {
		t.Error("the original speaks another language")
	}
	if !strings.Contains(de.Body, `lang="de">de: Gateway`) || !strings.Contains(de.Text(), "Übersetzung") || strings.Contains(de.Body, `<article class="advisory" lang`) {
		t.Error("the translation does not say that it is one")
	}
	if again := b.Get("/advisories/EX-2026-ONE?lang=xx"); again.Body != own.Body {
		t.Error("a language that is not there is not the original")
	}
	if md := b.Get("/advisories/EX-2026-ONE.md?lang=DE"); !strings.HasPrefix(md.Body, "# de: Gateway") {
		t.Errorf("the text: %.80s", md.Body)
	}
	if !strings.Contains(own.Body, `href="/advisories/EX-2026-ONE/csaf/de.json"`) {
		t.Error("the document of the translation is not linked")
	}
}

// Names with signs, records with little in them, and authors who mean harm.
func TestUnusualAdvisories(t *testing.T) {
	h := house(t)
	publish(h, "RHSA-2024:0001 & co?", 3, nil)
	publish(h, "dots.md", 2, nil)
	publish(h, "BARE", 1, func(a *cvd.Advisory) {
		*a = cvd.Advisory{ID: a.ID, Revision: 1, Title: "Bare", Published: a.Published, Modified: a.Modified}
	})
	harm := `</title><script>alert(1)</script><img src=x onerror=alert(2)> [x](javascript:alert(3)) ![p](https://elsewhere.example/p)`
	publish(h, "HARM", 1, func(a *cvd.Advisory) {
		a.Title, a.Overview, a.Details = harm, harm, harm
		v := &a.Vulnerabilities[0]
		v.Title, v.Description, v.Impact, v.Exploited, v.Scores[0].Vector = harm, harm, harm, harm, harm
		v.Remedies[0].Text, v.Remedies[0].URL = harm, "javascript:alert(4)"
		a.References[0].URL, a.References[0].Text = "javascript:alert(5)", harm
		a.Credits[0].Name, a.Timeline[0].Text, a.Products[0].Name = harm, harm, harm
	})
	b := h.Browser()
	for _, href := range titles(b.Get("/advisories")) {
		a := b.Get("/advisories/" + href)
		a.Body = strings.ReplaceAll(a.Body, "#ZgotmplZ", "#")
		sound(t, a, 200)
	}
	if a := b.Get("/advisories/dots.md"); !strings.HasPrefix(a.Header.Get("Content-Type"), "text/html") {
		t.Error("an id that ends in .md has no page")
	}
	if a := b.Get("/advisories/dots.md.md"); !strings.HasPrefix(a.Header.Get("Content-Type"), "text/markdown") {
		t.Errorf("and no text: %d", a.Status)
	}
}

// An advisory for a few has no page here, nor has a revision that was for a few.
func TestForAFewIsNotHere(t *testing.T) {
	h := house(t)
	publish(h, "EX-2026-AMBER", 1, func(a *cvd.Advisory) { a.TLP = cvd.TLPAmberStrict })
	was := publish(h, "EX-2026-WAS", 3, func(a *cvd.Advisory) { a.TLP, a.Title = cvd.TLPAmber, "Secret words" })
	now := revise(h, was, func(a *cvd.Advisory) { a.TLP, a.Title = cvd.TLPClear, "Open words" })
	revise(h, now, func(a *cvd.Advisory) { a.Overview = "More words" })
	b := h.Browser()
	none := b.Get("/advisories/EX-2026-NONE")
	for _, path := range []string{"/advisories/EX-2026-AMBER", "/advisories/EX-2026-AMBER.md", "/advisories/EX-2026-AMBER/diff?to=2", "/advisories/EX-2026-WAS/diff?to=2"} {
		if a := b.Get(path); a.Status != 404 || a.Body != none.Body {
			t.Errorf("%s answers %d, not as what does not exist", path, a.Status)
		}
	}
	for path, want := range map[string]int{
		"/advisories/EX-2026-WAS": 200, "/advisories/EX-2026-WAS/diff?to=3": 200, "/advisories/EX-2026-WAS/diff?to=4": 404,
		"/advisories/EX-2026-WAS/diff?to=1": 404, "/advisories/EX-2026-WAS/diff": 404, "/advisories/EX-2026-WAS/diff?to=x": 404,
	} {
		if a := b.Get(path); a.Status != want || strings.Contains(a.Body, "Secret words") {
			t.Errorf("%s answers %d", path, a.Status)
		}
	}
}

func TestPagesAreKeptUntilTheyChange(t *testing.T) {
	h := house(t)
	a := publish(h, "EX-2026-ONE", 2, nil)
	paths := []string{"/advisories", "/advisories?q=gateway", "/advisories/EX-2026-ONE", "/advisories/EX-2026-ONE.md"}
	etags := map[string]string{}
	ask := func(path string) int {
		r := httptest.NewRequest(http.MethodGet, path, nil)
		r.Header.Set("If-None-Match", etags[path])
		w := httptest.NewRecorder()
		h.Mux.ServeHTTP(w, r)
		if w.Code == http.StatusNotModified && w.Body.Len() > 0 {
			t.Errorf("%s is unchanged and says %s", path, w.Body)
		}
		etags[path] = w.Header().Get("ETag")
		return w.Code
	}
	each := func(when string, want int) {
		t.Helper()
		for _, path := range paths {
			if got := ask(path); got != want || etags[path] == "" {
				t.Errorf("%s, %s answers %d with %s", when, path, got, etags[path])
			}
		}
	}
	each("at first", 200)
	each("again", 304)
	publish(h, "EX-2026-AMBER", 1, func(a *cvd.Advisory) { a.TLP = cvd.TLPAmber })
	each("after one for a few", 304)
	h.Pass(time.Hour)
	revise(h, a, func(b *cvd.Advisory) { b.Overview = "Other words." })
	each("after a revision", 200)
	h.Republish("Northlake Health Software", "Northlake Software")
	if got := ask("/advisories/EX-2026-ONE"); got != 200 {
		t.Errorf("after another policy: %d", got)
	}
}

// The page and the Markdown document say the same days, whatever the zone of the policy.
func TestDaysAreThoseOfTheDocuments(t *testing.T) {
	h := house(t)
	if h.Site.Zone() == time.UTC {
		t.Skip("the policy of the test is in UTC")
	}
	midnight := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	publish(h, "EX-2026-DAY", 0, func(a *cvd.Advisory) {
		a.Published, a.Modified = midnight, midnight
		a.History[0].At = midnight
		a.Timeline = []cvd.Milestone{{At: midnight, Text: "It was found."}}
		a.Vulnerabilities[0].Remedies[0].Date = midnight
	})
	b := h.Browser()
	for _, path := range []string{"/advisories/EX-2026-DAY", "/advisories"} {
		if a := b.Get(path); !strings.Contains(a.Text(), "1 March 2026") || strings.Contains(a.Text(), "28 February 2026") {
			t.Errorf("%s is another day than its documents: %s", path, a.Text())
		}
	}
}

// An address that is none of the web is text on the page, and HTML is too.
func TestAddressesThatAreNoLinks(t *testing.T) {
	h := house(t)
	publish(h, "EX-2026-LINK", 0, func(a *cvd.Advisory) {
		a.References[0] = cvd.Reference{Kind: "WEB", URL: "javascript:alert(1)", Text: "Here"}
		a.Vulnerabilities[0].Remedies[0].URL, a.Vulnerabilities[0].Remedies[0].Text = "data:text/html,x", "<div>Update now.</div>"
	})
	a := h.Browser().Get("/advisories/EX-2026-LINK")
	sound(t, a, 200)
	for _, want := range []string{`type="application/atom+xml" title="Atom" href="/advisories/feed.atom"`, `type="application/feed+json" title="JSON Feed" href="/advisories/feed.json"`} {
		if !strings.Contains(a.Body, want) {
			t.Errorf("%s is not in the head", want)
		}
	}
	for _, want := range []string{"javascript:alert(1)", "data:text/html,x", "Update now."} {
		if !strings.Contains(a.Text(), want) {
			t.Errorf("%s is not on the page", want)
		}
	}
}

// Pages about advisories are whole in each language, and carry a choice on.
func TestPagesInEachLanguage(t *testing.T) {
	h := house(t)
	for i := range 30 {
		publish(h, cvd.AdvisoryID(fmt.Sprintf("EX-2026-N%02d", i)), i+1, nil)
	}
	a := publish(h, "EX-2026-ONE", 31, nil)
	revise(h, a, func(b *cvd.Advisory) { b.Overview = "Other words." })
	for _, lang := range words.Languages {
		b := h.Browser()
		b.Lang = lang
		for _, path := range []string{"/advisories", "/advisories?q=none+such", "/advisories/EX-2026-ONE", "/advisories/EX-2026-ONE/diff?to=2"} {
			own := b.Get(path)
			sound(t, own, 200)
			if !strings.Contains(own.Body, `<html lang="`+lang+`"`) || strings.Contains(own.Body, `href="/report?lang`) {
				t.Errorf("%s is not in %s alone", path, lang)
			}
		}
		list := b.Get("/advisories?lang="+lang).Check(h, 200)
		for _, want := range []string{`name="lang" value="` + lang + `"`, `href="/advisories/EX-2026-N00?lang=` + lang, `page=2&amp;lang=` + lang} {
			if !strings.Contains(list.Body, want) {
				t.Errorf("in %s there is no %s", lang, want)
			}
		}
	}
	de, fr := h.Browser(), h.Browser()
	de.Lang, fr.Lang = "de", "fr"
	tag := de.Get("/advisories").Header.Get("ETag")
	r := httptest.NewRequest(http.MethodGet, "/advisories", nil)
	r.Header.Set("If-None-Match", tag)
	if got := fr.Send(r); got.Status != 200 {
		t.Errorf("another language's page passes for this one: %d", got.Status)
	}
}

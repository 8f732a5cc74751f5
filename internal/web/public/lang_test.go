package public_test

import (
	"context"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"fairlead/internal/cvd"
	"fairlead/internal/web"
	"fairlead/internal/web/webtest"
	"fairlead/internal/words"
)

// The answers that a form proposes count as what they say.
func TestNoIsNoInEveryLanguage(t *testing.T) {
	for _, lang := range words.Languages {
		v := house(t, small, nil).Site.Words.In(lang)
		for _, id := range []string{"public.no", "public.unknown"} {
			if one := v.Say(id); cvd.Answer(one).Yes() {
				t.Errorf("%s: a report that answers %q is read as yes", lang, one)
			}
		}
		if one := v.Say("public.yes"); !cvd.Answer(one).Yes() {
			t.Errorf("%s: %q is no yes", lang, one)
		}
	}
}

// A form in another language than the policy's asks in its reader's language, says
// which words are the policy's, and letters go on in that language.
func TestReportInAnotherLanguage(t *testing.T) {
	h := house(t, "two-person-team.yaml", nil)
	b := h.Browser()
	b.Lang = "fr-CA, en;q=0.5"
	form := b.Get("/report").Check(h, 200)
	sound(t, form)
	for _, want := range []string{`<html lang="fr"`, `formaction="/report?step=lang&amp;lang=de" lang="de">Deutsch</button>`, `<span lang="en">Tell us in private first</span>`} {
		if !strings.Contains(form.Body, want) {
			t.Errorf("no %s", want)
		}
	}
	sent := b.Upload("/report", url.Values{"description": {"It breaks."}, "reporter.email": {"rea@example.net"}}).Check(h, 201)
	if strings.Contains(sent.Body, "hreflang") {
		t.Error("the page with the receipt offers to be asked for again")
	}
	who, err := h.Auth.Receipt(context.Background(), receiptOf(t, b, sent))
	if err != nil {
		t.Fatal(err)
	}
	files, err := h.Desk.As(who).Thread(context.Background())
	if err != nil || len(files) != 1 {
		t.Fatalf("%v, %d cases", err, len(files))
	}
	if got := files[0].Case.Participant(cvd.Reporter).Contact.Language; got != "fr" {
		t.Errorf("letters would be in %q", got)
	}
}

// byForm is a language that a page with a form is sent for.
var byForm = regexp.MustCompile(` form="[a-z]+" formaction="[^"]*lang=..`)

// unspoken are addresses that are the same in every language, or say their own.
var unspoken = regexp.MustCompile(`^/(static|\.well-known|security\.txt|policy\.md|advisories/feed|osv|thread/files|thread/export|api)|^/desk`)

// Every page of a stranger's is whole in each language, says which it is in, leads to
// itself in the others, and carries a choice on with every link and form.
func TestStrangersPagesInEachLanguage(t *testing.T) {
	for _, lang := range words.Languages {
		h := house(t, small, nil)
		b := h.Browser()
		for _, path := range strangersPages {
			for _, choose := range []bool{false, true} {
				b.Lang = lang
				address := path
				if choose {
					b.Lang, address = "en-GB", web.InLanguage(path, lang)
				}
				a := b.Get(address)
				sound(t, a)
				if !strings.Contains(a.Body, `<html lang="`+lang+`"`) || !slices.Contains(a.Header.Values("Vary"), "Accept-Language") && a.Header.Get("Cache-Control") != "no-store" {
					t.Errorf("%s in %s does not say so", address, lang)
				}
				if strings.Count(a.Body, ` hreflang="`)+len(byForm.FindAllString(a.Body, -1)) < len(words.Languages) {
					t.Errorf("%s leads to no other language", address)
				}
				links(t, a, address, lang, choose)
			}
		}
	}
}

// links looks whether the addresses of a page carry the language on, and only then.
func links(t *testing.T, a *webtest.Answer, address, lang string, chosen bool) {
	t.Helper()
	for n := range a.Doc.Descendants() {
		for _, name := range []string{"href", "action"} {
			to := webtest.Attr(n, name)
			if !strings.HasPrefix(to, "/") || unspoken.MatchString(to) || webtest.Attr(n, "hreflang") != "" {
				continue
			}
			u, err := url.Parse(to)
			if err != nil {
				t.Errorf("%s: %v", address, err)
				continue
			}
			if got := u.Query().Get("lang"); chosen && got != lang && !hides(n, lang) || !chosen && got != "" {
				t.Errorf("%s leads to %s", address, to)
			}
		}
	}
}

// hides tells whether a form that asks by its address has the language among its
// fields.
func hides(n *html.Node, lang string) bool {
	for d := range n.Descendants() {
		if d.Data == "input" && webtest.Attr(d, "name") == "lang" && webtest.Attr(d, "value") == lang {
			return true
		}
	}
	return false
}

package public_test

import (
	"compress/gzip"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"fairlead/internal/casework"
	"fairlead/internal/policy"
	"fairlead/internal/web"
	"fairlead/internal/web/advisories"
	"fairlead/internal/web/public"
	"fairlead/internal/web/public/promise"
	"fairlead/internal/web/public/report"
	"fairlead/internal/web/public/thread"
	"fairlead/internal/web/webtest"
)

func house(t *testing.T, policyFile string, change func(*web.Config)) *webtest.House {
	t.Helper()
	return webtest.New(t, policyFile, change, promise.Register, report.Register, thread.Register, advisories.Register)
}

const (
	signed = "signed-policy.yaml"
	small  = "two-person-team.yaml"
)

// strangersPages are those that anybody may open.
var strangersPages = []string{
	"/", "/policy", "/policy/versions/1", "/policy/diff", "/policy/feedback", "/report", "/thread", "/advisories",
	"/performance", "/ledger/", "/no/such/page",
}

// cases counts the cases of the house.
func cases(h *webtest.House) int {
	h.T.Helper()
	n, err := h.Desk.As(h.Lead).Count(context.Background(), casework.Filter{})
	if err != nil {
		h.T.Fatal(err)
	}
	return n[0]
}

// A page for strangers sets no cookie, runs no script, asks nobody else for
// anything, misses no text, and is small with all that it needs.
func TestStrangersPages(t *testing.T) {
	for _, file := range []string{signed, small} {
		h := house(t, file, nil)
		for _, path := range strangersPages {
			t.Run(file+path, func(t *testing.T) {
				b := h.Browser()
				a := b.Get(path)
				if want := map[bool]int{true: 404, false: 200}[path == "/no/such/page"]; a.Status != want {
					t.Fatalf("status %d", a.Status)
				}
				if len(b.Cookies()) > 0 || a.Header.Get("Set-Cookie") != "" {
					t.Error("a cookie was set")
				}
				sound(t, a)
				weigh(t, b, a, path)
			})
		}
	}
}

// sound checks what holds for every page.
func sound(t *testing.T, a *webtest.Answer) {
	t.Helper()
	if i := strings.Index(a.Body, "⟦"); i >= 0 {
		t.Errorf("a text is missing: %.60s", a.Body[i:])
	}
	if strings.Contains(a.Body, "&lt;no value&gt;") || strings.Contains(a.Body, "ZgotmplZ") {
		t.Error("a template failed")
	}
	if !strings.HasPrefix(a.Header.Get("Content-Security-Policy"), "default-src 'none'; style-src 'self'") {
		t.Errorf("policy %q", a.Header.Get("Content-Security-Policy"))
	}
	ids := map[string]bool{}
	for n := range a.Doc.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		if n.Data == "script" && !strings.HasPrefix(webtest.Attr(n, "src"), "/static/") || n.Data == "style" || n.Data == "iframe" || n.Data == "object" {
			t.Errorf("the page holds a %s", n.Data)
		}
		for _, at := range n.Attr {
			if strings.HasPrefix(at.Key, "on") || at.Key == "style" || at.Key == "src" && !strings.HasPrefix(at.Val, "/static/") {
				t.Errorf("%s has %s=%q", n.Data, at.Key, at.Val)
			}
			if at.Key == "id" {
				if ids[at.Val] {
					t.Errorf("the id %s stands twice", at.Val)
				}
				ids[at.Val] = true
			}
		}
		if n.Data == "link" && !slices.Contains([]string{"alternate", "expect"}, webtest.Attr(n, "rel")) && !strings.HasPrefix(webtest.Attr(n, "href"), "/static/") {
			t.Errorf("the page asks for %s", webtest.Attr(n, "href"))
		}
	}
	labelled(t, a, ids)
}

// labelled makes sure that every field has its label and every fragment its
// place (WCAG 2.2, 1.3.1 and 2.4.1).
func labelled(t *testing.T, a *webtest.Answer, ids map[string]bool) {
	t.Helper()
	named := map[string]bool{}
	for n := range a.Doc.Descendants() {
		if n.Data == "label" {
			named[webtest.Attr(n, "for")] = true
		}
		if href := webtest.Attr(n, "href"); n.Data == "a" && len(href) > 1 && href[0] == '#' && !ids[href[1:]] {
			t.Errorf("the link to %s leads nowhere", href)
		}
		for _, key := range []string{"aria-labelledby", "aria-describedby"} {
			for _, id := range strings.Fields(webtest.Attr(n, key)) {
				if !ids[id] {
					t.Errorf("%s names %s, which is not there", key, id)
				}
			}
		}
	}
	for n := range a.Doc.Descendants() {
		kind := webtest.Attr(n, "type")
		if n.Data != "textarea" && n.Data != "select" && (n.Data != "input" || kind == "hidden" || kind == "radio") {
			continue
		}
		if !named[webtest.Attr(n, "id")] && webtest.Attr(n, "aria-label") == "" {
			t.Errorf("the field %s has no label", webtest.Attr(n, "name"))
		}
	}
}

// weigh adds up a page with its own static files, as a browser would fetch them.
func weigh(t *testing.T, b *webtest.Browser, a *webtest.Answer, path string) {
	t.Helper()
	b.Gzip = true
	total := len(b.Get(path).Body)
	for _, part := range strings.Split(a.Body, `href="/static/`)[1:] {
		name, _, _ := strings.Cut(part, `"`)
		total += len(b.Get("/static/" + name).Body)
	}
	if total > 30*1024 {
		t.Errorf("%d bytes over the wire", total)
	}
}

func TestCompressedPagesReadTheSame(t *testing.T) {
	h := house(t, signed, nil)
	b := h.Browser()
	plain := b.Get("/policy").Check(h, 200)
	b.Gzip = true
	packed := b.Get("/policy").Check(h, 200)
	if packed.Header.Get("Content-Encoding") != "gzip" {
		t.Fatal("not compressed")
	}
	z, err := gzip.NewReader(strings.NewReader(packed.Body))
	if err != nil {
		t.Fatal(err)
	}
	out, err := io.ReadAll(z)
	if err != nil || string(out) != plain.Body {
		t.Errorf("differs (%v)", err)
	}
}

// The start page dates the promises, says how to stay anonymous and how to reach
// the team at once, a pause and an overdue review.
func TestLanding(t *testing.T) {
	h := house(t, small, nil)
	text := h.Browser().Get("/").Check(h, 200).Text()
	for _, want := range []string{
		"Tidewater Tools", "A person confirms receipt by Wed 4 Mar 2026, 16:00 CET", "A detailed answer by Thu 5 Mar 2026, 16:00 CET",
		"Staying anonymous", "security@example.org", "target",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in: %s", want, text)
		}
	}
	if strings.Contains(text, "overdue") || strings.Contains(text, "pausing") {
		t.Error("an alarm without a reason")
	}
	h.Republish("attachment_mib: 25", "attachment_mib: 25\n  paused: We are moving until Friday.")
	h.Pass(366 * 24 * time.Hour)
	text = h.Browser().Get("/").Check(h, 200).Text()
	for _, want := range []string{"We are moving until Friday.", "review of this policy is overdue"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in: %s", want, text)
		}
	}
	if text := h.Browser().Get("/policy").Text(); !strings.Contains(text, "overdue") {
		t.Error("the policy page hides that its review is overdue")
	}
	h.Browser().Get("/report").Check(h, 200)
}

// Before a version is in effect nothing can be promised, and the site says so.
func TestBeforeThePolicy(t *testing.T) {
	h := house(t, "", nil)
	for _, path := range []string{"/", "/policy", "/report", "/policy.md"} {
		h.Browser().Get(path).Check(h, http.StatusServiceUnavailable)
	}
	h.Browser().Get("/policy/versions/1").Check(h, 404)
	h.Browser().Get("/policy/diff").Check(h, 404)
	h.Browser().Get("/thread").Check(h, 200)
}

// The policy's own texts are read in the reader's language where they are translated,
// and say which they are in where they are not.
func TestThePolicyInTheReadersLanguage(t *testing.T) {
	h := house(t, small, nil)
	for _, c := range []struct {
		path string
		has  []string
		not  string
	}{
		{"/report?lang=de", []string{"Um welche Version?", "<p>Was Sie uns senden, bewahren wir verschlüsselt auf", "Fehler ohne Bezug zur Sicherheit"}, ` lang="en">`},
		{"/report?lang=fr", []string{`<label for="f-version">Version`, "Celle que vous avez testée", "La politique n’existe pas en français.", "Nous lisons\u00a0: anglais, allemand.", "<div lang=\"en\"><p>We keep what you send us", `<dt><span lang="en">Bugs without a bearing on security</span>`}, "Which version"},
		{"/report", []string{"Which version?"}, ` lang="en">`},
		{"/?lang=fr", []string{"N’attendez pas"}, "immédiatement"},
		{"/?lang=de", []string{"Beide Mitglieder haben Erfahrung in der Sicherheit."}, "Both members"},
		{"/policy?lang=de", []string{`<li class="clause" id="purpose">`, "Warum es diese Richtlinie gibt"}, `<div lang="en">`},
		{"/policy.md?lang=de", []string{"## Worum wir Sie bitten", "**Sagen Sie es zuerst uns, vertraulich** (`private-first`)"}, "Tell us in private"},
		{"/policy/feedback?lang=de", []string{"Können wir an dieser Richtlinie"}, "Is there something about this policy"},
	} {
		a := h.Browser().Get(c.path).Check(h, 200)
		for _, want := range c.has {
			if !strings.Contains(a.Body, want) {
				t.Errorf("%s lacks %s", c.path, want)
			}
		}
		main := a.Body[max(strings.Index(a.Body, "<main"), 0):]
		if end := strings.Index(main, "</main>"); end >= 0 {
			main = main[:end]
		}
		if strings.Contains(main, c.not) {
			t.Errorf("%s holds %s", c.path, c.not)
		}
	}
}

func TestPolicyPages(t *testing.T) {
	h := house(t, signed, nil)
	h.Republish(`revision: "1.0"`, `revision: "1.1"`, `"1.0":`, `"1.1":`, "within: 2 business days", "within: 3 business days")
	b := h.Browser()
	text := b.Get("/policy").Check(h, 200).Text()
	for _, want := range []string{"Otto Officer", "Version 2", "3 business days", "On this page"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing", want)
		}
	}
	old := b.Get("/policy/versions/1").Check(h, 200).Text()
	if !strings.Contains(old, "not in effect") || strings.Contains(old, "3 business days") {
		t.Error("the old version does not read as such")
	}
	diff := b.Get("/policy/diff?from=1&to=2").Check(h, 200).Text()
	if !strings.Contains(diff, "promises.acknowledge.within") || !strings.Contains(diff, "2 business days") || !strings.Contains(diff, "3 business days") {
		t.Errorf("differences: %s", diff)
	}
	for _, path := range []string{"/policy/versions/3", "/policy/versions/0", "/policy/versions/x", "/policy/diff?from=9", "/policy/diff?to=%3Cb%3E"} {
		b.Get(path).Check(h, 404)
	}
	md := b.Get("/policy.md").Check(h, 200)
	if md.Header.Get("Content-Type") != "text/markdown; charset=utf-8" || !strings.HasPrefix(md.Body, "# ") {
		t.Errorf("Markdown: %q %.40q", md.Header.Get("Content-Type"), md.Body)
	}
}

// A version that waits for its signatures is nobody's business yet.
func TestWaitingVersionIsNotShown(t *testing.T) {
	h := house(t, signed, nil)
	source := strings.Replace(string(h.Book.Current().Source), "Northlake Health Software", "Canary Health Software", 1)
	if _, err := h.Book.Publish(context.Background(), h.Lead, []byte(source)); err != nil {
		t.Fatal(err)
	}
	b := h.Browser()
	b.Get("/policy/versions/2").Check(h, 404)
	b.Get("/policy/diff?to=2").Check(h, 404)
	for _, path := range strangersPages {
		if strings.Contains(b.Get(path).Body, "Canary") {
			t.Errorf("%s shows it", path)
		}
	}
}

func TestSecurityTxt(t *testing.T) {
	h := house(t, small, func(c *web.Config) {
		c.SecurityTxt = func(*http.Request) ([]byte, error) { return []byte("Contact: mailto:a@example.org\n"), nil }
		c.PublicKey = func() []byte { return []byte("key") }
		c.Fingerprint = func() string { return fingerprint }
	})
	b := h.Browser()
	a := b.Get("/.well-known/security.txt").Check(h, 200)
	if a.Header.Get("Content-Type") != "text/plain; charset=utf-8" || !strings.HasPrefix(a.Body, "Contact: ") {
		t.Errorf("%v %q", a.Header, a.Body)
	}
	if to := b.Get("/security.txt").Check(h, 301).Header.Get("Location"); to != "/.well-known/security.txt" {
		t.Errorf("leads to %q", to)
	}
	b.Get("/.well-known/openpgp-key.asc").Check(h, 200)
	none := house(t, small, nil).Browser()
	none.Get("/.well-known/security.txt").Check(h, 404)
	none.Get("/.well-known/openpgp-key.asc").Check(h, 404)
	// Wherever the key is linked, its fingerprint stands beside it, in no language.
	for _, path := range []string{"/", "/policy", "/?lang=de"} {
		page := b.Get(path).Check(h, 200)
		_, behind, linked := strings.Cut(page.Body, `href="/.well-known/openpgp-key.asc"`)
		if at := strings.Index(behind, `<p class="mono" lang="zxx" translate="no">`+fingerprint+"</p>"); !linked || at < 0 || at > 300 {
			t.Errorf("%s: linked %t, the fingerprint %d behind it", path, linked, at)
		}
		sound(t, page)
	}
}

const fingerprint = "5E1F 0C0A 77B2 41D9 8C1E 0A32 9C5E 7D11 42F0 91AB"

// A contact's key may be named by its fingerprint alone, which no link can carry.
func TestAContactNamesItsKey(t *testing.T) {
	ways := public.Ways([]policy.Contact{
		{URI: "mailto:a@example.org", Encryption: "openpgp4fpr:5e1f0c0a77b241d98c1e0a329c5e7d1142f091ab"},
		{URI: "mailto:b@example.org", Encryption: "https://example.org/key.asc"},
	})
	if ways[0].Print != fingerprint || ways[0].Key != "" || ways[1].Print != "" || ways[1].Key == "" {
		t.Errorf("%+v", ways)
	}
}

func TestFeedback(t *testing.T) {
	h := house(t, small, nil)
	b := h.Browser()
	form := b.Form(b.Get("/policy/feedback"), "/policy/feedback")
	b.Post("/policy/feedback", form).Check(h, 422)
	form.Set("text", "Say which <b>hours</b> you mean.")
	done := b.Follow(b.Post("/policy/feedback", form))
	if !strings.Contains(done.Text(), "Your suggestion is saved") {
		t.Errorf("no thanks: %s", done.Text())
	}
	got, err := h.Book.Suggestions(context.Background(), h.Lead)
	if err != nil || len(got) != 1 || got[0].Text != "Say which <b>hours</b> you mean." {
		t.Errorf("kept %v, %v", got, err)
	}
	for range 12 {
		b.Post("/policy/feedback", form)
	}
	a := b.Post("/policy/feedback", form).Check(h, http.StatusTooManyRequests)
	if a.Header.Get("Retry-After") == "" || b.Form(a, "/policy/feedback").Get("text") != form.Get("text") {
		t.Error("what was typed is lost")
	}
	if cases(h) != 0 {
		t.Error("feedback became a case")
	}
}

func TestWrongMethod(t *testing.T) {
	h := house(t, small, nil)
	for at, allow := range map[string]string{
		"DELETE /": "GET, HEAD", "POST /policy": "GET, HEAD", "GET /thread/open": "POST", "PATCH /report": "GET, HEAD, POST", "POST /thread/files/x/y": "GET, HEAD",
	} {
		method, path, _ := strings.Cut(at, " ")
		a := h.Browser().Send(httptest.NewRequest(method, path, nil)).Check(h, 405)
		if got := a.Header.Get("Allow"); got != allow {
			t.Errorf("%s: Allow %q, want %q", at, got, allow)
		}
	}
}

package desk_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"fairlead/internal/auth/onetime"
	"fairlead/internal/cvd"
	"fairlead/internal/web"
	"fairlead/internal/web/desk"
	"fairlead/internal/web/webtest"
	"fairlead/internal/words"
)

// house runs the desk by the policy that has officers and a second person.
func house(t *testing.T, change ...func(*web.Config)) *webtest.House {
	t.Helper()
	alter := func(c *web.Config) {
		for _, f := range change {
			f(c)
		}
	}
	return webtest.New(t, "signed-policy.yaml", alter, desk.Register)
}

// in signs somebody in by password.
func in(h *webtest.House, email string) *webtest.Browser {
	h.T.Helper()
	b := h.Browser()
	b.Post("/desk/sign-in", url.Values{"email": {email}, "password": {webtest.Password}}).Check(h, http.StatusSeeOther)
	return b
}

// ours are the scripts of the desk and of its sign-in: files of their own.
var ours = regexp.MustCompile(`<script src="/static/(?:desk|passkey|signin)-[0-9a-f]+\.js"(?: defer)?></script>`)

// whole fails the test if a text is missing on the page, or anything on it
// would be run.
func whole(t *testing.T, name string, a *webtest.Answer) {
	t.Helper()
	if i := strings.Index(a.Body, "⟦"); i >= 0 {
		t.Errorf("%s: a text is missing: %.60s", name, a.Body[i:])
	}
	body := ours.ReplaceAllString(a.Body, "")
	for _, bad := range []string{"<script", " style=", " onclick=", "&lt;no value&gt;", "&lt;time", "ZgotmplZ"} {
		if strings.Contains(body, bad) {
			t.Errorf("%s holds %s", name, bad)
		}
	}
	if got := a.Header.Get("Cache-Control"); got != "no-store" {
		t.Errorf("%s: Cache-Control %q", name, got)
	}
}

func full() cvd.Report {
	return cvd.Report{
		Product: "Northlake Records", Version: "2026.1", Title: "Session fixation in the sign-in form",
		Description: "The session id stays the same after sign-in.\nSecond line.", Steps: "1. open\n2. sign in", Impact: "Takes over accounts",
		CWE: "CWE-384", URLs: cvd.Lines{"https://example.org/poc"}, Tools: cvd.Lines{"a proxy 1.2"}, AIUse: "no", FoundAt: "2026-02-27",
		Exploited: "no", Public: "no", ThirdParty: "no", ReportedElsewhere: "no", ProposedFix: "Renew the id", DisclosurePlan: "in 90 days",
		OwnID: "X-7", Extra: cvd.Extra{"mood": json.RawMessage(`"fine"`)},
		Reporter: &cvd.Contact{Name: "Rosa Finder", Email: "rosa@example.org", Affiliation: "Example Lab", Credit: cvd.Credit{Wanted: "name", As: "R. Finder"}},
	}
}

func TestSignInByPassword(t *testing.T) {
	h := house(t)
	b := h.Browser()
	if got := b.Get("/desk/cases/FL-2026-AAAAAAA?show=messages&done=close").Header.Get("Location"); got != "/desk/sign-in?next=%2Fdesk%2Fcases%2FFL-2026-AAAAAAA%3Fshow%3Dmessages" {
		t.Errorf("a deeper link is led to %q", got)
	}
	a := b.Get("/desk/cases/FL-2026-AAAAAAA").Check(h, http.StatusSeeOther)
	if got := a.Header.Get("Location"); got != "/desk/sign-in?next=%2Fdesk%2Fcases%2FFL-2026-AAAAAAA" {
		t.Fatalf("sent to %q", got)
	}
	page := b.Follow(a).Check(h, http.StatusOK)
	whole(t, "sign-in", page)
	form := b.Form(page, "/desk/sign-in")
	form.Set("email", "lead@example.org")
	form.Set("password", "wrong-wrong-wrong")
	wrong := b.Post("/desk/sign-in", form).Check(h, http.StatusUnauthorized)
	form.Set("email", "nobody@example.org")
	unknown := b.Post("/desk/sign-in", form).Check(h, http.StatusUnauthorized)
	if strings.ReplaceAll(wrong.Body, "lead@", "nobody@") != unknown.Body {
		t.Error("a wrong password and an unknown address read differently")
	}
	if len(b.Cookies()) > 0 {
		t.Error("a refused sign-in left a cookie")
	}
	form.Set("email", "lead@example.org")
	form.Set("password", webtest.Password)
	a = b.Post("/desk/sign-in", form).Check(h, http.StatusSeeOther)
	if got := a.Header.Get("Location"); got != "/desk/cases/FL-2026-AAAAAAA" {
		t.Errorf("led to %q", got)
	}
	b.Post("/desk/sign-out", nil).Check(h, http.StatusSeeOther)
	b.Get("/desk/").Check(h, http.StatusSeeOther)
}

// Everybody lands where something is open to them.
func TestEverybodyHasAHome(t *testing.T) {
	h := house(t)
	for who, want := range map[string]string{"lead": "/desk/", "fixer": "/desk/", "auditor": "/desk/", "officer": "/desk/policy"} {
		b := h.Browser()
		a := b.Post("/desk/sign-in", url.Values{"email": {who + "@example.org"}, "password": {webtest.Password}})
		if got := a.Header.Get("Location"); got != want {
			t.Errorf("%s lands at %s", who, got)
		}
		b.Follow(a).Check(h, http.StatusOK)
	}
}

func TestSignInLeadsOnlyIntoTheDesk(t *testing.T) {
	h := house(t)
	for _, next := range []string{"https://example.com/", "//example.com/desk/", "/\\example.com", "/desk/\\..\\x", "/thread", "javascript:x", "/desk/sign-in", "/desk/%0d%0aX:y"} {
		a := h.Browser().Post("/desk/sign-in", url.Values{"email": {"lead@example.org"}, "password": {webtest.Password}, "next": {next}})
		if got := a.Check(h, http.StatusSeeOther).Header.Get("Location"); got != "/desk/" {
			t.Errorf("%q leads to %q", next, got)
		}
	}
}

// A link is burnt by the field that takes it, by itself or as somebody pasted it, and by
// nothing else: it stands in the fragment, and an address that holds it otherwise is not read.
func TestSignInByLink(t *testing.T) {
	h := house(t)
	code, err := h.Auth.NewLink(context.Background(), h.Member.ID, 3600e9)
	if err != nil {
		t.Fatal(err)
	}
	b := h.Browser()
	if old := b.Get("/desk/sign-in?link="+code).Check(h, http.StatusOK); strings.Contains(old.Body, code) {
		t.Error("a code in the query is read")
	}
	page := b.Get("/desk/sign-in?lang=de").Check(h, http.StatusOK)
	whole(t, "link", page)
	missed := b.Post("/desk/sign-in?lang=de", url.Values{"link": {code[:40]}}).Check(h, http.StatusUnauthorized)
	if whole(t, "part of a link", missed); strings.Contains(missed.Body, code[:40]) || !strings.Contains(missed.Text(), "es fehlt ein Stück") {
		t.Errorf("part of a link answers %s", missed.Text())
	}
	a := b.Post("/desk/sign-in?lang=de", url.Values{"link": {" https://security.example.org" + onetime.SignIn(code[:30]) + "\r\n" + code[30:] + "\n"}})
	me := b.Follow(a).Check(h, http.StatusOK)
	whole(t, "welcome", me)
	if !strings.Contains(me.Text(), "Set a password now") {
		t.Error("no password is offered after a link")
	}
	b.Post("/desk/me/password", url.Values{"password": {"another quiet harbour at dawn"}}).Check(h, http.StatusSeeOther)
	again := h.Browser().Post("/desk/sign-in", url.Values{"link": {code}}).Check(h, http.StatusUnauthorized)
	whole(t, "used link", again)
	if !strings.Contains(again.Text(), "This link does not work") || again.Text() != h.Browser().Post("/desk/sign-in", url.Values{"link": {" "}}).Text() {
		t.Errorf("a used link and none read otherwise: %s", again.Text())
	}
}

// Whoever is signed in may still come by a link of somebody's: they are told who they are,
// and not sent on, where the link would come along.
func TestALinkWhileSignedIn(t *testing.T) {
	h := house(t)
	b := in(h, "lead@example.org")
	page := b.Get("/desk/sign-in?next=/desk/team").Check(h, http.StatusOK)
	whole(t, "signed in", page)
	if !strings.Contains(page.Body, `href="/desk/team" data-home`) || strings.Contains(page.Body, `name="password"`) {
		t.Errorf("the way on is missing: %s", page.Text())
	}
	code, err := h.Auth.NewLink(context.Background(), h.Member.ID, 3600e9)
	if err != nil {
		t.Fatal(err)
	}
	me := b.Follow(b.Post("/desk/sign-in", url.Values{"link": {code}}).Check(h, http.StatusSeeOther)).Check(h, http.StatusOK)
	if !strings.Contains(me.Text(), "member@example.org") {
		t.Errorf("the link signs in somebody else: %s", me.Text())
	}
}

func TestAnotherSiteCannotPost(t *testing.T) {
	h := house(t)
	b := in(h, "lead@example.org")
	got := h.Receive(full())
	r := request(http.MethodPost, "/desk/cases/"+string(got.Case)+"/do/claim", "step=do")
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	b.Send(r).Check(h, http.StatusForbidden)
}

// The pages in the order in which work goes, each whole.
func TestEveryPage(t *testing.T) {
	for _, file := range []string{"signed-policy.yaml", "two-person-team.yaml"} {
		for _, lang := range words.Languages {
			t.Run(file+"/"+lang, func(t *testing.T) { everyPage(t, file, lang) })
		}
	}
}

func everyPage(t *testing.T, file, lang string) {
	h := webtest.New(t, file, func(c *web.Config) {
		c.Alarms = func(*http.Request) []web.Notice {
			return []web.Notice{{Kind: "alarm", Title: "Two notices were given up", Href: "/desk/outbox", Label: "Look"}}
		}
	}, desk.Register)
	got := h.Receive(full())
	id := string(got.Case)
	lead := in(h, "lead@example.org")
	lead.Lang = lang
	h.Do(h.Lead, got.Case, cvd.VerbNote, cvd.Input{Note: "looks real"})
	h.Do(h.Lead, got.Case, cvd.VerbAsk, cvd.Input{Missing: []string{"The version"}, Text: "Which one?"})
	for _, path := range []string{
		"/desk/", "/desk/?view=closed", "/desk/?view=mine&severity=high&state=valid", "/desk/cases/" + id, "/desk/record", "/desk/policy",
		"/desk/policy/1", "/desk/policy/diff?from=1&to=1", "/desk/team", "/desk/team/" + h.Member.ID, "/desk/outbox", "/desk/outbox?state=dead",
		"/desk/audit", "/desk/me", "/desk/nothing",
	} {
		a := lead.Get(path)
		if path == "/desk/nothing" {
			a.Check(h, http.StatusNotFound)
		} else {
			a.Check(h, http.StatusOK)
		}
		whole(t, path, a)
		if !strings.Contains(a.Body, `<html lang="`+lang+`"`) {
			t.Errorf("%s is not in %s", path, lang)
		}
		if !strings.Contains(a.Body, "alarms-here") {
			t.Errorf("%s counts no alarm", path)
		}
	}
	f, err := h.Desk.As(h.Lead).Case(context.Background(), got.Case)
	if err != nil {
		t.Fatal(err)
	}
	for _, verb := range f.Verbs {
		if verb == cvd.VerbRedact {
			continue
		}
		whole(t, string(verb), lead.Get("/desk/cases/"+id+"/do/"+string(verb)).Check(h, http.StatusOK))
	}
}

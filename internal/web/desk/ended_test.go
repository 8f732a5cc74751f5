package desk_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"fairlead/internal/auth"
	"fairlead/internal/cvd"
	"fairlead/internal/web/webtest"
)

// A session that ends takes nothing with it that was typed: the sign-in page says so,
// keeps it, and leads on to it.
func TestWordsOutliveTheSession(t *testing.T) {
	h := house(t)
	id := string(h.Receive(full()).Case)
	b := in(h, "member@example.org")
	h.Pass(auth.MemberIdle + 1)
	note := url.Values{"text": {"Half a page\nof <b>notes</b>"}, "seen": {"1"}, "password": {"never kept"}}
	asked := b.Post("/desk/cases/"+id+"/note", note).Check(h, http.StatusUnauthorized)
	whole(t, "asked", asked)
	if !strings.Contains(asked.Text(), "Your session ended") || !strings.Contains(asked.Text(), "of <b>notes</b>") || strings.Contains(asked.Body, "never kept") {
		t.Errorf("the page before: %s", asked.Text())
	}
	form := b.Form(asked, "/desk/sign-in")
	form.Set("email", "member@example.org")
	form.Set("password", "wrong password")
	again := b.Post("/desk/sign-in", form).Check(h, http.StatusUnauthorized)
	form = b.Form(again, "/desk/sign-in")
	form.Set("email", "member@example.org")
	form.Set("password", webtest.Password)
	back := b.Post("/desk/sign-in", form).Check(h, http.StatusOK)
	whole(t, "back", back)
	action := "/desk/cases/" + id + "/note"
	sent := b.Form(back, action)
	if sent.Get("text") != note.Get("text") || sent.Get("seen") != "1" || strings.Contains(back.Body, webtest.Password) {
		t.Errorf("it waits as %v", sent)
	}
	if page := b.Get("/desk/cases/"+id).Check(h, http.StatusOK); strings.Contains(page.Text(), "Half a page") {
		t.Error("it was done before its writer saw it again")
	}

	// A file is not kept, the words beside it are; whoever had no session is only led in.
	h.Pass(auth.MemberIdle + 1)
	up := b.Upload("/desk/cases/"+id+"/attach", url.Values{"text": {"See the file"}}, webtest.File{Field: "file", Name: "a.txt", Content: "a"}).Check(h, http.StatusUnauthorized)
	whole(t, "file", up)
	if !strings.Contains(up.Text(), "See the file") || !strings.Contains(up.Text(), "Choose it once more") {
		t.Errorf("a file: %s", up.Text())
	}
	if page := b.Get("/desk/sign-in").Check(h, http.StatusOK); !strings.Contains(page.Text(), "Your session ended") {
		t.Errorf("the page that is read says nothing: %s", page.Text())
	}
	if page := h.Browser().Get("/desk/sign-in").Check(h, http.StatusOK); strings.Contains(page.Text(), "Your session ended") {
		t.Error("a stranger had no session")
	}
	h.Browser().Post(action, note).Check(h, http.StatusSeeOther)
}

// Who has nothing here to show who they are is told what helps, and by whom: a fresh
// link, opened beside the page, which goes on with what was typed.
func TestAFreshLinkIsAProof(t *testing.T) {
	h := house(t)
	m, err := h.Auth.AddMember(t.Context(), cvd.System, cvd.Member{Name: "New", Email: "new@example.org", Roles: []cvd.Role{cvd.RoleMember}})
	if err != nil {
		t.Fatal(err)
	}
	b := h.Browser()
	enter := func() {
		code, err := h.Auth.NewLink(t.Context(), m.ID, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		b.Post("/desk/sign-in", url.Values{"link": {code}}).Check(h, http.StatusSeeOther)
	}
	enter()
	h.Pass(auth.FreshFor + time.Minute)
	asked := b.Post("/desk/me/tokens", url.Values{"name": {"the scanner"}, "days": {"30"}, "scopes": {"all"}}).Check(h, http.StatusForbidden)
	whole(t, "asked", asked)
	for _, want := range []string{"lead@example.org", "fresh sign-in link", "the scanner"} {
		if !strings.Contains(asked.Text(), want) {
			t.Errorf("%q is not on %s", want, asked.Text())
		}
	}
	form := b.Form(asked, "/desk/me/tokens")
	form = b.Form(b.Post("/desk/me/tokens", form).Check(h, http.StatusForbidden), "/desk/me/tokens") // not yet
	enter()
	if made := b.Post("/desk/me/tokens", form).Check(h, http.StatusOK); !strings.Contains(made.Body, "fl_") {
		t.Errorf("no token: %s", made.Text())
	}
}

// The desk begins for everybody where they may go.
func TestTheDeskBeginsWhereOneMayGo(t *testing.T) {
	h := house(t)
	h.Add("Ann Auditor", "audits@example.org", nil, cvd.RoleAuditor)
	b := in(h, "audits@example.org")
	to := b.Follow(b.Get("/desk").Check(h, http.StatusSeeOther))
	for range 2 {
		if to.Status == http.StatusSeeOther {
			to = b.Follow(to)
		}
	}
	to.Check(h, http.StatusOK)
	o := in(h, "officer@example.org")
	page := o.Follow(o.Get("/desk/").Check(h, http.StatusSeeOther)).Check(h, http.StatusOK)
	if !strings.Contains(page.Text(), "Policy") {
		t.Errorf("an officer begins at %s", page.Text())
	}
}

// Who was refused at sign-in is nobody's reporter in the audit.
func TestAuditNamesNobodyForARefusal(t *testing.T) {
	h := house(t)
	h.Browser().Post("/desk/sign-in", url.Values{"email": {"member@example.org"}, "password": {"wrong password"}}).Check(h, http.StatusUnauthorized)
	page := in(h, "lead@example.org").Get("/desk/audit").Check(h, http.StatusOK)
	whole(t, "audit", page)
	if !strings.Contains(page.Text(), "Somebody unknownSign-in refused") || strings.Contains(page.Text(), "ReporterSign-in") {
		t.Errorf("the audit: %s", page.Text())
	}
}

// Each fault of a recorded report is told once.
func TestRecordTellsAFaultOnce(t *testing.T) {
	h := house(t)
	page := in(h, "member@example.org").Post("/desk/record", url.Values{
		"title": {strings.Repeat("a", 400)}, "channel": {"phone"}, "received_at": {"never"}, "description": {"x"},
	}).Check(h, http.StatusUnprocessableEntity)
	for _, field := range []string{"#f-title", "#f-received_at"} {
		if n := strings.Count(page.Body, `href="`+field+`"`); n != 1 {
			t.Errorf("%s stands %d times in the summary", field, n)
		}
	}
}

// What the audit recorded reads in the reader's language and zone.
func TestAuditDetailsAreWords(t *testing.T) {
	h := house(t)
	b := in(h, "lead@example.org")
	made := b.Post("/desk/me/tokens", url.Values{"name": {"scanner"}, "days": {"30"}, "scopes": {"cases:read"}}).Check(h, http.StatusOK)
	whole(t, "token", made)
	b.Post("/desk/team/"+h.Member.ID+"/sessions", nil)
	for lang, want := range map[string][]string{"en": {"roles: Member", "until ", "held to: Read cases"}, "de": {"Rollen: Mitglied", "bis "}, "fr": {"Membre", "jusqu’au "}} {
		b.Lang = lang
		page := b.Get("/desk/audit").Check(h, http.StatusOK)
		whole(t, lang, page)
		for _, w := range append(want, "") {
			if !strings.Contains(page.Text(), w) {
				t.Errorf("%s: %q is not there: %.900s", lang, w, page.Text())
			}
		}
		if strings.Contains(page.Text(), "00Z") || strings.Contains(page.Text(), "scopes:") {
			t.Errorf("%s shows raw data: %s", lang, page.Text())
		}
	}
}

// A member who records a report reads the names that the desk has for its fields, in
// their language, whatever the policy calls them before reporters.
func TestRecordSpeaksToTheMember(t *testing.T) {
	h := house(t)
	b := in(h, "member@example.org")
	for lang, want := range map[string][]string{"en": {"Steps to reproduce", "Name"}, "de": {"Beschreibung"}, "fr": {"Description"}} {
		b.Lang = lang
		page := b.Get("/desk/record").Check(h, http.StatusOK)
		whole(t, lang, page)
		for _, w := range want {
			if !strings.Contains(page.Text(), w) {
				t.Errorf("%s: %q is not there: %s", lang, w, page.Text())
			}
		}
		for _, bad := range []string{"Your name", "Details of the vulnerability", "Did you come across", "Tools that you used"} {
			if strings.Contains(page.Text(), bad) {
				t.Errorf("%s: %q asks the reporter", lang, bad)
			}
		}
	}
}

// What is missing is told as a sentence that begins with the field's own name.
func TestMissingFieldsAreSentences(t *testing.T) {
	h := house(t)
	id := string(h.Receive(full()).Case)
	b := in(h, "lead@example.org")
	for verb, want := range map[string]string{"attach": "File is missing; choose a file", "cve": "Stage of the CVE id is missing; give it"} {
		path := "/desk/cases/" + id + "/do/" + verb
		var page *webtest.Answer
		if verb == "attach" {
			page = b.Upload(path+"?for=team", url.Values{"step": {"do"}})
		} else {
			page = b.Post(path, url.Values{"step": {"do"}})
		}
		page.Check(h, http.StatusUnprocessableEntity)
		whole(t, verb, page)
		if !strings.Contains(page.Text(), want) {
			t.Errorf("%s: %q is not in %s", verb, want, page.Text())
		}
	}
}

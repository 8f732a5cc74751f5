package desk_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"fairlead/internal/cvd"
	"fairlead/internal/web/webtest"
	"fairlead/internal/words"
)

// A view that does not exist shows no other's cases as if they were its own: it says so, and
// which there are.
func TestAViewThatIsNone(t *testing.T) {
	h := house(t)
	h.Receive(cvd.Report{Title: "one"})
	b := in(h, "lead@example.org")
	for _, lang := range words.Languages {
		b.Lang = lang
		page := b.Get("/desk/?view=nonsense").Check(h, http.StatusOK)
		whole(t, "no such view", page)
		_, notice, _ := strings.Cut(page.Body, `role="alert"`)
		notice, _, _ = strings.Cut(notice, "</ul>")
		for _, view := range []string{"open", "mine", "closed", "mail"} {
			if !strings.Contains(notice, `href="/desk/?view=`+view+`"`) {
				t.Errorf("%s: the view %s is not listed: %s", lang, view, page.Text())
			}
		}
		if strings.Contains(page.Body, `id="rows"`) || strings.Contains(page.Body, `href="/desk/?view=open" aria-current`) {
			t.Errorf("%s: open cases stand in for it: %s", lang, page.Text())
		}
	}
	b.Lang = "en"
	if text := b.Get("/desk/?view=open&view=nonsense").Check(h, http.StatusOK).Text(); strings.Contains(text, "There is no such view") {
		t.Errorf("the view open reads %s", text)
	}
}

// Pages about several cases count as their language does, one case among them.
func TestOneCaseOfSeveralIsOne(t *testing.T) {
	h := house(t)
	id := string(h.Receive(cvd.Report{Title: "one"}).Case)
	b := in(h, "lead@example.org")
	for lang, wrong := range map[string]string{"en": "1 cases", "de": "1 Fäll", "fr": "1 dossiers"} {
		b.Lang = lang
		form := url.Values{"act": {"note"}, "case": {id}, "note": {"In " + lang}}
		asked := b.Post("/desk/batch", form).Check(h, http.StatusOK)
		form = b.Form(asked, "/desk/batch")
		form.Set("step", "do")
		form.Set("note", "In "+lang)
		done := b.Post("/desk/batch", form).Check(h, http.StatusOK)
		for name, page := range map[string]*webtest.Answer{"asked": asked, "done": done} {
			whole(t, name, page)
			if text := page.Text(); strings.Contains(text, wrong) || strings.Contains(text, "These cases") || strings.Contains(text, "each case") {
				t.Errorf("%s, %s: %s", lang, name, text)
			}
		}
		if !regexp.MustCompile(`<h1 tabindex="-1" autofocus>[^<]*1[^<]*1[^<]*</h1>`).MatchString(done.Body) {
			t.Errorf("%s: what was done is not where the reader is: %s", lang, done.Text())
		}
	}
}

// What is wrong with a field stands under its label, which is not said a second time.
func TestAFaultAtAFieldHasOneLabel(t *testing.T) {
	h := house(t)
	id := string(h.Receive(cvd.Report{Title: "one"}).Case)
	b := in(h, "lead@example.org")
	fault := regexp.MustCompile(`(?s)<label for="(f-[a-z_]+)">([^<]+?) <span.*?<p class="fault" id="(f-[a-z_]+)-fault">(.*?)</p>`)
	for _, lang := range words.Languages {
		b.Lang = lang
		page := b.Post("/desk/cases/"+id+"/do/message", url.Values{"step": {"preview"}}).Check(h, http.StatusUnprocessableEntity)
		m := fault.FindStringSubmatch(page.Body)
		if m == nil || m[1] != m[3] || strings.Contains(m[4], m[2]) {
			t.Errorf("%s: at the field it reads %q", lang, m)
		}
	}
}

// Whoever came by a link and has set nothing else is not told that a password signs them in.
func TestWhatSignsYouInIsSo(t *testing.T) {
	h := house(t)
	code, err := h.Auth.NewLink(t.Context(), h.Fixer.ID, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	b := h.Browser()
	b.Post("/desk/sign-in", url.Values{"link": {code}}).Check(h, http.StatusSeeOther)
	for _, path := range []string{"/desk/me", "/desk/me/second"} {
		with := b.Get(path).Check(h, http.StatusOK).Text()
		if !strings.Contains(with, "Your password alone signs you in") && !strings.Contains(with, "You sign in with a password alone") {
			t.Errorf("%s with a password reads %s", path, with)
		}
	}
	bare, err := h.Auth.AddMember(t.Context(), h.Lead, cvd.Member{Name: "Nils New", Email: "new@example.org", Roles: []cvd.Role{cvd.RoleMember}})
	if err != nil {
		t.Fatal(err)
	}
	if code, err = h.Auth.NewLink(t.Context(), bare.ID, time.Hour); err != nil {
		t.Fatal(err)
	}
	b = h.Browser()
	b.Post("/desk/sign-in", url.Values{"link": {code}}).Check(h, http.StatusSeeOther)
	for _, path := range []string{"/desk/me", "/desk/me/second"} {
		page := b.Get(path).Check(h, http.StatusOK)
		whole(t, path, page)
		if text := page.Text(); strings.Contains(text, "password alone signs") || strings.Contains(text, "with a password alone") || !strings.Contains(text, "You have no password yet") {
			t.Errorf("%s without one reads %s", path, text)
		}
	}
}

// The audit says where somebody came from and with what, as people say it; what a socket of
// this machine calls itself is no place.
func TestAuditSaysWhereFrom(t *testing.T) {
	h := house(t)
	lead := in(h, "lead@example.org")
	b := h.Browser()
	b.From = "@"
	r := request(http.MethodPost, "/desk/sign-in", url.Values{"email": {"member@example.org"}, "password": {webtest.Password}}.Encode())
	r.Header.Set("User-Agent", "Go-http-client/1.1")
	b.Send(r).Check(h, http.StatusSeeOther)
	body := lead.Get("/desk/audit?kind=sign-in").Check(h, http.StatusOK).Body
	if !strings.Contains(body, `<td data-label="From"><span class="at" title="Go-http-client/1.1">Go</span></td>`) {
		t.Errorf("it reads %s", body)
	}
}

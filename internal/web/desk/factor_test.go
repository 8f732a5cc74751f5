package desk_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"fairlead/internal/auth"
	"fairlead/internal/web/webtest"
)

// Somebody sets a second factor up, signs in with it and without it, and another
// lead takes it away.
func TestSecondFactorOnTheDesk(t *testing.T) {
	h := house(t)
	const email = "member@example.org"
	b := in(h, email)
	whole(t, "none", b.Get("/desk/me/second").Check(h, http.StatusOK))
	offer := b.Post("/desk/me/second/begin", nil).Check(h, http.StatusOK)
	whole(t, "offer", offer)
	secret := secretIn(offer)
	code := func() string { return codeAt(t, h, secret) }
	wrong := b.Post("/desk/me/second/confirm", url.Values{"code": {"000000"}}).Check(h, http.StatusUnprocessableEntity)
	whole(t, "wrong", wrong)
	if strings.Contains(wrong.Body, "<svg class=\"qr\"") {
		t.Error("the picture is shown twice")
	}
	paper := b.Post("/desk/me/second/confirm", url.Values{"code": {code()}}).Check(h, http.StatusOK)
	whole(t, "paper", paper)
	codes := regexp.MustCompile(`[a-z2-7]{4}(-[a-z2-7]{4}){5}`).FindAllString(paper.Text(), -1)
	if len(codes) != 10 {
		t.Fatalf("%d codes on paper", len(codes))
	}
	if again := b.Get("/desk/me/second").Check(h, http.StatusOK); strings.Contains(again.Body, codes[0]) {
		t.Error("a code on paper is shown twice")
	} else {
		whole(t, "on", again)
	}
	whole(t, "me", b.Get("/desk/me").Check(h, http.StatusOK))

	h.Pass(time.Minute)
	b = h.Browser()
	first := b.Post("/desk/sign-in", url.Values{"email": {email}, "password": {webtest.Password}, "next": {"/desk/team"}}).Check(h, http.StatusSeeOther)
	if to := first.Header.Get("Location"); to != "/desk/sign-in/second?next=%2Fdesk%2Fteam" {
		t.Fatalf("led to %s", to)
	}
	for _, path := range []string{"/desk/", "/desk/team", "/desk/me"} {
		if a := b.Get(path).Check(h, http.StatusSeeOther); !strings.HasPrefix(a.Header.Get("Location"), "/desk/sign-in") {
			t.Errorf("half the way opens %s", path)
		}
	}
	ask := b.Follow(first).Check(h, http.StatusOK)
	whole(t, "ask", ask)
	form := b.Form(ask, "/desk/sign-in/second")
	form.Set("code", "000000")
	whole(t, "refused", b.Post("/desk/sign-in/second", form).Check(h, http.StatusUnauthorized))
	form.Set("code", code())
	if to := b.Post("/desk/sign-in/second", form).Check(h, http.StatusSeeOther).Header.Get("Location"); to != "/desk/team" {
		t.Errorf("led to %s", to)
	}
	b.Get("/desk/team").Check(h, http.StatusOK)
	lead := in(h, "lead@example.org")
	one := lead.Get("/desk/team/"+h.Member.ID).Check(h, http.StatusOK)
	whole(t, "one", one)
	if !strings.Contains(one.Body, `action="/desk/team/`+h.Member.ID+`/second"`) {
		t.Error("a lead cannot take a lost factor away")
	}

	// Without the password there is no way to the page that asks for a code.
	if to := h.Browser().Get("/desk/sign-in/second").Check(h, http.StatusSeeOther).Header.Get("Location"); to != "/desk/sign-in" {
		t.Errorf("led to %s", to)
	}
	b.Post("/desk/me/second/codes", nil).Check(h, http.StatusOK)
	h.Pass(auth.FreshFor + time.Minute)
	b.Post("/desk/me/second/codes", nil).Check(h, http.StatusForbidden)
	asked := b.Post("/desk/me/second/remove", nil).Check(h, http.StatusForbidden)
	form = b.Form(asked, "/desk/me/second/remove")
	form.Set("prove", "show")
	form.Set("prove-password", webtest.Password)
	form.Set("prove-code", code())
	b.Post("/desk/me/second/remove", form).Check(h, http.StatusSeeOther)
	b = h.Browser()
	if to := b.Post("/desk/sign-in", url.Values{"email": {email}, "password": {webtest.Password}}).Check(h, http.StatusSeeOther).Header.Get("Location"); strings.Contains(to, "second") {
		t.Error("a factor that is gone is asked for")
	}

	// A lead takes it away from one who lost it, and nobody else does.
	lead = in(h, "lead@example.org")
	b.Post("/desk/team/"+h.Lead.ID+"/second", nil).Check(h, http.StatusNotFound)
	lead.Post("/desk/team/"+h.Member.ID+"/second", nil).Check(h, http.StatusConflict)
}

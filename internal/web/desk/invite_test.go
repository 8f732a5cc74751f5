package desk_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"fairlead/internal/auth/invite"
	"fairlead/internal/web/webtest"
)

// A lead invites somebody, who joins by the letter's address, chooses a password, and
// signs in; the address opens nothing again.
func TestInvitation(t *testing.T) {
	h := house(t)
	h.Site.Invites = invite.New(h.Store, h.Vault, h.Auth, h.Now, nil)
	lead := in(h, "lead@example.org")
	whole(t, "team", lead.Get("/desk/team").Check(h, http.StatusOK))
	page := lead.Get("/desk/invitations").Check(h, http.StatusOK)
	whole(t, "invitations", page)
	wrong := lead.Post("/desk/invitations", url.Values{"email": {"lead@example.org"}}).Check(h, http.StatusUnprocessableEntity)
	whole(t, "wrong", wrong)
	sent := lead.Post("/desk/invitations", url.Values{"email": {"new@example.org"}, "roles": {"member"}}).Check(h, http.StatusOK)
	whole(t, "sent", sent)
	path := regexp.MustCompile(`/desk/sign-in/invitation#code=\S+`).FindString(sent.Text())
	if again := lead.Get("/desk/invitations").Check(h, http.StatusOK); strings.Contains(again.Body, path) || !strings.Contains(again.Text(), "new@example.org") {
		t.Error("the address is shown twice, or the invitation is not listed")
	}
	in(h, "member@example.org").Get("/desk/invitations").Check(h, http.StatusNotFound)

	b := h.Browser()
	before := b.Get("/desk/sign-in/invitation").Check(h, http.StatusOK)
	whole(t, "not yet opened", before)
	// A mail program that looks, and the sign-in page, where somebody pasted it: both use
	// nothing up.
	b.Post("/desk/sign-in/invitation", url.Values{"code": {path}}).Check(h, http.StatusOK)
	sentOn := b.Post("/desk/sign-in", url.Values{"link": {" https://security.example.org" + path + "\n"}}).Check(h, http.StatusTemporaryRedirect)
	if to := sentOn.Header.Get("Location"); to != "/desk/sign-in/invitation" {
		t.Errorf("an invitation pasted at the sign-in leads to %s", to)
	}
	asked := b.Post("/desk/sign-in/invitation", url.Values{"link": {" https://security.example.org" + path + "\n"}}).Check(h, http.StatusOK)
	whole(t, "invited", asked)
	form := b.Form(asked, "/desk/sign-in/invitation")
	form.Set("name", "")
	whole(t, "nameless", b.Post("/desk/sign-in/invitation", form).Check(h, http.StatusUnprocessableEntity))
	form.Set("name", "Nia New")
	joined := b.Post("/desk/sign-in/invitation", form).Check(h, http.StatusSeeOther)
	welcome := b.Follow(joined).Check(h, http.StatusOK)
	whole(t, "welcome", welcome)
	if !strings.Contains(welcome.Text(), "Nia New") {
		t.Error(welcome.Text())
	}
	b.Post("/desk/me/password", url.Values{"password": {webtest.Password}}).Check(h, http.StatusSeeOther)
	in(h, "new@example.org")
	dead := h.Browser().Post("/desk/sign-in/invitation", url.Values{"code": {path}}).Check(h, http.StatusForbidden)
	whole(t, "dead", dead)
	h.Browser().Post("/desk/sign-in/invitation", form).Check(h, http.StatusForbidden)

	sent = lead.Post("/desk/invitations", url.Values{"email": {"two@example.org"}, "roles": {"fixer"}}).Check(h, http.StatusOK)
	list := lead.Get("/desk/invitations").Check(h, http.StatusOK)
	id := regexp.MustCompile(`/desk/invitations/([^/"]+)/again`).FindStringSubmatch(list.Body)[1]
	lead.Post("/desk/invitations/"+id+"/again", nil).Check(h, http.StatusOK)
	list = lead.Get("/desk/invitations").Check(h, http.StatusOK)
	id = regexp.MustCompile(`/desk/invitations/([^/"]+)/revoke`).FindStringSubmatch(list.Body)[1]
	lead.Post("/desk/invitations/"+id+"/revoke", nil).Check(h, http.StatusSeeOther)
	path = regexp.MustCompile(`/desk/sign-in/invitation#code=\S+`).FindString(sent.Text())
	h.Browser().Post("/desk/sign-in/invitation", url.Values{"code": {path}}).Check(h, http.StatusForbidden)
}

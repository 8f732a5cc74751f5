package desk_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"fairlead/internal/auth"
	"fairlead/internal/auth/oidc"
	"fairlead/internal/auth/oidc/oidctest"
	"fairlead/internal/cvd"
	"fairlead/internal/web/webtest"
)

// elsewhere is the desk with a provider.
func elsewhere(t *testing.T) (*webtest.House, *oidctest.Double) {
	t.Helper()
	h := house(t)
	double := oidctest.NewDouble(t, h.Now)
	h.Site.Ways = oidc.New(oidc.Config{
		Store: h.Store, Vault: h.Vault, Auth: h.Auth, Now: h.Now, Log: h.Site.Log,
		Providers: []oidc.Provider{{ID: "main", Name: "The <House>", Issuer: double.Issuer, ClientID: "fairlead", Secret: "s"}},
	})
	return h, double
}

// away follows a browser to the provider and gives the address that it comes back to.
func away(t *testing.T, h *webtest.House, double *oidctest.Double, a *webtest.Answer) string {
	t.Helper()
	a.Check(h, http.StatusOK)
	whole(t, "leave", a)
	address, ok := strings.CutPrefix(a.Header.Get("Refresh"), "0; url=")
	if !ok || !strings.HasPrefix(address, double.Issuer+"/auth?") {
		t.Fatalf("led to %q", a.Header.Get("Refresh"))
	}
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	if back := u.Query().Get("redirect_uri"); !strings.HasSuffix(back, "/desk/sign-in/provider/main/back") {
		t.Errorf("sent back to %s", back)
	}
	return "/desk/sign-in/provider/main/back?" + double.SignIn(address).Encode()
}

// A member links an account elsewhere, and signs in by it in another browser; a
// stranger's account opens nothing, and what came back once opens nothing again.
func TestSignInByProvider(t *testing.T) {
	h, double := elsewhere(t)
	b := h.Browser()
	door := b.Get("/desk/sign-in?next=/desk/team").Check(h, http.StatusOK)
	whole(t, "door", door)
	form := b.Form(door, "/desk/sign-in/provider/main")
	back := away(t, h, double, b.Post("/desk/sign-in/provider/main", form))
	if a := h.Browser().Get(back).Check(h, http.StatusForbidden); !strings.Contains(a.Text(), "has run out") {
		t.Error(a.Text())
	}
	unknown := b.Get(back).Check(h, http.StatusForbidden)
	whole(t, "unknown", unknown)
	if !strings.Contains(unknown.Text(), "No member signs in with this account") || strings.Contains(unknown.Text(), "ada@example.org") {
		t.Error(unknown.Text())
	}

	m := in(h, "member@example.org")
	whole(t, "me", m.Get("/desk/me").Check(h, http.StatusOK))
	page := m.Get("/desk/me/providers").Check(h, http.StatusOK)
	whole(t, "providers", page)
	h.Pass(auth.FreshFor + time.Minute)
	m.Post("/desk/me/providers", url.Values{"id": {"main"}}).Check(h, http.StatusForbidden) // it asks who it is
	back = away(t, h, double, m.Post("/desk/me/providers", url.Values{"id": {"main"}, "prove": {"show"}, "prove-password": {webtest.Password}}))
	done := m.Get(back).Check(h, http.StatusSeeOther)
	listed := m.Follow(done).Check(h, http.StatusOK)
	whole(t, "linked", listed)
	if !strings.Contains(listed.Text(), "ada@example.org") || !strings.Contains(listed.Text(), "The <House>") {
		t.Error(listed.Text())
	}
	stale := m.Get(back).Check(h, http.StatusForbidden)
	whole(t, "stale", stale)

	back = away(t, h, double, b.Post("/desk/sign-in/provider/main", form))
	if to := b.Get(back).Check(h, http.StatusSeeOther).Header.Get("Location"); to != "/desk/team" {
		t.Fatalf("led to %s", to)
	}
	b.Get("/desk/team").Check(h, http.StatusOK)
	for _, c := range b.Cookies() {
		if strings.Contains(c, "provider") && !strings.HasSuffix(c, "=") {
			t.Errorf("the cookie of the way stays: %s", c)
		}
	}

	m.Post("/desk/me/providers/remove", b.Form(listed, "/desk/me/providers/remove")).Check(h, http.StatusSeeOther)
	back = away(t, h, double, h.Browser().Post("/desk/sign-in/provider/main", form))
	h.Browser().Get(back).Check(h, http.StatusForbidden)
}

// A provider that fails is told on the page and blocks no other way in; one that does
// not exist reads as any address of the desk.
func TestFailingProvider(t *testing.T) {
	h, double := elsewhere(t)
	double.Set(func(d *oidctest.Double) { d.Down = true })
	b := h.Browser()
	failed := b.Post("/desk/sign-in/provider/main", nil).Check(h, http.StatusServiceUnavailable)
	whole(t, "failed", failed)
	door := b.Get("/desk/sign-in").Check(h, http.StatusOK)
	whole(t, "door", door)
	if !strings.Contains(door.Text(), "could not be reached a moment ago") {
		t.Error(door.Text())
	}
	in(h, "member@example.org")
	for _, a := range []*webtest.Answer{b.Post("/desk/sign-in/provider/other", nil), b.Get("/desk/sign-in/provider/other/back")} {
		if a.Check(h, http.StatusSeeOther).Header.Get("Location") != "/desk/sign-in" {
			t.Error("an unknown provider reads otherwise")
		}
	}
	plain := house(t)
	if strings.Contains(plain.Browser().Get("/desk/sign-in").Check(plain, http.StatusOK).Body, "provider") {
		t.Error("the door speaks of providers where there are none")
	}
	in(plain, "member@example.org").Get("/desk/me/providers").Check(plain, http.StatusNotFound)
}

// Whoever the provider merely knew shows it there once more who they are before what wants
// a proof of the moment.
func TestProofByProvider(t *testing.T) {
	h, double := elsewhere(t)
	m := in(h, "member@example.org")
	m.Get(away(t, h, double, m.Post("/desk/me/providers", url.Values{"id": {"main"}}))).Check(h, http.StatusSeeOther)
	b := h.Browser()
	b.Get(away(t, h, double, b.Post("/desk/sign-in/provider/main", nil))).Check(h, http.StatusSeeOther)
	token := url.Values{"name": {"scanner"}, "days": {"30"}, "scopes": {"all"}}
	asked := b.Post("/desk/me/tokens", token).Check(h, http.StatusForbidden)
	whole(t, "asked", asked)
	if strings.Contains(h.Log.String(), "msg=refused") {
		t.Errorf("to be asked is no refusal: %s", h.Log)
	}
	leave := b.Post("/desk/sign-in/provider/main", b.Form(asked, "/desk/sign-in/provider/main"))
	if address := leave.Header.Get("Refresh"); !strings.Contains(address, "max_age=0") || !strings.Contains(address, "prompt=login") {
		t.Errorf("led to %s", address)
	}
	double.Set(func(d *oidctest.Double) { d.Claims = map[string]any{"auth_time": h.Now().Unix()} })
	again := b.Get(away(t, h, double, leave)).Check(h, http.StatusOK)
	whole(t, "again", again)
	sent := b.Form(again, "/desk/me/tokens")
	if sent.Get("name") != "scanner" || sent.Get("days") != "30" {
		t.Fatalf("it waits as %v: %s", sent, again.Text())
	}
	b.Post("/desk/me/tokens", sent).Check(h, http.StatusOK)
}

// What was typed when the session ended waits, sealed, while its writer signs in by a
// provider: in no address, and for nobody but them. Where that does not succeed it is
// on the page that says so.
func TestWordsOutliveTheSessionAtAProvider(t *testing.T) {
	h, double := elsewhere(t)
	id := string(h.Receive(full()).Case)
	b := in(h, "member@example.org")
	b.Get(away(t, h, double, b.Post("/desk/me/providers", url.Values{"id": {"main"}}))).Check(h, http.StatusSeeOther)
	h.Pass(auth.MemberIdle + 1)
	action := "/desk/cases/" + id + "/do/note"
	note := url.Values{"note": {"Half a page\nof <b>notes</b>"}, "step": {"do"}}
	ask := func() *webtest.Answer {
		t.Helper()
		asked := b.Post(action, note).Check(h, http.StatusUnauthorized)
		whole(t, "asked", asked)
		return b.Post("/desk/sign-in/provider/main", b.Form(asked, "/desk/sign-in/provider/main"))
	}
	leave := ask()
	if strings.Contains(leave.Body+leave.Header.Get("Refresh")+strings.Join(leave.Header.Values("Set-Cookie"), ""), "Half") {
		t.Errorf("the words leave: %s", leave.Body)
	}
	refused := b.Get("/desk/sign-in/provider/main/back?error=access_denied&iss="+url.QueryEscape(double.Issuer)+"&state="+stateOf(t, leave)).Check(h, http.StatusForbidden)
	whole(t, "refused", refused)
	if b.Form(refused, action).Get("note") != note.Get("note") || !strings.Contains(refused.Text(), "of <b>notes</b>") {
		t.Errorf("the words are lost: %s", refused.Text())
	}
	way := away(t, h, double, ask())
	h.Browser().Get(way).Check(h, http.StatusForbidden)
	again := b.Get(way).Check(h, http.StatusOK)
	whole(t, "again", again)
	if sent := b.Form(again, action); sent.Get("note") != note.Get("note") || sent.Get("step") != "do" || !strings.Contains(again.Text(), "signed in again") {
		t.Fatalf("it waits as %v: %s", sent, again.Text())
	}
	b.Post(action, b.Form(again, action)).Check(h, http.StatusSeeOther)
	if page := b.Get("/desk/cases/" + id); !strings.Contains(page.Text(), "of <b>notes</b>") {
		t.Errorf("it was not sent: %s", page.Text())
	}

	// More than may wait goes nowhere, and is seen.
	h.Pass(auth.MemberIdle + 1)
	note.Set("note", strings.Repeat("long words ", 30_000))
	long := b.Post(action, note).Check(h, http.StatusUnauthorized)
	if strings.Contains(long.Body, "/desk/sign-in/provider/") || !strings.Contains(long.Text(), "too long to wait") || !strings.Contains(long.Body, "long words long words") {
		t.Errorf("too long: %.600s", long.Text())
	}
	b.Post("/desk/sign-in/provider/main", url.Values{"kept-for": {action}, "kept.note": note["note"]}).Check(h, http.StatusRequestEntityTooLarge)
}

// stateOf is what a way that was begun is known by.
func stateOf(t *testing.T, leave *webtest.Answer) string {
	t.Helper()
	u, err := url.Parse(strings.TrimPrefix(leave.Header.Get("Refresh"), "0; url="))
	if err != nil || u.Query().Get("state") == "" {
		t.Fatal(leave.Header.Get("Refresh"), err)
	}
	return u.Query().Get("state")
}

// Whose provider does not say that they signed in just now is told so, with what helps,
// and is not sent there again and again.
func TestProviderThatDoesNotSayWhen(t *testing.T) {
	h, double := elsewhere(t)
	for name, claims := range map[string]map[string]any{"never": nil, "long ago": {"auth_time": h.Now().Add(-time.Hour).Unix()}} {
		m := in(h, "member@example.org")
		m.Get(away(t, h, double, m.Post("/desk/me/providers", url.Values{"id": {"main"}}))).Check(h, http.StatusSeeOther)
		double.Set(func(d *oidctest.Double) { d.Claims = claims })
		b := h.Browser()
		b.Get(away(t, h, double, b.Post("/desk/sign-in/provider/main", nil))).Check(h, http.StatusSeeOther)
		asked := b.Post("/desk/me/tokens", url.Values{"name": {"scanner"}, "days": {"30"}, "scopes": {"all"}}).Check(h, http.StatusForbidden)
		told := b.Get(away(t, h, double, b.Post("/desk/sign-in/provider/main", b.Form(asked, "/desk/sign-in/provider/main")))).Check(h, http.StatusOK)
		whole(t, name, told)
		if !strings.Contains(told.Text(), "does not say that you signed in just now") || !strings.Contains(told.Text(), "Use your password") || !strings.Contains(told.Body, `href="/desk/`) {
			t.Errorf("%s: %s", name, told.Text())
		}
		b.Get("/desk/me").Check(h, http.StatusOK)
	}

	// Who has nothing here is told who can help: by their link a password can be set.
	double.Set(func(d *oidctest.Double) {
		d.Claims = map[string]any{"sub": "another", "email": "new@example.org", "email_verified": true}
	})
	m, err := h.Auth.AddMember(t.Context(), cvd.System, cvd.Member{Name: "New", Email: "new@example.org", Roles: []cvd.Role{cvd.RoleMember}})
	if err != nil {
		t.Fatal(err)
	}
	b := h.Browser()
	b.Get(away(t, h, double, b.Post("/desk/sign-in/provider/main", nil))).Check(h, http.StatusSeeOther)
	told := b.Get(away(t, h, double, b.Post("/desk/sign-in/provider/main", url.Values{"anew": {"yes"}, "next": {"/desk/me"}}))).Check(h, http.StatusOK)
	whole(t, "alone", told)
	if !strings.Contains(told.Text(), "no password and no passkey here") || !strings.Contains(told.Body, "mailto:") || !strings.Contains(told.Body, `href="/desk/me"`) {
		t.Errorf("alone: %s", told.Text())
	}
	code, err := h.Auth.NewLink(t.Context(), m.ID, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	b.Post("/desk/sign-in", url.Values{"link": {code}}).Check(h, http.StatusSeeOther)
	b.Post("/desk/me/password", url.Values{"password": {"plover gantry ochre vestibule"}}).Check(h, http.StatusSeeOther)
}

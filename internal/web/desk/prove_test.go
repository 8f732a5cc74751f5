package desk_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"
	"golang.org/x/net/html"

	"fairlead/internal/auth"
	"fairlead/internal/auth/passkey/passkeytest"
	"fairlead/internal/cvd"
	"fairlead/internal/web"
	"fairlead/internal/web/desk/visit"
	"fairlead/internal/web/webtest"
)

const origin = "https://example.com"

// named lets the site be reached under a name with https, where passkeys work.
func named(c *web.Config) { c.Origin = func(*http.Request) string { return origin } }

// ceremony is the form of the page whose script talks to a device, and what it
// tells the device.
func ceremony(t *testing.T, a *webtest.Answer) (options, action string) {
	t.Helper()
	for n := range a.Doc.Descendants() {
		if n.Type == html.ElementNode && n.Data == "form" && webtest.Attr(n, "data-passkey") != "" {
			return webtest.Attr(n, "data-options"), webtest.Attr(n, "action")
		}
	}
	t.Fatalf("no ceremony in: %s", a.Text())
	return "", ""
}

// own gives the browser's member a passkey on a new device.
func own(t *testing.T, h *webtest.House, b *webtest.Browser, name string) *passkeytest.Device {
	t.Helper()
	dev := passkeytest.New(t, origin)
	page := b.Post("/desk/me/passkeys/begin", url.Values{"name": {name}}).Check(h, http.StatusOK)
	options, action := ceremony(t, page)
	form := b.Form(page, action)
	form.Set("answer", dev.Create(options))
	done := b.Post(action, form).Check(h, http.StatusSeeOther)
	if list := b.Follow(done).Check(h, http.StatusOK); !strings.Contains(list.Text(), name) {
		t.Errorf("the list does not show %s: %s", name, list.Text())
	}
	return dev
}

// secretIn is what the page that offers a second factor gives to type into an app.
func secretIn(a *webtest.Answer) string {
	return strings.ToUpper(strings.ReplaceAll(regexp.MustCompile(`([a-z2-7]{4} ){7}[a-z2-7]{4}`).FindString(a.Text()), " ", ""))
}

// codeAt is what the app shows now.
func codeAt(t *testing.T, h *webtest.House, secret string) string {
	t.Helper()
	code, err := totp.GenerateCode(secret, h.Now())
	if err != nil {
		t.Fatalf("%q: %v", secret, err)
	}
	return code
}

// Somebody adds a passkey, signs in with it without a name, and removes it.
func TestPasskeyOnTheDesk(t *testing.T) {
	h := house(t, named)
	b := in(h, "member@example.org")
	whole(t, "none", b.Get("/desk/me/passkeys").Check(h, http.StatusOK))
	whole(t, "no name", b.Post("/desk/me/passkeys/begin", nil).Check(h, http.StatusUnprocessableEntity))
	dev := own(t, h, b, "Laptop <i>")
	whole(t, "one", b.Get("/desk/me/passkeys?done=added").Check(h, http.StatusOK))
	whole(t, "me", b.Get("/desk/me").Check(h, http.StatusOK))
	whole(t, "nothing answered", b.Post("/desk/me/passkeys/add", url.Values{"ceremony": {"x"}, "answer": {"{}"}}).Check(h, http.StatusUnprocessableEntity))

	stranger := h.Browser()
	door := stranger.Get("/desk/sign-in?next=/desk/team").Check(h, http.StatusOK)
	whole(t, "door", door)
	ask := stranger.Post("/desk/sign-in/passkey", stranger.Form(door, "/desk/sign-in/passkey")).Check(h, http.StatusOK)
	options, action := ceremony(t, ask)
	if strings.Contains(options, "allowCredentials") {
		t.Error("the options tell which passkeys there are")
	}
	form := stranger.Form(ask, action)
	form.Set("answer", dev.Get(options))
	if to := stranger.Post(action, form).Check(h, http.StatusSeeOther).Header.Get("Location"); to != "/desk/team" {
		t.Errorf("led to %s", to)
	}
	stranger.Get("/desk/team").Check(h, http.StatusOK)
	again := h.Browser().Post(action, form).Check(h, http.StatusUnauthorized)
	whole(t, "again", again)

	// A password alone opens no longer, and a passkey finishes what it began.
	half := h.Browser()
	first := half.Post("/desk/sign-in", url.Values{"email": {"member@example.org"}, "password": {webtest.Password}}).Check(h, http.StatusSeeOther)
	wait := half.Follow(first).Check(h, http.StatusOK)
	whole(t, "half", wait)
	if strings.Contains(wait.Body, `name="code"`) {
		t.Error("a code is asked for that there is not")
	}
	ask = half.Post("/desk/sign-in/passkey", half.Form(wait, "/desk/sign-in/passkey")).Check(h, http.StatusOK)
	options, action = ceremony(t, ask)
	form = half.Form(ask, action)
	form.Set("answer", dev.Get(options))
	half.Post(action, form).Check(h, http.StatusSeeOther)
	half.Get("/desk/me").Check(h, http.StatusOK)

	b.Post("/desk/me/passkeys/remove", url.Values{"id": {"nothing"}}).Check(h, http.StatusNotFound)
	b.Post("/desk/me/passkeys/remove", b.Form(b.Get("/desk/me/passkeys"), "/desk/me/passkeys/remove")).Check(h, http.StatusSeeOther)
	half.Get("/desk/me").Check(h, http.StatusSeeOther) // ended with the passkey
	b.Get("/desk/me").Check(h, http.StatusOK)
}

// At an address where no passkey works the pages say why and offer none.
func TestNoPasskeysHere(t *testing.T) {
	for address, words := range map[string]string{"http://security.example.org": "without https", "http://192.0.2.1:8080": "address of numbers"} {
		h := house(t, func(c *web.Config) { c.Origin = func(*http.Request) string { return address } })
		b := in(h, "member@example.org")
		for name, a := range map[string]*webtest.Answer{
			"door": h.Browser().Get("/desk/sign-in"), "me": b.Get("/desk/me"), "passkeys": b.Get("/desk/me/passkeys"),
			"asked": h.Browser().Post("/desk/sign-in/passkey", nil), "begun": b.Post("/desk/me/passkeys/begin", url.Values{"name": {"x"}}),
		} {
			whole(t, name, a)
			if !strings.Contains(a.Text(), words) || strings.Contains(a.Body, "data-options") || strings.Contains(a.Body, `action="/desk/sign-in/passkey"`) {
				t.Errorf("%s at %s: %s", name, address, a.Text())
			}
		}
	}
}

// What an open session alone must not do asks first whether it is still you, keeps
// what was typed, and does it once that is shown.
func TestProofOfTheMoment(t *testing.T) {
	h := house(t, named)
	b := in(h, "lead@example.org")
	h.Pass(auth.FreshFor + time.Minute)
	add := url.Values{"name": {"Nils <b>"}, "email": {"nils@example.org"}, "roles": {"member", "auditor"}, "qualification": {"line"}}
	asked := b.Post("/desk/team", add).Check(h, http.StatusForbidden)
	whole(t, "asked", asked)
	form := b.Form(asked, "/desk/team")
	for name, want := range add {
		if strings.Join(form[name], ",") != strings.Join(want, ",") {
			t.Errorf("%s is kept as %q", name, form[name])
		}
	}
	form.Set("prove", "show")
	form.Set("prove-password", "not it at all")
	wrong := b.Post("/desk/team", form).Check(h, http.StatusUnprocessableEntity)
	whole(t, "wrong", wrong)
	if strings.Contains(wrong.Body, "not it at all") {
		t.Error("the password is echoed")
	}
	form.Set("prove-password", webtest.Password)
	made := b.Post("/desk/team", form).Check(h, http.StatusOK)
	if !strings.Contains(made.Text(), "Nils <b>") || !strings.Contains(made.Body, "/desk/sign-in#link=") {
		t.Errorf("the member was not added: %s", made.Text())
	}
	b.Post("/desk/me/tokens", url.Values{"name": {"scanner"}, "days": {"30"}, "scopes": {"all"}}).Check(h, http.StatusOK) // fresh now
	dev := own(t, h, b, "Laptop")

	h.Pass(auth.FreshFor + time.Minute)
	b.Get("/desk/team").Check(h, http.StatusOK)
	b.Post("/desk/me/profile", url.Values{"name": {"Lea"}}).Check(h, http.StatusSeeOther) // nothing of it
	asked = b.Post("/desk/me/tokens", url.Values{"name": {"scanner"}, "days": {"30"}, "scopes": {"all"}}).Check(h, http.StatusForbidden)
	form = b.Form(asked, "/desk/me/tokens")
	form.Set("prove", "show")
	form.Set("prove-password", webtest.Password) // alone it opens no longer
	if a := b.Post("/desk/me/tokens", form).Check(h, http.StatusUnprocessableEntity); strings.Contains(a.Body, "fl_") || strings.Contains(a.Body, `name="prove-password"`) {
		t.Errorf("a password stands for a passkey: %s", a.Text())
	}
	form.Del("prove-password")
	form.Set("prove", "passkey")
	ask := b.Post("/desk/me/tokens", form).Check(h, http.StatusForbidden)
	options, action := ceremony(t, ask)
	form = b.Form(ask, action)
	form.Set("prove-answer", dev.Get(options))
	if !strings.Contains(b.Post(action, form).Check(h, http.StatusOK).Body, "fl_") {
		t.Error("no token after the proof")
	}
	b.Post("/desk/me/passkeys/remove", b.Form(b.Get("/desk/me/passkeys"), "/desk/me/passkeys/remove")).Check(h, http.StatusSeeOther)
	h.Pass(auth.FreshFor + time.Minute)
	on := b.Post("/desk/confirm", url.Values{"next": {"/desk/team"}}).Check(h, http.StatusForbidden)
	form = b.Form(on, "/desk/confirm")
	form.Set("prove", "show")
	form.Set("prove-password", webtest.Password)
	if to := b.Post("/desk/confirm", form).Check(h, http.StatusSeeOther).Header.Get("Location"); to != "/desk/team" {
		t.Errorf("led to %s", to)
	}
}

// Where codes are set, one form asks for the password and a code, and says which of the
// two is missing (ASVS 5.0.0 V7.5.1).
func TestProofWhereCodesAreSet(t *testing.T) {
	h := house(t)
	b := in(h, "member@example.org")
	offer := b.Post("/desk/me/second/begin", nil).Check(h, http.StatusOK)
	secret := secretIn(offer)
	b.Post("/desk/me/second/confirm", url.Values{"code": {codeAt(t, h, secret)}}).Check(h, http.StatusOK)
	h.Pass(auth.FreshFor + time.Minute)
	make := url.Values{"name": {"scanner"}, "days": {"30"}, "scopes": {"all"}}
	asked := b.Post("/desk/me/tokens", make).Check(h, http.StatusForbidden)
	whole(t, "asked", asked)
	form := b.Form(asked, "/desk/me/tokens")
	form.Set("prove", "show")
	for _, c := range []struct{ password, code, says string }{
		{webtest.Password, "", "A code is missing"},
		{"", codeAt(t, h, secret), "A password is missing"},
		{webtest.Password, "000000", "That code did not work"},
		{"not it at all", codeAt(t, h, secret), "That is not your password"},
	} {
		form.Set("prove-password", c.password)
		form.Set("prove-code", c.code)
		a := b.Post("/desk/me/tokens", form).Check(h, http.StatusUnprocessableEntity)
		whole(t, c.says, a)
		if !strings.Contains(a.Text(), c.says) || strings.Contains(a.Body, "fl_") || b.Form(a, "/desk/me/tokens").Get("name") != "scanner" {
			t.Errorf("%+v: %s", c, a.Text())
		}
	}
	form.Set("prove-password", webtest.Password)
	form.Set("prove-code", codeAt(t, h, secret))
	if a := b.Post("/desk/me/tokens", form).Check(h, http.StatusOK); !strings.Contains(a.Body, "fl_") {
		t.Errorf("no token: %s", a.Text())
	}
}

// Of the verbs, those that cannot be taken back want a proof when they are done, not
// when they are looked at; a policy's file is kept on the page.
func TestProofOfVerbsAndPolicies(t *testing.T) {
	h := house(t)
	id := string(h.Receive(full()).Case)
	b := in(h, "lead@example.org")
	h.Pass(auth.FreshFor + time.Minute)
	erase := "/desk/cases/" + id + "/do/" + string(cvd.VerbErase)
	in := url.Values{"text": {"They asked for it."}, "reason": {"asked"}, "step": {"preview"}}
	if a := b.Post(erase, in); a.Status == http.StatusForbidden {
		t.Error("a look wants a proof")
	}
	in.Set("step", "do")
	asked := b.Post(erase, in).Check(h, http.StatusForbidden)
	whole(t, "erase", asked)
	if form := b.Form(asked, erase); form.Get("text") != "They asked for it." || form.Get("step") != "do" {
		t.Errorf("kept %v", form)
	}
	for _, verb := range []cvd.Verb{cvd.VerbClose, cvd.VerbHandOn, cvd.VerbRedact, cvd.VerbConfirm, cvd.VerbCVE} {
		whole(t, string(verb), b.Post("/desk/cases/"+id+"/do/"+string(verb), url.Values{"reason": {"x"}, "to": {"them"}, "seq": {"2"}, "outcome": {"requested"}, "step": {"do"}}).Check(h, http.StatusForbidden))
	}
	if a := b.Post("/desk/cases/"+id+"/do/note", url.Values{"note": {"x"}, "step": {"do"}}); a.Status == http.StatusForbidden {
		t.Error("a note wants a proof")
	}
	asked = b.Upload("/desk/policy", nil, webtest.File{Field: "file", Name: "p.yaml", Content: "revision: \"2\"\n"}).Check(h, http.StatusForbidden)
	form := b.Form(asked, "/desk/policy")
	if form.Get("source") != "revision: \"2\"\n" {
		t.Errorf("kept %q", form.Get("source"))
	}
	form.Set("prove", "show")
	form.Set("prove-password", webtest.Password)
	if judged := b.Post("/desk/policy", form).Check(h, http.StatusUnprocessableEntity); !strings.Contains(judged.Body, "revision: &#34;2&#34;") {
		t.Errorf("the text did not arrive: %s", judged.Text())
	}
}

// Where a second factor is required, nothing but setting one up is open to whoever
// has none; where it is optional, the desk reminds them.
func TestDemandForASecondFactor(t *testing.T) {
	h := house(t, named, func(c *web.Config) { c.SecondFactor = web.SecondRequired })
	b := in(h, "lead@example.org")
	for _, path := range []string{"/desk/", "/desk/team", "/desk/policy", "/desk/audit"} {
		if a := b.Get(path); a.Header.Get("Location") != "/desk/me/second" {
			t.Errorf("%s: %d %s", path, a.Status, a.Header.Get("Location"))
		}
	}
	if a := b.Post("/desk/me/tokens", url.Values{"name": {"x"}, "days": {"30"}, "scopes": {"all"}}); a.Header.Get("Location") != "/desk/me/second" {
		t.Errorf("a token: %d", a.Status)
	}
	demand := b.Get("/desk/me/second").Check(h, http.StatusOK)
	whole(t, "demand", demand)
	if !strings.Contains(demand.Body, `action="/desk/sign-out"`) || !strings.Contains(demand.Body, `action="/desk/me/passkeys/begin"`) || strings.Contains(demand.Body, `href="/desk/team"`) {
		t.Errorf("the page leads nowhere, or to what is closed: %s", demand.Text())
	}
	if me := b.Get("/desk/me").Check(h, http.StatusOK); !strings.Contains(me.Body, `href="/desk/me/second"`) || !strings.Contains(me.Text(), "more than a password") {
		t.Errorf("the account says nothing of it: %s", me.Text())
	}
	own(t, h, b, "Laptop")
	if list := b.Get("/desk/me/passkeys?done=added").Check(h, http.StatusOK); !strings.Contains(list.Text(), "Go on to the desk") {
		t.Errorf("the page of a passkey that was added leads nowhere: %s", list.Text())
	}
	b.Get("/desk/team").Check(h, http.StatusOK)

	h = house(t, func(c *web.Config) { c.SecondFactor = web.SecondOptional })
	b = in(h, "lead@example.org")
	queue := b.Get("/desk/").Check(h, http.StatusOK)
	whole(t, "reminded", queue)
	if !strings.Contains(queue.Text(), "stolen password") {
		t.Error("nobody reminds of a second factor")
	}
}

// Whoever comes by a link, of the house or of another member, or by a provider that vouches
// for one factor, is led to a way that holds next time too.
func TestTheFirstStepsWhereASecondFactorIsRequired(t *testing.T) {
	// Another member's link is no proof by itself, so that the password is asked once more.
	for maker, asks := range map[string]bool{"the house": false, "a lead": true} {
		h := house(t, func(c *web.Config) { c.SecondFactor = web.SecondRequired }) // no passkeys there
		m, err := h.Auth.AddMember(t.Context(), cvd.System, cvd.Member{Name: "New", Email: "new@example.org", Roles: []cvd.Role{cvd.RoleLead}})
		if err != nil {
			t.Fatal(err)
		}
		ctx := t.Context()
		if asks {
			ctx = auth.AskedBy(ctx, h.Lead)
		}
		code, err := h.Auth.NewLink(ctx, m.ID, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		b := h.Browser()
		came := b.Follow(b.Post("/desk/sign-in", url.Values{"link": {code}}).Check(h, http.StatusSeeOther))
		if to := came.Check(h, http.StatusSeeOther).Header.Get("Location"); to != "/desk/me/second" {
			t.Fatalf("%s: led to %s", maker, to)
		}
		page := b.Follow(came).Check(h, http.StatusOK)
		whole(t, maker, page)
		if strings.Contains(page.Body, `action="/desk/me/second/begin"`) {
			t.Fatalf("%s: codes of an app alone would be no way in: %s", maker, page.Text())
		}
		form := b.Form(page, "/desk/me/password")
		form.Set("password", "another quiet harbour at dawn")
		half := b.Follow(b.Post("/desk/me/password", form).Check(h, http.StatusSeeOther)).Check(h, http.StatusOK)
		whole(t, maker, half)
		offer := b.Post("/desk/me/second/begin", b.Form(half, "/desk/me/second/begin"))
		if asks {
			form := b.Form(offer.Check(h, http.StatusForbidden), "/desk/me/second/begin")
			form.Set("prove", "show")
			form.Set("prove-password", "another quiet harbour at dawn")
			offer = b.Post("/desk/me/second/begin", form)
		}
		secret := secretIn(offer.Check(h, http.StatusOK))
		if strings.Contains(offer.Text(), "Choose one of these") {
			t.Errorf("%s: a choice is asked for that was made: %s", maker, offer.Text())
		}
		paper := b.Post("/desk/me/second/confirm", url.Values{"code": {codeAt(t, h, secret)}}).Check(h, http.StatusOK)
		if whole(t, maker, paper); strings.Contains(paper.Text(), "more than a password") || !strings.Contains(paper.Text(), "I have kept them") {
			t.Errorf("%s: it is demanded still: %s", maker, paper.Text())
		}
		b.Get("/desk/").Check(h, http.StatusOK)
		h.Pass(time.Minute)
		again := h.Browser()
		half = again.Follow(again.Post("/desk/sign-in", url.Values{"email": {"new@example.org"}, "password": {"another quiet harbour at dawn"}}))
		form = again.Form(half.Check(h, http.StatusOK), "/desk/sign-in/second")
		form.Set("code", codeAt(t, h, secret))
		if to := again.Post("/desk/sign-in/second", form).Check(h, http.StatusSeeOther).Header.Get("Location"); to != "/desk/" {
			t.Errorf("%s: the next time leads to %s", maker, to)
		}
	}

	h := house(t, named, func(c *web.Config) { c.SecondFactor = web.SecondRequired })
	m, err := h.Auth.AddMember(t.Context(), cvd.System, cvd.Member{Name: "New", Email: "new@example.org", Roles: []cvd.Role{cvd.RoleMember}})
	if err != nil {
		t.Fatal(err)
	}
	code, err := h.Auth.NewLink(auth.AskedBy(t.Context(), h.Lead), m.ID, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	lent := h.Browser()
	lent.Post("/desk/sign-in", url.Values{"link": {code}}).Check(h, http.StatusSeeOther)
	own(t, h, lent, "Laptop")
	lent.Get("/desk/").Check(h, http.StatusOK)
	// One more wants the first one's proof.
	lent.Post("/desk/me/passkeys/begin", url.Values{"name": {"Phone"}}).Check(h, http.StatusForbidden)

	provided := func(two bool) *webtest.Browser {
		s, err := h.Auth.StartMember(t.Context(), h.Lead.ID, auth.WayProvider, two, nil)
		if err != nil {
			t.Fatal(err)
		}
		b := h.Browser()
		b.SetCookie("fairlead-desk", s.Token)
		return b
	}
	provided(true).Get("/desk/").Check(h, http.StatusOK)
	b := provided(false)
	page := b.Follow(b.Get("/desk/").Check(h, http.StatusSeeOther)).Check(h, http.StatusOK)
	for form, offered := range map[string]bool{"/desk/me/second/begin": true, "/desk/me/passkeys/begin": true, "/desk/me/password": false} {
		if strings.Contains(page.Body, `action="`+form+`"`) == offered {
			continue
		}
		t.Errorf("an account elsewhere needs codes or a passkey, and no password: %s", page.Text())
	}
}

// A first password wants a proof of the moment, and no page keeps it meanwhile; one that
// replaces another asks for that.
func TestAFirstPasswordOnTheDesk(t *testing.T) {
	h := house(t, named)
	m, err := h.Auth.AddMember(t.Context(), cvd.System, cvd.Member{Name: "New", Email: "new@example.org", Roles: []cvd.Role{cvd.RoleMember}})
	if err != nil {
		t.Fatal(err)
	}
	code, err := h.Auth.NewLink(t.Context(), m.ID, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	b := h.Browser()
	b.Post("/desk/sign-in", url.Values{"link": {code}}).Check(h, http.StatusSeeOther)
	h.Pass(auth.FreshFor + time.Minute)
	a := b.Post("/desk/me/password", url.Values{"password": {"another quiet harbour at dawn"}}).Check(h, http.StatusForbidden)
	whole(t, "first password", a)
	if strings.Contains(a.Body, "quiet harbour") {
		t.Error("the page keeps the password")
	}
	if means, err := h.Auth.Means(t.Context(), m.ID); err != nil || means.Password {
		t.Errorf("%+v, %v", means, err)
	}
}

// However a form is written that does a verb, an old session does not do it: what is
// read at the door is what is done, and what cannot be read is not done.
func TestNoFormGetsAroundTheProof(t *testing.T) {
	h := house(t)
	id := h.Receive(full()).Case
	b := in(h, "lead@example.org")
	h.Pass(auth.FreshFor + time.Minute)
	before, err := h.Desk.As(h.Lead).Case(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	had := len(before.Events)
	rest := url.Values{"text": {"They asked for it."}, "reason": {"asked"}}.Encode()
	for verb, bodies := range map[cvd.Verb][]string{
		cvd.VerbErase: {
			"step=do", "step=do%20", "step=%20do", "step=do%09", "step=do%0a", "step=do%0d%0a", "step=do&%zz=1", "%zz=1&step=do", "step=do;x=1&step=do",
			"step=do%00", "step=d%7fo", "step=do%c3", "step=%E2%80%87do",
		},
		cvd.VerbRedact:  {"step=do&seq=%201", "step=do&seq=1%09", "step=do%20&seq=1"},
		cvd.VerbReissue: {"step=do%20", "step=do&%zz=1"},
	} {
		for _, body := range bodies {
			r := request(http.MethodPost, "/desk/cases/"+string(id)+"/do/"+string(verb), rest+"&"+body)
			a := b.Send(r)
			if a.Status < http.StatusBadRequest && !strings.Contains(a.Body, `name="step"`) {
				t.Errorf("%s %q: %d %s", verb, body, a.Status, a.Text())
			}
			f, err := h.Desk.As(h.Lead).Case(t.Context(), id)
			if err != nil || f.Erased || len(f.Events) != had {
				t.Fatalf("%s %q was done: %v", verb, body, err)
			}
		}
	}
	b.Post("/desk/team/"+h.Member.ID+"/sign-out", nil).Check(h, http.StatusForbidden)
}

// Nobody is led out of the desk, not by steps upwards either.
func TestNextStaysInside(t *testing.T) {
	for next, want := range map[string]string{
		"/desk/team": "/desk/team", "/desk/cases/FL-1": "/desk/cases/FL-1", "": "/desk/", "/thread": "/desk/", "//evil.example/desk/": "/desk/",
		"/desk/../thread": "/desk/", "/desk/%2e%2e/thread": "/desk/", "/desk/a/../../thread": "/desk/", "/desk/..": "/desk/", "/desk/sign-out": "/desk/",
		"/desk/cases/FL-1?show=messages&done=close": "/desk/cases/FL-1?show=messages", "/desk/?q=a+b&view=mine": "/desk/?q=a+b&view=mine", "/desk/cases/FL-1/do/close?text=x": "/desk/cases/FL-1/do/close",
	} {
		if got := visit.Inside(next); got != want {
			t.Errorf("%q leads to %q, want %q", next, got, want)
		}
	}
}

// The sign-in page offers passkeys where the address is typed: its script asks for a
// challenge, and what a device answers signs in. Looking at the page keeps nothing, and
// asking takes no tries from those who sign in.
func TestPasskeyIsAskedForByTheScript(t *testing.T) {
	h := house(t, named)
	dev := own(t, h, in(h, "member@example.org"), "Laptop")
	b := h.Browser()
	door := b.Get("/desk/sign-in?next=/desk/team").Check(h, http.StatusOK)
	if !strings.Contains(door.Body, `data-quiet="/desk/sign-in/passkey/ask"`) || !strings.Contains(door.Body, `autocomplete="username webauthn"`) {
		t.Fatalf("nothing is offered: %s", door.Body)
	}
	a := b.Post("/desk/sign-in/passkey/ask", nil).Check(h, http.StatusOK)
	var asked struct {
		Ceremony string
		Options  json.RawMessage
	}
	if err := json.Unmarshal([]byte(a.Body), &asked); err != nil || strings.Contains(a.Body, "allowCredentials") || a.Header.Get("Content-Type") != "application/json" {
		t.Fatalf("%v: %s", err, a.Body)
	}
	form := b.Form(door, "/desk/sign-in/passkey")
	form.Set("ceremony", asked.Ceremony)
	form.Set("answer", dev.Get(string(asked.Options)))
	if to := b.Post("/desk/sign-in/passkey", form).Check(h, http.StatusSeeOther).Header.Get("Location"); to != "/desk/team" {
		t.Errorf("led to %s", to)
	}
	nowhere := house(t, func(c *web.Config) { c.Origin = func(*http.Request) string { return "http://192.0.2.1:8080" } })
	nowhere.Browser().Post("/desk/sign-in/passkey/ask", nil).Check(nowhere, http.StatusNotFound)
	if page := nowhere.Browser().Get("/desk/sign-in"); strings.Contains(page.Body, "data-quiet") || strings.Contains(page.Body, "webauthn") {
		t.Error("passkeys are offered where none work")
	}
}

// A link that another member made does not stand for the name of whom it lets in: they
// set up something of their own first, and show that.
func TestALentSessionProvesNothing(t *testing.T) {
	h := house(t, named)
	lead := in(h, "lead@example.org")
	made := lead.Post("/desk/team", url.Values{"name": {"Nils"}, "email": {"nils@example.org"}, "roles": {"member"}, "qualification": {"line"}}).Check(h, http.StatusOK)
	_, link, _ := strings.Cut(made.Body, "/desk/sign-in#link=")
	link, _, _ = strings.Cut(link, "\"")
	link, _, _ = strings.Cut(link, "<")
	b := h.Browser()
	b.Follow(b.Post("/desk/sign-in", url.Values{"link": {link}})).Check(h, http.StatusOK)
	token := url.Values{"name": {"scanner"}, "days": {"30"}, "scopes": {"all"}}
	asked := b.Post("/desk/me/tokens", token).Check(h, http.StatusForbidden)
	whole(t, "lent", asked)
	if !strings.Contains(asked.Text(), "Set up a password or a passkey first") {
		t.Errorf("no remedy: %s", asked.Text())
	}
	// Nothing is done to a case in their name either, not even what one more verb undoes.
	id := h.Receive(full()).Case
	for _, verb := range []string{"acknowledge", "noncompliance", "note", "claim"} {
		typed := url.Values{"text": {"We look at it."}, "reason": {"x"}, "clauses": {"no-data-access"}, "note": {"x"}}
		if preview := b.Post("/desk/cases/"+string(id)+"/do/"+verb, typed); preview.Status == http.StatusForbidden {
			t.Errorf("a look at %s wants a proof", verb)
		}
		typed.Set("step", "do")
		asked := b.Post("/desk/cases/"+string(id)+"/do/"+verb, typed).Check(h, http.StatusForbidden)
		whole(t, "lent "+verb, asked)
	}
	if c := state(h, id); c.Replied || c.Pending != nil || c.Version != 1 {
		t.Errorf("done in their name: %+v", c)
	}
	b.Post("/desk/me/password", url.Values{"password": {webtest.Password}}).Check(h, http.StatusSeeOther)
	form := b.Form(b.Post("/desk/me/tokens", token).Check(h, http.StatusForbidden), "/desk/me/tokens")
	form.Set("prove", "show")
	form.Set("prove-password", webtest.Password)
	b.Post("/desk/me/tokens", form).Check(h, http.StatusOK)
	b.Post("/desk/me/tokens", token).Check(h, http.StatusOK)
}

// A member who forgot the password gets in by a lead: not by a link alone, which would let
// its maker set one in their name, but where the old one is taken away first.
func TestAForgottenPassword(t *testing.T) {
	h := house(t)
	lead, member := in(h, "lead@example.org"), in(h, "member@example.org")
	path := "/desk/team/" + h.Member.ID
	enter := func() *webtest.Browser {
		made := lead.Post(path+"/link", nil).Check(h, http.StatusOK)
		code := regexp.MustCompile(`/desk/sign-in#link=([\w-]+)`).FindStringSubmatch(made.Body)[1]
		b := h.Browser()
		b.Post("/desk/sign-in", url.Values{"link": {code}}).Check(h, http.StatusSeeOther)
		return b
	}
	const another = "nine-loud-cranes-before-dawn"
	lent := enter()
	refused := lent.Post("/desk/me/password", url.Values{"password": {another}}).Check(h, http.StatusUnprocessableEntity)
	whole(t, "refused", refused)
	if !strings.Contains(refused.Text(), "ask a lead to take the old one away") {
		t.Errorf("no remedy: %s", refused.Text())
	}
	in(h, "member@example.org") // the old one works

	page := lead.Get(path).Check(h, http.StatusOK)
	whole(t, "member", page)
	done := lead.Post(path+"/password", lead.Form(page, path+"/password")).Check(h, http.StatusSeeOther)
	if text := lead.Follow(done).Check(h, http.StatusOK).Text(); !strings.Contains(text, "The password is gone") {
		t.Errorf("nothing says so: %s", text)
	}
	member.Get("/desk/me").Check(h, http.StatusSeeOther)
	lent.Get("/desk/me").Check(h, http.StatusSeeOther)
	lead.Post(path+"/password", nil).Check(h, http.StatusConflict)
	lead.Post("/desk/team/"+h.Lead.ID+"/password", nil).Check(h, http.StatusNotFound)
	enter().Post("/desk/me/password", url.Values{"password": {another}}).Check(h, http.StatusSeeOther)
	if trail := lead.Get("/desk/audit").Check(h, http.StatusOK).Text(); !strings.Contains(trail, "Password taken away") {
		t.Error("the trail does not tell")
	}
	in(h, "auditor@example.org").Post(path+"/password", nil).Check(h, http.StatusNotFound)
}

// Nobody is offered the own roles to change, and nothing changes them.
func TestTheOwnRolesAreAnothers(t *testing.T) {
	h := house(t)
	lead := in(h, "lead@example.org")
	path := "/desk/team/" + h.Lead.ID
	page := lead.Get(path).Check(h, http.StatusOK)
	whole(t, "own", page)
	form := lead.Form(page, path)
	if form.Has("roles") || form.Has("offices") || !strings.Contains(page.Text(), "Another lead changes your roles and offices") {
		t.Errorf("offered: %v", form)
	}
	form.Set("qualification", "years of it")
	lead.Post(path, form).Check(h, http.StatusSeeOther)
	form["roles"], form["offices"] = []string{"lead", "officer"}, []string{"Chief Executive Officer"}
	lead.Post(path, form).Check(h, http.StatusConflict)
	if m, err := h.Auth.Member(t.Context(), h.Lead.ID); err != nil || len(m.Roles) != 1 || len(m.Offices) != 0 || m.Qualification != "years of it" {
		t.Errorf("%+v, %v", m, err)
	}
}

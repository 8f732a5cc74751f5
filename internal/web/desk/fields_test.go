package desk_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"fairlead/internal/web"
	"fairlead/internal/web/webtest"
)

// asked are the pages on which a member types a password, as they are shown.
func asked(t *testing.T, h *webtest.House) map[string]*webtest.Answer {
	t.Helper()
	out := map[string]*webtest.Answer{}
	out["sign-in"] = h.Browser().Get("/desk/sign-in").Check(h, http.StatusOK)
	out["refused"] = h.Browser().Post("/desk/sign-in", url.Values{"email": {"member@example.org"}, "password": {"wrong-wrong-wrong"}}).Check(h, http.StatusUnauthorized)
	b := in(h, "member@example.org")
	out["own account"] = b.Get("/desk/me").Check(h, http.StatusOK)
	out["new password refused"] = b.Post("/desk/me/password", url.Values{"current": {webtest.Password}, "password": {"short"}}).Check(h, http.StatusUnprocessableEntity)
	h.Pass(30 * time.Minute)
	out["proof of the moment"] = b.Post("/desk/me/tokens", url.Values{"name": {"x"}, "scopes": {"all"}})
	return out
}

// Each field for a password hides what is typed, takes what is pasted, and says to
// browsers and managers of passwords which password it wants; no script hinders them
// (ASVS 5.0.0, V6.2.6 and V6.2.7).
func TestPasswordFieldsAreMaskedAndFilledByManagers(t *testing.T) {
	h := house(t)
	for name, a := range asked(t, h) {
		found := 0
		for n := range a.Doc.Descendants() {
			if n.Type != html.ElementNode || n.Data != "input" || webtest.Attr(n, "type") == "hidden" {
				continue
			}
			fill := webtest.Attr(n, "autocomplete")
			if field := webtest.Attr(n, "name"); !strings.Contains(field, "password") && field != "current" && !strings.HasSuffix(fill, "-password") {
				continue
			}
			found++
			if kind := webtest.Attr(n, "type"); kind != "password" {
				t.Errorf("%s: a password is typed into a field of type %q", name, kind)
			}
			if fill != "current-password" && fill != "new-password" {
				t.Errorf("%s: managers are told %q", name, fill)
			}
			for _, attr := range n.Attr {
				if strings.HasPrefix(attr.Key, "on") || attr.Key == "readonly" || attr.Key == "maxlength" || (attr.Key == "value" && attr.Val != "") {
					t.Errorf("%s: a password has %s=%q", name, attr.Key, attr.Val)
				}
			}
		}
		if found == 0 {
			t.Errorf("%s: %d asks for no password: %.300s", name, a.Status, a.Text())
		}
	}
	scripts, err := filepath.Glob("../static/*.js")
	if err != nil || len(scripts) == 0 {
		t.Fatal(scripts, err)
	}
	for _, path := range scripts {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if found := regexp.MustCompile(`["'](paste|copy|cut|beforeinput|contextmenu)["']|onpaste`).FindAllString(string(b), -1); found != nil {
			t.Errorf("%s listens to %v", path, found)
		}
	}
}

// Nothing at the sign-in reminds of a password or asks what others may know: these are
// all its fields, before and after a failure (ASVS 5.0.0, V6.4.2).
func TestSignInAsksNoQuestions(t *testing.T) {
	h := house(t)
	known := []string{"email", "password", "link", "next", "code", "ceremony", "answer", "lang", "username", "current"}
	pages := asked(t, h)
	for _, name := range []string{"sign-in", "refused"} {
		for n := range pages[name].Doc.Descendants() {
			if field := webtest.Attr(n, "name"); (n.Data == "input" || n.Data == "textarea" || n.Data == "select") && !slices.Contains(known, field) {
				t.Errorf("%s asks for %s", name, field)
			}
		}
	}
	fields := 0
	for n := range pages["own account"].Doc.Descendants() {
		if field := strings.ToLower(webtest.Attr(n, "name")); n.Data == "input" && field != "" {
			if fields++; strings.Contains(field, "hint") || strings.Contains(field, "question") || strings.Contains(field, "answer") {
				t.Errorf("a member sets %s", field)
			}
		}
	}
	if fields < 5 {
		t.Errorf("the own account has %d fields", fields)
	}
}

// Whoever signs in again in a browser gets another session, and the one before is over
// (ASVS 5.0.0, V7.2.4).
func TestSignInEndsTheSessionBefore(t *testing.T) {
	h := house(t)
	b := in(h, "member@example.org")
	carried := func() string {
		r := httptest.NewRequest(http.MethodGet, "/desk/", nil)
		b.Carry(r)
		k, err := r.Cookie(web.DeskJar.Name)
		if err != nil {
			t.Fatal(err)
		}
		return k.Value
	}
	old := carried()
	b.Post("/desk/sign-in", url.Values{"email": {"lead@example.org"}, "password": {webtest.Password}}).Check(h, http.StatusSeeOther)
	if carried() == old {
		t.Error("the session goes on")
	}
	thief := h.Browser()
	thief.SetCookie(web.DeskJar.Name, old)
	thief.Get("/desk/me").Check(h, http.StatusSeeOther)
	b.Get("/desk/me").Check(h, http.StatusOK)
}

// The password is changed on the own account's page: the new one signs in, the old one
// does not (ASVS 5.0.0, V6.2.2).
func TestThePasswordIsChangedOnThePage(t *testing.T) {
	h := house(t)
	b := in(h, "member@example.org")
	const next = "nine-loud-otters-before-noon"
	form := b.Form(b.Get("/desk/me").Check(h, http.StatusOK), "/desk/me/password")
	form.Set("current", webtest.Password)
	form.Set("password", next)
	b.Post("/desk/me/password", form).Check(h, http.StatusSeeOther)
	for password, want := range map[string]int{webtest.Password: http.StatusUnauthorized, next: http.StatusSeeOther} {
		h.Browser().Post("/desk/sign-in", url.Values{"email": {"member@example.org"}, "password": {password}}).Check(h, want)
	}
}

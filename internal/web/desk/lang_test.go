package desk_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// A member reads the desk in the language that they chose, whatever their browser asks
// for; until they choose, it is the browser's.
func TestDeskInTheMembersLanguage(t *testing.T) {
	h := house(t)
	b := in(h, "member@example.org")
	get := func(accept string) string {
		r := httptest.NewRequest(http.MethodGet, "/desk/", nil)
		r.Header.Set("Accept-Language", accept)
		_, lang, _ := strings.Cut(b.Send(r).Check(h, 200).Body, `<html lang="`)
		return lang[:2]
	}
	for accept, want := range map[string]string{"fr": "fr", "": "en"} {
		if got := get(accept); got != want {
			t.Errorf("asked for %q: %s", accept, got)
		}
	}
	form := url.Values{"name": {"Milo Member"}, "language": {"de"}}
	b.Post("/desk/me/profile", form).Check(h, 303)
	if got := get("fr"); got != "de" {
		t.Errorf("chosen: %s", got)
	}
	if page := b.Get("/desk/me").Check(h, 200).Body; !strings.Contains(page, `<option value="de" lang="de" selected>Deutsch</option>`) {
		t.Error("the choice is not shown")
	}
	b.Post("/desk/me/profile", url.Values{"language": {"not a language"}}).Check(h, 422)
	if got := b.Get("/desk/?lang=fr").Check(h, 200).Body; !strings.Contains(got, `<html lang="de"`) {
		t.Error("a lang in an address of the desk means a translation, and changed the desk")
	}
}

package desk_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"fairlead/internal/web/webtest"
)

// A scheduled release is called off by saving, on the explicit word of who saves: a form that
// was opened before the date was set asks first, and the page says afterwards what was told.
func TestSavingCallsAReleaseOffOnWordOnly(t *testing.T) {
	h := house(t)
	id := h.Receive(full()).Case
	b := in(h, "member@example.org")
	path := "/desk/cases/" + string(id) + "/advisory"
	for _, verb := range []string{"validate", "accept"} {
		do(b, h, id, verb, nil)
	}
	do(b, h, id, "severity", url.Values{"vector": {"CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:U/C:L/I:N/A:N"}})
	do(b, h, id, "fix-ready", nil)
	form := func(page *webtest.Answer, at string) url.Values {
		f := b.Form(page, at)
		f.Set("step", "save")
		return f
	}
	land := func(a *webtest.Answer) *webtest.Answer {
		t.Helper()
		return b.Get(a.Check(h, http.StatusSeeOther).Header.Get("Location")).Check(h, http.StatusOK)
	}
	schedule := func() {
		t.Helper()
		do(b, h, id, "schedule", url.Values{"until": {h.Now().In(h.Site.Zone()).Add(48 * time.Hour).Format("2006-01-02T15:04")}})
		if state(h, id).Release.At.IsZero() {
			t.Fatal("it is not scheduled")
		}
	}
	first := form(b.Get(path).Check(h, http.StatusOK), path)
	if page := land(b.Post(path, first)); !strings.Contains(page.Text(), "The reporter is told nothing of it.") {
		t.Errorf("saved: %s", page.Text()[:300])
	}
	for at, page := range map[string]string{path: path, path + "/text": path + "/text?lang=de"} {
		typed := form(b.Get(page).Check(h, http.StatusOK), at)
		if at == path {
			typed.Set("title", "Typed before the date")
		}
		schedule()
		asked := b.Post(at, typed).Check(h, http.StatusConflict)
		whole(t, "called off", asked)
		if !strings.Contains(asked.Text(), "would call a release off that was scheduled meanwhile") || !strings.Contains(asked.Text(), "Save and call the release off") {
			t.Errorf("%s: nobody asks: %s", at, asked.Text()[:600])
		}
		if state(h, id).Release.At.IsZero() {
			t.Fatalf("%s: called off without a word", at)
		}
		again := form(asked, at)
		if at == path && again.Get("title") != "Typed before the date" {
			t.Errorf("what was typed is lost: %q", again.Get("title"))
		}
		b.Post(at, again).Check(h, http.StatusConflict) // Enter in a field presses the first button
		if state(h, id).Release.At.IsZero() {
			t.Fatalf("%s: Enter called it off", at)
		}
		again.Set("step", "off")
		if page := land(b.Post(at, again)); strings.Contains(page.Text(), "The reporter is told nothing of it.") || !strings.Contains(page.Text(), "the release is called off, and the reporter is told so") {
			t.Errorf("%s: what was told is not said: %s", at, page.Text()[:600])
		}
		if !state(h, id).Release.At.IsZero() {
			t.Errorf("%s: it is scheduled still", at)
		}
	}
}

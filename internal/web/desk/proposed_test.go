package desk_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"fairlead/internal/cvd"
	"fairlead/internal/web/webtest"
)

// A version that waits for signatures is proposed, and nowhere published; it is published
// once it takes effect, and never was if another did before.
func TestAProposedVersionIsNotPublished(t *testing.T) {
	h := house(t)
	lead := in(h, "lead@example.org")
	before := lead.Get("/desk/policy").Check(h, http.StatusOK).Text()
	if !strings.Contains(before, "Propose a new version") || strings.Contains(before, "Check and publish") {
		t.Errorf("what waits for signatures is to be published at once: %s", before)
	}
	source := string(h.Book.Current().Source)
	file := func(revision string) webtest.File {
		return webtest.File{Field: "file", Name: "p.yaml", Content: strings.Replace(source, `revision: "1.0"`, `revision: "`+revision+`"`, 1)}
	}
	version := lead.Follow(lead.Upload("/desk/policy", nil, file("1.1")).Check(h, http.StatusSeeOther)).Check(h, http.StatusOK)
	says := func(name string, page *webtest.Answer, from string, want, never []string) {
		t.Helper()
		whole(t, name, page)
		_, text, found := strings.Cut(page.Text(), from)
		if text, _, _ = strings.Cut(text, "Version 1 (revision 1.0)"); !found {
			t.Fatalf("%s: %q is missing: %s", name, from, page.Text())
		}
		for _, s := range want {
			if !strings.Contains(text, s) {
				t.Errorf("%s does not say %q: %.300s", name, s, text)
			}
		}
		for _, s := range never {
			if strings.Contains(text, s) {
				t.Errorf("%s says %q: %.300s", name, s, text)
			}
		}
	}
	says("the version", version, "Policy version 2", []string{"Proposed, waits for a signature", "ProposedTue 3 Mar 2026"}, []string{"PublishedTue"})
	says("the list", lead.Get("/desk/policy"), "VersionPublishedSignedState", []string{"Not published", "Proposed Tue 3 Mar 2026", "Proposed, waits for a signature"}, nil)
	says("the trail", lead.Get("/desk/audit"), "What", []string{"New version of the policy"}, []string{"Policy version published"})

	h.Publish([]byte(file("1.2").Content))
	says("the list after another took effect", lead.Get("/desk/policy"), "SignedState", []string{"Not published", "Never in effect"}, []string{"Past"})
}

// A release that waits for a second person is proposed, on the advisory and on the case.
func TestAProposedReleaseIsNotPublished(t *testing.T) {
	h := house(t)
	h.Republish("publish: false", "publish: true")
	id := h.Receive(full()).Case
	b := in(h, "member@example.org")
	for _, verb := range []string{"validate", "accept", "fix-ready", "public"} {
		do(b, h, id, verb, nil)
	}
	path := "/desk/cases/" + string(id)
	form := b.Form(b.Get(path+"/advisory").Check(h, http.StatusOK), path+"/advisory")
	form.Set("step", "save")
	b.Post(path+"/advisory", form).Check(h, http.StatusSeeOther)
	shown := do(b, h, id, string(cvd.VerbPublish), nil)
	if state(h, id).Pending == nil {
		t.Fatal("nobody must confirm it")
	}
	if text := shown.Text(); !strings.Contains(text, "Another member must confirm this ruling first") {
		t.Errorf("the preview: %s", text)
	}
	for at, want := range map[string]string{"/advisory": "Proposed, waits for a second person: Publish the advisory", "": "Awaits confirmation", "?done=publish": "Proposed: Publish the advisory"} {
		page := b.Get(path+at).Check(h, http.StatusOK)
		whole(t, "proposed", page)
		text := page.Text()
		if !strings.Contains(text, want) {
			t.Errorf("%q does not say %q: %.1500s", at, want, text)
		}
		for _, s := range []string{"Advisory published", "Published, revision", "Published by"} {
			if strings.Contains(text, s) {
				t.Errorf("it says %q", s)
			}
		}
	}
	do(in(h, "lead@example.org"), h, id, "confirm", url.Values{})
	if text := b.Get(path + "/advisory").Text(); strings.Contains(text, "Proposed, waits") || !strings.Contains(text, "Published, revision 1") {
		t.Errorf("confirmed: %s", text)
	}
}

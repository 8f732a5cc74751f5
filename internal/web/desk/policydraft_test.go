package desk_test

import (
	"net/http"
	"strings"
	"testing"

	"fairlead/internal/web/webtest"
)

// A lead changes the policy by a form and sees what changes before it is published;
// the officers read it, see what it changes, and sign.
func TestPolicyByForm(t *testing.T) {
	h := house(t)
	lead := in(h, "lead@example.org")
	whole(t, "policies", lead.Get("/desk/policy").Check(h, http.StatusOK))
	page := lead.Get("/desk/policy/draft").Check(h, http.StatusOK)
	whole(t, "draft", page)
	form := lead.Form(page, "/desk/policy/draft")
	compare := func(status int) *webtest.Answer {
		t.Helper()
		return lead.Follow(lead.Post("/desk/policy/draft", form).Check(h, http.StatusSeeOther)).Check(h, status) // at an address of its own
	}
	same := compare(http.StatusOK)
	whole(t, "same", same)
	if !strings.Contains(same.Text(), "Nothing is changed") {
		t.Error(same.Text())
	}
	form.Set("revision", "1.1")
	form.Set("amount-acknowledge", "soon")
	form.Set("contact-1-uri", "no address")
	wrong := compare(http.StatusUnprocessableEntity)
	whole(t, "wrong", wrong)
	for label, problem := range map[string]string{"Address 2": "has no scheme", "A person answers within": "is not written"} {
		if told := label + " " + problem; strings.Count(wrong.Text(), told) != 2 { // above the form, and at the field under its own label
			t.Errorf("%q is not told twice: %s", told, wrong.Text())
		}
	}
	form.Set("amount-acknowledge", "3 business days")
	form.Set("contact-1-uri", "https://example.com/security")
	compared := compare(http.StatusOK)
	whole(t, "compared", compared)
	for _, want := range []string{
		"promises.acknowledge.within", "3 business days", "2 business days", "https://example.com/security", "Propose this version",
		"A person answers withinpromises", "says “two business days”", "step-acknowledge",
	} {
		if !strings.Contains(compared.Text(), want) {
			t.Errorf("what changes does not say %s", want)
		}
	}
	// What was typed after the comparison is compared before anything is published.
	form = lead.Form(compared, "/desk/policy/draft")
	form.Set("amount-acknowledge", "5 business days")
	form.Set("step", "publish")
	moved := lead.Post("/desk/policy/draft", form).Check(h, http.StatusConflict)
	whole(t, "moved", moved)
	if len(h.Book.Versions().All) != 1 || !strings.Contains(moved.Text(), "you changed more after you compared") || !strings.Contains(moved.Text(), "5 business days") {
		t.Errorf("%d versions: %s", len(h.Book.Versions().All), moved.Text())
	}
	form = lead.Form(moved, "/desk/policy/draft")
	form.Set("step", "publish")
	version := lead.Follow(lead.Post("/desk/policy/draft", form).Check(h, http.StatusSeeOther)).Check(h, http.StatusOK)
	if got := h.Book.Version(2).Policy.Promises.Acknowledge.Within.String(); got != "5 business days" {
		t.Errorf("published %s", got)
	}
	whole(t, "version", version)
	if !strings.Contains(version.Body, `/desk/policy/diff?from=1&amp;to=2`) {
		t.Error("the way to what it changes is missing")
	}
	lead.Post("/desk/policy/draft", form).Check(h, http.StatusConflict) // it was begun on the one before

	officer := in(h, "officer@example.org")
	page = officer.Get("/desk/policy/diff?from=1&to=2").Check(h, http.StatusOK)
	whole(t, "diff", page)
	if !strings.Contains(page.Text(), "A person answers within") {
		t.Error("an officer reads keys of the file alone")
	}
	for act, officer := range map[string]*webtest.Browser{"reviewed": officer, "approved": chief(h)} {
		read := officer.Get("/desk/policy/2").Check(h, http.StatusOK)
		sign := officer.Form(read, "/desk/policy/2/sign")
		if sign.Get("act") != act {
			t.Fatalf("asked for %v, want %s", sign, act)
		}
		sign.Set("read", "yes")
		officer.Post("/desk/policy/2/sign", sign).Check(h, http.StatusSeeOther)
	}
	if cur := h.Book.Current(); cur.Number != 2 || cur.Policy.Revision != "1.1" {
		t.Errorf("version %d is in effect", cur.Number)
	}
	in(h, "member@example.org").Get("/desk/policy/draft").Check(h, http.StatusNotFound)
}

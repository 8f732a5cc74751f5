package desk_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"fairlead/internal/casework"
	"fairlead/internal/cvd"
	"fairlead/internal/web/webtest"
)

// Whatever a verb takes, its form asks once for what the reporter reads, with what must
// be there first; the note to the team is folded away.
func TestOneBoxForWhatTheReporterReads(t *testing.T) {
	h := house(t)
	b := in(h, "lead@example.org")
	id := string(h.Receive(full()).Case)
	found, err := h.Desk.As(h.Lead).Receive(t.Context(), casework.Submission{Report: &cvd.Report{Description: "Found by ourselves."}, Channel: "internal", Received: h.Now(), Internal: true})
	if err != nil {
		t.Fatal(err)
	}
	own := string(found.Case)
	for verb, want := range map[string]string{
		id + "/do/invalidate": "reason clauses silent note", id + "/do/validate": "text silent note", id + "/do/hand-on": "to reason clauses silent note",
		id + "/do/severity": "vector text silent note", id + "/do/ask": "missing missing_more text clauses note", id + "/do/acknowledge": "text note",
		id + "/do/emergency": "reason note", id + "/do/note": "note", id + "/do/claim": "to note", own + "/do/validate": "reason note",
	} {
		page := b.Get("/desk/cases/"+verb).Check(h, http.StatusOK)
		var got []string
		for n := range page.Doc.Descendants() {
			name := webtest.Attr(n, "name")
			if (n.Data == "textarea" || n.Data == "select" || n.Data == "input" && webtest.Attr(n, "type") != "hidden") && name != "canned" &&
				!strings.HasPrefix(name, "metric.") && (len(got) == 0 || got[len(got)-1] != name) && webtest.Attr(n, "id") != "keys-off" && name != "" {
				got = append(got, name)
			}
		}
		boxes := strings.Count(page.Body, "What the reporter reads")
		if strings.Join(got, " ") != want || boxes > 1 {
			t.Errorf("%s asks for %q, with %d boxes for the reporter; want %q", verb, got, boxes, want)
		}
		folded := strings.Contains(page.Body, "<summary>Note for the team</summary>")
		if folded != (!strings.HasSuffix(verb, "/note")) {
			t.Errorf("%s: the note is folded: %v", verb, folded)
		}
	}
}

// What was typed into a field that is not asked for any more is still there, and a
// policy that wants a clause still wants it.
func TestNothingTypedIsLeftOut(t *testing.T) {
	h := house(t)
	b := in(h, "lead@example.org")
	path := "/desk/cases/" + string(h.Receive(full()).Case) + "/do/"
	page := b.Post(path+"invalidate", url.Values{"reason": {"one"}, "text": {"two"}, "step": {"edit"}}).Check(h, http.StatusOK)
	if form := b.Form(page, path+"invalidate"); form.Get("reason") != "one" || form.Get("text") != "two" {
		t.Errorf("left of it: %v", form)
	}
	a := b.Post(path+"noncompliance", url.Values{"reason": {"one"}, "step": {"preview"}}).Check(h, http.StatusUnprocessableEntity)
	if !strings.Contains(a.Text(), "Clauses of the policy to cite") || !strings.Contains(a.Body, `href="#f-clauses"`) {
		t.Errorf("a clause is not asked for: %s", a.Text())
	}
	a = b.Post(path+"invalidate", url.Values{"clauses": {"denial-of-service"}, "step": {"preview"}}).Check(h, http.StatusUnprocessableEntity)
	if !strings.Contains(a.Body, `href="#f-reason"`) {
		t.Errorf("a reason is not asked for: %s", a.Text())
	}
}

// A preview has an address, at which it is read again and gone back to; others read
// nothing there. What was done from it is not shown and not done a second time.
func TestAPreviewCanBeGoneBackTo(t *testing.T) {
	h := house(t)
	b := in(h, "lead@example.org")
	id := h.Receive(full()).Case
	path := "/desk/cases/" + string(id) + "/do/message"
	to := b.Post(path, url.Values{"text": {"canary-words **here**"}, "step": {"preview"}, "seen": {"1"}}).Check(h, http.StatusSeeOther).Header.Get("Location")
	if !strings.HasPrefix(to, path+"?preview=") || strings.Contains(to, "canary") {
		t.Fatalf("it leads to %s", to)
	}
	page := b.Get(to).Check(h, http.StatusOK)
	whole(t, "preview", page)
	if !strings.Contains(page.Body, "canary-words <strong>here</strong>") || !strings.Contains(page.Text(), "Send to the reporter") {
		t.Errorf("it shows %s", page.Text())
	}
	edit := strings.Replace(to, "preview=", "edit=", 1)
	if !strings.Contains(page.Body, `href="`+edit+`"`) || b.Form(b.Get(edit).Check(h, http.StatusOK), path).Get("text") != "canary-words **here**" {
		t.Error("it cannot be changed")
	}
	for _, address := range []string{to, edit} {
		if other := in(h, "member@example.org").Get(address); strings.Contains(other.Body, "canary") || other.Status != http.StatusGone {
			t.Errorf("another member reads %d: %s", other.Status, other.Text())
		}
	}
	if other := b.Get(strings.Replace(to, "/message?", "/ask?", 1)); strings.Contains(other.Body, "canary") || other.Status != http.StatusGone {
		t.Errorf("another verb reads %d", other.Status)
	}

	// What others did meanwhile is told before it is sent.
	h.Do(h.Member, id, cvd.VerbMessage, cvd.Input{Text: "Meanwhile."})
	late := b.Get(to).Check(h, http.StatusConflict)
	if !strings.Contains(late.Text(), "Meanwhile.") || b.Form(late, path).Get("text") != "canary-words **here**" {
		t.Errorf("what happened meanwhile is not told: %s", late.Text())
	}

	form := b.Form(page, path)
	form.Set("step", "do")
	form.Set("seen", "2")
	b.Post(path, form).Check(h, http.StatusSeeOther)
	if again := b.Post(path, form).Check(h, http.StatusGone); !strings.Contains(again.Text(), "This is done already") || state(h, id).Version != 3 {
		t.Errorf("sent a second time, it answers %s", again.Text())
	}
	for _, address := range []string{to, edit} {
		back := b.Get(address).Check(h, http.StatusGone)
		whole(t, "back", back)
		if strings.Contains(back.Body, `name="step"`) || !strings.Contains(back.Text(), "This is done already") {
			t.Errorf("gone back to, it shows %s", back.Text())
		}
	}
}

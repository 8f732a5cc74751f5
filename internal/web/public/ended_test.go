package public_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"fairlead/internal/cvd"
	"fairlead/internal/web/webtest"
)

// Who writes for longer than a session lasts loses nothing: the page that asks for the
// receipt keeps the words, through wrong receipts, and the case shows them again.
func TestWordsOutliveTheSession(t *testing.T) {
	h := house(t, small, nil)
	a := h.Receive(cvd.Report{Title: "canary-title"})
	b := opened(h, a)
	form := b.Form(b.Get("/thread"), "/thread/message")
	form.Set("text", "line one\n\n<b>line two</b> of half an hour")
	h.Pass(31 * time.Minute)
	asked := b.Post("/thread/message", form).Check(h, http.StatusUnauthorized)
	sound(t, asked)
	if text := asked.Text(); !strings.Contains(text, "What you wrote was not sent.") || strings.Contains(asked.Body, "canary") || strings.Contains(asked.Body, "<b>line") {
		t.Errorf("%s", text)
	}
	open := b.Form(asked, "/thread/open")
	if got := open.Get("kept.text." + string(a.Case)); got != form.Get("text") {
		t.Fatalf("kept %q", got)
	}
	open.Set("receipt", "wrong")
	asked = b.Post("/thread/open", open).Check(h, http.StatusUnauthorized)
	open = b.Form(asked, "/thread/open")
	open.Set("receipt", a.Receipt)
	back := b.Post("/thread/open", open).Check(h, 200)
	sound(t, back)
	again := b.Form(back, "/thread/message")
	if again.Get("text."+string(a.Case)) != form.Get("text") || !strings.Contains(back.Text(), "It has not been sent yet.") {
		t.Errorf("came back as %q in %s", again.Get("text."+string(a.Case)), back.Text())
	}
	if strings.Contains(b.Get("/thread").Body, "line two") {
		t.Error("it was sent by opening the case")
	}
	b.Post("/thread/message", again).Check(h, http.StatusSeeOther)
}

func TestEachFormOutlivesTheSession(t *testing.T) {
	h := house(t, small, nil)
	a, other := h.Receive(cvd.Report{Title: "x"}), h.Receive(cvd.Report{Title: "other"})
	does(h, a.Case, cvd.VerbInvalidate, cvd.Input{Reason: "no bug"})
	for _, one := range []struct {
		path, field, receipt, at, as string
	}{
		{"appeal", "text", a.Receipt, "/thread/appeal", "appeal." + string(a.Case)},
		{"check", "text", a.Receipt, "/thread/message", "text." + string(a.Case)}, // nothing is to be checked any more
		{"withdraw", "reason", a.Receipt, "/thread/withdraw", "reason"},
		{"contact", "reporter.name", a.Receipt, "/thread/contact", "reporter.name"},
		{"message", "text", other.Receipt, "/thread/message", "text." + string(other.Case)},
		{"appeal", "text", other.Receipt, "/thread/message", "text." + string(other.Case)},
	} {
		b := h.Browser()
		b.Lang = "fr"
		typed := url.Values{"case": {string(a.Case)}, one.field: {"words of " + one.path}, "once": {"canary"}}
		asked := b.Post("/thread/"+one.path, typed).Check(h, http.StatusUnauthorized)
		sound(t, asked)
		if strings.Contains(asked.Text(), "Connectez-vous") || strings.Contains(asked.Body, "canary") {
			t.Errorf("%s: %s", one.path, asked.Text())
		}
		open := b.Form(asked, "/thread/open")
		open.Set("receipt", one.receipt)
		back := b.Post("/thread/open", open).Check(h, 200)
		sound(t, back)
		if got := b.Form(back, one.at).Get(one.as); got != "words of "+one.path {
			t.Errorf("%s came back as %q", one.path, got)
		}
	}
	b := h.Browser()
	page := b.Upload("/thread/attach", url.Values{"case": {string(a.Case)}}, webtest.File{Field: "file", Name: "a", Content: "a"}).Check(h, http.StatusUnauthorized)
	if !strings.Contains(page.Text(), "choose them again") || b.Form(page, "/thread/open") == nil {
		t.Errorf("%s", page.Text())
	}
	if page := b.Get("/thread/export.txt").Check(h, http.StatusUnauthorized); b.Form(page, "/thread/open") == nil {
		t.Error("the page asks for no receipt")
	}
}

// A sentence that says what comes next stands only while it is true: nobody is
// promised an appeal that is used, and closing takes none away.
func TestWhatIsNextFollowsTheState(t *testing.T) {
	h := house(t, small, nil)
	closed, used := h.Receive(cvd.Report{Title: "x"}), h.Receive(cvd.Report{Title: "y"})
	const promise = "You may appeal once"
	for _, id := range []cvd.CaseID{closed.Case, used.Case} {
		does(h, id, cvd.VerbInvalidate, cvd.Input{Reason: "no bug"})
	}
	b := opened(h, closed)
	if text := b.Get("/thread").Text(); strings.Count(text, promise) != 2 || strings.Contains(text, "A person of the team will read it") {
		t.Errorf("before: %s", text)
	}
	does(h, closed.Case, cvd.VerbClose, cvd.Input{})
	page := b.Get("/thread")
	if text := page.Text(); strings.Count(text, "you may still appeal once") != 2 || !strings.Contains(text, "Your appeal goes on in a linked case") {
		t.Errorf("after it was closed: %s", text)
	}
	late := b.Form(page, "/thread/appeal")
	late.Set("text", "look at line 4")
	text := b.Follow(b.Post("/thread/appeal", late)).Text()
	if strings.Contains(text, "appeal once") || !strings.Contains(text, "look at line 4") || !strings.Contains(text, "A linked case was opened") {
		t.Errorf("after the late appeal: %s", text)
	}
	b = opened(h, used)
	form := b.Form(b.Get("/thread"), "/thread/appeal")
	form.Set("text", "look again")
	b.Post("/thread/appeal", form).Check(h, http.StatusSeeOther)
	if text := b.Get("/thread").Text(); strings.Contains(text, promise) || !strings.Contains(text, "Your appeal is under review") {
		t.Errorf("after the appeal: %s", text)
	}
}

// Both sides of a conversation are shown alike, and no word of either becomes a tag.
func TestBothSidesInMarkdown(t *testing.T) {
	h := house(t, small, nil)
	a := h.Receive(cvd.Report{Title: "x"})
	does(h, a.Case, cvd.VerbAcknowledge, cvd.Input{Text: "**Which** version?\n\n- one\n- two\n\n<script>x()</script> [here](javascript:x) ![](https://tracker.example/a.png)"})
	b := opened(h, a)
	form := b.Form(b.Get("/thread"), "/thread/message")
	form.Set("text", "**Mine**")
	b.Post("/thread/message", form).Check(h, http.StatusSeeOther)
	page := b.Get("/thread")
	clean(t, page)
	for _, want := range []string{"<strong>Which</strong>", "<li>one</li>", "<strong>Mine</strong>"} {
		if !strings.Contains(page.Body, want) {
			t.Errorf("no %s", want)
		}
	}
	for _, not := range []string{"javascript:x\"", "<img", `src="https://tracker`} {
		if strings.Contains(page.Body, not) {
			t.Errorf("there is %s", not)
		}
	}
}

// A consent is asked for with its two answers; words that were given before stay.
func TestConsentIsYesOrNo(t *testing.T) {
	h := house(t, signed, nil)
	a := h.Receive(cvd.Report{Title: "x", Reporter: &cvd.Contact{Name: "Robin", ContactShareable: "only to maintainers"}})
	b := opened(h, a)
	page := b.Post("/thread/contact", b.Form(b.Get("/thread"), "/thread/contact")).Check(h, 200)
	form := b.Form(page, "/thread/contact")
	if got := form.Get("reporter.contact_shareable"); got != "only to maintainers" {
		t.Errorf("shows %q", got)
	}
	for _, want := range []string{`name="reporter.contact_shareable" value="yes"`, `name="reporter.contact_shareable" value="no"`} {
		if !strings.Contains(page.Body, want) {
			t.Errorf("no %s", want)
		}
	}
	form.Set("reporter.contact_shareable", "no")
	b.Post("/thread/contact", form).Check(h, http.StatusSeeOther)
	f, err := h.Desk.As(h.Lead).Case(t.Context(), a.Case)
	if err != nil || f.Case.Participant(cvd.Reporter).Contact.ContactShareable != "no" {
		t.Errorf("%v: the address may be passed on", err)
	}
}

// Of several cases under one receipt the list tells them apart, the newest first.
func TestListOfCases(t *testing.T) {
	h := house(t, small, nil)
	a := h.Receive(cvd.Report{Title: "Session survives"})
	does(h, a.Case, cvd.VerbInvalidate, cvd.Input{Reason: "no bug"})
	does(h, a.Case, cvd.VerbClose, cvd.Input{})
	h.Pass(48 * time.Hour)
	b := opened(h, a)
	form := b.Form(b.Get("/thread"), "/thread/message")
	form.Set("text", "It came back.")
	b.Post("/thread/message", form).Check(h, http.StatusSeeOther)
	page := b.Get("/thread")
	sound(t, page)
	_, list, _ := strings.Cut(page.Body, `<nav class="jump"`)
	list, _, _ = strings.Cut(list, "</nav>")
	first, second, _ := strings.Cut(list, "</li>")
	if !strings.Contains(first, "newest") || strings.Contains(first, string(a.Case)) || !strings.Contains(second, string(a.Case)) || strings.Count(list, "Session survives") != 2 {
		t.Errorf("%s", list)
	}
}

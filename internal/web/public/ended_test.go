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
	if got := open.Get("kept.text"); got != form.Get("text") {
		t.Fatalf("kept %q", got)
	}
	open.Set("receipt", "wrong")
	asked = b.Post("/thread/open", open).Check(h, http.StatusUnauthorized)
	open = b.Form(asked, "/thread/open")
	open.Set("receipt", a.Receipt)
	back := b.Post("/thread/open", open).Check(h, 200)
	sound(t, back)
	again := b.Form(back, "/thread/message")
	if again.Get("text") != form.Get("text") || !strings.Contains(back.Text(), "It was not sent yet.") {
		t.Errorf("came back as %q in %s", again.Get("text"), back.Text())
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
		{"appeal", "text", a.Receipt, "/thread/appeal", "text"},
		{"check", "text", a.Receipt, "/thread/message", "text"}, // nothing is to be checked any more
		{"withdraw", "reason", a.Receipt, "/thread/withdraw", "reason"},
		{"contact", "reporter.name", a.Receipt, "/thread/contact", "reporter.name"},
		{"message", "text", other.Receipt, "/thread/message", "text"},
		{"appeal", "text", other.Receipt, "/thread/message", "text"},
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

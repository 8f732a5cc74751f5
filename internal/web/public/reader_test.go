package public_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"fairlead/internal/cvd"
	"fairlead/internal/web/webtest"
)

// Answers by mail need somewhere to go.
func TestAnswersByMailNeedAnAddress(t *testing.T) {
	h := house(t, small, nil)
	a := h.Receive(cvd.Report{Reporter: &cvd.Contact{Email: "ann@example.net"}})
	b := opened(h, a)
	form := url.Values{"case": {string(a.Case)}, "step": {"do"}, "reporter.reply_by": {"mail"}, "reporter.email": {" "}}
	page := b.Post("/thread/contact", form).Check(h, 422)
	if !strings.Contains(page.Text(), "is needed for answers by mail") || !strings.Contains(page.Text(), "the first language of the policy (English)") {
		t.Errorf("%s", page.Text())
	}
	form.Set("reporter.email", "ann@example.net")
	b.Post("/thread/contact", form).Check(h, http.StatusSeeOther)
}

// What the thread says of a refusal, and the text of the thread, are in the reader's
// language; a target is called one.
func TestThreadSpeaksItsReadersLanguage(t *testing.T) {
	h := house(t, signed, nil)
	h.Republish("attachment_mib: 25", "attachment_mib: 1")
	b := opened(h, h.Receive(cvd.Report{Title: "Session survives"}))
	b.Lang = "fr"
	form := b.Form(b.Get("/thread"), "/thread/attach")
	page := b.Upload("/thread/attach", form, webtest.File{Field: "file", Name: "big.bin", Content: aheadOf})
	if strings.Contains(page.Text(), "compress it") || !strings.Contains(page.Text(), "big.bin : le fichier") {
		t.Errorf("%d %s", page.Status, page.Text())
	}
	form.Set("text", "")
	b.Lang = "en"
	if text := b.Post("/thread/message", form).Text(); !strings.Contains(text, "Write to the team: ") {
		t.Errorf("%s", text)
	}
	if text := b.Get("/thread/export.txt").Check(h, 200).Body; !strings.Contains(text, ": a target, by ") || !strings.Contains(text, "Summary:\n") {
		t.Errorf("%s", text)
	}
	if vary := h.Browser().Get("/policy.md").Check(h, 200).Header.Values("Vary"); !slices.Contains(vary, "Accept-Language") {
		t.Errorf("a cache would mix up the languages of the policy: %v", vary)
	}
}

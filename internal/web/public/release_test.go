package public_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"fairlead/internal/cvd"
)

// What a reporter sees and does of a release: the check of the fix, the date, the
// CVE id, and the way to the advisory.
func TestReleaseInTheThread(t *testing.T) {
	h := house(t, "signed-policy.yaml", nil)
	got := h.Receive(cvd.Report{
		Title: "Session fixation", Description: "The cookie stays.", Product: "Northlake Records", Version: "2026.1", CWE: "CWE-384",
		Reporter: &cvd.Contact{Name: "Rosa", Credit: cvd.Credit{Wanted: "name"}},
	})
	id := got.Case
	for _, step := range []struct {
		verb cvd.Verb
		in   cvd.Input
	}{
		{cvd.VerbValidate, cvd.Input{}},
		{cvd.VerbAccept, cvd.Input{}},
		{cvd.VerbSeverity, cvd.Input{Vector: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:L/I:N/A:N"}},
		{cvd.VerbFixReady, cvd.Input{}},
		{cvd.VerbOfferCheck, cvd.Input{Text: "Please check build 7."}},
		{cvd.VerbCVE, cvd.Input{CVE: "CVE-2026-12345", Outcome: "reserved"}},
	} {
		h.Do(h.Member, id, step.verb, step.in)
	}
	b := h.Browser()
	b.Post("/thread/open", url.Values{"receipt": {got.Receipt}})
	page := b.Get("/thread").Check(h, http.StatusOK)
	if text := page.Text(); !strings.Contains(text, "Does the fix work?") || !strings.Contains(text, "CVE-2026-12345 (reserved)") {
		t.Errorf("the thread does not ask: %s", text)
	}
	form := b.Form(page, "/thread/check")
	form.Set("text", "On the phone it stays.")
	empty := b.Post("/thread/check", form).Check(h, http.StatusUnprocessableEntity)
	if !strings.Contains(empty.Body, "On the phone it stays.") || !strings.Contains(empty.Text(), "no answer was chosen") {
		t.Error("what was typed is lost, or nobody says what is missing")
	}
	form.Set("outcome", "fail")
	done := b.Follow(b.Post("/thread/check", form)).Check(h, http.StatusOK)
	if !strings.Contains(done.Text(), "The team has your result") || strings.Contains(done.Text(), "Does the fix work?") {
		t.Errorf("%s", done.Text())
	}
	h.Do(h.Member, id, cvd.VerbCheckResult, cvd.Input{Outcome: "pass"})

	d, err := h.Desk.As(h.Member).Draft(context.Background(), id)
	if err != nil {
		t.Fatal(err)
	}
	few := d.Record.Clone()
	few.TLP = cvd.TLPAmber
	seq := h.Do(h.Member, id, cvd.VerbAdvise, cvd.Input{Advisory: few}).Case.Release.Draft
	if text := b.Get("/thread").Text(); strings.Contains(text, "NLSA-") {
		t.Error("the thread tells of a draft")
	}
	h.Do(h.Member, id, cvd.VerbSchedule, cvd.Input{Until: h.Now().Add(10 * time.Minute), Seq: seq})
	if text := b.Get("/thread").Text(); !strings.Contains(text, "The advisory is scheduled for release on") {
		t.Errorf("no date: %s", text)
	}
	h.Pass(11 * time.Minute)
	c, err := h.Desk.As(h.Lead).Case(context.Background(), id)
	if err != nil {
		t.Fatal(err)
	}
	// One for a few has no page, and the thread leads to none.
	page = b.Get("/thread").Check(h, http.StatusOK)
	if strings.Contains(page.Body, `href="/advisories/`+string(c.Case.Release.Advisory)) || !strings.Contains(page.Text(), "it has no public page") {
		t.Error("the thread leads to a page that is not there")
	}
	d, err = h.Desk.As(h.Member).Draft(context.Background(), id)
	if err != nil {
		t.Fatal(err)
	}
	all := d.Record.Clone()
	all.TLP = cvd.TLPClear
	seq = h.Do(h.Member, id, cvd.VerbAdvise, cvd.Input{Advisory: all, Seq: d.Seq}).Case.Release.Draft
	h.Do(h.Member, id, cvd.VerbPublish, cvd.Input{Seq: seq, Reason: "For everybody."})
	page = b.Get("/thread").Check(h, http.StatusOK)
	if !strings.Contains(page.Body, `href="/advisories/`+string(c.Case.Release.Advisory)) || !strings.Contains(page.Text(), "The advisory was corrected") {
		t.Errorf("the thread does not lead to the advisory: %+v", c.Case.Release)
	}
}

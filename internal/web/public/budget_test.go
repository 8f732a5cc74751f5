package public_test

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"fairlead/internal/auth/limit"
	"fairlead/internal/cvd"
	"fairlead/internal/web"
	"fairlead/internal/web/webtest"
)

const mib = 1 << 20

// budgeted is a house where strangers of one network may send so much.
func budgeted(t *testing.T, each, all limit.Bytes) *webtest.House {
	t.Helper()
	return house(t, small, func(cfg *web.Config) { cfg.Uploads = limit.NewBudget(each, all, 8, cfg.Now) })
}

func big(field, name string) webtest.File {
	return webtest.File{Field: field, Name: name, Content: strings.Repeat("x", mib)}
}

// Words are taken and files are not, and all is said: the limit, when to come back and
// what to do meanwhile. What was typed beside stays.
func TestFilesOverTheBudget(t *testing.T) {
	h := budgeted(t, limit.Bytes{Hour: 2 * mib}, limit.Bytes{})
	page := h.Browser().Upload("/report", url.Values{"title": {"x"}, "description": {"It breaks."}, "product": {"Tide"}},
		big("attachments", "a.bin"), big("attachments", "b.bin"), big("attachments", "c.bin")).Check(h, http.StatusCreated)
	sound(t, page)
	for _, want := range []string{"c.bin", "2 MiB of files in an hour", "words are always taken", "possible from: Tue 3 Mar 2026, 17:02"} {
		if !strings.Contains(page.Text(), want) {
			t.Errorf("%q is missing: %s", want, page.Text())
		}
	}
	a := h.Receive(cvd.Report{Title: "x"})
	b := opened(h, a)
	id := string(a.Case)
	refused := b.Upload("/thread/attach", url.Values{"case": {id}, "text." + id: {"typed beside"}}, big("file", "d.bin")).Check(h, http.StatusTooManyRequests)
	sound(t, refused)
	if after := refused.Header.Get("Retry-After"); after != "3660" && after != "3600" {
		t.Errorf("Retry-After %q", after)
	}
	for _, want := range []string{"d.bin", "2 MiB of files in an hour", "typed beside"} {
		if !strings.Contains(refused.Body, want) {
			t.Errorf("%q is missing", want)
		}
	}
	if log := h.Log.String(); strings.Count(log, "event=limit-hit refusal=uploads") != 2 {
		t.Errorf("the log tells of %d", strings.Count(log, "refusal=uploads"))
	}
	form := b.Form(b.Get("/thread"), "/thread/message")
	form.Set("text", "Still words.")
	b.Post("/thread/message", form).Check(h, http.StatusSeeOther)
	h.Pass(time.Hour + time.Minute)
	opened(h, a).Upload("/thread/attach", url.Values{"case": {id}}, big("file", "d.bin")).Check(h, http.StatusSeeOther)
}

// The form and the thread, all networks and all at once, share one budget.
func TestOneBudgetOfAll(t *testing.T) {
	h := budgeted(t, limit.Bytes{}, limit.Bytes{Day: 3 * mib})
	a := h.Receive(cvd.Report{Title: "x"})
	b := opened(h, a)
	var all sync.WaitGroup
	for range 6 {
		one := opened(h, a)
		all.Go(func() {
			one.Upload("/thread/attach", url.Values{"case": {string(a.Case)}}, big("file", "d.bin"))
		})
	}
	all.Wait()
	page := b.Get("/thread")
	if n := strings.Count(page.Body, ">d.bin</a>"); n != 3 {
		t.Errorf("%d files are kept", n)
	}
	if until, full := h.Site.Uploads.Full(); !full || until.Before(h.Now()) {
		t.Errorf("full %t until %s", full, until)
	}
	refused := b.Upload("/report", url.Values{"title": {"x"}, "description": {"It breaks."}, "product": {"Tide"}}, big("attachments", "e.bin")).Check(h, http.StatusCreated)
	if !strings.Contains(refused.Text(), "3 MiB of files reached us within a day") {
		t.Errorf("%s", refused.Text())
	}
}

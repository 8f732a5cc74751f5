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
	for _, want := range []string{"c.bin", "2 MiB of files in an hour", "text is still taken", "from Tue 3 Mar 2026, 17:02"} {
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

// Words of one network have a budget too. The refusal says when to come again, and all
// that was typed is there, with the names of the files that were chosen.
func TestWordsOverTheBudget(t *testing.T) {
	h := house(t, small, func(cfg *web.Config) { cfg.Texts = limit.NewBudget(limit.Bytes{Hour: mib}, limit.Bytes{}, 8, cfg.Now) })
	b := h.Browser()
	long := func(word string) string { return strings.Repeat(word+" ", 90_000/(len(word)+1)) }
	send := func(of *webtest.Browser, word string) *webtest.Answer {
		return sendReport(h, of, url.Values{"description": {long(word)}, "product": {"Tide"}}, webtest.File{Field: "attachments", Name: "poc.txt", Content: "x"})
	}
	for i := range 11 {
		send(b, "word"+strings.Repeat("s", i)).Check(h, http.StatusCreated)
	}
	a := send(b, "last").Check(h, http.StatusTooManyRequests)
	sound(t, a)
	for _, want := range []string{"1 MiB of text within an hour", "after Tue 3 Mar 2026, 17:02", "poc.txt"} {
		if !strings.Contains(a.Text(), want) {
			t.Errorf("%q is missing: %.3000s", want, a.Text())
		}
	}
	if after := a.Header.Get("Retry-After"); after != "3660" && after != "3600" {
		t.Errorf("Retry-After %q", after)
	}
	if b.Form(a, "/report?step=send").Get("description") != long("last") || cases(h) != 11 {
		t.Errorf("what was typed is lost, or kept: %d cases", cases(h))
	}
	if log := h.Log.String(); strings.Count(log, "event=limit-hit refusal=words") != 1 {
		t.Errorf("the log tells of %d", strings.Count(log, "refusal=words"))
	}
	other := h.Browser()
	other.From = "192.0.2.8:1"
	send(other, "last").Check(h, http.StatusCreated)
	h.Pass(time.Hour + time.Minute)
	send(b, "last").Check(h, http.StatusCreated)
}

// Whatever a reporter writes in their thread counts, and is there again.
func TestWordsOfTheThreadCount(t *testing.T) {
	h := house(t, small, func(cfg *web.Config) { cfg.Texts = limit.NewBudget(limit.Bytes{}, limit.Bytes{Day: 1000}, 8, cfg.Now) })
	a := h.Receive(cvd.Report{Title: "x"})
	b := opened(h, a)
	id := string(a.Case)
	say := func(text string) *webtest.Answer {
		return b.Post("/thread/message", url.Values{"case": {id}, "text." + id: {text}})
	}
	say(strings.Repeat("w", 900)).Check(h, http.StatusSeeOther)
	over := strings.Repeat("over ", 40)
	for _, one := range []struct {
		path  string
		form  url.Values
		holds string
	}{
		{"/thread/message", url.Values{"text." + id: {over}}, over},
		{"/thread/withdraw", url.Values{"reason": {over}, "step": {"do"}}, over},
		{"/policy/feedback", url.Values{"text": {over}}, over},
		{"/thread/contact", url.Values{"reporter.name": {over}, "step": {"do"}}, strings.TrimSpace(over)},
	} {
		one.form.Set("case", id)
		page := b.Post(one.path, one.form).Check(h, http.StatusTooManyRequests)
		sound(t, page)
		if !strings.Contains(page.Text(), "of text reached us within a day") || page.Header.Get("Retry-After") == "" {
			t.Errorf("%s does not say why and until when: %s", one.path, page.Text())
		}
		if !strings.Contains(page.Body, one.holds) {
			t.Errorf("%s lost what was typed", one.path)
		}
	}
	say("short").Check(h, http.StatusSeeOther)
}

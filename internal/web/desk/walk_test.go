package desk_test

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"fairlead/internal/cvd"
	"fairlead/internal/web/webtest"
	"fairlead/internal/words"
)

// do goes the whole way of a verb: its form, the preview, and the deed. It
// returns the preview.
func do(b *webtest.Browser, h *webtest.House, id cvd.CaseID, verb string, fill url.Values) *webtest.Answer {
	h.T.Helper()
	path := "/desk/cases/" + string(id) + "/do/" + verb
	page := b.Get(path).Check(h, http.StatusOK)
	form := b.Form(page, path)
	for name, values := range fill {
		form[name] = values
	}
	form.Set("step", "preview")
	preview := b.Follow(b.Post(path, form)).Check(h, http.StatusOK)
	whole(h.T.(*testing.T), verb, preview)
	last := b.Form(preview, path)
	last.Set("step", "do")
	after := b.Follow(b.Post(path, last)).Check(h, http.StatusOK)
	whole(h.T.(*testing.T), "after "+verb, after)
	return preview
}

func state(h *webtest.House, id cvd.CaseID) *cvd.Case {
	h.T.Helper()
	f, err := h.Desk.As(h.Lead).Case(context.Background(), id)
	if err != nil {
		h.T.Fatal(err)
	}
	return f.Case
}

// From report to close, by forms alone.
func TestWalk(t *testing.T) {
	h := house(t)
	id := h.Receive(full()).Case
	b := in(h, "member@example.org")
	page := b.Get("/desk/cases/"+string(id)).Check(h, http.StatusOK)
	if !strings.Contains(page.Text(), "The reporter reads: “A person of the team has your report”") {
		t.Error("the quick button does not say what the reporter will read")
	}
	quick := "/desk/cases/" + string(id) + "/do/"
	done := b.Follow(b.Post(quick+"acknowledge", b.Form(page, quick+"acknowledge"))).Check(h, http.StatusOK)
	if !strings.Contains(done.Text(), "Receipt is acknowledged. The reporter reads it in their thread.") {
		t.Errorf("what was done reads %s", done.Text())
	}
	page = b.Get("/desk/cases/" + string(id))
	b.Post(quick+"claim", b.Form(page, quick+"claim")).Check(h, http.StatusSeeOther)
	if got := state(h, id).Assignee; got != h.Member.ID {
		t.Fatalf("held by %q", got)
	}
	do(b, h, id, "validate", url.Values{"reason": {"Reproduced."}})
	do(b, h, id, "accept", nil)
	rated := do(b, h, id, "severity", url.Values{
		"metric.AV": {"N"}, "metric.AC": {"L"}, "metric.PR": {"L"}, "metric.UI": {"N"}, "metric.S": {"U"}, "metric.C": {"H"}, "metric.I": {"N"}, "metric.A": {"N"},
	})
	if !strings.Contains(rated.Text(), "Medium (CVSS 3.1: 6.5, CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:U/C:H/I:N/A:N)") {
		t.Errorf("the preview does not rate: %s", rated.Text())
	}
	do(b, h, id, "postpone", url.Values{"clock": {"update"}, "until": {"2026-04-20T16:00"}, "reason": {"Release day."}})
	until := state(h, id).Clock(cvd.ClockUpdate).Told()
	if want := time.Date(2026, 4, 20, 20, 0, 0, 0, time.UTC); !until.Equal(want) {
		t.Errorf("the date was read as %s, want %s", until, want)
	}
	do(b, h, id, "fix-ready", url.Values{"text": {"Please try build 7."}})
	do(b, h, id, "fix-deployed", nil)
	if closing := b.Get(quick+"close").Check(h, http.StatusOK).Body; !strings.Contains(closing, `<option value="duplicate">duplicate</option>`) || !strings.Contains(closing, "It follows from the state") {
		t.Error("the outcome is no choice")
	}
	do(b, h, id, "close", url.Values{"outcome": {"resolved"}})
	if c := state(h, id); !c.Closed() || c.Outcome != "resolved" {
		t.Errorf("the case is %s, %q", c.RM(), c.Outcome)
	}
	b.Get("/desk/cases/"+string(id)+"/do/close").Check(h, http.StatusConflict)
}

// What the preview shows is what the reporter's thread then says.
func TestPreviewIsWhatTheReporterReads(t *testing.T) {
	h := house(t)
	id := h.Receive(full()).Case
	b := in(h, "lead@example.org")
	preview := do(b, h, id, "invalidate", url.Values{
		"reason": {"It needs <b>no</b> privilege."}, "clauses": {"denial-of-service"}, "text": {"Thank you\nall the same."}, "note": {"canary-for-us"},
	}).Text()
	reporter := cvd.Actor{Kind: cvd.ActorReporter, Cases: []cvd.Reach{{Case: id, Participant: cvd.Reporter}}}
	f, err := h.Desk.As(reporter).Case(context.Background(), id)
	if err != nil {
		t.Fatal(err)
	}
	told := h.Site.Voice(nil).Event(&f.Events[len(f.Events)-1], words.ForReporter, h.Site.Zone())
	wants := []string{told.Heading, told.Meaning, "Denial of service"}
	for _, q := range told.Quotes {
		wants = append(wants, strings.Join(strings.Fields(q.Text), " "))
		if strings.Contains(q.Text, "canary") {
			t.Error("the team's note reached the reporter")
		}
	}
	for _, want := range wants {
		if !strings.Contains(preview, want) {
			t.Errorf("the preview lacks %q", want)
		}
	}
}

// A ruling that the policy gives to two people says so before, and moves
// nothing until the second one confirms.
func TestSecondPerson(t *testing.T) {
	h := house(t)
	id := h.Receive(full()).Case
	preview := do(in(h, "lead@example.org"), h, id, "noncompliance", url.Values{"reason": {"Data was changed."}, "clauses": {"no-data-access"}})
	if !strings.Contains(preview.Text(), "Another member must confirm this ruling first") {
		t.Error("the preview does not say that another member must confirm")
	}
	if state(h, id).Pending == nil {
		t.Fatal("nothing waits")
	}
	lead := in(h, "lead@example.org")
	if strings.Contains(lead.Get("/desk/cases/"+string(id)).Body, "/do/confirm") {
		t.Error("the own ruling can be confirmed")
	}
	own := lead.Post("/desk/cases/"+string(id)+"/do/confirm", url.Values{"step": {"do"}, "note": {"kept-text"}}).Check(h, http.StatusConflict)
	if !strings.Contains(own.Text(), "another member must confirm it") || !strings.Contains(own.Body, "kept-text") {
		t.Errorf("the refusal reads %s", own.Text())
	}
	proposed := lead.Get("/desk/cases/" + string(id) + "?done=noncompliance").Text()
	if !strings.Contains(proposed, "Proposed: Record noncompliance. Nothing has moved") || !strings.Contains(proposed, "Another member Confirms or refuses the ruling") {
		t.Errorf("the proposer reads %s", proposed)
	}
	member := in(h, "member@example.org")
	for _, b := range []*webtest.Browser{lead, member} {
		if row := line(h, b, id); !strings.Contains(row, "Awaits confirmation") {
			t.Errorf("the queue says nothing of the ruling: %s", row)
		}
	}
	page := member.Get("/desk/cases/" + string(id))
	whole(t, "a ruling to confirm", page)
	main := regexp.MustCompile(`class="button main" href="[^"]*/do/([a-z-]+)"`).FindStringSubmatch(page.Body)
	if !strings.Contains(page.Text(), "You Confirm or refuse the ruling: Record noncompliance.") || main == nil || main[1] != "confirm" ||
		strings.Count(page.Body, `class="button main"`) != 1 || strings.Contains(page.Body, `class="small main"`) {
		t.Errorf("the second member is led to %v: %s", main, page.Text())
	}
	second := do(member, h, id, "confirm", nil)
	if !strings.Contains(second.Text(), "The team recorded that the policy's guidelines were not kept") {
		t.Error("the second person is not shown what the reporter will read")
	}
	if state(h, id).Pending != nil {
		t.Error("it still waits")
	}
}

// Somebody else was faster: nothing is done, and nothing that was typed is lost.
func TestConflictKeepsWhatWasTyped(t *testing.T) {
	h := house(t)
	id := h.Receive(full()).Case
	b := in(h, "lead@example.org")
	path := "/desk/cases/" + string(id) + "/do/message"
	form := b.Form(b.Get(path), path)
	h.Do(h.Member, id, cvd.VerbMessage, cvd.Input{Text: "We reproduced it."})
	form.Set("text", "Did anybody look at it?")
	form.Set("step", "do")
	a := b.Post(path, form).Check(h, http.StatusConflict)
	whole(t, "conflict", a)
	if !strings.Contains(a.Text(), "We reproduced it.") || b.Form(a, path).Get("text") != "Did anybody look at it?" {
		t.Errorf("the page lost something: %s", a.Text())
	}
	again := b.Form(a, path)
	again.Set("step", "do")
	b.Post(path, again).Check(h, http.StatusSeeOther)
	for verb, fill := range map[string]url.Values{
		"invalidate": {"step": {"preview"}, "text": {"kept-text"}},
		"severity":   {"step": {"do"}, "text": {"kept-text"}, "vector": {"CVSS:3.1/AV:N"}},
		"postpone":   {"step": {"do"}, "text": {"kept-text"}, "clock": {"update"}, "until": {"soon"}, "reason": {"x"}},
		"contact":    {"step": {"do"}, "reporter.name": {"kept-text"}, "reporter.email": {"nobody"}},
	} {
		a := b.Post("/desk/cases/"+string(id)+"/do/"+verb, fill).Check(h, http.StatusUnprocessableEntity)
		whole(t, verb, a)
		if !strings.Contains(a.Body, "kept-text") || !strings.Contains(a.Body, `class="summary"`) {
			t.Errorf("%s: what was typed is lost, or nothing says what is wrong", verb)
		}
	}
	a = b.Post("/desk/cases/"+string(id)+"/do/fix-ready", url.Values{"step": {"do"}, "text": {"kept-text"}}).Check(h, http.StatusConflict)
	if !strings.Contains(a.Body, "kept-text") {
		t.Error("a verb that is not possible lost what was typed")
	}
}

func TestPreparedReply(t *testing.T) {
	h := house(t)
	id := h.Receive(full()).Case
	b := in(h, "lead@example.org")
	path := "/desk/cases/" + string(id) + "/do/message"
	a := b.Follow(b.Post(path, url.Values{"step": {"insert"}, "canned": {"do-you-pay"}, "text": {"Hello"}}).Check(h, http.StatusSeeOther)).Check(h, http.StatusOK)
	got := b.Form(a, path).Get("text")
	if !strings.HasPrefix(got, "Hello\n\nThank you") || !strings.Contains(got, "/policy#no-bounty") {
		t.Errorf("inserted %q", got)
	}
	for _, option := range []string{`<option value="do-you-pay/en">Do you pay for reports? (English)</option>`, "<option value=\"do-you-pay/fr\">Payez-vous les signalements\u00a0? (Français)</option>"} {
		if !strings.Contains(a.Body, option) {
			t.Errorf("the page lacks %s", option)
		}
	}
	a = b.Follow(b.Post(path, url.Values{"step": {"insert"}, "canned": {"do-you-pay/fr"}}).Check(h, http.StatusSeeOther)).Check(h, http.StatusOK)
	if got := b.Form(a, path).Get("text"); !strings.HasPrefix(got, "Merci de votre signalement") {
		t.Errorf("inserted %q", got)
	}
}

// Whoever signs a version can read it in each language that it speaks, whatever
// language they read the desk in.
func TestAVersionInEachOfItsLanguages(t *testing.T) {
	h := house(t)
	b := in(h, "lead@example.org")
	for lang, want := range map[string]string{"": "Leave our data alone", "en": "Leave our data alone", "fr": "Ne touchez pas à nos données"} {
		a := b.Get("/desk/policy/1?lang="+lang).Check(h, http.StatusOK)
		whole(t, "the version in "+lang, a)
		for _, has := range []string{want, "Download the file", `<a href="/desk/policy/1?lang=fr" hreflang="fr" lang="fr"`} {
			if !strings.Contains(a.Body, has) {
				t.Errorf("in %q the page lacks %s", lang, has)
			}
		}
		if strings.Contains(a.Body, `<article class="story policy" lang="fr">`) != (lang == "fr") {
			t.Errorf("in %q the page tells another language", lang)
		}
	}
}

func TestFileGoesInAndOut(t *testing.T) {
	h := house(t)
	id := h.Receive(full()).Case
	b := in(h, "lead@example.org")
	path := "/desk/cases/" + string(id) + "/do/attach"
	b.Upload(path+"?for=reporter", url.Values{"step": {"do"}}).Check(h, http.StatusUnprocessableEntity)
	b.Upload(path+"?for=reporter", url.Values{"step": {"do"}}, webtest.File{Field: "file", Name: `..\..\<script>"x.html`, Content: "<script>1</script>"}).Check(h, http.StatusSeeOther)
	f, err := h.Desk.As(h.Lead).Case(context.Background(), id)
	if err != nil {
		t.Fatal(err)
	}
	blob := f.Events[len(f.Events)-1].Body.File.Blob
	page := b.Get("/desk/cases/" + string(id))
	whole(t, "case with a file", page)
	got := b.Get("/desk/cases/"+string(id)+"/files/"+blob).Check(h, http.StatusOK)
	if got.Body != "<script>1</script>" || got.Header.Get("Content-Type") != "application/octet-stream" ||
		!strings.HasPrefix(got.Header.Get("Content-Disposition"), "attachment") || got.Header.Get("Content-Security-Policy") != "default-src 'none'; frame-ancestors 'none'; sandbox" {
		t.Errorf("served as %v", got.Header)
	}
	big := strings.Repeat("x", 26<<20)
	a := b.Upload(path+"?for=team", url.Values{"step": {"do"}, "text": {"kept-text"}}, webtest.File{Field: "file", Name: "big", Content: big}).Check(h, http.StatusRequestEntityTooLarge)
	if !strings.Contains(a.Body, "25 MiB") {
		t.Errorf("the limit is not named: %s", a.Text())
	}
}

func TestRecord(t *testing.T) {
	h := house(t)
	b := in(h, "member@example.org")
	form := b.Form(b.Get("/desk/record"), "/desk/record")
	form.Set("received_at", "2026-03-02T16:30")
	form.Set("description", "Told on the phone")
	form.Set("reporter.email", "not an address")
	bad := b.Post("/desk/record", form).Check(h, http.StatusUnprocessableEntity)
	whole(t, "record again", bad)
	if !strings.Contains(bad.Body, "Told on the phone") {
		t.Error("what was typed is lost")
	}
	form.Del("reporter.email")
	a := b.Post("/desk/record", form).Check(h, http.StatusOK)
	whole(t, "receipt", a)
	page, err := h.Desk.As(h.Lead).Cases(context.Background(), filter())
	if err != nil || len(page.Rows) != 1 {
		t.Fatal(err, len(page.Rows))
	}
	if want := time.Date(2026, 3, 2, 21, 30, 0, 0, time.UTC); !page.Rows[0].Created.Equal(want) {
		t.Errorf("received %s, want %s", page.Rows[0].Created, want)
	}
	form.Set("channel", "internal")
	a = b.Post("/desk/record", form).Check(h, http.StatusOK)
	if strings.Contains(a.Body, "receipt-code") {
		t.Error("an internal finding got a receipt")
	}
	form.Set("received_at", "2030-01-01T00:00")
	b.Post("/desk/record", form).Check(h, http.StatusUnprocessableEntity)
}

func TestQueue(t *testing.T) {
	h := house(t)
	b := in(h, "lead@example.org")
	if a := b.Get("/desk/"); !strings.Contains(a.Text(), "No open case.") {
		t.Error("an empty queue says nothing")
	}
	ids := map[string]bool{}
	for range 53 {
		r := full()
		r.Title = strings.Repeat("A longer title than most ", 3)
		ids[string(h.Receive(r).Case)] = true
		h.Pass(time.Minute)
	}
	a := b.Get("/desk/").Check(h, http.StatusOK)
	if len(a.Body) > 60<<10 {
		t.Errorf("50 rows weigh %d bytes", len(a.Body))
	}
	if !strings.Contains(a.Text(), "Open 53") || !strings.Contains(a.Text(), "Unassigned 53") || !strings.Contains(a.Text(), "Mine 0") {
		t.Errorf("counts are wrong: %.400s", a.Text())
	}
	next := ""
	for n := range a.Doc.Descendants() {
		if webtest.Attr(n, "rel") == "next" {
			next = webtest.Attr(n, "href")
		}
	}
	rest := b.Get(next).Check(h, http.StatusOK)
	shown := 0
	for id := range ids {
		shown += strings.Count(a.Body+rest.Body, `id="c-`+id+`"`)
	}
	if shown != len(ids) {
		t.Errorf("two pages show %d of %d", shown, len(ids))
	}
	for _, bad := range []string{"after=x", "after=~", "state=nothing", "severity=%00", "view=nothing"} {
		whole(t, bad, b.Get("/desk/?"+bad).Check(h, http.StatusOK))
	}
}

package desk_test

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"fairlead/internal/cvd"
	"fairlead/internal/web/webtest"
)

// A file over the limit costs nobody their words: the form comes back with the text and
// the limit, whether the file is a little over it or far too long to be read at all.
func TestALargeFileKeepsTheWords(t *testing.T) {
	h := house(t)
	id := string(h.Receive(full()).Case)
	b := in(h, "lead@example.org")
	path := "/desk/cases/" + id + "/do/attach"
	page := b.Get(path).Check(h, http.StatusOK)
	if file, text := strings.Index(page.Body, `name="file"`), strings.Index(page.Body, `name="text"`); text < 0 || file < text {
		t.Error("the text stands behind the file, where nothing is read any more")
	}
	if !strings.Contains(page.Text(), "At most 25 MiB") || !strings.Contains(page.Body, `data-most="26214400"`) {
		t.Error("the limit is not told beforehand")
	}
	for _, mib := range []int{26, 45} {
		big := webtest.File{Field: "file", Name: "big", Content: strings.Repeat("x", mib<<20)}
		a := b.Upload(path+"?for=reporter", url.Values{"text": {"kept words"}}, big).Check(h, http.StatusRequestEntityTooLarge)
		whole(t, "too large", a)
		for _, want := range []string{"kept words</textarea>", "is over 25 MiB", `href="/desk/cases/` + id + `"`, `<html lang="en" class="desk"`} {
			if !strings.Contains(a.Body, want) {
				t.Errorf("%d MiB: no %q in %s", mib, want, a.Text())
			}
		}
	}
	b.Upload(path+"?for=reporter", url.Values{"text": {"with its words"}}, webtest.File{Field: "file", Name: "small", Content: "x"}).Check(h, http.StatusSeeOther)
	if text := b.Get("/desk/cases/" + id).Text(); !strings.Contains(text, "with its words") {
		t.Error("what was written beside a file is lost")
	}
}

// Any other form that is too large is refused on the desk, with the way to the case.
func TestTooLargeStaysOnTheDesk(t *testing.T) {
	h := house(t)
	id := string(h.Receive(full()).Case)
	b := in(h, "lead@example.org")
	for path, link := range map[string]string{
		"/desk/cases/" + id + "/do/note": `href="/desk/cases/` + id + `"`,
		"/desk/batch":                    `href="/desk/"`,
		"/desk/me/profile":               `href="/desk/"`,
	} {
		a := b.Post(path, url.Values{"note": {strings.Repeat("x", 40<<20)}}).Check(h, http.StatusRequestEntityTooLarge)
		whole(t, path, a)
		if !strings.Contains(a.Body, link) || !strings.Contains(a.Body, `class="desk"`) || strings.Contains(a.Text(), "Report a weakness") {
			t.Errorf("%s answers %s", path, a.Text())
		}
	}
}

// A verb that the case does not allow any more says where the case stands and what was
// done last, and leads there.
func TestALateVerbLeadsToTheCase(t *testing.T) {
	h := house(t)
	id := h.Receive(full()).Case
	h.Do(h.Member, id, cvd.VerbValidate, cvd.Input{})
	h.Do(h.Member, id, cvd.VerbAccept, cvd.Input{})
	a := in(h, "lead@example.org").Get("/desk/cases/"+string(id)+"/do/accept").Check(h, http.StatusConflict)
	whole(t, "late", a)
	for _, want := range []string{"The case is Accepted now", "Milo Member", "Open the case", "What was done last"} {
		if !strings.Contains(a.Text(), want) {
			t.Errorf("no %q in %s", want, a.Text())
		}
	}
}

// What is sent in a session that ended is told so, and the way leads back to the case.
func TestAnEndedSessionIsToldAndLeadsBack(t *testing.T) {
	h := house(t)
	id := string(h.Receive(full()).Case)
	b := h.Browser()
	a := b.Post("/desk/cases/"+id+"/do/message", url.Values{"text": {"an answer"}}).Check(h, http.StatusSeeOther)
	door := b.Follow(a).Check(h, http.StatusOK)
	if form := b.Form(door, "/desk/sign-in"); form.Get("next") != "/desk/cases/"+id || !strings.Contains(door.Text(), "Your session has ended") {
		t.Errorf("back to %q: %s", form.Get("next"), door.Text())
	}
	if again := b.Get("/desk/cases/" + id).Header.Get("Location"); strings.Contains(again, "ended") {
		t.Errorf("who only looks is told %s", again)
	}
}

// Who did not get in is called no reporter in the record of sign-ins.
func TestAuditCallsNobodyAReporter(t *testing.T) {
	h := house(t)
	h.Browser().Post("/desk/sign-in", url.Values{"email": {"lead@example.org"}, "password": {"wrong"}})
	text := in(h, "lead@example.org").Get("/desk/audit").Check(h, http.StatusOK).Text()
	if !strings.Contains(text, "Somebody unknown") || strings.Contains(text, "Reporter") {
		t.Errorf("the audit says %s", text)
	}
}

// The whole title stands with the report, though the case is called by a part of it, and
// the report stands beside the form that judges it.
func TestTheReportStandsWhereItIsJudged(t *testing.T) {
	h := house(t)
	r := full()
	r.Title = strings.Repeat("reachable without any rights ", 5) + "to the last word"
	id := string(h.Receive(r).Case)
	b := in(h, "lead@example.org")
	for _, path := range []string{"", "/do/validate", "/do/invalidate", "/do/severity"} {
		page := b.Get("/desk/cases/"+id+path).Check(h, http.StatusOK)
		whole(t, path, page)
		for _, want := range []string{"to the last word", "The report"} {
			if !strings.Contains(page.Text(), want) {
				t.Errorf("%s does not show %q", path, want)
			}
		}
	}
	page := b.Get("/desk/cases/"+id).Check(h, http.StatusOK)
	_, card, _ := strings.Cut(page.Body, `id="move"`)
	card, _, _ = strings.Cut(card, "</section>")
	if n := strings.Count(card, "main"); n != 1 {
		t.Errorf("%d moves are the first", n)
	}
	done := b.Follow(b.Post("/desk/cases/"+id+"/do/claim", url.Values{"step": {"do"}}).Check(h, http.StatusSeeOther))
	if !strings.Contains(done.Text(), "The case is assigned to you.") {
		t.Error("what was done is not said")
	}
}

// Each reason says who reads it.
func TestAReasonSaysWhoReadsIt(t *testing.T) {
	h := house(t)
	id := string(h.Receive(full()).Case)
	b := in(h, "lead@example.org")
	for verb, want := range map[string]string{
		"emergency": "Only the team reads this", "invalidate": "If you tell the reporter nothing of this step, only the team reads it.", "reissue": "The reporter reads it in their thread.",
	} {
		if text := b.Get("/desk/cases/"+id+"/do/"+verb).Check(h, http.StatusOK).Text(); !strings.Contains(text, want) {
			t.Errorf("%s does not say %q: %s", verb, want, text)
		}
	}
}

// Who gets a file is said by the button that adds it; no press hands an internal one out
// by leaving a choice alone.
func TestFileIsForWhomTheButtonSays(t *testing.T) {
	h := house(t)
	id := h.Receive(full()).Case
	b := in(h, "lead@example.org")
	path := "/desk/cases/" + string(id) + "/do/attach"
	page := b.Get(path).Check(h, http.StatusOK)
	team, reporter := strings.Index(page.Body, path+"?for=team"), strings.Index(page.Body, path+"?for=reporter")
	if team < 0 || reporter < team || !strings.Contains(page.Text(), "Add for the team only") || !strings.Contains(page.Text(), "Send to the reporter") {
		t.Errorf("the form does not say who gets the file: %s", page.Text())
	}
	file := func(name string) webtest.File { return webtest.File{Field: "file", Name: name, Content: name} }
	for _, whom := range []string{"", "?for=", "?for=everybody"} {
		a := b.Upload(path+whom, url.Values{"text": {"kept words"}}, file("nobody.txt")).Check(h, http.StatusUnprocessableEntity)
		if !strings.Contains(a.Body, "kept words</textarea>") || !strings.Contains(a.Text(), "nobody said who gets it") {
			t.Errorf("%q: %s", whom, a.Text())
		}
	}
	b.Upload(path+"?for=team", url.Values{}, file("exploit.txt")).Check(h, http.StatusSeeOther)
	b.Upload(path+"?for=team", url.Values{"text": {"from our laboratory"}}, file("trace.txt")).Check(h, http.StatusSeeOther)
	b.Upload(path+"?for=reporter", url.Values{"text": {"please try it"}}, file("patch.txt")).Check(h, http.StatusSeeOther)
	thread, err := h.Desk.As(cvd.Actor{Kind: cvd.ActorReporter, Cases: []cvd.Reach{{Case: id, Participant: cvd.Reporter}}}).Case(context.Background(), id)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, ev := range thread.Events {
		if ev.Body != nil && ev.Body.File != nil {
			got = append(got, ev.Body.File.Name)
		}
		if ev.Body != nil && strings.Contains(ev.Body.Silence+ev.Body.Text, "laboratory") {
			t.Error("the reporter reads the team's words")
		}
	}
	if !slices.Contains(got, "patch.txt") || slices.Contains(got, "exploit.txt") || slices.Contains(got, "trace.txt") || slices.Contains(got, "nobody.txt") {
		t.Errorf("the reporter gets %v", got)
	}
	if text := b.Get("/desk/cases/" + string(id)).Text(); !strings.Contains(text, "exploit.txt") || !strings.Contains(text, "from our laboratory") {
		t.Error("the team lacks its files")
	}
}

// What others did meanwhile is not told a second time beside it: an id stands in a page
// only once.
func TestWhatHappenedMeanwhileIsToldOnce(t *testing.T) {
	h := house(t)
	id := h.Receive(full()).Case
	b := in(h, "lead@example.org")
	path := "/desk/cases/" + string(id) + "/do/message"
	h.Do(h.Member, id, cvd.VerbNote, cvd.Input{Note: "looked at it"})
	a := b.Post(path, url.Values{"seen": {"1"}, "text": {"Thank you."}, "step": {"preview"}}).Check(h, http.StatusConflict)
	if n := strings.Count(a.Body, "looked at it"); n != 1 {
		t.Errorf("the note of another stands there %d times", n)
	}
}

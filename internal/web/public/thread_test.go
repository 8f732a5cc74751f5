package public_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"fairlead/internal/casework"
	"fairlead/internal/casework/claim"
	"fairlead/internal/cvd"
	"fairlead/internal/web"
	"fairlead/internal/web/webtest"
)

// opened is a reporter in the own thread.
func opened(h *webtest.House, a casework.Accepted) *webtest.Browser {
	h.T.Helper()
	b := h.Browser()
	to := b.Post("/thread/open", url.Values{"receipt": {strings.ToUpper(strings.ReplaceAll(a.Receipt, "-", "  "))}})
	b.Follow(to).Check(h, 200)
	return b
}

// does is a member's verb.
func does(h *webtest.House, id cvd.CaseID, verb cvd.Verb, in cvd.Input) {
	h.T.Helper()
	h.Do(h.Member, id, verb, in)
}

// Words about a closed case may open another, so they count as reports do; words
// about an open one do not, and nothing typed is lost.
func TestSuccessorsCountAsReports(t *testing.T) {
	h := house(t, small, nil)
	closed, open := h.Receive(cvd.Report{}), h.Receive(cvd.Report{})
	does(h, closed.Case, cvd.VerbInvalidate, cvd.Input{Reason: "no bug"})
	does(h, closed.Case, cvd.VerbClose, cvd.Input{})
	for range 60 {
		h.Site.Reports.Allow("192.0.2.7")
	}
	b := opened(h, open)
	form := b.Form(b.Get("/thread"), "/thread/message")
	form.Set("text", "more")
	b.Post("/thread/message", form).Check(h, http.StatusSeeOther)
	b = opened(h, closed)
	form = b.Form(b.Get("/thread"), "/thread/message")
	form.Set("text", "new evidence, typed with care")
	a := b.Post("/thread/message", form).Check(h, http.StatusTooManyRequests)
	if a.Header.Get("Retry-After") == "" || b.Form(a, "/thread/message").Get("text."+string(closed.Case)) != form.Get("text") {
		t.Errorf("what was typed is lost: %s", a.Text())
	}
	if cases(h) != 2 {
		t.Errorf("%d cases", cases(h))
	}
	h.Pass(time.Minute)
	b.Post("/thread/message", form).Check(h, http.StatusSeeOther)
	b.Post("/thread/message", form).Check(h, http.StatusSeeOther)
	if cases(h) != 3 {
		t.Errorf("%d cases, want one successor", cases(h))
	}
}

// The whole way of a report: receipt, answer, question, answer, ruling, fix,
// end, and new evidence after it.
func TestThreadFromReportToEnd(t *testing.T) {
	h := house(t, small, nil)
	a := h.Receive(cvd.Report{Title: "Session survives", DisclosurePlan: "a talk in June", Reporter: &cvd.Contact{Name: "Robin"}})
	b := opened(h, a)
	if got := b.Cookies(); !slices.Equal(got, []string{"fairlead"}) {
		t.Errorf("cookies %v", got)
	}
	see := func(wants ...string) *webtest.Answer {
		t.Helper()
		page := b.Get("/thread").Check(h, 200)
		sound(t, page)
		for _, want := range wants {
			if !strings.Contains(page.Text(), want) {
				t.Errorf("%q is missing in %s", want, page.Text())
			}
		}
		return page
	}
	see(string(a.Case), "Received", "Nobody has judged it yet", "What comes next A person confirms receipt to come by Wed 4 Mar 2026, 16:00 CET", "a talk in June")
	does(h, a.Case, cvd.VerbAcknowledge, cvd.Input{Text: "Thank you, reading now."})
	see("A person of the team has your report", "Thank you, reading now.", "kept")
	does(h, a.Case, cvd.VerbAsk, cvd.Input{Text: "One question.", Missing: []string{"Which version?"}})
	page := see("The team needs something from you", "Which version?", "paused", "Answer the team")
	form := b.Form(page, "/thread/message")
	form.Set("text", "Version 2.")
	done := b.Follow(b.Post("/thread/message", form)).Check(h, 200)
	if !strings.Contains(done.Text(), "Your message was sent.") {
		t.Error("nothing said")
	}
	see("You sent more information", "Version 2.")
	does(h, a.Case, cvd.VerbValidate, cvd.Input{Note: "canary-note"})
	does(h, a.Case, cvd.VerbAccept, cvd.Input{})
	does(h, a.Case, cvd.VerbSeverity, cvd.Input{Vector: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:L/I:N/A:N"})
	does(h, a.Case, cvd.VerbNote, cvd.Input{Note: "canary-note"})
	does(h, a.Case, cvd.VerbFixReady, cvd.Input{})
	page = see("Accepted", "Medium", "A fix is ready")
	if strings.Contains(page.Body, "canary") {
		t.Error("a note of the team is shown to the reporter")
	}
	does(h, a.Case, cvd.VerbClose, cvd.Input{Outcome: "resolved"})
	page = see("Closed", "opens a new case, linked to this one", "Open a linked case")
	form = b.Form(page, "/thread/message")
	form.Set("text", "It came back in version 3.")
	linked := b.Post("/thread/message", form).Check(h, 303)
	if strings.Contains(linked.Header.Get("Location"), a.Receipt) {
		t.Error("the receipt stands in an address")
	}
	see("Your cases", "It came back in version 3.", string(a.Case))
	if cases(h) != 2 {
		t.Errorf("%d cases", cases(h))
	}
}

func TestAppealAndWithdraw(t *testing.T) {
	h := house(t, small, nil)
	a := h.Receive(cvd.Report{Title: "Banner"})
	b := opened(h, a)
	does(h, a.Case, cvd.VerbInvalidate, cvd.Input{Reason: "It is meant to be seen.", Clauses: []string{"version-banner"}})
	page := b.Get("/thread")
	text := page.Text()
	if strings.Contains(text, "Not valid") {
		for _, want := range []string{"It is meant to be seen.", "The server tells its version", "Appeal the ruling"} {
			if !strings.Contains(text, want) {
				t.Errorf("%q is missing", want)
			}
		}
	} else {
		h.Do(h.Lead, a.Case, cvd.VerbConfirm, cvd.Input{})
		page = b.Get("/thread")
	}
	form := b.Form(page, "/thread/appeal")
	b.Post("/thread/appeal", form).Check(h, 422)
	form.Set("text", "It tells more than the version.")
	if done := b.Follow(b.Post("/thread/appeal", form)); !strings.Contains(done.Text(), "Your appeal was sent.") {
		t.Errorf("%s", done.Text())
	}
	if strings.Contains(b.Get("/thread").Body, `action="/thread/appeal"`) {
		t.Error("a second appeal is offered")
	}
	b.Post("/thread/appeal", form).Check(h, 409)

	sure := b.Post("/thread/withdraw", b.Form(b.Get("/thread"), "/thread/withdraw")).Check(h, 200)
	sound(t, sure)
	form = b.Form(sure, "/thread/withdraw")
	form.Set("reason", "It was my own mistake.")
	if done := b.Follow(b.Post("/thread/withdraw", form)); !strings.Contains(done.Text(), "The report was withdrawn.") || !strings.Contains(done.Text(), "Withdrawn") {
		t.Errorf("%s", done.Text())
	}
}

func TestContactCreditAndKey(t *testing.T) {
	h := house(t, signed, nil)
	a := h.Receive(cvd.Report{Title: "x", Reporter: &cvd.Contact{Name: "Old <name>", Email: "old@example.org"}})
	b := opened(h, a)
	page := b.Post("/thread/contact", b.Form(b.Get("/thread"), "/thread/contact")).Check(h, 200)
	sound(t, page)
	form := b.Form(page, "/thread/contact")
	if form.Get("reporter.name") != "Old <name>" || form.Get("reporter.email") != "old@example.org" {
		t.Errorf("shows %v", form)
	}
	form.Set("reporter.email", "nope")
	form.Set("reporter.pgp_key", "no key")
	form.Set("reporter.credit", "name")
	form.Set("reporter.credit.as", "Robin R.")
	again := b.Post("/thread/contact", form).Check(h, 422)
	if b.Form(again, "/thread/contact").Get("reporter.credit.as") != "Robin R." {
		t.Error("what was typed is lost")
	}
	form.Set("reporter.email", "new@example.org")
	form.Del("reporter.pgp_key")
	done := b.Follow(b.Post("/thread/contact", form)).Check(h, 200)
	if text := done.Text(); !strings.Contains(text, "Changed: mail address, wish to be named.") || strings.Contains(text, "new@example.org") {
		t.Errorf("%s", text)
	}
	f, err := h.Desk.As(h.Lead).Case(context.Background(), a.Case)
	if err != nil {
		t.Fatal(err)
	}
	want := cvd.Contact{Name: "Old <name>", Email: "new@example.org", Credit: cvd.Credit{Wanted: "name", As: "Robin R."}}
	if got := f.Case.Participant(cvd.Reporter).Contact; got == nil || *got != want {
		t.Errorf("stored %+v", got)
	}
}

// Files come back as downloads that no browser shows.
func TestFiles(t *testing.T) {
	h := house(t, small, nil)
	h.Republish("attachment_mib: 25", "attachment_mib: 1")
	a := h.Receive(cvd.Report{Title: "x"})
	b := opened(h, a)
	form := b.Form(b.Get("/thread"), "/thread/attach")
	b.Follow(b.Upload("/thread/attach", form, webtest.File{Field: "file", Name: `..\evil"<script>.html`, Content: "<script>alert(1)</script>"})).Check(h, 200)
	page := b.Get("/thread")
	_, after, _ := strings.Cut(page.Body, `href="/thread/files/`)
	link, _, found := strings.Cut(after, `"`)
	if !found {
		t.Fatal("no link to the file")
	}
	f := b.Get("/thread/files/"+link).Check(h, 200)
	if f.Body != "<script>alert(1)</script>" {
		t.Errorf("reads %q", f.Body)
	}
	for name, want := range map[string]string{
		"Content-Type": "application/octet-stream", "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store",
		"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
	} {
		if got := f.Header.Get(name); got != want {
			t.Errorf("%s: %q", name, got)
		}
	}
	if d := f.Header.Get("Content-Disposition"); !strings.HasPrefix(d, "attachment") || strings.ContainsAny(d, "<>/\\") {
		t.Errorf("disposition %q", d)
	}
	tooBig := b.Upload("/thread/attach", form, webtest.File{Field: "file", Name: "big", Content: strings.Repeat("x", 1<<20+1)}).Check(h, 422)
	if !strings.Contains(tooBig.Text(), "over 1 MiB") {
		t.Errorf("%s", tooBig.Text())
	}
	b.Upload("/thread/attach", form).Check(h, 422)
	other := opened(h, h.Receive(cvd.Report{Title: "other"}))
	other.Get("/thread/files/"+link).Check(h, 404)
	b.Get("/thread/files/"+string(a.Case)+"/nothing").Check(h, 404)
	h.Browser().Get("/thread/files/"+link).Check(h, 401)
}

// Password managers know a name and a password, by these attributes and in this order;
// what is typed can be read all the same, with and without a script.
func TestReceiptInAPasswordManager(t *testing.T) {
	h := house(t, small, nil)
	b := h.Browser()
	sent := b.Upload("/report", url.Values{"description": {"x"}}).Check(h, 201)
	keep := b.Form(sent, "/thread/open")
	ask := b.Get("/thread")
	for page, want := range map[*webtest.Answer]string{sent: "new-password", ask: "current-password"} {
		name := strings.Index(page.Body, `autocomplete="username"`)
		field := regexp.MustCompile(`<input type="password"[^>]* name="receipt"[^>]* autocomplete="` + want + `"`).FindStringIndex(page.Body)
		if name < 0 || field == nil || name > field[0] || !strings.Contains(page.Body, ` name="username"`) {
			t.Errorf("no pair of a name and a %s in %s", want, page.Body)
		}
	}
	if keep.Get("username") == "" || keep.Get("receipt") == "" {
		t.Errorf("nothing to save: %v", keep)
	}
	shown := b.Post("/thread/open", url.Values{"username": keep["username"], "receipt": {"one-two"}, "step": {"show"}, "kept": {"message"}, "kept.text": {"waits"}}).Check(h, 200)
	sound(t, shown)
	again := b.Form(shown, "/thread/open")
	if again.Get("receipt") != "one-two" || again.Get("username") != keep.Get("username") || strings.Contains(shown.Body, `type="password"`) || len(b.Cookies()) > 0 {
		t.Errorf("shown: %v", again)
	}
	if hidden := b.Post("/thread/open", url.Values{"receipt": {"one-two"}, "step": {"hide"}}).Check(h, 200); !strings.Contains(hidden.Body, `type="password"`) {
		t.Error("it is not hidden again")
	}
	b.Post("/thread/open", keep).Check(h, 303)
}

// A wrong receipt opens nothing, tells nothing and sets nothing.
func TestWrongReceipt(t *testing.T) {
	h := house(t, small, nil)
	a := h.Receive(cvd.Report{Title: "canary-title", Description: "canary-words", Reporter: &cvd.Contact{Email: "canary@example.org"}})
	for _, code := range []string{"", "a", a.Receipt[:len(a.Receipt)-1], a.Receipt + "x", "one-two-three-four-five-six-seven", strings.Repeat("a-", 5000), "<script>", "\x00\xff"} {
		b := h.Browser()
		page := b.Post("/thread/open", url.Values{"receipt": {code}}).Check(h, 401)
		sound(t, page)
		if strings.Contains(page.Body, "canary") || strings.Contains(page.Body, string(a.Case)) || len(b.Cookies()) > 0 {
			t.Errorf("%.20q tells something", code)
		}
		if b.Form(page, "/thread/open").Get("receipt") == "" && code != "" {
			t.Error("what was typed is lost")
		}
	}
	b := h.Browser()
	b.From = "192.0.2.99:1"
	status := 0
	for range 40 {
		status = b.Post("/thread/open", url.Values{"receipt": {"wrong"}}).Status
	}
	if status != http.StatusTooManyRequests {
		t.Errorf("after 40 tries: %d", status)
	}
	for _, path := range []string{"/thread/export.json", "/thread/export.txt"} {
		h.Browser().Get(path).Check(h, 401)
	}
	for _, path := range []string{"/thread/message", "/thread/appeal", "/thread/withdraw", "/thread/contact", "/thread/attach"} {
		page := h.Browser().Post(path, url.Values{"case": {string(a.Case)}, "text": {"x"}}).Check(h, 401)
		if strings.Contains(page.Body, "canary") {
			t.Errorf("%s tells something", path)
		}
	}
}

// Another reporter's case answers exactly like one that does not exist.
func TestForeignCase(t *testing.T) {
	h := house(t, small, nil)
	mine, theirs := h.Receive(cvd.Report{Title: "mine"}), h.Receive(cvd.Report{Title: "canary"})
	b := opened(h, mine)
	for _, path := range []string{"/thread/message", "/thread/appeal", "/thread/withdraw", "/thread/contact"} {
		var pages []string
		for _, id := range []string{string(theirs.Case), "TP-2026-2222222", "", "../x"} {
			a := b.Post(path, url.Values{"case": {id}, "text": {"x"}, "step": {"do"}}).Check(h, 404)
			pages = append(pages, a.Body)
		}
		if len(slices.Compact(pages)) != 1 {
			t.Errorf("%s: the answers differ", path)
		}
	}
	b.Upload("/thread/attach", url.Values{"case": {string(theirs.Case)}}, webtest.File{Field: "file", Name: "a", Content: "a"}).Check(h, 404)
	if page := b.Get("/thread"); strings.Contains(page.Body, "canary") {
		t.Error("a foreign case is shown")
	}
}

func TestSessionEnds(t *testing.T) {
	h := house(t, small, func(c *web.Config) { c.Secure = func(*http.Request) bool { return true } })
	a := h.Receive(cvd.Report{Title: "canary"})
	b := h.Browser()
	in := b.Post("/thread/open", url.Values{"receipt": {a.Receipt}}).Check(h, 303)
	cookie := in.Header.Get("Set-Cookie")
	for _, want := range []string{"__Host-fairlead=", "Path=/", "HttpOnly", "Secure", "SameSite="} {
		if !strings.Contains(cookie, want) {
			t.Errorf("the cookie lacks %s: %s", want, cookie)
		}
	}
	if strings.Contains(cookie, "Domain") || in.Header.Get("Location") != "/thread" {
		t.Errorf("%s, to %s", cookie, in.Header.Get("Location"))
	}
	page := b.Get("/thread").Check(h, 200)
	if page.Header.Get("Cache-Control") != "no-store" || page.Header.Get("Content-Encoding") != "" {
		t.Errorf("may be kept: %v", page.Header)
	}
	h.Pass(29 * time.Minute)
	b.Get("/thread").Check(h, 200)
	h.Pass(31 * time.Minute)
	over := b.Get("/thread").Check(h, 200)
	if strings.Contains(over.Body, "canary") || !strings.Contains(over.Text(), "Your session has ended") || len(b.Cookies()) > 0 {
		t.Errorf("after 31 minutes: %s", over.Text())
	}
	b = opened(h, a)
	before := b.Get("/thread").Check(h, 200)
	left := b.Post("/thread/leave", b.Form(before, "/thread/leave")).Check(h, 303)
	if !strings.Contains(b.Follow(left).Text(), "You have left your case") || len(b.Cookies()) > 0 {
		t.Error("still in")
	}
}

// What strangers write is text everywhere, whatever it looks like.
func TestEscapeMe(t *testing.T) {
	h := house(t, signed, nil)
	b := h.Browser()
	const evil = `"'><script>x()</script><img src=x onerror=x()>{{.}}&lt;b&gt;`
	form := b.Form(b.Get("/report"), "/report?step=send")
	for name := range form {
		if name != "once" {
			form.Set(name, evil)
		}
	}
	a := b.Upload("/report", form).Check(h, 422)
	clean(t, a)
	form.Set("reporter.email", "ann@example.org")
	form.Set("cwe", "79")
	for _, choice := range []string{"reporter.credit", "reporter.reply_by", "reporter.pgp_key"} {
		form.Del(choice)
	}
	a = b.Upload("/report", form, webtest.File{Field: "attachments", Name: evil, Content: "x"}).Check(h, 201)
	clean(t, a)
	code := receiptOf(t, b, a)
	id := cvd.CaseID(b.Form(a, "/thread/open").Get("username"))
	in := cvd.Input{Text: evil, Missing: []string{evil}}
	h.Do(h.Member, id, cvd.VerbAsk, in)
	b = opened(h, casework.Accepted{Receipt: code})
	page := b.Get("/thread").Check(h, 200)
	clean(t, page)
	if strings.Count(page.Text(), `<script>x()</script>`) < 8 {
		t.Errorf("the words are not shown as they are: %s", page.Text())
	}
	say := b.Form(page, "/thread/message")
	say.Set("text", evil+"\x01")
	again := b.Post("/thread/message", say).Check(h, 422)
	clean(t, again)
	if got := b.Form(again, "/thread/message").Get("text." + string(id)); !strings.HasPrefix(got, evil) {
		t.Errorf("came back as %q", got)
	}
	clean(t, b.Post("/thread/contact", b.Form(page, "/thread/contact")).Check(h, 200))
	clean(t, b.Post("/thread/withdraw", b.Form(page, "/thread/withdraw")).Check(h, 200))
	clean(t, b.Post("/thread/open", url.Values{"receipt": {evil}}).Check(h, 401))
	clean(t, b.Get("/policy/diff?from="+url.QueryEscape(evil)).Check(h, 404))
	clean(t, b.Get("/thread?done="+url.QueryEscape(evil)).Check(h, 200))
	suggest := h.Browser().Post("/policy/feedback", url.Values{"text": {evil + "\x01"}}).Check(h, 422)
	clean(t, suggest)
}

// clean makes sure that no word of a stranger became a tag.
func clean(t *testing.T, a *webtest.Answer) {
	t.Helper()
	sound(t, a)
	if strings.Contains(a.Body, "<script>x") || strings.Contains(a.Body, "<img src=x") {
		t.Error("a stranger's words became a tag")
	}
}

// A reporter takes the own thread along, as text and as JSON, and nothing of
// the team's own.
func TestExport(t *testing.T) {
	h := house(t, small, nil)
	a := h.Receive(cvd.Report{Title: "Mine", Description: "line one\nline two", Reporter: &cvd.Contact{Name: "Robin"}})
	does(h, a.Case, cvd.VerbAcknowledge, cvd.Input{Text: "Thank you.", Note: "canary"})
	does(h, a.Case, cvd.VerbNote, cvd.Input{Note: "canary"})
	b := opened(h, a)
	j := b.Get("/thread/export.json").Check(h, 200)
	var out struct {
		Cases []struct {
			Case   string
			State  string
			Report cvd.Report
			Events []struct{ Type, By, Text string }
		}
	}
	if err := json.Unmarshal([]byte(j.Body), &out); err != nil {
		t.Fatal(err)
	}
	if len(out.Cases) != 1 || out.Cases[0].Case != string(a.Case) || out.Cases[0].Report.Description != "line one\nline two" || len(out.Cases[0].Events) != 2 {
		t.Errorf("%s", j.Body)
	}
	if ev := out.Cases[0].Events[1]; ev.By != "team" || ev.Text != "Thank you." {
		t.Errorf("%+v", ev)
	}
	txt := b.Get("/thread/export.txt").Check(h, 200)
	if !strings.Contains(txt.Body, "    line one\n    line two\n") || !strings.Contains(txt.Body, "Thank you.") {
		t.Errorf("%s", txt.Body)
	}
	for _, f := range []*webtest.Answer{j, txt} {
		if strings.Contains(f.Body, "canary") || !strings.HasPrefix(f.Header.Get("Content-Disposition"), "attachment") {
			t.Errorf("%v", f.Header)
		}
	}
}

// A promise that could not be kept is shown as missed, with the new date.
func TestMissedPromise(t *testing.T) {
	h := house(t, small, nil)
	a := h.Receive(cvd.Report{Title: "Waiting"})
	h.Pass(5 * 24 * time.Hour)
	page := opened(h, a).Get("/thread")
	sound(t, page)
	if text := page.Text(); !strings.Contains(text, "missed") || !strings.Contains(text, "Now expected by") {
		t.Errorf("%s", text)
	}
}

// An erased case still shows its dates to who holds the receipt of its
// successor, and none of its words.
func TestErasedCase(t *testing.T) {
	h := house(t, small, nil)
	a := h.Receive(cvd.Report{Title: "canary-title", Description: "canary-words"})
	b := opened(h, a)
	for _, step := range []cvd.Verb{cvd.VerbValidate, cvd.VerbAccept, cvd.VerbClose} {
		does(h, a.Case, step, cvd.Input{})
	}
	h.Do(h.Lead, a.Case, cvd.VerbErase, cvd.Input{Reason: "asked for"})
	page := b.Get("/thread")
	if strings.Contains(page.Body, "canary") {
		t.Error("words of an erased case are shown")
	}
}

// The code of a letter shows a receipt once, without a cookie and without a script;
// everything else has one answer.
func TestTheCodeOfALetter(t *testing.T) {
	h := house(t, small, nil)
	mail := &cvd.Mail{Item: "one", MessageID: "one@example.net", From: "canary@example.net", Raw: []byte("x")}
	a, err := h.Desk.As(cvd.Stranger).Receive(context.Background(), casework.Submission{
		Channel: "mail", Mail: mail, Report: &cvd.Report{Title: "canary-title", Description: "x", Reporter: &cvd.Contact{Email: "canary@example.net"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	code := claim.Code(h.Vault, a.Case, 1)
	b := h.Browser()
	if page := b.Get("/thread"); b.Form(page, "/thread/claim") == nil {
		t.Fatal("there is no form for a code")
	}
	for _, wrong := range []string{"", "x", code[:len(code)-1], claim.Code(h.Vault, a.Case, 2), strings.Repeat("a", 9000), "<script>", "\x00\xff"} {
		page := b.Post("/thread/claim", url.Values{"code": {wrong}}).Check(h, 401)
		sound(t, page)
		if strings.Contains(page.Body, "canary") || strings.Contains(page.Body, string(a.Case)) || len(b.Cookies()) > 0 {
			t.Errorf("%.20q tells something", wrong)
		}
	}
	b.Get("/thread/claim?code="+code).Check(h, 405)
	page := b.Post("/thread/claim", url.Values{"code": {strings.ToUpper(code)}}).Check(h, 200)
	sound(t, page)
	receipt := b.Form(page, "/thread/open").Get("receipt")
	if len(strings.Split(receipt, "-")) != 7 || len(b.Cookies()) > 0 || strings.Contains(page.Body, "canary-title") {
		t.Errorf("it shows %q, and %d cookies", receipt, len(b.Cookies()))
	}
	b.Post("/thread/claim", url.Values{"code": {code}}).Check(h, 401)
	b.Post("/thread/open", url.Values{"receipt": {receipt}}).Check(h, 303)
	if page := b.Get("/thread"); !strings.Contains(page.Body, "canary-title") {
		t.Error("the receipt does not open the case")
	}
	b = h.Browser()
	b.From = "192.0.2.99:1"
	status := 0
	for range 40 {
		status = b.Post("/thread/claim", url.Values{"code": {"wrong"}}).Status
	}
	if status != http.StatusTooManyRequests {
		t.Errorf("after 40 tries: %d", status)
	}
}

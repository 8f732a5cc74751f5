package desk_test

import (
	"net/http"
	"strings"
	"testing"

	"fairlead/internal/cvd"
	"fairlead/internal/inbox"
	"fairlead/internal/web/webtest"
)

// counter is what a counter above the queue reads, number last; empty if there is none.
func counter(h *webtest.House, b *webtest.Browser, name string) string {
	h.T.Helper()
	page := b.Get("/desk/").Check(h, http.StatusOK).Body
	_, rest, _ := strings.Cut(page, `id="counters"`)
	rest, _, _ = strings.Cut(rest, "</nav>")
	_, rest, found := strings.Cut(rest, `href="/desk/?view=`+name+`"`)
	if !found {
		return ""
	}
	_, rest, _ = strings.Cut(rest, ">")
	rest, _, _ = strings.Cut(rest, "</a>")
	text, rest, _ := strings.Cut(rest, `<span class="count">`)
	n, _, _ := strings.Cut(rest, "<")
	return strings.TrimSpace(text) + " " + n
}

// What the reporter said last stays in sight, in words, until a member deals with it: in
// a case that somebody took, and in one that is closed.
func TestNoWordOfTheReporterIsLostToSight(t *testing.T) {
	h := house(t)
	lead := in(h, "lead@example.org")
	a := h.Receive(cvd.Report{Title: "one"})
	h.Do(h.Lead, a.Case, cvd.VerbClaim, cvd.Input{To: h.Member.ID})
	if got, row := counter(h, lead, "unread"), line(h, lead, a.Case); got != "Unanswered 1" || !strings.Contains(row, "Unanswered") {
		t.Errorf("a claimed case nobody answered: %q, %s", got, row)
	}
	h.Do(h.Lead, a.Case, cvd.VerbMessage, cvd.Input{Text: "We look into it."})
	if got, row := counter(h, lead, "unread"), line(h, lead, a.Case); got != "Unanswered 0" || strings.Contains(row, "Unanswered") {
		t.Errorf("an answered one: %q, %s", got, row)
	}
	h.Do(h.Lead, a.Case, cvd.VerbInvalidate, cvd.Input{Reason: "no", Text: "no"})
	h.Do(h.Lead, a.Case, cvd.VerbClose, cvd.Input{Text: "closed"})
	reporter := cvd.Actor{Kind: cvd.ActorReporter, Cases: []cvd.Reach{{Case: a.Case}}}
	h.Do(reporter, a.Case, cvd.VerbContact, cvd.Input{Contact: &cvd.Contact{Name: "Rea", Email: "rea@example.net"}})
	if got := counter(h, lead, "unread"); got != "Unanswered 1" {
		t.Errorf("a word about a closed case: %q", got)
	}
	if text := lead.Get("/desk/?view=unread").Check(h, http.StatusOK).Text(); !strings.Contains(text, string(a.Case)) {
		t.Errorf("the view does not list it: %s", text)
	}
	h.Do(h.Lead, a.Case, cvd.VerbNote, cvd.Input{Note: "seen"})
	h.Do(reporter, a.Case, cvd.VerbMessage, cvd.Input{Text: "Here is more."})
	if got := counter(h, lead, "unread"); got != "Unanswered 1" {
		t.Errorf("a word that opens a successor waits there alone: %q", got)
	}
	b := h.Receive(cvd.Report{Title: "two"})
	h.Do(cvd.Actor{Kind: cvd.ActorReporter, Cases: []cvd.Reach{{Case: b.Case}}}, b.Case, cvd.VerbWithdraw, cvd.Input{})
	if got := counter(h, lead, "unread"); got != "Unanswered 1" {
		t.Errorf("a report that was taken back asks for no answer: %q", got)
	}
}

// Mail that waits for a member is counted above the queue and marked at its case, whether
// it is held there or stands on the shelf; whoever has no part in mail sees neither.
func TestMailThatWaitsIsSeenFromTheQueue(t *testing.T) {
	h := house(t)
	lead, fixer := in(h, "lead@example.org"), in(h, "fixer@example.org")
	held, about, other := h.Receive(cvd.Report{Title: "held"}).Case, h.Receive(cvd.Report{Title: "about"}).Case, h.Receive(cvd.Report{Title: "other"}).Case
	for _, id := range []cvd.CaseID{held, about, other} {
		h.Do(h.Lead, id, cvd.VerbInvite, cvd.Input{To: h.Fixer.ID})
	}
	if got := counter(h, lead, "mail"); got != "Mail waiting 0" {
		t.Errorf("before: %q", got)
	}
	waits := h.Do(cvd.System, held, cvd.VerbHoldMail, cvd.Input{Text: "a word", Mail: &cvd.Mail{MessageID: "m1", From: "ann@example.net", At: h.Now(), Door: "smtp", Raw: []byte("From: ann@example.net\n\nx"), Held: "unknown-sender"}}).Events[0].Seq
	shelved(h, strange, inbox.Filing{State: inbox.Unsorted, Reason: "empty", From: "ann@example.net", Subject: "x", Case: about})
	shelved(h, strange, inbox.Filing{State: inbox.Unsorted, Reason: "empty", From: "ann@example.net", Subject: "y"})
	for id, want := range map[cvd.CaseID]bool{held: true, about: true, other: false} {
		if row := line(h, lead, id); strings.Contains(row, "Mail waits") != want {
			t.Errorf("%s: %s", id, row)
		}
	}
	if got := counter(h, lead, "mail"); got != "Mail waiting 3" {
		t.Errorf("one held and two on the shelf: %q", got)
	}
	text := lead.Get("/desk/?view=mail").Check(h, http.StatusOK).Text()
	for id, want := range map[cvd.CaseID]bool{held: true, about: true, other: false} {
		if strings.Contains(text, string(id)) != want {
			t.Errorf("%s in the view: %v", id, !want)
		}
	}
	if !strings.Contains(text, "stands in no case: 2.") {
		t.Errorf("the view does not tell of the shelf: %s", text)
	}
	if text := lead.Get("/desk/cases/"+string(held)).Check(h, http.StatusOK).Text(); !strings.Contains(text, "Mail waits") {
		t.Errorf("the case does not say it: %s", text)
	}
	if got := counter(h, fixer, "mail"); got != "" {
		t.Errorf("a fixer sees %q", got)
	}
	if text := fixer.Get("/desk/?view=mail").Check(h, http.StatusOK).Text(); strings.Contains(text, string(held)) || strings.Contains(text, string(other)) {
		t.Errorf("a fixer's view: %s", text)
	}
	h.Do(h.Lead, held, cvd.VerbDismiss, cvd.Input{Seq: waits, Reason: "not theirs"})
	if got, row := counter(h, lead, "mail"), line(h, lead, held); got != "Mail waiting 2" || strings.Contains(row, "Mail waits") {
		t.Errorf("after the nod: %q, %s", got, row)
	}
}

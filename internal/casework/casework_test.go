package casework_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"fairlead/internal/casework"
	"fairlead/internal/cvd"
)

func TestAReportIsAcknowledgedAndSeenToItsEnd(t *testing.T) {
	h := newHouse(t)
	a := h.report()
	want := []casework.Promise{
		{Kind: cvd.ClockAcknowledge, Due: tuesday.AddDate(0, 0, 1)},
		{Kind: cvd.ClockFollowUp, Due: tuesday.Add(48 * time.Hour)},
		{Kind: cvd.ClockUpdate, Due: tuesday.Add(14 * 24 * time.Hour), Target: true},
	}
	if len(a.Promises) != len(want) {
		t.Fatalf("promised %v", a.Promises)
	}
	for i, p := range a.Promises {
		if p.Kind != want[i].Kind || !p.Due.Equal(want[i].Due) || p.Target != want[i].Target {
			t.Errorf("promise %d is %v, want %v", i, p, want[i])
		}
	}
	h.now = h.now.Add(time.Hour)
	h.do(h.member, a.Case, cvd.VerbAcknowledge, cvd.Input{})
	h.do(h.member, a.Case, cvd.VerbMessage, cvd.Input{Text: "We look into it."})
	h.do(h.member, a.Case, cvd.VerbValidate, cvd.Input{Text: "It is so."})
	h.do(h.member, a.Case, cvd.VerbAccept, cvd.Input{})
	h.do(h.member, a.Case, cvd.VerbSeverity, cvd.Input{Vector: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"})
	h.do(h.member, a.Case, cvd.VerbFixReady, cvd.Input{})
	h.do(h.member, a.Case, cvd.VerbFixDeployed, cvd.Input{})
	h.do(h.member, a.Case, cvd.VerbAfterAction, cvd.Input{Note: "Nothing was lost."})
	h.do(h.member, a.Case, cvd.VerbClose, cvd.Input{Text: "Thank you."})
	f := h.file(a.Case)
	if !f.Case.Closed() || f.Case.Facts != "VFDpxa" || f.Case.Outcome != "resolved" || f.Case.Band != cvd.BandCritical || !f.Case.Flags.Emergency {
		t.Errorf("the case ended as %s %s %q %s", f.Case.RM(), f.Case.Facts, f.Case.Outcome, f.Case.Band)
	}
	if k := f.Case.NextDue(); k == nil || k.Kind != cvd.ClockUnpublished {
		t.Errorf("a closed case owes %+v, and nothing was published of its fix", k)
	}
	replayed, err := cvd.Replay(f.Events)
	must(t, err)
	if replayed.RM() != f.Case.RM() || replayed.Version != f.Case.Version || replayed.Title != "canary-title" {
		t.Error("the history does not add up to the case")
	}
}

func TestSilenceBreaksThePromiseAndTellsTheReporterBefore(t *testing.T) {
	h := newHouse(t)
	a := h.report()
	var order []cvd.EventType
	for range 60 {
		h.wait(30 * time.Minute)
	}
	f := h.file(a.Case)
	for _, ev := range f.Events {
		if ev.Body != nil && ev.Body.Clock == cvd.ClockAcknowledge {
			order = append(order, ev.Type)
		}
	}
	if len(order) < 4 || order[0] != cvd.EventWarned || order[1] != cvd.EventSlipped || order[2] != cvd.EventBreached || order[3] != cvd.EventEscalated {
		t.Fatalf("the clock did %v", order)
	}
	k := f.Case.Clock(cvd.ClockAcknowledge)
	if !k.Due.Equal(tuesday.AddDate(0, 0, 1)) {
		t.Errorf("a date once told moved to %s", k.Due)
	}
	if !k.Expected.After(k.Due) {
		t.Errorf("the reporter was told %s", k.Expected)
	}
	n, err := h.desk.As(h.lead).Count(ctx, casework.Filter{Breached: true})
	must(t, err)
	if n[0] != 1 {
		t.Errorf("%d cases with a broken promise", n[0])
	}
}

func TestAskingPausesOurClocksAndTheAnswerResumesThem(t *testing.T) {
	h := newHouse(t)
	a := h.report()
	h.now = h.now.Add(time.Hour)
	h.do(h.member, a.Case, cvd.VerbAsk, cvd.Input{Missing: []string{"the version"}})
	c := h.file(a.Case).Case
	if !c.Awaiting() || !c.Paused() {
		t.Fatal("nothing waits")
	}
	if p := c.NextPromise(); p == nil || p.Kind != cvd.ClockNeedsInfo {
		t.Fatalf("the reporter has no next date: %v", p)
	}
	left := c.Clock(cvd.ClockUpdate).Left
	h.now = h.now.Add(72 * time.Hour)
	r := h.reporter(a)
	done := h.do(r, a.Case, cvd.VerbMessage, cvd.Input{Text: "It is 1.2."})
	if done.Events[0].Type != cvd.EventProvided {
		t.Errorf("the answer was taken as %s", done.Events[0].Type)
	}
	c = h.file(a.Case).Case
	if c.Paused() || c.Awaiting() {
		t.Error("the clocks still stand")
	}
	if got, want := c.Clock(cvd.ClockUpdate).Due, h.now.Add(left); !got.Equal(want) {
		t.Errorf("what remained goes on to %s, want %s", got, want)
	}
}

func TestASilentReporterDoesNotBlock(t *testing.T) {
	h := newHouse(t)
	a := h.report()
	h.do(h.member, a.Case, cvd.VerbAsk, cvd.Input{Text: "Which version?"})
	h.wait(14*24*time.Hour + time.Minute)
	c := h.file(a.Case).Case
	if c.Awaiting() || c.Paused() {
		t.Error("the case still waits")
	}
	if c.NextPromise() == nil {
		t.Error("the reporter was left without a date")
	}
}

// One receipt does not open cases without end: while a case of the family is
// open, what is said about any of them goes there.
func TestOneReceiptHasOneOpenSuccessor(t *testing.T) {
	h := newHouse(t)
	a := h.in(cvd.RMClosed)
	first := h.do(h.reporter(a), a.Case, cvd.VerbMessage, cvd.Input{Text: "new evidence"}).Successor
	for range 3 {
		done := h.do(h.reporter(a), a.Case, cvd.VerbMessage, cvd.Input{Text: "and more"})
		if done.Successor != nil || done.Case.ID != first.Case {
			t.Fatalf("the message went to %+v", done.Case.ID)
		}
	}
	if n := len(h.file(first.Case).Events); n < 4 {
		t.Errorf("the successor holds %d events", n)
	}
	// Closed in its turn, it has a successor of its own, which takes over for all.
	h.do(h.reporter(a), first.Case, cvd.VerbWithdraw, cvd.Input{})
	second := h.do(h.reporter(a), first.Case, cvd.VerbMessage, cvd.Input{Text: "once more"}).Successor
	if done := h.do(h.reporter(a), a.Case, cvd.VerbMessage, cvd.Input{Text: "again"}); done.Successor != nil || done.Case.ID != second.Case {
		t.Errorf("the message went to %+v", done.Case.ID)
	}
	if n := len(h.reporter(a).Cases); n != 3 {
		t.Errorf("the receipt opens %d cases, want 3", n)
	}
}

func TestNewEvidenceOnAClosedCaseOpensASuccessorUnderTheSameReceipt(t *testing.T) {
	h := newHouse(t)
	a := h.report()
	h.do(h.member, a.Case, cvd.VerbInvalidate, cvd.Input{Reason: "No flaw."})
	h.do(h.member, a.Case, cvd.VerbClose, cvd.Input{})
	done := h.do(h.reporter(a), a.Case, cvd.VerbMessage, cvd.Input{Text: "Here is proof."})
	if done.Successor == nil || done.Successor.Receipt != "" {
		t.Fatalf("no successor under the same receipt: %+v", done.Successor)
	}
	files, err := h.desk.As(h.reporter(a)).Thread(ctx)
	must(t, err)
	if len(files) != 2 || files[0].Case.ID != done.Successor.Case || files[1].Case.Links[0].Case != done.Successor.Case {
		t.Error("the receipt does not open both cases, linked")
	}
	if got := h.file(done.Successor.Case).Case.Links; len(got) != 1 || got[0] != (cvd.Link{Kind: cvd.LinkSuccessorOf, Case: a.Case}) {
		t.Errorf("linked as %v", got)
	}
}

func TestARulingWaitsForTheSecondPersonWhereThePolicyAsksForIt(t *testing.T) {
	h := build(t, "signed-policy.yaml", onSQLite)
	a := h.report()
	in := cvd.Input{Reason: "Records were copied.", Clauses: []string{"no-data-access"}}
	done := h.do(h.member, a.Case, cvd.VerbNoncompliance, in)
	if done.Case.Pending == nil {
		t.Fatal("nothing waits for confirmation")
	}
	if _, err := h.desk.As(h.member).Do(ctx, a.Case, cvd.VerbConfirm, cvd.Input{}); !errors.Is(err, cvd.ErrNotReady) {
		t.Errorf("the same member could confirm: %v", err)
	}
	done = h.do(h.lead, a.Case, cvd.VerbConfirm, cvd.Input{})
	if n := len(done.Events); n != 2 || done.Events[1].Type != cvd.EventNoncompliance || done.Events[1].Body.Reason != in.Reason {
		t.Errorf("confirmed as %v", done.Events)
	}
}

func TestIdempotentReceive(t *testing.T) {
	h := newHouse(t)
	sub := casework.Submission{Report: &cvd.Report{Description: "x"}, Channel: "api", Once: &casework.Once{Key: "k", Digest: "d1"}}
	first, err := h.desk.As(cvd.Stranger).Receive(ctx, sub)
	must(t, err)
	second, err := h.desk.As(cvd.Stranger).Receive(ctx, sub)
	must(t, err)
	if first.Case != second.Case || first.Receipt != second.Receipt || !second.Again {
		t.Error("a repeated request made another case")
	}
	sub.Once = &casework.Once{Key: "k", Digest: "d2"}
	if _, err := h.desk.As(cvd.Stranger).Receive(ctx, sub); !errors.Is(err, cvd.ErrInvalid) {
		t.Errorf("the key was taken with another body: %v", err)
	}
	h.now = h.now.Add(25 * time.Hour)
	if third, err := h.desk.As(cvd.Stranger).Receive(ctx, sub); err != nil || third.Case == first.Case {
		t.Errorf("a day later: %v %v", third.Case, err)
	}
}

func TestAFileIsAnAnswerToo(t *testing.T) {
	h := newHouse(t)
	a := h.report()
	h.do(h.member, a.Case, cvd.VerbAsk, cvd.Input{Missing: []string{"the file"}})
	if _, err := h.desk.As(h.member).Attach(context.Background(), a.Case, "ours.txt", strings.NewReader("x"), cvd.Input{}); err != nil {
		t.Fatal(err)
	}
	if c := h.file(a.Case).Case; !c.Awaiting() || len(c.Missing) != 1 {
		t.Error("a member's own file counted as the reporter's answer")
	}
	if _, err := h.desk.As(h.reporter(a)).Attach(context.Background(), a.Case, "theirs.txt", strings.NewReader("x"), cvd.Input{}); err != nil {
		t.Fatal(err)
	}
	if c := h.file(a.Case).Case; c.Awaiting() || c.Paused() || c.Missing != nil {
		t.Errorf("after the reporter's file the case still waits for %v", c.Missing)
	}
}

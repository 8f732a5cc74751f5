package deadline_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"fairlead/internal/calendar"
	"fairlead/internal/cvd"
	"fairlead/internal/cvd/rule"
	"fairlead/internal/deadline"
	"fairlead/internal/goldentest"
	"fairlead/internal/may"
	"fairlead/internal/policy"
)

// stage brings a case to where the verb can be done, by a machine only, so that
// no human promise is kept on the way.
func stage(t *testing.T, verb cvd.Verb) *walk {
	w := begin(t, all(t), tuesday)
	w.now = w.now.Add(hour)
	walks := rule.SpecOf(verb).Walk
	can := func() bool {
		_, ok := walks[w.c.RM()]
		return ok
	}
	switch verb {
	case cvd.VerbAct, cvd.VerbAfterAction:
		w.do(machine, cvd.VerbEmergency, cvd.Input{Reason: "words"})
	case cvd.VerbProvide:
		w.do(machine, cvd.VerbAsk, cvd.Input{Missing: []string{"x"}})
	case cvd.VerbRelease:
		w.do(member, cvd.VerbClaim, cvd.Input{})
	case cvd.VerbReopen, cvd.VerbAppeal, cvd.VerbUphold:
		w.do(machine, cvd.VerbInvalidate, cvd.Input{Reason: "words"})
		if verb == cvd.VerbUphold {
			w.do(reporter, cvd.VerbAppeal, cvd.Input{Text: "words"})
		}
	}
	if !can() {
		w.do(machine, cvd.VerbSeverity, cvd.Input{Vector: "low"})
		w.do(machine, cvd.VerbValidate, cvd.Input{})
	}
	if !can() {
		w.do(machine, cvd.VerbAccept, cvd.Input{})
	}
	switch verb {
	case cvd.VerbFixDeployed:
		w.do(machine, cvd.VerbFixReady, cvd.Input{})
	case cvd.VerbCheckResult:
		w.do(machine, cvd.VerbValidate, cvd.Input{}).do(machine, cvd.VerbOfferCheck, cvd.Input{Text: "words"})
	case cvd.VerbSchedule, cvd.VerbUnschedule, cvd.VerbPublish, cvd.VerbRetract:
		w.do(machine, cvd.VerbAccept, cvd.Input{}).do(machine, cvd.VerbFixReady, cvd.Input{})
		w.draft()
	}
	switch verb {
	case cvd.VerbAdmit, cvd.VerbDismiss:
		w.apply(rule.HoldMail(w.c, "words", &cvd.Mail{}, nil, w.now))
	case cvd.VerbDropParty:
		w.do(machine, cvd.VerbNameParty, cvd.Input{Contact: &cvd.Contact{Email: "carl@example.net"}})
	case cvd.VerbReached:
		w.apply(rule.Undelivered(w.c, "5.1.1", 1, w.now))
	case cvd.VerbTrustKey:
		w.do(machine, cvd.VerbContact, cvd.Input{Contact: &cvd.Contact{PGPKey: "the first"}})
		w.apply(rule.LearnKey(w.c, "a key", "aa", "bb", "attached", w.now)...)
	}
	if verb == cvd.VerbUnschedule {
		w.do(machine, cvd.VerbSchedule, cvd.Input{Seq: w.c.Release.Draft, Until: w.now.Add(9 * day)})
	}
	if verb == cvd.VerbRetract {
		w.do(machine, cvd.VerbPublish, cvd.Input{Seq: w.c.Release.Draft})
	}
	w.now = w.now.Add(hour)
	return w
}

// TestRules prints what each verb does to every clock, done by a person of the
// team without and with words, by a machine with words, and by the reporter.
func TestRules(t *testing.T) {
	var b strings.Builder
	for _, spec := range rule.Specs {
		switch spec.Verb {
		case cvd.VerbReceive, cvd.VerbConfirm, cvd.VerbRefuse, cvd.VerbPostpone, cvd.VerbSuccessor, cvd.VerbErase, cvd.VerbReissue:
			continue // tested by themselves, or never beside a running clock
		}
		fmt.Fprintf(&b, "%s\n", spec.Verb)
		for _, who := range []struct {
			name  string
			by    cvd.Actor
			words bool
		}{{"a member", member, false}, {"a member, with words", member, true}, {"a machine, with words", machine, true}, {"the reporter", reporter, false}} {
			in := least(spec.Verb)
			if slices.Contains(spec.Needs, "until") {
				in.Until = tuesday.Add(20 * day)
			}
			if may.Of(who.by, spec.Verb) == may.Nowhere {
				continue
			}
			if who.words {
				if !slices.Contains(spec.Takes, "text") {
					continue
				}
				in.Text = "words"
			}
			w := stage(t, spec.Verb)
			before := w.c.Clone()
			switch {
			case len(w.c.HeldMail) > 0:
				in.Seq = w.c.HeldMail[0]
			case w.c.Offer != nil:
				in.Seq = w.c.Offer.Seq
			}
			if spec.Verb == cvd.VerbDropParty {
				in.To = string(w.c.Participants[len(w.c.Participants)-1].ID)
			}
			if slices.Contains(spec.Needs, "seq") && in.Seq == 0 {
				in.Seq = w.c.Release.Draft
			}
			w.do(who.by, spec.Verb, in)
			fmt.Fprintf(&b, "\t%-22s %s\n", who.name, what(before, w.c))
		}
	}
	goldentest.Is(t, "testdata/rules.golden", b.String())
}

func TestWhatAReceiptStarts(t *testing.T) {
	for name, c := range map[string]struct {
		o    rule.Opening
		want string
	}{
		"a stranger":             {rule.Opening{By: cvd.Stranger, Received: tuesday}, "acknowledge follow-up verify update disclose"},
		"a member, of last week": {rule.Opening{By: member, Received: tuesday.Add(-7 * day)}, "acknowledge follow-up verify update disclose"},
		"a machine":              {rule.Opening{By: machine, Received: tuesday}, "acknowledge follow-up verify update disclose"},
		"our own finding":        {rule.Opening{By: member, Received: tuesday, Internal: true}, "verify update"},
	} {
		w := open(t, all(t), tuesday, c.o)
		var got []string
		for _, k := range w.c.Clocks {
			s := string(k.Kind)
			if !k.Met.IsZero() {
				s += "(met)"
			}
			if !k.Started.Equal(c.o.Received) {
				t.Errorf("%s: %s counts from %s", name, k.Kind, k.Started)
			}
			got = append(got, s)
		}
		if s := strings.Join(got, " "); s != c.want {
			t.Errorf("%s starts %s, want %s", name, s, c.want)
		}
	}
}

// Nobody outside waits for our own finding, so it is aimed at and never broken;
// the team's words to itself renew it.
func TestOurOwnFinding(t *testing.T) {
	w := open(t, all(t), tuesday, rule.Opening{By: member, Received: tuesday, Internal: true})
	if evs := w.run(60 * day); about(evs, cvd.ClockUpdate) != "warned" {
		t.Errorf("the clock did %s", about(evs, cvd.ClockUpdate))
	}
	if w.c.Breached() {
		t.Error("a promise to nobody was broken")
	}
	was := w.clock(cvd.ClockUpdate)
	if w.do(member, cvd.VerbNote, cvd.Input{Note: "looked again"}); !w.clock(cvd.ClockUpdate).Due.After(was.Due) {
		t.Error("a note did not renew it")
	}
}

func TestPauseNotBeforeTheFirstHumanReply(t *testing.T) {
	w := begin(t, all(t), tuesday)
	w.now = tuesday.Add(2 * hour)
	w.do(machine, cvd.VerbAsk, cvd.Input{Missing: []string{"x"}})
	if w.c.Paused() || !w.c.Awaiting() {
		t.Fatal("a machine's question paused the promise of a human answer")
	}
	w.do(member, cvd.VerbMessage, cvd.Input{Text: "hello"})
	for _, k := range w.c.Clocks {
		if k.Running() && !k.Theirs() && k.Paused.IsZero() {
			t.Errorf("%s still runs", k.Kind)
		}
	}
	if n := len(w.run(13 * day)); n != 0 {
		t.Errorf("%d things happened while nothing runs", n)
	}
}

func TestWhatRemainedGoesOn(t *testing.T) {
	w := begin(t, all(t), tuesday)
	w.now = tuesday.Add(5 * hour) // 15:00, two working hours of this day are left
	w.do(member, cvd.VerbAsk, cvd.Input{Text: "Which version?"})
	left := w.clock(cvd.ClockUpdate).Left // begun with the question itself
	if want := w.terms.Calendar.Working(w.now, w.clock(cvd.ClockUpdate).Due); left != want {
		t.Fatalf("%s of working time left, want %s", left, want)
	}
	w.now = time.Date(2026, time.March, 8, 12, 0, 0, 0, zone) // a Sunday
	w.do(reporter, cvd.VerbProvide, cvd.Input{Text: "1.2"})
	if got, want := w.clock(cvd.ClockUpdate).Due, w.terms.Calendar.AddWorking(w.now, left); !got.Equal(want) {
		t.Errorf("news is due %s, want %s", got, want)
	}
	verify := w.clock(cvd.ClockVerify)
	if want := w.now.Add(7*day - 5*hour); !verify.Due.Equal(want) {
		t.Errorf("the plain clock goes on to %s, want %s", verify.Due, want)
	}
	// What a pause took is no reason to warn at once.
	if evs := w.tick(0); len(evs) != 0 {
		t.Errorf("resumed, and at once %s about %s", evs[0].Type, evs[0].Body.Clock)
	}
}

func TestBrokenPromisesDoNotPause(t *testing.T) {
	w := begin(t, all(t), tuesday)
	w.run(20 * day) // nobody answered, so news is overdue too
	w.do(member, cvd.VerbAcknowledge, cvd.Input{})
	w.do(machine, cvd.VerbAsk, cvd.Input{Missing: []string{"x"}}) // a person's question would be news
	if k := w.c.Clock(cvd.ClockUpdate); !k.Running() || k.Breached.IsZero() || !k.Paused.IsZero() {
		t.Errorf("update: broken at %s, paused at %s", k.Breached, k.Paused)
	}
	if k := w.clock(cvd.ClockDisclose); k.Paused.IsZero() {
		t.Error("what is not broken goes on")
	}
}

func TestAskedAgainGivesTheReporterTheFullTime(t *testing.T) {
	w := begin(t, all(t), tuesday)
	w.do(member, cvd.VerbAsk, cvd.Input{Missing: []string{"x"}})
	w.run(10 * day)
	w.do(member, cvd.VerbAsk, cvd.Input{Missing: []string{"y"}})
	if k := w.clock(cvd.ClockNeedsInfo); !k.Due.Equal(w.now.Add(14 * day)) {
		t.Errorf("asked anew, due %s", k.Due)
	}
	evs := w.run(14 * day)
	if about(evs, "needs-information") != "proceeded" || w.c.Awaiting() || w.c.Paused() {
		t.Errorf("after the countdown: %s, awaiting %v", about(evs, "needs-information"), w.c.Awaiting())
	}
	if w.c.NextPromise() == nil {
		t.Error("no next date")
	}
}

func TestPostpone(t *testing.T) {
	w := begin(t, all(t), tuesday)
	until := tuesday.Add(20 * day).UTC()
	w.now = tuesday.Add(hour)
	w.do(member, cvd.VerbPostpone, cvd.Input{Clock: cvd.ClockVerify, Until: until, Reason: "holidays"})
	if k := w.clock(cvd.ClockVerify); !k.Due.Equal(until) || !k.Expected.IsZero() {
		t.Errorf("told in time, it is due %s, expected %s", k.Due, k.Expected)
	}
	due := w.clock(cvd.ClockFollowUp).Due
	w.run(3 * day)
	w.do(member, cvd.VerbPostpone, cvd.Input{Clock: cvd.ClockFollowUp, Until: until, Reason: "late"})
	k := w.clock(cvd.ClockFollowUp)
	if !k.Due.Equal(due) || !k.Told().Equal(until) || k.Breached.IsZero() {
		t.Errorf("told late, it is due %s, told %s, breached %s", k.Due, k.Told(), k.Breached)
	}
	if evs := w.run(day); about(evs, cvd.ClockFollowUp) != "escalated" && about(evs, cvd.ClockFollowUp) != "" {
		t.Errorf("the new date was followed by %s", about(evs, cvd.ClockFollowUp))
	}
	if err := w.try(member, cvd.VerbPostpone, cvd.Input{Clock: cvd.ClockFollowUp, Until: until, Reason: "x"}); err == nil {
		t.Error("postponed to the same date")
	}
}

func TestFixCountsFromAcceptance(t *testing.T) {
	w := begin(t, all(t), tuesday)
	w.do(member, cvd.VerbValidate, cvd.Input{})
	w.now = tuesday.Add(2 * day)
	w.do(member, cvd.VerbAccept, cvd.Input{})
	accepted := w.now
	if w.c.Clock(cvd.ClockFix) != nil {
		t.Fatal("a fix is promised before anybody knows how severe it is")
	}
	w.now = tuesday.Add(9 * day)
	w.do(member, cvd.VerbSeverity, cvd.Input{Vector: "low"})
	if k := w.clock(cvd.ClockFix); !k.Started.Equal(accepted) || !k.Due.Equal(accepted.Add(90*day)) {
		t.Errorf("low: from %s to %s", k.Started, k.Due)
	}
	w.do(member, cvd.VerbSeverity, cvd.Input{Vector: "high"})
	if k := w.clock(cvd.ClockFix); !k.Due.Equal(accepted.Add(30 * day)) {
		t.Errorf("high: %s", k.Due)
	}
	for _, band := range []string{"low", "none", "critical"} { // later, or no promise at all
		w.do(member, cvd.VerbSeverity, cvd.Input{Vector: band})
		if k := w.clock(cvd.ClockFix); !k.Due.Equal(accepted.Add(30*day)) || !k.Running() {
			t.Errorf("re-rated %s, the date told moved to %s", band, k.Due)
		}
	}
	if w.do(member, cvd.VerbFixReady, cvd.Input{}); w.clock(cvd.ClockFix).Met.IsZero() {
		t.Error("a fix that is ready does not meet it")
	}
}

// A higher rating while the clocks stand shortens what remains, too.
func TestRatedHigherWhilePaused(t *testing.T) {
	w := begin(t, all(t), tuesday)
	w.do(member, cvd.VerbSeverity, cvd.Input{Vector: "low"})
	w.do(member, cvd.VerbValidate, cvd.Input{})
	w.do(member, cvd.VerbAccept, cvd.Input{})
	w.do(member, cvd.VerbAsk, cvd.Input{Missing: []string{"x"}})
	w.now = w.now.Add(3 * day)
	w.do(member, cvd.VerbSeverity, cvd.Input{Vector: "high"})
	w.do(reporter, cvd.VerbProvide, cvd.Input{Text: "x"})
	if got, want := w.clock(cvd.ClockFix).Due, tuesday.Add(33*day); !got.Equal(want) {
		t.Errorf("due %s, want %s", got, want)
	}
}

func TestWithdrawnAndClosed(t *testing.T) {
	w := begin(t, all(t), tuesday)
	w.do(member, cvd.VerbSeverity, cvd.Input{Vector: "high"})
	w.do(member, cvd.VerbValidate, cvd.Input{})
	w.do(member, cvd.VerbAccept, cvd.Input{})
	w.do(reporter, cvd.VerbWithdraw, cvd.Input{})
	want := map[cvd.ClockKind]bool{cvd.ClockFix: true, cvd.ClockAfterAction: true}
	for _, k := range w.c.Clocks {
		if k.Running() != want[k.Kind] {
			t.Errorf("withdrawn, %s runs: %v", k.Kind, k.Running())
		}
	}
	for _, ev := range w.run(60 * day) {
		if ev.Tell == cvd.TellReporter {
			t.Errorf("who left is told %s", ev.Type)
		}
	}
	w.do(member, cvd.VerbClose, cvd.Input{})
	for _, k := range w.c.Clocks {
		if k.Running() != (k.Kind == cvd.ClockAfterAction || k.Kind == cvd.ClockRetention) {
			t.Errorf("closed, %s runs: %v", k.Kind, k.Running())
		}
	}
	if w.do(member, cvd.VerbAfterAction, cvd.Input{Note: "done"}); w.c.Clock(cvd.ClockAfterAction).Running() {
		t.Error("the report afterwards is still owed")
	}
}

func TestNewClosuresMoveNothingThatRuns(t *testing.T) {
	terms := all(t)
	w := begin(t, terms, tuesday)
	was := w.c.Clone()
	p := *terms.Policy
	p.Calendar.Closures = append(slices.Clone(p.Calendar.Closures), policy.Closure{From: "2026-03-04", To: "2026-03-20", Name: "works"})
	cal, err := p.WorkTime()
	must(t, err)
	w.terms.Calendar = cal
	w.do(member, cvd.VerbNote, cvd.Input{Note: "x"})
	for _, k := range was.Clocks {
		if !w.clock(k.Kind).Due.Equal(k.Due) {
			t.Errorf("%s moved from %s to %s", k.Kind, k.Due, w.clock(k.Kind).Due)
		}
	}
	w.do(member, cvd.VerbMessage, cvd.Input{Text: "x"})
	if k := w.clock(cvd.ClockUpdate); !k.Due.Equal(cal.Add(tuesday, calendar.Amount{N: 10, Unit: calendar.BusinessDays})) {
		t.Errorf("a clock that starts now does not see the closure: %s", k.Due)
	}
}

func TestReviewOf(t *testing.T) {
	p := &policy.Policy{}
	p.Review.EveryMonths, p.Review.WarnDays = 12, 30
	last := time.Date(2024, time.February, 29, 12, 0, 0, 0, zone)
	due := time.Date(2025, time.February, 28, 12, 0, 0, 0, zone) // the last day of a month that is too short
	for _, c := range []struct {
		now              time.Time
		warning, overdue bool
	}{
		{last, false, false},
		{due.AddDate(0, 0, -31), false, false},
		{due.AddDate(0, 0, -30), true, false},
		{due.Add(-1), true, false},
		{due, false, true},
		{last.AddDate(5, 0, 0), false, true},
	} {
		r := deadline.ReviewOf(p, last, c.now, zone)
		if r.Warning != c.warning || r.Overdue != c.overdue {
			t.Errorf("at %s: %+v", c.now, r)
		}
	}
	p.Review.EveryMonths = 1
	january := time.Date(2026, time.January, 31, 23, 30, 0, 0, zone)
	if r := deadline.ReviewOf(p, january.UTC(), january, zone); !r.Due.Equal(p.NextReview(january)) || r.Due.Day() != 28 {
		t.Errorf("a month after 31 January is %s", r.Due)
	}
}

package deadline_test

import (
	"testing"
	"time"

	"fairlead/internal/calendar"
	"fairlead/internal/cvd"
	"fairlead/internal/cvd/rule"
	"fairlead/internal/deadline"
)

// draft writes an advisory.
func (w *walk) draft() *walk {
	w.t.Helper()
	return w.do(machine, cvd.VerbAdvise, cvd.Input{Advisory: &cvd.Advisory{Title: "Login bypass"}})
}

// fixed is a case with a fix and a draft.
func fixed(t testing.TB, terms deadline.Terms) *walk {
	w := begin(t, terms, tuesday)
	w.now = w.now.Add(hour)
	w.do(member, cvd.VerbAcknowledge, cvd.Input{Text: "words"})
	w.do(member, cvd.VerbValidate, cvd.Input{Text: "words"})
	w.do(member, cvd.VerbAccept, cvd.Input{Text: "words"})
	w.do(member, cvd.VerbFixReady, cvd.Input{Text: "words"})
	return w.draft()
}

func (w *walk) schedule(at time.Time) *walk {
	return w.do(member, cvd.VerbSchedule, cvd.Input{Until: at, Seq: w.c.Release.Draft, Text: "words"})
}

// hold is what the spine does where a gate is shut at the instant.
func (w *walk) hold() time.Time {
	w.t.Helper()
	again := deadline.Again(w.c, w.terms, w.now)
	must(w.t, w.c.Apply(rule.Hold(w.c, "a gate is shut", again, w.now)))
	return again
}

// A fix that nobody publishes is an alarm, at the policy's time, and stays one when
// the case is closed.
func TestAFixThatIsNotPublished(t *testing.T) {
	w := fixed(t, all(t))
	from := w.now
	k := w.clock(cvd.ClockUnpublished)
	if want := from.Add(7 * day); !k.Due.Equal(want) || !k.Internal() {
		t.Fatalf("%+v, want it due %s", k, want)
	}
	if p := w.c.NextPromise(); p != nil && p.Kind == cvd.ClockUnpublished {
		t.Error("it is promised to the reporter")
	}
	w.do(member, cvd.VerbClose, cvd.Input{})
	if s := about(w.run(8*day), cvd.ClockUnpublished); s != "warned breached escalated escalated escalated" {
		t.Errorf("in eight days: %s", s)
	}
	w.do(member, cvd.VerbPublish, cvd.Input{Seq: w.c.Release.Draft})
	if w.clock(cvd.ClockUnpublished).Met.IsZero() {
		t.Error("published, and the alarm goes on")
	}
}

func TestWhatEndsTheAlarm(t *testing.T) {
	for name, c := range map[string]struct {
		do   func(w *walk)
		ends bool
	}{
		"published":     {func(w *walk) { w.do(member, cvd.VerbPublish, cvd.Input{Seq: w.c.Release.Draft}) }, true},
		"known already": {func(w *walk) { w.do(member, cvd.VerbPublic, cvd.Input{}) }, true},
		"declined":      {func(w *walk) { w.do(member, cvd.VerbNoAdvisory, cvd.Input{Reason: "a service of ours only"}) }, true},
		"closed":        {func(w *walk) { w.do(member, cvd.VerbClose, cvd.Input{}) }, false},
		"handed on":     {func(w *walk) { w.do(member, cvd.VerbHandOn, cvd.Input{To: "them", Reason: "theirs"}) }, true},
		"deferred":      {func(w *walk) { w.do(member, cvd.VerbDefer, cvd.Input{Reason: "later"}) }, false},
		"left by the reporter": {func(w *walk) {
			w.do(member, cvd.VerbDefer, cvd.Input{Reason: "later"}).do(reporter, cvd.VerbWithdraw, cvd.Input{})
		}, false},
		"a release is scheduled": {func(w *walk) { w.schedule(w.now.Add(day)) }, false},
	} {
		w := fixed(t, all(t))
		c.do(w)
		if running := w.c.Clock(cvd.ClockUnpublished).Running(); running == c.ends {
			t.Errorf("%s: running %v", name, running)
		}
	}
	terms := all(t)
	p := *terms.Policy
	p.Advisories.UnpublishedAfter = calendar.Amount{}
	terms.Policy = &p
	if fixed(t, terms).c.Clock(cvd.ClockUnpublished) != nil {
		t.Error("a policy without it alarms")
	}
}

func TestHeadsUp(t *testing.T) {
	// Tuesday's release, a business day ahead: on Monday at that time.
	at := time.Date(2026, time.March, 17, 14, 0, 0, 0, zone)
	w := fixed(t, all(t)).schedule(at)
	k := w.clock(cvd.ClockRelease)
	if !k.Due.Equal(at) || !deadline.Wake(w.c, w.terms).Before(at) {
		t.Fatalf("%+v, looked at next %s", k, deadline.Wake(w.c, w.terms))
	}
	var told []cvd.Event
	for w.now.Before(at.Add(-hour)) {
		for _, ev := range w.tick(hour) {
			if ev.Body.Clock == cvd.ClockRelease {
				told = append(told, ev)
			}
		}
	}
	if len(told) != 1 || told[0].Type != cvd.EventHeadsUp || told[0].Tell != cvd.TellReporter || !told[0].Body.Until.Equal(at) {
		t.Fatalf("%+v", told)
	}
	if d := at.Sub(told[0].At); d < 24*hour || d > 25*hour {
		t.Errorf("told %s ahead", d)
	}
	if !deadline.Wake(w.c, w.terms).Equal(at) {
		t.Errorf("looked at next %s, released %s", deadline.Wake(w.c, w.terms), at)
	}
	// Close to the instant, the word at scheduling is the one.
	w = fixed(t, all(t))
	w.schedule(w.now.Add(2 * hour))
	if evs := w.tick(hour); len(evs) > 0 {
		t.Errorf("told again: %v", evs[0].Type)
	}
	// What is called off is not announced.
	w = fixed(t, all(t)).schedule(at)
	w.do(member, cvd.VerbUnschedule, cvd.Input{Reason: "not yet"})
	if evs := w.run(20 * day); about(evs, cvd.ClockRelease) != "" {
		t.Errorf("after it was called off: %s", about(evs, cvd.ClockRelease))
	}
}

// A release never warns and never says beforehand that it will be late: that is
// known at its instant only. Then it is broken, escalates, and has a new date.
func TestAHeldRelease(t *testing.T) {
	at := time.Date(2026, time.March, 20, 14, 0, 0, 0, zone) // a Friday
	w := fixed(t, all(t)).schedule(at)
	if s := about(w.run(at.Sub(w.now)-time.Minute), cvd.ClockRelease); s != "release-ahead" {
		t.Fatalf("until its instant: %q", s)
	}
	w.now = at
	monday := w.hold()
	if k := w.clock(cvd.ClockRelease); monday.In(zone).Weekday() != time.Monday || !k.Told().Equal(monday) || !w.c.Breached() {
		t.Fatalf("%s, %+v", monday, k)
	}
	if s := about(w.run(monday.Sub(w.now)-time.Minute), cvd.ClockRelease); s != "escalated escalated escalated" {
		t.Errorf("after it was held: %q", s)
	}
	w.now = monday
	next := w.hold()
	if next.In(zone).Weekday() != time.Wednesday {
		t.Errorf("the second time it waits until %s", next.In(zone))
	}
	w.do(member, cvd.VerbPublish, cvd.Input{Seq: w.c.Release.Draft})
	if k := w.clock(cvd.ClockRelease); k.Running() || k.Met.IsZero() || k.Breached.IsZero() {
		t.Errorf("published: %+v", k)
	}
}

// Information that is awaited does not move a release.
func TestAReleaseDoesNotPause(t *testing.T) {
	w := fixed(t, all(t))
	at := w.now.Add(9 * day)
	w.schedule(at).do(member, cvd.VerbAsk, cvd.Input{Text: "words"})
	if k := w.clock(cvd.ClockRelease); !k.Paused.IsZero() || !k.Told().Equal(at.UTC()) {
		t.Errorf("%+v", k)
	}
}

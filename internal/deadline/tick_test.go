package deadline_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"fairlead/internal/calendar"
	"fairlead/internal/cvd"
	"fairlead/internal/cvd/rule"
	"fairlead/internal/deadline"
	"fairlead/internal/words"
)

func TestAPromiseIsWarnedSlippedBrokenAndEscalatedInThatOrder(t *testing.T) {
	w := begin(t, example(t, "two-person-team.yaml"), tuesday)
	due := w.clock(cvd.ClockAcknowledge).Due
	evs := w.run(60 * hour) // no further: then the reporter is told a second date
	got := about(evs, cvd.ClockAcknowledge)
	if !strings.HasPrefix(got, "warned slipped breached escalated") || strings.Count(got, "breached") != 1 || strings.Count(got, "warned") != 1 {
		t.Fatalf("the clock did %s", got)
	}
	var chain []string
	for _, ev := range evs {
		if ev.Body.Clock != cvd.ClockAcknowledge {
			continue
		}
		switch ev.Type {
		case cvd.EventWarned:
			if want := time.Date(2026, time.March, 3, 16, 0, 0, 0, zone); !ev.At.Equal(want) { // two working hours before Wednesday 10:00
				t.Errorf("warned at %s, want %s", ev.At, want)
			}
		case cvd.EventSlipped:
			if !ev.Body.Until.After(ev.At) {
				t.Errorf("told at %s that it will be %s", ev.At, ev.Body.Until)
			}
		case cvd.EventBreached:
			if !ev.At.Equal(due) {
				t.Errorf("broken at %s, due %s", ev.At, due)
			}
		case cvd.EventEscalated:
			chain = append(chain, ev.Body.To)
		}
	}
	if s := strings.Join(chain, " "); s != "on-duty other team" {
		t.Errorf("escalated to %s", s)
	}
	if k := w.clock(cvd.ClockAcknowledge); !k.Due.Equal(due) {
		t.Errorf("the date told moved to %s", k.Due)
	}
}

// The team is never told later than the reporter, whatever warning the policy
// sets.
func TestWarnedNoLaterThanTold(t *testing.T) {
	terms := all(t)
	terms.Policy.Promises.WarnBefore = map[string]calendar.Amount{"verify": {N: 1, Unit: calendar.Hours}}
	w := begin(t, terms, tuesday)
	if got := about(w.run(8*day), cvd.ClockVerify); got != "warned slipped" {
		t.Errorf("the clock did %s", got)
	}
}

func TestTargetsAreNeverBroken(t *testing.T) {
	w := begin(t, all(t), tuesday)
	for _, ev := range w.run(90 * day) {
		if ev.Body.Clock == cvd.ClockVerify && (ev.Type == cvd.EventBreached || ev.Type == cvd.EventEscalated) {
			t.Fatalf("a target was %s", ev.Type)
		}
	}
}

func TestSlipsDoubleAndAreBounded(t *testing.T) {
	w := begin(t, example(t, "two-person-team.yaml"), tuesday)
	var gaps []time.Duration
	told := w.c.Clock(cvd.ClockFollowUp).Told()
	for _, ev := range w.run(200 * day) {
		if ev.Type == cvd.EventSlipped && ev.Body.Clock == cvd.ClockFollowUp {
			gaps = append(gaps, ev.Body.Until.Sub(told))
			told = ev.Body.Until
		}
	}
	want := []time.Duration{2 * day, 4 * day, 8 * day, 14 * day, 14 * day}
	if len(gaps) < len(want) || !slices.Equal(gaps[:len(want)], want) {
		t.Errorf("told later by %v", gaps)
	}
	for _, g := range gaps {
		if g > 14*day {
			t.Errorf("told later by %s at once", g)
		}
	}
}

// Who slept through it all says each thing once, and no date that has passed.
func TestAServerThatSleptForAMonth(t *testing.T) {
	for _, slept := range []time.Duration{30 * day, 400 * day} {
		w := begin(t, example(t, "two-person-team.yaml"), tuesday)
		evs := w.tick(slept)
		seen := map[string]int{}
		for _, ev := range evs {
			seen[string(ev.Type)+" "+string(ev.Body.Clock)]++
			if ev.Type == cvd.EventSlipped && !ev.Body.Until.After(w.now) {
				t.Errorf("told at %s that it will be %s", w.now, ev.Body.Until)
			}
		}
		for what, n := range seen {
			if n > 1 && !strings.HasPrefix(what, "escalated") {
				t.Errorf("slept %s: %s, %d times", slept, what, n)
			}
		}
		if seen["warned acknowledge"] > 0 {
			t.Errorf("slept %s: warned of what had happened", slept)
		}
		for _, what := range []string{"slipped acknowledge", "breached acknowledge", "breached follow-up", "slipped update"} {
			if seen[what] != 1 {
				t.Errorf("slept %s: %s, %d times: %v", slept, what, seen[what], seen)
			}
		}
	}
}

// A pause leaves the team the time that remained before it speaks of delay.
func TestAfterAPauseNobodyIsWarnedAtOnce(t *testing.T) {
	w := begin(t, all(t), tuesday)
	w.do(member, cvd.VerbMessage, cvd.Input{Text: "hello"})
	w.run(4 * day)
	w.do(member, cvd.VerbAsk, cvd.Input{Missing: []string{"x"}}) // three days of seven remain
	w.now = tuesday.Add(17 * day)
	w.do(reporter, cvd.VerbProvide, cvd.Input{Text: "x"})
	if evs := w.tick(0); len(evs) > 0 {
		t.Fatalf("at once %s about %s", evs[0].Type, evs[0].Body.Clock)
	}
	if got := about(w.run(3*day), cvd.ClockVerify); got != "warned slipped" {
		t.Errorf("later on %s", got)
	}
}

func TestAgreesWithWhatThePolicyPromises(t *testing.T) {
	for _, name := range []string{"two-person-team.yaml", "signed-policy.yaml"} {
		terms := example(t, name)
		book, err := words.Load()
		if err != nil {
			t.Fatal(err)
		}
		voice := book.In("en")
		rapid.Check(t, func(rt *rapid.T) {
			at := time.Unix(rapid.Int64Range(1767225600, 1893456000).Draw(rt, "at"), 0) // 2026 to 2029
			promised, err := terms.Policy.PromisedAt(voice, at)
			if err != nil {
				rt.Fatal(err)
			}
			w := begin(t, terms, at)
			clocks := deadline.Sorted(w.c.Clocks)
			if len(clocks) != len(promised) {
				rt.Fatalf("%d clocks, %d promises", len(clocks), len(promised))
			}
			for i, k := range clocks {
				if p := promised[i]; k.Kind != p.Kind || !k.Due.Equal(p.Due) || k.Target != p.Target {
					rt.Fatalf("received %s: the clock %s is due %s, promised %s by %s", at, k.Kind, k.Due, p.Kind, p.Due)
				}
			}
		})
	}
}

// step is one random act, or a stretch of time.
func step(rt *rapid.T, w *walk) {
	if rapid.IntRange(0, 2).Draw(rt, "wait") == 0 {
		w.now = w.now.Add(time.Duration(rapid.IntRange(1, 900).Draw(rt, "hours")) * hour)
		return
	}
	w.now = w.now.Add(time.Duration(rapid.IntRange(0, 300).Draw(rt, "minutes")) * time.Minute)
	spec := rapid.SampledFrom(rule.Specs).Draw(rt, "verb")
	if spec.Verb == cvd.VerbSuccessor || spec.Verb == cvd.VerbErase {
		return
	}
	in := least(spec.Verb)
	if slices.Contains(spec.Takes, "text") && rapid.Bool().Draw(rt, "words") {
		in.Text = "words"
	}
	if spec.Verb == cvd.VerbSeverity {
		in.Vector = rapid.SampledFrom([]string{"low", "high", "medium"}).Draw(rt, "band")
	}
	if spec.Verb == cvd.VerbPostpone && len(w.c.Clocks) > 0 {
		k := rapid.SampledFrom(w.c.Clocks).Draw(rt, "clock")
		in.Clock, in.Until = k.Kind, k.Told().Add(100*hour)
	}
	_ = w.try(rapid.SampledFrom([]cvd.Actor{member, machine, reporter}).Draw(rt, "by"), spec.Verb, in)
}

// Invariant 2: an open case whose reporter waits has a next date at every
// moment, and once the clock looked, one that lies ahead. No date that was told
// moves later unless an event says so, and what is broken stays broken.
func TestNeverSilentOverRandomWalks(t *testing.T) {
	terms := []deadline.Terms{example(t, "two-person-team.yaml"), example(t, "signed-policy.yaml"), all(t)}
	rapid.Check(t, func(rt *rapid.T) {
		w := begin(t, rapid.SampledFrom(terms).Draw(rt, "policy"), tuesday.Add(time.Duration(rapid.IntRange(0, 24*365).Draw(rt, "start"))*hour))
		for range rapid.IntRange(1, 25).Draw(rt, "steps") {
			before, from := w.c.Clone(), len(w.evs)
			step(rt, w)
			check(rt, w, before, w.evs[from:])
			if rapid.Bool().Draw(rt, "tick") {
				before, from = w.c.Clone(), len(w.evs)
				w.tick(0)
				check(rt, w, before, w.evs[from:])
				if next := w.c.NextPromise(); next != nil && w.c.Waited() && !next.Told().After(w.now) {
					rt.Fatalf("at %s, after the clock looked, %s is told for %s", w.now, next.Kind, next.Told())
				}
				if at := deadline.Wake(w.c, w.terms); !at.IsZero() && !at.After(w.now) {
					rt.Fatalf("the clock looked and wants to look again at %s", at)
				}
			}
		}
	})
}

func check(rt *rapid.T, w *walk, before *cvd.Case, evs []cvd.Event) {
	if w.c.Waited() && !w.c.Closed() && w.c.NextPromise() == nil {
		rt.Fatalf("after %v the reporter has no next date", evs)
	}
	for _, old := range before.Clocks {
		k := w.c.Clock(old.Kind)
		if !old.Running() || !k.Running() || !k.Started.Equal(old.Started) || !k.Told().After(old.Told()) {
			continue
		}
		told := !old.Paused.IsZero() // goes on after a pause; the answer or the silence said so
		for _, ev := range evs {
			told = told || (ev.Body.Clock == k.Kind && ev.Tell != cvd.TellTeam)
		}
		if !told {
			rt.Fatalf("%s moved from %s to %s and nobody was told: %v", k.Kind, old.Told(), k.Told(), evs)
		}
		if !old.Breached.IsZero() && k.Breached.IsZero() {
			rt.Fatalf("%s was broken and is no more", k.Kind)
		}
	}
}

// A closed case goes when the policy's time is over, and the team is told thirty
// days before, even by a clock that slept.
func TestRetention(t *testing.T) {
	terms := all(t)
	for name, c := range map[string]struct {
		months int
		sleep  time.Duration // of the server, from the close on
		warned time.Duration
		spent  time.Duration
	}{
		"kept for good": {0, 0, 0, 0},
		"a year":        {12, 0, 335 * day, 365 * day},
		"a month":       {1, 0, day - hour, 31*day - hour}, // in which summer time begins
		"slept":         {1, 400 * day, 400 * day, 430 * day},
	} {
		t.Run(name, func(t *testing.T) {
			terms.Policy.Retention.ClosedCasesMonths = c.months
			w := begin(t, terms, tuesday)
			w.do(member, cvd.VerbInvalidate, cvd.Input{Reason: "x"})
			w.do(member, cvd.VerbClose, cvd.Input{})
			closed := w.now
			if c.months == 0 {
				if at := deadline.Wake(w.c, terms); !at.IsZero() || w.c.Clock(cvd.ClockRetention) != nil {
					t.Errorf("wakes at %s", at)
				}
				return
			}
			if w.c.NextDue() != nil || w.c.NextPromise() != nil {
				t.Error("a closed case owes something")
			}
			w.now = w.now.Add(c.sleep)
			evs := w.run(c.warned - c.sleep + time.Minute)
			if len(evs) != 1 || evs[0].Type != cvd.EventRetires {
				t.Fatalf("happened: %v", evs)
			}
			for at, want := range map[time.Duration]bool{c.warned + time.Hour: false, c.spent - time.Hour: false, c.spent + time.Hour: true} {
				if got := deadline.Spent(w.c, closed.Add(at)); got != want {
					t.Errorf("%s after the close: spent %v", at, got)
				}
			}
			if more, err := deadline.Tick(w.c, terms, closed.Add(5000*day)); err != nil || len(more) != 0 {
				t.Errorf("the clock goes on: %v, %v", more, err)
			}
		})
	}
}

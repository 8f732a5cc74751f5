package deadline_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"fairlead/internal/calendar"
	"fairlead/internal/cvd"
	"fairlead/internal/cvd/rule"
	"fairlead/internal/deadline"
	"fairlead/internal/policy"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

var (
	member   = cvd.Actor{Kind: cvd.ActorMember, ID: "m-1", Roles: []cvd.Role{cvd.RoleMember}}
	machine  = cvd.Actor{Kind: cvd.ActorMachine, ID: "m-2", Roles: []cvd.Role{cvd.RoleMember}}
	reporter = cvd.Actor{Kind: cvd.ActorReporter}

	zone = func() *time.Location {
		z, err := time.LoadLocation("Europe/Berlin")
		if err != nil {
			panic(err)
		}
		return z
	}()
	// tuesday is an ordinary working day with a free week behind it.
	tuesday = time.Date(2026, time.March, 3, 10, 0, 0, 0, zone)
)

const hour, day = time.Hour, 24 * time.Hour

func example(t testing.TB, name string) deadline.Terms {
	t.Helper()
	source, err := os.ReadFile(filepath.Join("..", "..", "examples", "policies", name))
	must(t, err)
	p, err := policy.Parse(name, source)
	must(t, err)
	cal, err := p.WorkTime()
	must(t, err)
	return deadline.Terms{Policy: p, Calendar: cal}
}

func within(n int, unit calendar.Unit) policy.Promise {
	return policy.Promise{Within: calendar.Amount{N: n, Unit: unit}}
}

// all is the first example with every promise that a policy can make.
func all(t testing.TB) deadline.Terms {
	t.Helper()
	terms := example(t, "two-person-team.yaml")
	p := *terms.Policy
	verify, update, disclose := within(7, calendar.Days), within(10, calendar.BusinessDays), within(90, calendar.Days)
	verify.Target = true
	p.Promises.Verify, p.Promises.Update, p.Promises.Disclose = &verify, &update, &disclose
	p.Promises.Fix = map[cvd.Band]policy.Promise{cvd.BandHigh: within(30, calendar.Days), cvd.BandLow: within(90, calendar.Days)}
	p.Promises.WarnBefore = nil
	terms.Policy = &p
	return terms
}

// walk is one case on its way through time.
type walk struct {
	t     testing.TB
	terms deadline.Terms
	c     *cvd.Case
	evs   []cvd.Event
	now   time.Time
}

func begin(t testing.TB, terms deadline.Terms, at time.Time) *walk {
	t.Helper()
	return open(t, terms, at, rule.Opening{By: cvd.Stranger, Received: at})
}

func open(t testing.TB, terms deadline.Terms, now time.Time, o rule.Opening) *walk {
	t.Helper()
	w := &walk{t: t, terms: terms, c: &cvd.Case{}, now: now}
	o.ID, o.Program, o.Policy, o.Channel = "FL-2026-2222222", "main", 1, "web"
	o.Report = &cvd.Report{Description: "it breaks"}
	evs, err := rule.Open(o, now)
	must(t, err)
	w.apply(evs...)
	return w
}

func (w *walk) apply(evs ...cvd.Event) {
	w.t.Helper()
	for _, ev := range evs {
		clocks, err := deadline.Clocks(w.c, &ev, w.terms)
		must(w.t, err)
		ev.Clocks = clocks
		must(w.t, w.c.Apply(ev))
		w.evs = append(w.evs, ev)
	}
}

// try does a verb if it may be done.
func (w *walk) try(by cvd.Actor, verb cvd.Verb, in cvd.Input) error {
	w.t.Helper()
	d := rule.Deed{Verb: verb, By: by, In: in}
	switch verb {
	case cvd.VerbSeverity:
		d.Score = &cvd.Score{Vector: in.Vector, Version: "3.1", Band: cvd.Band(in.Vector)}
		d.Urgent = d.Score.Band.AtLeast(w.terms.Policy.Emergency.At)
	case cvd.VerbAttach:
		d.File = &cvd.Attachment{Blob: "0123456789abcdef"}
	case cvd.VerbAdmit, cvd.VerbTrustKey:
		d.Held = w.evs[in.Seq-1].Body
	}
	evs, err := rule.Decide(w.c, d, w.now)
	if err == nil {
		w.apply(evs...)
	}
	return err
}

func (w *walk) do(by cvd.Actor, verb cvd.Verb, in cvd.Input) *walk {
	w.t.Helper()
	if err := w.try(by, verb, in); err != nil {
		w.t.Fatalf("%s: %v", verb, err)
	}
	return w
}

// tick moves time forward and lets the clock do its part, once.
func (w *walk) tick(d time.Duration) []cvd.Event {
	w.t.Helper()
	w.now = w.now.Add(d)
	evs, err := deadline.Tick(w.c, w.terms, w.now)
	must(w.t, err)
	w.evs = append(w.evs, evs...)
	for _, ev := range evs {
		must(w.t, w.c.Apply(ev))
	}
	again, err := deadline.Tick(w.c, w.terms, w.now)
	must(w.t, err)
	if len(again) > 0 {
		w.t.Fatalf("asked again, the clock does %s once more", again[0].Type)
	}
	return evs
}

// run wakes the case at each instant at which it asks to be woken, up to d from
// now, as a house that never sleeps does.
func (w *walk) run(d time.Duration) []cvd.Event {
	w.t.Helper()
	end := w.now.Add(d)
	var out []cvd.Event
	for {
		at := deadline.Wake(w.c, w.terms)
		if at.IsZero() || at.After(end) {
			w.now = end
			return out
		}
		evs := w.tick(max(0, at.Sub(w.now)))
		if len(evs) == 0 {
			w.t.Fatalf("woken at %s for nothing", at)
		}
		out = append(out, evs...)
	}
}

func (w *walk) clock(k cvd.ClockKind) cvd.Clock {
	w.t.Helper()
	c := w.c.Clock(k)
	if c == nil {
		w.t.Fatalf("no clock for %s", k)
	}
	return *c
}

// about lists what the clock did about one promise, in order.
func about(evs []cvd.Event, k cvd.ClockKind) string {
	var out []string
	for _, ev := range evs {
		if ev.Body.Clock == k {
			out = append(out, string(ev.Type))
		}
	}
	return strings.Join(out, " ")
}

// least is the least that a verb needs.
func least(verb cvd.Verb) cvd.Input {
	var in cvd.Input
	needs := func(name string) bool { return slices.Contains(rule.SpecOf(verb).Needs, name) }
	if needs("text") {
		in.Text = "words"
	}
	if needs("note") {
		in.Note = "words"
	}
	if needs("reason") {
		in.Reason = "words"
	}
	if needs("clauses") {
		in.Clauses = []string{"private-first"}
	}
	if needs("to") {
		in.To = "m-9"
	}
	if needs("contact") {
		in.Contact = &cvd.Contact{Name: "Rea", Email: "rea@example.net"}
	}
	if needs("seq") {
		in.Seq = 1
	}
	switch verb {
	case cvd.VerbAsk:
		in.Missing = []string{"the version"}
	case cvd.VerbSeverity:
		in.Vector = "high"
	case cvd.VerbAdvise:
		in.Advisory = &cvd.Advisory{Title: "Login bypass"}
	case cvd.VerbSchedule, cvd.VerbPublish:
		in.Seq, in.Reason = 0, "words"
	case cvd.VerbCheckResult:
		in.Outcome = "pass"
	case cvd.VerbCVE:
		in.CVE, in.Outcome = "CVE-2026-12345", "reserved"
	}
	return in
}

// what says what became of the clocks between two states of a case.
func what(before, after *cvd.Case) string {
	var out []string
	for _, k := range after.Clocks {
		old := before.Clock(k.Kind)
		switch {
		case old == nil:
			out = append(out, fmt.Sprintf("%s starts", k.Kind))
		case *old == k:
		case !k.Met.IsZero() && old.Met.IsZero():
			out = append(out, fmt.Sprintf("%s is met", k.Kind))
		case !k.Stopped.IsZero() && old.Stopped.IsZero():
			out = append(out, fmt.Sprintf("%s stops", k.Kind))
		case !k.Started.Equal(old.Started):
			out = append(out, fmt.Sprintf("%s anew", k.Kind))
		case !k.Paused.IsZero() && old.Paused.IsZero():
			out = append(out, fmt.Sprintf("%s pauses", k.Kind))
		case k.Paused.IsZero() && !old.Paused.IsZero():
			out = append(out, fmt.Sprintf("%s goes on", k.Kind))
		default:
			out = append(out, fmt.Sprintf("%s moves", k.Kind))
		}
	}
	if len(out) == 0 {
		return "-"
	}
	return strings.Join(out, ", ")
}

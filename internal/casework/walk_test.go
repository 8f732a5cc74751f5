package casework_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"fairlead/internal/casework"
	"fairlead/internal/cvd"
	"fairlead/internal/cvd/rule"
)

// input is what a verb needs, in general words.
func (h *house) input(verb cvd.Verb, c *cvd.Case) cvd.Input {
	var in cvd.Input
	for _, name := range rule.SpecOf(verb).Needs {
		switch name {
		case "text":
			in.Text = "words"
		case "note":
			in.Note = "words"
		case "reason":
			in.Reason = "words"
		case "clauses":
			in.Clauses = []string{"private-first"}
		case "vector":
			in.Vector = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"
		case "to":
			in.To = h.fixer.ID
		case "clock":
			in.Clock = cvd.ClockUpdate
		case "until":
			in.Until = h.now.AddDate(1, 0, 0)
			if k := c.Clock(cvd.ClockUpdate); k != nil {
				in.Until = k.Told().AddDate(0, 0, 30)
			}
		case "seq":
			in.Seq = 1
		case "contact":
			in.Contact = &cvd.Contact{Name: "Rea", Email: "rea@example.net"}
		}
	}
	if verb == cvd.VerbAsk {
		in.Missing = []string{"the version"}
	}
	return in
}

// paths lead a fresh case into every state.
var paths = map[cvd.RM][]cvd.Verb{
	cvd.RMReceived: nil,
	cvd.RMInvalid:  {cvd.VerbInvalidate},
	cvd.RMValid:    {cvd.VerbValidate},
	cvd.RMAccepted: {cvd.VerbValidate, cvd.VerbAccept},
	cvd.RMDeferred: {cvd.VerbValidate, cvd.VerbDefer},
	cvd.RMClosed:   {cvd.VerbInvalidate, cvd.VerbClose},
}

func (h *house) in(rm cvd.RM) casework.Accepted {
	h.t.Helper()
	a := h.report()
	for _, v := range paths[rm] {
		h.do(h.member, a.Case, v, h.input(v, &cvd.Case{}))
	}
	return a
}

// Invariant 2: whatever verb meets whatever state, what moves the case is told
// to the reporter or keeps a reason for silence, and who waits has a next date.
// A blank is no reason.
func TestNeverSilent(t *testing.T) {
	h := newHouse(t)
	for rm := range paths {
		a := h.in(rm)
		for _, spec := range rule.Specs {
			for _, by := range []cvd.Actor{h.lead, h.reporter(a)} {
				before := h.file(a.Case).Case
				in := h.input(spec.Verb, before)
				for _, silent := range []string{"", "asked not to be told"} {
					in.Silent = silent
					if p, err := h.desk.As(by).Preview(ctx, a.Case, spec.Verb, in); err == nil {
						h.told(fmt.Sprintf("%s in %s, silent %q", spec.Verb, rm, silent), before, casework.Done{Case: p.Case, Events: p.Events})
					}
				}
				in.Silent = " \t\n"
				done, err := h.try(by, a.Case, spec.Verb, in)
				if err != nil {
					if c := h.file(a.Case).Case; c.Version != before.Version {
						t.Fatalf("%s in %s was refused (%v) and yet moved the case", spec.Verb, rm, err)
					}
					continue
				}
				h.told(fmt.Sprintf("%s in %s, blank silence", spec.Verb, rm), before, done)
				a = h.in(rm)
				break
			}
		}
	}
}

func (h *house) told(what string, before *cvd.Case, done casework.Done) {
	h.t.Helper()
	for _, ev := range done.Events {
		moved := len(ev.Arrows) > 0 || ev.Type == cvd.EventPostponed
		switch {
		case ev.Tell == cvd.TellNobody && strings.TrimSpace(ev.Body.Silence) == "":
			h.t.Errorf("%s: silent without a reason", what)
		case moved && ev.Tell == cvd.TellTeam:
			h.t.Errorf("%s: %s moved the case behind the reporter's back", what, ev.Type)
		}
	}
	after := done.Case
	if (before.RM() != after.RM() || before.Facts != after.Facts) && len(done.Events) == 0 {
		h.t.Errorf("%s: moved without an event", what)
	}
	if after.Waited() && !after.Closed() && after.NextPromise() == nil {
		h.t.Errorf("%s: the reporter has no next date", what)
	}
}

// step does one random verb and says whether it was taken. Whatever is refused
// is refused by a kind of its own.
func (h *house) step(t *rapid.T, a casework.Accepted, r cvd.Actor) {
	if rapid.IntRange(0, 5).Draw(t, "wait") == 0 {
		h.now = h.now.Add(time.Duration(rapid.IntRange(1, 400).Draw(t, "hours")) * time.Hour)
		if _, err := h.desk.Tick(ctx); err != nil {
			t.Fatal(err)
		}
		return
	}
	verb := rapid.SampledFrom(rule.Specs).Draw(t, "verb").Verb
	by := rapid.SampledFrom([]cvd.Actor{h.lead, h.member, r}).Draw(t, "by")
	f := h.file(a.Case)
	in := h.input(verb, f.Case)
	switch verb {
	case cvd.VerbErase, cvd.VerbSuccessor:
		return // they have tests of their own
	case cvd.VerbRedact:
		in.Seq = rapid.Int64Range(1, f.Case.Version).Draw(t, "seq")
	case cvd.VerbAttach:
		if _, err := h.desk.As(by).Attach(ctx, a.Case, "x", strings.NewReader("x"), cvd.Input{}); err != nil && !errors.Is(err, cvd.ErrNotReady) {
			t.Fatal(err)
		}
		return
	case cvd.VerbMessage:
		if f.Case.Closed() {
			return
		}
	}
	_, err := h.try(by, a.Case, verb, in)
	kinds := []error{cvd.ErrNotReady, cvd.ErrInvalid, cvd.ErrForbidden, cvd.ErrNotFound}
	if err != nil && !slices.ContainsFunc(kinds, func(k error) bool { return errors.Is(err, k) }) {
		t.Fatalf("%s: %v", verb, err)
	}
}

// Invariant 4, through the store: whatever was done to a case, its row is what
// its history adds up to.
func TestTheHistoryIsTheCase(t *testing.T) {
	h := build(t, "signed-policy.yaml", onSQLite)
	rapid.Check(t, func(rt *rapid.T) {
		a := h.report()
		r := h.reporter(a)
		for range rapid.IntRange(1, 6).Draw(rt, "steps") {
			h.step(rt, a, r)
		}
		h.addsUp(a.Case)
	})
}

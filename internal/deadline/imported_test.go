package deadline_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"fairlead/internal/cvd"
	"fairlead/internal/cvd/rule"
	"fairlead/internal/deadline"
)

// brought opens a case out of an old mailbox.
func brought(t *testing.T, received, answered time.Time) *walk {
	t.Helper()
	w := &walk{t: t, terms: all(t), c: &cvd.Case{}, now: tuesday}
	evs, err := rule.Import(rule.Opening{
		ID: "FL-2020-2222222", Program: "main", Policy: 1, Received: received, By: cvd.System,
		Report: &cvd.Report{Description: "it breaks"}, Contact: &cvd.Contact{Email: "ada@example.net"},
	}, nil, []rule.Old{{Author: cvd.AuthorTeam, Shown: true, Text: "Thank you.", Mail: &cvd.Mail{At: answered}}}, answered, tuesday)
	must(t, err)
	for _, ev := range evs {
		w.apply(ev)
	}
	return w
}

// The promises of an answer run from the receipt and are kept or broken there; all
// others from the import.
func TestWhatAnImportStarts(t *testing.T) {
	long := tuesday.AddDate(-7, 0, 0)
	for name, c := range map[string]struct {
		received, answered time.Time
		want               string // of the promises of an answer
	}{
		"answered":             {long, long.Add(hour), "acknowledge kept, follow-up kept"},
		"never answered":       {long, time.Time{}, "acknowledge broken, follow-up broken"},
		"answered late":        {long, long.AddDate(1, 0, 0), "acknowledge kept, follow-up kept"},
		"of this very morning": {tuesday.Add(-hour), time.Time{}, "acknowledge runs, follow-up runs"},
	} {
		w := brought(t, c.received, c.answered)
		got := ""
		for _, kind := range []cvd.ClockKind{cvd.ClockAcknowledge, cvd.ClockFollowUp} {
			k := w.c.Clock(kind)
			state := "runs"
			switch {
			case k == nil:
				t.Fatalf("%s: no %s", name, kind)
			case !k.Started.Equal(c.received):
				t.Errorf("%s: %s counts from %s", name, kind, k.Started)
			case !k.Met.IsZero():
				if state = "kept"; !k.Met.Equal(c.answered) {
					t.Errorf("%s: %s kept at %s", name, kind, k.Met)
				}
			case !k.Breached.IsZero():
				if state = "broken"; !k.Told().After(tuesday) {
					t.Errorf("%s: the next date of %s is over: %s", name, kind, k.Told())
				}
			}
			if got != "" {
				got += ", "
			}
			got += fmt.Sprint(kind, " ", state)
		}
		if got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
		for _, kind := range []cvd.ClockKind{cvd.ClockVerify, cvd.ClockUpdate, cvd.ClockDisclose} {
			if k := w.c.Clock(kind); k == nil || !k.Started.Equal(tuesday) || !k.Running() || !k.Due.After(tuesday) {
				t.Errorf("%s: %s: %+v", name, kind, k)
			}
		}
		if back, err := cvd.Replay(w.evs); err != nil || !slices.Equal(back.Clocks, w.c.Clocks) || !back.Dormant {
			t.Errorf("%s: a replay is another case: %v", name, err)
		}
		// At the instant of the import the clock has nothing more to say.
		if evs, err := deadline.Tick(w.c, w.terms, w.now); err != nil || len(evs) > 0 {
			t.Errorf("%s: %d events at once, %v", name, len(evs), err)
		}
	}
}

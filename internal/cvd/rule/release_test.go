package rule

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"fairlead/internal/cvd"
)

const advisoryID cvd.AdvisoryID = "FLSA-2026-2222222"

func draft(title string) cvd.Input {
	return cvd.Input{Advisory: &cvd.Advisory{ID: "OTHER-1", Title: title}}
}

func advise(t *testing.T, c *cvd.Case, title string) []cvd.Event {
	t.Helper()
	in := draft(title)
	in.Seq = c.Release.Draft
	return do(t, c, Deed{Verb: cvd.VerbAdvise, By: ann, In: in, Advisory: advisoryID})
}

// types names what happened.
func types(evs []cvd.Event) []cvd.EventType {
	var out []cvd.EventType
	for _, ev := range evs {
		out = append(out, ev.Type)
	}
	return out
}

func TestADraftKeepsItsID(t *testing.T) {
	c := caseIn(cvd.RMAccepted)
	advise(t, c, "one")
	evs := do(t, c, Deed{Verb: cvd.VerbAdvise, By: ann, In: cvd.Input{Advisory: &cvd.Advisory{Title: "two"}, Seq: c.Release.Draft}, Advisory: "FLSA-2026-3333333"})
	if c.Release.Advisory != advisoryID || evs[0].Body.Advisory.ID != advisoryID || c.Release.Draft != evs[0].Seq {
		t.Errorf("%+v, the body says %s", c.Release, evs[0].Body.Advisory.ID)
	}
	late := Deed{Verb: cvd.VerbAdvise, By: bob, In: draft("three")}
	late.In.Seq = c.Release.Draft - 1
	refused(t, c, late, cvd.ErrConflict)
	late.In.Seq = 0 // who began when there was no draft
	refused(t, c, late, cvd.ErrConflict)
}

// Nothing is published before the instant that the reporter was told, unless waiting
// has no sense any more; and a date that was called off is none.
func TestNoReleaseBeforeTheDateThatWasTold(t *testing.T) {
	c := caseIn(cvd.RMAccepted)
	advise(t, c, "one")
	do(t, c, Deed{Verb: cvd.VerbSchedule, By: ann, In: cvd.Input{Until: noon.Add(48 * time.Hour), Seq: c.Release.Draft}})
	now := Deed{Verb: cvd.VerbPublish, By: ann, In: cvd.Input{Seq: c.Release.Draft}, Public: true}
	refused(t, c, now, cvd.ErrNotReady)
	for _, fact := range []string{cvd.FactPublic, cvd.FactAttacks} {
		known := c.Clone()
		next, err := known.Facts.Next(fact)
		if err != nil {
			t.Fatal(err)
		}
		known.Facts = next
		do(t, known, now)
	}
	advise(t, c, "two")
	if !c.Release.Told.IsZero() || !c.Release.At.IsZero() {
		t.Errorf("called off: %+v", c.Release)
	}
}

// Nobody's confirmation and no date outlives an edit, and who was told the date
// hears that it no longer holds.
func TestAnEditCallsTheReleaseOff(t *testing.T) {
	c := caseIn(cvd.RMAccepted)
	advise(t, c, "one")
	schedule := Deed{Verb: cvd.VerbSchedule, By: ann, In: cvd.Input{Until: noon.Add(48 * time.Hour), Seq: c.Release.Draft}, Second: true}
	do(t, c, schedule)
	if !c.Release.At.IsZero() || c.Pending == nil {
		t.Fatalf("proposed: %+v, %+v", c.Release, c.Pending)
	}
	advise(t, c, "two")
	if c.Pending != nil {
		t.Error("the ruling waits for a confirmation of what was edited")
	}
	refused(t, c, schedule, cvd.ErrConflict)
	schedule.In.Seq, schedule.Second = c.Release.Draft, false
	do(t, c, schedule)
	evs := advise(t, c, "three")
	if !slices.Equal(types(evs), []cvd.EventType{cvd.EventDrafted, cvd.EventUnscheduled}) || evs[1].Tell != cvd.TellReporter || !c.Release.At.IsZero() {
		t.Errorf("edited: %v, %+v", types(evs), c.Release)
	}
}

func TestTwoPeopleStandBehindARelease(t *testing.T) {
	c := caseIn(cvd.RMAccepted)
	advise(t, c, "one")
	in := cvd.Input{Seq: c.Release.Draft}
	do(t, c, Deed{Verb: cvd.VerbPublish, By: ann, In: in, Second: true, Public: true})
	evs := do(t, c, Deed{Verb: cvd.VerbConfirm, By: bob, Ruling: &in, Public: true})
	if !slices.Equal(types(evs), []cvd.EventType{cvd.EventConfirmed, cvd.EventPublished}) {
		t.Fatalf("%v", types(evs))
	}
	r := c.Release
	if r.Revision != 1 || r.Confirmed != in.Seq || r.Published != in.Seq || !r.First.Equal(noon) || !c.Facts.Has(cvd.FactPublic) {
		t.Errorf("%+v, %s", r, c.Facts)
	}
	refused(t, c, Deed{Verb: cvd.VerbPublish, By: ann, In: in}, cvd.ErrNotReady) // nothing new
}

// What only holders of a token may read does not make the matter public.
func TestAnAmberAdvisoryIsNotPublic(t *testing.T) {
	c := caseIn(cvd.RMAccepted)
	advise(t, c, "one")
	do(t, c, Deed{Verb: cvd.VerbPublish, By: ann, In: cvd.Input{Seq: c.Release.Draft}})
	if c.Facts.Has(cvd.FactPublic) {
		t.Error("the public is aware")
	}
}

func TestCorrectAndRetractAreRevisions(t *testing.T) {
	c := caseIn(cvd.RMAccepted)
	c.Accepted = noon
	advise(t, c, "one")
	do(t, c, Deed{Verb: cvd.VerbPublish, By: ann, In: cvd.Input{Seq: c.Release.Draft}, Public: true})
	do(t, c, deed(cvd.VerbClose, ann))
	advise(t, c, "two")
	again := Deed{Verb: cvd.VerbPublish, By: ann, In: cvd.Input{Seq: c.Release.Draft}, Public: true}
	refused(t, c, again, cvd.ErrInvalid) // what does it correct?
	again.In.Reason = "the version was wrong"
	do(t, c, again)
	do(t, c, deed(cvd.VerbRetract, ann))
	if r := c.Release; r.Revision != 3 || !r.Withdrawn || !c.Closed() {
		t.Errorf("%+v, %s", r, c.RM())
	}
	refused(t, c, deed(cvd.VerbRetract, ann), cvd.ErrNotReady)
}

func TestHeldReleases(t *testing.T) {
	c := caseIn(cvd.RMAccepted)
	advise(t, c, "one")
	at := noon.Add(48 * time.Hour)
	evs, err := Decide(c, Deed{Verb: cvd.VerbSchedule, By: ann, In: cvd.Input{Until: at, Seq: c.Release.Draft}}, noon)
	if err != nil {
		t.Fatal(err)
	}
	evs[0].Clocks = []cvd.Clock{{Kind: cvd.ClockRelease, Started: noon, Due: at}}
	if err := c.Apply(evs[0]); err != nil {
		t.Fatal(err)
	}
	ev := Hold(c, "an embargo", at.Add(24*time.Hour), at)
	if err := c.Apply(ev); err != nil {
		t.Fatal(err)
	}
	k := c.Clock(cvd.ClockRelease)
	if ev.Tell != cvd.TellReporter || ev.Body.Text != "" || !c.Breached() || !k.Told().Equal(c.Release.At) || !c.Release.At.Equal(at.Add(24*time.Hour)) {
		t.Errorf("%+v, %+v, %+v", ev, k, c.Release)
	}
}

func TestRulesOfARelease(t *testing.T) {
	for name, c := range map[string]struct {
		set  func(*cvd.Case)
		deed Deed
		want error
	}{
		"publish nothing":                  {nil, deed(cvd.VerbPublish, ann), cvd.ErrNotReady},
		"schedule nothing":                 {nil, deed(cvd.VerbSchedule, ann), cvd.ErrNotReady},
		"schedule the past":                {func(c *cvd.Case) { c.Release.Draft = 1 }, Deed{Verb: cvd.VerbSchedule, By: ann, In: cvd.Input{Until: noon, Seq: 1}}, cvd.ErrInvalid},
		"unschedule nothing":               {nil, deed(cvd.VerbUnschedule, ann), cvd.ErrNotReady},
		"retract nothing":                  {nil, deed(cvd.VerbRetract, ann), cvd.ErrNotReady},
		"check what nobody offered":        {nil, deed(cvd.VerbCheckResult, rep), cvd.ErrNotReady},
		"a result that is none":            {func(c *cvd.Case) { c.Release.Check = cvd.CheckOffered }, Deed{Verb: cvd.VerbCheckResult, By: rep, In: cvd.Input{Outcome: "maybe"}}, cvd.ErrInvalid},
		"no answer by the reporter":        {func(c *cvd.Case) { c.Release.Check = cvd.CheckOffered }, Deed{Verb: cvd.VerbCheckResult, By: rep, In: cvd.Input{Outcome: "none"}}, cvd.ErrInvalid},
		"no answer after one that passed":  {func(c *cvd.Case) { c.Release.Check = cvd.CheckPass }, Deed{Verb: cvd.VerbCheckResult, By: ann, In: cvd.Input{Outcome: "none"}}, cvd.ErrNotReady},
		"no answer after one that failed":  {func(c *cvd.Case) { c.Release.Check = cvd.CheckFail }, Deed{Verb: cvd.VerbCheckResult, By: ann, In: cvd.Input{Outcome: "none"}}, cvd.ErrNotReady},
		"offer to nobody":                  {func(c *cvd.Case) { c.Participants = c.Participants[:1] }, deed(cvd.VerbOfferCheck, ann), cvd.ErrNotReady},
		"a CVE before the advisory":        {nil, Deed{Verb: cvd.VerbCVE, By: ann, In: cvd.Input{CVE: "CVE-2026-12345", Outcome: "published"}}, cvd.ErrNotReady},
		"a CVE of no form":                 {nil, Deed{Verb: cvd.VerbCVE, By: ann, In: cvd.Input{CVE: "CVE-26-1", Outcome: "reserved"}}, cvd.ErrInvalid},
		"a reserved CVE without id":        {nil, Deed{Verb: cvd.VerbCVE, By: ann, In: cvd.Input{Outcome: "reserved"}}, cvd.ErrInvalid},
		"decline what is scheduled":        {func(c *cvd.Case) { c.Release.At = noon.Add(time.Hour) }, deed(cvd.VerbNoAdvisory, ann), cvd.ErrNotReady},
		"decline what is published":        {func(c *cvd.Case) { c.Release.Revision = 1 }, deed(cvd.VerbNoAdvisory, ann), cvd.ErrNotReady},
		"hand on what is scheduled":        {func(c *cvd.Case) { c.Release.At = noon.Add(time.Hour) }, deed(cvd.VerbHandOn, ann), cvd.ErrNotReady},
		"draft of what was never accepted": {func(c *cvd.Case) { c.Participants[0].RM = cvd.RMClosed }, deed(cvd.VerbAdvise, ann), cvd.ErrNotReady},
	} {
		t.Run(name, func(t *testing.T) {
			cs := caseIn(cvd.RMAccepted)
			if c.set != nil {
				c.set(cs)
			}
			refused(t, cs, c.deed, c.want)
		})
	}
}

// What came of one check is not what comes of the next: each offer may stay without an
// answer.
func TestAnotherCheckMayStayUnanswered(t *testing.T) {
	c := caseIn(cvd.RMAccepted)
	for _, outcome := range []cvd.FixCheck{cvd.CheckPass, cvd.CheckNone} {
		do(t, c, Deed{Verb: cvd.VerbOfferCheck, By: ann, In: cvd.Input{Text: "Please try it."}})
		do(t, c, Deed{Verb: cvd.VerbCheckResult, By: ann, In: cvd.Input{Outcome: string(outcome), Text: "Thank you."}})
		if c.Release.Check != outcome {
			t.Errorf("%s, want %s", c.Release.Check, outcome)
		}
	}
}

func TestCVEsOfACase(t *testing.T) {
	c := caseIn(cvd.RMAccepted)
	for _, in := range []cvd.Input{
		{Outcome: "requested"},
		{Outcome: "reserved", CVE: "CVE-2026-11111"},
		{Outcome: "reserved", CVE: "CVE-2026-22222"},
		{Outcome: "rejected", CVE: "CVE-2026-11111"},
	} {
		if evs := do(t, c, Deed{Verb: cvd.VerbCVE, By: ann, In: in}); evs[0].Tell != cvd.TellReporter {
			t.Errorf("%v tells %s", in, evs[0].Tell)
		}
	}
	want := []cvd.CVE{{ID: "CVE-2026-11111", State: cvd.CVERejected}, {ID: "CVE-2026-22222", State: cvd.CVEReserved}}
	if !slices.Equal(c.CVEs, want) {
		t.Errorf("%v, want %v", c.CVEs, want)
	}
	// A rejected id is never used again; a new one can be had.
	do(t, c, Deed{Verb: cvd.VerbPublic, By: ann, In: cvd.Input{Reason: "A blog."}})
	for _, outcome := range []string{"requested", "reserved", "published"} {
		_, err := Decide(c, Deed{Verb: cvd.VerbCVE, By: ann, In: cvd.Input{Outcome: outcome, CVE: "CVE-2026-11111"}}, noon)
		var faults cvd.Faults
		if !errors.As(err, &faults) || faults[0].Field != "cve" || !strings.Contains(faults[0].Remedy, "a new one") {
			t.Errorf("%s after rejected: %v", outcome, err)
		}
	}
	for _, in := range []cvd.Input{{Outcome: "requested"}, {Outcome: "rejected", CVE: "CVE-2026-11111"}} {
		do(t, c, Deed{Verb: cvd.VerbCVE, By: ann, In: in})
	}
}

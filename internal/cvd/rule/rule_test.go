package rule

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"fairlead/internal/cvd"
)

// do decides and applies, and returns the events.
func do(t *testing.T, c *cvd.Case, d Deed) []cvd.Event {
	t.Helper()
	evs, err := Decide(c, d, noon)
	if err != nil {
		t.Fatalf("%s: %v", d.Verb, err)
	}
	for _, ev := range evs {
		if err := c.Apply(ev); err != nil {
			t.Fatalf("%s: %v", d.Verb, err)
		}
	}
	return evs
}

func refused(t *testing.T, c *cvd.Case, d Deed, want error) {
	t.Helper()
	before := c.Clone()
	if evs, err := Decide(c, d, noon); !errors.Is(err, want) || evs != nil {
		t.Errorf("%s: %v with %d events, want %v", d.Verb, err, len(evs), want)
	}
	if diff := cmp.Diff(before, c); diff != "" {
		t.Errorf("a refused %s changed the case:\n%s", d.Verb, diff)
	}
}

func TestEmbargoKeepsTheCaseOpen(t *testing.T) {
	for _, em := range emStates {
		bound := em == cvd.EMActive || em == cvd.EMRevise
		for _, v := range []cvd.Verb{cvd.VerbClose, cvd.VerbHandOn} {
			c := caseIn(cvd.RMAccepted)
			c.EM = em
			if bound {
				refused(t, c, deed(v, bob), cvd.ErrEmbargoed)
			} else {
				do(t, c, deed(v, bob))
			}
		}
		c := caseIn(cvd.RMInvalid)
		c.EM = em
		do(t, c, deed(cvd.VerbWithdraw, rep))
		if c.Closed() == bound {
			t.Errorf("withdrawn under %s: %s", em, c.RM())
		}
		if c.Participant(cvd.Reporter).RM != cvd.RMClosed {
			t.Errorf("withdrawn under %s, but the reporter has not left", em)
		}
	}
}

func TestSecondPerson(t *testing.T) {
	start := func() (*cvd.Case, cvd.Input) {
		c := caseIn(cvd.RMReceived)
		d := deed(cvd.VerbInvalidate, ann)
		d.Second = true
		evs := do(t, c, d)
		if c.RM() != cvd.RMReceived || c.Pending == nil || c.Pending.Verb != cvd.VerbInvalidate || c.Pending.By != ann.Ref() {
			t.Fatalf("proposing moved to %s with %+v", c.RM(), c.Pending)
		}
		return c, *evs[0].Body.Input
	}
	confirm := func(by cvd.Actor, in cvd.Input) Deed { return Deed{Verb: cvd.VerbConfirm, By: by, Ruling: &in} }

	c, in := start()
	refused(t, c, confirm(ann, in), cvd.ErrNotReady)
	evs := do(t, c, confirm(bob, in))
	if c.RM() != cvd.RMInvalid || c.Pending != nil || len(evs) != 2 || evs[1].Body.Reason != in.Reason {
		t.Errorf("confirmed: %s, %+v, %d events", c.RM(), c.Pending, len(evs))
	}

	c, in = start()
	alone := confirm(ann, in)
	alone.Alone = true
	if evs := do(t, c, alone); !strings.Contains(evs[0].Body.Reason, "single-handed") || c.RM() != cvd.RMInvalid {
		t.Errorf("alone: %s, %q", c.RM(), evs[0].Body.Reason)
	}

	c, in = start()
	do(t, c, deed(cvd.VerbRefuse, bob))
	if c.RM() != cvd.RMReceived || c.Pending != nil {
		t.Errorf("refused, but %s with %+v", c.RM(), c.Pending)
	}
	refused(t, c, confirm(bob, in), cvd.ErrNotReady)

	c, _ = start()
	refused(t, c, Deed{Verb: cvd.VerbConfirm, By: bob}, cvd.ErrNotReady) // the words of the ruling are gone
	refused(t, c, deed(cvd.VerbInvalidate, bob), cvd.ErrNotReady)        // not past the second person
	other := deed(cvd.VerbNoncompliance, bob)
	other.Second = true
	refused(t, c, other, cvd.ErrNotReady) // one ruling at a time: none is lost

	c, in = start()
	do(t, c, deed(cvd.VerbValidate, bob))
	refused(t, c, confirm(bob, in), cvd.ErrNotReady) // the case moved on

	c, _ = start()
	do(t, c, deed(cvd.VerbWithdraw, rep))
	if !c.Closed() || c.Pending != nil {
		t.Errorf("withdrawn: %s with %+v", c.RM(), c.Pending)
	}
}

// What could not be done now is not proposed either.
func TestProposalIsPossible(t *testing.T) {
	c := caseIn(cvd.RMAccepted)
	c.Facts = "VfdPxa"
	d := deed(cvd.VerbPublic, ann)
	d.Second = true
	refused(t, c, d, cvd.ErrNotReady)
}

func TestStateRules(t *testing.T) {
	for name, c := range map[string]struct {
		set  func(*cvd.Case)
		deed Deed
		want error
	}{
		"provide unasked":          {nil, deed(cvd.VerbProvide, rep), cvd.ErrNotReady},
		"acknowledge twice":        {func(c *cvd.Case) { c.Clocks = []cvd.Clock{{Kind: cvd.ClockAcknowledge, Met: noon}} }, deed(cvd.VerbAcknowledge, ann), cvd.ErrNotReady},
		"acknowledge our own":      {func(c *cvd.Case) { c.Participants = c.Participants[:1] }, deed(cvd.VerbAcknowledge, ann), cvd.ErrNotReady},
		"acknowledge who left":     {func(c *cvd.Case) { c.Participants[1].RM = cvd.RMClosed }, deed(cvd.VerbAcknowledge, ann), cvd.ErrNotReady},
		"claim a held case":        {func(c *cvd.Case) { c.Assignee = "bob" }, deed(cvd.VerbClaim, ann), cvd.ErrNotReady},
		"release a free case":      {nil, deed(cvd.VerbRelease, ann), cvd.ErrNotReady},
		"appeal twice":             {func(c *cvd.Case) { c.Flags.Appealed = true; c.Participants[0].RM = cvd.RMInvalid }, deed(cvd.VerbAppeal, rep), cvd.ErrNotReady},
		"appeal twice, closed":     {func(c *cvd.Case) { c.Flags.Appealed, c.ClosedInvalid = true, true; c.Participants[0].RM = cvd.RMClosed }, deed(cvd.VerbAppeal, rep), cvd.ErrNotReady},
		"appeal what was resolved": {func(c *cvd.Case) { c.Participants[0].RM, c.Accepted = cvd.RMClosed, noon }, deed(cvd.VerbAppeal, rep), cvd.ErrNotReady},
		"uphold without an appeal": {func(c *cvd.Case) { c.Participants[0].RM = cvd.RMInvalid }, deed(cvd.VerbUphold, ann), cvd.ErrNotReady},
		"uphold the own ruling":    {func(c *cvd.Case) { ready(c, cvd.VerbUphold).Participants[0].RM = cvd.RMInvalid }, deed(cvd.VerbUphold, ann), cvd.ErrNotReady},
		"closed as invalid":        {func(c *cvd.Case) { c.Participants[0].RM = cvd.RMDeferred }, func() Deed { d := deed(cvd.VerbClose, bob); d.In.Outcome = " Invalid"; return d }(), cvd.ErrInvalid},
		"close over an appeal":     {func(c *cvd.Case) { ready(c, cvd.VerbUphold).Participants[0].RM = cvd.RMInvalid }, deed(cvd.VerbClose, bob), cvd.ErrNotReady},
		"hand on over an appeal":   {func(c *cvd.Case) { ready(c, cvd.VerbUphold).Participants[0].RM = cvd.RMInvalid }, deed(cvd.VerbHandOn, bob), cvd.ErrNotReady},
		"emergency twice":          {func(c *cvd.Case) { c.Flags.Emergency = true }, deed(cvd.VerbEmergency, ann), cvd.ErrNotReady},
		"act without an emergency": {nil, deed(cvd.VerbAct, ann), cvd.ErrNotReady},
		"withdraw twice":           {func(c *cvd.Case) { c.Participants[1].RM = cvd.RMClosed }, deed(cvd.VerbWithdraw, rep), cvd.ErrNotReady},
		"ask nobody":               {func(c *cvd.Case) { c.Participants = c.Participants[:1] }, deed(cvd.VerbAsk, ann), cvd.ErrNotReady},
		"write to nobody":          {func(c *cvd.Case) { c.Participants = c.Participants[:1] }, deed(cvd.VerbMessage, ann), cvd.ErrNotReady},
		"postpone what rests":      {nil, deed(cvd.VerbPostpone, ann), cvd.ErrInvalid},
		"confirm nothing":          {nil, deed(cvd.VerbConfirm, ann), cvd.ErrNotReady},
		"refuse nothing":           {nil, deed(cvd.VerbRefuse, ann), cvd.ErrNotReady},
		"redact the future":        {nil, Deed{Verb: cvd.VerbRedact, By: bob, In: cvd.Input{Seq: 8, Reason: "r"}}, cvd.ErrInvalid},
		"no such verb":             {nil, Deed{Verb: "fly"}, cvd.ErrNotFound},
		"receive again":            {nil, Deed{Verb: cvd.VerbReceive}, cvd.ErrNotFound},
		"fix before acceptance":    {nil, deed(cvd.VerbFixReady, ann), cvd.ErrNotReady},
		"fix-ready twice":          {func(c *cvd.Case) { c.Participants[0].RM, c.Facts = cvd.RMAccepted, "VFdpxa" }, deed(cvd.VerbFixReady, ann), cvd.ErrNotReady},
		"an unrated vector":        {nil, Deed{Verb: cvd.VerbSeverity, By: ann, In: cvd.Input{Vector: "x"}}, cvd.ErrInvalid},
		"attach no file":           {nil, Deed{Verb: cvd.VerbAttach, By: rep}, cvd.ErrInvalid},
		"ask for nothing":          {nil, Deed{Verb: cvd.VerbAsk, By: ann}, cvd.ErrInvalid},
		"blank note":               {nil, Deed{Verb: cvd.VerbNote, By: ann, In: cvd.Input{Note: " \n"}}, cvd.ErrInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			cs := caseIn(cvd.RMReceived)
			if c.set != nil {
				c.set(cs)
			}
			refused(t, cs, c.deed, c.want)
		})
	}
}

func TestPostponeOnlyForward(t *testing.T) {
	for name, c := range map[string]struct {
		due, expected, until time.Time
		ok                   bool
	}{
		"later":                    {noon.Add(time.Hour), time.Time{}, noon.Add(2 * time.Hour), true},
		"the same":                 {noon.Add(time.Hour), time.Time{}, noon.Add(time.Hour), false},
		"before what was told":     {noon.Add(time.Hour), noon.Add(5 * time.Hour), noon.Add(2 * time.Hour), false},
		"late already, still past": {noon.Add(-48 * time.Hour), time.Time{}, noon.Add(-time.Hour), false},
	} {
		cs := caseIn(cvd.RMAccepted)
		cs.Clocks = []cvd.Clock{{Kind: cvd.ClockFix, Started: noon.Add(-72 * time.Hour), Due: c.due, Expected: c.expected}}
		d := deed(cvd.VerbPostpone, ann)
		d.In.Until = c.until
		if _, err := Decide(cs, d, noon); (err == nil) != c.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestInputFaultsAllAtOnce(t *testing.T) {
	_, err := Decide(caseIn(cvd.RMReceived), Deed{
		Verb: cvd.VerbInvalidate, By: ann, In: cvd.Input{Vector: "SECRET", To: "SECRET", Text: "SECRET", Silent: "SECRET"},
	}, noon)
	var faults cvd.Faults
	if !errors.As(err, &faults) || !errors.Is(err, cvd.ErrInvalid) {
		t.Fatalf("%v", err)
	}
	var fields []string
	for _, f := range faults {
		fields = append(fields, f.Field)
	}
	if diff := cmp.Diff([]string{"vector", "to", "reason", "silent"}, fields); diff != "" {
		t.Error(diff)
	}
	if strings.Contains(err.Error(), "SECRET") {
		t.Errorf("the fault repeats what was sent: %v", err)
	}
}

func TestWhoHears(t *testing.T) {
	internal := caseIn(cvd.RMReceived)
	internal.Participants = internal.Participants[:1]
	silent := deed(cvd.VerbValidate, ann)
	silent.In.Silent = "asked not to be told"
	for name, c := range map[string]struct {
		c       *cvd.Case
		d       Deed
		tell    cvd.Telling
		silence string
	}{
		"a verb":              {caseIn(cvd.RMReceived), deed(cvd.VerbValidate, ann), cvd.TellReporter, ""},
		"a reason for none":   {caseIn(cvd.RMReceived), silent, cvd.TellNobody, "asked not to be told"},
		"an internal finding": {internal, deed(cvd.VerbValidate, ann), cvd.TellNobody, silentInternal},
		"a note":              {caseIn(cvd.RMReceived), deed(cvd.VerbNote, ann), cvd.TellTeam, ""},
		"an erasure":          {caseIn(cvd.RMClosed), deed(cvd.VerbErase, bob), cvd.TellNobody, "because"},
	} {
		evs := do(t, c.c, c.d)
		if evs[0].Tell != c.tell || evs[0].Body.Silence != c.silence {
			t.Errorf("%s tells %q, silence %q", name, evs[0].Tell, evs[0].Body.Silence)
		}
	}
}

func TestMarks(t *testing.T) {
	c := caseIn(cvd.RMReceived)
	do(t, c, deed(cvd.VerbMessage, rep))
	if !c.Flags.Unread || c.Replied {
		t.Errorf("after the reporter's message: %+v, replied %v", c.Flags, c.Replied)
	}
	do(t, c, deed(cvd.VerbMessage, bot))
	if !c.Flags.Unread || c.Replied {
		t.Errorf("a machine's message counts as a person's: %+v, replied %v", c.Flags, c.Replied)
	}
	do(t, c, deed(cvd.VerbClaim, ann))
	if !c.Flags.Unread {
		t.Error("to take the case is no answer")
	}
	do(t, c, deed(cvd.VerbRelease, ann))
	if !c.Flags.Unread {
		t.Error("to give the case back is no answer")
	}
	do(t, c, deed(cvd.VerbMessage, ann))
	if c.Flags.Unread || !c.Replied {
		t.Errorf("after the member's message: %+v, replied %v", c.Flags, c.Replied)
	}
	do(t, c, deed(cvd.VerbClaim, ann))
	if c.Assignee != "ann" {
		t.Errorf("claimed by %q", c.Assignee)
	}
	do(t, c, deed(cvd.VerbRelease, ann))
	if c.Assignee != "" {
		t.Errorf("released, but held by %q", c.Assignee)
	}
	urgent := deed(cvd.VerbSeverity, ann)
	urgent.Urgent = true
	do(t, c, urgent)
	if c.Band != cvd.BandHigh || c.Score == nil || !c.Flags.Emergency {
		t.Errorf("rated: %q %v %+v", c.Band, c.Score, c.Flags)
	}
	do(t, c, deed(cvd.VerbInvite, ann))
	if p := c.Participant("fixer-carl"); p == nil || p.Member != "carl" {
		t.Errorf("invited: %+v", p)
	}
	do(t, c, deed(cvd.VerbAttach, rep))
	do(t, c, deed(cvd.VerbPrivacy, ann))
	if c.Files != 1 || !c.Flags.Privacy {
		t.Errorf("%d files, %+v", c.Files, c.Flags)
	}
}

func TestOutcome(t *testing.T) {
	for _, c := range []struct {
		from cvd.RM
		verb cvd.Verb
		out  string
		want string
	}{
		{cvd.RMAccepted, cvd.VerbClose, "", "resolved"},
		{cvd.RMInvalid, cvd.VerbClose, "", "invalid"},
		{cvd.RMDeferred, cvd.VerbClose, "", "deferred"},
		{cvd.RMAccepted, cvd.VerbClose, "duplicate", "duplicate"},
		{cvd.RMValid, cvd.VerbHandOn, "", "handed on"},
		{cvd.RMReceived, cvd.VerbWithdraw, "", "withdrawn"},
	} {
		cs := caseIn(c.from)
		d := deed(c.verb, bob)
		d.In.Outcome = c.out
		if do(t, cs, d); !cs.Closed() || cs.Outcome != c.want {
			t.Errorf("%s from %s: %s, %q", c.verb, c.from, cs.RM(), cs.Outcome)
		}
	}
}

func TestOpen(t *testing.T) {
	o := Opening{ID: "FL-2026-2222222", Program: "site", Policy: 2, Received: noon.Add(-time.Hour), Channel: "phone", By: ann}
	o.Report = &cvd.Report{Description: " \n\t"}
	if _, err := Open(o, noon); !errors.Is(err, cvd.ErrInvalid) {
		t.Errorf("an empty description: %v", err)
	}
	o.Report = &cvd.Report{Description: "it breaks", SensitiveDataSeen: "yes"}
	for _, internal := range []bool{false, true} {
		o.Internal = internal
		evs, err := Open(o, noon)
		if err != nil {
			t.Fatal(err)
		}
		neverSilent(t, evs[0])
		c, err := cvd.Replay(evs)
		if err != nil {
			t.Fatal(err)
		}
		if c.RM() != cvd.RMReceived || c.Facts != "Vfdpxa" || !c.Created.Equal(o.Received) || !c.Flags.Privacy || c.Policy != 2 {
			t.Errorf("opened as %+v", c)
		}
		if c.HasReporter() == internal || c.Flags.Internal != internal || c.Flags.Unread == internal {
			t.Errorf("internal %v: %+v", internal, c.Flags)
		}
	}
}

func TestClocksOfACase(t *testing.T) {
	c := caseIn(cvd.RMAccepted)
	c.Clocks = []cvd.Clock{
		{Kind: cvd.ClockAcknowledge, Due: noon, Met: noon},
		{Kind: cvd.ClockAfterAction, Due: noon.Add(time.Hour)},
		{Kind: cvd.ClockVerify, Due: noon.Add(2 * time.Hour), Expected: noon.Add(9 * time.Hour), Breached: noon, Target: true},
		{Kind: cvd.ClockUpdate, Due: noon.Add(3 * time.Hour)},
		{Kind: cvd.ClockFix, Due: noon.Add(time.Minute), Paused: noon},
	}
	if k := c.NextPromise(); k == nil || k.Kind != cvd.ClockUpdate {
		t.Errorf("next promise %+v", k)
	}
	if k := c.NextDue(); k == nil || k.Kind != cvd.ClockAfterAction {
		t.Errorf("next due %+v", k)
	}
	if !c.Paused() || c.Breached() || c.Awaiting() {
		t.Errorf("paused %v, breached %v, awaiting %v", c.Paused(), c.Breached(), c.Awaiting())
	}
	c.Clocks[3].Breached = noon
	if !c.Breached() {
		t.Error("a broken promise is not seen")
	}
	if (&cvd.Case{}).NextPromise() != nil || (&cvd.Case{}).RM() != cvd.RMStart {
		t.Error("an empty case promises something")
	}
}

// Blanks are nothing: no silence without a reason, no answer without words.
func TestBlanksAreNothing(t *testing.T) {
	for _, spec := range Specs {
		for _, from := range states {
			c := ready(caseIn(from), spec.Verb)
			d := deed(spec.Verb, ann)
			d.In.Silent, d.In.Missing = " \t\n", append(d.In.Missing, " ")
			evs, err := Decide(c, d, noon)
			if err != nil {
				continue
			}
			for i := range evs {
				neverSilent(t, evs[i])
				if evs[i].Body != nil && strings.Contains(strings.Join(evs[i].Body.Missing, "|"), " ") {
					t.Errorf("%s asks for a blank", spec.Verb)
				}
			}
		}
	}
	c := caseIn(cvd.RMReceived)
	refused(t, c, Deed{Verb: cvd.VerbAsk, By: ann, In: cvd.Input{Missing: []string{" "}}}, cvd.ErrInvalid)
	refused(t, c, Deed{Verb: cvd.VerbHandOn, By: ann, In: cvd.Input{To: " ", Reason: "not ours"}}, cvd.ErrInvalid)
	if evs := do(t, c, Deed{Verb: cvd.VerbAcknowledge, By: ann, In: cvd.Input{Text: "\n "}}); evs[0].Body.Text != "" {
		t.Error("a blank text counts as words")
	}
}

// Words that are redacted are gone from what the case knows too, but a person
// is not forgotten with them.
func TestRedactionForgetsWhatWasLearned(t *testing.T) {
	evs, err := Open(Opening{
		ID: "FL-2026-2222222", Program: "site", Policy: 1, Received: noon, Channel: "web", By: cvd.Stranger,
		Report: &cvd.Report{Title: "secret", Description: "secret", Product: "secret", Version: "secret"}, Contact: &cvd.Contact{Name: "Rea"},
	}, noon)
	if err != nil {
		t.Fatal(err)
	}
	c, err := cvd.Replay(evs)
	if err != nil {
		t.Fatal(err)
	}
	do(t, c, Deed{Verb: cvd.VerbAsk, By: ann, In: cvd.Input{Missing: []string{"secret"}}})
	for _, seq := range []int64{1, 2} {
		d := deed(cvd.VerbRedact, ann)
		d.In.Seq = seq
		do(t, c, d)
	}
	if c.Title != "" || c.Product != "" || c.Affects != "" || c.Missing != nil {
		t.Errorf("still known: %+v", c)
	}
	if p := c.Participant(cvd.Reporter); p.Contact == nil || p.Contact.Name != "Rea" {
		t.Error("the reporter was forgotten with the words")
	}
}

// A member's machine is not a second person to the member.
func TestAMachineOfTheSameMemberConfirmsNothing(t *testing.T) {
	c := caseIn(cvd.RMReceived)
	machine := cvd.Actor{Kind: cvd.ActorMachine, ID: ann.ID, Roles: ann.Roles}
	do(t, c, Deed{Verb: cvd.VerbNoncompliance, By: machine, Second: true, In: cvd.Input{Reason: "x", Clauses: []string{"x"}}})
	if _, err := Decide(c, Deed{Verb: cvd.VerbConfirm, By: ann}, c.Updated); !errors.Is(err, cvd.ErrNotReady) {
		t.Errorf("the member behind the machine could confirm: %v", err)
	}
}

// The ruling "not valid" can be appealed once, whatever ends the case, and so can an end
// without ever being accepted; where it was accepted, or the reporter left, there is
// nothing to appeal.
func TestAppealOutlivesTheCase(t *testing.T) {
	for name, c := range map[string]struct {
		verbs []Deed
		may   bool
	}{
		"closed":              {[]Deed{deed(cvd.VerbInvalidate, ann), deed(cvd.VerbClose, bob)}, true},
		"handed on":           {[]Deed{deed(cvd.VerbInvalidate, ann), deed(cvd.VerbHandOn, bob)}, true},
		"never ruled on":      {[]Deed{deed(cvd.VerbHandOn, bob)}, true},
		"valid, handed on":    {[]Deed{deed(cvd.VerbValidate, ann), deed(cvd.VerbHandOn, bob)}, true},
		"valid, put off":      {[]Deed{deed(cvd.VerbValidate, ann), deed(cvd.VerbDefer, ann), deed(cvd.VerbClose, bob)}, true},
		"accepted":            {[]Deed{deed(cvd.VerbValidate, ann), deed(cvd.VerbAccept, ann), deed(cvd.VerbDefer, ann), deed(cvd.VerbClose, bob)}, false},
		"used before":         {[]Deed{deed(cvd.VerbInvalidate, ann), deed(cvd.VerbAppeal, rep), deed(cvd.VerbUphold, bob), deed(cvd.VerbClose, bob)}, false},
		"left":                {[]Deed{deed(cvd.VerbInvalidate, ann), deed(cvd.VerbWithdraw, rep)}, false},
		"ruled valid in time": {[]Deed{deed(cvd.VerbInvalidate, ann), deed(cvd.VerbValidate, ann), deed(cvd.VerbAccept, ann), deed(cvd.VerbClose, bob)}, false},
	} {
		t.Run(name, func(t *testing.T) {
			cs := caseIn(cvd.RMReceived)
			for _, d := range c.verbs {
				do(t, cs, d)
			}
			if got := Appealable(cs); got != c.may || Possible(cs, cvd.VerbAppeal, rep) != c.may {
				t.Fatalf("it may be appealed: %v, want %v", got, c.may)
			}
			if !c.may {
				refused(t, cs, deed(cvd.VerbAppeal, rep), cvd.ErrNotReady)
				return
			}
			d := deed(cvd.VerbAppeal, rep)
			d.Link = &cvd.Link{Kind: cvd.LinkSucceededBy, Case: "FL-2026-3333333"}
			if evs := do(t, cs, d); len(evs) != 1 || !cs.Flags.Appealed || len(cs.Links) != 1 || !cs.Closed() {
				t.Errorf("%d events, %+v, links %v, %s", len(evs), cs.Flags, cs.Links, cs.RM())
			}
			refused(t, cs, d, cvd.ErrNotReady)
		})
	}
}

// Two pairs of eyes are two people: whoever made what something was proposed by, a token
// for another or a link, is no second person for it, and neither is who came by what the
// proposer made.
func TestWhoIsASecondPerson(t *testing.T) {
	through := func(a, by cvd.Actor) cvd.Actor { a.Through = by.Ref(); return a }
	machine := func(a cvd.Actor) cvd.Actor { a.Kind = cvd.ActorMachine; return a }
	cid := cvd.Actor{Kind: cvd.ActorMember, ID: "cid", Name: "Cid", Roles: ann.Roles}
	for name, c := range map[string]struct {
		by, second cvd.Actor
		may        bool
		hands      []string // of the ruling, beside who confirmed it
	}{
		"another":                        {ann, bob, true, []string{"member/ann"}},
		"the same":                       {ann, ann, false, nil},
		"their machine":                  {machine(ann), ann, false, nil},
		"another's machine":              {machine(ann), bob, true, []string{"machine/ann"}},
		"a machine that they made":       {through(machine(ann), bob), bob, false, nil},
		"a machine in their name":        {through(machine(ann), bob), ann, false, nil},
		"a machine that somebody made":   {through(machine(ann), bob), cid, true, []string{"machine/ann", "member/bob"}},
		"a link that they made":          {through(ann, bob), bob, false, nil},
		"a link that the proposer made":  {bob, through(ann, bob), false, nil},
		"links that one made":            {through(ann, cid), through(bob, cid), false, nil},
		"a link that somebody else made": {ann, through(bob, cid), true, []string{"member/ann", "member/cid"}},
	} {
		t.Run(name, func(t *testing.T) {
			cs := caseIn(cvd.RMReceived)
			d := deed(cvd.VerbInvalidate, c.by)
			d.Second = true
			evs := do(t, cs, d)
			yes := Deed{Verb: cvd.VerbConfirm, By: c.second, Ruling: evs[0].Body.Input}
			if Proposer(cs, c.second) == c.may {
				t.Errorf("they count as who proposed it: %v", !c.may)
			}
			if !c.may {
				refused(t, cs, yes, cvd.ErrNotReady)
				return
			}
			evs = do(t, cs, yes)
			if diff := cmp.Diff(c.hands, evs[1].Hands); diff != "" || cs.Ruled != c.second.Ref() {
				t.Errorf("ruled by %s and (-want +got)\n%s", cs.Ruled, diff)
			}
			for _, a := range []cvd.Actor{c.by, c.second, {Kind: cvd.ActorMember, ID: idOf(c.by.Through)}, {Kind: cvd.ActorMember, ID: idOf(c.second.Through)}} {
				if a.ID != "" && !Ruler(cs, a) {
					t.Errorf("%s had a hand in it", a.Ref())
				}
			}
			// None of them answers the appeal but where nobody else could, and then it says so.
			do(t, cs, deed(cvd.VerbAppeal, rep))
			refused(t, cs, deed(cvd.VerbUphold, c.by), cvd.ErrNotReady)
			last := deed(cvd.VerbUphold, c.second)
			refused(t, cs, last, cvd.ErrNotReady)
			last.Alone = true
			if evs := do(t, cs, last); !strings.Contains(evs[0].Body.Note, "no hand in the ruling") {
				t.Errorf("answered as %q", evs[0].Body.Note)
			}
		})
	}
	// What was written before said nothing of it, and reads as it did.
	old := caseIn(cvd.RMInvalid)
	old.Ruled = ann.Ref()
	if !Ruler(old, ann) || Ruler(old, bob) {
		t.Error("an old ruling is not who made it")
	}
}

func idOf(ref string) string { _, id, _ := strings.Cut(ref, "/"); return id }

// What somebody does by what a colleague made for them is no word of theirs.
func TestALentWordIsNoHumanWord(t *testing.T) {
	c := caseIn(cvd.RMReceived)
	lent := ann
	lent.Through = bob.Ref()
	evs := do(t, c, Deed{Verb: cvd.VerbMessage, By: lent, In: cvd.Input{Text: "We look at it."}})
	if evs[0].Human || c.Replied || len(evs[0].Hands) != 1 || evs[0].Hands[0] != bob.Ref() {
		t.Errorf("%+v, replied %v", evs[0].Head, c.Replied)
	}
}

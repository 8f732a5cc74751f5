package cvd

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Deed is a verb with everything it needs to be decided without a store.
type Deed struct {
	Verb Verb
	In   Input
	By   Actor
	// Score is what In.Vector was rated to.
	Score *Score
	// File is an attachment whose bytes are already kept.
	File *Attachment
	// Second asks that another member confirm before anything moves.
	Second bool
	// Alone allows the one who proposed a ruling to confirm it, because no
	// other active member exists; it is recorded as single-handed.
	Alone bool
	// Urgent opens the emergency lane along with the verb.
	Urgent bool
	// Entrusts says that who gives the case away may open its files, and so may
	// whoever gets it.
	Entrusts bool
	// Link is the other case, for a successor.
	Link *Link
	// Ruling is the input of the pending ruling, for confirm.
	Ruling *Input
}

// Decide says what a deed does to a case now, or why it may not be done. It is
// pure: asked twice, it says the same. It leaves the clocks to the deadline
// rules and never changes the case.
func Decide(c *Case, d Deed, now time.Time) ([]Event, error) {
	spec := SpecOf(d.Verb)
	if spec == nil || d.Verb == VerbReceive {
		return nil, fmt.Errorf("%w: no such verb", ErrNotFound)
	}
	d.In = d.In.tidy()
	walk, ok := spec.Walk[c.RM()]
	state := notFrom(c, spec)
	if ok {
		state = checkState(c, d, now)
	}
	var more Faults
	errors.As(state, &more)
	if wrong := checkInput(spec, d).And(more); len(wrong) > 0 {
		return nil, wrong
	}
	if state != nil {
		return nil, state
	}
	if d.Verb == VerbConfirm {
		return confirm(c, d, now)
	}
	if spec.Leaves && c.Embargoed() {
		walk = nil // the reporter may leave, but the case is not closed under an embargo
	}
	ev := start(c, spec, d, now)
	if err := walkAll(c, &ev, spec, walk); err != nil {
		return nil, err
	}
	if d.Second { // only now: what could not be done is not proposed either
		return []Event{propose(c, d, now)}, nil
	}
	mark(c, &ev, d)
	return []Event{ev}, nil
}

// Possible tells whether the verb could be done to the case now by this actor,
// given the input it needs.
func Possible(c *Case, v Verb, by Actor) bool {
	spec := SpecOf(v)
	if spec == nil {
		return false
	}
	if _, ok := spec.Walk[c.RM()]; !ok {
		return false
	}
	if len(spec.Facts) > 0 {
		if _, err := c.Facts.Next(spec.Facts[0]); err != nil {
			return false
		}
	}
	if spec.Tell == TellReporter && v == VerbMessage && !c.HasReporter() {
		return false
	}
	d := Deed{Verb: v, By: by}
	switch v {
	case VerbPostpone, VerbRedact: // depend on what is named
		return true
	case VerbClaim:
		return c.Assignee != by.ID
	}
	return checkState(c, d, c.Updated) == nil
}

// checkInput refuses members that the verb does not take and misses those it
// needs, all at once.
func checkInput(spec *Spec, d Deed) Faults {
	var faults Faults
	in := d.In
	given := in.given()
	for _, name := range given {
		if !slices.Contains(spec.Takes, name) {
			faults = append(faults, Fault{name, fmt.Sprintf("is not taken by %s", spec.Verb), "leave it out"})
		}
	}
	for _, name := range spec.Needs {
		if !slices.Contains(given, name) {
			faults = append(faults, Fault{name, fmt.Sprintf("is needed by %s", spec.Verb), "give it"})
		}
	}
	if spec.Verb == VerbAsk && in.Text == "" && len(in.Missing) == 0 {
		faults = append(faults, Fault{"missing", "nothing is asked for", "list what is missing, or write it as text"})
	}
	if spec.Verb == VerbSeverity && in.Vector != "" && d.Score == nil {
		faults = append(faults, Fault{"vector", "was not rated", "give a CVSS vector that can be rated"})
	}
	if spec.Verb == VerbAttach && d.File == nil {
		faults = append(faults, Fault{"file", "is missing", "send a file"})
	}
	if in.Silent != "" && in.Text != "" {
		faults = append(faults, Fault{"silent", "a text to the reporter and a reason for silence exclude each other", "give one of them"})
	}
	return faults
}

// tidy takes blanks for nothing, so that no reason for silence and no word to
// the reporter is one that cannot be read.
func (in Input) tidy() Input {
	for _, s := range []*string{&in.Text, &in.Note, &in.Reason, &in.Silent, &in.Vector, &in.To, &in.Outcome} {
		if strings.TrimSpace(*s) == "" {
			*s = ""
		}
	}
	blank := func(s string) bool { return strings.TrimSpace(s) == "" }
	if slices.ContainsFunc(in.Missing, blank) {
		in.Missing = slices.DeleteFunc(slices.Clone(in.Missing), blank)
	}
	return in
}

// given names the members that hold something.
func (in Input) given() []string {
	var out []string
	has := func(name string, ok bool) {
		if ok {
			out = append(out, name)
		}
	}
	has("text", in.Text != "")
	has("note", in.Note != "")
	has("reason", in.Reason != "")
	has("silent", in.Silent != "")
	has("clauses", len(in.Clauses) > 0)
	has("missing", len(in.Missing) > 0)
	has("vector", in.Vector != "")
	has("to", in.To != "")
	has("outcome", in.Outcome != "")
	has("clock", in.Clock != "")
	has("until", !in.Until.IsZero())
	has("seq", in.Seq != 0)
	has("contact", in.Contact != nil)
	return out
}

func notFrom(c *Case, spec *Spec) error {
	if c.Closed() {
		return fmt.Errorf("%w: the case is closed, and that is final; new evidence opens a successor", ErrNotReady)
	}
	var from []string
	for _, s := range rmStates {
		if _, ok := spec.Walk[s]; ok {
			from = append(from, string(s))
		}
	}
	return fmt.Errorf("%w: the case is %s; %s needs it to be %s", ErrNotReady, c.RM(), spec.Verb, strings.Join(from, " or "))
}

// checkState holds the rules that depend on more than the RM state.
func checkState(c *Case, d Deed, now time.Time) error {
	if c.Embargoed() && (d.Verb == VerbClose || d.Verb == VerbHandOn) {
		return fmt.Errorf("%w: a case under an active embargo is deferred, not closed", ErrEmbargoed)
	}
	refuse := func(why string) error { return fmt.Errorf("%w: %s", ErrNotReady, why) }
	reporter := c.Participant(Reporter)
	switch d.Verb {
	case VerbProvide:
		if !c.Awaiting() {
			return refuse("no information is being waited for; send a message instead")
		}
	case VerbAcknowledge:
		if k := c.Clock(ClockAcknowledge); k != nil && !k.Met.IsZero() {
			return refuse("already acknowledged")
		}
	case VerbClaim:
		if c.Assignee != "" && (c.Assignee == d.In.To || (d.In.To == "" && c.Assignee == d.By.ID)) {
			return refuse("they hold the case already")
		}
		if c.Assignee != "" && c.Assignee != d.By.ID && d.In.To == "" {
			return refuse("somebody else holds the case; name them in \"to\" to take it over, or ask them to release it")
		}
	case VerbRelease:
		if c.Assignee == "" {
			return refuse("nobody holds the case")
		}
	case VerbAppeal:
		if c.Flags.Appealed {
			return refuse("the one appeal was used")
		}
	case VerbConfirm, VerbRefuse:
		return checkPending(c, d)
	case VerbEmergency:
		if c.Flags.Emergency {
			return refuse("the emergency lane is open already")
		}
	case VerbAct, VerbAfterAction:
		if !c.Flags.Emergency {
			return refuse("the emergency lane is not open")
		}
	case VerbWithdraw:
		if reporter == nil || reporter.RM == RMClosed {
			return refuse("the reporter has left already")
		}
	case VerbAsk, VerbContact, VerbForget, VerbReissue:
		if reporter == nil {
			return refuse("the case has no reporter")
		}
	case VerbPostpone:
		return checkPostpone(c, d, now)
	case VerbRedact:
		if d.In.Seq < 1 || d.In.Seq > c.Version {
			return Faults{{"seq", "no such event in this case", "give the number of the event whose words are to go"}}
		}
	}
	if c.Pending != nil && (d.Second || c.Pending.Verb == d.Verb) {
		return refuse("a ruling already waits for a second person; confirm or refuse it first")
	}
	return nil
}

func checkPostpone(c *Case, d Deed, now time.Time) error {
	var faults Faults
	k := c.Clock(d.In.Clock)
	if k == nil || !k.Running() {
		k = &Clock{}
		faults = Faults{{"clock", "no such promise is running", "name one that is"}}
	}
	if !d.In.Until.After(k.Told()) || !d.In.Until.After(now) {
		faults = append(faults, Fault{"until", "is not later than now and than the date the reporter was told", "give a later instant"})
	}
	return faults.Err()
}

// start builds the event without its arrows.
func start(c *Case, spec *Spec, d Deed, now time.Time) Event {
	in := d.In
	ev := Event{
		Head: Head{
			Case: c.ID, Seq: c.Version + 1, Type: spec.Event, V: 1, At: now,
			Actor: d.By.Ref(), Human: d.By.Human(), Tell: spec.Tell,
		},
		Body: &Body{
			Text: in.Text, Note: in.Note, Reason: in.Reason, Clauses: in.Clauses, Missing: in.Missing,
			To: in.To, Clock: in.Clock, Until: in.Until, Outcome: in.Outcome, Contact: in.Contact,
			Score: d.Score, File: d.File,
		},
	}
	if ev.Tell == TellReporter {
		switch {
		case !c.HasReporter():
			ev.Tell, ev.Body.Silence = TellNobody, silentInternal
		case !c.Waited() && d.By.Kind != ActorReporter && d.Verb != VerbMessage && d.Verb != VerbReissue:
			ev.Tell, ev.Body.Silence = TellNobody, "the reporter has withdrawn"
		case in.Silent != "":
			ev.Tell, ev.Body.Silence = TellNobody, in.Silent
		}
	}
	if ev.Tell == TellNobody && ev.Body.Silence == "" {
		ev.Body.Silence = in.Reason
	}
	return ev
}

// walkAll writes the verb's arrows into the event.
func walkAll(c *Case, ev *Event, spec *Spec, deeds []string) error {
	rm := c.RM()
	for _, do := range deeds {
		to, err := rm.Next(do)
		if err != nil {
			return err
		}
		ev.Arrows = append(ev.Arrows, Arrow{MachineRM, Vendor, string(rm), do, string(to)})
		rm = to
	}
	facts := c.Facts
	for i, f := range spec.Facts {
		if i > 0 && facts.Has(f) {
			continue
		}
		to, err := facts.Next(f)
		if err != nil {
			return err
		}
		ev.Arrows = append(ev.Arrows, Arrow{MachineCS, "", string(facts), f, string(to)})
		facts = to
	}
	if p := c.Participant(Reporter); spec.Leaves && p != nil {
		to, err := p.RM.Next("close")
		if err != nil {
			return err
		}
		ev.Arrows = append(ev.Arrows, Arrow{MachineRM, Reporter, string(p.RM), "close", string(to)})
	}
	return nil
}

// mark sets the open facts that belong to single verbs.
func mark(c *Case, ev *Event, d Deed) {
	flags := c.Flags
	flags.Unread = d.By.Kind == ActorReporter || (flags.Unread && d.By.Kind != ActorMember)
	switch d.Verb {
	case VerbClaim:
		to := d.By.ID
		if d.In.To != "" {
			to = d.In.To
		}
		ev.Assignee, ev.Entrusts = &to, d.Entrusts
	case VerbRelease:
		nobody := ""
		ev.Assignee = &nobody
	case VerbSeverity:
		ev.Band = &d.Score.Band
	case VerbAppeal:
		flags.Appealed = true
	case VerbEmergency:
		flags.Emergency = true
	case VerbPrivacy:
		flags.Privacy = true
	case VerbRefuse:
		ev.Pending = &Pending{}
	case VerbRedact:
		ev.Redacts = d.In.Seq
		if p := c.Participant(Reporter); p != nil && c.Sources.Contact == d.In.Seq {
			// The contact came with the words that go, and is not forgotten with them.
			ev.Body.Contact = p.Contact
		}
	case VerbForget:
		ev.Forgets = Reporter
	case VerbInvite:
		ev.Joined = []Participant{{ID: ParticipantID("fixer-" + d.In.To), Roles: []ParticipantRole{AsFixer}, RM: RMAccepted, Consent: ConsentNone, Member: d.In.To}}
	case VerbSuccessor:
		ev.Link = d.Link
	case VerbClose, VerbHandOn, VerbWithdraw:
		ev.Body.Outcome = outcome(c, d)
	}
	if c.Pending != nil && slices.ContainsFunc(ev.Arrows, endsCase) {
		ev.Pending = &Pending{}
	}
	flags.Emergency = flags.Emergency || d.Urgent
	if flags != c.Flags {
		ev.Flags = &flags
	}
}

// endsCase tells whether the arrow closes the case; no ruling outlives that.
func endsCase(a Arrow) bool {
	return a.Machine == MachineRM && a.Participant == Vendor && a.To == string(RMClosed)
}

func outcome(c *Case, d Deed) string {
	switch {
	case d.In.Outcome != "":
		return d.In.Outcome
	case d.Verb == VerbHandOn:
		return "handed on"
	case d.Verb == VerbWithdraw:
		return "withdrawn"
	case c.RM() == RMInvalid:
		return "invalid"
	case c.RM() == RMDeferred:
		return "deferred"
	}
	return "resolved"
}

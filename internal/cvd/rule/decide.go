package rule

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"fairlead/internal/cvd"
)

// Deed is a verb with everything it needs to be decided without a store.
type Deed struct {
	Verb cvd.Verb
	In   cvd.Input
	By   cvd.Actor
	// Score is what In.Vector was rated to.
	Score *cvd.Score
	// File is an attachment whose bytes are already kept.
	File *cvd.Attachment
	// Second asks that another member confirm before anything moves.
	Second bool
	// Alone allows the one who proposed a ruling to confirm it, and the one who ruled
	// to answer the appeal, because no other active member exists; it is recorded as
	// single-handed.
	Alone bool
	// Urgent opens the emergency lane along with the verb.
	Urgent bool
	// Entrusts says that who gives the case away may open its files, and so may
	// whoever gets it.
	Entrusts bool
	// Link is the other case, for a successor and for the appeal that opens one.
	Link *cvd.Link
	// Advisory is the id that a first draft gets.
	Advisory cvd.AdvisoryID
	// Public says of what is published that anybody may read it.
	Public bool
	// Two says that a second person confirmed it, or somebody single-handed.
	Two bool
	// Hands are the actor references of who proposed what By confirms.
	Hands []string
	// Held is the body of the event that the input names, for admit and trust-key.
	Held *cvd.Body
	// Ruling is the input of the pending ruling, for confirm.
	Ruling *cvd.Input
}

// Decide says what a deed does to a case now, or why it may not be done. It is
// pure: asked twice, it says the same. It leaves the clocks to the deadline
// rules and never changes the case.
func Decide(c *cvd.Case, d Deed, now time.Time) ([]cvd.Event, error) {
	spec := SpecOf(d.Verb)
	if spec == nil || d.Verb == cvd.VerbReceive {
		return nil, fmt.Errorf("%w: no such verb", cvd.ErrNotFound)
	}
	d.In = tidy(d.In)
	walk, ok := spec.Walk[c.RM()]
	state := notFrom(c, spec)
	if ok {
		state = checkState(c, d, now)
	}
	var more cvd.Faults
	errors.As(state, &more)
	if wrong := checkInput(spec, d).And(more); len(wrong) > 0 {
		return nil, wrong
	}
	if state == nil {
		state = checkMail(d)
	}
	if state != nil {
		return nil, state
	}
	if d.Verb == cvd.VerbConfirm {
		return confirm(c, d, now)
	}
	if spec.Leaves && c.Embargoed() {
		walk = nil // the reporter may leave, but the case is not closed under an embargo
	}
	ev := start(c, spec, d, now)
	if err := walkAll(c, &ev, spec, walk, d); err != nil {
		return nil, err
	}
	if d.Second { // only now: what could not be done is not proposed either
		return []cvd.Event{propose(c, d, now)}, nil
	}
	mark(c, &ev, d)
	return append([]cvd.Event{ev}, follow(c, &ev, d)...), nil
}

func notFrom(c *cvd.Case, spec *Spec) error {
	if spec.Verb == cvd.VerbAppeal && c.Flags.Appealed {
		return refuse("the one appeal was used")
	}
	if c.Closed() {
		return fmt.Errorf("%w: the case is closed, and that is final; new evidence opens a successor", cvd.ErrNotReady)
	}
	var from []string
	for _, s := range states {
		if _, ok := spec.Walk[s]; ok {
			from = append(from, string(s))
		}
	}
	return fmt.Errorf("%w: the case is %s; %s needs it to be %s", cvd.ErrNotReady, c.RM(), spec.Verb, strings.Join(from, " or "))
}

// checkState holds the rules that depend on more than the RM state.
func checkState(c *cvd.Case, d Deed, now time.Time) error {
	if c.Embargoed() && (d.Verb == cvd.VerbClose || d.Verb == cvd.VerbHandOn) {
		return fmt.Errorf("%w: a case under an active embargo is deferred, not closed", cvd.ErrEmbargoed)
	}
	reporter := c.Participant(cvd.Reporter)
	switch d.Verb {
	case cvd.VerbProvide:
		if !c.Awaiting() {
			return refuse("no information is being waited for; send a message instead")
		}
	case cvd.VerbAcknowledge:
		if err := checkAcknowledge(c); err != nil {
			return err
		}
	case cvd.VerbClaim:
		if err := checkClaim(c, d); err != nil {
			return err
		}
	case cvd.VerbRelease:
		if c.Assignee == "" {
			return refuse("nobody holds the case")
		}
	case cvd.VerbAppeal, cvd.VerbUphold, cvd.VerbClose, cvd.VerbHandOn:
		if err := checkAppeal(c, d); err != nil {
			return err
		}
	case cvd.VerbConfirm, cvd.VerbRefuse:
		return checkPending(c, d)
	case cvd.VerbEmergency, cvd.VerbAct, cvd.VerbAfterAction:
		if err := checkLane(c, d); err != nil {
			return err
		}
	case cvd.VerbWithdraw:
		if reporter == nil || reporter.RM == cvd.RMClosed {
			return refuse("the reporter has left already")
		}
	case cvd.VerbAsk, cvd.VerbMessage, cvd.VerbContact, cvd.VerbForget, cvd.VerbReissue:
		if reporter == nil {
			return refuse("the case has no reporter")
		}
	case cvd.VerbNameParty, cvd.VerbDropParty:
		return checkParty(c, d)
	case cvd.VerbPostpone:
		return checkPostpone(c, d, now)
	case cvd.VerbAdmit, cvd.VerbDismiss, cvd.VerbReached, cvd.VerbTrustKey:
		return checkPost(c, d)
	case cvd.VerbRedact:
		if d.In.Seq < 1 || d.In.Seq > c.Version {
			return cvd.Faults{{Field: "seq", Problem: "no such event in this case", Remedy: "give the number of the event whose words are to go"}}
		}
	}
	if err := releasable(c, d, now); err != nil {
		return err
	}
	if c.Pending != nil && (d.Second || (c.Pending.Verb == d.Verb && d.By.Kind != cvd.ActorSystem)) {
		return refuse("a ruling already waits for a second person; confirm or refuse it first")
	}
	return nil
}

func checkLane(c *cvd.Case, d Deed) error {
	switch {
	case d.Verb == cvd.VerbEmergency && c.Flags.Emergency:
		return refuse("the emergency lane is open already")
	case d.Verb != cvd.VerbEmergency && !c.Flags.Emergency:
		return refuse("the emergency lane is not open")
	}
	return nil
}

func checkClaim(c *cvd.Case, d Deed) error {
	switch {
	case c.Assignee == "":
	case c.Assignee == d.In.To || (d.In.To == "" && c.Assignee == d.By.ID):
		return refuse("they hold the case already")
	case c.Assignee != d.By.ID && d.In.To == "":
		return refuse("somebody else holds the case; name them in \"to\" to take it over, or ask them to release it")
	}
	return nil
}

func refuse(why string) error { return fmt.Errorf("%w: %s", cvd.ErrNotReady, why) }

func checkPostpone(c *cvd.Case, d Deed, now time.Time) error {
	var faults cvd.Faults
	k := c.Clock(d.In.Clock)
	switch {
	case d.In.Clock == cvd.ClockRelease:
		return cvd.Faults{{Field: "clock", Problem: "the date of a release moves with its schedule", Remedy: "schedule the release anew"}}
	case k == nil || !k.Running():
		k = &cvd.Clock{}
		faults = cvd.Faults{{Field: "clock", Problem: "no such promise is running", Remedy: "name one that is"}}
	}
	if !d.In.Until.After(k.Told()) || !d.In.Until.After(now) {
		faults = append(faults, cvd.Fault{Field: "until", Problem: "is not later than now and than the date the reporter was told", Remedy: "give a later instant"})
	}
	return faults.Err()
}

// start builds the event without its arrows.
func start(c *cvd.Case, spec *Spec, d Deed, now time.Time) cvd.Event {
	in := d.In
	ev := cvd.Event{
		Head: cvd.Head{
			Case: c.ID, Seq: c.Version + 1, Type: spec.Event, V: 1, At: now,
			Actor: d.By.Ref(), Human: d.By.Human(), Hands: d.hands(), Tell: spec.Tell,
		},
		Body: &cvd.Body{
			Text: in.Text, Note: in.Note, Reason: in.Reason, Clauses: in.Clauses, Missing: in.Missing,
			To: in.To, Clock: in.Clock, Until: in.Until, Outcome: in.Outcome, Contact: in.Contact,
			Score: d.Score, File: d.File, Advisory: in.Advisory, CVE: in.CVE,
		},
	}
	byMail(&ev, d)
	if ev.Tell == cvd.TellReporter {
		switch {
		case !c.HasReporter():
			ev.Tell, ev.Body.Silence = cvd.TellNobody, silentInternal
		case !c.Waited() && d.By.Kind != cvd.ActorReporter && d.Verb != cvd.VerbMessage && d.Verb != cvd.VerbReissue:
			ev.Tell, ev.Body.Silence = cvd.TellNobody, "the reporter has withdrawn"
		case in.Silent != "":
			ev.Tell, ev.Body.Silence = cvd.TellNobody, in.Silent
		}
	}
	if ev.Tell == cvd.TellNobody && ev.Body.Silence == "" {
		ev.Body.Silence = in.Reason
	}
	return ev
}

// walkAll writes the verb's arrows into the event.
func walkAll(c *cvd.Case, ev *cvd.Event, spec *Spec, deeds []string, d Deed) error {
	rm := c.RM()
	for _, do := range deeds {
		to, err := rm.Next(do)
		if err != nil {
			return err
		}
		ev.Arrows = append(ev.Arrows, cvd.Arrow{Machine: cvd.MachineRM, Participant: cvd.Vendor, From: string(rm), Do: do, To: string(to)})
		rm = to
	}
	facts, record := c.Facts, spec.Facts
	if d.Verb == cvd.VerbPublish && d.Public && !facts.Has(cvd.FactPublic) {
		record = []string{cvd.FactPublic}
	}
	for i, f := range record {
		if i > 0 && facts.Has(f) {
			continue
		}
		to, err := facts.Next(f)
		if err != nil {
			return err
		}
		ev.Arrows = append(ev.Arrows, cvd.Arrow{Machine: cvd.MachineCS, Participant: "", From: string(facts), Do: f, To: string(to)})
		facts = to
	}
	if p := c.Participant(cvd.Reporter); spec.Leaves && p != nil {
		to, err := p.RM.Next("close")
		if err != nil {
			return err
		}
		ev.Arrows = append(ev.Arrows, cvd.Arrow{Machine: cvd.MachineRM, Participant: cvd.Reporter, From: string(p.RM), Do: "close", To: string(to)})
	}
	return nil
}

// waits tells whether something in the case waits for a member after this deed: a word of
// the reporter that nobody dealt with, or a mail that is held.
func waits(c *cvd.Case, ev *cvd.Event, d Deed) bool {
	held := slices.ContainsFunc(c.HeldMail, func(seq int64) bool { return seq != d.In.Seq })
	closes := slices.ContainsFunc(ev.Arrows, func(a cvd.Arrow) bool {
		return a.Machine == cvd.MachineRM && a.Participant != cvd.Reporter && a.To == string(cvd.RMClosed)
	})
	switch {
	case d.Verb == cvd.VerbClaim || d.Verb == cvd.VerbRelease:
		return c.Flags.Unread // who holds a case says nothing of whether the reporter was answered
	case d.By.Kind == cvd.ActorReporter && d.Verb == cvd.VerbSuccessor:
		return c.Flags.Unread // the words wait in the successor
	case d.By.Kind == cvd.ActorReporter && closes:
		return held // they withdrew it: nobody need answer
	case d.By.Kind == cvd.ActorReporter:
		return true
	}
	return c.Flags.Unread && (held || d.By.Kind != cvd.ActorMember)
}

// mark sets the open facts that belong to single verbs.
func mark(c *cvd.Case, ev *cvd.Event, d Deed) {
	flags := c.Flags
	flags.Unread = waits(c, ev, d)
	switch d.Verb {
	case cvd.VerbClaim:
		to := d.By.ID
		if d.In.To != "" {
			to = d.In.To
		}
		ev.Assignee, ev.Entrusts = &to, d.Entrusts
	case cvd.VerbRelease:
		nobody := ""
		ev.Assignee = &nobody
	case cvd.VerbSeverity:
		ev.Band = &d.Score.Band
	case cvd.VerbAppeal:
		flags.Appealed, flags.Appeal, ev.Link = true, !c.Closed(), d.Link
	case cvd.VerbUphold:
		uphold(c, ev, d)
	case cvd.VerbEmergency:
		flags.Emergency = true
	case cvd.VerbPrivacy:
		flags.Privacy = true
	case cvd.VerbRefuse:
		ev.Pending = &cvd.Pending{}
	case cvd.VerbRedact:
		ev.Redacts = d.In.Seq
		if p := c.Participant(cvd.Reporter); p != nil && c.Sources.Contact == d.In.Seq {
			// The contact came with the words that go, and is not forgotten with them.
			ev.Body.Contact = p.Contact
		}
	case cvd.VerbForget:
		ev.Forgets = cvd.Reporter
	case cvd.VerbAdmit, cvd.VerbDismiss:
		ev.Mail = d.In.Seq
	case cvd.VerbTrustKey:
		ev.Body.Contact = trusted(c, d)
	case cvd.VerbInvite:
		ev.Joined = []cvd.Participant{{ID: cvd.ParticipantID("fixer-" + d.In.To), Roles: []cvd.ParticipantRole{cvd.AsFixer}, RM: cvd.RMAccepted, Consent: cvd.ConsentNone, Member: d.In.To}}
	case cvd.VerbNameParty, cvd.VerbDropParty:
		markParty(ev, d)
	case cvd.VerbContact:
		noteChanges(c, ev)
	case cvd.VerbSuccessor:
		ev.Link = d.Link
	case cvd.VerbClose, cvd.VerbHandOn, cvd.VerbWithdraw:
		ev.Body.Outcome = outcome(c, d)
	}
	markRelease(c, ev, d)
	if c.Pending != nil && slices.ContainsFunc(ev.Arrows, endsCase) {
		ev.Pending = &cvd.Pending{}
	}
	flags.Appeal = flags.Appeal && d.Verb != cvd.VerbUphold && d.Verb != cvd.VerbWithdraw && !slices.ContainsFunc(ev.Arrows, rules)
	flags.Emergency = flags.Emergency || d.Urgent
	if flags != c.Flags {
		ev.Flags = &flags
	}
}

// endsCase tells whether the arrow closes the case; no ruling outlives that.
func endsCase(a cvd.Arrow) bool {
	return a.Machine == cvd.MachineRM && a.Participant == cvd.Vendor && a.To == string(cvd.RMClosed)
}

func outcome(c *cvd.Case, d Deed) string {
	switch {
	case d.In.Outcome != "":
		return d.In.Outcome
	case d.Verb == cvd.VerbHandOn:
		return "handed on"
	case d.Verb == cvd.VerbWithdraw:
		return "withdrawn"
	case c.RM() == cvd.RMInvalid:
		return outcomeInvalid
	case c.RM() == cvd.RMDeferred:
		return "deferred"
	}
	return "resolved"
}

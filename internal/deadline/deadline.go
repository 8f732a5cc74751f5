// Package deadline says which clocks run for a case and when they fall due: the
// rules as a table, what an event does to the clocks, and what the passing of
// time does to the case.
//
// It never reads a clock of its own, keeps nothing and tells nobody: it returns
// clocks and events, and the spine writes them down.
package deadline

import (
	"slices"
	"time"

	"fairlead/internal/calendar"
	"fairlead/internal/cvd"
	"fairlead/internal/policy"
)

// Terms are the policy version and the calendar by which a case runs: those it
// came in under.
type Terms struct {
	Policy   *policy.Policy
	Calendar *calendar.Calendar
}

// promise is what a rule found in the terms.
type promise struct {
	calendar.Amount
	target bool
	ok     bool
}

// Rule is one row: a kind of clock, how long it runs, when it starts, and what
// keeps it.
type Rule struct {
	Kind cvd.ClockKind
	// Amount reads the policy; a rule without one in this policy never starts.
	Amount func(t Terms, c *cvd.Case) promise
	// Starts returns the instant from which the clock runs, if the event
	// starts it. after is the case as the event leaves it.
	Starts func(after *cvd.Case, ev *cvd.Event) (time.Time, bool)
	// Meets tells whether the event keeps the promise.
	Meets func(after *cvd.Case, ev *cvd.Event) bool
	// Renews starts the clock anew from the event instead of ending it.
	Renews bool
	// ToReporter clocks end when the reporter withdraws.
	ToReporter bool
	// Survives the end of the case.
	Survives bool
}

// Rules is the table of clocks. A new deadline is a new entry here.
var Rules = []Rule{
	{Kind: cvd.ClockAcknowledge, Amount: acknowledge, Starts: onReceipt, Meets: acknowledged, ToReporter: true},
	{Kind: cvd.ClockFollowUp, Amount: followUp, Starts: onReceiptOrAppeal, Meets: humanFollowUp, ToReporter: true},
	{Kind: cvd.ClockVerify, Amount: verify, Starts: onReceiptOrFinding, Meets: verified},
	{Kind: cvd.ClockUpdate, Amount: update, Starts: onReceiptOrFinding, Meets: humanWords, Renews: true, ToReporter: true},
	{Kind: cvd.ClockNeedsInfo, Amount: needsInfo, Starts: on(cvd.EventAsked), Meets: answered, ToReporter: true},
	{Kind: cvd.ClockFix, Amount: fix, Starts: onAcceptance, Meets: fact(cvd.FactFixReady)},
	{Kind: cvd.ClockDisclose, Amount: disclose, Starts: onReceipt, Meets: fact(cvd.FactPublic), ToReporter: true},
	{Kind: cvd.ClockUnpublished, Amount: unpublished, Starts: onFix, Meets: published, Survives: true},
	{Kind: cvd.ClockAfterAction, Amount: afterAction, Starts: onEmergency, Meets: meets(cvd.EventAfterAction), Survives: true},
}

func ruleOf(k cvd.ClockKind) *Rule {
	for i := range Rules {
		if Rules[i].Kind == k {
			return &Rules[i]
		}
	}
	return nil
}

func promised(p *policy.Promise) promise {
	if p == nil || p.Within.IsZero() {
		return promise{}
	}
	return promise{p.Within, p.Target, true}
}

func acknowledge(t Terms, _ *cvd.Case) promise { return promised(&t.Policy.Promises.Acknowledge) }
func verify(t Terms, _ *cvd.Case) promise      { return promised(t.Policy.Promises.Verify) }
func disclose(t Terms, _ *cvd.Case) promise    { return promised(t.Policy.Promises.Disclose) }
func needsInfo(t Terms, _ *cvd.Case) promise   { return promised(&t.Policy.Promises.NeedsInformation) }

// followUp is also the time for the answer to an appeal, which no case is without.
func followUp(t Terms, c *cvd.Case) promise {
	p := promised(t.Policy.Promises.FollowUp)
	if !p.ok && c.RM() == cvd.RMInvalid && c.Flags.Appeal {
		p = promise{policy.HouseUpdate, true, true}
	}
	return p
}

func update(t Terms, c *cvd.Case) promise {
	p := promised(t.Policy.Promises.Update)
	if !p.ok {
		p = promise{policy.HouseUpdate, true, true}
	}
	p.target = p.target || !c.HasReporter() // our own finding must not fall asleep, but nobody is promised news
	return p
}

func fix(t Terms, c *cvd.Case) promise {
	p, ok := t.Policy.Promises.Fix[c.Band]
	if !ok {
		return promise{}
	}
	return promised(&p)
}

func afterAction(t Terms, _ *cvd.Case) promise {
	a := t.Policy.Emergency.AfterActionWithin
	return promise{a, false, !a.IsZero()}
}

func onReceipt(after *cvd.Case, ev *cvd.Event) (time.Time, bool) {
	return after.Created, ev.Seq == 1 && after.HasReporter()
}

// onReceiptOrAppeal runs from receipt, and again from the appeal until its answer.
func onReceiptOrAppeal(after *cvd.Case, ev *cvd.Event) (time.Time, bool) {
	if ev.Type == cvd.EventAppealed {
		return ev.At, after.Flags.Appeal
	}
	return onReceipt(after, ev)
}

func onReceiptOrFinding(after *cvd.Case, ev *cvd.Event) (time.Time, bool) {
	return after.Created, ev.Seq == 1
}

func on(t cvd.EventType) func(*cvd.Case, *cvd.Event) (time.Time, bool) {
	return func(_ *cvd.Case, ev *cvd.Event) (time.Time, bool) { return ev.At, ev.Type == t }
}

// onAcceptance runs from acceptance, also where the severity is set later.
func onAcceptance(after *cvd.Case, ev *cvd.Event) (time.Time, bool) {
	starts := ev.Band != nil
	for _, a := range ev.Arrows {
		starts = starts || (a.Participant == cvd.Vendor && a.To == string(cvd.RMAccepted))
	}
	return after.Accepted, starts && after.RM() == cvd.RMAccepted && !after.Facts.Has(cvd.FactFixReady)
}

func onEmergency(after *cvd.Case, ev *cvd.Event) (time.Time, bool) {
	return ev.At, ev.Flags != nil && ev.Flags.Emergency && after.Clock(cvd.ClockAfterAction) == nil
}

func meets(t cvd.EventType) func(*cvd.Case, *cvd.Event) bool {
	return func(_ *cvd.Case, ev *cvd.Event) bool { return ev.Type == t }
}

// answered: the reporter said something, such as in an appeal, or sent a file.
func answered(_ *cvd.Case, ev *cvd.Event) bool {
	return ev.Type == cvd.EventProvided || ev.Type == cvd.EventAppealed || ev.Type == cvd.EventMailAdmitted || (ev.Type == cvd.EventAttached && ev.Actor == string(cvd.ActorReporter))
}

func fact(f string) func(*cvd.Case, *cvd.Event) bool {
	return func(after *cvd.Case, _ *cvd.Event) bool { return after.Facts.Has(f) }
}

// humanTold: a person of the team let the reporter know anything at all. Writing
// down what they reported by phone is the receipt, not yet the answer.
func humanTold(_ *cvd.Case, ev *cvd.Event) bool {
	if ev.Type == cvd.EventMailAdmitted {
		return false // the words are the reporter's own
	}
	return ev.ByMember() && ev.Tell == cvd.TellReporter && ev.Type != cvd.EventReceived
}

// acknowledged: by the verb, or by the first words of a person of the team: a text, the
// reason of a ruling, or what ask lists as missing. An act that only shows in the
// thread, such as a bare validate, is not yet somebody answering.
func acknowledged(after *cvd.Case, ev *cvd.Event) bool {
	return (humanTold(after, ev) && ev.Type == cvd.EventAcknowledged) || humanWords(after, ev)
}

// slight are acts that tell the reporter something, but no progress.
var slight = map[cvd.EventType]bool{
	cvd.EventAcknowledged: true, cvd.EventReceived: true, cvd.EventProvided: true, cvd.EventAttached: true,
	cvd.EventReissued: true, cvd.EventContact: true, cvd.EventRedacted: true,
	cvd.EventForgotten: true, cvd.EventPostponed: true,
}

// humanFollowUp: a person of the team wrote more than that the report is there. On an
// appeal only its answer is that: the ruling is upheld, or the report found valid.
func humanFollowUp(after *cvd.Case, ev *cvd.Event) bool {
	if after.Flags.Appealed && (after.RM() == cvd.RMInvalid || ev.Type == cvd.EventValidated || ev.Type == cvd.EventReopened) {
		return !after.Flags.Appeal && humanTold(after, ev)
	}
	return humanWords(after, ev) && !slight[ev.Type]
}

// humanWords: a person of the team wrote to the reporter, by a message or with
// a verb. A machine's words and a verb without any do not count.
// What a member writes down or admits of the reporter's own words is no news to them. Of
// our own finding the team tells itself.
func humanWords(after *cvd.Case, ev *cvd.Event) bool {
	if ev.Body == nil || ev.Type == cvd.EventReceived || ev.Type == cvd.EventProvided || ev.Type == cvd.EventPostponed || ev.Type == cvd.EventMailAdmitted {
		return false // moving a promise never keeps it
	}
	if !after.HasReporter() {
		return ev.ByMember() && (ev.Body.Text != "" || ev.Body.Reason != "" || ev.Body.Note != "")
	}
	return humanTold(after, ev) && (ev.Body.Text != "" || len(ev.Body.Missing) > 0 || (ev.Body.Reason != "" && !slight[ev.Type]))
}

func verified(after *cvd.Case, _ *cvd.Event) bool {
	return after.RM() != cvd.RMReceived && after.RM() != cvd.RMStart
}

// Clocks returns every clock that the event touches, as it stands after it, in
// the table's order. before is not changed; the event must apply to it.
func Clocks(before *cvd.Case, ev *cvd.Event, t Terms) ([]cvd.Clock, error) {
	after := before.Clone()
	bare := *ev
	bare.Clocks = nil
	if err := after.Apply(bare); err != nil {
		return nil, err
	}
	for _, k := range ev.Clocks { // set by the tick or by a postponement
		put(after, k)
	}
	if isImport(ev) {
		imported(after, ev, t)
		return after.Clocks, nil
	}
	for i := range Rules {
		Rules[i].turn(after, ev, t)
	}
	if ev.Type == cvd.EventPostponed && ev.Body != nil {
		postpone(after, ev)
	}
	release(after, ev)
	stand(after, ev, t)
	retain(after, ev, t)
	var out []cvd.Clock
	for _, k := range after.Clocks {
		if old := before.Clock(k.Kind); old == nil || *old != k {
			out = append(out, k)
		}
	}
	return out, nil
}

func put(c *cvd.Case, k cvd.Clock) {
	if old := c.Clock(k.Kind); old != nil {
		*old = k
		return
	}
	c.Clocks = append(c.Clocks, k)
}

// turn starts, meets, renews or stops the rule's clock.
func (r *Rule) turn(after *cvd.Case, ev *cvd.Event, t Terms) {
	k := after.Clock(r.Kind)
	from, starts := r.Starts(after, ev)
	if p := r.Amount(t, after); starts && p.ok && !after.Closed() {
		fresh := begin(r.Kind, from, p, t)
		switch {
		case k == nil || !k.Running():
			after.Clocks = append(remove(after.Clocks, r.Kind), fresh)
		case r.Kind == cvd.ClockNeedsInfo:
			*k = fresh // asked again: the reporter gets the full time
		case fresh.Due.Before(k.Due): // a date told never moves later by itself
			if !k.Paused.IsZero() {
				k.Left = min(k.Left, max(0, t.Calendar.Span(k.Paused, fresh.Due, fresh.Business)))
			}
			k.Due, k.Target, k.Business = fresh.Due, fresh.Target, fresh.Business
		}
		k = after.Clock(r.Kind)
	}
	if k == nil || !k.Running() {
		return
	}
	switch {
	case after.Closed() && ev.ByMember() && !r.Renews && r.Meets(after, ev):
		k.Met = ev.At // told at the end is told
	case r.ends(ev):
		k.Stopped = ev.At
	case after.Closed() && !r.Survives, r.ToReporter && !after.Waited() && after.HasReporter():
		k.Stopped = ev.At
	case r.Kind == cvd.ClockNeedsInfo && (ev.Type == cvd.EventProceeded || ev.Type == cvd.EventInvalidated): // ruled without the answer
		k.Stopped = ev.At
	case r.Meets(after, ev) && r.Renews:
		*k = begin(r.Kind, ev.At, r.Amount(t, after), t)
	case r.Meets(after, ev):
		k.Met = ev.At
	}
}

func remove(clocks []cvd.Clock, kind cvd.ClockKind) []cvd.Clock {
	var out []cvd.Clock
	for _, k := range clocks {
		if k.Kind != kind {
			out = append(out, k)
		}
	}
	return out
}

func begin(kind cvd.ClockKind, from time.Time, p promise, t Terms) cvd.Clock {
	return cvd.Clock{
		Kind: kind, Started: from, Due: t.Calendar.Add(from, p.Amount).UTC(),
		Target: p.target, Business: p.Business(),
	}
}

func postpone(after *cvd.Case, ev *cvd.Event) {
	k := after.Clock(ev.Body.Clock)
	if k == nil || !k.Running() {
		return
	}
	if ev.At.Before(k.Due) {
		k.Due, k.Expected, k.Warned = ev.Body.Until, time.Time{}, time.Time{}
		return
	}
	k.Expected, k.Since = ev.Body.Until, ev.At
}

// stand pauses the team's clocks while information is awaited, but not before
// the first human reply, and lets them go on with what remained.
func stand(after *cvd.Case, ev *cvd.Event, t Terms) {
	still := after.Awaiting() && after.Replied
	for i := range after.Clocks {
		k := &after.Clocks[i]
		if !k.Running() || k.Theirs() || k.Internal() || k.Kind == cvd.ClockRelease {
			continue
		}
		switch {
		case still && k.Paused.IsZero() && k.Breached.IsZero():
			k.Paused = ev.At
			k.Left = max(0, t.Calendar.Span(ev.At, k.Told(), k.Business))
		case !still && !k.Paused.IsZero():
			due := ev.At.Add(k.Left)
			if k.Business {
				due = t.Calendar.AddWorking(ev.At, k.Left)
			}
			if k.Expected.IsZero() {
				k.Due = due.UTC()
			} else {
				k.Expected = due.UTC()
			}
			k.Since, k.Paused, k.Left, k.Warned = ev.At, time.Time{}, 0, time.Time{}
		}
	}
}

// Sorted returns the clocks by the date the reporter was told, soonest first.
func Sorted(clocks []cvd.Clock) []cvd.Clock {
	out := slices.Clone(clocks)
	slices.SortStableFunc(out, func(a, b cvd.Clock) int { return a.Told().Compare(b.Told()) })
	return out
}

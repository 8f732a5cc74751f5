package deadline

import (
	"time"

	"fairlead/internal/calendar"
	"fairlead/internal/cvd"
	"fairlead/internal/policy"
)

// Before a promise falls due the team is warned, and a little later the
// reporter is told the new date: after these shares of its time have passed,
// unless the policy sets the warning itself.
const (
	warnShare = 4 // at the last quarter
	slipShare = 8 // at the last eighth
)

// maxSlip bounds the doubling of repeated new dates, in plain days.
const maxSlip = 14 * 24 * time.Hour

// moment is one thing that the clock will do.
type moment struct {
	at   time.Time
	kind cvd.EventType
	k    *cvd.Clock
	to   string // for an escalation
}

// Wake returns when the case must be looked at next, or the zero time.
func Wake(c *cvd.Case, t Terms) time.Time {
	at := c.Release.At // then it is published, which is more than a clock can do
	if m := next(c, t, time.Time{}); m != nil && (at.IsZero() || m.at.Before(at)) {
		at = m.at
	}
	return at
}

// next finds the earliest thing that the clock has yet to do. Among equals the
// order is warn, slip, breach, escalate.
func next(c *cvd.Case, t Terms, now time.Time) *moment {
	var best *moment
	for i := range c.Clocks {
		k := &c.Clocks[i]
		if !k.Ticking() {
			continue
		}
		if m := nextOf(k, c, t, now); m != nil && (best == nil || m.at.Before(best.at)) {
			best = m
		}
	}
	return best
}

func nextOf(k *cvd.Clock, c *cvd.Case, t Terms, now time.Time) *moment {
	if k.Theirs() {
		return &moment{at: k.Due, kind: cvd.EventProceeded, k: k}
	}
	switch k.Kind {
	case cvd.ClockRetention:
		return retentionOf(k)
	case cvd.ClockRelease:
		return nextOfRelease(k, c, t, now)
	}
	told := !k.Internal() && c.Waited()
	var best *moment
	consider := func(at time.Time, kind cvd.EventType, to string) {
		if best == nil || at.Before(best.at) {
			best = &moment{at, kind, k, to}
		}
	}
	slip := slipAt(k, t)
	// A warning that comes after the fact is left to what the fact itself says.
	late := !now.Before(k.Told()) && (told || !k.Target)
	if k.Warned.IsZero() && !late {
		at := warnAt(k, t)
		if told && slip.Before(at) {
			at = slip // the team never hears later than the reporter
		}
		consider(at, cvd.EventWarned, "")
	}
	if told {
		consider(slip, cvd.EventSlipped, "")
	}
	if !k.Target && k.Breached.IsZero() {
		consider(k.Due, cvd.EventBreached, "")
	}
	if m := escalation(k, t); m != nil {
		consider(m.at, m.kind, m.to)
	}
	return best
}

// escalation is the next step of the chain of a clock that broke, or nil.
func escalation(k *cvd.Clock, t Terms) *moment {
	chain := t.Policy.Promises.Escalation
	if k.Breached.IsZero() || k.Escalated >= len(chain) {
		return nil
	}
	step := chain[k.Escalated]
	at := k.Breached
	if !step.After.IsZero() {
		at = t.Calendar.Add(k.Breached, step.After)
	}
	return &moment{at, cvd.EventEscalated, k, step.To}
}

// since is from when the stretch up to the date now told is measured: what a
// pause or an earlier delay took is no part of it.
func since(k *cvd.Clock) time.Time {
	if k.Since.IsZero() {
		return k.Started
	}
	return k.Since
}

// lead counts back from the date now told by a share of its stretch.
func lead(k *cvd.Clock, share int, t Terms) time.Time {
	from, until := since(k), k.Told()
	d := t.Calendar.Span(from, until, k.Business) / time.Duration(share)
	if !k.Business {
		return until.Add(-d)
	}
	whole := t.Calendar.Span(from, until, true)
	return t.Calendar.AddWorking(from, whole-d)
}

func warnAt(k *cvd.Clock, t Terms) time.Time {
	if a, ok := t.Policy.Promises.WarnBefore[string(k.Kind)]; ok {
		return before(k.Told(), a, since(k), t)
	}
	return lead(k, warnShare, t)
}

// before counts an amount of time back from due, never behind started.
func before(due time.Time, a calendar.Amount, started time.Time, t Terms) time.Time {
	at := due
	switch a.Unit {
	case calendar.Days:
		at = due.Add(-time.Duration(a.N) * 24 * time.Hour)
	case calendar.Hours:
		at = due.Add(-time.Duration(a.N) * time.Hour)
	default:
		// Working time has no inverse of its own: walk forward until the
		// amount from there would pass the due instant.
		whole := t.Calendar.Working(started, due)
		need := t.Calendar.Working(due, t.Calendar.Add(due, a))
		at = t.Calendar.AddWorking(started, max(0, whole-need))
	}
	if at.Before(started) {
		return started
	}
	return at
}

func slipAt(k *cvd.Clock, t Terms) time.Time { return lead(k, slipShare, t) }

// Tick returns what the clock does to the case up to now: warnings, new dates
// told, breaches, escalations, and going on without a silent reporter. Each
// event carries its clocks and applies to the case in order; asked again, Tick
// returns nothing more.
func Tick(c *cvd.Case, t Terms, now time.Time) ([]cvd.Event, error) {
	c = c.Clone()
	var out []cvd.Event
	for {
		m := next(c, t, now)
		if m == nil || m.at.After(now) || m.kind == cvd.EventErased {
			return out, nil
		}
		ev := m.event(c, t, now)
		clocks, err := Clocks(c, &ev, t)
		if err != nil {
			return nil, err
		}
		ev.Clocks = clocks
		if err := c.Apply(ev); err != nil {
			return nil, err
		}
		out = append(out, ev)
	}
}

// event makes the event of the moment, with the clock as it leaves it.
func (m *moment) event(c *cvd.Case, t Terms, now time.Time) cvd.Event {
	k := *m.k
	ev := cvd.Event{
		Head: cvd.Head{
			Case: c.ID, Seq: c.Version + 1, Type: m.kind, V: 1, At: now,
			Actor: cvd.System.Ref(), Tell: cvd.TellTeam,
		},
		Body: &cvd.Body{Clock: k.Kind},
	}
	if k.Warned.IsZero() {
		k.Warned = now // by this, or by what is worse
	}
	switch m.kind {
	case cvd.EventHeadsUp:
		return headsUp(c, ev)
	case cvd.EventSlipped:
		k.Expected = later(&k, c, t, now)
		k.Since = now
		k.Slips++
		ev.Tell = cvd.TellReporter
		ev.Body.Until = k.Expected
	case cvd.EventBreached:
		k.Breached = now
	case cvd.EventRetires:
		if least := now.Add(ahead); least.After(k.Due) {
			k.Expected = least
		}
		ev.Body.Until = k.Told()
	case cvd.EventEscalated:
		k.Escalated++
		ev.Body.To = m.to
	case cvd.EventProceeded:
		ev.Tell = cvd.TellReporter
		if !c.Waited() {
			ev.Tell, ev.Body.Silence = cvd.TellNobody, "the reporter has withdrawn"
		}
	}
	ev.Clocks = []cvd.Clock{k}
	return ev
}

// later is the new date told when a promise will not be kept: the same amount
// of time again, from whichever is later of now and the date told so far, and
// twice as much each further time.
func later(k *cvd.Clock, c *cvd.Case, t Terms, now time.Time) time.Time {
	from := k.Told()
	if from.Before(now) {
		from = now
	}
	p := ruleOf(k.Kind).Amount(t, c)
	a := p.Amount
	for i := 0; i < k.Slips && i < 4; i++ {
		a.N *= 2
	}
	due := t.Calendar.Add(from, a)
	if limit := from.Add(max(maxSlip, t.Calendar.Add(from, p.Amount).Sub(from))); due.After(limit) {
		due = limit
	}
	return due.UTC()
}

// Review is how the policy's own review stands.
type Review struct {
	Last    time.Time `json:"last"`
	Due     time.Time `json:"due"`
	Warn    time.Time `json:"warn"`
	Warning bool      `json:"warning,omitempty"` // ahead, but soon
	Overdue bool      `json:"overdue,omitempty"`
}

// ReviewOf says when the policy must be reviewed next, counted from the last
// review in whole months of the policy's own calendar.
func ReviewOf(p *policy.Policy, last, now time.Time, zone *time.Location) Review {
	due := p.NextReview(last.In(zone))
	warn := due.AddDate(0, 0, -p.Review.WarnDays)
	return Review{
		Last: last, Due: due, Warn: warn,
		Overdue: !now.Before(due), Warning: !now.Before(warn) && now.Before(due),
	}
}

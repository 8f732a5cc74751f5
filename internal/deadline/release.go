package deadline

import (
	"slices"
	"time"

	"fairlead/internal/calendar"
	"fairlead/internal/cvd"
	"fairlead/internal/cvd/rule"
)

func unpublished(t Terms, _ *cvd.Case) promise {
	a := t.Policy.Advisories.UnpublishedAfter
	return promise{a, false, !a.IsZero()}
}

// onFix runs from the fix, where nothing is published of it yet.
func onFix(after *cvd.Case, ev *cvd.Event) (time.Time, bool) {
	for _, a := range ev.Arrows {
		if a.Machine == cvd.MachineCS && a.Do == cvd.FactFixReady {
			return ev.At, !published(after, ev)
		}
	}
	return ev.At, false
}

func published(after *cvd.Case, _ *cvd.Event) bool {
	return after.Facts.Has(cvd.FactPublic) || after.Release.Revision > 0
}

// ends tells whether the event ends even a clock which outlives the case: a member
// said why nothing is published, or nothing can be any more.
func (r *Rule) ends(ev *cvd.Event) bool {
	switch ev.Type {
	case cvd.EventErased:
		return true
	case cvd.EventNoAdvisory, cvd.EventHandedOn:
		return r.Kind == cvd.ClockUnpublished
	}
	return false
}

// release sets the clock of a release, whose date a member names; no rule counts
// it.
func release(after *cvd.Case, ev *cvd.Event) {
	k := after.Clock(cvd.ClockRelease)
	running := k != nil && k.Running()
	switch ev.Type {
	case cvd.EventScheduled:
		put(after, cvd.Clock{Kind: cvd.ClockRelease, Started: ev.At, Due: after.Release.At})
	case cvd.EventPublished:
		if running {
			k.Met = ev.At
		}
	case cvd.EventUnscheduled, cvd.EventRetracted, cvd.EventErased:
		if running {
			k.Stopped = ev.At
		}
	}
}

// awaited tells whether anybody outside is told of the release ahead.
func awaited(c *cvd.Case) bool {
	party := func(p cvd.Participant) bool { return rule.Party(&p) }
	return c.Waited() || slices.ContainsFunc(c.Participants, party)
}

// nextOfRelease: the reporter and the parties are told ahead, and an instant at which a gate was
// shut escalates. Warnings and later dates have no place: whether it is published
// is known at the instant and not before.
func nextOfRelease(k *cvd.Clock, c *cvd.Case, t Terms, now time.Time) *moment {
	best := escalation(k, t)
	at := headsUpAt(k, t)
	if c.Release.Ahead.IsZero() && awaited(c) && at.After(k.Started) && now.Before(k.Told()) && (best == nil || at.Before(best.at)) {
		best = &moment{at: at, kind: cvd.EventHeadsUp, k: k}
	}
	return best
}

// headsUpAt is when the reporter is told that the release is near. Where that is
// not after the scheduling, the word then was it.
func headsUpAt(k *cvd.Clock, t Terms) time.Time {
	a := t.Policy.Advisories.HeadsUp
	if a.IsZero() {
		return k.Started
	}
	return before(k.Told(), a, k.Started, t)
}

func headsUp(c *cvd.Case, ev cvd.Event) cvd.Event {
	r := c.Release
	r.Ahead = ev.At
	ev.Release, ev.Body.Until = &r, r.At
	if c.Waited() {
		ev.Tell = cvd.TellReporter
	}
	return ev
}

// Again is when a release is tried next, at whose instant a gate was shut: a working
// day later, and twice as much each further time, a week of them at most.
func Again(c *cvd.Case, t Terms, now time.Time) time.Time {
	n := 1
	if k := c.Clock(cvd.ClockRelease); k != nil {
		n <<= min(k.Slips, 3)
	}
	return t.Calendar.Add(now, calendar.Amount{N: min(n, 5), Unit: calendar.BusinessDays}).UTC()
}

package rule

import (
	"fmt"
	"slices"
	"time"

	"fairlead/internal/cvd"
)

// errEdited answers whoever decides on a draft that is no longer the latest.
var errEdited = fmt.Errorf("%w: somebody edited the draft; look at it again", cvd.ErrConflict)

// releasable holds the rules of the release that depend on the case.
func releasable(c *cvd.Case, d Deed, now time.Time) error {
	r := c.Release
	if spec := SpecOf(d.Verb); slices.Contains(spec.Takes, "advisory") || slices.Contains(drafts, d.Verb) {
		if c.Closed() && c.Accepted.IsZero() {
			return refuse("the case was closed without ever being accepted; there is nothing to publish")
		}
	}
	switch d.Verb {
	case cvd.VerbSchedule, cvd.VerbPublish:
		if d.Verb == cvd.VerbPublish && early(c, d, now) {
			return refuse("the reporter was told a later instant; wait for it, or schedule the release for a nearer one, of which they hear first")
		}
		return sendable(r, d, now)
	case cvd.VerbOfferCheck:
		if !c.Waited() {
			return refuse("there is no reporter who could check the fix")
		}
		if d.In.Seq != 0 && d.File == nil {
			return cvd.Faults{{Field: "seq", Problem: "no file came with such an event of this case", Remedy: "give the number of the event that holds the file, or leave it out"}}
		}
	case cvd.VerbCheckResult:
		return checkable(c, d)
	case cvd.VerbCVE:
		if cvd.CVEState(d.In.Outcome) != cvd.CVERejected && slices.Contains(c.CVEs, cvd.CVE{ID: d.In.CVE, State: cvd.CVERejected}) {
			return cvd.Faults{{
				Field: "cve", Problem: "was rejected, and a rejected CVE id is never used again",
				Remedy: "have a new one reserved: record requested, without an id",
			}}
		}
		if cvd.CVEState(d.In.Outcome) == cvd.CVEPublished && r.Revision == 0 && !c.Facts.Has(cvd.FactPublic) {
			return refuse("a CVE record is never public before the advisory that it points to; publish that first")
		}
	case cvd.VerbAdvise:
		if d.In.Seq != r.Draft {
			return errEdited
		}
	case cvd.VerbUnschedule:
		if r.At.IsZero() {
			return refuse("no release is scheduled")
		}
	case cvd.VerbRetract:
		if r.Revision == 0 || r.Withdrawn {
			return refuse("no advisory of this case is published")
		}
	case cvd.VerbNoAdvisory:
		if r.Revision > 0 && !r.Withdrawn {
			return refuse("an advisory is published; withdraw it instead")
		}
		return uncalled(r)
	case cvd.VerbHandOn, cvd.VerbErase:
		return uncalled(r)
	}
	return nil
}

// drafts are the verbs that send a draft out.
var drafts = []cvd.Verb{cvd.VerbSchedule, cvd.VerbPublish}

// early tells whether the first release would come before the instant that the reporter
// was told, with nothing that made waiting pointless.
func early(c *cvd.Case, d Deed, now time.Time) bool {
	r := c.Release
	if k := c.Clock(cvd.ClockRelease); k != nil && !k.Breached.IsZero() {
		return false // the instant that they were told first has passed
	}
	return d.By.Kind != cvd.ActorSystem && r.Revision == 0 && now.Before(r.At) && c.Waited() &&
		!c.Facts.Has(cvd.FactPublic) && !c.Facts.Has(cvd.FactAttacks)
}

// sendable holds the latest draft to be the one that is meant.
func sendable(r cvd.Release, d Deed, now time.Time) error {
	switch {
	case r.Draft == 0:
		return refuse("there is no draft of an advisory yet")
	case d.In.Seq != 0 && d.In.Seq != r.Draft:
		return errEdited
	case !r.Fresh():
		return refuse("the latest draft is published; edit it first")
	}
	var faults cvd.Faults
	if d.Verb == cvd.VerbSchedule && !d.In.Until.IsZero() && !d.In.Until.After(now) {
		faults = append(faults, cvd.Fault{Field: "until", Problem: "is not in the future", Remedy: "give a later instant, or publish now"})
	}
	if r.Revision > 0 && d.In.Seq != 0 && d.In.Reason == "" && d.By.Kind != cvd.ActorSystem {
		faults = append(faults, cvd.Fault{Field: "reason", Problem: "is missing", Remedy: "say what this revision corrects"})
	}
	return faults.Err()
}

func checkable(c *cvd.Case, d Deed) error {
	if c.Release.Check == "" {
		return refuse("nobody was asked to check a fix")
	}
	if d.By.Kind == cvd.ActorReporter && cvd.FixCheck(d.In.Outcome) == cvd.CheckNone {
		return cvd.Faults{{Field: "outcome", Problem: "is for the team to record", Remedy: "give pass or fail"}}
	}
	if cvd.FixCheck(d.In.Outcome) == cvd.CheckNone && slices.Contains([]cvd.FixCheck{cvd.CheckPass, cvd.CheckFail}, c.Release.Check) {
		return refuse("the check was answered already; ask for another, or record pass or fail")
	}
	return nil
}

func uncalled(r cvd.Release) error {
	if !r.At.IsZero() {
		return refuse("a release is scheduled; call it off first")
	}
	return nil
}

// markRelease writes into the head how far the release is.
func markRelease(c *cvd.Case, ev *cvd.Event, d Deed) {
	r := c.Release
	if d.Two && slices.Contains(drafts, d.Verb) {
		r.Confirmed = r.Draft
	}
	switch d.Verb {
	case cvd.VerbAdvise:
		if r.Advisory == "" {
			r.Advisory = d.Advisory
		}
		r.Draft = ev.Seq
		ev.Body.Advisory = d.In.Advisory.Clone()
		ev.Body.Advisory.ID, ev.Body.Others = r.Advisory, d.In.Others
		if c.Pending != nil && slices.Contains(drafts, c.Pending.Verb) {
			ev.Pending = &cvd.Pending{} // nobody confirms what they did not see
		}
	case cvd.VerbSchedule:
		r.At, r.Told, r.Ahead = d.In.Until.UTC(), ev.At, time.Time{}
	case cvd.VerbUnschedule:
		r.At, r.Told, r.Ahead = time.Time{}, time.Time{}, time.Time{} // they know of no date any more
	case cvd.VerbPublish:
		r.Revision, r.Published, r.At = r.Revision+1, r.Draft, time.Time{}
		if r.First.IsZero() {
			r.First = ev.At
		}
		r.Withdrawn = false
		if c.Pending != nil && slices.Contains(drafts, c.Pending.Verb) {
			ev.Pending = &cvd.Pending{}
		}
	case cvd.VerbRetract:
		r.Revision, r.Withdrawn, r.At = r.Revision+1, true, time.Time{}
	case cvd.VerbOfferCheck:
		r.Check = cvd.CheckOffered
	case cvd.VerbCheckResult:
		r.Check = cvd.FixCheck(d.In.Outcome)
	case cvd.VerbCVE:
		ev.Body.CVEs = withCVE(c.CVEs, d.In.CVE, cvd.CVEState(d.In.Outcome))
	}
	if r != c.Release {
		ev.Release = &r
	}
}

// follow is what a deed brings with it: an edit calls a scheduled release off, and
// the reporter, who was told the date, hears of it.
func follow(c *cvd.Case, ev *cvd.Event, d Deed) []cvd.Event {
	if d.Verb != cvd.VerbAdvise || c.Release.At.IsZero() {
		return nil
	}
	next := c.Clone()
	if next.Apply(*ev) != nil {
		return nil // Apply will say so again
	}
	off := Deed{Verb: cvd.VerbUnschedule, By: d.By, In: cvd.Input{Reason: reasonEdited}}
	then := start(next, SpecOf(off.Verb), off, ev.At)
	markRelease(next, &then, off)
	return []cvd.Event{then}
}

const reasonEdited = "the advisory was edited"

// Hold is what happens when the instant of a release came and a gate was shut: the
// reporter is told the new date, and the team why. The date that was told is broken.
func Hold(c *cvd.Case, why string, until, now time.Time) cvd.Event {
	d := Deed{Verb: cvd.VerbPublish, By: cvd.System}
	ev := start(c, SpecOf(d.Verb), d, now)
	ev.Type, ev.Body.Clock, ev.Body.Until, ev.Body.Note = cvd.EventHeld, cvd.ClockRelease, until, why
	r := c.Release
	r.At = until
	ev.Release = &r
	if k := c.Clock(cvd.ClockRelease); k != nil && k.Running() {
		late := *k
		late.Expected, late.Since = until, now
		late.Slips++
		for _, at := range []*time.Time{&late.Warned, &late.Breached} {
			if at.IsZero() {
				*at = now
			}
		}
		ev.Clocks = []cvd.Clock{late}
	}
	return ev
}

// withCVE returns the list after this id reached the state. An id takes the place
// of one that was only asked for.
func withCVE(list []cvd.CVE, id string, state cvd.CVEState) []cvd.CVE {
	var out []cvd.CVE
	done := false
	for _, one := range list {
		if !done && (one.ID == id || one.ID == "") {
			one, done = cvd.CVE{ID: id, State: state}, true
		}
		out = append(out, one)
	}
	if !done {
		out = append(out, cvd.CVE{ID: id, State: state})
	}
	return out
}

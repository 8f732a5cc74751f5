package release

import (
	"fmt"
	"time"

	"fairlead/internal/cvd"
)

// firstRevision is what the history of an advisory says of its first revision.
const firstRevision = "First revision."

// closedRevision is what it says of one that only a few could read, once everybody
// may: what such a revision said of itself was for those few.
const closedRevision = "This revision was not public."

// Revise makes of a draft the revision that is published now: with its number, its
// instants and its line of the history. before is the latest revision that is
// published, or nil; why says what this one changes, for all but the first. The
// draft is not changed.
func Revise(draft, before *cvd.Advisory, why string, now time.Time) *cvd.Advisory {
	a := draft.Clone()
	a.Source = nil // else an import could follow what was written here
	now = now.UTC().Truncate(time.Second)
	a.Revision, a.Published, a.Modified, a.Withdrawn, a.Why, a.History = 1, now, now, time.Time{}, "", nil
	if before != nil {
		a.ID, a.Revision, a.Published, a.History = before.ID, before.Revision+1, before.Published, before.Clone().History
		if a.Modified.Before(before.Modified) {
			a.Modified = before.Modified
		}
	} else {
		why = firstRevision
	}
	now = a.Modified
	change := cvd.AdvisoryChange{Revision: a.Revision, At: now, Text: why}
	if a.TLP.Public() {
		now = disclose(a, now)
	} else {
		change.TLP = a.TLP
	}
	a.History = append(a.History, change)
	for i := range a.Vulnerabilities {
		if v := &a.Vulnerabilities[i]; v.Disclosed.IsZero() && a.TLP.Public() {
			v.Disclosed = now
		}
	}
	return a
}

// disclose takes out of the history what was for a few, and returns when everybody
// could first read the advisory.
func disclose(a *cvd.Advisory, now time.Time) time.Time {
	first := now
	for i := range a.History {
		c := &a.History[i]
		if !c.TLP.Public() {
			c.Text = closedRevision
		} else if c.At.Before(first) {
			first = c.At
		}
	}
	return first
}

// Trial makes what a draft would be published as at that instant, to be judged and
// shown; one without an id yet gets one that nothing has.
func Trial(draft, before *cvd.Advisory, prefix string, at time.Time) *cvd.Advisory {
	a := Revise(draft, before, firstRevision, at)
	if a.ID == "" {
		a.ID = cvd.AdvisoryID(fmt.Sprintf("%s-%d-0000000", prefix, at.Year()))
	}
	return a
}

// Withdraw makes the revision that takes a published advisory back, with the
// reason. It stays readable.
func Withdraw(before *cvd.Advisory, why string, now time.Time) *cvd.Advisory {
	a := Revise(before, before, why, now)
	a.Withdrawn, a.Why = a.Modified, why
	return a
}

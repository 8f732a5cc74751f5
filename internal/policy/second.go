package policy

import (
	"slices"

	"fairlead/internal/cvd"
)

// NeedsSecond tells whether another member must confirm the verb, done to the case and
// citing these clauses, before anything moves. Ending a case that was never accepted is a
// no like that of finding it not valid, whatever states it went through, so it counts as
// that ruling; where it was found not valid before, that was the ruling.
func (p *Policy) NeedsSecond(verb cvd.Verb, c *cvd.Case, clauses []string) bool {
	switch verb {
	case cvd.VerbHandOn, cvd.VerbClose:
		return c.Accepted.IsZero() && c.RM() != cvd.RMInvalid && p.rejectsByTwo(clauses)
	case cvd.VerbInvalidate:
		return p.rejectsByTwo(clauses)
	case cvd.VerbNoncompliance:
		return p.SecondPerson.Noncompliance
	case cvd.VerbSchedule, cvd.VerbPublish, cvd.VerbRetract:
		return p.SecondPerson.Publish
	}
	return false
}

// rejectsByTwo tells whether two must agree that a report is not valid. Where that
// is asked for out of scope only, a ruling that cites nothing counts as such, or
// leaving out the clause would be the way around the second person.
func (p *Policy) rejectsByTwo(clauses []string) bool {
	out := func(id string) bool {
		return slices.ContainsFunc(p.Scope.Out, func(c Clause) bool { return c.ID == id })
	}
	return p.SecondPerson.Invalidate ||
		(p.SecondPerson.OutOfScope && (len(clauses) == 0 || slices.ContainsFunc(clauses, out)))
}

package policy

import (
	"slices"

	"fairlead/internal/cvd"
)

// NeedsSecond tells whether another member must confirm the verb, done from that
// state and citing these clauses, before anything moves. Handing on a report that
// nobody assessed finds it not valid on the way, so it counts as that ruling.
func (p *Policy) NeedsSecond(verb cvd.Verb, from cvd.RM, clauses []string) bool {
	switch verb {
	case cvd.VerbHandOn:
		return from == cvd.RMReceived && p.rejectsByTwo(clauses)
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

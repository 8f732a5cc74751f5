package moves

import (
	"slices"

	"fairlead/internal/cvd"
	"fairlead/internal/cvd/rule"
)

// Stage is what the case asks for next, by its state; of one that is taken on, by how far
// its fix and its advisory are.
func Stage(c *cvd.Case) string {
	r := &c.Release
	switch {
	case c.RM() != cvd.RMAccepted:
		return string(c.RM())
	case r.Withdrawn:
		return "withdrawn"
	case !r.At.IsZero():
		return "scheduled"
	case r.Revision > 0:
		return "published"
	case c.Facts.Has(cvd.FactFixReady):
		return "fixed"
	}
	return string(cvd.RMAccepted)
}

// Advisory is how far the advisory of a case is, as a kind of badge and a name; empty
// before a release is planned.
func Advisory(r *cvd.Release) (kind, name string) {
	switch {
	case r.Withdrawn:
		return "warn", "advisory.withdrawn"
	case !r.At.IsZero():
		return "info", "advisory.scheduled"
	case r.Revision > 0:
		return "good", "advisory.published"
	}
	return "", ""
}

// Told tells whether the latest event that the verb made is one that the reporter reads.
func Told(evs []cvd.Event, verb cvd.Verb) bool {
	of := rule.SpecOf(verb).Event
	for _, ev := range slices.Backward(evs) {
		if ev.Type == of {
			return ev.Tell == cvd.TellReporter
		}
	}
	return false
}

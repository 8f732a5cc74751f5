package moves

import (
	"slices"

	"fairlead/internal/cvd"
	"fairlead/internal/cvd/rule"
)

// heard are the stages in which the reporter is to hear something, if anybody waits.
var heard = []string{string(cvd.RMReceived), string(cvd.RMAccepted), "fixed", string(cvd.RMDeferred), string(cvd.RMInvalid)}

// Stage is what the case asks for next, by its state; of one that is taken on, by how far
// its fix and its advisory are.
func Stage(c *cvd.Case) string {
	name := stage(c)
	if !c.Waited() && slices.Contains(heard, name) {
		name += ".alone"
	}
	return name
}

func stage(c *cvd.Case) string {
	r := &c.Release
	switch {
	case c.RM() == cvd.RMInvalid && c.Flags.Appealed:
		return "invalid.answered"
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

// StepDone tells from the case how far a step of the checklist is, by the word
// that its id ends with. Steps of other names are shown without a mark.
var StepDone = map[string]func(c *cvd.Case) bool{
	"acknowledge": func(c *cvd.Case) bool { return c.Replied },
	"inform":      func(c *cvd.Case) bool { return c.Replied },
	"understand":  func(c *cvd.Case) bool { return c.RM() != cvd.RMReceived },
	"verify":      func(c *cvd.Case) bool { return c.RM() != cvd.RMReceived },
	"severity":    func(c *cvd.Case) bool { return c.Band != "" },
	"fix":         func(c *cvd.Case) bool { return c.Facts.Has(cvd.FactFixReady) },
	"deploy":      func(c *cvd.Case) bool { return c.Facts.Has(cvd.FactFixDeployed) },
	"publish":     func(c *cvd.Case) bool { return c.Facts.Has(cvd.FactPublic) },
}

// Answers are the steps, by the same word, that are for the reporter.
var Answers = []string{"acknowledge", "inform"}

// Comes tells whether the verb, one of those that are possible, usually comes next.
func Comes(c *cvd.Case, possible []cvd.Verb, verb cvd.Verb) bool {
	switch {
	case verb == cvd.VerbAsk && (c.Awaiting() || !c.Waited()), verb == cvd.VerbSeverity && c.Band != "",
		verb == cvd.VerbFixDeployed && slices.Contains(possible, cvd.VerbFixReady):
		return false
	}
	if c.Flags.Appeal && c.RM() == cvd.RMInvalid {
		return verb == cvd.VerbUphold || verb == cvd.VerbValidate
	}
	return slices.Contains(Likely[c.RM()], verb)
}

// Releasing tells whether an advisory is what the case is about now.
func Releasing(c *cvd.Case) bool {
	return c.Release.Draft != 0 || c.Facts.Has(cvd.FactFixReady)
}

// Facts are what the world may know of a case, in the order in which it usually does.
var Facts = []string{cvd.FactVendorAware, cvd.FactFixReady, cvd.FactFixDeployed, cvd.FactPublic, cvd.FactExploitPublic, cvd.FactAttacks}

// Way is one of the buttons of a file: who gets it.
type Way struct {
	For, Text, Says string
	Main            bool
}

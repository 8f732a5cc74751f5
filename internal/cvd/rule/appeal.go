package rule

import (
	"strings"

	"fairlead/internal/cvd"
)

// Appealable tells whether the one appeal of the case stands open: it was found not
// valid, and whatever ended it since did not take away what that ruling promised; or the
// organisation ended it without ever accepting it, which is a no by another name.
func Appealable(c *cvd.Case) bool {
	unheard := c.Accepted.IsZero() && c.Waited()
	return c.HasReporter() && !c.Flags.Appealed && (c.RM() == cvd.RMInvalid || c.Closed() && (c.ClosedInvalid || unheard))
}

// Ruler tells whether the actor had a hand in finding the case not valid, in person or by
// a machine's token of theirs: they proposed or confirmed it, or made what somebody came
// by who did. Whoever had does not answer the appeal while another member could.
func Ruler(c *cvd.Case, by cvd.Actor) bool { return engaged(by, Spent(c, cvd.VerbUphold)...) }

// Spent are the actor references of those who are no other pair of eyes for the verb
// whoever does it: for the answer to an appeal, all who had a hand in the ruling.
func Spent(c *cvd.Case, v cvd.Verb) []string {
	if v != cvd.VerbUphold {
		return nil
	}
	return append([]string{c.Ruled}, c.Hands...)
}

// sameEyes is the record of an appeal that nobody could answer who had not ruled.
const sameEyes = "single-handed: no other active member who had no hand in the ruling"

// checkAppeal holds the rules of the one appeal: it is used once, answered by another
// pair of eyes, and nothing ends the case before its answer.
func checkAppeal(c *cvd.Case, d Deed) error {
	switch d.Verb {
	case cvd.VerbAppeal:
		if !Appealable(c) {
			return notFrom(c, SpecOf(d.Verb))
		}
	case cvd.VerbUphold:
		if !c.Flags.Appeal {
			return refuse("no appeal waits for an answer")
		}
		if Ruler(c, d.By) && !d.Alone {
			return refuse("whoever made the ruling does not answer the appeal; another member must")
		}
	case cvd.VerbClose, cvd.VerbHandOn:
		if c.RM() != cvd.RMInvalid && strings.EqualFold(strings.TrimSpace(d.In.Outcome), outcomeInvalid) {
			return cvd.Faults{{Field: "outcome", Problem: "says that the report is not valid, which nobody has ruled", Remedy: "leave it out, or say how the case ended"}}
		}
		if c.Flags.Appeal {
			return refuse("an appeal waits for its answer; confirm the report as valid, or uphold the ruling, first")
		}
	}
	return nil
}

// outcomeInvalid is how a case ends that was found not valid.
const outcomeInvalid = "invalid"

// uphold records where the answer to an appeal came from the one who had ruled.
func uphold(c *cvd.Case, ev *cvd.Event, d Deed) {
	if Ruler(c, d.By) {
		ev.Body.Note = strings.TrimSpace(ev.Body.Note + "\n" + sameEyes)
	}
}

// rules tells whether the arrow is a ruling on the report, or its end.
func rules(a cvd.Arrow) bool { return a.Machine == cvd.MachineRM && a.Participant == cvd.Vendor }

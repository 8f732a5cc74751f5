package rule

import (
	"strings"

	"fairlead/internal/cvd"
)

// Appealable tells whether the one appeal of the case stands open: it was found not
// valid, and whatever ended it since did not take away what that ruling promised.
func Appealable(c *cvd.Case) bool {
	return !c.Flags.Appealed && (c.RM() == cvd.RMInvalid || (c.Closed() && c.ClosedInvalid))
}

// Ruler tells whether the actor found the case not valid, in person or by a machine's
// token of theirs. Whoever did does not answer the appeal while another member could.
func Ruler(c *cvd.Case, by cvd.Actor) bool { return sameMember(c.Ruled, by.Ref()) }

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
		if c.Flags.Appeal {
			return refuse("an appeal waits for its answer; confirm the report as valid, or uphold the ruling, first")
		}
	}
	return nil
}

// uphold records where the answer to an appeal came from the one who had ruled.
func uphold(c *cvd.Case, ev *cvd.Event, d Deed) {
	if Ruler(c, d.By) {
		ev.Body.Note = strings.TrimSpace(ev.Body.Note + "\n" + singleHanded)
	}
}

// rules tells whether the arrow is a ruling on the report, or its end.
func rules(a cvd.Arrow) bool { return a.Machine == cvd.MachineRM && a.Participant == cvd.Vendor }

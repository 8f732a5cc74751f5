package words

import (
	"fairlead/internal/cvd"
	"fairlead/internal/cvd/rule"
)

// State says what the state of a case means to its reporter.
func (v *Voice) State(c *cvd.Case) string {
	switch {
	case c.RM() == cvd.RMInvalid && c.Flags.Appeal:
		return v.Say("rm.invalid.meaning.appeal")
	case c.RM() == cvd.RMInvalid && c.Flags.Appealed:
		return v.Say("rm.invalid.meaning.appealed")
	case c.Closed() && rule.Appealable(c):
		return v.Say("rm.closed.meaning.appeal")
	}
	return v.Say("rm." + string(c.RM()) + ".meaning")
}

// holds are the events that say what comes next, with when that is still true.
// Those that are missing here say what stays true.
var holds = map[cvd.EventType]func(*cvd.Case) bool{
	cvd.EventReceived: func(c *cvd.Case) bool {
		k := c.Clock(cvd.ClockAcknowledge)
		return c.RM() == cvd.RMReceived && (k == nil || k.Running())
	},
	cvd.EventAcknowledged: func(c *cvd.Case) bool { return c.RM() == cvd.RMReceived },
	cvd.EventAsked:        (*cvd.Case).Awaiting,
	cvd.EventValidated:    func(c *cvd.Case) bool { return c.RM() == cvd.RMValid },
	cvd.EventInvalidated:  func(c *cvd.Case) bool { return c.RM() == cvd.RMInvalid && !c.Flags.Appealed },
	cvd.EventAppealed:     func(c *cvd.Case) bool { return c.RM() == cvd.RMInvalid && c.Flags.Appeal },
	cvd.EventUpheld:       func(c *cvd.Case) bool { return c.RM() == cvd.RMInvalid },
	cvd.EventDeferred:     func(c *cvd.Case) bool { return c.RM() == cvd.RMDeferred },
	cvd.EventCheckOffered: func(c *cvd.Case) bool { return c.Release.Check == cvd.CheckOffered },
	cvd.EventScheduled:    func(c *cvd.Case) bool { return c.Release.Revision == 0 && !c.Release.At.IsZero() },
	cvd.EventHeadsUp:      func(c *cvd.Case) bool { return c.Release.Revision == 0 && !c.Release.At.IsZero() },
	cvd.EventUnscheduled:  func(c *cvd.Case) bool { return c.Release.Revision == 0 && c.Release.At.IsZero() },
}

// Standing is what an event of the case still says of what comes next; told is what
// it said when it happened. A promise that no longer holds is not repeated.
func (v *Voice) Standing(c *cvd.Case, of cvd.EventType, told string) string {
	still, known := holds[of]
	switch {
	case told == "" || !known || still(c):
		return told
	case of == cvd.EventInvalidated && c.Closed() && rule.Appealable(c):
		return v.Say("event.invalidated.next.closed")
	case of == cvd.EventInvalidated:
		return v.Say("event.invalidated.next.past")
	}
	return ""
}

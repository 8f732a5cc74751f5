package rule

import (
	"fmt"
	"strings"

	"fairlead/internal/cvd"
)

// NeverSilent refuses an event that moves the case behind the reporter's back,
// or leaves them without a next date (invariant 2).
func NeverSilent(c *cvd.Case, ev *cvd.Event) error {
	if len(ev.Arrows) > 0 && ev.Tell == cvd.TellTeam {
		return fmt.Errorf("%w: %s moves the case, so the reporter is told, or the reason for telling nobody is recorded", cvd.ErrInvalid, ev.Type)
	}
	if ev.Tell == cvd.TellNobody && (ev.Body == nil || strings.TrimSpace(ev.Body.Silence) == "") {
		return cvd.Faults{{Field: "silent", Problem: "no reason for telling nobody", Remedy: "give the reason"}}
	}
	if c.Waited() && !c.Closed() && c.NextPromise() == nil {
		return fmt.Errorf("%w: %s would leave the reporter without a next date", cvd.ErrInvalid, ev.Type)
	}
	return nil
}

// checkAcknowledge refuses to thank where nobody outside waits for it, or who was thanked.
func checkAcknowledge(c *cvd.Case) error {
	k := c.Clock(cvd.ClockAcknowledge)
	switch {
	case !c.HasReporter():
		return refuse("the case has no reporter")
	case !c.Waited():
		return refuse("the reporter has left already")
	case k != nil && !k.Met.IsZero():
		return refuse("already acknowledged")
	}
	return nil
}

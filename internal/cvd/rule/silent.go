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

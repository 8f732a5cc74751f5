package deadline

import (
	"time"

	"fairlead/internal/calendar"
	"fairlead/internal/cvd"
)

// ahead is how long before a closed case is erased the team is told, whatever the
// clock slept through.
const ahead = 30 * 24 * time.Hour

// retain starts the time for which the policy keeps a closed case, and ends it when
// the case is erased.
func retain(after *cvd.Case, ev *cvd.Event, t Terms) {
	k, months := after.Clock(cvd.ClockRetention), t.Policy.Retention.ClosedCasesMonths
	switch {
	case k != nil && ev.Type == cvd.EventErased:
		k.Stopped = ev.At
	case k == nil && after.Closed() && months > 0 && closes(ev):
		after.Clocks = append(after.Clocks, cvd.Clock{
			Kind: cvd.ClockRetention, Started: ev.At, Due: calendar.AddMonths(ev.At.In(t.Calendar.Zone()), months).UTC(),
		})
	}
}

func closes(ev *cvd.Event) bool {
	for _, a := range ev.Arrows {
		if a.Machine == cvd.MachineRM && a.Participant == cvd.Vendor && a.To == string(cvd.RMClosed) {
			return true
		}
	}
	return false
}

// retentionOf is what comes next of a closed case: the team is told, and then it is
// erased, which is the spine's to do.
func retentionOf(k *cvd.Clock) *moment {
	if !k.Warned.IsZero() {
		return &moment{at: k.Told(), kind: cvd.EventErased, k: k}
	}
	at := k.Due.Add(-ahead)
	if at.Before(k.Started) {
		at = k.Started
	}
	return &moment{at: at, kind: cvd.EventRetires, k: k}
}

// Spent tells whether the policy keeps the closed case no longer: the team was told
// in time, and the date is past.
func Spent(c *cvd.Case, now time.Time) bool {
	k := c.Clock(cvd.ClockRetention)
	return k != nil && k.Ticking() && c.Closed() && !k.Warned.IsZero() && !now.Before(k.Told())
}

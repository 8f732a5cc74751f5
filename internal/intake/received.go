package intake

import (
	"fmt"
	"time"

	"fairlead/internal/cvd"
)

// yearsBack bounds how long ago a report that is recorded may have come: its clocks
// run from then.
const yearsBack = 5

// Received finds what is wrong with the instant at which a report is said to have
// come.
func Received(at, now time.Time) cvd.Faults {
	var out cvd.Faults
	if at.After(now) {
		out = append(out, cvd.Fault{Field: "received_at", Problem: "lies in the future", Remedy: "give the instant at which the report reached you"})
	}
	if at.Before(now.AddDate(-yearsBack, 0, 0)) {
		out = append(out, cvd.Fault{Field: "received_at", Problem: fmt.Sprintf("lies more than %d years back", yearsBack), Remedy: "give the instant at which the report reached you; of an older one record today's receipt, and say in the description how old it is"})
	}
	return out
}

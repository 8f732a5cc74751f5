// Package reply is what a reporter hears at once: when a report is in, and when
// something was said in its thread. It is also what is kept for a repeated request.
//
// It never holds a word of the case.
package reply

import (
	"time"

	"fairlead/internal/cvd"
	"fairlead/internal/deadline"
)

// Promise is one date that a reporter was told.
type Promise struct {
	Kind   cvd.ClockKind `json:"kind"`
	Due    time.Time     `json:"due"`
	Target bool          `json:"target,omitempty"`
}

// Promises are the dates that the reporter may count on now, soonest first.
func Promises(c *cvd.Case) []Promise {
	out := []Promise{}
	for _, k := range deadline.Sorted(c.Clocks) {
		if k.Ticking() && !k.Internal() && c.Waited() {
			out = append(out, Promise{k.Kind, k.Told(), k.Target})
		}
	}
	return out
}

// Accepted is what a reporter is told at receipt.
type Accepted struct {
	Case     cvd.CaseID `json:"case"`
	Receipt  string     `json:"receipt,omitempty"` // shown once; empty for an internal finding
	Received time.Time  `json:"received_at"`
	Promises []Promise  `json:"promises"`
	Paused   string     `json:"paused,omitempty"` // what the team says of its pause, while it has one
	// Again is set when this is the answer to a repeated request.
	Again bool `json:"-"`
}

// Said is what a reporter is told about something that they did in the thread.
type Said struct {
	Case        cvd.CaseID `json:"case"`
	SuccessorOf cvd.CaseID `json:"successor_of,omitempty"` // the closed case that Case succeeds
	Seq         int64      `json:"seq,omitempty"`
	At          time.Time  `json:"at"`
	State       cvd.RM     `json:"state"`
	Promises    []Promise  `json:"promises"`
}

// Of is the answer to events that left the case as it is.
func Of(c *cvd.Case, evs []cvd.Event) *Said {
	out := &Said{Case: c.ID, At: c.Updated, State: c.RM(), Promises: Promises(c)}
	for i := range evs {
		out.Seq, out.At = evs[i].Seq, evs[i].At
	}
	return out
}

// Opened is the answer to words about a closed case, which opened another.
func Opened(a *Accepted, old cvd.CaseID) *Said {
	return &Said{Case: a.Case, SuccessorOf: old, Seq: 1, At: a.Received, State: cvd.RMReceived, Promises: a.Promises}
}

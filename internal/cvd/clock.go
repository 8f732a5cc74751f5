package cvd

import "time"

// ClockKind names a promise, or a duty that runs by a clock.
type ClockKind string

// The kinds of clock. All but the last two are promise kinds of the API.
const (
	ClockAcknowledge ClockKind = "acknowledge"       // a person confirms receipt
	ClockFollowUp    ClockKind = "follow-up"         // a person answers in detail
	ClockVerify      ClockKind = "verify"            // the report is found valid or invalid
	ClockUpdate      ClockKind = "update"            // the reporter hears something
	ClockNeedsInfo   ClockKind = "needs-information" // the reporter's clock; ours pause
	ClockFix         ClockKind = "fix"               // from acceptance, by severity
	ClockDisclose    ClockKind = "disclose"          // the matter is made public
	ClockReview      ClockKind = "review"            // the policy's own review
	ClockRelease     ClockKind = "release"           // an advisory is published, at an instant that was told
	ClockUnpublished ClockKind = "unpublished"       // a fix is ready and nothing published of it; never told to the reporter
	ClockAfterAction ClockKind = "after-action"      // the team's report after an emergency; never told to the reporter
	ClockRetention   ClockKind = "retention"         // a closed case is erased
)

// Clock is one running, paused, met or broken promise of a case. All instants
// are exact; the zero time means not yet, or never.
type Clock struct {
	Kind    ClockKind `json:"kind"`
	Started time.Time `json:"started"`
	Due     time.Time `json:"due"`
	// Since is from when the stretch up to the date now told is measured, where
	// that is not Started: the last new date told, or the end of a pause.
	Since  time.Time `json:"since,omitzero"`
	Target bool      `json:"target,omitempty"` // an aim: warns, is never called broken
	// Business says that what remains at a pause is counted in working time.
	Business bool `json:"business,omitempty"`
	// Expected is the later date that the reporter was told before or when Due
	// could not be kept. Due itself never moves by itself.
	Expected  time.Time     `json:"expected,omitzero"`
	Warned    time.Time     `json:"warned,omitzero"`   // the team was warned
	Breached  time.Time     `json:"breached,omitzero"` // recorded once, for Due
	Met       time.Time     `json:"met,omitzero"`
	Stopped   time.Time     `json:"stopped,omitzero"` // no longer owed, such as at closing
	Paused    time.Time     `json:"paused,omitzero"`
	Left      time.Duration `json:"left,omitempty"`      // what remained at the pause
	Escalated int           `json:"escalated,omitempty"` // steps of the chain already taken
	Slips     int           `json:"slips,omitempty"`     // how often the reporter was told a later date
}

// Running tells whether the clock is still owed, paused or not.
func (c *Clock) Running() bool { return c.Met.IsZero() && c.Stopped.IsZero() }

// Ticking tells whether it is owed and not paused.
func (c *Clock) Ticking() bool { return c.Running() && c.Paused.IsZero() }

// Missed tells whether an aim's own date has gone by, whatever was told since. A
// promise of which that is true is broken instead.
func (c *Clock) Missed(now time.Time) bool { return c.Target && c.Ticking() && now.After(c.Due) }

// Told is the date by which the reporter now expects it.
func (c *Clock) Told() time.Time {
	if !c.Expected.IsZero() {
		return c.Expected
	}
	return c.Due
}

// Theirs tells whether the reporter owes it, not the team.
func (c *Clock) Theirs() bool { return c.Kind == ClockNeedsInfo }

// Internal tells whether the reporter never hears of it.
func (c *Clock) Internal() bool {
	switch c.Kind {
	case ClockAfterAction, ClockReview, ClockRetention, ClockUnpublished:
		return true
	}
	return false
}

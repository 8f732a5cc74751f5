package tell

import (
	"slices"

	"fairlead/internal/cvd"
)

// partyHears are the events that parties outside hear of: that there is a date, that it
// is near or moved, that it no longer holds, and that everybody may read now.
var partyHears = map[cvd.EventType]bool{
	cvd.EventScheduled: true, cvd.EventUnscheduled: true, cvd.EventHeadsUp: true, cvd.EventHeld: true, cvd.EventPublished: true,
}

// Moved names the notice to a party that a date which they were told is another now.
const Moved = "release-moved"

// Parties lists the participants outside who are told of the event: those who were named
// for it, and are still. Who is named when there is a date already hears that date; a
// date that only another draft is published on is no news.
func Parties(before, after *cvd.Case, ev *cvd.Event) []cvd.ParticipantID {
	if ev.Type == cvd.EventScheduled && !before.Release.At.IsZero() && before.Release.At.Equal(after.Release.At) {
		return nil
	}
	var out []cvd.ParticipantID
	for i := range after.Participants {
		p := &after.Participants[i]
		if !slices.Contains(p.Roles, cvd.AsObserver) || p.Contact == nil && p.ContactBox == nil {
			continue
		}
		now := ev.Type == cvd.EventPartyNamed && len(ev.Joined) > 0 && ev.Joined[0].ID == p.ID && !after.Release.At.IsZero()
		again := ev.Type == cvd.EventPublished && after.Release.Revision > 1 // they were told of the first
		if now || partyHears[ev.Type] && !again {
			out = append(out, p.ID)
		}
	}
	return out
}

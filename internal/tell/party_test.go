package tell_test

import (
	"testing"
	"time"

	"fairlead/internal/cvd"
	"fairlead/internal/tell"
)

// A party outside hears of the release and of nothing else, and not once they were
// dropped.
func TestPartiesHearOfTheReleaseAlone(t *testing.T) {
	c := caseOf("rea@example.org")
	c.Participants = append(c.Participants,
		cvd.Participant{ID: "party-2", Roles: []cvd.ParticipantRole{cvd.AsObserver}, ContactBox: []byte("x")},
		cvd.Participant{ID: "party-3", Roles: []cvd.ParticipantRole{cvd.AsObserver}}, // dropped
	)
	c.Release.Revision = 1
	before, told := *c, map[cvd.EventType]bool{}
	for _, typ := range eventTypes {
		for _, e := range tell.Effects(&before, c, event(typ, "member/m-1", cvd.TellReporter)) {
			if e.Kind == cvd.EffectNotifyParty {
				told[typ] = true
				if e.To != "party-2" {
					t.Errorf("%s is told to %s", typ, e.To)
				}
			}
		}
	}
	for _, typ := range []cvd.EventType{cvd.EventScheduled, cvd.EventUnscheduled, cvd.EventHeadsUp, cvd.EventHeld, cvd.EventPublished} {
		if !told[typ] {
			t.Errorf("nobody outside hears of %s", typ)
		}
		delete(told, typ)
	}
	if len(told) > 0 {
		t.Errorf("they hear of %v too", told)
	}
	c.Release.Revision = 2
	if out := tell.Parties(c, c, event(cvd.EventPublished, "system", cvd.TellReporter)); len(out) > 0 {
		t.Error("they hear of a correction as if it were the first")
	}
	named := event(cvd.EventPartyNamed, "member/m-1", cvd.TellTeam)
	named.Joined = []cvd.Participant{{ID: "party-2"}}
	if out := tell.Parties(c, c, named); len(out) > 0 {
		t.Error("who is named hears a date that there is not")
	}
	c.Release.At = named.At.AddDate(0, 0, 1)
	if out := tell.Parties(c, c, named); len(out) != 1 {
		t.Error("who is named hears no date")
	}
}

// A date that moved is told as such, and one that stays is not told again.
func TestPartiesHearThatADateMoved(t *testing.T) {
	c := caseOf("rea@example.org")
	c.Participants = append(c.Participants, cvd.Participant{ID: "party-2", Roles: []cvd.ParticipantRole{cvd.AsObserver}, ContactBox: []byte("x")})
	before, ev := *c, event(cvd.EventScheduled, "member/m-1", cvd.TellTeam)
	c.Release.At = ev.At.AddDate(0, 0, 7)
	for at, want := range map[time.Time]string{
		{}:                     "release-scheduled",
		ev.At.AddDate(0, 0, 3): tell.Moved,
		c.Release.At:           "",
		c.Release.At.Local():   "",
		c.Release.At.Add(-1e9): tell.Moved,
	} {
		got := ""
		before.Release.At = at
		for _, e := range tell.Effects(&before, c, ev) {
			if e.Kind == cvd.EffectNotifyParty {
				got += e.Template
			}
		}
		if got != want {
			t.Errorf("from %s they hear %q, not %q", at, got, want)
		}
	}
}

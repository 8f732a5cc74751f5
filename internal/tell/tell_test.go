package tell_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"fairlead/internal/cvd"
	"fairlead/internal/cvd/rule"
	"fairlead/internal/goldentest"
	"fairlead/internal/policy"
	"fairlead/internal/tell"
)

var eventTypes = func() []cvd.EventType {
	var out []cvd.EventType
	for _, spec := range rule.Specs {
		out = append(out, spec.Event)
	}
	return append(out, cvd.EventRuled, cvd.EventWarned, cvd.EventSlipped, cvd.EventBreached, cvd.EventEscalated, cvd.EventProceeded, cvd.EventHeadsUp, cvd.EventHeld,
		cvd.EventMailHeld, cvd.EventUndelivered, cvd.EventKeyLearned, cvd.EventKeyOffered, cvd.EventCodeUsed)
}()

func caseOf(email string) *cvd.Case {
	return &cvd.Case{ID: "FL-2026-2222222", Participants: []cvd.Participant{
		{ID: cvd.Vendor, RM: cvd.RMReceived},
		{ID: cvd.Reporter, RM: cvd.RMAccepted, Contact: &cvd.Contact{Email: email}},
	}}
}

func event(typ cvd.EventType, actor string, how cvd.Telling) *cvd.Event {
	return &cvd.Event{
		Head: cvd.Head{
			Case: "FL-2026-2222222", Seq: 3, Type: typ, Actor: actor, Human: !strings.HasPrefix(actor, "machine") && actor != "system", Tell: how,
			Joined: []cvd.Participant{{Member: "m-5"}},
		},
		Body: &cvd.Body{To: "lead"},
	}
}

func hears(effects []cvd.Effect) string {
	var out []string
	for _, e := range effects {
		out = append(out, strings.TrimPrefix(string(e.Kind), "notify-")+" "+e.To)
	}
	if len(out) == 0 {
		return "-"
	}
	return strings.Join(out, ", ")
}

// TestWhoHears prints who gets a notice of each event that the reporter hears
// of, by who did it.
func TestWhoHears(t *testing.T) {
	var b strings.Builder
	for _, typ := range eventTypes {
		fmt.Fprintf(&b, "%s\n", typ)
		for _, actor := range []string{"member/m-1", "machine/m-2", "reporter", "system"} {
			c := caseOf("rea@example.org")
			fmt.Fprintf(&b, "\t%-12s %s\n", actor, hears(tell.Effects(c, c, event(typ, actor, cvd.TellReporter))))
		}
	}
	path := filepath.Join("testdata", "who-hears.golden")
	goldentest.Is(t, path, b.String())
}

func TestNoNoticeWhereNoneIsDue(t *testing.T) {
	for _, typ := range eventTypes {
		for name, ev := range map[string]*cvd.Event{
			"no address": event(typ, "member/m-1", cvd.TellReporter),
			"the team's": event(typ, "member/m-1", cvd.TellTeam),
			"silence":    event(typ, "member/m-1", cvd.TellNobody),
		} {
			c := caseOf("rea@example.org")
			if name == "no address" {
				c = caseOf("")
			}
			if s := hears(tell.Effects(c, c, ev)); strings.Contains(s, "reporter") {
				t.Errorf("%s, %s: %s", typ, name, s)
			}
		}
	}
}

func TestKeysAreStableAndDistinct(t *testing.T) {
	before, after := caseOf("rea@example.org"), caseOf("rea@example.org")
	after.Flags.Emergency = true // opened by severity: the whole team hears at once
	seen := map[string]bool{}
	for _, typ := range eventTypes {
		ev := event(typ, "reporter", cvd.TellReporter)
		a, b := tell.Effects(before, after, ev), tell.Effects(before, after, ev)
		if diff := cmp.Diff(a, b); diff != "" {
			t.Error(diff)
		}
		clear(seen)
		for _, e := range a {
			if seen[e.Key] && typ != cvd.EventAppealed && typ != cvd.EventPrivacy && typ != cvd.EventNoncompliance && typ != cvd.EventHeld && typ != cvd.EventUndelivered {
				t.Errorf("%s: the key %s twice", typ, e.Key)
			}
			seen[e.Key] = true
		}
		if typ != cvd.EventEmergency && !strings.Contains(hears(a), "team team") {
			t.Errorf("%s opened the emergency lane and the team was not told: %s", typ, hears(a))
		}
	}
}

var joined = time.Date(2025, time.January, 1, 0, 0, 0, 0, time.UTC)

func who(id string, roles ...cvd.Role) cvd.Member {
	return cvd.Member{ID: id, Roles: roles, Active: true, Added: joined}
}

func away(m cvd.Member) cvd.Member   { m.Away = true; return m }
func gone(m cvd.Member) cvd.Member   { m.Active = false; return m }
func ids(ms []cvd.Member) (s string) { return strings.Join(idList(ms), " ") }

func idList(ms []cvd.Member) []string {
	var out []string
	for _, m := range ms {
		out = append(out, m.ID)
	}
	return out
}

func TestGroup(t *testing.T) {
	ann, bob, cem := who("ann", cvd.RoleLead), who("bob", cvd.RoleMember), who("cem", cvd.RoleMember)
	fix, off, aud := who("fix", cvd.RoleFixer), who("off", cvd.RoleOfficer), who("aud", cvd.RoleAuditor)
	off.Offices = []string{"Privacy Officer"}
	old := gone(who("old", cvd.RoleMember))
	all := []cvd.Member{ann, bob, cem, fix, off, aud, old}
	p := &policy.Policy{}
	p.Team.Duty = "all"
	p.Team.Roles = []policy.Clause{{ID: "privacy-officer", Title: "Privacy Officer"}}
	p.Emergency.ReportTo = []string{"lead", "privacy-officer"}
	for _, c := range []struct {
		members      []cvd.Member
		to, assignee string
		want         string
	}{
		{all, tell.ToAssignee, "bob", "bob"},
		{all, tell.ToAssignee, "", "ann bob cem"},
		{all, tell.ToAssignee, "old", "ann bob cem"},
		{[]cvd.Member{ann, away(bob)}, tell.ToAssignee, "bob", "ann"},
		{all, tell.ToOnDuty, "bob", "ann bob cem"},
		{[]cvd.Member{away(ann), bob}, tell.ToOnDuty, "", "bob"},
		{[]cvd.Member{away(ann), away(bob)}, tell.ToOnDuty, "", "ann bob"}, // nobody left: all
		{all, tell.ToOther, "bob", "ann cem"},
		{[]cvd.Member{ann}, tell.ToOther, "ann", "ann"},
		{all, tell.ToTeam, "bob", "ann bob cem"},
		{all, tell.ToLead, "", "ann"},
		{[]cvd.Member{bob, cem}, tell.ToLead, "", "bob cem"}, // no lead: the team
		{all, tell.ToOfficers, "", "off"},
		{[]cvd.Member{ann, bob}, tell.ToOfficers, "", "ann bob"},
		{all, tell.ToReport, "", "ann off"},
		{all, "member/fix", "", "fix"},
		{all, "member/old", "", "ann bob cem"},
		{all, "other/bob", "cem", "ann cem"},
		{all, "whatever", "", "ann bob cem"},
		{[]cvd.Member{fix, off}, tell.ToTeam, "", ""},
	} {
		if got := ids(tell.Group(c.members, c.to, c.assignee, p, joined)); got != c.want {
			t.Errorf("%s of %s, held by %q: %q, want %q", c.to, ids(c.members), c.assignee, got, c.want)
		}
	}
}

// Who must confirm a ruling hears of it, also when they hold the case.
func TestTheSecondPersonHears(t *testing.T) {
	c := caseOf("")
	c.Assignee = "bob"
	effects := tell.Effects(c, c, event(cvd.EventRuled, "member/ann", cvd.TellTeam))
	if len(effects) != 1 {
		t.Fatalf("%v", effects)
	}
	team := []cvd.Member{who("ann", cvd.RoleLead), who("bob", cvd.RoleMember)}
	if got := ids(tell.Group(team, effects[0].To, c.Assignee, &policy.Policy{}, joined)); got != "bob" {
		t.Errorf("told: %s", got)
	}
}

func TestWeeklyTurn(t *testing.T) {
	p := &policy.Policy{}
	p.Team.Duty, p.Calendar.Zone = "weekly", "America/Toronto"
	later := who("aaa", cvd.RoleMember)
	later.Added = joined.AddDate(0, 1, 0)
	team := []cvd.Member{later, who("two", cvd.RoleMember), who("one", cvd.RoleLead)}
	zone, err := time.LoadLocation(p.Calendar.Zone)
	if err != nil {
		t.Fatal(err)
	}
	turn := func(at time.Time, ms ...cvd.Member) string { return ids(tell.OnDuty(ms, p, at)) }
	monday := time.Date(2026, time.December, 28, 0, 0, 0, 0, zone)
	var order []string
	for week := range 6 {
		at := monday.AddDate(0, 0, 7*week)
		first := turn(at, team...)
		for _, same := range []time.Time{at.AddDate(0, 0, 3), at.AddDate(0, 0, 7).Add(-time.Second)} {
			if turn(same, team...) != first {
				t.Errorf("the turn changes within the week of %s, at %s", at, same)
			}
		}
		order = append(order, first)
	}
	if !slices.Equal(order[:3], order[3:]) || len(map[string]bool{order[0]: true, order[1]: true, order[2]: true}) != 3 {
		t.Errorf("the turns go %v", order)
	}
	if i := slices.Index(order, "one"); order[i+1] != "two" { // in the order in which they joined, then by id
		t.Errorf("the turns go %v", order)
	}
	if got := turn(monday, away(team[0]), away(team[1]), team[2]); got != "one" {
		t.Errorf("the only one left is not on duty: %q", got)
	}
	if got := turn(monday, away(team[0])); got != "" {
		t.Errorf("somebody away is on duty: %s", got)
	}
	if got := turn(time.Date(1999, time.May, 5, 0, 0, 0, 0, zone), team...); got == "" {
		t.Error("no turn long ago")
	}
	p.Calendar.Zone = "No/Such"
	if turn(monday, team...) == "" {
		t.Error("no turn without a zone")
	}
}

// Of an imported case the reporter hears nothing while it sleeps, and nobody hears of
// what is old.
func TestWhatIsOldTellsNobody(t *testing.T) {
	asleep, awake := caseOf("rea@example.org"), caseOf("rea@example.org")
	asleep.Dormant = true
	for _, typ := range eventTypes {
		ev := event(typ, "system", cvd.TellReporter)
		if s := hears(tell.Effects(asleep, asleep, ev)); strings.Contains(s, "reporter") {
			t.Errorf("%s: %s", typ, s)
		}
		if s := hears(tell.Effects(awake, awake, ev)); !strings.Contains(s, "reporter") {
			t.Errorf("%s tells nobody who is awake: %s", typ, s)
		}
		ev.Body.Channel = cvd.ChannelImported
		if s := hears(tell.Effects(awake, awake, ev)); s != "-" {
			t.Errorf("imported %s: %s", typ, s)
		}
	}
}

// What the report says of attacks or of being public is everybody's matter, and not told
// together with others; a plain no is not.
func TestAttacksAreEverybodysMatter(t *testing.T) {
	for answer, to := range map[cvd.Answer]string{
		"": tell.ToOnDuty, "no": tell.ToOnDuty, "unknown": tell.ToOnDuty, "Weiß ich nicht": tell.ToOnDuty,
		"yes": tell.ToTeam, "yes, in the wild": tell.ToTeam, "no idea, but look at the forum": tell.ToTeam,
	} {
		for _, r := range []*cvd.Report{{Exploited: answer}, {Public: answer}} {
			ev := event(cvd.EventReceived, "stranger", cvd.TellReporter)
			ev.Body.Report = r
			got := tell.Effects(caseOf(""), caseOf(""), ev)
			if len(got) != 1 || got[0].To != to || tell.Waits(got[0]) != (to == tell.ToOnDuty) {
				t.Errorf("%q: %v, want it to reach %s", answer, got, to)
			}
		}
	}
}

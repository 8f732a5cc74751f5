// Package tell says who must hear of which event: the reporter, and who of the
// team. It is pure and sends nothing; the words are made elsewhere.
package tell

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"fairlead/internal/cvd"
	"fairlead/internal/policy"
)

// The groups that a notice to the team can go to; resolved when it is carried,
// so that whoever is on duty then is told.
const (
	ToAssignee = "assignee" // whoever holds the case, else who is on duty
	ToOnDuty   = "on-duty"
	ToOther    = "other" // the members who do not hold it
	ToTeam     = "team"
	ToLead     = "lead"
	ToOfficers = "officers"
	ToReport   = "report-to" // whom the policy's emergency lane reports to
)

// Prefixes before a member's id: that member alone, or whoever works cases but
// for that one.
const (
	only   = "member/"
	butFor = "other/"
)

// teamHears says which events the team gets a notice of, and who of it.
var teamHears = map[cvd.EventType]string{
	cvd.EventReceived:      ToOnDuty,
	cvd.EventProvided:      ToAssignee,
	cvd.EventMessage:       ToAssignee,
	cvd.EventAttached:      ToAssignee,
	cvd.EventWithdrawn:     ToAssignee,
	cvd.EventAppealed:      ToTeam,
	cvd.EventContact:       ToAssignee,
	cvd.EventWarned:        ToAssignee,
	cvd.EventSlipped:       ToAssignee,
	cvd.EventBreached:      ToAssignee,
	cvd.EventProceeded:     ToAssignee,
	cvd.EventRetires:       ToTeam,
	cvd.EventEmergency:     ToTeam,
	cvd.EventAfterAction:   ToReport,
	cvd.EventPrivacy:       ToTeam,
	cvd.EventNoncompliance: ToTeam,
	cvd.EventChecked:       ToAssignee,
	cvd.EventPublished:     ToAssignee,
	cvd.EventHeld:          ToTeam,
	cvd.EventInvited:       "",
	cvd.EventMailHeld:      ToAssignee,
	cvd.EventUndelivered:   ToTeam,
	cvd.EventKeyOffered:    ToAssignee,
}

// Effects says what the world must be told of an event. They are references,
// keyed by the event, so writing them down twice is once.
func Effects(before, after *cvd.Case, ev *cvd.Event) []cvd.Effect {
	var out []cvd.Effect
	add := func(kind cvd.EffectKind, to string) { out = append(out, effect(ev, kind, to, string(ev.Type))) }
	if ev.Type == cvd.EventAttached && ev.Body != nil && ev.Body.With > 0 {
		return nil // told with the mail that the file came with
	}
	if ev.Body != nil && ev.Body.Channel == cvd.ChannelImported {
		return nil // they were told when it was written, and the team reads what the import says
	}
	byReporter := ev.Actor == string(cvd.ActorReporter)
	if ev.Tell == cvd.TellReporter && !byReporter && !after.Dormant && reachable(after) {
		add(cvd.EffectNotifyReporter, string(cvd.Reporter))
	}
	for _, id := range Parties(before, after, ev) {
		add(cvd.EffectNotifyParty, string(id))
		if ev.Type == cvd.EventScheduled && !before.Release.At.IsZero() {
			out[len(out)-1].Template = Moved
		}
	}
	switch to, hears := teamHears[ev.Type]; {
	case ev.Type == cvd.EventReceived && (after.Flags.Privacy || pressing(ev)): // everybody's matter
		add(cvd.EffectNotifyTeam, ToTeam)
	case ev.Type == cvd.EventEscalated && ev.Body != nil:
		add(cvd.EffectNotifyTeam, ev.Body.To)
	case ev.Type == cvd.EventRuled: // the second person may be the very one who holds the case
		add(cvd.EffectNotifyTeam, butFor+strings.TrimPrefix(ev.Actor, string(cvd.ActorMember)+"/"))
	case ev.Type == cvd.EventInvited:
		add(cvd.EffectNotifyTeam, only+ev.Joined[0].Member)
	case !hears || (ev.ByMember() && !loudFromMember[ev.Type]):
	default:
		add(cvd.EffectNotifyTeam, to)
	}
	if after.Flags.Emergency && !before.Flags.Emergency && ev.Type != cvd.EventEmergency {
		add(cvd.EffectNotifyTeam, ToTeam)
	}
	return out
}

// pressing tells whether a report says more than no to being exploited or public already.
// That is a claim, which somebody of the team checks: it moves no machine.
func pressing(ev *cvd.Event) bool {
	if ev.Body == nil || ev.Body.Report == nil {
		return false
	}
	return ev.Body.Report.Exploited.Yes() || ev.Body.Report.Public.Yes()
}

// effect is one thing that the world must be told of an event. Its key names the event,
// the kind and whom: carried twice it is told once.
func effect(ev *cvd.Event, kind cvd.EffectKind, to, template string) cvd.Effect {
	return cvd.Effect{
		Key:  fmt.Sprintf("%s/%d/%s/%s", ev.Case, ev.Seq, kind, to),
		Kind: kind, Case: ev.Case, Seq: ev.Seq, To: to, Template: template, At: ev.At,
	}
}

// Waits tells whether the effect may wait a while to be told of together with
// others: that a report came in, unless it is everybody's matter.
func Waits(e cvd.Effect) bool {
	return e.Kind == cvd.EffectNotifyTeam && e.To == ToOnDuty && e.Template == string(cvd.EventReceived)
}

// OfReview tells whether a notice that belongs to no case is about the review of the
// policy; others are about the team's key.
func OfReview(e cvd.Effect) bool { return strings.HasPrefix(e.Template, "review-") }

// loudFromMember are the events that the others hear of although a member did
// them.
var loudFromMember = map[cvd.EventType]bool{
	cvd.EventEmergency: true, cvd.EventAfterAction: true,
	cvd.EventPrivacy: true, cvd.EventNoncompliance: true, cvd.EventReceived: true,
}

// reachable tells whether the reporter gave an address. Without one they read
// everything in the thread.
func reachable(c *cvd.Case) bool {
	p := c.Participant(cvd.Reporter)
	return p != nil && p.Contact != nil && p.Contact.Email != ""
}

// Group resolves whom a notice to the team reaches. Nobody found means the
// whole team, and then the leads: a notice to nobody would be a silent failure.
func Group(members []cvd.Member, to, assignee string, p *policy.Policy, now time.Time) []cvd.Member {
	pick := func(ok func(m cvd.Member) bool) []cvd.Member {
		var out []cvd.Member
		for _, m := range members {
			if m.Active && ok(m) {
				out = append(out, m)
			}
		}
		return out
	}
	works := func(m cvd.Member) bool { return m.Is(cvd.RoleLead) || m.Is(cvd.RoleMember) }
	var out []cvd.Member
	switch to {
	case ToAssignee:
		out = pick(func(m cvd.Member) bool { return m.ID == assignee && !m.Away })
		if len(out) == 0 {
			out = OnDuty(members, p, now)
		}
	case ToOnDuty:
		out = OnDuty(members, p, now)
	case ToOther:
		out = pick(func(m cvd.Member) bool { return works(m) && m.ID != assignee })
	case ToLead:
		out = pick(func(m cvd.Member) bool { return m.Is(cvd.RoleLead) })
	case ToOfficers:
		out = pick(func(m cvd.Member) bool { return m.Is(cvd.RoleOfficer) })
	case ToReport:
		for _, name := range p.Emergency.ReportTo {
			more := pick(func(m cvd.Member) bool { return holds(m, name, p) })
			if name == ToTeam {
				more = pick(works)
			}
			out = union(out, more)
		}
	default:
		if id, ok := strings.CutPrefix(to, only); ok {
			out = pick(func(m cvd.Member) bool { return m.ID == id })
		}
		if id, ok := strings.CutPrefix(to, butFor); ok {
			out = pick(func(m cvd.Member) bool { return works(m) && m.ID != id })
		}
	}
	if len(out) == 0 {
		out = pick(works)
	}
	return out
}

// holds tells whether the member is meant by a name of the policy: a role, or
// an office by its title or its clause.
func holds(m cvd.Member, name string, p *policy.Policy) bool {
	if m.Is(cvd.Role(name)) {
		return true
	}
	title := name
	if c, ok := p.Clause(name); ok {
		title = c.Title
	}
	return slices.ContainsFunc(m.Offices, func(o string) bool { return strings.EqualFold(o, title) || strings.EqualFold(o, name) })
}

func union(a, b []cvd.Member) []cvd.Member {
	for _, m := range b {
		if !slices.ContainsFunc(a, func(x cvd.Member) bool { return x.ID == m.ID }) {
			a = append(a, m)
		}
	}
	return a
}

// OnDuty lists who answers now: every active member who is not away, or by
// weekly turn the one whose week it is, in the order in which they joined.
func OnDuty(members []cvd.Member, p *policy.Policy, now time.Time) []cvd.Member {
	var able []cvd.Member
	for _, m := range members {
		if m.Active && !m.Away && (m.Is(cvd.RoleLead) || m.Is(cvd.RoleMember)) {
			able = append(able, m)
		}
	}
	if p.Team.Duty != "weekly" || len(able) == 0 {
		return able
	}
	slices.SortFunc(able, func(a, b cvd.Member) int {
		return cmp.Or(a.Added.Compare(b.Added), strings.Compare(a.ID, b.ID))
	})
	zone, err := time.LoadLocation(p.Calendar.Zone)
	if err != nil {
		zone = time.UTC
	}
	// Weeks since a Monday, so that the turn does not jump at New Year.
	local := now.In(zone)
	day := time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, time.UTC)
	monday := time.Date(2024, time.January, 1, 0, 0, 0, 0, time.UTC)
	week := int(day.Sub(monday).Hours()/24) / 7
	return []cvd.Member{able[((week%len(able))+len(able))%len(able)]}
}

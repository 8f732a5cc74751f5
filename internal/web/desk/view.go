package desk

import (
	"strings"
	"time"

	"fairlead/internal/cvd"
	"fairlead/internal/web"
	"fairlead/internal/words"
)

// lens is how one request reads the desk: in which language and zone, at which
// instant, and who is called what.
type lens struct {
	site  *web.Site
	voice *words.Voice
	zone  *time.Location
	now   time.Time
	actor cvd.Actor
	team  map[string]cvd.Member
}

func (l *lens) say(id string, pairs ...any) string { return l.voice.Say(id, pairs...) }

func (l *lens) band(b cvd.Band) web.Badge {
	if b == "" {
		return web.Badge{Kind: "quiet", Text: l.say("desk.unrated")}
	}
	return l.site.Band(b)
}

// marks are what needs attention, in the order of its weight.
type marks struct{ emergency, breached, privacy, unread, pending, appealed, paused, internal bool }

func (l *lens) flags(m marks) []web.Badge {
	var out []web.Badge
	for _, f := range []struct {
		on         bool
		kind, name string
	}{
		{m.emergency, "alarm", "emergency"},
		{m.breached, "alarm", "broken"},
		{m.privacy, "warn", "privacy"},
		{m.pending, "warn", "pending"},
		{m.unread, "info", "unread"},
		{m.appealed, "info", "appealed"},
		{m.paused, "neutral", "paused"},
		{m.internal, "quiet", "internal"},
	} {
		if f.on {
			out = append(out, web.Badge{Kind: f.kind, Text: l.say("desk.flag." + f.name)})
		}
	}
	return out
}

// member is the name of a member of the team.
func (l *lens) member(id string) string {
	if m, ok := l.team[id]; ok && m.Name != "" {
		return m.Name
	}
	return l.say("desk.somebody")
}

// who reads an actor's reference as heads of events hold it.
func (l *lens) who(ref string) string {
	kind, id, _ := strings.Cut(ref, "/")
	switch cvd.ActorKind(kind) {
	case cvd.ActorMember:
		return l.member(id)
	case cvd.ActorMachine:
		return l.say("desk.machine", "name", l.member(id))
	case cvd.ActorReporter:
		return l.say("desk.reporter")
	case cvd.ActorSystem:
		return l.say("desk.house")
	}
	return l.say("desk.stranger")
}

// clockView is one clock as the team sees it.
type clockView struct {
	Name, Long string
	Kind       string // running, soon, overdue, broken, passed, paused, met, late, stopped
	State      web.Badge
	Due        time.Time
	Told       time.Time // the later date that the reporter was told; zero if none
	Done       time.Time
	Left       string // of a paused clock
	Live       bool   // still owed
	Target     bool
	Theirs     bool
	Internal   bool
}

// looks of a clock's state.
var looks = map[string]string{
	"running": "neutral", "soon": "warn", "overdue": "alarm", "broken": "alarm", "passed": "warn",
	"paused": "info", "met": "good", "late": "warn", "stopped": "quiet",
}

func (l *lens) clock(k *cvd.Clock) clockView {
	v := clockView{
		Name: l.say("clock.short." + string(k.Kind)), Long: l.say("clock." + string(k.Kind)), Kind: l.clockKind(k),
		Due: k.Due, Target: k.Target, Theirs: k.Theirs(), Internal: k.Internal(), Done: k.Met, Live: k.Running(),
	}
	if !k.Expected.IsZero() && !k.Expected.Equal(k.Due) {
		v.Told = k.Expected
	}
	if v.Kind == "paused" {
		v.Left = l.span(k.Left)
		if k.Business {
			v.Left = l.say("desk.clock.working", "span", v.Left)
		}
	}
	v.State = web.Badge{Kind: looks[v.Kind], Text: l.say("desk.clock." + v.Kind)}
	return v
}

func (l *lens) clockKind(k *cvd.Clock) string {
	switch {
	case !k.Met.IsZero() && k.Met.After(k.Due):
		return "late"
	case !k.Met.IsZero():
		return "met"
	case !k.Stopped.IsZero():
		return "stopped"
	case !k.Paused.IsZero():
		return "paused"
	case !k.Breached.IsZero() && !k.Target:
		return "broken"
	case l.now.After(k.Told()) && k.Target:
		return "passed"
	case l.now.After(k.Told()):
		return "overdue"
	case !k.Warned.IsZero():
		return "soon"
	}
	return "running"
}

// span writes a length of time in the largest unit that is exact enough.
func (l *lens) span(d time.Duration) string {
	switch {
	case d >= 48*time.Hour:
		return l.say("distance.day", "count", int(d/(24*time.Hour)))
	case d >= 2*time.Hour:
		return l.say("distance.hour", "count", int(d/time.Hour))
	}
	return l.say("distance.minute", "count", int(max(d, 0)/time.Minute))
}

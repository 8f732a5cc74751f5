package visit

import (
	"strings"
	"time"

	"fairlead/internal/cvd"
	"fairlead/internal/inbox"
	"fairlead/internal/web"
	"fairlead/internal/words"
)

// Lens is how one request reads the desk: in which language and zone, at which
// instant, and who is called what.
type Lens struct {
	Site  *web.Site
	Voice *words.Voice
	Zone  *time.Location
	Now   time.Time
	Actor cvd.Actor
	Team  map[string]cvd.Member // shared: never changed
}

func (l *Lens) Say(id string, pairs ...any) string { return l.Voice.Say(id, pairs...) }

// Tone is how parts of a page speak to the reader.
func (l *Lens) Tone() web.Tone { return web.Tone{Lang: l.Voice.Lang()} }

// Counted writes a number that was counted to inbox.Counted and no further.
func (l *Lens) Counted(n int) string {
	if n > inbox.Counted {
		return l.Say("desk.count.more")
	}
	return l.Say("desk.count", "n", n)
}

func (l *Lens) Band(b cvd.Band) web.Badge {
	if b == "" {
		return web.Badge{Kind: "quiet", Text: l.Say("desk.unrated")}
	}
	return web.Band(l.Voice, b)
}

// Marks are what needs attention, in the order of its weight.
type Marks struct{ Emergency, Breached, Appeal, Privacy, Unread, Mail, Pending, Appealed, Paused, Internal bool }

func (l *Lens) Flags(m Marks) []web.Badge {
	var out []web.Badge
	for _, f := range []struct {
		on         bool
		kind, name string
	}{
		{m.Emergency, "alarm", "emergency"},
		{m.Breached, "alarm", "broken"},
		{m.Appeal, "alarm", "appeal"},
		{m.Privacy, "warn", "privacy"},
		{m.Pending, "warn", "pending"},
		{m.Mail, "warn", "mail"},
		{m.Unread, "info", "unread"},
		{m.Appealed && !m.Appeal, "info", "appealed"},
		{m.Paused, "neutral", "paused"},
		{m.Internal, "quiet", "internal"},
	} {
		if f.on {
			out = append(out, web.Badge{Kind: f.kind, Text: l.Say("desk.flag." + f.name)})
		}
	}
	return out
}

// member is the name of a member of the team.
func (l *Lens) Member(id string) string {
	if m, ok := l.Team[id]; ok && m.Name != "" {
		return m.Name
	}
	return l.Say("desk.somebody")
}

// who reads an actor's reference as heads of events hold it.
func (l *Lens) Who(ref string) string {
	kind, id, _ := strings.Cut(ref, "/")
	switch cvd.ActorKind(kind) {
	case cvd.ActorMember:
		return l.Member(id)
	case cvd.ActorMachine:
		return l.Say("desk.machine", "name", l.Member(id))
	case cvd.ActorReporter:
		return l.Say("desk.reporter")
	case cvd.ActorSystem:
		return l.Say("desk.house")
	}
	return l.Say("desk.stranger")
}

// ClockView is one clock as the team sees it.
type ClockView struct {
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

func (l *Lens) Clock(k *cvd.Clock) ClockView {
	v := ClockView{
		Name: l.Say("clock.short." + string(k.Kind)), Long: l.Say("clock." + string(k.Kind)), Kind: l.clockKind(k),
		Due: k.Due, Target: k.Target, Theirs: k.Theirs(), Internal: k.Internal(), Done: k.Met, Live: k.Running(),
	}
	if !k.Expected.IsZero() && !k.Expected.Equal(k.Due) {
		v.Told = k.Expected
	}
	if v.Kind == "paused" {
		v.Left = l.Span(k.Left)
		if k.Business {
			v.Left = l.Say("desk.clock.working", "span", v.Left)
		}
	}
	v.State = web.Badge{Kind: looks[v.Kind], Text: l.Say("desk.clock."+v.Kind, "day", l.Voice.Day(k.Due, l.Zone))}
	return v
}

func (l *Lens) clockKind(k *cvd.Clock) string {
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
	case k.Missed(l.Now):
		return "passed"
	case l.Now.After(k.Told()):
		return "overdue"
	case !k.Warned.IsZero():
		return "soon"
	}
	return "running"
}

// span writes a length of time in the largest unit that is exact enough.
func (l *Lens) Span(d time.Duration) string {
	switch {
	case d >= 48*time.Hour:
		return l.Say("distance.day", "count", int(d/(24*time.Hour)))
	case d >= 2*time.Hour:
		return l.Say("distance.hour", "count", int(d/time.Hour))
	}
	return l.Say("distance.minute", "count", int(max(d, 0)/time.Minute))
}

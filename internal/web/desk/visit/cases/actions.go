package cases

import (
	"maps"
	"slices"

	"fairlead/internal/casework"
	"fairlead/internal/cvd"
	"fairlead/internal/cvd/rule"
	"fairlead/internal/may"
	"fairlead/internal/web/desk/visit/cases/moves"
	"fairlead/internal/words"
)

// groupView is a set of verbs that belong together.
type groupView struct {
	Name    string
	Open    bool // likely enough to stand there at once
	Actions []actionView
}

// actionView is one verb that is possible now.
type actionView struct {
	Verb, Text string
	Loud       bool
	Main       bool   // the one that comes first
	Says       string // what the reporter will be told
	Tells      bool   // the reporter is told something
}

// actions are the verbs that the actor may do now: those that usually come next, the
// others by group, and those that one press does.
func (l lens) actions(f *casework.File) (next []actionView, all []groupView, fast []actionView) {
	for _, g := range moves.Groups {
		view := groupView{Name: l.Say("desk.group." + g.Name), Open: g.Name == "decide" || g.Name == "emergency" || (g.Name == "release" && moves.Releasing(f.Case))}
		for _, verb := range g.Verbs {
			if !slices.Contains(f.Verbs, verb) || slices.Contains(moves.Quick, verb) && verb != cvd.VerbClaim || verb == cvd.VerbConfirm && !l.second(f.Case) || verb == cvd.VerbUphold && !l.answers(f.Case) {
				continue
			}
			one := actionView{Verb: string(verb), Text: l.Say("verb." + string(verb)), Loud: g.Name == "ruling" || moves.Comes(f.Case, f.Verbs, verb)}
			switch verb {
			case cvd.VerbClaim:
				one.Text = l.Say("desk.assign")
			case cvd.VerbAdvise: // its page shows gates and formats too
				one.Text = l.Say("desk.advisory.page")
			}
			if one.Loud {
				next = append(next, one)
			} else {
				view.Actions = append(view.Actions, one)
			}
		}
		if len(view.Actions) > 0 {
			all = append(all, view)
		}
	}
	for _, verb := range moves.Quick {
		if !slices.Contains(f.Verbs, verb) || verb == cvd.VerbClaim && f.Case.Assignee != "" {
			continue
		}
		text := l.Say("verb." + string(verb))
		if verb == cvd.VerbClaim {
			text = l.Say("desk.claim")
		}
		fast = append(fast, actionView{Verb: string(verb), Text: text, Loud: verb != cvd.VerbRelease, Says: l.says(f.Case, verb), Tells: rule.SpecOf(verb).Tell == cvd.TellReporter && f.Case.Waited()})
	}
	if i := slices.IndexFunc(fast, func(a actionView) bool { return a.Loud }); i >= 0 && !l.rules(f) {
		fast[i].Main = true
	} else if len(next) > 0 {
		next[0].Main = true
	}
	return next, all, fast
}

// rules tells whether a ruling waits for the reader. Then that comes before anything else.
func (l lens) rules(f *casework.File) bool {
	return f.Case.Pending != nil && slices.Contains(f.Verbs, cvd.VerbConfirm) && l.second(f.Case)
}

// second tells whether the reader may confirm the ruling that waits: not the
// own one while somebody else could.
func (l lens) second(c *cvd.Case) bool { return !rule.Proposer(c, l.Actor) || l.alone() }

// answers tells whether the reader may answer the appeal: not against the own ruling
// while somebody else could.
func (l lens) answers(c *cvd.Case) bool {
	return !rule.Ruler(c, l.Actor) || l.alone(rule.Spent(c, cvd.VerbUphold)...)
}

func (l lens) alone(but ...string) bool {
	return may.Alone(l.Actor, slices.Collect(maps.Values(l.Team)), but...)
}

// appeal says who answers it.
func (l lens) appeal(c *cvd.Case) moveView {
	m := moveView{Whose: l.Say("desk.move.unowned"), What: l.Say("desk.move.appeal")}
	switch {
	case !l.answers(c):
		m.Whose = l.Say("desk.move.second")
	case c.Assignee == l.Actor.ID || rule.Ruler(c, cvd.Actor{Kind: cvd.ActorMember, ID: c.Assignee}):
		m.Whose = l.Say("desk.move.you")
	case c.Assignee != "":
		m.Whose = l.Member(c.Assignee)
	}
	return m
}

// says tells, before a verb without words is done, what the reporter will read.
func (l lens) says(c *cvd.Case, verb cvd.Verb) string {
	spec := rule.SpecOf(verb)
	if spec.Tell != cvd.TellReporter {
		return l.Say("desk.says.nothing")
	}
	if !c.Waited() {
		return l.Say("desk.says.nobody")
	}
	ev := cvd.Event{Head: cvd.Head{Type: spec.Event, Tell: cvd.TellReporter}, Body: &cvd.Body{}}
	return l.Say("desk.says.words", "text", l.Voice.Event(&ev, words.ForReporter, l.Zone).Heading)
}

package cases

import (
	"slices"

	"fairlead/internal/casework"
	"fairlead/internal/cvd"
	"fairlead/internal/cvd/rule"
	"fairlead/internal/web/desk/visit/cases/moves"
	"fairlead/internal/words"
)

// groupView is a set of verbs that belong together.
type groupView struct {
	Name    string
	Loud    bool // what is most likely to be done next
	Actions []actionView
}

// actionView is one verb that is possible now.
type actionView struct {
	Verb, Text string
	Loud       bool
	Says       string // what the reporter will be told
}

// actions are the verbs that the actor may do now: by group, and those that one
// press does.
func (l lens) actions(f *casework.File) (all []groupView, fast []actionView) {
	for _, g := range moves.Groups {
		view := groupView{Name: l.Say("desk.group." + g.Name), Loud: g.Name != "world" && g.Name != "rare" && (g.Name != "release" || releasing(f.Case))}
		for _, verb := range g.Verbs {
			if !slices.Contains(f.Verbs, verb) || slices.Contains(moves.Quick, verb) && verb != cvd.VerbClaim {
				continue
			}
			if verb == cvd.VerbConfirm && !l.second(f.Case) {
				continue
			}
			loud := g.Name == "ruling" || slices.Contains(moves.Likely[f.Case.RM()], verb)
			if verb == cvd.VerbAsk && f.Case.Awaiting() || verb == cvd.VerbSeverity && f.Case.Band != "" {
				loud = false
			}
			if verb == cvd.VerbFixDeployed && slices.Contains(f.Verbs, cvd.VerbFixReady) {
				loud = false
			}
			text := l.Say("verb." + string(verb))
			switch verb {
			case cvd.VerbClaim:
				text = l.Say("desk.assign")
			case cvd.VerbAdvise: // its page shows gates and formats too
				text = l.Say("desk.advisory.page")
			}
			view.Actions = append(view.Actions, actionView{Verb: string(verb), Text: text, Loud: loud})
		}
		if len(view.Actions) > 0 {
			all = append(all, view)
		}
	}
	for _, verb := range moves.Quick {
		if !slices.Contains(f.Verbs, verb) || (verb == cvd.VerbClaim && f.Case.Assignee != "") {
			continue
		}
		fast = append(fast, actionView{string(verb), l.Say("verb." + string(verb)), verb != cvd.VerbRelease, l.says(f.Case, verb)})
	}
	return all, fast
}

// releasing tells whether an advisory is what the case is about now.
func releasing(c *cvd.Case) bool {
	return c.Release.Draft != 0 || c.Facts.Has(cvd.FactFixReady)
}

// second tells whether the reader may confirm the ruling that waits: not the
// own one while somebody else could.
func (l lens) second(c *cvd.Case) bool {
	if c.Pending == nil || c.Pending.By != l.Actor.Ref() {
		return true
	}
	for _, m := range l.Team {
		if m.Active && m.ID != l.Actor.ID && (m.Is(cvd.RoleLead) || m.Is(cvd.RoleMember)) {
			return false
		}
	}
	return true
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

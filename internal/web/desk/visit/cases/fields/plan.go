package fields

import (
	"slices"
	"strings"

	"fairlead/internal/cvd"
	"fairlead/internal/cvd/rule"
	"fairlead/internal/web/desk/visit"
)

// plan is how a form asks for the words of a verb: once for what the reporter reads,
// though a verb may take it as a reason or as a text. What the plan leaves out is still
// shown where something was typed into it.
type plan struct {
	box     string            // the field of what the reporter reads; empty where they read nothing
	readers string            // who reads the reason: world, told, reporter, team
	without []string          // what is not asked for
	folds   map[string]string // the titles under which fields are folded away
}

func planOf(c *cvd.Case, verb cvd.Verb) plan {
	spec := rule.SpecOf(verb)
	takes := func(name string) bool { return slices.Contains(spec.Takes, name) }
	p := plan{readers: readers(c, spec), folds: map[string]string{"silent": "desk.fold.silent"}}
	if verb == cvd.VerbAttach { // chosen with its button
		p.without = []string{"silent"}
	}
	if len(spec.Takes) > 1 && !slices.Contains(spec.Needs, "note") {
		p.folds["note"] = "desk.field.note"
	}
	switch {
	case !takes("reason"):
		p.box = "text"
	case !takes("text"):
		p.box = "reason"
	case p.readers == "world" && !c.Waited():
		p.readers, p.without = "world.alone", []string{"text", "silent"}
	case p.readers == "world": // the world and the reporter are told different things
		p.folds["text"] = "desk.fold.text"
	case verb == cvd.VerbCVE: // its reason may become public
		p.box, p.folds["reason"] = "text", "desk.fold.rejection"
	case p.readers == "team":
		p.without = []string{"text", "silent"}
	case slices.Contains(spec.Needs, "reason"):
		p.box, p.without = "reason", []string{"text"}
	default:
		p.box, p.without = "text", []string{"reason"}
	}
	if p.box == "reason" && p.readers == "team" || spec.Tell != cvd.TellReporter {
		p.box = ""
	}
	return p
}

func (p *plan) has(name string) bool { return !slices.Contains(p.without, name) }

// put names and folds a field as planned. takes is how many fields the verb has.
func (p *plan) put(v form, item *Item, verb cvd.Verb, takes int) {
	f := item.Field
	if id := p.folds[f.Name]; id != "" {
		item.Fold = v.Say(id)
	}
	switch {
	case f.Name == p.box:
		item.Said, f.Rows = true, 7
		if !v.Voice.Has("desk.field." + f.Name + "." + string(verb)) {
			f.Label = v.Say("desk.field.said")
		}
		if f.Name == "reason" {
			f.Help = v.Say("desk.said." + p.readers)
		}
	case f.Name == "reason":
		f.Help = v.Say("desk.reason." + p.readers)
		if strings.HasPrefix(p.readers, "world") {
			f.Help += " " + v.Say("desk.reason.languages")
			f.Required = true // a correction is refused that does not say what it corrects
		}
	case f.Name == "silent" && p.box == "reason":
		f.Help = v.Say("desk.field.silent.reason")
	case f.Name == "note" && takes > 2:
		f.Rows = 3
	}
}

// About says what a verb is for: for a correction, or where nobody outside waits, in words
// of its own where there are any.
func About(l *visit.Lens, c *cvd.Case, verb cvd.Verb) string {
	id := "desk.about." + string(verb)
	switch {
	case visit.Outspoken(c, verb) && l.Voice.Has(id+".again"):
		id += ".again"
	case !c.Waited() && l.Voice.Has(id+".alone"):
		id += ".alone"
	case !l.Voice.Has(id):
		return ""
	}
	return l.Say(id)
}

// readers is who reads the reason of a verb.
func readers(c *cvd.Case, spec *rule.Spec) string {
	switch {
	case visit.Outspoken(c, spec.Verb):
		return "world"
	case spec.Tell != cvd.TellReporter || !c.Waited():
		return "team"
	case slices.Contains(spec.Takes, "silent"):
		return "told"
	}
	return "reporter"
}

package fields

import (
	"slices"
	"strings"

	"fairlead/internal/casework"
	"fairlead/internal/cvd"
	"fairlead/internal/policy"
	"fairlead/internal/web/desk/visit"
)

// fitting are the lists of the policy whose clauses a verb usually cites.
var fitting = map[cvd.Verb][]string{
	cvd.VerbInvalidate:    {"scope.out", "scope.known_non_issues", "scope.third_party"},
	cvd.VerbHandOn:        {"scope.third_party", "scope.out", "sections"},
	cvd.VerbNoncompliance: {"guidelines"},
}

// clauseChecks offers the clauses of the version that the case pins: the
// fitting ones open, the others folded.
func (v form) clauseChecks(f *casework.File, verb cvd.Verb, on []string) *visit.Checks {
	c := &visit.Checks{Name: "clauses", Legend: v.Say("desk.field.clauses"), Help: v.Say("desk.field.clauses.help")}
	if f.Policy == nil {
		return c
	}
	byList := map[string][]policy.Clause{}
	var names []string
	for _, p := range v.Site.Terms(v.Voice, f.Policy).Placed() {
		name, _, _ := strings.Cut(p.Path, "[")
		if p.Clause.ID == "" || name == "checklist" || name == "team.roles" || (verb == cvd.VerbAsk && name == "evidence") {
			continue
		}
		if byList[name] == nil {
			names = append(names, name)
		}
		byList[name] = append(byList[name], p.Clause)
	}
	first := fitting[verb]
	slices.SortStableFunc(names, func(a, b string) int { return rank(first, a) - rank(first, b) })
	for _, name := range names {
		g := visit.CheckGroup{Title: v.Say("desk.clauses." + name), Fold: !slices.Contains(first, name)}
		for _, one := range byList[name] {
			chosen := slices.Contains(on, one.ID)
			g.Fold = g.Fold && !chosen
			g.Items = append(g.Items, visit.CheckItem{Value: one.ID, Label: one.Title, Text: one.Text, On: chosen})
		}
		c.Groups = append(c.Groups, g)
	}
	return c
}

func rank(list []string, name string) int {
	if i := slices.Index(list, name); i >= 0 {
		return i
	}
	return len(list)
}

// missingChecks offers what the policy asks as evidence, and which of the
// requested information the report lacks.
func (v form) missingChecks(f *casework.File, on []string) *visit.Checks {
	c := &visit.Checks{Name: "missing", Legend: v.Say("desk.field.missing"), Help: v.Say("desk.field.missing.help")}
	if f.Policy == nil {
		return c
	}
	g := visit.CheckGroup{Title: v.Say("desk.clauses.evidence")}
	said := v.Site.Terms(readersVoice(v.Lens, f), f.Policy).Evidence
	for i, e := range v.Site.Terms(v.Voice, f.Policy).Evidence {
		value := said[i].Title // which the reporter reads
		g.Items = append(g.Items, visit.CheckItem{Value: value, Label: e.Title, Text: e.Text, On: slices.Contains(on, value)})
	}
	if len(g.Items) > 0 {
		c.Groups = append(c.Groups, g)
	}
	return c
}

package advisories

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"fairlead/internal/advisory"
	"fairlead/internal/advisory/draft"
	"fairlead/internal/cvd"
	"fairlead/internal/web"
)

// places says which field of the form holds a member of the record.
var places = []struct{ member, field string }{
	{"products", "product.0.name"},
	{"references", "reference.0.url"},
	{"credits", "credit.0.name"},
	{"timeline", "time.0.text"},
	{"aliases", "aliases"},
	{"title", "title"},
	{"overview", "overview"},
	{"details", "details"},
	{"lang", "lang"},
	{"tlp", "tlp"},
}

// flawPlaces says it for members of a vulnerability.
var flawPlaces = []struct{ member, field string }{
	{"title", "title"},
	{"cve", "cve"},
	{"ids", "ids"},
	{"cwe", "cwe"},
	{"scores", "vectors"},
	{"description", "description"},
	{"impact", "impact"},
	{"exploited", "exploited"},
	{"affects", "affect.0.ranges"},
	{"remedies", "remedy.0.text"},
	{"", "description"},
}

// spots are where the vulnerabilities of a draft stand in a form; nil for a form of the
// draft itself.
func spots(from, latest *cvd.Advisory, typed url.Values) []int {
	if typed == nil {
		return nil
	}
	return draft.Places(from, latest, typed)
}

// place finds the field of the form for a member such as "credits[2].name".
func place(member string, spots []int) string {
	rest, is := strings.CutPrefix(member, "vulnerabilities")
	if !is {
		return find(places, member)
	}
	number, rest, _ := strings.Cut(strings.TrimPrefix(rest, "["), "]")
	i, _ := strconv.Atoi(number)
	if spots != nil {
		if i >= len(spots) || spots[i] < 0 {
			return ""
		}
		i = spots[i]
	}
	if at := find(flawPlaces, strings.TrimPrefix(rest, ".")); at != "" {
		return draft.Name(draft.Flaw(i), at)
	}
	return ""
}

func find(places []struct{ member, field string }, member string) string {
	for _, p := range places {
		rest, ok := strings.CutPrefix(member, p.member)
		if !ok || p.member != "" && rest != "" && rest[0] != '[' && rest[0] != '.' {
			continue
		}
		if i, err := strconv.Atoi(strings.TrimPrefix(strings.SplitN(rest, "]", 2)[0], "[")); err == nil && strings.Contains(p.field, ".0.") {
			return strings.Replace(p.field, ".0.", fmt.Sprintf(".%d.", i), 1)
		}
		return p.field
	}
	return ""
}

// findings are what the lint says, each put to its field where there is one.
func (v lens) findings(id cvd.CaseID, all []advisory.Finding, parts []part, spots []int) []findingView {
	kinds := map[advisory.Level]string{advisory.LevelError: "alarm", advisory.LevelWarning: "warn", advisory.LevelInfo: "info"}
	var out []findingView
	for _, f := range all {
		one := findingView{
			Level: web.Badge{Kind: kinds[f.Level], Text: v.Say("desk.advisory.level." + string(f.Level))},
			Field: f.Field, Problem: f.Problem, Remedy: f.Remedy, Rule: f.Rule,
		}
		if lang, ok := strings.CutPrefix(f.Field, "texts."); ok {
			lang, _, _ = strings.Cut(lang, ".")
			one.Href = address(id, lang)
		}
		at := place(f.Field, spots)
		each(parts, func(field *web.Field) {
			if field.Name == at && at != "" {
				one.Href = "#" + field.ID()
				if f.Level == advisory.LevelError {
					field.Faults = append(field.Faults, f.Fault)
				}
			}
		})
		out = append(out, one)
	}
	return out
}

// blame puts faults to their fields; those of none come back.
func blame(parts []part, faults cvd.Faults, spots []int) []cvd.Fault {
	var rest []cvd.Fault
	for _, fault := range faults {
		found := false
		for _, name := range []string{fault.Field, place(fault.Field, spots)} {
			each(parts, func(f *web.Field) {
				if f.Name == name && name != "" && !found {
					f.Faults, found = append(f.Faults, fault), true
				}
			})
		}
		if !found {
			rest = append(rest, fault)
		}
	}
	return rest
}

// summarise lists the faults, each with its field, and that with its vulnerability where
// there are several.
func summarise(v lens, parts []part, rest []cvd.Fault) *web.Summary {
	var all []web.Field
	each(parts, func(f *web.Field) {
		one := *f
		one.Label = v.whose(f.Name, f.Label, parts)
		all = append(all, one)
	})
	return web.Summarise(v.Say("desk.faults"), all, rest)
}

// whose is the label of a field together with its vulnerability, where there are several.
func (v lens) whose(name, label string, parts []part) string {
	for _, p := range parts {
		for _, one := range p.Flaws {
			if len(p.Flaws) > 1 && strings.HasPrefix(name, draft.Flaw(one.Place)+".") {
				return v.Say("desk.advisory.flaw.of", "flaw", one.Title, "what", label)
			}
		}
	}
	return label
}

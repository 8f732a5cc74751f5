package web

import (
	"strings"

	"fairlead/internal/cvd"
	"fairlead/internal/policy"
	"fairlead/internal/words"
)

// Field is one field of a form, as the part "field" shows it.
type Field struct {
	Name, Label, Help string
	// Kind is text (also empty), email, url, password, datetime-local, area,
	// select, radio, tick, file or hidden.
	Kind         string
	Value        string
	Options      []Option // of select and radio
	Checked      bool     // of tick
	Required     bool
	Rows         int    // of area
	Autocomplete string // HTML's own tokens
	List         []string
	Multiple     bool
	Focus        bool            // where the keyboard goes once the page is shown
	MiB, Count   int             // of file: of each, and how many; a script looks before they are sent
	Lang         string          // of what is typed, where it is not the page's
	Only         bool            // asked for only after a yes to the field before it
	Half         bool            // short enough to share a line with another
	Clauses      []policy.Clause // of the policy, shown beside the field
	Faults       []cvd.Fault
}

// Option is one choice of a field.
type Option struct {
	Value, Label, Help string
	Lang               string // of the label, where it is not the page's
	Chosen             bool
}

// Languages are the options of a field that asks for one that the house speaks, after
// one that leaves it open.
func Languages(open, chosen string) []Option {
	out := []Option{{Label: open, Chosen: chosen == ""}}
	for _, lang := range words.Languages {
		out = append(out, Option{Value: lang, Label: words.Endonym(lang), Lang: lang, Chosen: lang == chosen})
	}
	if chosen != "" && !words.Spoken(chosen) { // nobody's choice is lost by looking at it
		out = append(out, Option{Value: chosen, Label: chosen, Chosen: true})
	}
	return out
}

// ID is the field's id in the page.
func (f Field) ID() string { return FieldID(f.Name) }

// Described names the elements that describe the field, for aria-describedby.
func (f Field) Described() string {
	var ids []string
	if f.Help != "" {
		ids = append(ids, f.ID()+"-help")
	}
	if len(f.Faults) > 0 {
		ids = append(ids, f.ID()+"-fault")
	}
	return strings.Join(ids, " ")
}

// FieldID is the id, in the page, of the field of that name.
func FieldID(name string) string {
	return "f-" + strings.Map(func(r rune) rune {
		if r == '.' || r == '[' || r == ']' || r == ' ' {
			return '-'
		}
		return r
	}, name)
}

// Blame puts each fault to the field that it names. A fault of "urls[2]" goes to
// "urls". Those that name no field of the form come back.
func Blame(fields []Field, faults []cvd.Fault) []cvd.Fault {
	var rest []cvd.Fault
	for _, fault := range faults {
		name, _, _ := strings.Cut(fault.Field, "[")
		found := false
		for i := range fields {
			if fields[i].Name == name {
				fields[i].Faults = append(fields[i].Faults, fault)
				found = true
				break
			}
		}
		if !found {
			rest = append(rest, fault)
		}
	}
	return rest
}

// Summary is the list of faults above a form, as the part "summary" shows it.
type Summary struct {
	Title string
	Items []SummaryItem
}

// SummaryItem is one fault with a link to its field.
type SummaryItem struct{ Href, Label, Problem, Remedy string }

// Summarise lists the faults of the fields and those of none.
func Summarise(title string, fields []Field, rest []cvd.Fault) *Summary {
	out := &Summary{Title: title}
	for _, f := range fields {
		for _, fault := range f.Faults {
			out.Items = append(out.Items, SummaryItem{"#" + f.ID(), f.Label, fault.Problem, fault.Remedy})
		}
	}
	for _, fault := range rest {
		out.Items = append(out.Items, SummaryItem{"", fault.Field, fault.Problem, fault.Remedy})
	}
	if len(out.Items) == 0 {
		return nil
	}
	return out
}

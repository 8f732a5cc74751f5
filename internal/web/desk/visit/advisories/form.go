package advisories

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"fairlead/internal/advisory/draft"
	"fairlead/internal/cvd"
	"fairlead/internal/web"
)

// part is a run of fields of the form under one title; its rows are a list.
type part struct {
	ID, Title, Help string
	Fields          []web.Field
	Rows            []rowView
	Folded          bool
	Flaws           []flawView
}

// rowView is one row of a list under its own name.
type rowView struct {
	Legend string
	Fields []web.Field
}

// filler makes fields of what stands in a form.
type filler struct {
	v     lens
	form  url.Values
	empty int // rows behind each list
	parts []part
}

func (f *filler) words(id string) (title, help string) {
	if h := "desk.advisory.part." + id + ".help"; f.v.Voice.Has(h) {
		help = f.v.Say(h)
	}
	return f.v.Say("desk.advisory.part." + id), help
}

func (f *filler) part(id string) *part {
	title, help := f.words(id)
	f.parts = append(f.parts, part{ID: id, Title: title, Help: help})
	return &f.parts[len(f.parts)-1]
}

// naming is what the catalogue calls a field: "credit.2.name" is "credit.name", and of a
// vulnerability, "flaw.0.remedy.1.text" is "remedy.text".
func naming(name string) string {
	parts := strings.Split(name, ".")
	if len(parts) > 2 && parts[0] == "flaw" {
		parts = parts[2:]
		if len(parts) == 1 && (parts[0] == "title" || parts[0] == "ids") {
			return "flaw." + parts[0]
		}
	}
	if len(parts) == 3 {
		return parts[0] + "." + parts[2]
	}
	return parts[0]
}

// field is one field; name is "title", or "credit.2.name" in a row.
func (f *filler) field(name, kind string, options ...string) web.Field {
	words, value := naming(name), f.form.Get(name)
	out := web.Field{Name: name, Kind: kind, Value: value, Label: f.v.Say("desk.advisory." + words)}
	if help := "desk.advisory." + words + ".help"; f.v.Voice.Has(help) {
		out.Help = f.v.Say(help)
	}
	if kind == "area" {
		out.Rows = 3
	}
	if kind == "select" && !slices.Contains(options, value) && value != "" {
		options = append([]string{value}, options...)
	}
	for _, o := range options {
		label := o
		if id := "desk.advisory." + words + ".is." + o; f.v.Voice.Has(id) {
			label = f.v.Say(id)
		}
		out.Options = append(out.Options, web.Option{Value: o, Label: label, Chosen: o == value})
	}
	return out
}

// The choices of fields.
var (
	labels    = []string{"CLEAR", "GREEN", "AMBER", "AMBER+STRICT", "RED"}
	statuses  = []string{string(cvd.StatusAffected), string(cvd.StatusFixed), string(cvd.StatusNotAffected), string(cvd.StatusInvestigating)}
	because   = []string{"", string(cvd.NoComponent), string(cvd.NoVulnerableCode), string(cvd.CodeNotExecuted), string(cvd.CodeUnreachable), string(cvd.InlineMitigation)}
	remedies  = []string{string(cvd.RemedyFix), string(cvd.RemedyWorkaround), string(cvd.RemedyMitigation), string(cvd.RemedyNonePlanned), string(cvd.RemedyNoneYet)}
	creditAs  = []string{"FINDER", "REPORTER", "ANALYST", "COORDINATOR", "REMEDIATION_DEVELOPER", "REMEDIATION_REVIEWER", "REMEDIATION_VERIFIER", "TOOL", "SPONSOR", "OTHER"}
	reference = []string{"WEB", "ADVISORY", "FIX", "REPORT", "ARTICLE", "DETECTION", "DISCUSSION", "INTRODUCED", "PACKAGE", "EVIDENCE", "GIT"}
)

// fill makes the form of what was typed, or of a record as draft.Write has it, each list
// with that many empty rows behind.
func fill(v lens, form url.Values, empty int) []part {
	f := &filler{v: v, form: draft.Tidy(form), empty: empty}
	p := f.part("words")
	p.Fields = []web.Field{f.field("title", ""), f.field("overview", "area"), f.field("details", "area"), f.field("lang", ""), f.field("tlp", "select", labels...)}
	p.Fields[2].Rows = 8
	p = f.part("products")
	p.Rows = f.rows("product", p.Title, func(at string) []web.Field {
		return []web.Field{f.field(at+".name", ""), f.field(at+".purl", ""), {Name: at + ".id", Kind: "hidden", Value: f.form.Get(at + ".id")}}
	})
	p = f.part("flaws")
	n := max(1, draft.Flaws(f.form))
	for i := range n {
		p.Flaws = append(p.Flaws, f.flaw(i, n))
	}
	p = f.part("credits")
	others := f.field("others", "tick") // never ticked at first: it is said of one draft
	others.Checked = others.Value != ""
	p.Fields = []web.Field{others}
	p.Rows = f.rows("credit", p.Title, func(at string) []web.Field {
		return []web.Field{f.field(at+".name", ""), f.field(at+".organisation", ""), f.field(at+".kind", "select", creditAs...)}
	})
	p = f.part("references")
	p.Fields = []web.Field{f.field("aliases", "")}
	p.Rows = f.rows("reference", p.Title, func(at string) []web.Field {
		return []web.Field{f.field(at+".kind", "select", reference...), f.field(at+".url", "url"), f.field(at+".text", "")}
	})
	p = f.part("timeline")
	p.Rows = f.rows("time", p.Title, func(at string) []web.Field {
		return []web.Field{f.field(at+".at", "date"), f.field(at+".text", "")}
	})
	return f.parts
}

// rows are those of a list, and empty ones behind them.
func (f *filler) rows(list, title string, make func(at string) []web.Field) []rowView {
	var out []rowView
	n := draft.Rows(f.form, list) + f.empty
	if list == "product" {
		n = f.products()
	}
	for i := range n {
		out = append(out, rowView{Legend: title + " " + strconv.Itoa(i+1), Fields: make(draft.Name(list, i))})
	}
	return out
}

// products is how many rows of them are shown. Vulnerabilities name its rows, so those
// that are empty stay where they are.
func (f *filler) products() int {
	n := draft.Rows(f.form, "product")
	last := n
	for last > 0 && f.form.Get(draft.Name("product", last-1, "name")) == "" {
		last--
	}
	return max(n, last+f.empty)
}

// each visits every field.
func each(parts []part, do func(*web.Field)) {
	rows := func(all []rowView) {
		for r := range all {
			for i := range all[r].Fields {
				do(&all[r].Fields[i])
			}
		}
	}
	for p := range parts {
		part := &parts[p]
		for i := range part.Fields {
			do(&part.Fields[i])
		}
		rows(part.Rows)
		for n := range part.Flaws {
			one := &part.Flaws[n]
			for i := range one.Fields {
				do(&one.Fields[i])
			}
			for _, list := range one.Lists {
				rows(list.Rows)
			}
		}
	}
}

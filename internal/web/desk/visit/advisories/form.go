package advisories

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"fairlead/internal/advisory"
	"fairlead/internal/advisory/page"
	"fairlead/internal/cvd"
	"fairlead/internal/web"
)

// part is a run of fields of the form under one title; its rows are a list.
type part struct {
	ID, Title, Help string
	Fields          []web.Field
	Rows            [][]web.Field
	Folded          bool
	More            []page.Flaw // vulnerabilities that the form leaves as they are
}

// filler makes fields of a record.
type filler struct {
	v     lens
	parts []part
}

func (f *filler) part(id string) *part {
	p := part{ID: id, Title: f.v.Say("desk.advisory.part." + id)}
	if help := "desk.advisory.part." + id + ".help"; f.v.Voice.Has(help) {
		p.Help = f.v.Say(help)
	}
	f.parts = append(f.parts, p)
	return &f.parts[len(f.parts)-1]
}

// field is one field; name is "title", or "credit.2.name" in a row.
func (f *filler) field(name, kind, value string, options ...string) web.Field {
	words := name
	if parts := strings.Split(name, "."); len(parts) == 3 {
		words = parts[0] + "." + parts[2]
	}
	out := web.Field{Name: name, Kind: kind, Value: value, Label: f.v.Say("desk.advisory." + words)}
	if help := "desk.advisory." + words + ".help"; f.v.Voice.Has(help) {
		out.Help = f.v.Say(help)
	}
	if kind == "area" {
		out.Rows = 3
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

// fill makes the form of a record, each list with that many empty rows behind.
func fill(v lens, a *cvd.Advisory, empty int) []part {
	f := &filler{v: v}
	f.words(a)
	f.products(a, empty)
	f.flaw(a, empty)
	f.around(a, empty)
	return f.parts
}

func (f *filler) words(a *cvd.Advisory) {
	p := f.part("words")
	details := f.field("details", "area", a.Details)
	details.Rows = 8
	p.Fields = []web.Field{
		f.field("title", "", a.Title), f.field("overview", "area", a.Overview), details,
		f.field("lang", "", a.Lang), f.field("tlp", "select", string(a.TLP), labels...),
	}
}

// row is the name of a field in a list.
func row(list string, i int, name string) string { return list + "." + strconv.Itoa(i) + "." + name }

func (f *filler) products(a *cvd.Advisory, empty int) {
	p := f.part("products")
	for i := range len(a.Products) + empty {
		var one cvd.AdvisoryProduct
		affect := cvd.Affect{Status: cvd.StatusAffected}
		if i < len(a.Products) {
			one = a.Products[i]
			affect = affectOf(a, one.ID)
		}
		p.Rows = append(p.Rows, []web.Field{
			f.field(row("product", i, "name"), "", one.Name), f.field(row("product", i, "purl"), "", one.PURL),
			f.field(row("product", i, "status"), "select", string(affect.Status), statuses...),
			f.field(row("product", i, "ranges"), "area", rangesText(affect.Ranges)),
			f.field(row("product", i, "versions"), "", strings.Join(affect.Versions, ", ")),
			f.field(row("product", i, "because"), "select", string(affect.Justification), because...),
			f.field(row("product", i, "statement"), "", affect.Statement),
			{Name: row("product", i, "id"), Kind: "hidden", Value: one.ID},
		})
	}
}

// affectOf is what the first vulnerability says of a product.
func affectOf(a *cvd.Advisory, product string) cvd.Affect {
	if len(a.Vulnerabilities) > 0 {
		for _, one := range a.Vulnerabilities[0].Affects {
			if one.Product == product {
				return one
			}
		}
	}
	return cvd.Affect{Status: cvd.StatusAffected}
}

func (f *filler) flaw(a *cvd.Advisory, empty int) {
	v := cvd.Vulnerability{}
	if len(a.Vulnerabilities) > 0 {
		v = a.Vulnerabilities[0]
	}
	var vectors []string
	for _, s := range v.Scores {
		vectors = append(vectors, s.Vector)
	}
	p := f.part("flaw")
	p.Fields = []web.Field{
		f.field("cve", "", v.CVE), f.field("cwe", "", strings.Join(v.CWE, ", ")), f.field("vectors", "area", strings.Join(vectors, "\n")),
		f.field("description", "area", v.Description), f.field("impact", "area", v.Impact), f.field("exploited", "area", v.Exploited),
	}
	p.Fields[2].Rows, p.Fields[5].Rows = 2, 2
	if len(a.Vulnerabilities) > 1 {
		p.More = page.In(a, advisory.Publisher{}, f.v.Voice).Flaws[1:]
	}
	p = f.part("remedies")
	for i := range len(v.Remedies) + empty {
		one := cvd.Remedy{Kind: cvd.RemedyFix}
		if i < len(v.Remedies) {
			one = v.Remedies[i]
		}
		p.Rows = append(p.Rows, []web.Field{
			f.field(row("remedy", i, "kind"), "select", string(one.Kind), remedies...), f.field(row("remedy", i, "text"), "area", one.Text),
			f.field(row("remedy", i, "url"), "url", one.URL), f.field(row("remedy", i, "date"), "date", dayText(one.Date)),
		})
	}
}

func (f *filler) around(a *cvd.Advisory, empty int) {
	p := f.part("credits")
	p.Fields = []web.Field{f.field("others", "tick", "")} // never ticked yet: it is said of one draft
	for i := range len(a.Credits) + empty {
		one := cvd.AdvisoryCredit{Kind: "FINDER"}
		if i < len(a.Credits) {
			one = a.Credits[i]
		}
		kinds := creditAs
		if !slices.Contains(kinds, one.Kind) {
			kinds = append([]string{one.Kind}, kinds...)
		}
		p.Rows = append(p.Rows, []web.Field{
			f.field(row("credit", i, "name"), "", one.Name), f.field(row("credit", i, "organisation"), "", one.Organisation),
			f.field(row("credit", i, "kind"), "select", one.Kind, kinds...),
		})
	}
	p = f.part("references")
	p.Fields = []web.Field{f.field("aliases", "", strings.Join(a.Aliases, ", "))}
	for i := range len(a.References) + empty {
		one := cvd.Reference{Kind: "WEB"}
		if i < len(a.References) {
			one = a.References[i]
		}
		p.Rows = append(p.Rows, []web.Field{
			f.field(row("reference", i, "kind"), "select", one.Kind, reference...), f.field(row("reference", i, "url"), "url", one.URL), f.field(row("reference", i, "text"), "", one.Text),
		})
	}
	p = f.part("timeline")
	for i := range len(a.Timeline) + empty {
		var one cvd.Milestone
		if i < len(a.Timeline) {
			one = a.Timeline[i]
		}
		p.Rows = append(p.Rows, []web.Field{f.field(row("time", i, "at"), "date", dayText(one.At)), f.field(row("time", i, "text"), "", one.Text)})
	}
}

// refill is the form with the very words that were typed, also where they could
// not be read.
func refill(v lens, a *cvd.Advisory, typed url.Values, empty int) []part {
	parts := fill(v, a, empty)
	each(parts, func(f *web.Field) {
		if typed.Has(f.Name) {
			f.Value = typed.Get(f.Name)
			for i := range f.Options {
				f.Options[i].Chosen = f.Options[i].Value == f.Value
			}
		}
	})
	return parts
}

// each visits every field.
func each(parts []part, do func(*web.Field)) {
	for p := range parts {
		for i := range parts[p].Fields {
			do(&parts[p].Fields[i])
		}
		for _, row := range parts[p].Rows {
			for i := range row {
				do(&row[i])
			}
		}
	}
}

// Package page lays an advisory out for people, in the order in which they ask:
// does it concern me, how bad is it, what must I do, what is it. The web page
// and the Markdown document are both written from this one layout.
//
// It never decides, never asks anybody, and lets no HTML of an author through.
package page

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"time"

	"fairlead/internal/advisory"
	"fairlead/internal/advisory/cwe"
	"fairlead/internal/cvd"
	"fairlead/internal/severity"
	"fairlead/internal/words"
)

// Sheet is an advisory laid out. Texts named Markdown are Markdown of the
// author; all others are plain.
type Sheet struct {
	Record    *cvd.Advisory
	Label     cvd.TLP // never empty
	Publisher string  // ours, of what was written here
	Source    string  // the format that an imported record came in; empty for ours
	Author    string  // who published an imported record, where it says so
	Worst     *Rating // of all flaws; nil without a score
	Flaws     []Flaw  // at least one
	Names     []string
	Credits   []string
	Links     []Link
}

// Flaw is one vulnerability.
type Flaw struct {
	Name        string // its CVE id or another name; may be empty
	Title       string
	Description string // Markdown
	Impact      string // Markdown
	Exploited   string // Markdown
	Weaknesses  []string
	Ratings     []Rating
	Rows        []Row
	Steps       []Step
	Discovered  time.Time
	Disclosed   time.Time
}

// Rating is a scored vector, spelled out.
type Rating struct {
	Vector  string
	Version string // of CVSS; empty for one that cannot be scored
	Score   string
	Band    cvd.Band
	Of      string // the products that it is for; empty: all that are affected
	Metrics []Metric
}

// Metric is one metric in words.
type Metric struct{ Name, Value string }

// Row is what holds for one product.
type Row struct {
	Product  string
	Vendor   string
	Package  string // how a package manager calls it
	Affected []string
	Fixed    []string
	Other    []string // not affected, being looked into; with why
}

// Step is what a reader can do.
type Step struct {
	Kind string
	Text string // Markdown
	URL  string
	Of   string
	Date time.Time
	Link bool // whether a page may link to its URL
}

// Link is where more stands.
type Link struct {
	Kind, URL, Text string
	Link            bool // whether a page may link to it
}

var book = sync.OnceValue(func() *words.Book {
	b, err := words.Load()
	if err != nil {
		panic("page: the catalogue is part of the program: " + err.Error())
	}
	return b
})

// Of lays the advisory out in the words of its language, as far as the house
// speaks it.
func Of(a *cvd.Advisory, p advisory.Publisher) *Sheet { return In(a, p, book().In(a.Lang, "en")) }

// In is Of in the words of whoever reads it; what its author wrote stays in the
// advisory's language.
func In(a *cvd.Advisory, p advisory.Publisher, v *words.Voice) *Sheet {
	a = advisory.Cleared(a)
	l := layout{a: a, v: v}
	s := &Sheet{Record: a, Label: cmp.Or(a.TLP, cvd.TLPClear), Publisher: p.Name, Names: a.CVEs()}
	if a.Source != nil { // others speak there, and we pass it on
		s.Publisher, s.Source, s.Author = "", l.word("advisory.source.", a.Source.Format), author(a.Source)
	}
	for _, name := range a.Aliases {
		if !slices.Contains(s.Names, name) {
			s.Names = append(s.Names, name)
		}
	}
	for i := range a.Vulnerabilities {
		s.Flaws = append(s.Flaws, l.flaw(i))
	}
	if len(s.Flaws) == 0 {
		s.Flaws = []Flaw{l.bare()}
	}
	var worst float64
	for i := range s.Flaws {
		for j := range s.Flaws[i].Ratings {
			r := &s.Flaws[i].Ratings[j]
			if one, err := severity.Parse(r.Vector); err == nil && (s.Worst == nil || one.Score > worst) {
				s.Worst, worst = r, one.Score
			}
		}
	}
	for i := range a.Credits {
		s.Credits = append(s.Credits, l.credit(&a.Credits[i]))
	}
	for _, r := range a.References {
		s.Links = append(s.Links, Link{Kind: l.word("advisory.reference.", r.Kind), URL: r.URL, Text: r.Text, Link: Linkable(r.URL)})
	}
	return s
}

// author is who published an imported record: CSAF and CVE records say so.
func author(src *cvd.AdvisorySource) string {
	var who struct {
		Name  string `json:"name"`
		Short string `json:"assignerShortName"`
	}
	for _, at := range []string{"/document/publisher", "/cveMetadata"} {
		if json.Unmarshal(src.Kept[at], &who) == nil && who.Name+who.Short != "" {
			return cmp.Or(who.Name, who.Short)
		}
	}
	return ""
}

type layout struct {
	a *cvd.Advisory
	v *words.Voice
}

// word is the catalogue's for a value of a list; a value that is not on it stands
// for itself.
func (l layout) word(prefix, value string) string {
	if l.v.Has(prefix + value) {
		return l.v.Say(prefix + value)
	}
	return value
}

// bare is an advisory that names products, and no vulnerability.
func (l layout) bare() Flaw {
	var f Flaw
	for i := range l.a.Products {
		f.Rows = append(f.Rows, l.row(&l.a.Products[i]))
	}
	return f
}

func (l layout) flaw(i int) Flaw {
	v := &l.a.Vulnerabilities[i]
	f := Flaw{
		Name: advisory.Name(l.a, i), Title: v.Title, Description: v.Description, Impact: v.Impact, Exploited: v.Exploited,
		Discovered: v.Discovered, Disclosed: v.Disclosed,
	}
	if v.CVE == "" && len(v.IDs) == 0 && (v.Title != "" || len(l.a.Vulnerabilities) == 1) {
		f.Name = "" // the house's own number tells readers nothing, but is better than a heading of nothing
	}
	for _, id := range v.CWE {
		if w, ok := cwe.Find(id); ok {
			id += ": " + w.Name
		}
		f.Weaknesses = append(f.Weaknesses, id)
	}
	for _, s := range v.Scores {
		f.Ratings = append(f.Ratings, l.rating(s))
	}
	at := map[string]int{}
	for n := range v.Affects {
		affect := &v.Affects[n]
		product := l.a.Product(affect.Product)
		if product == nil {
			product = &cvd.AdvisoryProduct{ID: affect.Product, Name: affect.Product}
		}
		if _, ok := at[product.ID]; !ok {
			at[product.ID] = len(f.Rows)
			f.Rows = append(f.Rows, l.row(product))
		}
		l.fill(&f.Rows[at[product.ID]], affect)
	}
	for _, r := range v.Remedies {
		f.Steps = append(f.Steps, Step{Kind: l.word("advisory.remedy.", string(r.Kind)), Text: r.Text, URL: r.URL, Of: l.products(r.Products), Date: r.Date, Link: Linkable(r.URL)})
	}
	return f
}

func (l layout) row(p *cvd.AdvisoryProduct) Row {
	name := p.Package
	if name != "" && p.Ecosystem != "" {
		name = p.Ecosystem + ": " + name
	}
	vendor := p.Vendor
	if vendor == p.Name { // sources without a vendor repeat the name
		vendor = ""
	}
	return Row{Product: p.Name, Vendor: vendor, Package: cmp.Or(name, p.PURL)}
}

// fill adds what one statement says of versions.
func (l layout) fill(row *Row, affect *cvd.Affect) {
	var list []string
	for _, r := range affect.Ranges {
		list = append(list, l.spans(r)...)
		if affect.Status != cvd.StatusAffected {
			continue
		}
		for _, e := range r.Events {
			if e.Fixed != "" && !slices.Contains(row.Fixed, e.Fixed) {
				row.Fixed = append(row.Fixed, e.Fixed)
			}
		}
	}
	list = append(list, affect.Versions...)
	if len(list) == 0 {
		list = []string{l.v.Say("advisory.range.all")}
	}
	switch affect.Status {
	case cvd.StatusAffected:
		row.Affected = append(row.Affected, list...)
	case cvd.StatusFixed:
		for _, one := range list {
			if !slices.Contains(row.Fixed, one) {
				row.Fixed = append(row.Fixed, one)
			}
		}
	default:
		text := l.v.Say("advisory.status."+string(affect.Status), "versions", strings.Join(list, ", "))
		if affect.Justification != "" {
			text += " " + l.v.Say("advisory.because."+string(affect.Justification))
		}
		if affect.Statement != "" {
			text += " " + affect.Statement
		}
		row.Other = append(row.Other, text)
	}
}

// spans writes a range as people say it: from, before, up to.
func (l layout) spans(r cvd.VersionRange) []string {
	var out []string
	from := ""
	open := false
	end := func(id string, version string) {
		if from == "" || from == "0" {
			out = append(out, l.v.Say("advisory.range."+id, "to", version))
		} else {
			out = append(out, l.v.Say("advisory.range.from-"+id, "from", from, "to", version))
		}
		open = false
	}
	for _, e := range r.Events {
		switch {
		case e.Introduced != "":
			from, open = e.Introduced, true
		case e.Fixed != "":
			end("before", e.Fixed)
		case e.LastAffected != "":
			end("last", e.LastAffected)
		case e.Limit != "":
			end("before", e.Limit)
		}
	}
	switch {
	case open && (from == "" || from == "0"):
		out = append(out, l.v.Say("advisory.range.all"))
	case open:
		out = append(out, l.v.Say("advisory.range.from", "from", from))
	}
	if r.Repo != "" {
		for i := range out {
			out[i] = l.v.Say("advisory.range.repo", "range", out[i], "repo", r.Repo)
		}
	}
	return out
}

func (l layout) products(ids []string) string {
	var names []string
	for _, id := range ids {
		if p := l.a.Product(id); p != nil {
			names = append(names, p.Name)
		}
	}
	return strings.Join(names, ", ")
}

func (l layout) credit(c *cvd.AdvisoryCredit) string {
	text := c.Name
	if c.Organisation != "" {
		text += ", " + c.Organisation
	}
	if id := "advisory.credit." + c.Kind; c.Kind != "" && l.v.Has(id) {
		text += " (" + l.v.Say(id) + ")"
	}
	return text
}

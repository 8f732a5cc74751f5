// Package csaf writes advisories as CSAF 2.0 documents of the profiles
// csaf_security_advisory and csaf_vex, reads other people's CSAF 2.0 documents
// into the one record, and judges whether a document keeps the standard. It
// never publishes, signs or fetches anything.
//
// What CSAF 2.1 says otherwise, which is a draft, stands in next.go: a document of
// it is written for those who want to try their readers, and never published.
package csaf

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"fairlead/internal/advisory"
	"fairlead/internal/advisory/csaf/judge"
	"fairlead/internal/advisory/vers"
	"fairlead/internal/cvd"
	"fairlead/internal/words"
)

// Format is CSAF 2.0, profile security advisory.
var Format = advisory.Format{
	Name: "csaf", Media: "application/json", Ext: ".json",
	Covers: advisoryProfile.covers,
	Split:  advisory.ByLanguage,
	File:   advisoryProfile.file,
	Encode: advisoryProfile.encode,
	Decode: decode,
	Check:  Check,
}

// VEX is CSAF 2.0, profile VEX. Its tracking id is the advisory's with "-VEX"
// behind it, for no publisher has two documents of one id.
var VEX = advisory.Format{
	Name: "csaf-vex", Media: "application/json", Ext: ".json",
	Covers: vexProfile.covers,
	File:   vexProfile.file,
	Encode: vexProfile.encode,
	Check:  Check,
}

// Titles of notes that hold what CSAF 2.0 has no member for. They are names
// rather than words, and the same in every language.
const (
	titleWithdrawn = "Reasoning for Withdrawal" // as CSAF 2.1's profile csaf_withdrawn names it
	titleImpact    = "Impact"
	titleTimeline  = "Timeline"
	titleUpstream  = "Upstream"
	titleRelated   = "Related"
	titleSource    = "Source"
	titleCWE       = "CWE"
	titleCVSS      = "CVSS"
)

// gitNamespace is whose URIs a product's repositories are.
const gitNamespace = "https://git-scm.com"

// book is the catalogue; it is part of the program and cannot fail to load.
var book = sync.OnceValue(func() *words.Book {
	b, err := words.Load()
	if err != nil {
		panic("csaf: the catalogue is part of the program: " + err.Error())
	}
	return b
})

// writer is one document on its way.
type writer struct {
	profile
	a      *cvd.Advisory
	p      advisory.Publisher
	v      *words.Voice
	claims [][]advisory.Claim // by vulnerability
}

func (p profile) encode(a *cvd.Advisory, pub advisory.Publisher) ([]byte, error) {
	if err := p.covers(a, pub); err != nil {
		return nil, err
	}
	a = advisory.Cleared(a)
	w := &writer{profile: p, a: a, p: pub, v: book().In(a.Lang, "en")}
	for i := range a.Vulnerabilities {
		claims, err := advisory.Claims(a, i)
		if err != nil {
			return nil, err
		}
		w.claims = append(w.claims, claims)
	}
	doc := csafDocument{Document: w.header(), ProductTree: w.tree()}
	for i := range a.Vulnerabilities {
		doc.Vulnerabilities = append(doc.Vulnerabilities, w.vulnerability(i))
	}
	if p.next {
		w.advance(&doc)
	}
	return advisory.Marshal(doc)
}

func instant(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

// optional is an instant, or "" for none.
func optional(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return instant(t)
}

func (w *writer) header() header {
	lang := w.a.Lang
	if lang == "" {
		lang = "en"
	}
	return header{
		Acknowledgments: w.acknowledgments(),
		Category:        w.category,
		Version:         "2.0",
		Distribution:    w.distribution(),
		Lang:            lang,
		Notes:           w.notes(),
		Publisher:       publisher{category(w.a, w.p), w.p.Contact, w.p.Name, w.p.Namespace},
		References:      w.references(),
		SourceLang:      w.a.SourceLang,
		Title:           w.title(),
		Tracking:        w.tracking(),
	}
}

// title says of a withdrawn advisory that it is: CSAF 2.0 has no status for it.
func (w *writer) title() string {
	if w.a.Withdrawn.IsZero() || w.next || strings.HasPrefix(w.a.Title, w.v.Say("csaf.withdrawn", "title", "")) {
		return w.a.Title
	}
	return w.v.Say("csaf.withdrawn", "title", w.a.Title)
}

func (w *writer) distribution() *distribution {
	d := &distribution{TLP: &tlp{Label(w.a.TLP), "https://www.first.org/tlp/"}}
	if w.a.TLP == cvd.TLPAmberStrict {
		d.Text = "TLP:" + string(w.a.TLP)
	}
	return d
}

func (w *writer) acknowledgments() []acknowledgment {
	var out []acknowledgment
	for _, c := range w.a.Credits {
		one := acknowledgment{Organization: c.Organisation}
		if c.Name != "" {
			one.Names = []string{c.Name}
		}
		if c.Kind != "" {
			one.Summary = w.label("csaf.credit.", c.Kind, "OTHER")
		}
		for _, contact := range c.Contact {
			if advisory.IsURI(contact) {
				one.URLs = append(one.URLs, contact)
			}
		}
		if one.Names != nil || one.Organization != "" {
			out = append(out, one)
		}
	}
	return out
}

// label is the word for one of the kinds that the OSV schema registers; a kind
// that it does not is told by the word for any other.
func (w *writer) label(what, kind, otherwise string) string {
	if kind == "" || !w.v.Has(what+kind) {
		kind = otherwise
	}
	return w.v.Say(what + kind)
}

// noteList gathers notes and leaves out those that say nothing.
type noteList []note

func (l *noteList) add(category, title, text string) {
	if strings.TrimSpace(text) != "" {
		*l = append(*l, note{category, text, title})
	}
}

func (w *writer) notes() []note {
	var out noteList
	a := w.a
	if !a.Withdrawn.IsZero() {
		out.add("description", titleWithdrawn, line(a.Withdrawn, a.Why))
	}
	out.add("other", titleSource, w.source())
	out.add("summary", "", a.Overview)
	out.add("details", "", a.Details)
	var lines []string
	for _, m := range a.Timeline {
		lines = append(lines, line(m.At, m.Text))
	}
	out.add("general", titleTimeline, strings.Join(lines, "\n"))
	out.add("other", titleUpstream, strings.Join(a.Upstream, "\n"))
	out.add("other", titleRelated, strings.Join(a.Related, "\n"))
	return out
}

// line is an instant with what happened then.
func line(at time.Time, text string) string { return strings.TrimSpace(instant(at) + " " + text) }

// references begin with the original, for a translation (CSAF 2.0, 9.1.7), then the
// document itself and its page; an original names its translations behind them.
func (w *writer) references() []reference {
	var out []reference
	if advisory.Translation(w.a) != "" {
		original := *w.a
		original.SourceLang = ""
		out = append(out, reference{"external", w.v.Say("csaf.original", "lang", w.a.SourceLang), w.url(w.p.Base, &original)})
	}
	out = append(out, reference{"self", w.v.Say(w.self), w.url(w.p.Base, w.a)})
	if page := advisory.Page(w.a, w.p); page != "" && w.a.TLP.Public() {
		if advisory.Translation(w.a) != "" {
			page += "?lang=" + url.QueryEscape(w.a.Lang)
		}
		out = append(out, reference{"self", w.v.Say("csaf.self.page"), page})
	}
	if w.category == advisoryProfile.category {
		for _, lang := range advisory.Languages(w.a) {
			out = append(out, reference{"external", w.v.Say("csaf.translation", "lang", lang), w.url(w.p.Base, advisory.In(w.a, lang))})
		}
	}
	if from := original(w.a); from != "" {
		out = append(out, reference{"external", w.v.Say("csaf.source.original"), from})
	}
	own := len(out)
	for _, r := range w.a.References {
		if !advisory.IsURI(r.URL) || slices.ContainsFunc(out[:own], func(o reference) bool { return o.URL == r.URL }) {
			continue
		}
		summary := w.label("csaf.reference.", r.Kind, "WEB")
		if r.Text != "" {
			summary += ": " + r.Text
		}
		out = append(out, reference{"external", summary, r.URL})
	}
	return out
}

func (w *writer) tracking() tracking {
	a := w.a
	history := w.revisions()
	last := history[len(history)-1]
	t := tracking{
		CurrentReleaseDate: last.Date, ID: w.id(a), InitialReleaseDate: instant(a.Published),
		RevisionHistory: history, Status: "final", Version: last.Number,
	}
	if at, err := time.Parse(time.RFC3339Nano, last.Date); err == nil && a.Modified.After(at) {
		t.CurrentReleaseDate = instant(a.Modified)
	}
	if a.Revision == 0 && a.Source == nil { // what was imported is published already
		t.Status = "draft"
	}
	for _, alias := range a.Aliases {
		if alias != "" && alias != t.ID {
			t.Aliases = appendNew(t.Aliases, alias)
		}
	}
	if w.p.Engine != "" {
		name, version, _ := strings.Cut(w.p.Engine, " ")
		t.Generator = &generator{Engine: engine{name, version}}
	}
	return t
}

// revisions is the record's history. An imported record without one gets the two
// lines that its instants tell; a withdrawal is always a line.
func (w *writer) revisions() []revision {
	var out []revision
	a := w.a
	add := func(at time.Time, number int, text, otherwise string) {
		if strings.TrimSpace(text) == "" {
			text = w.v.Say(otherwise)
		}
		out = append(out, revision{instant(at), strconv.Itoa(number), text})
	}
	last, at := 0, time.Time{}
	for _, c := range a.History {
		add(c.At, c.Revision, c.Text, "csaf.revision.later")
		last, at = c.Revision, c.At
	}
	if last == 0 && len(a.History) == 0 {
		add(a.Published, 1, "", "csaf.revision.first")
		last, at = 1, a.Published
		if a.Modified.After(at) && !a.Modified.Equal(a.Withdrawn) {
			add(a.Modified, 2, "", "csaf.revision.later")
			last, at = 2, a.Modified
		}
	}
	if a.Withdrawn.After(at) {
		add(a.Withdrawn, last+1, strings.TrimSpace(w.v.Say("csaf.revision.withdrawn")+" "+a.Why), "csaf.revision.withdrawn")
	}
	return out
}

// tree holds each product with those versions that the record says something of.
func (w *writer) tree() *productTree {
	tree := &productTree{}
	vendors := map[string]int{}
	for i := range w.a.Products {
		p := &w.a.Products[i]
		leaves := w.leaves(p)
		if len(leaves) == 0 {
			continue
		}
		vendor := advisory.Vendor(w.a, p, w.p)
		if vendor == "" {
			tree.Branches = append(tree.Branches, branch{Category: "product_name", Name: p.Name, Branches: leaves})
			continue
		}
		if _, ok := vendors[vendor]; !ok {
			vendors[vendor] = len(tree.Branches)
			tree.Branches = append(tree.Branches, branch{Category: "vendor", Name: vendor})
		}
		at := &tree.Branches[vendors[vendor]]
		at.Branches = append(at.Branches, branch{Category: "product_name", Name: p.Name, Branches: leaves})
	}
	return tree
}

func (w *writer) leaves(p *cvd.AdvisoryProduct) []branch {
	var out []branch
	seen := map[string]bool{}
	for _, claims := range w.claims {
		for _, c := range claims {
			if c.Product.ID != p.ID || seen[c.Key()] {
				continue
			}
			seen[c.Key()] = true
			b := branch{Category: "product_version_range", Name: c.Range}
			name := strings.TrimSpace(advisory.Vendor(w.a, p, w.p) + " " + p.Name)
			switch {
			case c.Version != "":
				b.Category, b.Name = "product_version", c.Version
				name += " " + c.Version
			case c.Range != "":
				_, constraints, _ := strings.Cut(c.Range, "/")
				name += " " + strings.ReplaceAll(constraints, "|", ", ")
			default:
				b.Name = vers.All
			}
			b.Product = &product{name, c.Key(), w.helper(c)}
			out = append(out, b)
		}
	}
	return out
}

// helper identifies the product by every name that it has; test 6.2.16 wants one
// for each, so a product without any gets one in the publisher's namespace.
func (w *writer) helper(c advisory.Claim) *productHelper {
	h := &productHelper{CPE: c.CPE(), PURL: c.PURL()}
	if c.Repo != "" {
		h.GenericURIs = append(h.GenericURIs, genericURI{gitNamespace, c.Repo})
	}
	if h.CPE == "" && h.PURL == "" && c.Repo == "" {
		h.GenericURIs = append(h.GenericURIs, genericURI{w.p.Namespace, w.p.ProductIRI(c.Product.ID)})
	}
	return h
}

// Check says everything that is wrong with anybody's CSAF 2.0 document: its shape
// and mandatory tests as errors, optional ones as warnings, informative ones as
// information. Fields are JSON pointers.
func Check(b []byte) []advisory.Finding { return judge.Check(b) }

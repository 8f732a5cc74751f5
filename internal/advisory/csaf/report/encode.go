package report

import (
	"cmp"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"fairlead/internal/advisory"
	"fairlead/internal/advisory/cwe"
	"fairlead/internal/cvd"
	"fairlead/internal/severity"
	"fairlead/internal/words"
)

// Handed is a report with what stands beside it when it is handed on.
type Handed struct {
	ID     string // our number of it
	Report *cvd.Report
	// Contact is the reporter's; nil where they did not agree that it goes along.
	Contact *cvd.Contact
	// Product is what the report is about, Vendor whose that is, empty where nobody
	// knows, PURL its package URL without a version.
	Product, Vendor, PURL string
	CVE                   string // an id that is allocated already
	Band                  cvd.Band
	Vector                string    // of CVSS 3.1 or 4.0
	Disclose              time.Time // when it is to become public, zero where nothing is planned
	Embargoed             bool
	At                    time.Time // when it is written
}

// File is the name under which the document is handed on.
func (h *Handed) File() string { return advisory.Stem(cvd.AdvisoryID(h.ID)) + ".json" }

// voice is English, the language of the titles; the report's own language is not known.
var voice = sync.OnceValue(func() *words.Voice {
	b, err := words.Load()
	if err != nil {
		panic("report: the catalogue is part of the program: " + err.Error())
	}
	return b.In("en")
})

// Encode writes the document. The label is TLP:AMBER, as the profile recommends, also
// when something of the vulnerability is public: the report itself never was. It is
// a cvd.ErrNotReady where the words of the report are gone, and cvd.Faults where the
// publisher lacks what every document names.
func Encode(h *Handed, pub advisory.Publisher) ([]byte, error) {
	if h.Report == nil || cvd.Blank(h.Report.Description) {
		return nil, fmt.Errorf("%w: the words of the report were removed, so there is nothing to hand on", cvd.ErrNotReady)
	}
	if pub.Name == "" || !advisory.IsURI(pub.Namespace) {
		return nil, cvd.Faults{{Field: "publisher.namespace", Problem: "is no URL", Remedy: "name the organisation, and an address that it controls, in the policy (advisories.namespace)"}}
	}
	w := &writer{Handed: h, pub: pub}
	d := document{Schema: schema, ProductTree: w.products()}
	d.Vulnerabilities = []vulnerability{w.vulnerability()}
	d.Document = w.header()
	return advisory.Marshal(d)
}

// writer is one document on its way.
type writer struct {
	*Handed
	pub advisory.Publisher
	ids []string // of the products
}

func (w *writer) header() header {
	at := w.At.UTC().Format(time.RFC3339)
	h := header{
		Category: Category, Version: version, Title: cmp.Or(w.Report.Headline(), w.ID),
		Distribution: distribution{TLP: tlp{string(cvd.TLPAmber), tlpURL}},
		Publisher:    publisher{cmp.Or(w.pub.Category, "vendor"), w.pub.Contact, w.pub.Name, w.pub.Namespace},
		Tracking: tracking{
			ID: w.ID, InitialReleaseDate: at, CurrentReleaseDate: at, Status: "interim", Version: "1",
			RevisionHistory: []revision{{at, "1", voice().Say("csaf.report.revision")}},
		},
	}
	if name, number, _ := strings.Cut(w.pub.Engine, " "); name != "" {
		h.Tracking.Generator = &generator{engine{name, number}}
	}
	if w.Band != "" {
		h.Severity = &severityText{string(w.Band)}
	}
	if w.Embargoed {
		h.Distribution.Text = voice().Say("csaf.report.embargo")
	}
	var notes noteList
	notes.add("other", titleDraft, voice().Say("csaf.report.draft"))
	who := voice().Say("csaf.report.withheld")
	if c := w.Contact; c != nil {
		who = lines(c.Name, c.Title, c.Affiliation, c.Email)
		if c.Credit.Wanted == "name" && c.Name+c.Credit.As != "" {
			h.Acknowledgments = []acknowledgment{{Names: []string{cmp.Or(c.Credit.As, c.Name)}, Organization: c.Affiliation}}
		}
	}
	notes.add("other", titleReporter, who)
	h.Notes = notes
	return h
}

// lines are the texts that say something, one below the other.
func lines(texts ...string) string {
	return strings.Join(slices.DeleteFunc(texts, cvd.Blank), "\n")
}

// noteList gathers notes and leaves out those that say nothing.
type noteList []note

func (l *noteList) add(category, title, text string) {
	if !cvd.Blank(text) {
		*l = append(*l, note{category, text, title})
	}
}

// plain is a text that is one version and no words about several (6.1.31).
var plain = regexp.MustCompile(`^[A-Za-z]{0,3}[0-9][0-9A-Za-z.+_-]*$`)

// products is the product tree, and remembers its ids: one product for each version
// that was named, or one for all.
func (w *writer) products() tree {
	var t tree
	id := func() string {
		w.ids = append(w.ids, fmt.Sprintf("CSAFPID-%04d", len(w.ids)+1))
		return w.ids[len(w.ids)-1]
	}
	named := &cvd.AdvisoryProduct{Name: w.Product, PURL: w.PURL}
	identified := func(v string) *helper {
		if p := (advisory.Claim{Product: named, Version: v}).PURL(); p != "" {
			return &helper{PURLs: []string{p}}
		}
		return nil
	}
	at := branch{Category: "product_name", Name: w.Product}
	full := strings.TrimSpace(w.Vendor + " " + w.Product)
	for _, v := range versions(w.Report.Version) {
		if !plain.MatchString(v) {
			t.FullProductNames = append(t.FullProductNames, product{full + " " + v, id(), nil})
			continue
		}
		at.Branches = append(at.Branches, branch{Category: "product_version", Name: v, Product: &product{full + " " + v, id(), identified(v)}})
	}
	if len(w.ids) == 0 {
		at.Product = &product{full, id(), identified("")}
	}
	if at.Product == nil && at.Branches == nil {
		return t
	}
	if t.Branches = []branch{at}; w.Vendor != "" {
		t.Branches = []branch{{Category: "vendor", Name: w.Vendor, Branches: []branch{at}}}
	}
	return t
}

// versions are those that a reporter wrote, in one line or several.
func versions(s string) []string {
	var out []string
	for _, one := range strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ';' || r == '\n' }) {
		if one = strings.TrimSpace(one); one != "" && !slices.Contains(out, one) {
			out = append(out, one)
		}
	}
	return out
}

func (w *writer) vulnerability() vulnerability {
	r := w.Report
	v := vulnerability{CVE: w.CVE, Title: cmp.Or(r.Headline(), w.ID), Status: status{Affected: w.ids}, IDs: []foreignID{{w.pub.Name, w.ID}}}
	if own := strings.TrimSpace(r.OwnID); own != "" && w.Contact != nil && own != w.ID { // it may tell who they are
		v.IDs = append(v.IDs, foreignID{titleReporter, own})
	}
	if known, ok := cwe.Find(r.CWE); ok {
		v.CWEs = []weakness{{known.ID, known.Name, cwe.Version}}
	}
	if !w.Disclose.IsZero() {
		v.DisclosureDate = w.Disclose.UTC().Format(time.RFC3339)
	}
	if at := day(r.FoundAt); at != "" {
		v.DiscoveryDate = at
	}
	for _, t := range []threat{{"impact", r.Impact, w.ids}, {"exploit_status", string(r.Exploited), w.ids}} {
		if !cvd.Blank(t.Details) {
			v.Threats = append(v.Threats, t)
		}
	}
	if s, err := severity.Read(w.Vector); err == nil && w.Vector != "" {
		one, c := metric{Products: w.ids}, &cvss{s.Base, strings.ToUpper(string(severity.Rate(s.Base))), s.Vector, s.Version}
		if s.Version == "4.0" {
			one.Content.V4 = c
		} else {
			one.Content.V3 = c
		}
		v.Metrics = []metric{one}
	}
	var rest []string
	for _, u := range r.URLs {
		if shownAsLink(u) {
			v.References = append(v.References, reference{"external", voice().Say("csaf.report.link"), u})
		} else {
			rest = append(rest, u)
		}
	}
	v.Notes = w.notes(strings.Join(rest, "\n"), v.DiscoveryDate == "")
	return v
}

// shownAsLink tells whether a stranger's link may stand where a tool makes something to
// press of it, in a document with our name: only of the web.
func shownAsLink(u string) bool {
	p, err := url.Parse(u)
	return err == nil && (p.Scheme == "https" || p.Scheme == "http") && p.Host != "" && advisory.IsURI(u)
}

// notes are the words of the report.
func (w *writer) notes(links string, found bool) []note {
	r := w.Report
	var out noteList
	short, _, more := strings.Cut(strings.TrimSpace(r.Description), "\n\n")
	out.add("summary", titleSummary, short)
	if more {
		out.add("details", titleDetails, r.Description)
	}
	out.add("details", titleSteps, r.Steps)
	out.add("details", titleFix, r.ProposedFix)
	out.add("other", titlePlan, r.DisclosurePlan)
	if found {
		out.add("other", titleFound, r.FoundAt)
	}
	out.add("other", titleTools, strings.Join(r.Tools, "\n"))
	out.add("other", titleAI, string(r.AIUse))
	out.add("other", titlePublic, string(r.Public))
	out.add("other", titleSensitive, string(r.SensitiveDataSeen))
	out.add("other", titleThird, string(r.ThirdParty))
	out.add("other", titleElsewhere, string(r.ReportedElsewhere))
	out.add("other", titleLinks, links)
	for _, name := range slices.Sorted(maps.Keys(r.Extra)) {
		text, err := strconv.Unquote(string(r.Extra[name]))
		if err != nil {
			text = string(r.Extra[name])
		}
		out.add("other", name, text)
	}
	return out
}

// day is an instant that a reporter wrote as one, or "".
func day(s string) string {
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(layout, strings.TrimSpace(s)); err == nil {
			return t.UTC().Format(time.RFC3339)
		}
	}
	return ""
}

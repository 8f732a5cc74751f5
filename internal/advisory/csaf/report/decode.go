package report

import (
	"cmp"
	"encoding/json"
	"net/mail"
	"slices"
	"strconv"
	"strings"
	"time"

	"fairlead/internal/advisory"
	"fairlead/internal/cvd"
)

// Is tells whether a document says that it is of the profile.
func Is(b []byte) bool {
	var d struct {
		Document struct {
			Category string `json:"category"`
			Version  string `json:"csaf_version"`
		} `json:"document"`
	}
	return json.Unmarshal(b, &d) == nil && d.Document.Category == Category && d.Document.Version == version
}

// longest is how many characters go into one of the members that a report has no own
// place for, and into them all.
const (
	longest = 3900
	whole   = 90_000
)

// hearing is one document on its way into a report.
type hearing struct {
	*advisory.Reading
	d   *document
	out *cvd.Report
}

// Decode reads a document of the profile as the report that it is. What a report has
// no place for, and all vulnerabilities but the first, is listed. Whoever takes it in
// holds it to the limits of every report. Errors: a cvd.ErrUnreadable, or cvd.Faults.
func Decode(b []byte, now time.Time) (*cvd.Report, []advisory.Lost, error) {
	d := &document{}
	reading, err := advisory.Read(b, d, now)
	if err != nil {
		return nil, nil, err
	}
	for i := range reading.Lost {
		reading.Lost[i].Why = noPlace
	}
	h := &hearing{reading, d, &cvd.Report{}}
	if d.Document.Version != version {
		h.Fault("document.csaf_version", "is not 2.1", "send a vulnerability report of CSAF 2.1, or the members of a report")
	}
	if d.Document.Category != Category {
		h.Fault("document.category", "is not "+Category, "send a vulnerability report: an advisory is imported by the team")
	}
	if len(d.Vulnerabilities) == 0 {
		h.Fault("vulnerabilities", "is missing", "describe the vulnerability")
	}
	if err := h.Faults.Err(); err != nil {
		return nil, nil, err
	}
	h.header()
	h.vulnerability(&d.Vulnerabilities[0])
	for i := range d.Vulnerabilities[1:] {
		h.Lose(advisory.Pointer("vulnerabilities", i+1), "a report is about one vulnerability; send the others on their own")
	}
	return h.out, h.Losses(), nil
}

const noPlace = "a report has no place for it"

// put keeps a text under a name of its own beside the report.
func (h *hearing) put(pointer, name, text string) {
	if text = strings.TrimSpace(text); text == "" {
		return
	}
	if len([]rune(text)) > longest {
		h.Lose(pointer, "a report has no place for a text as long as this; send it as a file")
		return
	}
	if h.out.Extra == nil {
		h.out.Extra = cvd.Extra{}
	}
	if b, err := json.Marshal(text); err == nil {
		h.out.Extra[name] = b
	}
}

func (h *hearing) header() {
	d, r := &h.d.Document, h.out
	r.Title, r.OwnID = d.Title, d.Tracking.ID
	// Somebody who found it is a person to write to; anybody else hands it on.
	who := &cvd.Contact{}
	if d.Publisher.Category == "discoverer" {
		who.Name = d.Publisher.Name
	} else {
		who.Affiliation = d.Publisher.Name
	}
	details := strings.TrimPrefix(strings.TrimSpace(d.Publisher.ContactDetails), "mailto:")
	if a, err := mail.ParseAddress(details); err == nil {
		who.Email = a.Address
	} else {
		h.put("/document/publisher/contact_details", "publisher_contact", details)
	}
	if *who != (cvd.Contact{}) {
		r.Reporter = who
	}
	h.put("/document/publisher/namespace", "publisher", d.Publisher.Namespace)
	h.put("/document/distribution/tlp/label", "tlp", d.Distribution.TLP.Label)
	h.put("/document/distribution/text", "distribution", d.Distribution.Text)
	if d.Severity != nil {
		h.put("/document/aggregate_severity", "severity", d.Severity.Text)
	}
	var people []string
	for _, a := range d.Acknowledgments {
		people = append(people, lines(strings.Join(a.Names, ", "), a.Organization, a.Summary))
	}
	h.put("/document/acknowledgments", "acknowledgments", strings.Join(people, "\n"))
}

func (h *hearing) vulnerability(v *vulnerability) {
	r := h.out
	r.Title = cmp.Or(v.Title, r.Title)
	h.words(v)
	h.products(v)
	for i, w := range v.CWEs {
		if i == 0 {
			r.CWE = w.ID
		} else {
			h.Lose(advisory.Pointer("vulnerabilities", 0, "cwes", i), "a report names one weakness")
		}
	}
	for _, list := range [][]reference{h.d.Document.References, v.References} {
		for _, ref := range list {
			if ref.URL != "" && ref.Category != "self" && !slices.Contains(r.URLs, ref.URL) {
				r.URLs = append(r.URLs, ref.URL)
			}
		}
	}
	r.FoundAt = cmp.Or(r.FoundAt, v.DiscoveryDate)
	h.put("/vulnerabilities/0/disclosure_date", "disclosure_date", v.DisclosureDate)
	h.put("/vulnerabilities/0/cve", "cve", v.CVE)
	var ids, vectors []string
	for _, id := range v.IDs {
		ids = append(ids, strings.TrimSpace(id.System+" "+id.Text))
	}
	h.put("/vulnerabilities/0/ids", "ids", strings.Join(ids, "\n"))
	for _, m := range v.Metrics {
		for _, c := range []*cvss{m.Content.V2, m.Content.V3, m.Content.V4} {
			if c != nil {
				vectors = append(vectors, c.Vector)
			}
		}
	}
	h.put("/vulnerabilities/0/metrics", "cvss", strings.Join(vectors, "\n"))
	for _, t := range v.Threats {
		switch t.Category {
		case "impact":
			r.Impact = lines(r.Impact, t.Details)
		case "exploit_status":
			r.Exploited = cvd.Answer(lines(string(r.Exploited), t.Details))
		default:
			h.put("/vulnerabilities/0/threats", "threats", t.Details)
		}
	}
}

// words reads the notes: those with a title of ours into their members, the others
// behind the description, under their titles.
func (h *hearing) words(v *vulnerability) {
	r := h.out
	held := map[string]*string{
		titleSteps: &r.Steps, titleFix: &r.ProposedFix, titlePlan: &r.DisclosurePlan, titleFound: &r.FoundAt, titleAI: (*string)(&r.AIUse),
		titlePublic: (*string)(&r.Public), titleSensitive: (*string)(&r.SensitiveDataSeen), titleThird: (*string)(&r.ThirdParty), titleElsewhere: (*string)(&r.ReportedElsewhere),
	}
	var summary, details string
	var more []string
	for _, n := range v.Notes {
		text := strings.TrimSpace(n.Text)
		switch p := held[n.Title]; {
		case p != nil && *p == "":
			*p = text
		case summary == "" && (n.Title == titleSummary || n.Title == titleCVE):
			summary = text
		case details == "" && n.Title == titleDetails:
			details = text
		case n.Title == titleTools || n.Title == titleLinks:
			list := map[string]*cvd.Lines{titleTools: &r.Tools, titleLinks: &r.URLs}[n.Title]
			*list = append(*list, slices.Collect(strings.SplitSeq(text, "\n"))...)
		default:
			more = append(more, lines(n.Title, text))
		}
	}
	for _, n := range h.d.Document.Notes {
		if n.Title != titleDraft {
			more = append(more, lines(n.Title, n.Text))
		}
	}
	if !strings.HasPrefix(details, summary) {
		details = strings.TrimSpace(summary + "\n\n" + details)
	}
	r.Description = cmp.Or(details, summary)
	for i, text := range more {
		if len([]rune(r.Description))+len([]rune(text)) > whole {
			h.Lose("/document/notes", strconv.Itoa(len(more)-i)+" notes are too long for a report; send them as a file")
			break
		}
		r.Description = strings.TrimSpace(r.Description + "\n\n" + text)
	}
}

// named is what a product_id stands for.
type named struct{ vendor, name, version, full string }

// products says which product the report is about, and which versions of it.
func (h *hearing) products(v *vulnerability) {
	known := map[string]named{}
	var walk func(b branch, at named, depth int)
	walk = func(b branch, at named, depth int) {
		switch b.Category {
		case "vendor":
			at.vendor = b.Name
		case "product_name":
			at.name = b.Name
		case "product_version", "product_version_range":
			at.version = b.Name
		default:
			at.name = strings.TrimSpace(at.name + " " + b.Name)
		}
		if b.Product != nil {
			at.full = b.Product.Name
			known[b.Product.ID] = at
		}
		for _, one := range b.Branches {
			if depth < 30 { // as deep as the standard lets branches be (6.1.34)
				walk(one, at, depth+1)
			}
		}
	}
	for _, b := range h.d.ProductTree.Branches {
		walk(b, named{}, 1)
	}
	for _, p := range h.d.ProductTree.FullProductNames {
		known[p.ID] = named{full: p.Name}
	}
	var versions, others []string
	whole := "" // what our own documents put before versions in words
	for _, id := range slices.Concat(v.Status.Affected, v.Status.Investigating) {
		p, ok := known[id]
		if words, same := strings.CutPrefix(p.full, whole); same && whole != "" && p.name == "" {
			p.name, p.version = h.out.Product, words
		}
		name := cmp.Or(p.name, p.full)
		switch {
		case !ok:
			others = append(others, id)
		case h.out.Product == "":
			h.out.Product = name
			h.put("/product_tree", "vendor", p.vendor)
			whole = strings.TrimSpace(p.vendor+" "+p.name) + " "
		case h.out.Product != name:
			others = append(others, p.full)
		}
		if ok && h.out.Product == name && p.version != "" && !slices.Contains(versions, p.version) {
			versions = append(versions, p.version)
		}
	}
	h.out.Version = strings.Join(versions, ", ")
	h.put("/product_tree", "other_products", strings.Join(others, "\n"))
}

// Package cyclonedx writes advisories as CycloneDX 1.6 documents that hold
// vulnerabilities and what is said of products (VEX). It never reads bills of
// materials, which others do, and never says what is in a product.
package cyclonedx

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"fairlead/internal/advisory"
	"fairlead/internal/advisory/vers"
	"fairlead/internal/cvd"
	"fairlead/internal/severity"
	"fairlead/internal/words"
)

// Format is CycloneDX 1.6 as JSON.
var Format = advisory.Format{Name: "cyclonedx", Media: "application/vnd.cyclonedx+json", Ext: ".cdx.json", Covers: covers, Encode: encode, Check: Check}

var book = sync.OnceValue(func() *words.Book {
	b, err := words.Load()
	if err != nil {
		panic("cyclonedx: the catalogue is part of the program: " + err.Error())
	}
	return b
})

// states are what an analysis comes to, and the status of its versions, by our
// words.
var states = map[cvd.ProductStatus]struct{ state, versions string }{
	cvd.StatusAffected:      {"exploitable", "affected"},
	cvd.StatusFixed:         {"resolved", "unaffected"},
	cvd.StatusNotAffected:   {"not_affected", "unaffected"},
	cvd.StatusInvestigating: {"in_triage", "unknown"},
}

// justifications are the format's words for ours. There is none for code that runs
// but cannot be controlled; our own word stands in a property beside each.
var justifications = map[cvd.Justification]string{
	cvd.NoComponent:      "code_not_present",
	cvd.NoVulnerableCode: "code_not_present",
	cvd.CodeNotExecuted:  "code_not_reachable",
	cvd.InlineMitigation: "protected_by_mitigating_control",
}

var responses = map[cvd.RemedyKind]string{
	cvd.RemedyFix: "update", cvd.RemedyWorkaround: "workaround_available", cvd.RemedyMitigation: "workaround_available", cvd.RemedyNonePlanned: "will_not_fix",
}

var methods = map[string]string{"2.0": "CVSSv2", "3.0": "CVSSv3", "3.1": "CVSSv31", "4.0": "CVSSv4"}

// covers says everything that keeps the record from being such a document.
func covers(a *cvd.Advisory, p advisory.Publisher) error {
	var faults cvd.Faults
	need := func(ok bool, field, problem, remedy string) {
		if !ok {
			faults = append(faults, cvd.Fault{Field: field, Problem: problem, Remedy: remedy})
		}
	}
	need(a.ID != "", "id", "is missing", "give the advisory an id")
	need(!a.Modified.IsZero(), "modified", "is missing", "set the instant of this revision, planned or past")
	need(strings.TrimSpace(p.Name) != "", "publisher.name", "is missing", "name the organisation in the policy")
	said, unclear := 0, false
	for i := range a.Vulnerabilities {
		claims, err := advisory.Claims(a, i)
		var contradictions cvd.Faults
		if errors.As(err, &contradictions) {
			faults, unclear = append(faults, contradictions...), true
		}
		said += len(claims)
	}
	need(said > 0 || unclear, "vulnerabilities", "says nothing of any product", "say which products are affected, fixed or not affected")
	return faults.Err()
}

func encode(a *cvd.Advisory, p advisory.Publisher) ([]byte, error) {
	if err := covers(a, p); err != nil {
		return nil, err
	}
	a = advisory.Cleared(a)
	d := bom{
		Format: "CycloneDX", Spec: "1.6", Serial: serial(p.Namespace + "\x00" + string(a.ID)), Version: max(a.Revision, 1),
		Metadata: metadata{Timestamp: instant(a.Modified), Manufacturer: organisation{Name: p.Name}},
	}
	if p.Namespace != "" {
		d.Metadata.Manufacturer.URL = []string{p.Namespace}
	}
	if !a.TLP.Public() {
		d.Metadata.Properties = []property{{"fairlead:tlp", string(a.TLP)}}
	}
	if p.Engine != "" {
		name, version, _ := strings.Cut(p.Engine, " ")
		d.Metadata.Tools = &tools{[]component{{Type: "application", Name: name, Version: version}}}
	}
	for i := range a.Products {
		d.Components = append(d.Components, product(a, &a.Products[i], p))
	}
	for i := range a.Vulnerabilities {
		claims, err := advisory.Claims(a, i)
		if err != nil {
			return nil, err
		}
		d.Vulnerabilities = append(d.Vulnerabilities, entries(a, i, claims, p)...)
	}
	return advisory.Marshal(d)
}

func instant(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}

// serial is the same for every revision of an advisory: a UUID of version 8 (RFC
// 9562, 5.8) that hashes its name.
func serial(name string) string {
	h := sha256.Sum256([]byte(name))
	h[6] = h[6]&0x0f | 0x80
	h[8] = h[8]&0x3f | 0x80
	return fmt.Sprintf("urn:uuid:%x-%x-%x-%x-%x", h[:4], h[4:6], h[6:8], h[8:10], h[10:16])
}

func product(a *cvd.Advisory, one *cvd.AdvisoryProduct, p advisory.Publisher) component {
	whole := advisory.Claim{Product: one}
	out := component{Ref: one.ID, Type: "application", Name: one.Name, CPE: whole.CPE(), PURL: whole.PURL()}
	if vendor := advisory.Vendor(a, one, p); vendor != "" {
		out.Supplier = &organisation{Name: vendor}
	}
	return out
}

// entries are one for each thing that is said of the vulnerability, in the order
// in which it is said: ratings and responses are an entry's, so products that are rated
// or helped otherwise stand in one of their own.
func entries(a *cvd.Advisory, i int, claims []advisory.Claim, p advisory.Publisher) []vulnerability {
	type saying struct {
		status    cvd.ProductStatus
		j         cvd.Justification
		statement string
		apart     string // which of the vectors and remedies hold
	}
	var out []vulnerability
	at := map[saying]int{}
	for _, c := range claims {
		key := saying{c.Status, c.Justification, c.Statement, apart(&a.Vulnerabilities[i], c)}
		n, ok := at[key]
		if !ok {
			n = len(out)
			at[key] = n
			out = append(out, entry(a, i, c, p))
			out[n].Ref = fmt.Sprintf("%s/%d", advisory.Name(a, i), n+1)
		}
		v := &out[n]
		if k := slices.IndexFunc(v.Affects, func(af affect) bool { return af.Ref == c.Product.ID }); k >= 0 {
			v.Affects[k].Versions = append(v.Affects[k].Versions, versions(c))
		} else {
			v.Affects = append(v.Affects, affect{c.Product.ID, []version{versions(c)}})
		}
	}
	for n := range out {
		respond(&out[n], a.Vulnerabilities[i].Remedies)
	}
	return out
}

func apart(v *cvd.Vulnerability, c advisory.Claim) string {
	var b strings.Builder
	for n, s := range v.Scores {
		if len(s.Products) == 0 || slices.Contains(s.Products, c.Product.ID) {
			fmt.Fprintf(&b, "s%d ", n)
		}
	}
	for n, r := range v.Remedies {
		if c.Status == cvd.StatusAffected && advisory.Helps(r, c.Product.ID) {
			fmt.Fprintf(&b, "r%d ", n)
		}
	}
	return b.String()
}

func versions(c advisory.Claim) version {
	out := version{Version: c.Version, Range: c.Range, Status: states[c.Status].versions}
	if c.Version == "" && c.Range == "" {
		out.Range = vers.All
	}
	return out
}

func entry(a *cvd.Advisory, i int, c advisory.Claim, p advisory.Publisher) vulnerability {
	v := &a.Vulnerabilities[i]
	out := vulnerability{
		ID: advisory.Name(a, i), Description: v.Description, Detail: v.Impact,
		Published: instant(a.Published), Updated: instant(a.Modified), Rejected: instant(a.Withdrawn),
		Analysis: analysis{State: states[c.Status].state, Justification: justifications[c.Justification], Detail: detail(a, c)},
		Source:   &source{Name: p.Name, URL: p.Namespace},
	}
	if v.CVE != "" {
		out.Source = &source{Name: "CVE", URL: "https://www.cve.org/CVERecord?id=" + v.CVE}
	}
	if c.Justification != "" {
		out.Properties = []property{{"fairlead:justification", string(c.Justification)}}
	}
	for _, id := range v.IDs {
		if id.ID != out.ID {
			out.References = append(out.References, foreign{id.ID, source{Name: id.System}})
		}
	}
	for _, id := range v.CWE {
		if n, err := strconv.Atoi(strings.TrimPrefix(id, "CWE-")); err == nil && n > 0 {
			out.CWEs = append(out.CWEs, n)
		}
	}
	for _, s := range v.Scores {
		if r, err := severity.Read(s.Vector); err == nil && (len(s.Products) == 0 || slices.Contains(s.Products, c.Product.ID)) {
			out.Ratings = append(out.Ratings, rating{r.Score(), string(severity.Rate(r.Score())), methods[r.Version], s.Vector})
		}
	}
	if page := advisory.Page(a, p); page != "" && a.TLP.Public() {
		out.Advisories = append(out.Advisories, reference{a.Title, page})
	}
	for _, r := range a.References {
		if !advisory.IsURI(r.URL) {
			continue
		}
		out.Advisories = append(out.Advisories, reference{r.Text, r.URL})
	}
	out.Credits = thanks(a)
	return out
}

// detail is the statement of a claim; of a withdrawn advisory it first says that it is,
// when and why, for a state alone would still be acted on.
func detail(a *cvd.Advisory, c advisory.Claim) string {
	if a.Withdrawn.IsZero() {
		return c.Statement
	}
	return strings.TrimSpace(strings.TrimSpace(instant(a.Withdrawn)+" "+book().In(a.Lang, "en").Say("csaf.revision.withdrawn")+" "+a.Why) + "\n" + c.Statement)
}

func thanks(a *cvd.Advisory) *credits {
	out := &credits{}
	for _, c := range a.Credits {
		if c.Name != "" {
			out.Individuals = append(out.Individuals, person{c.Name})
		}
		if one := (organisation{Name: c.Organisation}); c.Organisation != "" && !slices.ContainsFunc(out.Organizations, func(o organisation) bool { return o.Name == one.Name }) {
			out.Organizations = append(out.Organizations, one)
		}
	}
	if out.Individuals == nil && out.Organizations == nil {
		return nil
	}
	return out
}

// respond says what to do about the products of an entry that are affected.
func respond(v *vulnerability, remedies []cvd.Remedy) {
	if v.Analysis.State != states[cvd.StatusAffected].state {
		return
	}
	var recommended, around []string
	for _, r := range remedies {
		helps := func(af affect) bool { return advisory.Helps(r, af.Ref) }
		if !slices.ContainsFunc(v.Affects, helps) {
			continue
		}
		if word := responses[r.Kind]; word != "" && !slices.Contains(v.Analysis.Response, word) {
			v.Analysis.Response = append(v.Analysis.Response, word)
		}
		text := strings.TrimSpace(r.Text + " " + r.URL)
		if responses[r.Kind] == "workaround_available" {
			around = append(around, text)
		} else {
			recommended = append(recommended, text)
		}
	}
	v.Recommendation, v.Workaround = strings.Join(recommended, "\n"), strings.Join(around, "\n")
}

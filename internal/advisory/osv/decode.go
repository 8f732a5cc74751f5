package osv

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"fairlead/internal/advisory"
	"fairlead/internal/cvd"
)

// decode reads one OSV record. It takes documents of any 1.x schema; what is not
// of schema 1.7 is listed.
func decode(b []byte, now time.Time) (*cvd.Advisory, []advisory.Lost, error) {
	var d document
	r, err := advisory.Read(b, &d, now)
	if err != nil {
		return nil, nil, err
	}
	a := &cvd.Advisory{
		ID:    r.ID("id", d.ID),
		Title: d.Summary, Details: d.Details,
		Modified: r.Time("modified", d.Modified), Published: r.Time("published", d.Published), Withdrawn: r.Time("withdrawn", d.Withdrawn),
		Aliases: d.Aliases, Upstream: d.Upstream, Related: d.Related,
	}
	v := cvd.Vulnerability{CVE: firstCVE(d.ID, d.Aliases)}
	readSeverity(r, &v, &d, readAffected(r, a, &v, d.Affected))
	a.Vulnerabilities = []cvd.Vulnerability{v}
	readPeople(r, a, &d)
	if a.Title == "" {
		a.Title = headline(d.Details, d.ID)
		r.Keep(keptSummary, json.RawMessage("null"))
	}
	if len(d.DatabaseSpecific) > 0 && string(d.DatabaseSpecific) != "null" {
		r.Keep(keptSpecific, d.DatabaseSpecific)
	}
	if err := r.Faults.Err(); err != nil {
		return nil, r.Losses(), err
	}
	r.Dates(a)
	a.Source = r.Source(name, d.SchemaVersion)
	return a, r.Losses(), nil
}

// headline makes a title of a text without one: its first line, shortened at a
// blank to 120 bytes (the most that the schema advises for a summary).
func headline(details, id string) string {
	const limit = 120
	line, _, _ := strings.Cut(strings.TrimSpace(details), "\n")
	line = strings.TrimSpace(strings.TrimLeft(line, "#*- "))
	if line == "" {
		return id
	}
	if len(line) > limit {
		if at := strings.LastIndexByte(line[:limit], ' '); at > 0 {
			return line[:at] + "…"
		}
		return id
	}
	return line
}

func firstCVE(id string, aliases []string) string {
	for _, one := range append([]string{id}, aliases...) {
		if strings.HasPrefix(one, "CVE-") {
			return one
		}
	}
	return ""
}

// readAffected returns the product of each entry, "" for one that was lost.
func readAffected(r *advisory.Reading, a *cvd.Advisory, v *cvd.Vulnerability, all []affected) []string {
	products := make([]string, len(all))
	rated := map[string][]score{}
	for i, in := range all {
		af := cvd.Affect{Status: cvd.StatusAffected, Specific: in.EcosystemSpecific, DatabaseSpecific: in.DatabaseSpecific}
		if len(in.Versions) > 0 {
			af.Versions = in.Versions
		}
		for j, s := range in.Ranges {
			if vr, ok := readRange(r, s, i, j); ok {
				af.Ranges = append(af.Ranges, vr)
			}
		}
		if af.Product = product(a, &in, rated); af.Product == "" {
			r.Lose(advisory.Pointer("affected", i), "it names neither a package nor a repository")
			continue
		}
		if len(in.Ranges) > 0 && len(af.Ranges) == 0 && len(af.Versions) == 0 {
			// What was said of some versions must not become a word about all.
			r.Lose(advisory.Pointer("affected", i), "none of its ranges can be read")
			continue
		}
		if len(af.Ranges) == 0 && len(af.Versions) == 0 {
			r.Lose(advisory.Pointer("affected", i), "it names no versions, and is read as all versions")
		}
		v.Affects = append(v.Affects, af)
		products[i] = af.Product
	}
	return products
}

// product finds or adds the product that an entry is about. Entries that rate one
// package differently become two products, so that each keeps its vectors.
func product(a *cvd.Advisory, in *affected, rated map[string][]score) string {
	p := cvd.AdvisoryProduct{}
	switch {
	case in.Package != nil && in.Package.Name != "":
		p.Ecosystem, p.Package, p.PURL = in.Package.Ecosystem, in.Package.Name, in.Package.PURL
		// Nobody says who makes it; that it is not the publisher is likely.
		p.Name, p.Vendor = p.Package, p.Package
		p.ID = p.Ecosystem + ":" + p.Package
	default:
		at := slices.IndexFunc(in.Ranges, func(s span) bool { return s.Repo != "" })
		if at < 0 {
			return ""
		}
		p.Name, p.Vendor, p.ID = in.Ranges[at].Repo, in.Ranges[at].Repo, in.Ranges[at].Repo
	}
	base := p.ID
	for n := 2; ; n++ {
		old := a.Product(p.ID)
		if old == nil {
			a.Products = append(a.Products, p)
			rated[p.ID] = in.Severity
			return p.ID
		}
		if *old == p && slices.Equal(rated[p.ID], in.Severity) {
			return p.ID
		}
		p.ID = fmt.Sprintf("%s#%d", base, n)
	}
}

func readRange(r *advisory.Reading, s span, i, j int) (cvd.VersionRange, bool) {
	out := cvd.VersionRange{Kind: cvd.RangeKind(s.Type), Repo: s.Repo, DatabaseSpecific: s.DatabaseSpecific}
	at := advisory.Pointer("affected", i, "ranges", j)
	if !slices.Contains(rangeKinds, s.Type) {
		r.Lose(at, "the schema knows no such kind of range")
		return out, false
	}
	if s.Type == string(cvd.RangeGit) && !commits(s.Events) {
		if b, err := json.Marshal(s); err == nil {
			r.Keep(at, b)
		}
		r.Lose(at, "its events are no commits of 40 or 64 hexadecimal digits; it is kept beside the source")
		return out, false
	}
	for k, e := range s.Events {
		turns := 0
		for _, one := range []event{{Introduced: e.Introduced}, {Fixed: e.Fixed}, {LastAffected: e.LastAffected}, {Limit: e.Limit}} {
			if one != (event{}) {
				out.Events = append(out.Events, cvd.VersionEvent(one))
				turns++
			}
		}
		if turns != 1 {
			r.Lose(at+advisory.Pointer("events", k), "an event has exactly one turn; it is read as one event for each")
		}
	}
	if len(out.Events) == 0 {
		r.Lose(at, "it has no events")
		return out, false
	}
	return out, true
}

// readSeverity takes the vectors that every format can say, and keeps the rest
// for OSV alone.
func readSeverity(r *advisory.Reading, v *cvd.Vulnerability, d *document, products []string) {
	var other []score
	take := func(s score, at, product string) {
		if usable(s) {
			add(v, s.Score, product)
			return
		}
		r.Lose(at, "no CVSS 3.1 or 4.0 vector; it is kept for OSV only")
		if !slices.Contains(other, s) {
			other = append(other, s)
		}
	}
	for i, s := range d.Severity {
		take(s, advisory.Pointer("severity", i), "")
	}
	for i, in := range d.Affected {
		for j, s := range in.Severity {
			at := advisory.Pointer("affected", i, "severity", j)
			switch {
			case len(d.Severity) > 0:
				r.Lose(at, "the schema forbids it beside the severity of the whole")
			case products[i] != "":
				take(s, at, products[i])
			}
		}
	}
	if len(other) > 0 {
		if b, err := json.Marshal(other); err == nil {
			r.Keep(keptSeverity, b)
		}
	}
}

// add writes a vector down once, with each product that it is for.
func add(v *cvd.Vulnerability, vector, product string) {
	at := slices.IndexFunc(v.Scores, func(s cvd.AdvisoryScore) bool { return s.Vector == vector })
	if at < 0 {
		v.Scores = append(v.Scores, cvd.AdvisoryScore{Vector: vector})
		at = len(v.Scores) - 1
	}
	if product != "" && !slices.Contains(v.Scores[at].Products, product) {
		v.Scores[at].Products = append(v.Scores[at].Products, product)
	}
}

func readPeople(r *advisory.Reading, a *cvd.Advisory, d *document) {
	for i, ref := range d.References {
		kind := ref.Type
		if !slices.Contains(referenceKinds, kind) {
			kind = "WEB"
			r.Lose(advisory.Pointer("references", i, "type"), "the schema knows no such type; it is read as WEB")
		}
		if r.Reference(advisory.Pointer("references", i, "url"), ref.URL) {
			a.References = append(a.References, cvd.Reference{Kind: kind, URL: ref.URL})
		}
	}
	for i, c := range d.Credits {
		kind := c.Type
		if kind != "" && !slices.Contains(creditKinds, kind) {
			kind = "OTHER"
			r.Lose(advisory.Pointer("credits", i, "type"), "the schema knows no such type; it is read as OTHER")
		}
		a.Credits = append(a.Credits, cvd.AdvisoryCredit{Name: c.Name, Contact: c.Contact, Kind: kind})
	}
}

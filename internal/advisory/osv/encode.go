package osv

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"fairlead/internal/advisory"
	"fairlead/internal/cvd"
	"fairlead/internal/severity"
)

// keptSeverity holds the ratings that are no CVSS 3.1 or 4.0 vector, and
// keptSummary marks a document that had no summary.
const (
	keptSeverity = "/severity"
	keptSummary  = "/summary"
	keptSpecific = "/database_specific"
)

// encode writes the first part of a record.
func encode(a *cvd.Advisory, p advisory.Publisher) ([]byte, error) {
	if err := covers(a, p); err != nil {
		return nil, err
	}
	a = advisory.Cleared(a)
	a = split(a, p)[0].Record
	v := &cvd.Vulnerability{}
	if len(a.Vulnerabilities) > 0 {
		v = &a.Vulnerabilities[0]
	}
	id := docID(a, p)
	d := document{
		SchemaVersion: Schema, ID: id,
		Modified: instant(a.Modified), Published: instant(a.Published), Withdrawn: instant(a.Withdrawn),
		Aliases: aliases(a, v, id), Upstream: a.Upstream, Related: a.Related,
		Summary: summary(a), Details: details(a, v),
		References: references(a, p), Credits: credits(a),
	}
	if d.Modified == "" {
		d.Modified = instant(time.Unix(0, 0)) // a draft has none yet, and the schema asks for one
	}
	if from(a) {
		d.DatabaseSpecific = a.Source.Kept[keptSpecific]
	}
	d.Affected = affects(a, v)
	rate(&d, a, v)
	return advisory.Marshal(d)
}

func instant(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}

func aliases(a *cvd.Advisory, v *cvd.Vulnerability, id string) []string {
	out := slices.Clone(a.Aliases)
	add := func(alias string) {
		if alias != "" && alias != id && prefixes().MatchString(alias) && !slices.Contains(out, alias) {
			out = append(out, alias)
		}
	}
	add(v.CVE)
	for _, f := range v.IDs {
		add(f.ID)
	}
	return out
}

func summary(a *cvd.Advisory) string {
	title := a.Title
	if from(a) {
		if _, none := a.Source.Kept[keptSummary]; none && title == headline(a.Details, string(a.ID)) {
			return ""
		}
	}
	return title
}

// details puts the texts of the record one after the other, each once.
func details(a *cvd.Advisory, v *cvd.Vulnerability) string {
	parts := []string{a.Overview, a.Details, v.Description, v.Impact}
	if !a.Withdrawn.IsZero() {
		parts = slices.Insert(parts, 0, a.Why)
	}
	for _, r := range v.Remedies {
		parts = append(parts, r.Text)
	}
	var out string
	for _, part := range parts {
		switch {
		case strings.TrimSpace(part) == "" || strings.Contains(out, part):
		case strings.Contains(part, out):
			out = part
		default:
			out += "\n\n" + part
		}
	}
	return out
}

func affects(a *cvd.Advisory, v *cvd.Vulnerability) []affected {
	var out []affected
	for i := range v.Affects {
		af := &v.Affects[i]
		if !sayable(a, af) {
			continue
		}
		p := a.Product(af.Product)
		one := affected{Versions: af.Versions, EcosystemSpecific: af.Specific, DatabaseSpecific: af.DatabaseSpecific}
		if p.Ecosystem != "" && p.Package != "" {
			one.Package = &pack{Ecosystem: p.Ecosystem, Name: p.Package, PURL: p.PURL}
		}
		for _, r := range af.Ranges {
			if one.Package == nil && !isGit(r) {
				continue
			}
			kind := r.Kind
			if kind == "" {
				kind = cvd.RangeEcosystem
			}
			for _, events := range lines(r.Events, from(a)) {
				one.Ranges = append(one.Ranges, span{Type: string(kind), Repo: r.Repo, Events: events, DatabaseSpecific: r.DatabaseSpecific})
			}
		}
		if len(one.Ranges) == 0 && len(one.Versions) == 0 {
			// All versions; a list of none would match nothing (OSV schema, evaluation).
			one.Ranges = []span{{Type: string(cvd.RangeEcosystem), Events: []event{{Introduced: "0"}}}}
		}
		out = append(out, one)
	}
	return out
}

// lines divides events behind each limit: in OSV one holds for the whole of a range,
// not up to the next event (OSV schema, evaluation). What was read from OSV stays.
func lines(events []cvd.VersionEvent, whole bool) [][]event {
	out := [][]event{nil}
	limited := false
	for _, e := range events {
		if limited && !whole && e.Introduced != "" {
			out, limited = append(out, nil), false
		}
		out[len(out)-1] = append(out[len(out)-1], event(e))
		limited = limited || e.Limit != ""
	}
	return out
}

// rate writes the vectors for the whole document, or, where one of them is for
// some products only, for each package: the schema forbids both at once.
func rate(d *document, a *cvd.Advisory, v *cvd.Vulnerability) {
	var other []score
	if from(a) {
		_ = json.Unmarshal(a.Source.Kept[keptSeverity], &other) // ours: written by decode
	}
	apart := slices.ContainsFunc(v.Scores, func(s cvd.AdvisoryScore) bool { return len(s.Products) > 0 })
	if !apart || len(d.Affected) == 0 {
		d.Severity = append(scores(v.Scores, ""), other...)
		return
	}
	at := 0
	for i := range v.Affects {
		if sayable(a, &v.Affects[i]) {
			own := scores(v.Scores, v.Affects[i].Product)
			slices.SortFunc(own, func(a, b score) int { return strings.Compare(a.Score, b.Score) }) // so that reading and writing again changes nothing
			d.Affected[at].Severity = append(own, other...)
			at++
		}
	}
}

// scores are the vectors that hold for a product; "" asks for all.
func scores(all []cvd.AdvisoryScore, product string) []score {
	var out []score
	for _, s := range all {
		if product != "" && len(s.Products) > 0 && !slices.Contains(s.Products, product) {
			continue
		}
		switch {
		case strings.HasPrefix(s.Vector, "CVSS:4.0/"):
			out = append(out, score{"CVSS_V4", s.Vector})
		case strings.HasPrefix(s.Vector, "CVSS:3."):
			out = append(out, score{"CVSS_V3", s.Vector})
		}
	}
	return out
}

// usable tells whether other formats can say the vector too.
func usable(s score) bool {
	got, err := severity.Parse(s.Score)
	return err == nil && ((s.Type == "CVSS_V3" && got.Version == "3.1") || (s.Type == "CVSS_V4" && got.Version == "4.0"))
}

func references(a *cvd.Advisory, p advisory.Publisher) []reference {
	var out []reference
	for _, r := range a.References {
		if !advisory.IsURI(r.URL) {
			continue
		}
		kind := r.Kind
		if !slices.Contains(referenceKinds, kind) {
			kind = "WEB"
		}
		out = append(out, reference{kind, r.URL})
	}
	has := func(url string) bool {
		return slices.ContainsFunc(out, func(r reference) bool { return r.URL == url })
	}
	for i := range a.Vulnerabilities {
		for _, r := range a.Vulnerabilities[i].Remedies {
			if advisory.IsURI(r.URL) && !has(r.URL) {
				out = append(out, reference{"WEB", r.URL})
			}
		}
	}
	if page := advisory.Page(a, p); page != "" && !has(page) {
		out = append(out, reference{"ADVISORY", page})
	}
	return out
}

func credits(a *cvd.Advisory) []credit {
	var out []credit
	for _, c := range a.Credits {
		who := c.Name
		switch {
		case who == "":
			who = c.Organisation
		case c.Organisation != "":
			who += " (" + c.Organisation + ")"
		}
		kind := c.Kind
		if kind != "" && !slices.Contains(creditKinds, kind) {
			kind = "OTHER"
		}
		out = append(out, credit{who, c.Contact, kind})
	}
	return out
}

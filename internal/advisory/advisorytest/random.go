package advisorytest

import (
	"fmt"
	"time"

	"pgregory.net/rapid"

	"fairlead/internal/cvd"
)

var (
	words = rapid.SampledFrom([]string{
		"", "A", "über die Grenze", "lines\n\nof *text*\n", "</script> & \"quotes\"", "back\\slash \t tab", "e\u0301 and \u2028", "1.0",
	})
	said     = words.Filter(func(s string) bool { return s != "" })
	versions = rapid.SampledFrom([]string{"1.0.0", "1.2.3", "2.0.0-rc.1", "v3", "2021.4", "1:2.3-4"})
	links    = rapid.SampledFrom([]string{"https://nls.example/a", "https://nls.example/b?c=d#e", "https://xn--bcher-kva.example/"})
	vectors  = rapid.SampledFrom([]string{
		"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", "CVSS:3.1/AV:L/AC:H/PR:L/UI:R/S:C/C:L/I:N/A:N/E:P",
		"CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N",
	})
	instants = rapid.Custom(func(t *rapid.T) time.Time {
		return time.Unix(rapid.Int64Range(1_500_000_000, 1_800_000_000).Draw(t, "second"), 0).UTC()
	})
)

// Draw makes a random record that the lint of no format need like, but that is a
// record: references between its parts hold and every enumeration is one.
func Draw(t *rapid.T) *cvd.Advisory {
	a := &cvd.Advisory{
		ID: "NLSA-2026-7KQ4MXZ", Revision: rapid.IntRange(0, 3).Draw(t, "revision"), Title: said.Draw(t, "title"),
		Overview: words.Draw(t, "overview"), Details: words.Draw(t, "details"),
		Published: instants.Draw(t, "published"), Modified: instants.Draw(t, "modified"),
		Aliases:  rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"GHSA-abcd-1234-wxyz", "CVE-2026-30000", "own-7"}), 0, 2, rapid.ID).Draw(t, "aliases"),
		Related:  rapid.SliceOfN(rapid.SampledFrom([]string{"CVE-2025-1000", "OSV-2020-1"}), 0, 2).Draw(t, "related"),
		Upstream: rapid.SliceOfN(rapid.Just("CVE-2024-1000"), 0, 1).Draw(t, "upstream"),
	}
	if a.Modified.Before(a.Published) {
		a.Published, a.Modified = a.Modified, a.Published
	}
	if rapid.Bool().Draw(t, "taken back") {
		a.Withdrawn, a.Why = instants.Draw(t, "withdrawn"), words.Draw(t, "why")
	}
	for i := range rapid.IntRange(1, 3).Draw(t, "products") {
		p := cvd.AdvisoryProduct{ID: fmt.Sprintf("p%d", i), Name: said.Draw(t, "product"), Vendor: words.Draw(t, "vendor")}
		if rapid.Bool().Draw(t, "packaged") {
			p.Ecosystem = rapid.SampledFrom([]string{"Go", "npm", "Debian:12", "PyPI", "Linux"}).Draw(t, "ecosystem")
			p.Package = fmt.Sprintf("nls.example/p%d", i)
		}
		a.Products = append(a.Products, p)
	}
	for i := range rapid.IntRange(1, 3).Draw(t, "vulnerabilities") {
		a.Vulnerabilities = append(a.Vulnerabilities, vulnerability(t, a, i))
	}
	for range rapid.IntRange(0, 3).Draw(t, "references") {
		kind := rapid.SampledFrom([]string{"ADVISORY", "ARTICLE", "FIX", "WEB", "GIT", "EVIDENCE"}).Draw(t, "kind")
		a.References = append(a.References, cvd.Reference{Kind: kind, URL: links.Draw(t, "url"), Text: words.Draw(t, "text")})
	}
	for range rapid.IntRange(0, 3).Draw(t, "credits") {
		a.Credits = append(a.Credits, cvd.AdvisoryCredit{
			Name: said.Draw(t, "name"), Organisation: words.Draw(t, "organisation"),
			Kind: rapid.SampledFrom([]string{"", "FINDER", "REPORTER", "TOOL", "OTHER"}).Draw(t, "credit"),
		})
	}
	for range rapid.IntRange(0, 2).Draw(t, "timeline") {
		a.Timeline = append(a.Timeline, cvd.Milestone{At: instants.Draw(t, "at"), Text: said.Draw(t, "milestone")})
	}
	return a
}

func vulnerability(t *rapid.T, a *cvd.Advisory, n int) cvd.Vulnerability {
	v := cvd.Vulnerability{
		Title: words.Draw(t, "title"), Description: words.Draw(t, "description"), Impact: words.Draw(t, "impact"), Exploited: words.Draw(t, "exploited"),
		CWE: rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"CWE-79", "CWE-22", "CWE-1004"}), 0, 2, rapid.ID).Draw(t, "cwe"),
	}
	if rapid.Bool().Draw(t, "cve") {
		v.CVE = fmt.Sprintf("CVE-2026-%d", 20000+n)
	}
	var ids []string
	for _, p := range a.Products {
		ids = append(ids, p.ID)
	}
	some := func(label string) []string {
		return rapid.SliceOfNDistinct(rapid.SampledFrom(ids), 0, len(ids), rapid.ID).Draw(t, label)
	}
	for _, vector := range rapid.SliceOfNDistinct(vectors, 0, 2, rapid.ID).Draw(t, "vectors") {
		v.Scores = append(v.Scores, cvd.AdvisoryScore{Vector: vector, Products: some("scored")})
	}
	for _, id := range ids {
		v.Affects = append(v.Affects, affect(t, id))
	}
	for range rapid.IntRange(0, 2).Draw(t, "remedies") {
		v.Remedies = append(v.Remedies, cvd.Remedy{
			Kind: rapid.SampledFrom([]cvd.RemedyKind{cvd.RemedyFix, cvd.RemedyWorkaround, cvd.RemedyMitigation, cvd.RemedyNonePlanned}).Draw(t, "remedy"),
			Text: said.Draw(t, "remedy text"), Products: some("remedied"),
		})
	}
	return v
}

func affect(t *rapid.T, product string) cvd.Affect {
	af := cvd.Affect{
		Product:  product,
		Status:   rapid.SampledFrom([]cvd.ProductStatus{cvd.StatusAffected, cvd.StatusAffected, cvd.StatusFixed, cvd.StatusNotAffected, cvd.StatusInvestigating}).Draw(t, "status"),
		Versions: rapid.SliceOfNDistinct(versions, 0, 2, rapid.ID).Draw(t, "versions"),
	}
	if af.Status == cvd.StatusNotAffected {
		af.Justification = cvd.CodeNotExecuted
	}
	for range rapid.IntRange(0, 2).Draw(t, "ranges") {
		r := cvd.VersionRange{Kind: rapid.SampledFrom([]cvd.RangeKind{cvd.RangeSemver, cvd.RangeEcosystem}).Draw(t, "range")}
		if rapid.IntRange(0, 4).Draw(t, "git") == 0 {
			r.Kind, r.Repo = cvd.RangeGit, "https://git.nls.example/p"
			r.Events = []cvd.VersionEvent{{Introduced: "0"}, {Fixed: "0123456789abcdef0123456789abcdef01234567"}}
		} else {
			r.Events = []cvd.VersionEvent{{Introduced: rapid.SampledFrom([]string{"0", "1.0.0"}).Draw(t, "from")}}
			switch rapid.IntRange(0, 2).Draw(t, "end") {
			case 0:
				r.Events = append(r.Events, cvd.VersionEvent{Fixed: "1.2.3"}, cvd.VersionEvent{Introduced: "2.0.0"}, cvd.VersionEvent{Fixed: "2.0.1"})
			case 1:
				r.Events = append(r.Events, cvd.VersionEvent{LastAffected: "1.9.9"})
			}
		}
		af.Ranges = append(af.Ranges, r)
	}
	return af
}

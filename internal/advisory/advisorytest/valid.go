package advisorytest

import (
	"fmt"
	"slices"
	"time"

	"pgregory.net/rapid"

	"fairlead/internal/cvd"
)

// Valid makes a random record that could be published: nothing contradicts
// itself, and all that any format asks for is there. Versions of SEMVER and
// ECOSYSTEM ranges are three numbers each, so that a test can compare them.
func Valid(t *rapid.T) *cvd.Advisory {
	first := instants.Draw(t, "first")
	a := &cvd.Advisory{
		ID: cvd.AdvisoryID(rapid.StringMatching(`NLSA-20[0-9]{2}-[A-Z0-9]{7}`).Draw(t, "id")), Title: sentence(t, "title"),
		TLP:      rapid.SampledFrom([]cvd.TLP{"", cvd.TLPClear, cvd.TLPGreen, cvd.TLPAmber, cvd.TLPAmberStrict, cvd.TLPRed}).Draw(t, "tlp"),
		Lang:     rapid.SampledFrom([]string{"", "en", "de", "pt-BR"}).Draw(t, "lang"),
		Overview: sentence(t, "overview"), Published: first,
		Aliases:  rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"GHSA-abcd-1234-wxyz", "own-7"}), 0, 2, rapid.ID).Draw(t, "aliases"),
		Related:  rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"CVE-2025-1000", "OSV-2020-1"}), 0, 2, rapid.ID).Draw(t, "related"),
		Upstream: rapid.SliceOfN(rapid.Just("CVE-2024-1000"), 0, 1).Draw(t, "upstream"),
	}
	if rapid.Bool().Draw(t, "long") {
		a.Details = sentence(t, "details")
	}
	at := first
	for n := range rapid.IntRange(1, 3).Draw(t, "revisions") {
		a.Revision = n + 1
		a.History = append(a.History, cvd.AdvisoryChange{Revision: n + 1, At: at, Text: sentence(t, "change")})
		a.Modified = at
		at = at.Add(time.Duration(rapid.IntRange(1, 1_000_000).Draw(t, "later")) * time.Second)
	}
	if rapid.IntRange(0, 4).Draw(t, "taken back") == 0 {
		a.Withdrawn, a.Why = a.Modified, sentence(t, "why")
	}
	for n := range rapid.IntRange(1, 3).Draw(t, "products") {
		a.Products = append(a.Products, validProduct(t, n))
	}
	for n := range rapid.IntRange(1, 3).Draw(t, "vulnerabilities") {
		a.Vulnerabilities = append(a.Vulnerabilities, validVulnerability(t, a, n))
	}
	for range rapid.IntRange(1, 3).Draw(t, "references") {
		one := cvd.Reference{Kind: rapid.SampledFrom([]string{"ADVISORY", "ARTICLE", "FIX", "WEB", "GIT", "EVIDENCE"}).Draw(t, "kind"), URL: links.Draw(t, "url")}
		if rapid.Bool().Draw(t, "told") {
			one.Text = sentence(t, "text")
		}
		a.References = append(a.References, one)
	}
	for n := range rapid.IntRange(0, 3).Draw(t, "credits") {
		a.Credits = append(a.Credits, cvd.AdvisoryCredit{
			Name: fmt.Sprintf("Person %d", n), Organisation: rapid.SampledFrom([]string{"", "Harbour Labs"}).Draw(t, "organisation"),
			Kind: rapid.SampledFrom([]string{"", "FINDER", "REPORTER", "TOOL", "OTHER"}).Draw(t, "credit"),
		})
	}
	for range rapid.IntRange(0, 2).Draw(t, "timeline") {
		a.Timeline = append(a.Timeline, cvd.Milestone{At: instants.Draw(t, "at"), Text: sentence(t, "milestone")})
	}
	return a
}

func sentence(t *rapid.T, label string) string {
	return rapid.SampledFrom([]string{
		"Links are followed", "über die Grenze — 漢字", "Two\n\nparagraphs of *text*", "less < more & \"quotes\"", "back\\slash", "1.0",
	}).Draw(t, label)
}

func validProduct(t *rapid.T, n int) cvd.AdvisoryProduct {
	p := cvd.AdvisoryProduct{
		ID: fmt.Sprintf("p%d", n), Name: fmt.Sprintf("Product %d", n),
		Vendor: rapid.SampledFrom([]string{"", "Harbour Hardware"}).Draw(t, "vendor"),
	}
	switch rapid.IntRange(0, 4).Draw(t, "identified") {
	case 0:
		p.Ecosystem, p.Package, p.PURL = "Go", fmt.Sprintf("nls.example/p%d", n), fmt.Sprintf("pkg:golang/nls.example/p%d", n)
	case 1:
		p.Ecosystem, p.Package, p.PURL = "npm", fmt.Sprintf("@nls/p%d", n), fmt.Sprintf("pkg:npm/%%40nls/p%d", n)
	case 2:
		p.CPE = fmt.Sprintf("cpe:2.3:a:nls:p%d:*:*:*:*:*:*:*:*", n)
	case 3:
		p.PURL = fmt.Sprintf("pkg:generic/nls/p%d", n)
	}
	return p
}

func validVulnerability(t *rapid.T, a *cvd.Advisory, n int) cvd.Vulnerability {
	v := cvd.Vulnerability{
		Title: sentence(t, "title"), Description: sentence(t, "description"),
		CWE: rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"CWE-79", "CWE-22", "CWE-1004"}), 0, 2, rapid.ID).Draw(t, "cwe"),
	}
	if rapid.Bool().Draw(t, "dated") {
		v.Discovered, v.Disclosed = instants.Draw(t, "discovered"), instants.Draw(t, "disclosed")
	}
	if rapid.Bool().Draw(t, "impact") {
		v.Impact, v.Exploited = sentence(t, "impact text"), sentence(t, "exploited")
	}
	for _, p := range a.Products {
		v.Affects = append(v.Affects, validAffects(t, p.ID)...)
	}
	concerned := func(af cvd.Affect) bool {
		return af.Status == cvd.StatusAffected || af.Status == cvd.StatusInvestigating
	}
	if slices.ContainsFunc(v.Affects, concerned) && rapid.Bool().Draw(t, "cve") { // no CVE record says that nothing is affected
		v.CVE = fmt.Sprintf("CVE-2026-%d", 20000+n)
	} else {
		v.IDs = []cvd.ForeignID{{System: "tracker", ID: fmt.Sprintf("NLS-%d", n)}}
	}
	if rapid.IntRange(0, 5).Draw(t, "scored") > 0 {
		v.Scores = append(v.Scores, cvd.AdvisoryScore{Vector: rapid.SampledFrom([]string{
			"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", "CVSS:3.1/AV:L/AC:H/PR:L/UI:R/S:C/C:L/I:N/A:N/E:P", "CVSS:3.0/AV:P/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:L/MC:H",
		}).Draw(t, "vector")})
	}
	if rapid.Bool().Draw(t, "version 4") {
		v.Scores = append(v.Scores, cvd.AdvisoryScore{Vector: "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N", Products: []string{a.Products[0].ID}})
	}
	if rapid.Bool().Draw(t, "remedied") {
		v.Remedies = append(v.Remedies, cvd.Remedy{
			Kind: rapid.SampledFrom([]cvd.RemedyKind{cvd.RemedyFix, cvd.RemedyWorkaround, cvd.RemedyMitigation, cvd.RemedyNonePlanned}).Draw(t, "remedy"),
			Text: sentence(t, "remedy text"),
		})
	}
	return v
}

// validAffects says something of a product without saying two things of any of
// its versions: a status of all, or ranges low down and single versions above.
func validAffects(t *rapid.T, product string) []cvd.Affect {
	status := rapid.SampledFrom([]cvd.ProductStatus{cvd.StatusAffected, cvd.StatusFixed, cvd.StatusNotAffected, cvd.StatusInvestigating})
	if rapid.IntRange(0, 3).Draw(t, "whole") == 0 {
		return []cvd.Affect{explained(t, cvd.Affect{Product: product, Status: status.Draw(t, "status")})}
	}
	kind := rapid.SampledFrom([]cvd.RangeKind{cvd.RangeSemver, cvd.RangeEcosystem}).Draw(t, "kind")
	affected := cvd.Affect{Product: product, Status: cvd.StatusAffected}
	major := 1
	for range rapid.IntRange(0, 2).Draw(t, "ranges") {
		r := cvd.VersionRange{Kind: kind}
		end := rapid.SampledFrom([]func(string) cvd.VersionEvent{
			func(v string) cvd.VersionEvent { return cvd.VersionEvent{Fixed: v} },
			func(v string) cvd.VersionEvent { return cvd.VersionEvent{LastAffected: v} },
			func(v string) cvd.VersionEvent { return cvd.VersionEvent{Limit: v} },
		}).Draw(t, "end")
		for range rapid.IntRange(1, 2).Draw(t, "turns") {
			low := fmt.Sprintf("%d.0.0", major)
			if major == 1 && rapid.Bool().Draw(t, "from the beginning") {
				low = "0"
			}
			high := fmt.Sprintf("%d.%d.0", major, rapid.IntRange(1, 12).Draw(t, "minor"))
			r.Events = append(r.Events, cvd.VersionEvent{Introduced: low}, end(high))
			major++
		}
		affected.Ranges = append(affected.Ranges, r)
	}
	if rapid.IntRange(0, 4).Draw(t, "commits") == 0 {
		affected.Ranges = append(affected.Ranges, cvd.VersionRange{Kind: cvd.RangeGit, Repo: "https://git.nls.example/" + product, Events: []cvd.VersionEvent{
			{Introduced: "0"}, {Fixed: "0123456789abcdef0123456789abcdef01234567"},
		}})
	}
	var out []cvd.Affect
	if len(affected.Ranges) > 0 {
		out = append(out, affected)
	}
	for n := range rapid.IntRange(1, 3).Draw(t, "single") {
		out = append(out, explained(t, cvd.Affect{Product: product, Status: status.Draw(t, "status"), Versions: []string{fmt.Sprintf("%d.%d.0", major, n)}}))
	}
	return out
}

// explained adds why a product is not affected.
func explained(t *rapid.T, af cvd.Affect) cvd.Affect {
	if af.Status != cvd.StatusNotAffected {
		return af
	}
	if rapid.Bool().Draw(t, "justified") {
		af.Justification = rapid.SampledFrom([]cvd.Justification{cvd.NoComponent, cvd.NoVulnerableCode, cvd.CodeNotExecuted, cvd.CodeUnreachable, cvd.InlineMitigation}).Draw(t, "justification")
	}
	if af.Justification == "" || rapid.Bool().Draw(t, "stated") {
		af.Statement = sentence(t, "statement")
	}
	return af
}

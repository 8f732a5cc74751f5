package cve5

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"fairlead/internal/advisory"
	"fairlead/internal/advisory/ecosystem"
	"fairlead/internal/cvd"
)

// listedUnaffected is said of versions that a source lists without a reason.
const listedUnaffected = "The source lists these versions as unaffected."

// readItem reads one item of the affected list. It becomes one product; its
// versions become a statement for each status.
func readItem(r *advisory.Reading, a *cvd.Advisory, v *cvd.Vulnerability, i int, in *affected) {
	p, kept := product(in)
	base := p.ID
	for n := 2; a.Product(p.ID) != nil; n++ {
		p.ID = fmt.Sprintf("%s#%d", base, n)
	}
	by := map[string]*cvd.Affect{}
	at := func(status string) *cvd.Affect {
		if by[status] == nil {
			by[status] = &cvd.Affect{Product: p.ID, Status: productStatus(status)}
			if status == statusUnaffected {
				by[status].Statement = listedUnaffected
			}
		}
		return by[status]
	}
	for j, one := range in.Versions {
		if one.Version == "" || !slices.Contains([]string{statusAffected, statusUnaffected, statusUnknown}, one.Status) {
			r.Lose(advisory.Pointer("containers", "cna", "affected", i, "versions", j), "it names no version or no status")
			continue
		}
		if one.Less == "" && one.LessEqual == "" {
			at(one.Status).Versions = append(at(one.Status).Versions, one.Version)
			continue
		}
		for _, part := range pieces(one) {
			af := at(part.status)
			af.Ranges = append(af.Ranges, cvd.VersionRange{Kind: rangeKind(one.Type), Repo: repoOf(one, in), Events: part.events})
		}
	}
	rest(r, i, in, by, at, &kept)
	var out []cvd.Affect
	for _, status := range []string{statusAffected, statusUnaffected, statusUnknown} {
		if af := by[status]; af != nil {
			out = append(out, *af)
		}
	}
	if b, err := json.Marshal(kept); err == nil && string(b) != "{}" && len(out) > 0 {
		out[0].DatabaseSpecific = b
	}
	a.Products = append(a.Products, p)
	v.Affects = append(v.Affects, out...)
}

// rest reads what holds for versions that are not listed. A statement about all
// versions has none listed, so it is made only where it contradicts none.
func rest(r *advisory.Reading, i int, in *affected, by map[string]*cvd.Affect, at func(string) *cvd.Affect, kept *extraMembers) {
	fallback := in.Default
	if !slices.Contains([]string{statusAffected, statusUnaffected, statusUnknown}, fallback) {
		fallback = statusUnknown
	}
	if len(in.Versions) == 0 || len(by) == 0 {
		at(fallback)
		return
	}
	if by[fallback] == nil && fallback == statusAffected {
		at(fallback)
		return
	}
	if by[statusAffected] == nil || fallback != statusUnaffected {
		kept.Default = fallback
		if fallback == statusAffected {
			r.Lose(advisory.Pointer("containers", "cna", "affected", i, "defaultStatus"), "versions that are not listed are affected too, which the record cannot say beside listed ones; it is kept")
		}
	}
}

func productStatus(s string) cvd.ProductStatus {
	switch s {
	case statusAffected:
		return cvd.StatusAffected
	case statusUnaffected:
		return cvd.StatusNotAffected
	}
	return cvd.StatusInvestigating
}

func product(in *affected) (cvd.AdvisoryProduct, extraMembers) {
	kept := extraMembers{extras: in.extras, Collection: in.Collection}
	// A product whose maker is not named is not the publisher's for that.
	p := cvd.AdvisoryProduct{Vendor: first(in.Vendor, in.Package, in.Product, "n/a"), Name: first(in.Product, in.Package, in.PURL, "n/a"), PURL: in.PURL, Package: in.Package}
	if !slices.ContainsFunc(in.Versions, func(v version) bool { return v.Type == "git" && (v.Less != "" || v.LessEqual != "") }) {
		kept.Repo = in.Repo
	}
	for _, eco := range ecosystem.All() {
		if eco.Collection != "" && strings.TrimSuffix(in.Collection, "/") == eco.Collection {
			p.Ecosystem = eco.Name
			kept.Collection = ""
			if in.Collection != eco.Collection {
				kept.Collection = in.Collection
			}
			break
		}
	}
	if world, pack, ok := ecosystem.FindPURL(in.PURL); ok && p.Ecosystem == "" && (in.Package == "" || in.Package == pack) {
		p.Ecosystem, p.Package = world, pack
	}
	for _, cpe := range in.CPEs {
		if p.CPE == "" && cpe23.MatchString(cpe) {
			p.CPE = cpe
			continue
		}
		kept.CPEs = append(kept.CPEs, cpe)
	}
	p.ID = first(in.Package, strings.Trim(in.Vendor+":"+in.Product, ":"), in.PURL, "product")
	return p, kept
}

func rangeKind(versionType string) cvd.RangeKind {
	switch strings.ToLower(versionType) {
	case "semver":
		return cvd.RangeSemver
	case "git":
		return cvd.RangeGit
	}
	return cvd.RangeEcosystem
}

func repoOf(v version, in *affected) string {
	if v.Type == "git" {
		return in.Repo
	}
	return ""
}

// piece is a part of a span with one status.
type piece struct {
	status string
	events []cvd.VersionEvent
}

// pieces cuts a span at its changes. The end is where the span ends: "*" is
// without end, and a pattern such as "2.1.*" is a limit.
func pieces(v version) []piece {
	end := cvd.VersionEvent{Fixed: v.Less}
	switch {
	case v.LessEqual == "*" || v.Less == "*":
		end = cvd.VersionEvent{}
	case v.Less == "":
		end = cvd.VersionEvent{LastAffected: v.LessEqual}
	case strings.HasSuffix(v.Less, "*"):
		end = cvd.VersionEvent{Limit: v.Less}
	}
	out := []piece{{v.Status, []cvd.VersionEvent{{Introduced: v.Version}}}}
	for _, c := range v.Changes {
		last := &out[len(out)-1]
		if c.Status == last.status || c.At == "" {
			continue
		}
		last.events = append(last.events, cvd.VersionEvent{Fixed: c.At})
		out = append(out, piece{c.Status, []cvd.VersionEvent{{Introduced: c.At}}})
	}
	last := &out[len(out)-1]
	if end != (cvd.VersionEvent{}) {
		last.events = append(last.events, end)
	}
	return slices.DeleteFunc(out, func(p piece) bool {
		return !slices.Contains([]string{statusAffected, statusUnaffected, statusUnknown}, p.status)
	})
}

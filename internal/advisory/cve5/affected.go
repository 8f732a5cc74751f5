package cve5

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"fairlead/internal/advisory"
	"fairlead/internal/advisory/ecosystem"
	"fairlead/internal/cvd"
)

// extraMembers is what of a product is kept of a record that was read: members
// without a place, and the default that versions cannot show.
type extraMembers struct {
	extras
	Collection string   `json:"collectionURL,omitempty"`
	Repo       string   `json:"repo,omitempty"`
	CPEs       []string `json:"cpes,omitempty"`
	Default    string   `json:"defaultStatus,omitempty"`
}

// sayable says why a vulnerability cannot be a published CVE record, or nil: the
// format asks for a product that is or may be affected, a reference and English
// words (CNA rules 5.1.4, 5.2, 5.3).
func sayable(a *cvd.Advisory, v *cvd.Vulnerability, p advisory.Publisher) error {
	var faults cvd.Faults
	miss := func(field, problem, remedy string) {
		faults = append(faults, cvd.Fault{Field: field, Problem: problem, Remedy: remedy})
	}
	if !slices.ContainsFunc(v.Affects, func(af cvd.Affect) bool {
		return a.Product(af.Product) != nil && (af.Status == cvd.StatusAffected || af.Status == cvd.StatusInvestigating)
	}) {
		miss("vulnerabilities.affects", "a CVE record names a product that is or may be affected, and none is", "name one, or reject the CVE id")
	}
	if _, _, ok := english(a); !ok || len(descriptions(a, v)) == 0 {
		miss("texts", "a CVE record needs English words", "add an English text")
	}
	if len(references(a, v, p)) == 0 {
		miss("references", "a CVE record needs a public reference", "add one, or publish the advisory's own page first")
	}
	if len(faults) > 0 {
		return fmt.Errorf("%w: %w", cvd.ErrNotReady, faults)
	}
	return nil
}

// affects writes an item for each product, and for each repository of its commits.
func affects(a *cvd.Advisory, v *cvd.Vulnerability, p advisory.Publisher) []affected {
	var out []affected
	done := map[string]bool{}
	for _, af := range v.Affects {
		product := a.Product(af.Product)
		if product == nil || done[product.ID] {
			continue
		}
		done[product.ID] = true
		var all []cvd.Affect
		for _, other := range v.Affects {
			if other.Product == product.ID {
				all = append(all, other)
			}
		}
		for _, repo := range repos(all) {
			out = append(out, item(a, product, all, repo, p))
		}
	}
	return out
}

// repos lists the repositories that an item each is made for: one item names one.
func repos(all []cvd.Affect) []string {
	var out []string
	plain := false
	for _, af := range all {
		plain = plain || len(af.Versions) > 0 || len(af.Ranges) == 0
		for _, r := range af.Ranges {
			switch {
			case r.Kind != cvd.RangeGit:
				plain = true
			case !slices.Contains(out, r.Repo):
				out = append(out, r.Repo)
			}
		}
	}
	if plain || len(out) == 0 {
		out = append([]string{""}, out...)
	}
	return out
}

func item(a *cvd.Advisory, product *cvd.AdvisoryProduct, all []cvd.Affect, repo string, p advisory.Publisher) affected {
	out := affected{Vendor: cut(first(product.Vendor, p.Name, "n/a"), maxVendor), Product: cut(product.Name, maxName), PURL: ecosystem.PURL(product), Repo: repo}
	if eco, ok := ecosystem.Find(product.Ecosystem); ok && eco.Collection != "" && product.Package != "" {
		out.Collection, out.Package = eco.Collection, product.Package
	}
	if cpe23.MatchString(product.CPE) {
		out.CPEs = []string{product.CPE}
	}
	out.Default = fallback(all)
	for _, af := range all {
		out.Versions = append(out.Versions, versions(product, af, repo)...)
	}
	if repo != "" && len(out.Versions) == 0 {
		out.Default = statusUnknown
	}
	// Readers take the first entry that fits, so what is said of one version comes first.
	slices.SortStableFunc(out.Versions, func(a, b version) int { return cmp.Compare(wide(a), wide(b)) })
	out.Versions = distinct(out.Versions)
	if from(a) {
		restore(&out, product, all)
	}
	return out
}

func wide(v version) int {
	if v.Less == "" && v.LessEqual == "" {
		return 0
	}
	return 1
}

// restore puts back what was kept of an item that was read.
func restore(out *affected, product *cvd.AdvisoryProduct, all []cvd.Affect) {
	if product.Package != "" && product.Ecosystem == "" {
		out.Package = product.Package
	}
	for _, af := range all {
		var kept extraMembers
		if len(af.DatabaseSpecific) == 0 || json.Unmarshal(af.DatabaseSpecific, &kept) != nil {
			continue
		}
		out.extras = kept.extras
		out.Collection, out.Repo = first(kept.Collection, out.Collection), first(kept.Repo, out.Repo)
		out.CPEs = append(out.CPEs, kept.CPEs...)
		if kept.Default != "" {
			out.Default = kept.Default
		}
		return
	}
}

func distinct(list []version) []version {
	var out []version
	for _, v := range list {
		if !slices.ContainsFunc(out, func(o version) bool {
			return o.Version == v.Version && o.Less == v.Less && o.LessEqual == v.LessEqual && o.Type == v.Type
		}) {
			out = append(out, v)
		}
	}
	return out
}

func status(s cvd.ProductStatus) string {
	switch s {
	case cvd.StatusAffected:
		return statusAffected
	case cvd.StatusFixed, cvd.StatusNotAffected:
		return statusUnaffected
	}
	return statusUnknown
}

// fallback is what holds for versions that are not listed: what was said of the
// product as a whole; else that they are unaffected where affected ones are
// listed, and that nobody knows where none are.
func fallback(all []cvd.Affect) string {
	listed := false
	for _, af := range all {
		if len(af.Ranges) == 0 && len(af.Versions) == 0 {
			return status(af.Status)
		}
		listed = listed || af.Status == cvd.StatusAffected
	}
	if listed {
		return statusUnaffected
	}
	return statusUnknown
}

// versions are the ranges and single versions of one statement, those of commits
// for their repository.
func versions(product *cvd.AdvisoryProduct, af cvd.Affect, repo string) []version {
	var out []version
	if repo == "" {
		for _, v := range af.Versions {
			out = append(out, version{Version: cut(v, 1024), Status: status(af.Status)})
		}
	}
	for _, r := range af.Ranges {
		if (r.Kind == cvd.RangeGit) != (repo != "") || (repo != "" && r.Repo != repo) {
			continue
		}
		out = append(out, spans(r, versionType(product, r.Kind), status(af.Status))...)
	}
	return out
}

// spans turns the events of a range into spans from one version to another
// ("*" is without end). Events are taken in their order, as the record has them.
func spans(r cvd.VersionRange, kind, st string) []version {
	var out []version
	open := false
	for _, e := range r.Events {
		switch {
		case e.Introduced != "":
			if open {
				continue // already within an affected span
			}
			out = append(out, version{Version: e.Introduced, Status: st, Type: kind, Less: "*"})
			open = true
		case !open:
			continue
		case e.LastAffected != "":
			out[len(out)-1].Less, out[len(out)-1].LessEqual = "", e.LastAffected
			open = false
		default:
			out[len(out)-1].Less = first(e.Fixed, e.Limit, "*")
			open = false
		}
	}
	return out
}

// versionType names the numbering by the kind of range and the ecosystem.
func versionType(product *cvd.AdvisoryProduct, kind cvd.RangeKind) string {
	switch kind {
	case cvd.RangeSemver:
		return "semver"
	case cvd.RangeGit:
		return "git"
	}
	ecosystem, _, _ := strings.Cut(product.Ecosystem, ":")
	switch ecosystem {
	case "Maven":
		return "maven"
	case "PyPI":
		return "python"
	case "AlmaLinux", "Rocky Linux", "Red Hat", "SUSE", "openSUSE", "openEuler", "Mageia", "Photon OS", "Azure Linux":
		return "rpm"
	}
	return "custom"
}

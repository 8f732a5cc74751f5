package release

import (
	"slices"

	"fairlead/internal/advisory"
	"fairlead/internal/cvd"
)

// Enumerate gives each vulnerability of a its number, and lists those that a no longer
// speaks of. before is the revision before, or nil. A vulnerability is known again by
// the number that it has from there, its CVE id, another id, or its title; one that
// was dropped and is back has its own number again; where there are as many as
// before, those that are left are known by their order.
func Enumerate(a, before *cvd.Advisory) {
	a.Dropped = nil
	if before == nil {
		for i := range a.Vulnerabilities {
			a.Vulnerabilities[i].Number = i + 1
		}
		return
	}
	old := earlier(a, before)
	got := make([]int, len(a.Vulnerabilities)) // the place in old, or -1
	taken := map[int]bool{}
	for i := range got {
		got[i] = -1
	}
	find := func(same func(v, was *cvd.Vulnerability) bool) {
		for i := range got {
			for n := range old {
				if got[i] < 0 && !taken[n] && same(&a.Vulnerabilities[i], &old[n].Vulnerability) {
					got[i], taken[n] = n, true
				}
			}
		}
	}
	find(func(v, was *cvd.Vulnerability) bool { return v.Number == was.Number })
	find(func(v, was *cvd.Vulnerability) bool { return v.CVE != "" && v.CVE == was.CVE })
	find(func(v, was *cvd.Vulnerability) bool {
		return slices.ContainsFunc(v.IDs, func(id cvd.ForeignID) bool { return slices.Contains(was.IDs, id) })
	})
	only := len(a.Vulnerabilities) == 1 && len(before.Vulnerabilities) == 1
	alike := func(v, was *cvd.Vulnerability) bool { return only || v.CVE == "" || was.CVE == "" || v.CVE == was.CVE }
	find(func(v, was *cvd.Vulnerability) bool { return v.Title != "" && v.Title == was.Title && alike(v, was) })
	if len(a.Vulnerabilities) == len(before.Vulnerabilities) {
		find(func(v, was *cvd.Vulnerability) bool {
			return alike(v, was) && !slices.ContainsFunc(before.Dropped, func(d cvd.DroppedVulnerability) bool { return d.Vulnerability.Number == was.Number })
		})
	}
	last := 0
	for _, o := range old {
		last = max(last, o.Vulnerability.Number)
	}
	for i := range got {
		if got[i] >= 0 {
			a.Vulnerabilities[i].Number = old[got[i]].Vulnerability.Number
			continue
		}
		last++
		a.Vulnerabilities[i].Number = last
	}
	for n, o := range old {
		if !taken[n] {
			a.Dropped = append(a.Dropped, o)
		}
	}
}

// earlier are all vulnerabilities that a record ever spoke of, as if a dropped them.
func earlier(a, before *cvd.Advisory) []cvd.DroppedVulnerability {
	was := before.Clone()
	var out []cvd.DroppedVulnerability
	for i := range was.Vulnerabilities {
		one := cvd.DroppedVulnerability{At: a.Modified, Vulnerability: was.Vulnerabilities[i]}
		one.Vulnerability.Number = advisory.Number(was, i)
		for _, p := range was.Products {
			if slices.ContainsFunc(one.Vulnerability.Affects, func(af cvd.Affect) bool { return af.Product == p.ID }) {
				one.Products = append(one.Products, p)
			}
		}
		out = append(out, one)
	}
	return append(out, was.Dropped...)
}

// Unnumbered is the record without what Enumerate gives: what its author said.
func Unnumbered(a *cvd.Advisory) *cvd.Advisory {
	out := *a
	out.Dropped, out.Vulnerabilities = nil, slices.Clone(a.Vulnerabilities)
	for i := range out.Vulnerabilities {
		out.Vulnerabilities[i].Number = 0
	}
	return &out
}

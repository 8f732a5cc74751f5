package advisory_test

import (
	"errors"
	"testing"

	"fairlead/internal/advisory"
	"fairlead/internal/cvd"
)

var gateway = cvd.AdvisoryProduct{ID: "gateway", Name: "Gateway", PURL: "pkg:golang/example.org/gateway", CPE: "cpe:2.3:a:example\\:org:gateway:*:*:*:*:*:*:*:*"}

func record(affects ...cvd.Affect) *cvd.Advisory {
	return &cvd.Advisory{
		ID: "EX-2026-1", Products: []cvd.AdvisoryProduct{gateway, {ID: "cloud", Name: "Cloud"}},
		Vulnerabilities: []cvd.Vulnerability{{CVE: "CVE-2026-1111", Affects: affects}},
	}
}

func TestClaims(t *testing.T) {
	a := record(
		cvd.Affect{Product: "gateway", Status: cvd.StatusAffected, Versions: []string{"0.9"}, Ranges: []cvd.VersionRange{
			{Kind: cvd.RangeSemver, Events: []cvd.VersionEvent{{Introduced: "1.0.0"}, {Fixed: "1.2.0"}, {Introduced: "2.0.0"}, {Fixed: "2.1.0"}}},
			{Kind: cvd.RangeGit, Repo: "https://git.example.org/g", Events: []cvd.VersionEvent{{Introduced: "0"}, {Fixed: "abc"}}},
		}},
		cvd.Affect{Product: "gateway", Status: cvd.StatusFixed, Versions: []string{"2.1.0"}},
		cvd.Affect{Product: "cloud", Status: cvd.StatusNotAffected, Justification: cvd.NoComponent},
	)
	claims, err := advisory.Claims(a, 0)
	if err != nil {
		t.Fatal(err)
	}
	p := advisory.Publisher{Namespace: "https://example.org"}
	for i, want := range []struct {
		key, purl, cpe, iri string
		status              cvd.ProductStatus
		derived             bool
	}{
		{"gateway:vers:semver/>=1.0.0|<1.2.0|>=2.0.0|<2.1.0", "pkg:golang/example.org/gateway", "cpe:2.3:a:example\\:org:gateway:*:*:*:*:*:*:*:*", "pkg:golang/example.org/gateway?vers=vers:semver%2F%3E%3D1.0.0%7C%3C1.2.0%7C%3E%3D2.0.0%7C%3C2.1.0", cvd.StatusAffected, false},
		{"gateway:https://git.example.org/g@vers:git/<abc", "pkg:golang/example.org/gateway", "cpe:2.3:a:example\\:org:gateway:*:*:*:*:*:*:*:*", "pkg:golang/example.org/gateway?vers=vers:git%2F%3Cabc", cvd.StatusAffected, false},
		{"gateway:0.9", "pkg:golang/example.org/gateway@0.9", "cpe:2.3:a:example\\:org:gateway:0.9:*:*:*:*:*:*:*", "pkg:golang/example.org/gateway@0.9", cvd.StatusAffected, false},
		{"gateway:1.2.0", "pkg:golang/example.org/gateway@v1.2.0", "cpe:2.3:a:example\\:org:gateway:1.2.0:*:*:*:*:*:*:*", "pkg:golang/example.org/gateway@v1.2.0", cvd.StatusFixed, true},
		{"gateway:2.1.0", "pkg:golang/example.org/gateway@v2.1.0", "cpe:2.3:a:example\\:org:gateway:2.1.0:*:*:*:*:*:*:*", "pkg:golang/example.org/gateway@v2.1.0", cvd.StatusFixed, false},
		{"gateway:https://git.example.org/g@abc", "pkg:golang/example.org/gateway@abc", "cpe:2.3:a:example\\:org:gateway:abc:*:*:*:*:*:*:*", "pkg:golang/example.org/gateway@abc", cvd.StatusFixed, true},
		{"cloud:vers:all/*", "", "", "https://example.org/#product/cloud", cvd.StatusNotAffected, false},
	} {
		if i >= len(claims) {
			t.Fatalf("%d claims", len(claims))
		}
		if c := claims[i]; c.Key() != want.key || c.PURL() != want.purl || c.CPE() != want.cpe || c.IRI(p) != want.iri || c.Status != want.status || c.Derived != want.derived {
			t.Errorf("%d: %s %s %s %s %+v", i, c.Key(), c.PURL(), c.CPE(), c.IRI(p), c)
		}
	}
	if len(claims) != 7 {
		t.Errorf("%d claims", len(claims))
	}
}

func TestClaimsRefuseContradictions(t *testing.T) {
	for name, affects := range map[string][]cvd.Affect{
		"two statuses":    {{Product: "cloud", Status: cvd.StatusAffected}, {Product: "cloud", Status: cvd.StatusFixed}},
		"unknown product": {{Product: "nothing", Status: cvd.StatusAffected}},
	} {
		if _, err := advisory.Claims(record(affects...), 0); !errors.Is(err, cvd.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestName(t *testing.T) {
	a := record()
	for _, want := range []string{"CVE-2026-1111", "EX-2026-1"} {
		if got := advisory.Name(a, 0); got != want {
			t.Errorf("%s, want %s", got, want)
		}
		a.Vulnerabilities[0].CVE = ""
	}
	a.Vulnerabilities = append(a.Vulnerabilities, cvd.Vulnerability{IDs: []cvd.ForeignID{{System: "tracker", ID: "T1"}}})
	if advisory.Name(a, 0) != "EX-2026-1" || advisory.Name(a, 1) != "T1" {
		t.Error(advisory.Name(a, 0), advisory.Name(a, 1))
	}
}

// Behind a "v" others read a semantic version or nothing.
func TestVersionsOfGoModules(t *testing.T) {
	for version, want := range map[string]string{
		"5.2": "5.2", "v5.2": "5.2", "5.2.0": "v5.2.0", "v5.2.0": "v5.2.0", "5": "5", "05.2.0": "05.2.0", "1.2.3.4": "1.2.3.4", "2026-05": "2026-05",
		"1.0.0-rc.1": "v1.0.0-rc.1", "0.0.0-20260102030405-abcdef012345": "v0.0.0-20260102030405-abcdef012345", "2.0.0+incompatible": "v2.0.0%2Bincompatible",
	} {
		if got := (advisory.Claim{Product: &gateway, Version: version}).PURL(); got != gateway.PURL+"@"+want {
			t.Errorf("%s is %s", version, got)
		}
	}
	if got := (advisory.Claim{Product: &gateway}).PURL(); got != gateway.PURL {
		t.Errorf("no version is %s", got)
	}
}

package advisorytest_test

import (
	"testing"

	"pgregory.net/rapid"

	"fairlead/internal/advisory"
	"fairlead/internal/advisory/advisorytest"
	"fairlead/internal/advisory/csaf"
	"fairlead/internal/advisory/cyclonedx"
	"fairlead/internal/advisory/openvex"
	"fairlead/internal/cvd"
)

// readers are the formats that say something of versions; each new one gets a row.
var readers = []advisorytest.Reader{
	{Format: csaf.Format, Read: advisorytest.ReadCSAF},
	{Format: csaf.VEX, Read: advisorytest.ReadCSAF},
	{Format: openvex.Format, Read: advisorytest.ReadOpenVEX},
	{Format: cyclonedx.Format, Read: advisorytest.ReadCycloneDX},
}

// What the formats say of each vulnerability, product and version is what the
// record says, so that no two of them disagree.
func TestFormatsAgree(t *testing.T) {
	asked := map[cvd.ProductStatus]int{}
	rapid.Check(t, func(t *rapid.T) {
		a := advisorytest.Valid(t)
		truth := advisorytest.Truth(a)
		for _, r := range readers {
			doc, err := r.Format.Encode(a, advisorytest.Publisher)
			if err != nil {
				t.Fatal(err)
			}
			says, err := r.Read(a, doc)
			if err != nil {
				t.Fatalf("%s: %v\n%s", r.Format.Name, err, doc)
			}
			for i := range a.Vulnerabilities {
				name := advisory.Name(a, i)
				for _, p := range a.Products {
					for _, v := range advisorytest.Probes(a, p.ID) {
						want, got := truth(name, p.ID, v), says(name, p.ID, v)
						asked[want]++
						if r.Fold != nil {
							want = r.Fold(want)
						}
						if got != want {
							t.Fatalf("%s says %q of %s, %s %s; the record says %q\n%s", r.Format.Name, got, name, p.ID, v, want, doc)
						}
					}
				}
			}
		}
	})
	for _, status := range []cvd.ProductStatus{"", cvd.StatusAffected, cvd.StatusFixed, cvd.StatusNotAffected, cvd.StatusInvestigating} {
		if asked[status] == 0 {
			t.Errorf("no version of status %q was asked after", status)
		}
	}
}

func TestInside(t *testing.T) {
	for _, c := range []struct {
		specifier, version string
		inside             bool
	}{
		{"vers:semver/*", "1.0.0", true},
		{"vers:semver/<1.2.0", "1.1.9", true},
		{"vers:semver/<1.2.0", "1.2.0", false},
		{"vers:semver/<=1.2.0", "1.2.0", true},
		{"vers:semver/<1.2.0|>=2.0.0|<2.1.0", "1.5.0", false},
		{"vers:semver/<1.2.0|>=2.0.0|<2.1.0", "2.0.0", true},
		{"vers:semver/>=1.0.0|<1.2.0|>=2.0.0", "3.0.0", true},
		{"vers:semver/>=1.0.0|<1.2.0", "0.9.0", false},
		{"vers:semver/1.0.0", "1.0.0", true},
		{"vers:git/<0123", "1.0.0", false},
	} {
		if got := advisorytest.Inside(c.specifier, c.version); got != c.inside {
			t.Errorf("%s %s: %v", c.specifier, c.version, got)
		}
	}
}

package advisorytest_test

import (
	"encoding/json"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"fairlead/internal/advisory"
	"fairlead/internal/advisory/advisorytest"
	"fairlead/internal/advisory/cve5"
	"fairlead/internal/advisory/osv"
	"fairlead/internal/cvd"
)

// What scanners and readers of CVE records make of our documents is what the record
// says. OSV says only what is affected, of packages only; a CVE record knows no
// difference between fixed and never affected.
func TestListsAgree(t *testing.T) {
	asked := map[string]int{}
	rapid.Check(t, func(t *rapid.T) {
		a := advisorytest.Valid(t)
		truth := advisorytest.Truth(a)
		osvDocs, cveDocs := lists(t, osv.Format, a), lists(t, cve5.Format, a)
		said := 0
		for i := range a.Vulnerabilities {
			v := &a.Vulnerabilities[i]
			var scanner *osvDoc
			if packaged(a, v) && len(osvDocs) > 0 {
				scanner = parse[osvDoc](t, osvDocs[said])
				said++
			}
			var record *cveDoc
			for _, doc := range cveDocs {
				one := parse[cveDoc](t, doc)
				if rejected := one.Metadata.State == "REJECTED"; rejected == a.Withdrawn.IsZero() {
					t.Fatalf("withdrawn %v, and the CVE record is %s", a.Withdrawn, one.Metadata.State)
				} else if one.Metadata.CVE == v.CVE && v.CVE != "" && !rejected {
					record = one
				}
			}
			for _, p := range a.Products {
				for _, version := range advisorytest.Probes(a, p.ID) {
					want := truth(advisory.Name(a, i), p.ID, version)
					if strings.Count(version, ".") != 2 {
						continue // of commits nobody can say which come first
					}
					if scanner != nil && p.Package != "" && !singly(v, p.ID, version) {
						asked["osv "+string(want)]++
						if got := scanner.affects(p, version); got != (want == cvd.StatusAffected) {
							t.Fatalf("OSV says %v of %s %s, the record %q\n%s", got, p.ID, version, want, osvDocs[said-1])
						}
					}
					if record != nil {
						asked["cve "+string(want)]++
						got := record.status(p, version)
						fits := map[cvd.ProductStatus]string{
							cvd.StatusAffected: "affected", cvd.StatusFixed: "unaffected", cvd.StatusNotAffected: "unaffected", cvd.StatusInvestigating: "unknown",
						}[want]
						if (want != "" && got != fits) || (want == "" && got == "affected") {
							t.Fatalf("the CVE record says %q of %s %s, the record %q\n%v", got, p.ID, version, want, record)
						}
					}
				}
			}
		}
	})
	for _, what := range []string{"osv affected", "osv fixed", "osv ", "cve affected", "cve fixed", "cve not_affected", "cve under_investigation", "cve "} {
		if asked[what] == 0 {
			t.Errorf("%s was never asked", what)
		}
	}
}

func lists(t *rapid.T, f advisory.Format, a *cvd.Advisory) [][]byte {
	if f.Covers(a, advisorytest.Publisher) != nil {
		return nil
	}
	docs, err := f.Documents(a, advisorytest.Publisher)
	if err != nil {
		t.Fatal(err)
	}
	out := make([][]byte, len(docs))
	for i, d := range docs {
		out[i] = d.Bytes
	}
	return out
}

func parse[T any](t *rapid.T, doc []byte) *T {
	v := new(T)
	if err := json.Unmarshal(doc, v); err != nil {
		t.Fatal(err)
	}
	return v
}

// packaged tells whether OSV has a document for the vulnerability.
func packaged(a *cvd.Advisory, v *cvd.Vulnerability) bool {
	for _, af := range v.Affects {
		if af.Status != cvd.StatusAffected {
			continue
		}
		if a.Product(af.Product).Package != "" {
			return true
		}
		for _, r := range af.Ranges {
			if r.Kind == cvd.RangeGit {
				return true
			}
		}
	}
	return false
}

// singly tells whether the record names the version as an exception, which OSV
// cannot say beside a range or all versions.
func singly(v *cvd.Vulnerability, product, version string) bool {
	for _, af := range v.Affects {
		for _, one := range af.Versions {
			if af.Product == product && af.Status != cvd.StatusAffected && one == version {
				return true
			}
		}
		for _, r := range af.Ranges {
			for _, e := range r.Events {
				if af.Product == product && af.Status != cvd.StatusAffected && e.Introduced != "" {
					return true
				}
			}
		}
	}
	return false
}

type osvDoc struct {
	Affected []struct {
		Package  struct{ Ecosystem, Name string }
		Versions []string
		Ranges   []struct {
			Type   string
			Events []map[string]string
		}
	}
}

// affects is the evaluation of the OSV schema.
func (d *osvDoc) affects(p cvd.AdvisoryProduct, version string) bool {
	for _, a := range d.Affected {
		if a.Package.Ecosystem != p.Ecosystem || a.Package.Name != p.Package {
			continue
		}
		for _, v := range a.Versions {
			if v == version {
				return true
			}
		}
		for _, r := range a.Ranges {
			in, limited, before := false, false, false
			for _, e := range r.Events {
				for turn, at := range e {
					switch {
					case r.Type == "GIT":
					case turn == "limit":
						limited, before = true, before || !advisorytest.Inside("vers:x/>="+at, version)
					case turn == "introduced" && advisorytest.Inside("vers:x/>="+at, version):
						in = true
					case turn == "fixed" && advisorytest.Inside("vers:x/>="+at, version):
						in = false
					case turn == "last_affected" && !advisorytest.Inside("vers:x/<="+at, version):
						in = false
					}
				}
			}
			if in && (before || !limited) {
				return true
			}
		}
	}
	return false
}

type cveDoc struct {
	Metadata struct {
		CVE   string `json:"cveId"`
		State string `json:"state"`
	} `json:"cveMetadata"`
	Containers struct {
		CNA struct {
			Affected []struct {
				Product, PackageName string
				Repo                 string
				Default              string `json:"defaultStatus"`
				Versions             []struct{ Version, Status, LessThan, LessThanOrEqual, VersionType string }
			}
		}
	}
}

// status is the evaluation of the record format, of the first item of the product
// that is not about commits.
func (d *cveDoc) status(p cvd.AdvisoryProduct, version string) string {
	for _, a := range d.Containers.CNA.Affected {
		if a.Product != p.Name || a.Repo != "" {
			continue
		}
		for _, v := range a.Versions {
			low := v.Version == "0" || advisorytest.Inside("vers:x/>="+v.Version, version)
			switch {
			case v.LessThan == "" && v.LessThanOrEqual == "":
				if v.Version == version {
					return v.Status
				}
			case low && v.LessThan == "*",
				low && v.LessThan != "" && !advisorytest.Inside("vers:x/>="+v.LessThan, version),
				low && v.LessThanOrEqual != "" && advisorytest.Inside("vers:x/<="+v.LessThanOrEqual, version):
				return v.Status
			}
		}
		return a.Default
	}
	return ""
}

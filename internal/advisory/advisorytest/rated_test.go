package advisorytest_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"fairlead/internal/advisory"
	"fairlead/internal/advisory/advisorytest"
	"fairlead/internal/advisory/csaf"
	"fairlead/internal/advisory/cyclonedx"
	"fairlead/internal/cvd"
	"fairlead/internal/severity"
)

// How an affected product is rated, and what is done for it, is in CSAF and in CycloneDX
// what the record says of that product, and of no other.
func TestRatingsAndRemediesAgree(t *testing.T) {
	apart := 0
	rapid.Check(t, func(t *rapid.T) {
		a := advisorytest.Valid(t)
		doc, err := cyclonedx.Format.Encode(a, advisorytest.Publisher)
		if err != nil {
			t.Fatal(err)
		}
		var bom struct {
			Vulnerabilities []struct {
				ID       string
				Ratings  []struct{ Vector string }
				Analysis struct {
					State    string
					Response []string
				}
				Affects []struct{ Ref string }
			}
		}
		if err := json.Unmarshal(doc, &bom); err != nil {
			t.Fatal(err)
		}
		seen := map[string]string{}
		for _, e := range bom.Vulnerabilities {
			if e.Analysis.State != "exploitable" {
				continue
			}
			var rated []string
			for _, r := range e.Ratings {
				rated = append(rated, r.Vector)
			}
			for _, af := range e.Affects {
				seen[e.ID+" "+af.Ref] += strings.Join(rated, " ") + "; " + strings.Join(sorted(e.Analysis.Response), " ")
			}
		}
		in := rated(t, a)
		for i := range a.Vulnerabilities {
			v, name := &a.Vulnerabilities[i], advisory.Name(a, i)
			ways := map[string]bool{}
			for _, p := range a.Products {
				if !slices.ContainsFunc(v.Affects, func(af cvd.Affect) bool { return af.Product == p.ID && af.Status == cvd.StatusAffected }) {
					continue
				}
				vectors, old, responses := says(v, p.ID)
				want := strings.Join(vectors, " ") + "; " + strings.Join(responses, " ")
				if got := seen[name+" "+p.ID]; got != want {
					t.Fatalf("CycloneDX says %q of %s and %s, the record %q\n%s", got, name, p.ID, want, doc)
				}
				if got := strings.Join(sorted(in[name+" "+p.ID]), " "); got != strings.Join(old, " ") {
					t.Fatalf("CSAF says %q of %s and %s, the record %q", got, name, p.ID, old)
				}
				ways[want] = true
			}
			if len(ways) > 1 {
				apart++
			}
		}
	})
	if apart == 0 {
		t.Error("no two products were ever rated or helped otherwise")
	}
}

// says is what the record says of a product: its vectors, those of them that CSAF 2.0
// has a member for, and CycloneDX's words for its remedies.
func says(v *cvd.Vulnerability, product string) (vectors, old, responses []string) {
	for _, s := range v.Scores {
		if r, err := severity.Read(s.Vector); err == nil && (len(s.Products) == 0 || slices.Contains(s.Products, product)) {
			vectors = append(vectors, s.Vector)
			if r.Version != "4.0" {
				old = append(old, s.Vector)
			}
		}
	}
	words := map[cvd.RemedyKind]string{
		cvd.RemedyFix: "update", cvd.RemedyWorkaround: "workaround_available", cvd.RemedyMitigation: "workaround_available", cvd.RemedyNonePlanned: "will_not_fix",
	}
	for _, r := range v.Remedies {
		if advisory.Helps(r, product) {
			responses = append(responses, words[r.Kind])
		}
	}
	return vectors, sorted(old), sorted(responses)
}

func sorted(list []string) []string {
	out := slices.Clone(list)
	slices.Sort(out)
	return slices.Compact(out)
}

// rated are the vectors that a CSAF document gives each product of each vulnerability.
func rated(t *rapid.T, a *cvd.Advisory) map[string][]string {
	doc, err := csaf.Format.Encode(a, advisorytest.Publisher)
	if err != nil {
		t.Fatal(err)
	}
	var d struct {
		Vulnerabilities []struct {
			Scores []struct {
				V2 struct {
					Vector string `json:"vectorString"`
				} `json:"cvss_v2"`
				V3 struct {
					Vector string `json:"vectorString"`
				} `json:"cvss_v3"`
				Products []string
			}
		}
	}
	if err := json.Unmarshal(doc, &d); err != nil {
		t.Fatal(err)
	}
	out := map[string][]string{}
	for i, v := range d.Vulnerabilities {
		for _, s := range v.Scores {
			for _, id := range s.Products {
				product, _, _ := strings.Cut(id, ":")
				out[advisory.Name(a, i)+" "+product] = append(out[advisory.Name(a, i)+" "+product], s.V2.Vector+s.V3.Vector)
			}
		}
	}
	return out
}

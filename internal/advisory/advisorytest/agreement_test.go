package advisorytest_test

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"fairlead/internal/advisory"
	"fairlead/internal/advisory/advisorytest"
	"fairlead/internal/advisory/csaf"
	"fairlead/internal/advisory/csaf/judge"
	"fairlead/internal/advisory/cve5"
	"fairlead/internal/advisory/cyclonedx"
	"fairlead/internal/advisory/openvex"
	"fairlead/internal/advisory/page"
	"fairlead/internal/cvd"
)

// readers are the formats that say something of versions; each new one gets a row.
var readers = []advisorytest.Reader{
	{Format: csaf.Format, Read: advisorytest.ReadCSAF},
	{Format: csaf.VEX, Read: advisorytest.ReadCSAF},
	{Format: csaf.Next, Read: advisorytest.ReadCSAF},
	{Format: openvex.Format, Read: advisorytest.ReadOpenVEX},
	{Format: cyclonedx.Format, Read: advisorytest.ReadCycloneDX},
}

// What the formats say of each vulnerability, product and version is what the
// record says, so that no two of them disagree.
func TestFormatsAgree(t *testing.T) {
	asked := map[cvd.ProductStatus]int{}
	rapid.Check(t, func(t *rapid.T) {
		a := advisorytest.Valid(t)
		if rapid.Bool().Draw(t, "translated") {
			a = advisorytest.Translate(a, "fr")
		}
		truth := advisorytest.Truth(a)
		for _, r := range readers {
			docs, err := r.Format.Documents(a, advisorytest.Publisher)
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range docs {
				agree(t, a, truth, r, d, asked)
			}
		}
	})
	for _, status := range []cvd.ProductStatus{"", cvd.StatusAffected, cvd.StatusFixed, cvd.StatusNotAffected, cvd.StatusInvestigating} {
		if asked[status] == 0 {
			t.Errorf("no version of status %q was asked after", status)
		}
	}
}

// agree asks a document of everything that the record says.
func agree(t *rapid.T, a *cvd.Advisory, truth advisorytest.Says, r advisorytest.Reader, d advisory.Document, asked map[cvd.ProductStatus]int) {
	if r.Format.Name == csaf.Next.Name && !a.Withdrawn.IsZero() {
		return // CSAF 2.1 lets a withdrawn document speak of no product
	}
	says, err := r.Read(a, d.Bytes)
	if err != nil {
		t.Fatalf("%s: %v\n%s", d.Name, err, d.Bytes)
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
					t.Fatalf("%s says %q of %s, %s %s; the record says %q\n%s", d.Name, got, name, p.ID, v, want, d.Bytes)
				}
			}
		}
	}
}

// Every format that speaks another language says the same words in it.
func TestTranslationsAgree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := advisorytest.Translate(advisorytest.Valid(t), "fr")
		docs, err := csaf.Format.Documents(a, advisorytest.Publisher)
		if err != nil || len(docs) != 2 || docs[1].Name != "csaf/fr" || docs[1].File == docs[0].File {
			t.Fatalf("%d documents, %v", len(docs), err)
		}
		var said struct {
			Document struct {
				Lang, Title string
				Source      string `json:"source_lang"`
				Tracking    struct{ ID string }
			}
			Vulnerabilities []struct {
				Notes []struct{ Category, Text string }
			}
		}
		if err := json.Unmarshal(docs[1].Bytes, &said); err != nil {
			t.Fatal(err)
		}
		own := cmp.Or(a.Lang, "en")
		if said.Document.Lang != "fr" || said.Document.Source != own || said.Document.Tracking.ID != string(a.ID)+"-fr" || !strings.Contains(said.Document.Title, "fr: "+a.Title) {
			t.Fatalf("%+v", said.Document)
		}
		sheet := page.Of(advisory.In(a, "fr"), advisorytest.Publisher)
		text, err := page.Format.Documents(a, advisorytest.Publisher)
		if err != nil || len(text) != 2 || !strings.Contains(string(text[1].Bytes), "fr: ") || strings.Contains(string(text[0].Bytes), "fr: ") {
			t.Fatalf("%v %d", err, len(text))
		}
		for i := range a.Vulnerabilities {
			v := &a.Vulnerabilities[i]
			if v.Description == "" {
				continue
			}
			want := "fr: " + v.Description
			if got := sheet.Flaws[i].Description; got != want {
				t.Fatalf("the page says %q, not %q", got, want)
			}
			if !slices.ContainsFunc(said.Vulnerabilities[i].Notes, func(n struct{ Category, Text string }) bool { return n.Category == "description" && n.Text == want }) {
				t.Fatalf("CSAF does not say %q: %+v", want, said.Vulnerabilities[i].Notes)
			}
		}
		cves, err := cve5.Format.Documents(a, advisorytest.Publisher)
		if err != nil || !a.Withdrawn.IsZero() {
			return // none has a CVE id, or it is not said in English, or it is rejected
		}
		for _, d := range cves {
			if !strings.Contains(string(d.Bytes), `"lang": "fr"`) {
				t.Fatalf("CVE does not speak French: %s", d.Bytes)
			}
		}
	})
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

// What the lint lets through as a language is one to the judge of CSAF documents, as the
// document's own and as that of a translation; private use is told by both.
func TestLanguagesAgree(t *testing.T) {
	told := func(found []advisory.Finding, rules ...string) bool {
		return slices.ContainsFunc(found, func(f advisory.Finding) bool { return slices.Contains(rules, f.Rule) })
	}
	rapid.Check(t, func(t *rapid.T) {
		tag := rapid.OneOf(
			rapid.SampledFrom([]string{
				"de", "fr-CA", "pt-BR", "zh-Hant-TW", "sr-Latn", "de-1996", "de-CH-1901", "zh-yue", "de-u-co-phonebk", "en-a-bbb-x-a", "x-ours", "i-mingo",
				"fr_FR", "i-klingon", "i-default", "../x", "", "qqq", "de-XA", "de-Qaay", "de-Qaaz", "de-Qabx", "und", "art-lojban", "en-GB-oed", "zz", "root", "c", "cmn", "sgn-BE-FR", "EN-us",
			}),
			rapid.StringMatching(`[A-Za-z]{1,4}([-_][A-Za-z0-9]{1,5}){0,3}`),
		).Draw(t, "tag")
		a := advisorytest.Translate(advisorytest.Example(), tag)
		found := advisory.Lint(a, advisorytest.Publisher)
		if tag == "" || told(found, "csaf-6.1.12", "record-texts") {
			return
		}
		docs, err := csaf.Format.Documents(a, advisorytest.Publisher)
		if err != nil || len(docs) != 2 {
			t.Fatalf("%d documents, %v", len(docs), err)
		}
		judged := judge.Check(docs[1].Bytes)
		if told(found, "csaf-6.2.14") != told(judged, "csaf-6.2.14") || told(judged, "csaf-6.2.15") {
			t.Fatalf("the lint says %+v, the judge %+v", found, judged)
		}
		for _, f := range judged {
			if f.Level == advisory.LevelError {
				t.Fatalf("%+v", f)
			}
		}
	})
}

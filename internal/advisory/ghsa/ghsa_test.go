package ghsa

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"fairlead/internal/advisory/advisorytest"
	"fairlead/internal/cvd"
)

// global is an invented advisory with every member of the global form.
const global = `{
  "ghsa_id": "GHSA-abcd-1234-wxyz", "cve_id": "CVE-2026-20001", "url": "https://api.github.com/advisories/GHSA-abcd-1234-wxyz",
  "html_url": "https://github.com/advisories/GHSA-abcd-1234-wxyz", "repository_advisory_url": null, "type": "reviewed",
  "summary": "Links are followed", "description": "Links in archives are *followed*.\n", "severity": "high",
  "source_code_location": "https://github.com/nls/gateway",
  "identifiers": [{"value": "GHSA-abcd-1234-wxyz", "type": "GHSA"}, {"value": "CVE-2026-20001", "type": "CVE"}],
  "references": ["https://nls.example/a", "https://github.com/advisories/GHSA-abcd-1234-wxyz"],
  "published_at": "2026-10-20T09:30:00Z", "updated_at": "2026-10-22T09:30:00Z", "github_reviewed_at": "2026-10-20T10:00:00Z",
  "nvd_published_at": null, "withdrawn_at": null,
  "vulnerabilities": [
    {"package": {"ecosystem": "go", "name": "nls.example/gateway"}, "vulnerable_version_range": ">= 1.0.0, < 1.4.2", "first_patched_version": "1.4.2", "vulnerable_functions": ["gateway.Unpack"]},
    {"package": {"ecosystem": "go", "name": "nls.example/gateway"}, "vulnerable_version_range": "<= 0.9.8", "first_patched_version": {"identifier": "0.9.9"}, "vulnerable_functions": []},
    {"package": {"ecosystem": "other", "name": "box"}, "vulnerable_version_range": "= 7", "first_patched_version": null}
  ],
  "cvss": {"vector_string": "CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:U/C:H/I:N/A:N", "score": 6.5},
  "cvss_severities": {"cvss_v3": {"vector_string": "CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:U/C:H/I:N/A:N", "score": 6.5},
    "cvss_v4": {"vector_string": "CVSS:4.0/AV:N/AC:L/AT:N/PR:L/UI:N/VC:H/VI:N/VA:N/SC:N/SI:N/SA:N", "score": 7.1}},
  "cwes": [{"cwe_id": "CWE-59", "name": "Improper Link Resolution Before File Access ('Link Following')"}],
  "epss": {"percentage": 0.1, "percentile": 0.5},
  "credits": [{"user": {"login": "rea", "id": 1, "html_url": "https://github.com/rea"}, "type": "finder"}, {"user": {"login": "ines"}, "type": "hero"}]
}`

func TestGlobalAdvisory(t *testing.T) {
	a, lost, err := Format.Decode([]byte(global), advisorytest.Now)
	if err != nil {
		t.Fatal(err)
	}
	want := &cvd.Advisory{
		ID: "GHSA-abcd-1234-wxyz", Title: "Links are followed", Details: "Links in archives are *followed*.\n", Aliases: []string{"CVE-2026-20001"},
		Published: time.Date(2026, 10, 20, 9, 30, 0, 0, time.UTC), Modified: time.Date(2026, 10, 22, 9, 30, 0, 0, time.UTC),
		Products: []cvd.AdvisoryProduct{
			{ID: "Go:nls.example/gateway", Vendor: "nls.example/gateway", Name: "nls.example/gateway", Ecosystem: "Go", Package: "nls.example/gateway"},
			{ID: "box", Vendor: "box", Name: "box"},
		},
		Vulnerabilities: []cvd.Vulnerability{{
			CVE: "CVE-2026-20001", CWE: []string{"CWE-59"},
			Scores: []cvd.AdvisoryScore{
				{Vector: "CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:U/C:H/I:N/A:N"}, {Vector: "CVSS:4.0/AV:N/AC:L/AT:N/PR:L/UI:N/VC:H/VI:N/VA:N/SC:N/SI:N/SA:N"},
			},
			Affects: []cvd.Affect{
				{
					Product: "Go:nls.example/gateway", Status: cvd.StatusAffected, Specific: []byte(`{"affected_functions":["gateway.Unpack"]}`),
					Ranges: []cvd.VersionRange{{Kind: cvd.RangeSemver, Events: []cvd.VersionEvent{{Introduced: "1.0.0"}, {Fixed: "1.4.2"}}}},
				},
				{
					Product: "Go:nls.example/gateway", Status: cvd.StatusAffected,
					Ranges: []cvd.VersionRange{{Kind: cvd.RangeSemver, Events: []cvd.VersionEvent{{Introduced: "0"}, {LastAffected: "0.9.8"}}}},
				},
				{Product: "Go:nls.example/gateway", Status: cvd.StatusFixed, Versions: []string{"0.9.9"}},
				{Product: "box", Status: cvd.StatusAffected, Versions: []string{"7"}},
			},
		}},
		References: []cvd.Reference{
			{Kind: "ADVISORY", URL: "https://github.com/advisories/GHSA-abcd-1234-wxyz"},
			{Kind: "WEB", URL: "https://nls.example/a"},
			{Kind: "PACKAGE", URL: "https://github.com/nls/gateway"},
		},
		Credits: []cvd.AdvisoryCredit{
			{Name: "rea", Kind: "FINDER", Contact: []string{"https://github.com/rea"}}, {Name: "ines", Kind: "OTHER", Contact: []string{"https://github.com/ines"}},
		},
	}
	kept := a.Source.Kept
	a.Source = nil
	if diff := cmp.Diff(want, a); diff != "" {
		t.Error(diff)
	}
	if string(kept["/github_reviewed_at"]) != `"2026-10-20T10:00:00Z"` || len(kept["/epss"]) == 0 {
		t.Errorf("kept is %v", kept)
	}
	var pointers []string
	for _, l := range lost {
		pointers = append(pointers, l.Pointer)
	}
	if diff := cmp.Diff([]string{"/epss", "/github_reviewed_at", "/type", "/vulnerabilities/2/package/ecosystem", "/credits/1/type"}, pointers); diff != "" {
		t.Error(diff)
	}
}

func TestRepositoryAdvisory(t *testing.T) {
	doc := `{"ghsa_id":"GHSA-abcd-1234-wxyz","state":"%s","summary":"s","description":"d","severity":"low","published_at":"2026-10-20T09:30:00Z",
		"updated_at":"2026-10-20T09:30:00Z","vulnerabilities":[{"package":{"ecosystem":"pip","name":"n"},"vulnerable_version_range":"< 1.2, >= 2.0, < 2.3","patched_versions":"1.2, 2.3"}],
		"cwe_ids":["CWE-79"],"credits":[{"login":"rea","type":"reporter"}],"credits_detailed":[{"user":{"login":"rea"},"type":"reporter","state":"accepted"},{"user":{"login":"no"},"type":"reporter","state":"pending"}]}`
	a, lost, err := Format.Decode([]byte(strings.Replace(doc, "%s", "published", 1)), advisorytest.Now)
	if err != nil {
		t.Fatal(err)
	}
	v := a.Vulnerabilities[0]
	if len(v.Affects) != 1 || len(v.Affects[0].Ranges) != 2 || v.Affects[0].Ranges[1].Events[0].Introduced != "2.0" {
		t.Errorf("%+v", v.Affects)
	}
	if len(a.Credits) != 1 || len(lost) != 2 || lost[0].Pointer != "/severity" || lost[1].Pointer != "/credits_detailed/1" {
		t.Errorf("credits %v, lost %v", a.Credits, lost)
	}
	if _, _, err := Format.Decode([]byte(strings.Replace(doc, "%s", "draft", 1)), advisorytest.Now); !errors.Is(err, cvd.ErrInvalid) {
		t.Errorf("a draft was read: %v", err)
	}
}

func TestRanges(t *testing.T) {
	for s, want := range map[string]string{
		"":                        "all",
		">= 1.0, < 1.4":           "[1.0 fixed 1.4]",
		"< 1.4":                   "[0 fixed 1.4]",
		"<= 1.4":                  "[0 last 1.4]",
		">= 1.0":                  "[1.0]",
		"> 1.0, < 2":              "[1.0 fixed 2] blunt",
		"= 1.2.3":                 "1.2.3",
		"= 1, = 2":                "1 2",
		"< 1, >= 2, < 3":          "[0 fixed 1][2 fixed 3]",
		"< 1, < 3":                "[0 fixed 1][0 fixed 3]",
		">= 1, >= 2":              "[1][2]",
		"1.0":                     "unreadable",
		">= 1.0 < 1.4":            "unreadable",
		">=":                      "unreadable",
		"all versions, < 1":       "unreadable",
		">=1.0.0-beta.1+b,<1.0.0": "[1.0.0-beta.1+b fixed 1.0.0]",
	} {
		ranges, versions, sharp, ok := parseRange(s, cvd.RangeSemver)
		got := ""
		for _, r := range ranges {
			got += "[" + r.Events[0].Introduced
			for _, e := range r.Events[1:] {
				if e.Fixed != "" {
					got += " fixed " + e.Fixed
				} else {
					got += " last " + e.LastAffected
				}
			}
			got += "]"
		}
		got += strings.Join(versions, " ")
		switch {
		case !ok:
			got = "unreadable"
		case got == "":
			got = "all"
		case !sharp:
			got += " blunt"
		}
		if got != want {
			t.Errorf("%q is %s, want %s", s, got, want)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(global))
	f.Add([]byte(`{"ghsa_id":"GHSA-1","references":[{"url":"u"}],"vulnerabilities":[{"package":{"ecosystem":"GO"},"first_patched_version":7}],"credits":[{}]}`))
	f.Fuzz(func(t *testing.T, doc []byte) {
		a, lost, err := Format.Decode(doc, advisorytest.Now)
		if err != nil {
			if !errors.Is(err, cvd.ErrUnreadable) && !errors.Is(err, cvd.ErrInvalid) {
				t.Fatalf("an error of no kind: %v", err)
			}
			return
		}
		if a.ID == "" || a.Title == "" || a.Modified.IsZero() || a.Published.IsZero() || a.Source == nil {
			t.Fatalf("incomplete: %+v", a)
		}
		for _, l := range lost {
			if l.Why == "" {
				t.Fatal("lost without a reason")
			}
		}
		for i := range a.Vulnerabilities[0].Affects {
			if a.Product(a.Vulnerabilities[0].Affects[i].Product) == nil {
				t.Fatal("an affected product is none of the record's")
			}
		}
		_ = a.Clone()
	})
}

package report_test

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"fairlead/internal/advisory"
	"fairlead/internal/advisory/advisorytest"
	"fairlead/internal/advisory/csaf/report"
	"fairlead/internal/cvd"
)

// handed is a report that uses every member, of a reporter who agreed.
func handed() *report.Handed {
	return &report.Handed{
		ID: "NLS-2026-7KQ4MXZ", Product: "Gateway", Vendor: "Northern Lights Software", PURL: "pkg:golang/nls.example/gateway",
		CVE: "CVE-2026-20001", Band: cvd.BandHigh, Vector: "CVSS:4.0/AV:N/AC:L/AT:N/PR:L/UI:N/VC:H/VI:N/VA:N/SC:N/SI:N/SA:N",
		Embargoed: true, Disclose: advisorytest.Now.AddDate(0, 1, 0), At: advisorytest.Now,
		Report: &cvd.Report{
			Program: "gateway", Product: "gateway", Version: "1.4.1, 2.0.0; everything before 1.4", Title: "Links are followed",
			Description: "Links inside uploaded archives are followed.\n\nThe process reads whatever they point to.",
			Steps:       "1. Make a link.\n2. Upload it.", Impact: "Every file can be read.", CWE: "CWE-59",
			URLs: cvd.Lines{"https://blog.example/links", "no address"}, Tools: cvd.Lines{"tar", "curl"}, AIUse: "no", FoundAt: "2026-10-01",
			Exploited: "Not that I know.", Public: "no", SensitiveDataSeen: "no", ProposedFix: "Refuse links.", ThirdParty: "no",
			ReportedElsewhere: "no", DisclosurePlan: "In ninety days.", OwnID: "HL-17", Extra: cvd.Extra{"lab": json.RawMessage(`"two"`)},
		},
		Contact: &cvd.Contact{Name: "Rea Porter", Email: "rea@harbour.example", Affiliation: "Harbour Labs", Credit: cvd.Credit{Wanted: "name"}, ContactShareable: "yes"},
	}
}

func encode(t testing.TB, h *report.Handed) []byte {
	t.Helper()
	b, err := report.Encode(h, advisorytest.Publisher)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// What is handed on keeps the draft's schema and the profile, and is what it was.
func TestDocuments(t *testing.T) {
	valid := advisorytest.DraftSchema(t)
	silent := handed()
	silent.Contact, silent.CVE, silent.Band, silent.Vector, silent.PURL, silent.Embargoed = nil, "", "", "", "", false
	silent.Report = &cvd.Report{Description: "The reset link works twice.", OwnID: "HL-17"}
	for name, h := range map[string]*report.Handed{"whole.json": handed(), "silent.json": silent} {
		b := encode(t, h)
		advisorytest.Golden(t, name, b)
		if err := valid(b); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for _, f := range report.Check(b) {
			if f.Level == advisory.LevelError || f.Level == advisory.LevelWarning && name == "whole.json" {
				t.Errorf("%s: %+v", name, f)
			}
		}
		if !report.Is(b) {
			t.Errorf("%s is not known", name)
		}
	}
	for _, word := range []string{"Porter", "rea@", "Harbour", "HL-17"} {
		if strings.Contains(string(encode(t, silent)), word) {
			t.Errorf("who did not agree is told by %q", word)
		}
	}
}

// Whatever a report holds, its document is of the schema and of the profile.
func TestAnyReport(t *testing.T) {
	valid := advisorytest.DraftSchema(t)
	text := rapid.StringN(0, 40, -1)
	rapid.Check(t, func(t *rapid.T) {
		h := handed()
		r := h.Report
		for _, p := range []*string{&r.Version, &r.Title, &r.Steps, &r.Impact, &r.CWE, &r.FoundAt, &r.OwnID, (*string)(&r.Exploited), &h.Contact.Name, &h.Contact.Affiliation} {
			*p = text.Draw(t, "text")
		}
		r.URLs = rapid.SliceOfN(text, 0, 3).Draw(t, "urls")
		r.Description = "A flaw. " + text.Draw(t, "description")
		b, err := report.Encode(h, advisorytest.Publisher)
		if err != nil {
			t.Fatal(err)
		}
		if err := valid(b); err != nil {
			t.Fatalf("%v\n%s", err, b)
		}
		for _, f := range report.Check(b) {
			if f.Level == advisory.LevelError {
				t.Fatalf("%+v\n%s", f, b)
			}
		}
	})
}

func TestRefusals(t *testing.T) {
	gone := handed()
	gone.Report = nil
	if _, err := report.Encode(gone, advisorytest.Publisher); !errors.Is(err, cvd.ErrNotReady) {
		t.Errorf("no words: %v", err)
	}
	var faults cvd.Faults
	if _, err := report.Encode(handed(), advisory.Publisher{Name: "NLS", Namespace: "nls"}); !errors.As(err, &faults) {
		t.Errorf("no namespace: %v", err)
	}
	for name, b := range map[string]string{
		"2.0":         strings.Replace(string(encode(t, handed())), `"csaf_version": "2.1"`, `"csaf_version": "2.0"`, 1),
		"an advisory": strings.Replace(string(encode(t, handed())), report.Category, "csaf_security_advisory", 1),
		"nothing":     `{"document":{"csaf_version":"2.1","category":"csaf_vulnerability_report"}}`,
	} {
		if _, _, err := report.Decode([]byte(b), advisorytest.Now); !errors.As(err, &faults) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, _, err := report.Decode([]byte("{"), advisorytest.Now); !errors.Is(err, cvd.ErrUnreadable) {
		t.Errorf("half a document: %v", err)
	}
}

// What another house hands on is read as the report that it was; what has no place is
// listed.
func TestDecode(t *testing.T) {
	h := handed()
	b := encode(t, h)
	got, _, err := report.Decode(b, advisorytest.Now)
	if err != nil {
		t.Fatal(err)
	}
	want := *h.Report
	if got.Title != want.Title || got.Steps != want.Steps || got.Impact != want.Impact || got.CWE != want.CWE || got.ProposedFix != want.ProposedFix ||
		got.Exploited != want.Exploited || got.DisclosurePlan != want.DisclosurePlan || !reflect.DeepEqual(got.Tools, want.Tools) || len(got.URLs) != 2 {
		t.Errorf("%+v", got)
	}
	if got.Product != "Gateway" || got.Version != "1.4.1, 2.0.0, everything before 1.4" || !strings.HasPrefix(got.Description, want.Description) || !strings.Contains(got.Description, "Rea Porter") {
		t.Errorf("%q of %q: %q", got.Version, got.Product, got.Description)
	}
	if got.OwnID != h.ID || got.Reporter == nil || got.Reporter.Affiliation != "Northern Lights Software" || got.Reporter.Email != "security@nls.example" || got.Reporter.Name != "" {
		t.Errorf("%q from %+v", got.OwnID, got.Reporter)
	}
	for name, text := range map[string]string{"cve": "CVE-2026-20001", "cvss": "CVSS:4.0/", "severity": "high", "tlp": "AMBER", "vendor": "Northern"} {
		if !strings.Contains(string(got.Extra[name]), text) {
			t.Errorf("%s is %s", name, got.Extra[name])
		}
	}
	more := strings.Replace(string(b), `"vulnerabilities": [`, `"vulnerabilities": [{"involvements":[{"party":"vendor","status":"open"}],"remediations":[{"category":"workaround","details":"x"}],`+
		`"title":"First","notes":[{"category":"description","title":"CVE Description","text":"Words."}],"product_status":{"fixed":["a"]}},`, 1)
	got, lost, err := report.Decode([]byte(more), advisorytest.Now)
	if err != nil || got.Title != "First" || got.Description == "" {
		t.Fatalf("%+v, %v", got, err)
	}
	told := map[string]bool{}
	for _, l := range lost {
		told[l.Pointer] = true
	}
	for _, pointer := range []string{"/vulnerabilities/0/involvements", "/vulnerabilities/0/remediations", "/vulnerabilities/0/product_status/fixed", "/vulnerabilities/1"} {
		if !told[pointer] {
			t.Errorf("%s is lost in silence: %+v", pointer, lost)
		}
	}
}

// Each rule of the profile speaks of a document that breaks it, and of no other.
func TestCheck(t *testing.T) {
	good := string(encode(t, handed()))
	for rule, change := range map[string]func(doc, document, one map[string]any){
		"csaf-base":     func(_, d, _ map[string]any) { delete(d, "title") },
		"csaf-6.1.1":    func(_, _, v map[string]any) { v["product_status"] = map[string]any{"known_affected": []any{"none"}} },
		"csaf-6.1.27.4": func(doc, _, _ map[string]any) { delete(doc, "product_tree") },
		"csaf-6.1.27.5": func(_, _, v map[string]any) { delete(v, "notes") },
		"csaf-6.1.27.7": func(_, _, v map[string]any) {
			v["product_status"] = map[string]any{"recommended": []any{"CSAFPID-0001"}}
		},
		"csaf-6.1.27.8":  func(_, _, v map[string]any) { delete(v, "ids"); delete(v, "cve") },
		"csaf-6.1.27.11": func(doc, _, _ map[string]any) { delete(doc, "vulnerabilities") },
		"csaf-6.1.27.20": func(_, _, v map[string]any) { v["notes"].([]any)[0].(map[string]any)["category"] = "description" },
		"csaf-6.2.39.7":  func(_, d, _ map[string]any) { delete(d, "acknowledgments") },
		"csaf-6.2.39.8":  func(_, d, _ map[string]any) { delete(d, "aggregate_severity") },
		"csaf-6.2.39.9": func(_, d, _ map[string]any) {
			d["distribution"].(map[string]any)["tlp"].(map[string]any)["label"] = "RED"
		},
		"csaf-6.2.39.10":  func(_, _, v map[string]any) { delete(v, "metrics") },
		"csaf-6.2.39.11":  func(_, _, v map[string]any) { delete(v, "references") },
		"csaf-6.2.39.12":  func(_, _, v map[string]any) { delete(v, "threats") },
		"csaf-6.2.39.13":  func(_, _, v map[string]any) { delete(v, "title") },
		"csaf-6.3.23.2":   func(_, _, v map[string]any) { delete(v, "disclosure_date") },
		"csaf-6.1.27.20 ": func(_, _, v map[string]any) { v["notes"].([]any)[0].(map[string]any)["title"] = "CVE Description" },
	} {
		var doc map[string]any
		if err := json.Unmarshal([]byte(good), &doc); err != nil {
			t.Fatal(err)
		}
		change(doc, doc["document"].(map[string]any), doc["vulnerabilities"].([]any)[0].(map[string]any))
		b, err := json.Marshal(doc)
		if err != nil {
			t.Fatal(err)
		}
		spoke := map[string]bool{}
		for _, f := range report.Check(b) {
			spoke[f.Rule] = true
		}
		if !spoke[strings.TrimSpace(rule)] {
			t.Errorf("%s is silent: %v", rule, spoke)
		}
	}
	other := strings.NewReplacer(`"category": "summary"`, `"category": "description"`, "Vulnerability Summary", "CVE Description").Replace(good)
	german := strings.Replace(good, `"csaf_version"`, `"lang": "de", "csaf_version"`, 1)
	german = strings.Replace(german, "Vulnerability Summary", "Zusammenfassung", 1)
	for name, doc := range map[string]string{"a CVE description": other, "another language": german} {
		if found := report.Check([]byte(doc)); len(found) > 0 {
			t.Errorf("%s: %+v", name, found)
		}
	}
	if len(report.Check([]byte("["))) != 1 {
		t.Error("what is no JSON is taken")
	}
}

// A stranger's link is a reference, which tools make something to press of, only if it is
// of the web; the others stand in a note, as words.
func TestLinksOfStrangers(t *testing.T) {
	h := handed()
	h.Report.URLs = cvd.Lines{"https://blog.example/a", "http://blog.example/b", "javascript:alert(1)", "JAVASCRIPT:alert(2)", "data:text/html,x", "file:///etc/passwd", "https:nowhere", "vbscript:x"}
	var doc struct {
		Vulnerabilities []struct {
			References []struct{ URL string }
			Notes      []struct{ Text string }
		}
	}
	if err := json.Unmarshal(encode(t, h), &doc); err != nil {
		t.Fatal(err)
	}
	links, words := "", ""
	for _, v := range doc.Vulnerabilities {
		for _, r := range v.References {
			links += r.URL + " "
		}
		for _, n := range v.Notes {
			words += n.Text
		}
	}
	if links != "https://blog.example/a http://blog.example/b " || !strings.Contains(words, "javascript:alert(1)\nJAVASCRIPT:alert(2)") {
		t.Errorf("%q %q", links, words)
	}
}

package advisory_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"fairlead/internal/advisory"
	"fairlead/internal/advisory/advisorytest"
	"fairlead/internal/cvd"
)

// spoil changes a record that nothing is wrong with.
type spoil func(a *cvd.Advisory, p *advisory.Publisher)

// vuln and first reach the parts that most rules are about.
func vuln(f func(v *cvd.Vulnerability)) spoil {
	return func(a *cvd.Advisory, _ *advisory.Publisher) { f(&a.Vulnerabilities[0]) }
}

func rec(f func(a *cvd.Advisory)) spoil {
	return func(a *cvd.Advisory, _ *advisory.Publisher) { f(a) }
}

func events(e ...cvd.VersionEvent) spoil {
	return vuln(func(v *cvd.Vulnerability) { v.Affects[0].Ranges[0].Events = e })
}

// ruleCases break one rule each; the field is where it must be told.
var ruleCases = []struct {
	rule, field string
	spoil       spoil
}{
	{"record-id", "id", rec(func(a *cvd.Advisory) { a.ID = "../etc" })},
	{"record-title", "title", rec(func(a *cvd.Advisory) { a.Title = " " })},
	{"record-title-line", "title", rec(func(a *cvd.Advisory) { a.Title = strings.Repeat("long ", 40) })},
	{"record-overview", "overview", rec(func(a *cvd.Advisory) { a.Overview = "" })},
	{"record-dates", "modified", rec(func(a *cvd.Advisory) { a.Modified = a.Published.Add(-time.Second) })},
	{"record-dates", "withdrawn", rec(func(a *cvd.Advisory) { a.Withdrawn = a.Published.Add(-time.Second) })},
	{"record-withdrawn", "why", rec(func(a *cvd.Advisory) { a.Withdrawn = a.Modified })},
	{"record-words", "tlp", rec(func(a *cvd.Advisory) { a.TLP = "WHITE" })},
	{"record-words", "references[0].kind", rec(func(a *cvd.Advisory) { a.References[0].Kind = "fix" })},
	{"record-words", "credits[0].name", rec(func(a *cvd.Advisory) { a.Credits[0] = cvd.AdvisoryCredit{} })},
	{"record-words", "vulnerabilities[0].affects[0].status", vuln(func(v *cvd.Vulnerability) { v.Affects[0].Status = "broken" })},
	{"record-words", "vulnerabilities[0].remedies[0].text", vuln(func(v *cvd.Vulnerability) { v.Remedies[0].Text = "" })},
	{"record-html", "details", rec(func(a *cvd.Advisory) { a.Details = "see <a href='x'>there</a>" })},
	{"record-html", "vulnerabilities[0].description", vuln(func(v *cvd.Vulnerability) { v.Description = "x<br/>y" })},
	{"record-control", "title", rec(func(a *cvd.Advisory) { a.Title = "a\x1b[31m title" })},
	{"record-control", "details", rec(func(a *cvd.Advisory) { a.Details = "a \u202etxet" })},
	{"record-link", "references[0].url", rec(func(a *cvd.Advisory) { a.References[0].URL = "example.org/x" })},
	{"record-link", "references[0].url", rec(func(a *cvd.Advisory) { a.References[0].URL = "javascript:alert(1)" })},
	{"record-link", "vulnerabilities[0].remedies[0].url", vuln(func(v *cvd.Vulnerability) { v.Remedies[0].URL = `https://x.example/"><b>` })},
	{"record-contact", "credits[0].contact[0]", rec(func(a *cvd.Advisory) { a.Credits[0].Contact = []string{"javascript:alert(1)"} })},
	{"record-https", "vulnerabilities[0].remedies[0].url", vuln(func(v *cvd.Vulnerability) { v.Remedies[0].URL = "http://example.org" })},
	{"record-texts", "texts.fr", rec(func(a *cvd.Advisory) { a.Texts = map[string]cvd.AdvisoryText{"fr": {Title: "x"}} })},
	{"record-texts", "texts.EN", rec(func(a *cvd.Advisory) { *a = *advisorytest.Translate(a, "EN") })},
	{"record-texts", "texts.de.parts[1].of", rec(func(a *cvd.Advisory) {
		*a = *advisorytest.Translate(a, "de")
		de := a.Texts["de"]
		de.Parts = slices.Insert(de.Parts, 1, cvd.TextPart{Of: a.Title, Text: "another"})
		a.Texts["de"] = de
	})},
	{"record-texts", "texts.de.title", rec(func(a *cvd.Advisory) {
		*a = *advisorytest.Translate(a, "de")
		de := a.Texts["de"]
		de.Title = "another"
		a.Texts["de"] = de
	})},
	{"record-texts-left", "texts.de.parts[0].of", rec(func(a *cvd.Advisory) {
		*a = *advisorytest.Translate(a, "de")
		de := a.Texts["de"]
		de.Parts = slices.Insert(de.Parts, 0, cvd.TextPart{Of: a.Title + ".", Text: "of a title that was"})
		a.Texts["de"] = de
	})},
	{"record-texts-left", "texts.de.details", rec(func(a *cvd.Advisory) {
		a.Details = ""
		*a = *advisorytest.Translate(a, "de")
		de := a.Texts["de"]
		de.Details = "of details that were"
		a.Texts["de"] = de
	})},
	{"record-source-lang", "source_lang", rec(func(a *cvd.Advisory) { a.SourceLang = "de" })},
	{"record-source-lang", "source_lang", rec(func(a *cvd.Advisory) { *a = *advisorytest.Translate(a, "fr"); a.SourceLang = "en" })},
	{"record-texts-import", "texts.fr", rec(func(a *cvd.Advisory) {
		a.Source, a.Texts = &cvd.AdvisorySource{Format: "cve5"}, map[string]cvd.AdvisoryText{"fr": {Title: "x"}}
	})},
	{"record-fix", "vulnerabilities[0].remedies[0]", vuln(func(v *cvd.Vulnerability) {
		v.Affects[0].Ranges[0].Events = []cvd.VersionEvent{{Introduced: "0"}}
		v.Affects = slices.Delete(v.Affects, 1, 2)
	})},
	{"record-unused", "products[2]", rec(func(a *cvd.Advisory) { a.Products = append(a.Products, cvd.AdvisoryProduct{ID: "x", Name: "X"}) })},
	{"record-backport", "vulnerabilities[0].affects[1].versions[0]", vuln(func(v *cvd.Vulnerability) { v.Affects[1].Versions[0] = "1.4.1" })},
	{"csaf-https", "publisher.base", func(_ *cvd.Advisory, p *advisory.Publisher) { p.Base = "http://psirt.nls.example" }},
	{"csaf-6.1.1", "vulnerabilities[0].affects[0].product", vuln(func(v *cvd.Vulnerability) { v.Affects[0].Product = "x" })},
	{"csaf-6.1.1", "vulnerabilities[0].scores[0].products", vuln(func(v *cvd.Vulnerability) { v.Scores[0].Products = []string{"x"} })},
	{"csaf-6.1.2", "products[1].id", rec(func(a *cvd.Advisory) { a.Products[1].ID = a.Products[0].ID })},
	{"csaf-6.1.2", "products[1].name", rec(func(a *cvd.Advisory) { a.Products[1].Name = "" })},
	{"csaf-6.1.6", "vulnerabilities[0].affects[1]", vuln(func(v *cvd.Vulnerability) { v.Affects[0].Versions = []string{"1.4.2"} })},
	{"csaf-6.1.7", "vulnerabilities[0].scores[1]", vuln(func(v *cvd.Vulnerability) { v.Scores[1] = v.Scores[0] })},
	{"csaf-6.1.8", "vulnerabilities[0].scores[0].vector", vuln(func(v *cvd.Vulnerability) { v.Scores[0].Vector = "CVSS:3.1/AV:N" })},
	{"csaf-6.1.11", "vulnerabilities[0].cwe[0]", vuln(func(v *cvd.Vulnerability) { v.CWE[0] = "CWE-1" })},
	{"csaf-6.1.11", "vulnerabilities[0].cwe[1]", vuln(func(v *cvd.Vulnerability) { v.CWE[1] = "CWE-71" })},
	{"cwe-discouraged", "vulnerabilities[0].cwe[0]", vuln(func(v *cvd.Vulnerability) { v.CWE[0] = "CWE-20" })},
	{"csaf-6.1.12", "lang", rec(func(a *cvd.Advisory) { a.Lang = "english please" })},
	{"csaf-6.1.12", "texts.fr_FR", rec(func(a *cvd.Advisory) { *a = *advisorytest.Translate(a, "fr_FR") })},
	{"csaf-6.1.12", "texts.i-klingon", rec(func(a *cvd.Advisory) { *a = *advisorytest.Translate(a, "i-klingon") })},
	{"csaf-6.1.12", "texts", rec(func(a *cvd.Advisory) { *a = *advisorytest.Translate(a, "../x") })},
	{"csaf-6.1.12", "source_lang", rec(func(a *cvd.Advisory) { a.SourceLang = "../x" })},
	{"csaf-6.2.14", "lang", rec(func(a *cvd.Advisory) { a.Lang = "qqq" })},
	{"csaf-6.2.14", "texts.de-x-ours", rec(func(a *cvd.Advisory) { *a = *advisorytest.Translate(a, "de-x-ours") })},
	{"csaf-6.1.13", "products[0].purl", rec(func(a *cvd.Advisory) { a.Products[0].PURL = "golang/x" })},
	{"csaf-6.1.13", "products[0].purl", rec(func(a *cvd.Advisory) { a.Products[0].PURL += "@1.0" })},
	{"csaf-cpe", "products[1].cpe", rec(func(a *cvd.Advisory) { a.Products[1].CPE = "cpe:2.3:a:b" })},
	{"csaf-6.1.14", "history[1].revision", rec(func(a *cvd.Advisory) { a.History[1].Revision = 3 })},
	{"csaf-6.1.14", "history[1].at", rec(func(a *cvd.Advisory) { a.History[1].At = a.History[0].At.Add(-time.Hour) })},
	{"csaf-6.1.14", "revision", rec(func(a *cvd.Advisory) { a.Revision = 7 })},
	{"csaf-6.1.14", "published", rec(func(a *cvd.Advisory) { a.Published = a.Published.Add(-time.Hour) })},
	{"csaf-6.1.14", "modified", rec(func(a *cvd.Advisory) { a.Modified = a.Published })},
	{"csaf-6.1.23", "vulnerabilities[0].cve", vuln(func(v *cvd.Vulnerability) { v.CVE = "CVE-26-1" })},
	{"csaf-6.1.23", "vulnerabilities[1].cve", rec(func(a *cvd.Advisory) { a.Vulnerabilities = append(a.Vulnerabilities, a.Vulnerabilities[0]) })},
	{"csaf-6.1.27.9", "vulnerabilities[0].affects[2].justification", vuln(func(v *cvd.Vulnerability) { v.Affects[2].Justification, v.Affects[2].Statement = "", "" })},
	{"csaf-6.1.27.10", "vulnerabilities[0].affects[0]", vuln(func(v *cvd.Vulnerability) { v.Remedies = nil })},
	{"csaf-6.1.27.11", "vulnerabilities", rec(func(a *cvd.Advisory) { a.Vulnerabilities = nil })},
	{"csaf-6.1.27.11", "vulnerabilities[0].affects", vuln(func(v *cvd.Vulnerability) { v.Affects = nil })},
	{"csaf-6.1.29", "vulnerabilities[0].remedies[0].products", vuln(func(v *cvd.Vulnerability) { v.Remedies[0].Products = []string{"x"} })},
	{"csaf-6.1.31", "vulnerabilities[0].affects[0].versions[0]", vuln(func(v *cvd.Vulnerability) { v.Affects[0].Versions[0] = "prior to 2" })},
	{"csaf-6.1.32", "vulnerabilities[0].affects[0]", vuln(func(v *cvd.Vulnerability) { v.Affects[0].Justification = cvd.NoComponent })},
	{"csaf-6.2.3", "vulnerabilities[0].affects[0]", vuln(func(v *cvd.Vulnerability) { v.Scores = v.Scores[1:] })},
	{"csaf-6.2.17", "vulnerabilities[0].ids[0]", vuln(func(v *cvd.Vulnerability) { v.IDs[0].ID = "CVE-2026-1234" })},
	{"osv-id", "id", func(_ *cvd.Advisory, p *advisory.Publisher) { p.OSVPrefix = "" }},
	{"osv-aliases", "aliases", rec(func(a *cvd.Advisory) { a.Aliases = append(a.Aliases, string(a.ID)) })},
	{"osv-introduced", "vulnerabilities[0].affects[0].ranges[0].events", events(cvd.VersionEvent{Fixed: "1.4.2"})},
	{"osv-introduced", "vulnerabilities[0].affects[0].ranges[0].events[0]", events(cvd.VersionEvent{Introduced: "0", Fixed: "1.4.2"})},
	{"osv-fixed", "vulnerabilities[0].affects[0].ranges[0].events", events(cvd.VersionEvent{Introduced: "0"}, cvd.VersionEvent{Fixed: "1.4.2"}, cvd.VersionEvent{Introduced: "2.0.0"}, cvd.VersionEvent{LastAffected: "2.1.0"})},
	{"osv-order", "vulnerabilities[0].affects[0].ranges[0].events[1]", events(cvd.VersionEvent{Introduced: "0"}, cvd.VersionEvent{Fixed: "1.4"})},
	{"osv-order", "vulnerabilities[0].affects[0].ranges[0].events[1]", events(cvd.VersionEvent{Introduced: "2.0.0"}, cvd.VersionEvent{Fixed: "1.4.2"})},
	{"osv-order", "vulnerabilities[0].affects[0].ranges[0].events[1]", events(cvd.VersionEvent{Introduced: "0"}, cvd.VersionEvent{Introduced: "1.4.2"})},
	{"osv-git", "vulnerabilities[0].affects[0].ranges[0].repo", vuln(func(v *cvd.Vulnerability) { v.Affects[0].Ranges[0].Kind = cvd.RangeGit })},
	{"osv-git", "vulnerabilities[0].affects[0].ranges[0].events[1]", vuln(func(v *cvd.Vulnerability) { v.Affects[0].Ranges[0].Kind = cvd.RangeGit })},
	{"osv-ecosystem", "products[0].ecosystem", rec(func(a *cvd.Advisory) { a.Products[0].Ecosystem = "Gopher" })},
	{"osv-ecosystem", "products[0].package", rec(func(a *cvd.Advisory) { a.Products[0].Package = "" })},
	{"cve-description", "vulnerabilities[0].description", vuln(func(v *cvd.Vulnerability) { v.Description = "" })},
	{"cve-english", "vulnerabilities[0].description", rec(func(a *cvd.Advisory) { a.Lang = "fr" })},
	{"cve-affected", "vulnerabilities[0].affects", vuln(func(v *cvd.Vulnerability) { v.Affects = v.Affects[1:] })},
	{"cve-reference", "references", func(a *cvd.Advisory, p *advisory.Publisher) { a.References, p.Base = nil, "" }},
	{"cve-weakness", "vulnerabilities[0].cwe", vuln(func(v *cvd.Vulnerability) { v.CWE = nil })},
	{"cve-credits", "vulnerabilities[0].description", vuln(func(v *cvd.Vulnerability) { v.Description += " Found by Rea Porter." })},
}

func TestLintFindsEachFault(t *testing.T) {
	broken := map[string]bool{}
	for _, c := range ruleCases {
		a, p := advisorytest.Example(), advisorytest.Publisher
		if found := errorsOf(advisory.Lint(a, p)); len(found) > 0 {
			t.Fatalf("the example is not clean: %+v", found)
		}
		c.spoil(a, &p)
		told := func(f advisory.Finding) bool {
			return f.Rule == c.rule && f.Field == c.field && f.Problem != "" && f.Remedy != ""
		}
		if found := advisory.Lint(a, p); !slices.ContainsFunc(found, told) {
			t.Errorf("%s says nothing of %s: %+v", c.rule, c.field, found)
		}
		broken[c.rule] = true
	}
	for _, id := range advisory.RuleIDs() {
		if !broken[id] {
			t.Errorf("no case breaks %s", id)
		}
	}
}

func errorsOf(found []advisory.Finding) []advisory.Finding {
	return slices.DeleteFunc(found, func(f advisory.Finding) bool { return f.Level != advisory.LevelError })
}

// Records that can be published have no error; what is warned of is written down.
func TestLintOfGoodRecords(t *testing.T) {
	for name, a := range advisorytest.Records(t) {
		if found := errorsOf(advisory.Lint(a, advisorytest.Publisher)); len(found) > 0 {
			t.Errorf("%s: %+v", name, found)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		a := advisorytest.Valid(t)
		if found := errorsOf(advisory.Lint(a, advisorytest.Publisher)); len(found) > 0 {
			t.Fatalf("%+v", found)
		}
	})
}

// Random records, good or not, never make the lint stumble, and it always says the
// same.
func TestLintIsPure(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := advisorytest.Draw(t)
		before := a.Clone()
		first := advisory.Lint(a, advisorytest.Publisher)
		if !slices.Equal(first, advisory.Lint(before, advisorytest.Publisher)) {
			t.Fatal("it says something else of the same record")
		}
		for _, f := range first {
			if f.Rule == "" || f.Field == "" || f.Problem == "" || f.Remedy == "" {
				t.Fatalf("%+v", f)
			}
		}
	})
}

// Who writes to a program sees no list to choose from: the remedy says it whole.
func TestRemediesNameTheWords(t *testing.T) {
	a := advisorytest.Example()
	a.TLP, a.References[0].Kind, a.Vulnerabilities[0].Affects[0].Status, a.Products[0].Ecosystem = "BLUE", "PAPER", "broken", "gopher"
	want := map[string]string{
		"tlp":                                  "choose one of CLEAR, GREEN, AMBER, AMBER+STRICT, RED, or leave it out",
		"references[0].kind":                   "choose one of ADVISORY, ARTICLE, DETECTION, DISCUSSION, REPORT, FIX, INTRODUCED, PACKAGE, EVIDENCE, WEB, GIT",
		"vulnerabilities[0].affects[0].status": "choose one of affected, fixed, not_affected, under_investigation",
	}
	for _, f := range advisory.Lint(a, advisorytest.Publisher) {
		if f.Field == "products[0].ecosystem" {
			if !strings.Contains(f.Remedy, "Go, ") || !strings.HasSuffix(f.Remedy, ", or leave it out") {
				t.Errorf("%q", f.Remedy)
			}
			continue
		}
		if text, ok := want[f.Field]; ok && strings.HasPrefix(f.Remedy, "choose") {
			if f.Remedy != text {
				t.Errorf("%s: %q", f.Field, f.Remedy)
			}
			delete(want, f.Field)
		}
	}
	if len(want) > 0 {
		t.Errorf("nothing is said of %v", want)
	}
}

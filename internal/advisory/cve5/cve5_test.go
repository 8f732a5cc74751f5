package cve5

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"fairlead/internal/advisory"
	"fairlead/internal/advisory/advisorytest"
	"fairlead/internal/cvd"
	"fairlead/internal/goldentest"
	"fairlead/internal/severity"
)

// valid holds a record against the published schema and, as no schema of 5.2 is
// at hand, against what 5.2 adds: no members in a product but the format's.
func valid(t testing.TB) func(doc []byte) error {
	schema := advisorytest.Schema(t, "cve", "cvelib", "cvelib", "schemas", "CVE_JSON_bundled_5.1.1.json")
	known := map[string]bool{"packageURL": true}
	var whole struct {
		Definitions struct {
			Product struct {
				Properties map[string]any `json:"properties"`
			} `json:"product"`
		} `json:"definitions"`
	}
	b, err := os.ReadFile(advisorytest.Shared(t, "cve", "cvelib", "cvelib", "schemas", "CVE_JSON_bundled_5.1.1.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &whole); err != nil {
		t.Fatal(err)
	}
	for name := range whole.Definitions.Product.Properties {
		known[name] = true
	}
	return func(doc []byte) error {
		if err := schema(doc); err != nil {
			return err
		}
		var r struct {
			Containers struct {
				CNA struct {
					Affected []map[string]any `json:"affected"`
				} `json:"cna"`
			} `json:"containers"`
		}
		if err := json.Unmarshal(doc, &r); err != nil {
			return err
		}
		for _, item := range r.Containers.CNA.Affected {
			for name := range item {
				if !known[name] {
					return errors.New("a product has a member that 5.2 does not know: " + name)
				}
			}
		}
		return nil
	}
}

func TestExample(t *testing.T) {
	docs, err := Format.Documents(advisorytest.Example(), advisorytest.Publisher)
	if err != nil {
		t.Fatal(err)
	}
	if len(docs) != 1 || docs[0].Name != "cve5" || docs[0].File != "CVE-2026-20001.json" {
		t.Fatalf("%d documents, the first %s in %s", len(docs), docs[0].Name, docs[0].File)
	}
	goldentest.Is(t, "testdata/example.json", docs[0].Bytes)
	if err := valid(t)(docs[0].Bytes); err != nil {
		t.Error(err)
	}
	if found := Check(docs[0].Bytes); len(found) > 0 {
		t.Errorf("%+v", found)
	}
}

func TestContainers(t *testing.T) {
	a, p := advisorytest.Example(), advisorytest.Publisher
	cna, err := Container(a, "CVE-2026-20001", p)
	if err != nil {
		t.Fatal(err)
	}
	if err := advisorytest.Schema(t, "cve", "cvelib", "cvelib", "schemas", "CVE_JSON_cnaPublishedContainer_5.1.1.json")(cna); err != nil {
		t.Error(err)
	}
	if _, err := Container(a, "CVE-2026-20009", p); !errors.Is(err, cvd.ErrNotFound) {
		t.Errorf("an id of somebody else: %v", err)
	}
	no, err := Rejected("Not used: the report was a duplicate.", []string{"CVE-2026-20001"}, p)
	if err != nil {
		t.Fatal(err)
	}
	if err := advisorytest.Schema(t, "cve", "cvelib", "cvelib", "schemas", "CVE_JSON_cnaRejectedContainer_5.1.1.json")(no); err != nil {
		t.Error(err)
	}
	var faults cvd.Faults
	if _, err := Rejected(" ", []string{"CVE-1"}, p); !errors.As(err, &faults) || len(faults) != 2 {
		t.Errorf("rejected without reason: %v", err)
	}
}

// One record for each id; what has none is left out.
func TestSeveralVulnerabilities(t *testing.T) {
	a := advisorytest.Example()
	second, nameless := a.Vulnerabilities[0], a.Vulnerabilities[0]
	second.CVE, second.Title = "CVE-2026-20002", "Names are not checked"
	nameless.CVE = ""
	a.Vulnerabilities = append(a.Vulnerabilities, nameless, second)
	docs, err := Format.Documents(a, advisorytest.Publisher)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, d := range docs {
		if err := valid(t)(d.Bytes); err != nil {
			t.Error(err)
		}
		got = append(got, d.Name+" "+d.File)
	}
	if diff := cmp.Diff([]string{"cve5 CVE-2026-20001.json", "cve5/CVE-2026-20002 CVE-2026-20002.json"}, got); diff != "" {
		t.Error(diff)
	}
	a.Vulnerabilities = []cvd.Vulnerability{nameless}
	example := advisorytest.Publisher
	example.CVEOrg = noOrg
	if err := Format.Covers(advisorytest.Example(), example); !errors.Is(err, cvd.ErrNotReady) || !strings.Contains(err.Error(), "cve.org_id") {
		t.Errorf("the example's UUID: %v", err)
	}
	if err := Format.Covers(a, advisorytest.Publisher); !errors.Is(err, cvd.ErrNotReady) {
		t.Errorf("no id: %v", err)
	}
}

func TestCovers(t *testing.T) {
	for name, spoil := range map[string]func(a *cvd.Advisory, p *advisory.Publisher){
		"nothing affected": func(a *cvd.Advisory, _ *advisory.Publisher) {
			a.Vulnerabilities[0].Affects = a.Vulnerabilities[0].Affects[2:]
		},
		"no English": func(a *cvd.Advisory, _ *advisory.Publisher) { a.Lang = "de" },
		"no reference": func(a *cvd.Advisory, p *advisory.Publisher) {
			a.References, a.Vulnerabilities[0].Remedies, p.Base = nil, nil, ""
		},
	} {
		a, p := advisorytest.Example(), advisorytest.Publisher
		if err := Format.Covers(a, p); err != nil {
			t.Fatal(err)
		}
		spoil(a, &p)
		if _, err := Format.Encode(a, p); !errors.Is(err, cvd.ErrNotReady) || !errors.Is(err, cvd.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	a := advisorytest.Example()
	a.Lang, a.Texts = "de", map[string]cvd.AdvisoryText{"en": {Title: "Links", Overview: "Links are followed."}}
	b, err := Format.Encode(a, advisorytest.Publisher)
	if err != nil {
		t.Fatal(err)
	}
	if err := valid(t)(b); err != nil {
		t.Error(err)
	}
}

// Nothing is served as a published record that does not name who assigned the id.
func TestNoRecordWithoutItsAssigner(t *testing.T) {
	for name, spoil := range map[string]func(a *cvd.Advisory, p *advisory.Publisher){
		"no CNA":      func(_ *cvd.Advisory, p *advisory.Publisher) { p.CVEOrg, p.CVEShort = "", "" },
		"zeros":       func(_ *cvd.Advisory, p *advisory.Publisher) { p.CVEOrg = noOrg },
		"others' own": func(a *cvd.Advisory, _ *advisory.Publisher) { a.Source = &cvd.AdvisorySource{Format: "osv"} },
	} {
		a, p := advisorytest.Example(), advisorytest.Publisher
		spoil(a, &p)
		if _, err := Format.Encode(a, p); !errors.Is(err, cvd.ErrNotReady) || !strings.Contains(err.Error(), "CNA") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// CNA rules 5.2: the description credits nobody.
func TestNobodyIsCreditedInTheDescription(t *testing.T) {
	b, err := Format.Encode(advisorytest.Example(), advisorytest.Publisher)
	if err != nil {
		t.Fatal(err)
	}
	var r record
	if err := json.Unmarshal(b, &r); err != nil {
		t.Fatal(err)
	}
	for _, d := range r.Containers.CNA.Descriptions {
		if strings.Contains(d.Value, "Rea") {
			t.Error("the finder stands in the description")
		}
	}
}

func TestVersions(t *testing.T) {
	ev := func(pairs ...string) []cvd.VersionEvent {
		var out []cvd.VersionEvent
		for i := 0; i < len(pairs); i += 2 {
			switch pairs[i] {
			case "i":
				out = append(out, cvd.VersionEvent{Introduced: pairs[i+1]})
			case "f":
				out = append(out, cvd.VersionEvent{Fixed: pairs[i+1]})
			case "l":
				out = append(out, cvd.VersionEvent{LastAffected: pairs[i+1]})
			}
		}
		return out
	}
	for _, tt := range []struct {
		name, ecosystem string
		affects         []cvd.Affect
		want            string
	}{
		{"all", "Go", []cvd.Affect{{Status: cvd.StatusAffected}}, `[{"d":"affected"}]`},
		{
			"until fixed", "Go",
			[]cvd.Affect{{Status: cvd.StatusAffected, Ranges: []cvd.VersionRange{{Kind: cvd.RangeSemver, Events: ev("i", "0", "f", "1.2", "i", "2.0", "l", "2.4", "i", "3.0")}}}},
			`[{"d":"unaffected","v":["0 <1.2 semver affected","2.0 <=2.4 semver affected","3.0 <* semver affected"]}]`,
		},
		{
			"by ecosystem", "Maven",
			[]cvd.Affect{{Status: cvd.StatusAffected, Versions: []string{"1"}, Ranges: []cvd.VersionRange{{Kind: cvd.RangeEcosystem, Events: ev("i", "0")}}}},
			`[{"d":"unaffected","v":["1 affected","0 <* maven affected"]}]`,
		},
		{
			"all but", "Go",
			[]cvd.Affect{{Status: cvd.StatusAffected}, {Status: cvd.StatusFixed, Versions: []string{"9"}}},
			`[{"d":"affected","v":["9 unaffected"]}]`,
		},
		{"nobody knows", "Go", []cvd.Affect{{Status: cvd.StatusInvestigating, Versions: []string{"9"}}}, `[{"d":"unknown","v":["9 unknown"]}]`},
		{
			"commits", "Go",
			[]cvd.Affect{{Status: cvd.StatusAffected, Versions: []string{"1"}, Ranges: []cvd.VersionRange{{Kind: cvd.RangeGit, Repo: "https://a", Events: ev("i", "0", "f", "abc")}}}},
			`[{"d":"unaffected","v":["1 affected"]},{"r":"https://a","d":"unaffected","v":["0 <abc git affected"]}]`,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := &cvd.Advisory{Products: []cvd.AdvisoryProduct{{ID: "p", Name: "P", Ecosystem: tt.ecosystem, Package: "p"}}}
			v := &cvd.Vulnerability{Affects: tt.affects}
			for i := range v.Affects {
				v.Affects[i].Product = "p"
			}
			type line struct {
				Repo     string   `json:"r,omitempty"`
				Default  string   `json:"d"`
				Versions []string `json:"v,omitempty"`
			}
			var got []line
			for _, it := range affects(a, v, advisorytest.Publisher) {
				l := line{Repo: it.Repo, Default: it.Default}
				for _, one := range it.Versions {
					s := one.Version
					if one.Less != "" {
						s += " <" + one.Less
					}
					if one.LessEqual != "" {
						s += " <=" + one.LessEqual
					}
					l.Versions = append(l.Versions, strings.Join(strings.Fields(s+" "+one.Type+" "+one.Status), " "))
				}
				got = append(got, l)
			}
			var want []line
			if err := json.Unmarshal([]byte(tt.want), &want); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Every metric of every vector is said in words that FIRST's schema knows, and
// number and band are those of the rating room.
func TestMetrics(t *testing.T) {
	ok := valid(t)
	for _, vector := range []string{
		"CVSS:3.1/AV:P/AC:H/PR:H/UI:R/S:C/C:L/I:L/A:N",
		"CVSS:3.1/AV:A/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H/E:F/RL:T/RC:R/CR:H/IR:M/AR:L/MAV:L/MAC:H/MPR:L/MUI:R/MS:C/MC:L/MI:N/MA:H",
		"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N",
		"CVSS:4.0/AV:A/AC:H/AT:P/PR:L/UI:P/VC:L/VI:N/VA:H/SC:L/SI:N/SA:H/E:P/CR:H/IR:M/AR:L/MAV:L/MAC:L/MAT:N/MPR:H/MUI:A/MVC:H/MVI:L/MVA:N/MSC:H/MSI:S/MSA:S/S:P/AU:Y/R:I/V:C/RE:M/U:Amber",
		"CVSS:4.0/AV:P/AC:L/AT:N/PR:H/UI:A/VC:H/VI:H/VA:H/SC:H/SI:H/SA:H/E:U/S:N/AU:N/R:U/V:D/RE:H/U:Clear",
	} {
		a := advisorytest.Example()
		a.Vulnerabilities[0].Scores = []cvd.AdvisoryScore{{Vector: vector}}
		b, err := Format.Encode(a, advisorytest.Publisher)
		if err != nil {
			t.Fatal(err)
		}
		if err := ok(b); err != nil {
			t.Errorf("%s: %v", vector, err)
		}
		var r record
		if err := json.Unmarshal(b, &r); err != nil {
			t.Fatal(err)
		}
		raw := append(r.Containers.CNA.Metrics[0].V31, r.Containers.CNA.Metrics[0].V40...)
		m := advisorytest.Members(t, raw)
		given := 0
		for name := range m {
			if !strings.HasSuffix(name, "Score") && !strings.HasSuffix(name, "Severity") && name != "version" && name != "vectorString" {
				given++
			}
		}
		if want := strings.Count(vector, "/"); given != want {
			t.Errorf("%s: %d metrics are said, want %d: %s", vector, given, want, raw)
		}
		whole, err := severity.Parse(vector)
		if err != nil {
			t.Fatal(err)
		}
		if env, has := m["environmentalScore"]; has && env != whole.Score {
			t.Errorf("%s: environmental %v, want %v", vector, env, whole.Score)
		}
	}
}

// A record written by us and read again is written again byte for byte.
func TestAnyRecord(t *testing.T) {
	ok := valid(t)
	written := 0
	rapid.Check(t, func(t *rapid.T) {
		a := advisorytest.Draw(t)
		if Format.Covers(a, advisorytest.Publisher) != nil {
			return
		}
		docs, err := Format.Documents(a, advisorytest.Publisher)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range docs {
			written++
			if err := ok(d.Bytes); err != nil {
				t.Fatalf("%v\n%s", err, d.Bytes)
			}
			for _, f := range Check(d.Bytes) {
				if f.Level == advisory.LevelError {
					t.Fatalf("%+v\n%s", f, d.Bytes)
				}
			}
			again, lost, err := Format.Decode(d.Bytes, advisorytest.Now)
			if err != nil {
				t.Fatal(err)
			}
			if len(lost) > 0 {
				t.Fatalf("lost %v", lost)
			}
			b, err := Format.Encode(again.Clone(), advisorytest.Publisher)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(d.Bytes), string(b)); diff != "" {
				t.Fatal(diff)
			}
		}
	})
	if written == 0 {
		t.Error("no record could be written")
	}
}

// Other people's records go through ours and come out valid, saying the same.
func TestOthersRecords(t *testing.T) {
	ok := valid(t)
	dates := []string{"/modified", "/published"} // which these examples do not give
	for file, want := range map[string][]string{
		"CVEv5_basic-example.json": append([]string{"/containers/cna/problemTypes/0/descriptions/0"}, dates...),
		"CVEv5_advanced-example.json": append([]string{
			"/containers/cna/configurations", "/containers/cna/descriptions/0/supportingMedia", "/containers/cna/descriptions/1/supportingMedia",
			"/containers/cna/exploits/0/supportingMedia", "/containers/cna/impacts/0/capecId", "/containers/cna/solutions/0/supportingMedia",
			"/containers/cna/taxonomyMappings", "/containers/cna/workarounds/0/supportingMedia", "/containers/cna/metrics/1/scenarios/0",
		}, dates...),
	} {
		doc, err := os.ReadFile(advisorytest.Shared(t, "cve", file))
		if err != nil {
			t.Fatal(err)
		}
		a, all, err := Format.Decode(doc, advisorytest.Now)
		if err != nil {
			t.Fatal(err)
		}
		var lost []string
		for _, l := range all {
			lost = append(lost, l.Pointer)
		}
		if diff := cmp.Diff(want, lost); diff != "" {
			t.Errorf("%s loses %s", file, diff)
		}
		none := advisorytest.Publisher // the assigner stands in the record
		none.CVEOrg, none.CVEShort = "", ""
		b, err := Format.Encode(a.Clone(), none)
		if err != nil {
			t.Fatal(err)
		}
		if err := ok(b); err != nil {
			t.Errorf("%s: %v", file, err)
		}
		var was, is record
		if err := json.Unmarshal(doc, &was); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(b, &is); err != nil {
			t.Fatal(err)
		}
		w, i := was.Containers.CNA, is.Containers.CNA
		for what, pair := range map[string][2]any{
			"title": {w.Title, i.Title}, "english": {w.Descriptions[0].Value, i.Descriptions[0].Value}, "credits": {w.Credits, i.Credits},
			"timeline": {w.Timeline, i.Timeline}, "solutions": {w.Solutions, i.Solutions}, "workarounds": {w.Workarounds, i.Workarounds},
			"exploits": {w.Exploits, i.Exploits}, "assigner": {was.Metadata.Org, is.Metadata.Org},
		} {
			if diff := cmp.Diff(pair[0], pair[1]); diff != "" {
				t.Errorf("%s: %s: %s", file, what, diff)
			}
		}
	}
}

func TestRejectedRecord(t *testing.T) {
	doc := `{"dataType":"CVE_RECORD","dataVersion":"5.1","cveMetadata":{"cveId":"CVE-2026-20007","assignerOrgId":"b3476cb9-2e3d-41a6-98d0-0f47421a65b6","state":"REJECTED",
		"dateRejected":"2026-03-01T10:00:00.000Z","dateUpdated":"2026-03-01T10:00:00.000Z"},
		"containers":{"cna":{"providerMetadata":{"orgId":"b3476cb9-2e3d-41a6-98d0-0f47421a65b6"},"rejectedReasons":[{"lang":"en","value":"Duplicate."}],"replacedBy":["CVE-2026-20001"]}}}`
	if found := Check([]byte(doc)); len(found) > 0 {
		t.Errorf("%+v", found)
	}
	a, _, err := Format.Decode([]byte(doc), advisorytest.Now)
	if err != nil {
		t.Fatal(err)
	}
	if !a.Withdrawn.Equal(time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)) || a.Why != "Duplicate." || len(a.Related) != 1 {
		t.Errorf("%+v", a)
	}
	b, err := Format.Encode(a.Clone(), advisorytest.Publisher)
	if err != nil {
		t.Fatal(err)
	}
	if err := valid(t)(b); err != nil {
		t.Errorf("%v\n%s", err, b)
	}
}

// The ids of an advisory that was withdrawn are rejected, for the reason that CVE
// Services got; nothing is left of what it was.
func TestWithdrawnIsRejected(t *testing.T) {
	for _, why := range []string{"The flaw is none.", ""} {
		a := advisorytest.Example()
		a.Withdrawn, a.Why = a.Modified.Add(time.Hour), why
		docs, err := Format.Documents(a, advisorytest.Publisher)
		if err != nil || len(docs) == 0 {
			t.Fatal(docs, err)
		}
		for _, d := range docs {
			if err := valid(t)(d.Bytes); err != nil {
				t.Errorf("%v\n%s", err, d.Bytes)
			}
			if found := Check(d.Bytes); len(found) > 0 {
				t.Errorf("%+v", found)
			}
			s := string(d.Bytes)
			if !strings.Contains(s, `"state": "REJECTED"`) || !strings.Contains(s, `"dateRejected": "2026-`) || !strings.Contains(s, why) ||
				strings.Contains(s, "affected") || strings.Contains(s, a.Title) {
				t.Error(s)
			}
		}
	}
}

func TestCheckRefuses(t *testing.T) {
	ok := valid(t)
	good, err := Format.Encode(advisorytest.Example(), advisorytest.Publisher)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ old, new, rule string }{
		{`"CVE_RECORD"`, `"CVE"`, "cve-schema"},
		{`"cveId": "CVE-2026-20001"`, `"cveId": "CVE-26-1"`, "cve-id"},
		{`"PUBLISHED"`, `"PUBLIC"`, "cve-schema"},
		{`"assignerOrgId": "8254265b-2729-46b6`, `"assignerOrgId": "8254265b-2729-16b6`, "cve-schema"},
		{`"datePublic": "2026-10-20T09:30:00.000Z"`, `"datePublic": "yesterday"`, "cve-schema"},
		{`"lang": "en",
          "value": "Links inside`, `"lang": "de",
          "value": "Links inside`, "cve-schema"},
		{`"status": "affected",
              "lessThan": "1.4.2"`, `"status": "vulnerable",
              "lessThan": "1.4.2"`, "cve-schema"},
		{`"lessThan": "1.4.2",
              "versionType": "semver"`, `"lessThan": "1.4.2"`, "cve-schema"},
		{`"lessThan": "1.4.2"`, `"lessThan": "1.4.2", "lessThanOrEqual": "1.4.1"`, "cve-schema"},
		{`"product": "Gateway Box"`, `"producer": "Gateway Box"`, "cve-schema"},
		{`"type": "finder"`, `"type": "FINDER"`, "cve-schema"},
		{`"https://blog.example/links"`, `"blog"`, "cve-schema"},
		{`"title": "Gateway follows links out of the upload folder"`, `"title": "` + strings.Repeat("a", 257) + `"`, "cve-schema"},
		{`"baseScore": 6.5`, `"baseScore": 9.9`, "cve-cvss"},
		{`"time": "2026-10-01T09:30:00.000Z",`, ``, "cve-schema"},
	} {
		doc := []byte(strings.Replace(string(good), tt.old, tt.new, 1))
		if bytes.Equal(doc, good) {
			t.Fatalf("%s is not in the document", tt.old)
		}
		if ok(doc) == nil && tt.rule != "cve-cvss" {
			t.Errorf("the schema allows %s", tt.new)
		}
		hit := false
		for _, f := range Check(doc) {
			hit = hit || (f.Level == advisory.LevelError && f.Rule == tt.rule && f.Remedy != "")
		}
		if !hit {
			t.Errorf("%s: no %s among %+v", tt.new, tt.rule, Check(doc))
		}
	}
}

func FuzzDecode(f *testing.F) {
	good, err := Format.Encode(advisorytest.Example(), advisorytest.Publisher)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte(`{"dataType":"CVE_RECORD","cveMetadata":{"cveId":"CVE-2026-1234","state":"REJECTED","dateRejected":"2026-01-01T00:00:00"},"containers":{"cna":{}}}`))
	f.Add([]byte(`{"dataType":"CVE_RECORD","cveMetadata":{"cveId":"CVE-2026-1234","state":"PUBLISHED"},"containers":{"cna":{"descriptions":[{"lang":"en","value":"a"}],"affected":[{"packageURL":"pkg:npm/a","versions":[{"version":"1","status":"affected","lessThan":"2.*","versionType":"git","changes":[{"at":"1.5","status":"unaffected"}]}]}]}}}`))
	f.Fuzz(func(t *testing.T, doc []byte) {
		Check(doc)
		a, _, err := Format.Decode(doc, advisorytest.Now)
		if err != nil {
			if !errors.Is(err, cvd.ErrUnreadable) && !errors.Is(err, cvd.ErrInvalid) {
				t.Fatalf("an error of no kind: %v", err)
			}
			return
		}
		if a.ID == "" || a.Title == "" || a.Modified.IsZero() || a.Published.IsZero() {
			t.Fatalf("incomplete: %+v", a)
		}
		b, err := Format.Encode(a, advisorytest.Publisher)
		if errors.Is(err, cvd.ErrNotReady) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := Format.Decode(b, advisorytest.Now); err != nil {
			t.Fatalf("%v\n%s", err, b)
		}
	})
}

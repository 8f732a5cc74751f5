package osv

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"fairlead/internal/advisory"
	"fairlead/internal/advisory/advisorytest"
	"fairlead/internal/cvd"
	"fairlead/internal/goldentest"
)

func schema(t testing.TB) func([]byte) error {
	return advisorytest.Schema(t, "osv-schema", "validation", "schema.json")
}

func TestExample(t *testing.T) {
	docs, err := Format.Documents(advisorytest.Example(), advisorytest.Publisher)
	if err != nil {
		t.Fatal(err)
	}
	if len(docs) != 1 || docs[0].Name != "osv" || docs[0].File != "x_NLSA-2026-7KQ4MXZ.json" {
		t.Fatalf("%d documents, first %s in %s", len(docs), docs[0].Name, docs[0].File)
	}
	goldentest.Is(t, "testdata/example.json", docs[0].Bytes)
	if err := schema(t)(docs[0].Bytes); err != nil {
		t.Error(err)
	}
}

func TestID(t *testing.T) {
	for _, tt := range []struct{ id, prefix, want string }{
		{"NLSA-2026-1", "x_", "x_NLSA-2026-1"},
		{"NLSA-2026-1", "", "x_NLSA-2026-1"},
		{"NLSA-2026-1", "x_nls_", "x_nls_NLSA-2026-1"},
		{"NLSA-2026-1", "OSV-", "OSV-NLSA-2026-1"},
		{"x_other-1", "x_nls_", "x_other-1"},
		{"GO-2021-0001", "x_", "GO-2021-0001"},
		{"SUSE-FU-2022:0444-1", "x_", "SUSE-FU-2022:0444-1"},
		{"GOOD-1", "x_", "x_GOOD-1"},
		{"go-2021-0001", "x_", "x_go-2021-0001"},
	} {
		if got := ID(cvd.AdvisoryID(tt.id), advisory.Publisher{OSVPrefix: tt.prefix}); got != tt.want {
			t.Errorf("%s under %q is %s, want %s", tt.id, tt.prefix, got, tt.want)
		}
	}
}

func TestCovers(t *testing.T) {
	a := advisorytest.Example()
	if err := Format.Covers(a, advisorytest.Publisher); err != nil {
		t.Error(err)
	}
	a.Products[0].Ecosystem = "Cobol"
	if err := Format.Covers(a, advisorytest.Publisher); !errors.Is(err, cvd.ErrNotReady) {
		t.Errorf("an ecosystem nobody registered: %v", err)
	}
	a.Vulnerabilities[0].Affects[0].Ranges = []cvd.VersionRange{{Kind: cvd.RangeGit, Repo: "https://git.nls.example/g", Events: []cvd.VersionEvent{{Introduced: "0"}}}}
	if err := Format.Covers(a, advisorytest.Publisher); err != nil {
		t.Errorf("commits: %v", err)
	}
	a.Vulnerabilities[0].Affects[0].Status = cvd.StatusInvestigating
	if _, err := Format.Encode(a, advisorytest.Publisher); !errors.Is(err, cvd.ErrNotReady) {
		t.Errorf("nothing affected: %v", err)
	}
}

func TestSeveralVulnerabilities(t *testing.T) {
	a := advisorytest.Example()
	second := a.Vulnerabilities[0]
	second.CVE, second.Title, second.IDs = "CVE-2026-20002", "Names are not checked", nil
	box := second
	box.CVE, box.Affects = "CVE-2026-20003", []cvd.Affect{{Product: "box", Status: cvd.StatusAffected}}
	a.Vulnerabilities = append(a.Vulnerabilities, box, second)
	docs, err := Format.Documents(a, advisorytest.Publisher)
	if err != nil {
		t.Fatal(err)
	}
	type said struct {
		Name, File, ID, Summary string
		Aliases, Related        any
	}
	var got []said
	for _, d := range docs {
		m := advisorytest.Members(t, d.Bytes)
		got = append(got, said{d.Name, d.File, m["id"].(string), m["summary"].(string), m["aliases"], m["related"]})
	}
	list := func(s ...any) any { return s }
	want := []said{
		{
			"osv", "x_NLSA-2026-7KQ4MXZ.json", "x_NLSA-2026-7KQ4MXZ", "Links are followed", list("CVE-2026-20001"),
			list("CVE-2025-10001", "x_NLSA-2026-7KQ4MXZ-3", "CVE-2026-20003", "CVE-2026-20002", "GHSA-abcd-1234-wxyz"),
		},
		{
			"osv/x_NLSA-2026-7KQ4MXZ-3", "x_NLSA-2026-7KQ4MXZ-3.json", "x_NLSA-2026-7KQ4MXZ-3", "Names are not checked", list("CVE-2026-20002"),
			list("CVE-2025-10001", "x_NLSA-2026-7KQ4MXZ", "CVE-2026-20001", "CVE-2026-20003", "GHSA-abcd-1234-wxyz"),
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	whole, err := Format.Encode(a, advisorytest.Publisher)
	if err != nil || !bytes.Equal(whole, docs[0].Bytes) {
		t.Errorf("a record that was not divided is not written as its first part: %v", err)
	}
}

// What OSV says of any record, a reader of OSV gets back: reading and writing
// again changes no byte, and every document is one by the published schema.
func TestAnyRecord(t *testing.T) {
	valid := schema(t)
	written := 0
	rapid.Check(t, func(t *rapid.T) {
		a := advisorytest.Draw(t)
		before := a.Clone()
		if Format.Covers(a, advisorytest.Publisher) != nil {
			return
		}
		docs, err := Format.Documents(a, advisorytest.Publisher)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range docs {
			written++
			if err := valid(d.Bytes); err != nil {
				t.Fatalf("%v\n%s", err, d.Bytes)
			}
			for _, f := range Check(d.Bytes) {
				if f.Level == advisory.LevelError {
					t.Fatalf("%+v\n%s", f, d.Bytes)
				}
			}
			again, lost, err := Format.Decode(d.Bytes, advisorytest.Now)
			if err != nil || len(lost) > 0 {
				t.Fatalf("%v, lost %v", err, lost)
			}
			b, err := Format.Encode(again, advisorytest.Publisher)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(d.Bytes), string(b)); diff != "" {
				t.Fatal(diff)
			}
		}
		if diff := cmp.Diff(before, a.Clone()); diff != "" {
			t.Fatalf("encoding changed the record: %s", diff)
		}
	})
	if written == 0 {
		t.Error("no record could be written")
	}
}

// members are what of a document must come back unchanged.
var members = []string{"id", "aliases", "upstream", "related", "summary", "details", "severity", "affected", "references", "credits", "withdrawn", "database_specific"}

// misses lists the members that differ after a walk through the record.
func misses(t testing.TB, doc []byte) (*cvd.Advisory, []advisory.Lost, []string) {
	t.Helper()
	a, lost, err := Format.Decode(doc, advisorytest.Now)
	if err != nil {
		t.Fatal(err)
	}
	// A record is stored as JSON between the two.
	b, err := Format.Encode(a.Clone(), advisorytest.Publisher)
	if err != nil {
		t.Fatal(err)
	}
	was, is := advisorytest.Members(t, doc), advisorytest.Members(t, b)
	var differ []string
	for _, m := range members {
		if empty, ok := was[m].([]any); ok && len(empty) == 0 && is[m] == nil {
			continue // an empty list says what a missing one says
		}
		if diff := cmp.Diff(was[m], is[m]); diff != "" {
			differ = append(differ, m+": "+diff)
		}
	}
	return a, lost, differ
}

func TestGoVulnerabilities(t *testing.T) {
	dir := advisorytest.Shared(t, "golang-vulndb", "osv")
	valid := schema(t)
	files, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != 684 {
		t.Errorf("%d records, want 684", len(files))
	}
	for _, f := range files {
		doc, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		a, lost, differ := misses(t, doc)
		for _, d := range differ {
			t.Errorf("%s: %s", filepath.Base(f), d)
		}
		for _, l := range lost {
			if l.Pointer != "/modified" && l.Pointer != "/published" {
				t.Errorf("%s: lost %+v", filepath.Base(f), l)
			}
		}
		b, err := Format.Encode(a, advisorytest.Publisher)
		if err != nil {
			t.Fatal(err)
		}
		if err := valid(b); err != nil {
			t.Errorf("%s: %v", filepath.Base(f), err)
		}
	}
}

func TestOthersRecords(t *testing.T) {
	dir := advisorytest.Shared(t, "osv-schema", "tools", "osv-linter", "testdata")
	files, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		doc, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		_, lost, differ := misses(t, doc)
		for _, l := range lost {
			t.Errorf("%s: lost %+v", filepath.Base(f), l)
		}
		for _, d := range differ {
			t.Errorf("%s: %s", filepath.Base(f), d)
		}
	}
}

// The faults that the schema's own linter is shown by these files are found here too.
func TestCheckFindsWhatOthersFind(t *testing.T) {
	dir := advisorytest.Shared(t, "osv-schema", "tools", "osv-linter", "testdata")
	for file, want := range map[string]string{
		"GO-2020-0001.json": "", "RHSA-2022_0216.json": "", "PYSEC-2023-74.json": "", "MAL-2024-10238.json": "",
		"nointroduced-CVE-2023-41045.json": "osv-events", "nondistinct-CVE-2018-5407.json": "osv-events",
	} {
		doc, err := os.ReadFile(filepath.Join(dir, file))
		if err != nil {
			t.Fatal(err)
		}
		found := map[string]bool{}
		for _, f := range Check(doc) {
			found[f.Rule] = true
			if want == "" && f.Level == advisory.LevelError {
				t.Errorf("%s: %+v", file, f)
			}
		}
		if want != "" && !found[want] {
			t.Errorf("%s: %s is not found, but %v", file, want, found)
		}
	}
}

// What the published schema refuses, the check refuses: one break at a time.
func TestCheckRefuses(t *testing.T) {
	valid := schema(t)
	docs, err := Format.Documents(advisorytest.Example(), advisorytest.Publisher)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ old, new, rule string }{
		{`"id": "x_NLSA`, `"id": "NLSA`, "osv-id"},
		{`"modified": "2026-10-22T09:30:00Z"`, `"modified": "2026-10-22T09:30:00+02:00"`, "osv-time"},
		{`"modified": "2026-10-22T09:30:00Z",`, ``, "osv-modified"},
		{`"CVSS_V3"`, `"CVSS_V5"`, "osv-severity"},
		{`"CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:U/C:H/I:N/A:N"`, `"6.5"`, "osv-severity"},
		{`"ecosystem": "Go"`, `"ecosystem": "go"`, "osv-ecosystem"},
		{`"name": "nls.example/gateway",`, ``, "osv-package"},
		{`"SEMVER"`, `"RPM"`, "osv-ranges"},
		{`"SEMVER"`, `"GIT"`, "osv-ranges"},
		{`"introduced": "0"`, `"introduced": "0", "fixed": "1"`, "osv-events"},
		{`"fixed": "2.1.1"`, `"last_affected": "2.1.0"`, "osv-events"},
		{`"type": "FIX"`, `"type": "PATCH"`, "osv-references"},
		{`"https://blog.example/links"`, `"blog"`, "osv-references"},
		{`"FINDER"`, `"finder"`, "osv-credits"},
		{`"related": [`, `"tlp": "CLEAR", "related": [`, "osv-schema"},
		{`"related": [`, `"upstream": "CVE-2026-1", "related": [`, "osv-schema"},
		{`"severity": [`, `"severity": {`, "osv-schema"},
	} {
		doc := []byte(strings.Replace(string(docs[0].Bytes), tt.old, tt.new, 1))
		if bytes.Equal(doc, docs[0].Bytes) {
			t.Fatalf("%s is not in the document", tt.old)
		}
		if valid(doc) == nil {
			t.Errorf("the schema allows %s", tt.new)
		}
		ok := false
		for _, f := range Check(doc) {
			if f.Remedy == "" || f.Problem == "" {
				t.Errorf("%s: %+v says not what to do", tt.new, f)
			}
			ok = ok || (f.Level == advisory.LevelError && f.Rule == tt.rule)
		}
		if !ok {
			t.Errorf("%s: no %s among %+v", tt.new, tt.rule, Check(doc))
		}
	}
}

func FuzzDecode(f *testing.F) {
	docs, err := Format.Documents(advisorytest.Example(), advisorytest.Publisher)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(docs[0].Bytes)
	f.Add([]byte(`{"id":"GO-1","modified":"0001-01-01T00:00:00Z","affected":[{"ranges":[{"type":"GIT","repo":"https://x","events":[{"introduced":"0","fixed":"1"}]}],"severity":[{"type":"Ubuntu","score":"low"}]}]}`))
	f.Add([]byte(`{"id":"x_a","affected":[{"package":null},{"package":{"name":"a"}}],"severity":[{}],"credits":[{"type":"A"}],"ID":3}`))
	f.Fuzz(func(t *testing.T, doc []byte) {
		Check(doc)
		a, _, err := Format.Decode(doc, advisorytest.Now)
		if err != nil {
			if !errors.Is(err, cvd.ErrUnreadable) && !errors.Is(err, cvd.ErrInvalid) {
				t.Fatalf("an error of no kind: %v", err)
			}
			return
		}
		if a.ID == "" || a.Title == "" || a.Modified.IsZero() || a.Published.IsZero() || strings.ContainsAny(string(a.ID), "/\\ ") {
			t.Fatalf("incomplete: %+v", a)
		}
		once, err := Format.Encode(a, advisorytest.Publisher)
		if err != nil {
			t.Fatal(err)
		}
		again, _, err := Format.Decode(once, advisorytest.Now)
		if err != nil {
			t.Fatalf("%v\n%s", err, once)
		}
		twice, err := Format.Encode(again, advisorytest.Publisher)
		if err != nil || !bytes.Equal(once, twice) {
			t.Fatalf("%v\n%s", err, cmp.Diff(string(once), string(twice)))
		}
	})
}

// Addresses that are no URIs and commits that are none are kept beside the source, are
// listed, and are called wrong; nothing of them comes out again.
func TestHostileSources(t *testing.T) {
	in := `{"schema_version": "1.7.5", "id": "x_A-1", "modified": "2026-01-01T00:00:00Z", "summary": "A",
		"affected": [{"package": {"ecosystem": "Go", "name": "x.example"}, "versions": ["1.0"],
			"ranges": [{"type": "GIT", "repo": "https://x.example/r", "events": [{"introduced": "0"}, {"fixed": "deadbeef"}]}]},
			{"package": {"ecosystem": "Go", "name": "y.example"},
			"ranges": [{"type": "GIT", "repo": "https://x.example/r", "events": [{"introduced": "deadbeef"}]}]}],
		"references": [{"type": "WEB", "url": "http://ok.example/\"><script>"}, {"type": "WEB", "url": "https://ok.example/"}]}`
	a, lost, err := Format.Decode([]byte(in), time.Now())
	if err != nil || len(a.References) != 1 || len(a.Vulnerabilities[0].Affects) != 1 || len(a.Vulnerabilities[0].Affects[0].Ranges) != 0 {
		t.Fatalf("%+v %v %v", a, lost, err)
	}
	for _, at := range []string{"/references/0/url", "/affected/0/ranges/0", "/affected/1/ranges/0"} {
		if a.Source.Kept[at] == nil || !slices.ContainsFunc(lost, func(l advisory.Lost) bool { return l.Pointer == at }) {
			t.Errorf("%s: %v", at, lost)
		}
	}
	out, err := Format.Encode(a, advisorytest.Publisher)
	if err != nil || strings.Contains(string(out), "script") || strings.Contains(string(out), "deadbeef") {
		t.Errorf("%s %v", out, err)
	}
	var rules []string
	for _, f := range Check([]byte(in)) {
		if f.Level == advisory.LevelError {
			rules = append(rules, f.Rule+" "+f.Field)
		}
	}
	if !slices.Contains(rules, "osv-references references[0].url") || !slices.Contains(rules, "osv-git affected[0].ranges[0].events[1]") {
		t.Errorf("%v", rules)
	}
	own := advisorytest.Example()
	own.Vulnerabilities[0].Affects[0].Ranges = append(own.Vulnerabilities[0].Affects[0].Ranges, cvd.VersionRange{
		Kind: cvd.RangeGit, Repo: "https://x.example/r", Events: []cvd.VersionEvent{{Introduced: "deadbeef"}},
	})
	if err := Format.Covers(own, advisorytest.Publisher); err == nil || !strings.Contains(err.Error(), "names no commit") {
		t.Errorf("a range of no commits: %v", err)
	}
}

// Package advisorytest holds what the tests of every advisory format need:
// records as rich as they get, random ones, and the published schemas and corpora.
// It serves tests only and never ships.
package advisorytest

import (
	"bytes"
	"encoding/json"
	"os"
	"path"
	"path/filepath"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"fairlead/internal/advisory"
	"fairlead/internal/cvd"
	"fairlead/internal/goldentest"
)

// Publisher is who publishes in the tests.
var Publisher = advisory.Publisher{
	Name: "Northern Lights Software", Namespace: "https://nls.example", Contact: "security@nls.example", Base: "https://psirt.nls.example",
	OSVPrefix: "x_", CVEOrg: "8254265b-2729-46b6-b9e3-3dfca2d5bfca", CVEShort: "nls", Engine: "fairlead test",
}

// Now is the instant of imports in the tests.
var Now = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

// Example is a record that uses every member that more than one format can say.
func Example() *cvd.Advisory {
	day := func(d int) time.Time { return time.Date(2026, 10, d, 9, 30, 0, 0, time.UTC) }
	return &cvd.Advisory{
		ID: "NLSA-2026-7KQ4MXZ", Revision: 2, TLP: cvd.TLPClear, Lang: "en",
		Title:     "Gateway follows links out of the upload folder",
		Overview:  "Whoever may upload files to the gateway can read any file that its process can read.",
		Details:   "The gateway unpacks *archives* and follows the symbolic links in them.\n\n```\nln -s /etc passwd\n```",
		Published: day(20), Modified: day(22),
		Aliases: []string{"GHSA-abcd-1234-wxyz"}, Related: []string{"CVE-2025-10001"},
		Products: []cvd.AdvisoryProduct{
			{ID: "gateway", Name: "Gateway", PURL: "pkg:golang/nls.example/gateway", Ecosystem: "Go", Package: "nls.example/gateway"},
			{ID: "box", Vendor: "Northern Lights Hardware", Name: "Gateway Box", CPE: "cpe:2.3:h:nls:gateway_box:*:*:*:*:*:*:*:*"},
		},
		Vulnerabilities: []cvd.Vulnerability{{
			CVE: "CVE-2026-20001", Title: "Links are followed", CWE: []string{"CWE-59", "CWE-22"},
			IDs:         []cvd.ForeignID{{System: "tracker", ID: "NLS-1234"}},
			Description: "Links inside uploaded archives are followed when they are unpacked.",
			Impact:      "A reader of uploads becomes a reader of every file.",
			Scores: []cvd.AdvisoryScore{
				{Vector: "CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:U/C:H/I:N/A:N"},
				{Vector: "CVSS:4.0/AV:N/AC:L/AT:N/PR:L/UI:N/VC:H/VI:N/VA:N/SC:N/SI:N/SA:N"},
			},
			Affects: []cvd.Affect{
				{Product: "gateway", Status: cvd.StatusAffected, Ranges: []cvd.VersionRange{{
					Kind:   cvd.RangeSemver,
					Events: []cvd.VersionEvent{{Introduced: "0"}, {Fixed: "1.4.2"}, {Introduced: "2.0.0"}, {Fixed: "2.1.1"}},
				}}, Versions: []string{"2.2.0-rc.1"}},
				{Product: "gateway", Status: cvd.StatusFixed, Versions: []string{"1.4.2", "2.1.1"}},
				{Product: "box", Status: cvd.StatusNotAffected, Justification: cvd.NoVulnerableCode, Statement: "The box unpacks nothing."},
			},
			Remedies: []cvd.Remedy{
				{Kind: cvd.RemedyFix, Text: "Install 1.4.2 or 2.1.1.", URL: "https://nls.example/download", Date: day(20), Products: []string{"gateway"}},
				{Kind: cvd.RemedyWorkaround, Text: "Refuse archives at the proxy.", Products: []string{"gateway"}},
			},
			Exploited:  "No attack is known.",
			Discovered: day(1), Disclosed: day(20),
		}},
		References: []cvd.Reference{
			{Kind: "FIX", URL: "https://git.nls.example/gateway/commit/0a1b2c3d", Text: "the fix"},
			{Kind: "ARTICLE", URL: "https://blog.example/links"},
		},
		Credits: []cvd.AdvisoryCredit{
			{Name: "Rea Porter", Organisation: "Harbour Labs", Kind: "FINDER"},
			{Name: "Ines", Kind: "REMEDIATION_DEVELOPER"},
		},
		Timeline: []cvd.Milestone{{At: day(1), Text: "Reported."}, {At: day(20), Text: "Published."}},
		History:  []cvd.AdvisoryChange{{Revision: 1, At: day(20), Text: "First published."}, {Revision: 2, At: day(22), Text: "Second fix named."}},
	}
}

// Shared finds a file or folder of the published schemas and corpora, which are no
// part of the project; without them the test is skipped by name.
func Shared(t testing.TB, parts ...string) string {
	t.Helper()
	root := os.Getenv("FAIRLEAD_SHARED")
	if root == "" {
		dir, err := os.Getwd()
		if err != nil {
			t.Fatal(err)
		}
		for ; filepath.Dir(dir) != dir; dir = filepath.Dir(dir) {
			if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
				break
			}
		}
		root = filepath.Join(dir, "..", "shared")
	}
	path := filepath.Join(append([]string{root, "data"}, parts...)...)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("%s is not here: set FAIRLEAD_SHARED to the folder that holds data/%s", filepath.Join(parts...), parts[0])
	}
	return path
}

// FromNPM finds a package that scripts/test-deps installs from npm, and the folder
// that it was installed into; without it the test is skipped by name.
func FromNPM(t testing.TB, name string) (folder, installed string) {
	t.Helper()
	folder = os.Getenv("FAIRLEAD_TEST_NPM")
	if folder == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			t.Skipf("%s: no folder for caches: %v", name, err)
		}
		folder = filepath.Join(cache, "fairlead-test", "npm")
	}
	installed = filepath.Join(folder, "node_modules", filepath.FromSlash(name))
	if _, err := os.Stat(installed); err != nil {
		t.Skipf("%s is not installed; scripts/test-deps does it where npm is", name)
	}
	return folder, installed
}

// Golden compares a document with testdata/name of the test's package, or writes it
// under -update, and returns its path.
func Golden(t testing.TB, name string, got []byte) string {
	t.Helper()
	path := filepath.Join("testdata", name)
	goldentest.Is(t, path, got)
	return path
}

// beside loads what a schema refers to from the folder that it stands in, or from
// others, never from the network.
type beside []string

func (b beside) Load(url string) (any, error) {
	var err error
	for _, folder := range b {
		var v any
		if v, err = (jsonschema.FileLoader{}).Load("file://" + filepath.ToSlash(filepath.Join(folder, path.Base(url)))); err == nil {
			return v, nil
		}
	}
	return nil, err
}

// Compile compiles a JSON Schema of a file and returns what it finds wrong with a
// document. Schemas that it refers to stand beside it, or in the other folders.
func Compile(t testing.TB, path string, folders ...string) func(doc []byte) error {
	t.Helper()
	c := jsonschema.NewCompiler()
	abs, err := filepath.Abs(path)
	if err != nil {
		t.Fatal(err)
	}
	c.UseLoader(append(beside{filepath.Dir(abs)}, folders...))
	c.AssertFormat()
	s, err := c.Compile(path)
	if err != nil {
		t.Fatal(err)
	}
	return func(doc []byte) error {
		v, err := jsonschema.UnmarshalJSON(bytes.NewReader(doc))
		if err != nil {
			return err
		}
		return s.Validate(v)
	}
}

// Schema compiles a published JSON Schema and returns what it finds wrong with a
// document.
func Schema(t testing.TB, parts ...string) func(doc []byte) error {
	t.Helper()
	return Compile(t, Shared(t, parts...))
}

// Members decodes a document to plain values, for comparing.
func Members(t testing.TB, doc []byte) map[string]any {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal(doc, &m); err != nil {
		t.Fatal(err)
	}
	return m
}

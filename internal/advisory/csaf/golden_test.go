package csaf_test

import (
	"errors"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"fairlead/internal/advisory"
	"fairlead/internal/advisory/advisorytest"
	"fairlead/internal/advisory/csaf"
	"fairlead/internal/cvd"
)

var (
	formats = []advisory.Format{csaf.Format, csaf.VEX}
	written = append(slices.Clone(formats), csaf.Next)
)

// The documents of every invented record; what other programs say of them is
// asked below.
func TestDocuments(t *testing.T) {
	for name, a := range advisorytest.Records(t) {
		for _, f := range written {
			docs, err := f.Documents(a, advisorytest.Publisher)
			if err != nil {
				t.Errorf("%s as %s: %v", name, f.Name, err)
				continue
			}
			for _, d := range docs {
				advisorytest.Golden(t, name+"."+strings.ReplaceAll(d.Name, "/", "-")+f.Ext, d.Bytes)
			}
		}
	}
}

func goldens(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("testdata/*.csaf*.json")
	files = slices.DeleteFunc(files, func(name string) bool { return strings.Contains(name, ".csaf21") })
	if err != nil || len(files) < 10 {
		t.Fatalf("%d goldens, %v", len(files), err)
	}
	return files
}

// The library that CSAF's own tools validate with has nothing to say of any
// document: no error, and no warning of its preset extended. That it would speak
// is shown by a document without its label and with a wrong score.
func TestValidatorLibrary(t *testing.T) {
	folder, _ := advisorytest.FromNPM(t, "@secvisogram/csaf-validator-lib")
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("node is not installed")
	}
	good, err := os.ReadFile("testdata/gateway.csaf.json")
	if err != nil {
		t.Fatal(err)
	}
	broken := filepath.Join(t.TempDir(), "nlsa-2026-7kq4mxz.json")
	spoilt := strings.NewReplacer(`"baseScore": 7.4`, `"baseScore": 7.5`, `"label": "WHITE"`, `"label": "RED "`).Replace(string(good))
	if err := os.WriteFile(broken, []byte(spoilt), 0o600); err != nil {
		t.Fatal(err)
	}
	files := append([]string{"../../../scripts/validate-csaf.mjs", folder, broken}, append(twoPart(t), goldens(t)...)...)
	var exit *exec.ExitError
	out, err := exec.Command(node, files...).CombinedOutput()
	if !errors.As(err, &exit) || exit.ExitCode() != 1 {
		t.Fatalf("%v:\n%s", err, out)
	}
	var found []string
	for line := range strings.Lines(string(out)) {
		if test, ok := strings.CutPrefix(line, broken+" error "); ok {
			found = append(found, strings.Fields(test)[0])
		} else if strings.HasPrefix(line, "testdata") || strings.HasPrefix(line, filepath.Dir(filepath.Dir(broken))) {
			t.Error(line)
		}
	}
	if slices.Sort(found); !slices.Equal(found, []string{"csaf_2_0_strict", "mandatoryTest_6_1_9"}) {
		t.Errorf("of the broken document it said:\n%s", out)
	}
	if !strings.HasSuffix(strings.TrimSpace(string(out)), "63 tests, 2 errors and warnings") {
		t.Errorf("not all tests ran:\n%s", out)
	}
}

// twoPart are the documents of a record whose Go module has versions that the go
// command does not know.
func twoPart(t *testing.T) (files []string) {
	t.Helper()
	a := advisorytest.Example()
	a.Vulnerabilities = a.Vulnerabilities[:1]
	a.Vulnerabilities[0].Affects = []cvd.Affect{
		{Product: a.Products[0].ID, Status: cvd.StatusAffected, Versions: []string{"5.2", "v5.3", "2026-05", "5.4.0"}},
		{Product: a.Products[0].ID, Status: cvd.StatusAffected, Ranges: []cvd.VersionRange{{Kind: cvd.RangeEcosystem, Events: []cvd.VersionEvent{{Introduced: "4"}, {Fixed: "4.9"}}}}},
	}
	dir := t.TempDir()
	for _, f := range formats {
		b, err := f.Encode(a, advisorytest.Publisher)
		if err != nil {
			t.Fatal(err)
		}
		for _, one := range csaf.Check(b) {
			if one.Level != advisory.LevelInfo {
				t.Errorf("%s: %+v", f.Name, one)
			}
		}
		files = append(files, filepath.Join(dir, strings.TrimSuffix(advisory.Stem(a.ID), ".json")+"."+f.Name+".json"))
		if err := os.WriteFile(files[len(files)-1], b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return files
}

// A draft says that it is one; an imported record was published by somebody, even
// where nobody counted its revisions.
func TestStatus(t *testing.T) {
	for _, c := range []struct {
		revision int
		source   *cvd.AdvisorySource
		want     string
	}{{0, nil, "draft"}, {1, nil, "final"}, {0, &cvd.AdvisorySource{Format: "osv"}, "final"}} {
		a := advisorytest.Example()
		a.Revision, a.Source, a.History = c.revision, c.source, nil
		b, err := csaf.Format.Encode(a, advisorytest.Publisher)
		if err != nil || !strings.Contains(string(b), `"status": "`+c.want+`"`) {
			t.Errorf("%+v: %v", c, err)
		}
		for _, f := range csaf.Check(b) {
			if f.Level != advisory.LevelInfo {
				t.Errorf("%+v: %+v", c, f)
			}
		}
	}
}

func TestCoversSaysEverythingAtOnce(t *testing.T) {
	p := advisorytest.Publisher
	for name, a := range advisorytest.Records(t) {
		for _, f := range formats {
			if err := f.Covers(a, p); err != nil {
				t.Errorf("%s as %s: %v", name, f.Name, err)
			}
		}
	}
	a := &cvd.Advisory{
		Products: []cvd.AdvisoryProduct{{ID: "x"}},
		Vulnerabilities: []cvd.Vulnerability{
			{},
			{Affects: []cvd.Affect{{Product: "y", Status: cvd.StatusAffected}, {Product: "x", Status: cvd.StatusNotAffected}, {Product: "x", Status: cvd.StatusFixed}}},
		},
	}
	var faults cvd.Faults
	if !errors.As(csaf.VEX.Covers(a, advisory.Publisher{}), &faults) {
		t.Fatal("no faults")
	}
	fields := map[string]int{}
	for _, f := range faults {
		fields[f.Field]++
		if f.Problem == "" || f.Remedy == "" {
			t.Errorf("%+v", f)
		}
	}
	want := []string{
		"id", "modified", "products[0].name", "published", "publisher.base", "publisher.name", "publisher.namespace", "title",
		"vulnerabilities[0].affects", "vulnerabilities[1].affects[0].product", "vulnerabilities[1].affects[1]", "vulnerabilities[1].affects[2]",
	}
	if got := slices.Sorted(maps.Keys(fields)); !slices.Equal(got, want) {
		t.Errorf("%v", got)
	}
	if _, err := csaf.Format.Encode(a, p); !errors.Is(err, cvd.ErrInvalid) {
		t.Errorf("encoded all the same: %v", err)
	}
}

package judge_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"fairlead/internal/advisory"
	"fairlead/internal/advisory/advisorytest"
	"fairlead/internal/advisory/csaf/judge"
	"fairlead/internal/goldentest"
)

type oasisCase struct {
	Name  string
	Valid bool
}

type oasisTest struct {
	ID       string
	Failures []oasisCase
	Valid    []oasisCase
}

// Each document of the standard's own test suite is called valid or invalid as the
// suite says, and its test speaks of the failing ones and is silent of the others.
// What the judge does not agree with stands in the golden with what it found: two
// documents that are called valid for an optional test and break 6.1.25, as the
// validator library says too.
func TestOASISSuite(t *testing.T) {
	folder := advisorytest.Shared(t, "oasis-csaf", "csaf_2.0", "test", "validator", "data")
	b, err := os.ReadFile(filepath.Join(folder, "testcases.json"))
	if err != nil {
		t.Fatal(err)
	}
	var suite struct{ Tests []oasisTest }
	if err := json.Unmarshal(b, &suite); err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	documents, validity, spoke, ran := 0, 0, 0, 0
	for _, one := range suite.Tests {
		for _, failing := range []bool{true, false} {
			cases := one.Valid
			if failing {
				cases = one.Failures
			}
			for _, c := range cases {
				doc, err := os.ReadFile(filepath.Join(folder, c.Name))
				if err != nil {
					t.Fatal(err)
				}
				found := judge.Check(doc)
				documents++
				broken := slices.ContainsFunc(found, func(f advisory.Finding) bool { return f.Level == advisory.LevelError })
				if broken != c.Valid {
					validity++
				} else {
					fmt.Fprintf(&out, "%s: called valid %v\n%s", c.Name, !broken, lines(found, "6.1", "schema", "json"))
				}
				if slices.Contains(judge.NotRun, one.ID) {
					continue
				}
				ran++
				said := slices.ContainsFunc(found, func(f advisory.Finding) bool {
					return f.Rule == "csaf-"+one.ID || one.ID == "6.1.8" && f.Rule == "csaf-schema"
				})
				if said == failing {
					spoke++
				} else {
					fmt.Fprintf(&out, "%s: test %s speaks %v\n%s", c.Name, one.ID, said, lines(found, one.ID))
				}
			}
		}
	}
	fmt.Fprintf(&out, "%d of %d documents judged as the suite says; the test of a document agrees for %d of %d; not run: %s\n",
		validity, documents, spoke, ran, strings.Join(judge.NotRun, " "))
	path := "testdata/oasis.golden"
	goldentest.Is(t, path, out.String())
}

func lines(found []advisory.Finding, rules ...string) string {
	var b strings.Builder
	for _, f := range found {
		if slices.ContainsFunc(rules, func(r string) bool { return strings.HasPrefix(f.Rule, "csaf-"+r) }) {
			fmt.Fprintf(&b, "    %s %s %s\n", f.Rule, f.Field, f.Problem)
		}
	}
	return b.String()
}

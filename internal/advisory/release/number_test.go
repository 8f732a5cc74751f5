package release_test

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"fairlead/internal/advisory"
	"fairlead/internal/advisory/advisorytest"
	"fairlead/internal/advisory/release"
	"fairlead/internal/cvd"
)

// flaws makes a record of vulnerabilities "CVE title number", each of which may be "-".
func flaws(spec string) *cvd.Advisory {
	a := &cvd.Advisory{ID: "A-1", Modified: advisorytest.Now}
	for one := range strings.FieldsSeq(spec) {
		var v cvd.Vulnerability
		parts := strings.Split(one, "/")
		v.CVE, v.Title = strings.Trim(parts[0], "-"), strings.Trim(parts[1], "-")
		if len(parts) > 2 {
			_, _ = fmt.Sscan(parts[2], &v.Number)
		}
		a.Vulnerabilities = append(a.Vulnerabilities, v)
	}
	return a
}

func TestNumber(t *testing.T) {
	for _, c := range []struct{ name, before, after, want, gone string }{
		{"the same", "C1/a C2/b", "C1/a C2/b", "1 2", ""},
		{"the other order", "C1/a C2/b", "C2/b C1/a", "2 1", ""},
		{"the first is gone", "C1/a C2/b", "C2/b", "2", "1"},
		{"one in between is new", "C1/a C2/b", "C1/a C3/c C2/b", "1 3 2", ""},
		{"one is gone and one is new", "C1/a C2/b", "C3/c C2/b", "3 2", "1"},
		{"an id came late", "-/a -/b", "-/a C9/b", "1 2", ""},
		{"only one, and its id was wrong", "C1/a", "C7/b", "1", ""},
		{"reworded without ids", "-/a -/b", "-/x -/b", "1 2", ""},
		{"by the number", "C1/a/1 C2/b/2", "C8/z/2", "2", "1"},
		{"a number that nobody had", "C1/a/1", "C1/a/7 C2/b/7", "1 2", ""},
		{"no number twice", "C1/a/1 C2/b/2", "C1/a/1 C5/e/1", "1 3", "2"},
	} {
		before, after := flaws(c.before), flaws(c.after)
		release.Enumerate(after, before)
		var got, gone []string
		for _, v := range after.Vulnerabilities {
			got = append(got, fmt.Sprint(v.Number))
		}
		for _, d := range after.Dropped {
			gone = append(gone, fmt.Sprint(d.Vulnerability.Number))
		}
		if strings.Join(got, " ") != c.want || strings.Join(gone, " ") != c.gone {
			t.Errorf("%s: %v, gone %v; want %s, gone %s", c.name, got, gone, c.want, c.gone)
		}
	}
}

// Whatever corrections do, a number is given once: what had it has it, is listed as
// dropped, or has it again.
func TestNumbersAreGivenOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		names := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"C1", "C2", "C3", "C4", "C5"}), 1, 4, rapid.ID[string])
		owner := map[int]string{}
		var before *cvd.Advisory
		for range rapid.IntRange(1, 5).Draw(t, "revisions") {
			a := flaws(strings.Join(names.Draw(t, "names"), "/- ") + "/-")
			release.Enumerate(a, before)
			seen := map[int]bool{}
			one := func(v cvd.Vulnerability) {
				if seen[v.Number] || (owner[v.Number] != "" && owner[v.Number] != v.CVE && len(a.Vulnerabilities) > 1) {
					t.Fatalf("number %d is %s, and was %q; again in this revision: %v", v.Number, v.CVE, owner[v.Number], seen[v.Number])
				}
				seen[v.Number], owner[v.Number] = true, v.CVE
			}
			for _, v := range a.Vulnerabilities {
				one(v)
			}
			for _, d := range a.Dropped {
				one(d.Vulnerability)
			}
			for n := range owner {
				if !seen[n] {
					t.Fatalf("number %d is lost", n)
				}
			}
			before = a
		}
	})
}

// What a format calls a vulnerability without any id does not change with its place.
func TestNameKeepsItsNumber(t *testing.T) {
	before := flaws("-/a -/b")
	release.Enumerate(before, nil)
	if got := advisory.Name(before, 0) + " " + advisory.Name(before, 1); got != "A-1 A-1#2" {
		t.Error(got)
	}
	after := flaws("-/b")
	release.Enumerate(after, before)
	if got := advisory.Name(after, 0); got != "A-1#2" {
		t.Error(got)
	}
}

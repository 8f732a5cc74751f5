package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"fairlead/internal/advisory/advisorytest"
)

// kept are the members of an OSV record that an import and an export leave as
// they are.
var kept = []string{"id", "aliases", "related", "summary", "details", "affected", "references", "credits", "withdrawn", "database_specific"}

// A whole database of others goes in and comes out unchanged, and going in again
// changes nothing.
func TestGoVulnerabilitiesThroughTheCommandLine(t *testing.T) {
	from := advisorytest.Shared(t, "golang-vulndb", "osv")
	data, out := filepath.Join(t.TempDir(), "data"), filepath.Join(t.TempDir(), "out")
	fairlead := func(args ...string) string {
		t.Helper()
		var stdout, stderr bytes.Buffer
		if code := run(context.Background(), args, strings.NewReader(""), &stdout, &stderr); code != exitDone {
			t.Fatalf("fairlead %s ended with %d: %s", strings.Join(args[:2], " "), code, stderr.String())
		}
		return stdout.String()
	}
	if s := fairlead("advisory", "import", "--data", data, from); !strings.HasSuffix(s, "\n684 new, 0 revised, 0 unchanged, 0 older, 0 refused\n") {
		t.Errorf("the import ended with %q", s[max(0, len(s)-200):])
	}
	fairlead("advisory", "export", "--data", data, "--format", "osv", "--out", out)
	files, err := filepath.Glob(filepath.Join(from, "*.json"))
	if err != nil || len(files) != 684 {
		t.Fatalf("%d records, %v", len(files), err)
	}
	read := func(path string) map[string]any {
		var m map[string]any
		b, err := os.ReadFile(path)
		if err == nil {
			err = json.Unmarshal(b, &m)
		}
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	misses := 0
	for _, f := range files {
		was, is := read(f), read(filepath.Join(out, filepath.Base(f)))
		for _, member := range kept {
			if diff := cmp.Diff(was[member], is[member]); diff != "" {
				misses++
				t.Errorf("%s: %s: %s", filepath.Base(f), member, diff)
			}
		}
	}
	t.Logf("%d records, %d misses", len(files), misses)
	if s := fairlead("advisory", "import", "--data", data, from, "--json"); !strings.Contains(s, `"unchanged": 684`) {
		t.Error("importing the same again changed something")
	}
	fairlead("advisory", "validate", out)
}

package exchange

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fairlead/internal/advisory"
	"fairlead/internal/advisory/advisorytest"
	"fairlead/internal/advisory/csaf"
)

// The three file names that OASIS has for section 5.1 get their finding, those beside
// them none; and what is no whole JSON is said so, with the place.
func TestCheckOfFiles(t *testing.T) {
	x := newExchange(t)
	x.Checks = map[string]func([]byte) []advisory.Finding{"csaf": csaf.Check}
	seen := 0
	for folder, want := range map[string]bool{"invalid": true, "valid": false} {
		files, err := filepath.Glob(filepath.Join(advisorytest.Shared(t, "oasis-csaf", "csaf_2.0", "test", "filenames", "data", folder), "*.json"))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range files {
			doc, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			said := false
			_, found := x.CheckFile(path, doc)
			for _, f := range found {
				said = said || f.Rule == "csaf-5.1"
			}
			if seen++; said != want {
				t.Errorf("%s: %v", path, said)
			}
		}
	}
	if seen != 6 {
		t.Errorf("%d files", seen)
	}
	if _, found := x.CheckFile("f.json", []byte(`{"document":{"csaf_ver`)); len(found) != 1 || !strings.Contains(found[0].Problem, "at offset 22") {
		t.Errorf("%+v", found)
	}
}

package advisory_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"fairlead/internal/advisory"
	"fairlead/internal/cvd"
)

func TestStem(t *testing.T) {
	for id, want := range map[cvd.AdvisoryID]string{
		"NLSA-2026-7KQ4MXZ":          "nlsa-2026-7kq4mxz.json",
		"RHSA-2024:0001":             "rhsa-2024_0001.json",
		"a/../../b":                  "a_b.json",
		"Cisco SA__x  1.2+3":         "cisco_sa_x_1_2+3.json",
		"..":                         "_.json",
		"2022_#01-A":                 "2022_01-a.json",
		"Ümlaut\x00-2026":            "_mlaut_-2026.json",
		"\u212aelvin (lower case k)": "kelvin_lower_case_k_.json",
	} {
		if got := advisory.Stem(id) + ".json"; got != want {
			t.Errorf("%q is filed as %q, want %q", id, got, want)
		}
	}
}

// The standard's own examples of names.
func TestStemsOfTheStandard(t *testing.T) {
	dir := filepath.Join("..", "..", "..", "shared", "data", "oasis-csaf", "csaf_2.1", "test", "filenames", "data")
	if _, err := os.Stat(dir); err != nil {
		t.Skip("the examples of OASIS are not here: the names of files are only held against our own")
	}
	seen := 0
	for _, kind := range []string{"valid", "invalid"} {
		files, err := filepath.Glob(filepath.Join(dir, kind, "*.json"))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range files {
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			var doc struct {
				Document struct {
					Tracking struct {
						ID cvd.AdvisoryID `json:"id"`
					} `json:"tracking"`
				} `json:"document"`
			}
			if err := json.Unmarshal(b, &doc); err != nil {
				t.Fatal(err)
			}
			seen++
			if name := advisory.Stem(doc.Document.Tracking.ID) + ".json"; (name == filepath.Base(path)) != (kind == "valid") {
				t.Errorf("%s, %s: we would file it as %s", kind, filepath.Base(path), name)
			}
		}
	}
	if seen < 6 {
		t.Errorf("only %d examples were read", seen)
	}
}

package csaf_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	gocsaf "github.com/gocsaf/csaf/v3/csaf"
	"pgregory.net/rapid"

	"fairlead/internal/advisory"
	"fairlead/internal/advisory/advisorytest"
	"fairlead/internal/advisory/csaf"
	"fairlead/internal/cvd"
)

// Our own documents have no error and no warning by our own judge, and are of the
// schema as another program has it.
func TestGoldensAreClean(t *testing.T) {
	for _, file := range goldens(t) {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range csaf.Check(b) {
			if f.Level != advisory.LevelInfo {
				t.Errorf("%s: %+v", file, f)
			}
		}
		var doc any
		if err := json.Unmarshal(b, &doc); err != nil {
			t.Fatal(err)
		}
		if said, err := gocsaf.ValidateCSAF(doc); err != nil || len(said) > 0 {
			t.Errorf("%s: %v, %v", file, said, err)
		}
	}
}

// The schema is the published one itself.
func TestGoldensAreOfTheSchema(t *testing.T) {
	data := advisorytest.Shared(t, "oasis-csaf", "csaf_2.0")
	check := advisorytest.Compile(t, filepath.Join(data, "json_schema", "csaf_json_schema.json"), filepath.Join(data, "referenced_schema", "first"))
	for _, file := range goldens(t) {
		b, err := os.ReadFile(file)
		if err == nil {
			err = check(b)
		}
		if err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
	if check([]byte(`{"document":{"category":"csaf_base"}}`)) == nil {
		t.Error("the schema takes anything")
	}
}

// What can be published is valid, whatever stands in it; only a record without a
// vector of CVSS 3 draws a warning, for CSAF 2.0 cannot say CVSS 4.0.
func TestDocumentsOfGoodRecordsAreValid(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := advisorytest.Valid(t)
		for _, f := range formats {
			b, err := f.Encode(a, advisorytest.Publisher)
			if err != nil {
				t.Fatal(err)
			}
			for _, found := range csaf.Check(b) {
				if found.Level == advisory.LevelError || found.Level == advisory.LevelWarning && found.Rule != "csaf-6.2.3" {
					t.Fatalf("%s: %+v\n%s", f.Name, found, b)
				}
			}
		}
	})
}

// The names of files are those of the standard's own test.
func TestFileName(t *testing.T) {
	folder := advisorytest.Shared(t, "oasis-csaf", "csaf_2.0", "test", "filenames", "data")
	for verdict, right := range map[string]bool{"valid": true, "invalid": false} {
		files, err := filepath.Glob(filepath.Join(folder, verdict, "*.json"))
		if err != nil || len(files) == 0 {
			t.Fatal("no files", err)
		}
		for _, file := range files {
			b, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var doc struct {
				Document struct {
					Tracking struct{ ID string } `json:"tracking"`
				} `json:"document"`
			}
			if err := json.Unmarshal(b, &doc); err != nil {
				t.Fatal(err)
			}
			if name := csaf.FileName(doc.Document.Tracking.ID); (name == filepath.Base(file)) != right {
				t.Errorf("%s is called %s", filepath.Base(file), name)
			}
		}
	}
}

func TestFolder(t *testing.T) {
	for tlp, want := range map[cvd.TLP]string{
		"": "white/2026", cvd.TLPClear: "white/2026", cvd.TLPGreen: "green/2026", cvd.TLPAmber: "amber/2026", cvd.TLPAmberStrict: "amber/2026", cvd.TLPRed: "red/2026",
	} {
		if got := csaf.Folder(tlp, 2026); got != want {
			t.Errorf("%s: %s", tlp, got)
		}
	}
}

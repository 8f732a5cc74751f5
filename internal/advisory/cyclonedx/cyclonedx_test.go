package cyclonedx_test

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"fairlead/internal/advisory"
	"fairlead/internal/advisory/advisorytest"
	"fairlead/internal/advisory/cyclonedx"
	"fairlead/internal/cvd"
)

func TestDocuments(t *testing.T) {
	for name, a := range advisorytest.Records(t) {
		b, err := cyclonedx.Format.Encode(a, advisorytest.Publisher)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		advisorytest.Golden(t, name+cyclonedx.Format.Ext, b)
	}
}

// The schema is the published one, as the project's own library carries it.
func TestDocumentsAreOfTheSchema(t *testing.T) {
	_, library := advisorytest.FromNPM(t, "@cyclonedx/cyclonedx-library")
	check := advisorytest.Compile(t, filepath.Join(library, "res", "schema", "bom-1.6.SNAPSHOT.schema.json"))
	for name, a := range advisorytest.Records(t) {
		b, err := cyclonedx.Format.Encode(a, advisorytest.Publisher)
		if err == nil {
			err = check(b)
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if check([]byte(`{"bomFormat":"CycloneDX","specVersion":"1.6","vulnerabilities":[{"analysis":{"state":"broken"}}]}`)) == nil {
		t.Error("the schema takes anything")
	}
	rapid.Check(t, func(t *rapid.T) {
		b, err := cyclonedx.Format.Encode(advisorytest.Valid(t), advisorytest.Publisher)
		if err == nil {
			err = check(b)
		}
		if err != nil {
			t.Fatalf("%v\n%s", err, b)
		}
	})
}

// A new revision is a new version of the same document; another advisory is another
// document.
func TestSerialNumber(t *testing.T) {
	serial := func(change func(a *cvd.Advisory)) string {
		a := advisorytest.Example()
		change(a)
		b, err := cyclonedx.Format.Encode(a, advisorytest.Publisher)
		if err != nil {
			t.Fatal(err)
		}
		s, _ := advisorytest.Members(t, b)["serialNumber"].(string)
		return s
	}
	first := serial(func(*cvd.Advisory) {})
	if !strings.HasPrefix(first, "urn:uuid:") || len(first) != 45 || first[23] != '8' {
		t.Error(first)
	}
	if serial(func(a *cvd.Advisory) { a.Revision++; a.Title = "other" }) != first {
		t.Error("a revision is another document")
	}
	if serial(func(a *cvd.Advisory) { a.ID += "X" }) == first {
		t.Error("two advisories are one document")
	}
}

func TestCovers(t *testing.T) {
	var faults cvd.Faults
	if err := cyclonedx.Format.Covers(&cvd.Advisory{}, advisory.Publisher{}); !errors.As(err, &faults) || len(faults) != 4 {
		t.Errorf("%v", err)
	}
}

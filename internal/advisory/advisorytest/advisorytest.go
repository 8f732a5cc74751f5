// Package advisorytest holds what tests of advisory formats share: invented
// records, random ones, and what a document of each format says of a product's
// version. It never stands in the program.
package advisorytest

import (
	"bytes"
	"embed"
	"encoding/json"
	"path"
	"strings"
	"testing"

	"fairlead/internal/advisory"
	"fairlead/internal/cvd"
)

//go:embed records/*.json
var records embed.FS

// Publisher is who publishes the records: an invented house.
func Publisher() advisory.Publisher {
	return advisory.Publisher{
		Name: "Northern Lights", Namespace: "https://northern-lights.example.org", Contact: "security@northern-lights.example.org",
		Base: "https://advisories.northern-lights.example.org", OSVPrefix: "x_", Engine: "fairlead 0.0-test",
	}
}

// Records are varied records of invented products, by a short name: full, with
// two vulnerabilities, imported, withdrawn, and in another language.
func Records(t testing.TB) map[string]*cvd.Advisory {
	t.Helper()
	entries, err := records.ReadDir("records")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]*cvd.Advisory{}
	for _, e := range entries {
		b, err := records.ReadFile(path.Join("records", e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		d := json.NewDecoder(bytes.NewReader(b))
		d.DisallowUnknownFields()
		a := &cvd.Advisory{}
		if err := d.Decode(a); err != nil {
			t.Fatalf("%s: %v", e.Name(), err)
		}
		out[strings.TrimSuffix(e.Name(), ".json")] = a
	}
	return out
}

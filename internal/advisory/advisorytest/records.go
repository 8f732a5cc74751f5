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

// Records are varied records of invented products, by a short name: full, with
// two vulnerabilities, imported, withdrawn, and in another language.
func Records(t testing.TB) map[string]*cvd.Advisory {
	t.Helper()
	entries, err := records.ReadDir("records")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]*cvd.Advisory{"example": Example()}
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

// Translate adds a whole translation to a record, in which every text is the original
// behind the language's tag.
func Translate(a *cvd.Advisory, lang string) *cvd.Advisory {
	out := a.Clone()
	if out.Texts == nil {
		out.Texts = map[string]cvd.AdvisoryText{}
	}
	t := cvd.AdvisoryText{}
	for _, w := range advisory.Wordings(out, lang) {
		t.Parts = append(t.Parts, cvd.TextPart{Of: w.Own, Text: lang + ": " + w.Own})
	}
	out.Texts[lang] = t
	return out
}

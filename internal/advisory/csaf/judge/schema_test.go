package judge_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	gocsaf "github.com/gocsaf/csaf/v3/csaf"
	"pgregory.net/rapid"

	"fairlead/internal/advisory"
	"fairlead/internal/advisory/advisorytest"
	"fairlead/internal/advisory/csaf/judge"
)

// misshapen are the findings that the schema of the other program has too; it
// takes no members that it does not know, of which the standard only warns.
func misshapen(b []byte) []advisory.Finding {
	return slices.DeleteFunc(judge.Check(b), func(f advisory.Finding) bool {
		return f.Rule != "csaf-schema" && f.Rule != "csaf-6.1.8" && f.Rule != "csaf-6.2.20"
	})
}

// bySchema asks the published schema, as another program carries it.
func bySchema(t interface{ Fatal(...any) }, b []byte) []string {
	var doc any
	if err := json.Unmarshal(b, &doc); err != nil {
		t.Fatal(err)
	}
	said, err := gocsaf.ValidateCSAF(doc)
	if err != nil {
		t.Fatal(err)
	}
	return said
}

func TestShapeAgreesWithTheSchema(t *testing.T) {
	var files []string
	for _, pattern := range []string{"test/validator/data/*/*.json", "examples/csaf/*.json", "examples/csaf/*/*.json"} {
		more, err := filepath.Glob(filepath.Join(advisorytest.Shared(t, "oasis-csaf", "csaf_2.0"), pattern))
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, more...)
	}
	if len(files) < 240 {
		t.Fatalf("%d documents", len(files))
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if ours, theirs := misshapen(b), bySchema(t, b); (len(ours) > 0) != (len(theirs) > 0) {
			t.Errorf("%s: %v, but by the schema %v", filepath.Base(file), ours, theirs)
		}
	}
}

// A document that is whole is broken at one random place; the shape says so
// exactly where the schema does.
func TestShapeAgreesOnBrokenDocuments(t *testing.T) {
	goldens, err := filepath.Glob("../testdata/*.csaf*.json")
	if err != nil || len(goldens) == 0 {
		t.Fatal("no goldens", err)
	}
	var docs [][]byte
	for _, file := range goldens {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		docs = append(docs, b)
	}
	rapid.Check(t, func(t *rapid.T) {
		var doc any
		if err := json.Unmarshal(docs[rapid.IntRange(0, len(docs)-1).Draw(t, "document")], &doc); err != nil {
			t.Fatal(err)
		}
		at := spoil(t, doc, "")
		b, err := json.Marshal(doc)
		if err != nil {
			t.Fatal(err)
		}
		if ours, theirs := misshapen(b), bySchema(t, b); (len(ours) > 0) != (len(theirs) > 0) {
			t.Fatalf("spoilt at %s: %v, but by the schema %v", at, ours, theirs)
		}
	})
}

// spoil walks down to a random place and puts something else there.
func spoil(t *rapid.T, v any, at string) string {
	wrong := rapid.SampledFrom([]any{"", " ", "x", nil, 5.0, []any{}, map[string]any{}, []any{""}, true, "2026-02-30T00:00:00Z", "http://x y"})
	switch v := v.(type) {
	case map[string]any:
		var names []string
		for name := range v {
			names = append(names, name)
		}
		slices.Sort(names)
		name := rapid.SampledFrom(names).Draw(t, "member")
		switch rapid.IntRange(0, 5).Draw(t, "act") {
		case 0:
			delete(v, name)
		case 1:
			v[name] = wrong.Draw(t, "value")
		default:
			return spoil(t, v[name], at+"/"+name)
		}
		return at + "/" + name
	case []any:
		i := rapid.IntRange(0, len(v)-1).Draw(t, "item")
		if rapid.IntRange(0, 5).Draw(t, "act") == 0 {
			v[i] = wrong.Draw(t, "value")
			return at
		}
		return spoil(t, v[i], at)
	}
	return at
}

func TestCheckOfWhatIsNoDocument(t *testing.T) {
	for _, doc := range []string{"", "{", "{} {}", "\xff", strings.Repeat("[", 5000), `{"document":{}} x`, `{"a":1,"a":2}`, "[]", "null", `"x"`} {
		if found := judge.Check([]byte(doc)); len(found) == 0 || found[0].Level != advisory.LevelError {
			t.Errorf("%.20q: %+v", doc, found)
		}
	}
}

func FuzzCheck(f *testing.F) {
	goldens, err := filepath.Glob("../testdata/*.csaf*.json")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range goldens {
		b, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, one := range judge.Check(b) {
			if one.Rule == "" || one.Problem == "" || one.Remedy == "" {
				t.Errorf("%+v", one)
			}
		}
	})
}

package openvex

import (
	"bytes"
	"strings"
	"testing"

	"fairlead/internal/advisory"
	"fairlead/internal/advisory/advisorytest"
)

// What we write is faultless; what the published schema refuses, the check
// refuses: one break at a time.
func TestCheck(t *testing.T) {
	valid := advisorytest.Schema(t, "openvex", "openvex_json_schema.json")
	for name, a := range advisorytest.Records(t) {
		if Format.Covers(a, advisorytest.Publisher) != nil {
			continue
		}
		b, err := Format.Encode(a, advisorytest.Publisher)
		if err != nil {
			t.Fatal(err)
		}
		if found := Check(b); len(found) > 0 {
			t.Errorf("%s: %+v", name, found)
		}
	}
	good := []byte(`{"@context": "https://openvex.dev/ns/v0.2.0", "@id": "https://nls.example/vex", "author": "NLS", "timestamp": "2026-11-25T12:00:00Z", "version": 1,
		"statements": [{"@id": "https://nls.example/vex#1", "vulnerability": {"name": "CVE-2026-20001", "aliases": ["x"]}, "timestamp": "2026-11-25T12:00:00Z", "supplier": "s",
			"products": [{"@id": "pkg:golang/nls.example/g@v1", "identifiers": {"purl": "pkg:golang/nls.example/g@v1"}, "hashes": {"sha-256": "00"}, "subcomponents": [{"@id": "pkg:npm/a"}]}],
			"status": "not_affected", "justification": "component_not_present"}]}`)
	if found := Check(good); len(found) > 0 || valid(good) != nil {
		t.Fatalf("%+v, %v", found, valid(good))
	}
	for _, tt := range []struct{ old, new, rule string }{
		{`"version": 1,`, `"version": 0,`, "openvex-schema"},
		{`"author": "NLS", `, ``, "openvex-author"},
		{`"timestamp": "2026-11-25T12:00:00Z", "version"`, `"timestamp": "today", "version"`, "openvex-schema"},
		{`"@id": "https://nls.example/vex",`, ``, "openvex-schema"},
		{`"status": "not_affected"`, `"status": "safe"`, "openvex-schema"},
		{`"component_not_present"`, `"because"`, "openvex-schema"},
		{`, "justification": "component_not_present"`, ``, "openvex-status"},
		{`"status": "not_affected"`, `"status": "affected"`, "openvex-status"},
		{`"name": "CVE-2026-20001", `, ``, "openvex-schema"},
		{`"supplier"`, `"maker"`, "openvex-schema"},
		{`{"@id": "pkg:npm/a"}`, `{}`, "openvex-schema"},
		{`{"purl": "pkg:golang/nls.example/g@v1"}`, `{}`, "openvex-schema"},
		{`"statements": [`, `"statements": [], "others": [`, "openvex-schema"},
	} {
		doc := []byte(strings.Replace(string(good), tt.old, tt.new, 1))
		if bytes.Equal(doc, good) {
			t.Fatalf("%s is not in the document", tt.old)
		}
		if valid(doc) == nil {
			t.Errorf("the schema allows %s", tt.new)
		}
		hit := false
		for _, f := range Check(doc) {
			hit = hit || (f.Level == advisory.LevelError && f.Rule == tt.rule && f.Remedy != "")
		}
		if !hit {
			t.Errorf("%s: no %s among %+v", tt.new, tt.rule, Check(doc))
		}
	}
}

package advisory

import (
	"bytes"
	"encoding/json"
)

// Recognise names the format of a JSON document by its outermost members, or ""
// for one that is none we know. It reads no further, so a document of a known
// format may still be wrong.
func Recognise(doc []byte) string {
	var m map[string]json.RawMessage
	if json.Unmarshal(bytes.TrimPrefix(doc, []byte("\xef\xbb\xbf")), &m) != nil {
		return ""
	}
	has := func(names ...string) bool {
		for _, n := range names {
			if _, ok := m[n]; !ok {
				return false
			}
		}
		return true
	}
	switch {
	case has("dataType", "cveMetadata"):
		return "cve5"
	case has("document") && bytes.Contains(m["document"], []byte(`"csaf_version"`)):
		return "csaf"
	case has("@context") && bytes.Contains(m["@context"], []byte("openvex")):
		return "openvex"
	case has("bomFormat"):
		return "cyclonedx"
	case has("ghsa_id"):
		return "ghsa"
	case has("id", "modified"), has("id", "affected"), has("id", "schema_version"):
		return "osv"
	}
	return ""
}

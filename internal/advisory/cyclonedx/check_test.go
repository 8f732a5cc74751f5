package cyclonedx_test

import (
	"strings"
	"testing"

	"fairlead/internal/advisory"
	"fairlead/internal/advisory/advisorytest"
	"fairlead/internal/advisory/cyclonedx"
)

// fields are where a check found something of a level.
func fields(b []byte, level advisory.Level) string {
	var out []string
	for _, f := range cyclonedx.Check(b) {
		if f.Level == level {
			out = append(out, f.Field)
		}
	}
	return strings.Join(out, " ")
}

func TestCheckTakesOurOwn(t *testing.T) {
	for name, a := range advisorytest.Records(t) {
		b, err := cyclonedx.Format.Encode(a, advisorytest.Publisher)
		if err != nil {
			t.Fatal(err)
		}
		// A justification that the format has no word for leaves its readers guessing.
		if got := fields(b, advisory.LevelError); got != "" {
			t.Errorf("%s: %s", name, got)
		}
		if got := fields(b, advisory.LevelWarning); got != "" && name != "embedded" {
			t.Errorf("%s: warned of %s", name, got)
		}
	}
}

func TestCheck(t *testing.T) {
	const head = `{"bomFormat":"CycloneDX","specVersion":"1.6",`
	for doc, want := range map[string]struct{ errors, warnings string }{
		`nonsense`:                     {errors: ""},
		head + `"vulnerabilities":[]}`: {errors: "vulnerabilities"},
		`{"bomFormat":"x","specVersion":"9","version":0,"serialNumber":"1","metadata":{"timestamp":"now"}}`: {
			errors: "bomFormat specVersion serialNumber version metadata.timestamp vulnerabilities",
		},
		head + `"metadata":{"component":{"type":"firmware","name":"p","bom-ref":"p"},"tools":[{"name":"old"}]},
			"components":[{"type":"device","name":"d","bom-ref":"d","components":[{"type":"odd","bom-ref":"d"}]}],
			"vulnerabilities":[{"id":"CVE-2026-1","analysis":{"state":"exploitable"},"affects":[{"ref":"p"},{"ref":"d"},{"ref":"z"},{"ref":"urn:cdx:x"},{}]}]}`: {
			errors:   "components[0].components[0].type components[0].components[0].name components[0].components[0].bom-ref vulnerabilities[0].affects[4].ref",
			warnings: "vulnerabilities[0].affects[2].ref",
		},
		head + `"vulnerabilities":[{"ratings":[{"severity":"bad","method":"guess"}],"cwes":[0],"published":"x","analysis":{"state":"broken","justification":"none","response":["wait"]},
			"affects":[{"ref":"urn:cdx:x","versions":[{"status":"odd"},{"version":"1","range":"2"}]}]},{"analysis":{"state":"not_affected"}}]}`: {
			errors: "vulnerabilities[0].ratings[0].severity vulnerabilities[0].ratings[0].method vulnerabilities[0].cwes[0] vulnerabilities[0].published " +
				"vulnerabilities[0].analysis.state vulnerabilities[0].analysis.justification vulnerabilities[0].analysis.response[0] " +
				"vulnerabilities[0].affects[0].versions[0] vulnerabilities[0].affects[0].versions[0].status vulnerabilities[0].affects[0].versions[1]",
			warnings: "vulnerabilities[0].id vulnerabilities[1].id vulnerabilities[1].analysis vulnerabilities[1].affects",
		},
	} {
		if got := fields([]byte(doc), advisory.LevelError); got != want.errors {
			t.Errorf("%s\nerrors %s", doc, got)
		}
		if got := fields([]byte(doc), advisory.LevelWarning); got != want.warnings {
			t.Errorf("%s\nwarnings %s", doc, got)
		}
	}
}

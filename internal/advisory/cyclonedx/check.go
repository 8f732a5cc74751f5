package cyclonedx

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"fairlead/internal/advisory"
)

// checked are the members of a document that are looked at, whoever wrote it.
type checked struct {
	Format   string `json:"bomFormat"`
	Spec     string `json:"specVersion"`
	Serial   string `json:"serialNumber"`
	Version  *int   `json:"version"`
	Metadata struct {
		Timestamp string            `json:"timestamp"`
		Component *checkedComponent `json:"component"`
	} `json:"metadata"`
	Components      []checkedComponent     `json:"components"`
	Vulnerabilities []checkedVulnerability `json:"vulnerabilities"`
}

type checkedComponent struct {
	Ref        string             `json:"bom-ref"`
	Type       string             `json:"type"`
	Name       string             `json:"name"`
	Components []checkedComponent `json:"components"`
}

type checkedVulnerability struct {
	ID      string `json:"id"`
	Ratings []struct {
		Severity string `json:"severity"`
		Method   string `json:"method"`
	} `json:"ratings"`
	CWEs      []int     `json:"cwes"`
	Published string    `json:"published"`
	Updated   string    `json:"updated"`
	Rejected  string    `json:"rejected"`
	Analysis  *analysis `json:"analysis"`
	Affects   []affect  `json:"affects"`
}

// The words of CycloneDX 1.6.
var (
	specs = []string{"1.4", "1.5", "1.6"}
	urn   = regexp.MustCompile(`^urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)
	kinds = []string{
		"application", "framework", "library", "container", "platform", "operating-system", "device", "device-driver", "firmware", "file",
		"machine-learning-model", "data", "cryptographic-asset",
	}
	severities    = []string{"critical", "high", "medium", "low", "info", "none", "unknown"}
	ratingMethods = []string{"CVSSv2", "CVSSv3", "CVSSv31", "CVSSv4", "OWASP", "SSVC", "other"}
	analysed      = []string{"resolved", "resolved_with_pedigree", "exploitable", "in_triage", "false_positive", "not_affected"}
	excuses       = []string{
		"code_not_present", "code_not_reachable", "requires_configuration", "requires_dependency", "requires_environment", "protected_by_compiler",
		"protected_at_runtime", "protected_at_perimeter", "protected_by_mitigating_control",
	}
	answers  = []string{"can_not_fix", "will_not_fix", "update", "rollback", "workaround_available"}
	affected = []string{"affected", "unaffected", "unknown"}
)

// Check says what is wrong with what a CycloneDX document of 1.4 to 1.6 says of
// vulnerabilities. It does not check the rest of it against the format's schema, and
// says so.
func Check(b []byte) []advisory.Finding {
	c := &checking{refs: map[string]bool{}}
	var d checked
	r, err := advisory.Read(b, &d, time.Time{})
	if err != nil {
		c.Err("cyclonedx-schema", "", "is no readable JSON document", "write one CycloneDX document as UTF-8 JSON")
		return c.Findings
	}
	for _, f := range r.Faults {
		c.Err("cyclonedx-schema", f.Field, f.Problem, f.Remedy)
	}
	if d.Format != "CycloneDX" {
		c.Err("cyclonedx-schema", "bomFormat", "is not the format's", "write CycloneDX")
	}
	c.word("specVersion", d.Spec, specs, true)
	if d.Serial != "" && !urn.MatchString(d.Serial) {
		c.Err("cyclonedx-schema", "serialNumber", "is no UUID as a URN", "write it as urn:uuid: and the UUID in small letters")
	}
	if d.Version != nil && *d.Version < 1 {
		c.Err("cyclonedx-schema", "version", "is below 1", "count from 1, one more with each change")
	}
	c.instant("metadata.timestamp", d.Metadata.Timestamp)
	if one := d.Metadata.Component; one != nil {
		c.component("metadata.component", one)
	}
	for i := range d.Components {
		c.component(fmt.Sprintf("components[%d]", i), &d.Components[i])
	}
	if len(d.Vulnerabilities) == 0 {
		c.Err("cyclonedx-vex", "vulnerabilities", "is empty: a bill of materials is no advisory", "say something of a vulnerability")
	}
	for i := range d.Vulnerabilities {
		c.vulnerability(fmt.Sprintf("vulnerabilities[%d]", i), &d.Vulnerabilities[i])
	}
	c.Findings = append(c.Findings, advisory.Finding{Level: advisory.LevelInfo, Rule: "cyclonedx-part"})
	last := &c.Findings[len(c.Findings)-1]
	last.Problem, last.Remedy = "only what it says of vulnerabilities and their products was checked", "check the rest against the format's own schema"
	return c.Findings
}

type checking struct {
	advisory.Findings
	refs map[string]bool // of the components
}

func (c *checking) word(field, s string, words []string, needed bool) {
	if (s != "" || needed) && !slices.Contains(words, s) {
		c.Err("cyclonedx-schema", field, "is none of the format's words", "one of "+strings.Join(words, ", "))
	}
}

func (c *checking) instant(field, s string) {
	if s == "" {
		return
	}
	if _, err := time.Parse(time.RFC3339Nano, s); err != nil {
		c.Err("cyclonedx-schema", field, "is no RFC 3339 instant", "write it as 2026-11-25T12:00:00Z")
	}
}

func (c *checking) component(field string, one *checkedComponent) {
	c.word(field+".type", one.Type, kinds, true)
	if one.Name == "" {
		c.Err("cyclonedx-schema", field+".name", "is missing", "name the component")
	}
	if one.Ref != "" && c.refs[one.Ref] {
		c.Err("cyclonedx-schema", field+".bom-ref", "stands there twice", "give each component its own")
	}
	c.refs[one.Ref] = true
	for i := range one.Components {
		c.component(fmt.Sprintf("%s.components[%d]", field, i), &one.Components[i])
	}
}

func (c *checking) vulnerability(field string, v *checkedVulnerability) {
	if v.ID == "" {
		c.Warn("cyclonedx-vex", field+".id", "is missing, so nobody knows what it is about", "name the vulnerability, such as by its CVE id")
	}
	for i, r := range v.Ratings {
		c.word(fmt.Sprintf("%s.ratings[%d].severity", field, i), r.Severity, severities, false)
		c.word(fmt.Sprintf("%s.ratings[%d].method", field, i), r.Method, ratingMethods, false)
	}
	for i, n := range v.CWEs {
		if n < 1 {
			c.Err("cyclonedx-schema", fmt.Sprintf("%s.cwes[%d]", field, i), "is no CWE number", "write the number alone, such as 79")
		}
	}
	c.instant(field+".published", v.Published)
	c.instant(field+".updated", v.Updated)
	c.instant(field+".rejected", v.Rejected)
	if a := v.Analysis; a == nil || a.State == "" {
		c.Warn("cyclonedx-vex", field+".analysis.state", "is missing, so nobody knows what it comes to", "one of "+strings.Join(analysed, ", "))
	} else {
		c.word(field+".analysis.state", a.State, analysed, false)
		c.word(field+".analysis.justification", a.Justification, excuses, false)
		for i, s := range a.Response {
			c.word(fmt.Sprintf("%s.analysis.response[%d]", field, i), s, answers, true)
		}
		if a.State == "not_affected" && a.Justification == "" && a.Detail == "" {
			c.Warn("cyclonedx-vex", field+".analysis", "does not say why the products are not affected", "add a justification or a detail")
		}
	}
	if len(v.Affects) == 0 {
		c.Warn("cyclonedx-vex", field+".affects", "is empty, so nobody knows what it is about", "name the products")
	}
	for i := range v.Affects {
		c.affect(fmt.Sprintf("%s.affects[%d]", field, i), &v.Affects[i])
	}
}

func (c *checking) affect(field string, a *affect) {
	switch {
	case a.Ref == "":
		c.Err("cyclonedx-schema", field+".ref", "is missing", "write the bom-ref of a component, or a BOM-Link")
	case !c.refs[a.Ref] && !strings.HasPrefix(a.Ref, "urn:cdx:"):
		c.Warn("cyclonedx-vex", field+".ref", "is no component of this document", "write the bom-ref of a component, or a BOM-Link")
	}
	for i, v := range a.Versions {
		at := fmt.Sprintf("%s.versions[%d]", field, i)
		if (v.Version == "") == (v.Range == "") {
			c.Err("cyclonedx-schema", at, "has not just one of version and range", "write one of them")
		}
		c.word(at+".status", v.Status, affected, false)
	}
}

package cve5

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"fairlead/internal/advisory"
	"fairlead/internal/severity"
)

// Check says all that is wrong with a CVE record: as errors what the format 5.1.1
// or the delta of 5.2 forbids, as warnings what the CNA rules ask for besides. Of
// members that this program does not write it checks only that they are allowed.
func Check(b []byte) []advisory.Finding {
	c := &checking{}
	var d incoming
	r, err := advisory.Read(b, &d, time.Time{})
	if err != nil {
		c.Err("cve-schema", "", "is no readable JSON document", "write one CVE record as UTF-8 JSON")
		return c.Findings
	}
	for _, f := range r.Faults {
		c.Err("cve-schema", f.Field, f.Problem, f.Remedy)
	}
	c.unknown(r.Lost)
	c.head(&d)
	var m metadata
	if json.Unmarshal(d.Metadata, &m) == nil && m.State == rejected {
		c.texts("containers.cna.rejectedReasons", d.Containers.CNA.Reasons, true)
		for i, id := range d.Containers.CNA.ReplacedBy {
			if !cveID.MatchString(id) {
				c.Err("cve-id", fmt.Sprintf("containers.cna.replacedBy[%d]", i), "is no CVE id", "write it as CVE-2026-1234")
			}
		}
		return c.Findings
	}
	c.container(&d.Containers.CNA)
	return c.Findings
}

type checking struct{ advisory.Findings }

// others are members that the format allows and that are not looked into: by where
// they stand, and below them all.
var others = map[string][]string{
	"/containers":     {"adp"},
	"/containers/cna": {"dateAssigned", "cpeApplicability", "configurations", "tags", "taxonomyMappings"},
}

var deeper = []string{"supportingMedia", "capecId", "user", "references"}

// unknown refuses members that the format does not have, as far as its schema does.
func (c *checking) unknown(lost []advisory.Lost) {
	for _, l := range lost {
		parts := strings.Split(l.Pointer, "/")
		last, parent := parts[len(parts)-1], strings.Join(parts[:len(parts)-1], "/")
		if strings.HasPrefix(last, "x_") || slices.Contains(others[parent], last) || slices.Contains(deeper, last) {
			continue
		}
		c.Err("cve-schema", strings.ReplaceAll(strings.TrimPrefix(l.Pointer, "/"), "/", "."), "is no member of the format", "take it out, or begin its name with x_")
	}
}

func (c *checking) head(d *incoming) {
	if d.DataType != "CVE_RECORD" {
		c.Err("cve-schema", "dataType", "is not CVE_RECORD", "write CVE_RECORD")
	}
	if !strings.HasPrefix(d.DataVersion, "5.") {
		c.Err("cve-schema", "dataVersion", "is no version 5", "write "+Version)
	}
	var m metadata
	if json.Unmarshal(d.Metadata, &m) != nil {
		c.Err("cve-schema", "cveMetadata", "is missing or of another JSON type", "give id, assigner and state")
		return
	}
	if !cveID.MatchString(m.CVE) {
		c.Err("cve-id", "cveMetadata.cveId", "is no CVE id", "write it as CVE-2026-1234")
	}
	c.org("cveMetadata.assignerOrgId", m.Org)
	c.org("containers.cna.providerMetadata.orgId", d.Containers.CNA.Provider.Org)
	if m.State != published && m.State != rejected {
		c.Err("cve-schema", "cveMetadata.state", "is no state of a record", "PUBLISHED or REJECTED")
	}
	for field, at := range map[string]string{"dateReserved": m.Reserved, "datePublished": m.Published, "dateUpdated": m.Updated, "dateRejected": m.Rejected} {
		c.instant("cveMetadata."+field, at)
	}
}

func (c *checking) org(field, id string) {
	if !orgID.MatchString(id) {
		c.Err("cve-schema", field, "is no UUID of version 4", "write the organisation's UUID")
	} else if id == noOrg {
		c.Warn("cve-org", field, "is a placeholder", "whoever assigns the id puts the own UUID there")
	}
}

func (c *checking) instant(field, s string) {
	if s == "" {
		return
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999"} {
		if _, err := time.Parse(layout, s); err == nil {
			return
		}
	}
	c.Err("cve-schema", field, "is no instant", "write it as 2026-11-25T12:00:00.000Z")
}

func (c *checking) long(field, s string, limit int) {
	if n := utf8.RuneCountInString(s); n == 0 || n > limit {
		c.Err("cve-schema", field, fmt.Sprintf("is empty or longer than %d characters", limit), "shorten it, and link to the rest")
	}
}

func (c *checking) texts(field string, all []text, english bool) {
	has := false
	for i, t := range all {
		c.long(fmt.Sprintf("%s[%d].value", field, i), t.Value, maxText)
		has = has || (isEnglish(t.Lang) && t.Lang != "")
	}
	if english && !has {
		c.Err("cve-schema", field, "has no English text", "add one with lang en")
	}
	if len(unique(all)) != len(all) {
		c.Err("cve-schema", field, "says the same twice", "keep one")
	}
}

func (c *checking) container(in *container) {
	const at = "containers.cna."
	if in.Title != "" {
		c.long(at+"title", in.Title, maxTitle)
	}
	c.instant(at+"datePublic", in.Public)
	c.texts(at+"descriptions", in.Descriptions, true)
	for field, all := range map[string][]text{"solutions": in.Solutions, "workarounds": in.Workarounds, "exploits": in.Exploits} {
		c.texts(at+field, all, false)
	}
	if len(in.Affected) == 0 {
		c.Err("cve-schema", at+"affected", "is empty", "name a product")
	}
	some := false
	for i := range in.Affected {
		some = c.item(fmt.Sprintf("%saffected[%d]", at, i), &in.Affected[i]) || some
	}
	if !some && len(in.Affected) > 0 {
		c.Warn("cna-5.1.4", at+"affected", "names no product that is or may be affected", "name one, or reject the id")
	}
	cwe := false
	for _, p := range in.ProblemTypes {
		cwe = cwe || slices.ContainsFunc(p.Descriptions, func(w weakness) bool { return w.CWE != "" })
	}
	if !cwe {
		c.Warn("cna-5.1.7", at+"problemTypes", "names no CWE", "name the weakness")
	}
	c.references(at+"references", in.References)
	for i, m := range in.Metrics {
		c.metric(fmt.Sprintf("%smetrics[%d]", at, i), &m)
	}
	for i, one := range in.Credits {
		field := fmt.Sprintf("%scredits[%d]", at, i)
		c.long(field+".value", one.Value, maxText)
		if one.Type != "" && !slices.ContainsFunc(roles, func(r struct{ role, kind string }) bool { return r.role == one.Type }) {
			c.Err("cve-schema", field+".type", "is no type of credit", "use one of the format's, in lower case")
		}
	}
	for i, t := range in.Timeline {
		field := fmt.Sprintf("%stimeline[%d]", at, i)
		if c.instant(field+".time", t.Time); t.Time == "" || t.Lang == "" {
			c.Err("cve-schema", field, "lacks its time or its language", "give both")
		}
		c.long(field+".value", t.Value, maxText)
	}
}

// item reports whether the product is or may be affected.
func (c *checking) item(field string, in *affected) bool {
	if (in.Vendor == "" || in.Product == "") && (in.Collection == "" || in.Package == "") && in.PURL == "" {
		c.Err("cve-schema", field, "names neither vendor and product nor a package", "give vendor and product, or collectionURL and packageName")
	}
	if in.Default == "" && len(in.Versions) == 0 {
		c.Err("cve-schema", field, "has neither versions nor a default status", "say which versions are affected")
	}
	if strings.Contains(strings.TrimPrefix(in.PURL, "pkg:"), "@") && !strings.HasPrefix(in.PURL, "pkg:swid/") {
		c.Err("cve-purl", field+".packageURL", "has a version", "leave the version to versions")
	}
	states := []string{statusAffected, statusUnaffected, statusUnknown}
	some := in.Default == statusAffected || in.Default == statusUnknown
	if in.Default != "" && !slices.Contains(states, in.Default) {
		c.Err("cve-schema", field+".defaultStatus", "is no status", "affected, unaffected or unknown")
	}
	for i, v := range in.Versions {
		at := fmt.Sprintf("%s.versions[%d]", field, i)
		if v.Version == "" || !slices.Contains(states, v.Status) {
			c.Err("cve-schema", at, "lacks its version or its status", "give both")
		}
		switch {
		case v.Less != "" && v.LessEqual != "":
			c.Err("cve-schema", at, "ends twice", "keep lessThan or lessThanOrEqual")
		case (v.Less != "" || v.LessEqual != "" || len(v.Changes) > 0) && v.Type == "":
			c.Err("cve-schema", at+".versionType", "is missing, and a range needs it", "name the numbering, such as semver")
		case v.Less != "" && v.Less == v.Version:
			c.Warn("cve-versions", at, "holds no version: it ends where it begins", "put the first unaffected version into lessThan")
		}
		some = some || v.Status != statusUnaffected
	}
	return some
}

func (c *checking) references(field string, all []reference) {
	if len(all) == 0 || len(all) > maxReferences {
		c.Err("cve-schema", field, fmt.Sprintf("has none or more than %d", maxReferences), "name the public advisory")
	}
	seen := map[string]bool{}
	for i, r := range all {
		at := fmt.Sprintf("%s[%d]", field, i)
		if u, err := url.Parse(r.URL); err != nil || u.Scheme == "" || len(r.URL) > maxURL {
			c.Err("cve-schema", at+".url", fmt.Sprintf("is no absolute URL of at most %d characters", maxURL), "write it with its scheme")
		}
		if seen[r.URL] {
			c.Warn("cve-references", at, "is there twice", "keep one")
		}
		seen[r.URL] = true
	}
}

// metric holds number and band of an object against its vector.
func (c *checking) metric(field string, m *metric) {
	for i, raw := range []json.RawMessage{m.V31, m.V40} {
		if len(raw) == 0 {
			continue
		}
		at := field + []string{".cvssV3_1", ".cvssV4_0"}[i]
		var said struct {
			Vector   string  `json:"vectorString"`
			Score    float64 `json:"baseScore"`
			Severity string  `json:"baseSeverity"`
		}
		if json.Unmarshal(raw, &said) != nil {
			c.Err("cve-schema", at, "is of another JSON type than the format says", "write it as FIRST's schema has it")
			continue
		}
		s, err := severity.Parse(said.Vector)
		if err != nil || s.Version != []string{"3.1", "4.0"}[i] {
			c.Err("cve-cvss", at+".vectorString", "is no vector of this version", "make it anew with a calculator")
			continue
		}
		base, members := base31, members31
		if i == 1 {
			base, members = base40, members40
		}
		var want struct {
			Score    float64 `json:"baseScore"`
			Severity string  `json:"baseSeverity"`
		}
		if json.Unmarshal(object(s, members, base), &want) != nil || want.Score != said.Score || want.Severity != said.Severity {
			if i == 1 && s.Score == said.Score && strings.EqualFold(string(s.Band), said.Severity) {
				continue // version 4.0 has one score, and some write that of the whole vector
			}
			c.Err("cve-cvss", at, "has a base score or severity that its vector does not give", "compute both from the base metrics")
		}
	}
}

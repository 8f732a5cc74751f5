package cve5

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"fairlead/internal/advisory"
	"fairlead/internal/cvd"
	"fairlead/internal/severity"
)

// incoming is a record as it is read: with what is only kept.
type incoming struct {
	DataType    string          `json:"dataType"`
	DataVersion string          `json:"dataVersion"`
	Metadata    json.RawMessage `json:"cveMetadata"`
	Containers  struct {
		CNA container `json:"cna"`
	} `json:"containers"`
}

// decode reads a published or a rejected record of any version 5. Containers of
// others than the CNA are listed, and kept.
func decode(b []byte, now time.Time) (*cvd.Advisory, []advisory.Lost, error) {
	var d incoming
	r, err := advisory.Read(b, &d, now)
	if err != nil {
		return nil, nil, err
	}
	var m metadata
	if err := json.Unmarshal(d.Metadata, &m); err != nil {
		r.Fault("cveMetadata", "is missing or of another JSON type", "write it as the format's schema has it")
	}
	if d.DataType != "CVE_RECORD" {
		r.Fault("dataType", "is not CVE_RECORD", "give a CVE record of version 5")
	}
	if !cveID.MatchString(m.CVE) {
		r.Fault("cveMetadata.cveId", "is no CVE id", "write it as CVE-2026-1234")
	}
	a := &cvd.Advisory{
		ID: cvd.AdvisoryID(m.CVE), Published: r.Time("cveMetadata.datePublished", m.Published), Modified: r.Time("cveMetadata.dateUpdated", m.Updated),
	}
	r.Keep(keptMeta, d.Metadata)
	c := &d.Containers.CNA
	if m.State == rejected {
		readRejected(r, a, &m, c)
	} else {
		readPublished(r, a, c)
	}
	if err := r.Faults.Err(); err != nil {
		return nil, r.Losses(), err
	}
	r.Dates(a)
	a.Source = r.Source(name, d.DataVersion)
	return a, r.Losses(), nil
}

func readRejected(r *advisory.Reading, a *cvd.Advisory, m *metadata, c *container) {
	r.Keep(keptState, json.RawMessage(`"`+rejected+`"`))
	a.Withdrawn = r.Time("cveMetadata.dateRejected", m.Rejected)
	for _, at := range []time.Time{a.Modified, a.Published} {
		if a.Withdrawn.IsZero() {
			a.Withdrawn = at
		}
	}
	a.Title, a.Related = m.CVE, c.ReplacedBy
	a.Why = words(r, "/containers/cna/rejectedReasons", c.Reasons)
	a.Vulnerabilities = []cvd.Vulnerability{{CVE: m.CVE}}
	if a.Withdrawn.IsZero() {
		r.Fault("cveMetadata.dateRejected", "is missing", "say when the id was rejected")
	}
}

func readPublished(r *advisory.Reading, a *cvd.Advisory, c *container) {
	a.Title = c.Title
	v := cvd.Vulnerability{CVE: string(a.ID), Disclosed: r.Time("containers.cna.datePublic", c.Public)}
	readTexts(r, a, c.Descriptions)
	for i := range c.Affected {
		readItem(r, a, &v, i, &c.Affected[i])
	}
	for i, p := range c.ProblemTypes {
		for j, w := range p.Descriptions {
			switch {
			case w.CWE == "":
				lose(r, advisory.Pointer("containers", "cna", "problemTypes", i, "descriptions", j), w, "it names no CWE")
			case !slices.Contains(v.CWE, w.CWE):
				v.CWE = append(v.CWE, w.CWE)
			}
		}
	}
	for i, m := range c.Metrics {
		readMetric(r, &v, i, m)
	}
	var impacts []text
	for _, i := range c.Impacts {
		impacts = append(impacts, i.Descriptions...)
	}
	v.Impact = words(r, "/containers/cna/impacts", impacts)
	v.Exploited = words(r, "/containers/cna/exploits", c.Exploits)
	for _, kind := range []struct {
		kind  cvd.RemedyKind
		name  string
		texts []text
	}{{cvd.RemedyFix, "solutions", c.Solutions}, {cvd.RemedyWorkaround, "workarounds", c.Workarounds}} {
		for i, t := range kind.texts {
			if !isEnglish(t.Lang) {
				lose(r, advisory.Pointer("containers", "cna", kind.name, i), t, "it is in another language")
				continue
			}
			v.Remedies = append(v.Remedies, cvd.Remedy{Kind: kind.kind, Text: t.Value})
		}
	}
	a.Vulnerabilities = []cvd.Vulnerability{v}
	readRest(r, a, c)
	if a.Title == "" {
		a.Title = headline(a.Details, string(a.ID))
		r.Keep(keptTitle, json.RawMessage("null"))
	}
	if len(c.Source) > 0 {
		r.Keep(keptSource, c.Source)
	}
}

// lose lists something and keeps it.
func lose(r *advisory.Reading, pointer string, v any, why string) {
	if b, err := json.Marshal(v); err == nil {
		r.Keep(pointer, b)
	}
	r.Lose(pointer, why+"; it is kept beside the source")
}

// words joins the English texts; those of other languages are listed.
func words(r *advisory.Reading, pointer string, all []text) string {
	var out []string
	for i, t := range all {
		if isEnglish(t.Lang) {
			out = append(out, t.Value)
			continue
		}
		lose(r, pointer+advisory.Pointer(i), t, "it is in another language")
	}
	return strings.Join(out, "\n\n")
}

func readTexts(r *advisory.Reading, a *cvd.Advisory, all []text) {
	for i, t := range all {
		switch {
		case isEnglish(t.Lang) && a.Details != "":
			a.Details += "\n\n" + t.Value
		case isEnglish(t.Lang):
			a.Details = t.Value
		case a.Texts[t.Lang].Details != "":
			lose(r, advisory.Pointer("containers", "cna", "descriptions", i), t, "the language has a text already")
		default:
			if a.Texts == nil {
				a.Texts = map[string]cvd.AdvisoryText{}
			}
			a.Texts[t.Lang] = cvd.AdvisoryText{Details: t.Value}
		}
	}
}

// headline makes a title of a text without one: its first sentence or line,
// shortened to 120 bytes at a blank.
func headline(s, id string) string {
	const limit = 120
	s, _, _ = strings.Cut(strings.TrimSpace(s), "\n")
	if at := strings.Index(s, ". "); at > 0 {
		s = s[:at]
	}
	if len(s) > limit {
		at := strings.LastIndexByte(s[:limit], ' ')
		if at <= 0 {
			return id
		}
		s = s[:at] + "…"
	}
	if s == "" {
		return id
	}
	return s
}

func readMetric(r *advisory.Reading, v *cvd.Vulnerability, i int, m metric) {
	at := advisory.Pointer("containers", "cna", "metrics", i)
	for j, s := range m.Scenarios {
		if s.Value != "GENERAL" {
			lose(r, at+advisory.Pointer("scenarios", j), s, "the record rates without scenarios")
		}
	}
	for _, one := range []struct {
		name string
		raw  json.RawMessage
	}{{"cvssV4_0", m.V40}, {"cvssV3_1", m.V31}, {"cvssV3_0", m.V30}, {"cvssV2_0", m.V20}, {"other", m.Other}} {
		if len(one.raw) == 0 {
			continue
		}
		var said struct {
			Vector string `json:"vectorString"`
		}
		err := json.Unmarshal(one.raw, &said)
		if err == nil {
			_, err = severity.Parse(said.Vector)
		}
		if err != nil {
			lose(r, at+advisory.Pointer(one.name), one.raw, "no CVSS 3.1 or 4.0 vector")
			continue
		}
		if !slices.ContainsFunc(v.Scores, func(s cvd.AdvisoryScore) bool { return s.Vector == said.Vector }) {
			v.Scores = append(v.Scores, cvd.AdvisoryScore{Vector: said.Vector})
		}
	}
}

func readRest(r *advisory.Reading, a *cvd.Advisory, c *container) {
	for i, ref := range c.References {
		out := cvd.Reference{Kind: kindOf(ref.Tags), URL: ref.URL, Text: ref.Name}
		if !r.Reference(advisory.Pointer("containers", "cna", "references", i, "url"), ref.URL) {
			continue
		}
		if b, err := json.Marshal(ref.Tags); err == nil && len(ref.Tags) > 0 {
			r.Keep(keptTags(len(a.References)), b)
		}
		a.References = append(a.References, out)
	}
	for _, cr := range c.Credits {
		out := cvd.AdvisoryCredit{Name: cr.Value}
		for _, role := range roles {
			if role.role == cr.Type {
				out.Kind = role.kind
			}
		}
		a.Credits = append(a.Credits, out)
	}
	for i, t := range c.Timeline {
		at := r.Time("containers.cna.timeline", t.Time)
		if !isEnglish(t.Lang) {
			lose(r, advisory.Pointer("containers", "cna", "timeline", i), t, "it is in another language")
			continue
		}
		a.Timeline = append(a.Timeline, cvd.Milestone{At: at, Text: t.Value})
	}
}

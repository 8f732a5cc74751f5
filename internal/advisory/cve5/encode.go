package cve5

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"fairlead/internal/advisory"
	"fairlead/internal/advisory/cwe"
	"fairlead/internal/cvd"
)

// Members that are kept of a record that was read, and written again.
const (
	keptState  = "/cveMetadata/state"
	keptMeta   = "/cveMetadata"
	keptSource = "/containers/cna/source"
	keptTitle  = "/containers/cna/title" // null: it had none
)

func encode(a *cvd.Advisory, p advisory.Publisher) ([]byte, error) {
	if wasRejected(a) {
		return encodeRejected(a, p)
	}
	if err := covers(a, p); err != nil {
		return nil, err
	}
	a = split(advisory.Cleared(a), p)[0].Record
	v := &a.Vulnerabilities[0]
	if withdrawn(a) {
		return reject(a, p, v.CVE, a.Why, nil)
	}
	r := record{DataType: "CVE_RECORD", DataVersion: Version, Metadata: meta(a, p, v.CVE)}
	r.Metadata.State, r.Metadata.Published, r.Metadata.Updated = published, instant(a.Published), instant(a.Modified)
	r.Containers.CNA = cna(a, v, p)
	return advisory.Marshal(r)
}

// meta names the id and its assigner: whoever it was in a record that was read.
func meta(a *cvd.Advisory, p advisory.Publisher, cve string) metadata {
	m := metadata{CVE: cve, Org: p.CVEOrg, Short: p.CVEShort}
	if !orgID.MatchString(m.Org) || (a.Source != nil && !from(a)) { // an id of others was not assigned by the publisher
		m.Org, m.Short = noOrg, ""
	}
	if from(a) {
		var was metadata
		if json.Unmarshal(a.Source.Kept[keptMeta], &was) == nil && orgID.MatchString(was.Org) {
			m.Org, m.Short, m.Reserved, m.Published = was.Org, was.Short, was.Reserved, was.Published
		}
	}
	return m
}

// Container is the CNA container of one of the advisory's CVE ids, as CVE Services
// take it under "cnaContainer". It is a cvd.ErrNotFound for an id that is not the
// advisory's, and a cvd.ErrNotReady for what no container can say.
func Container(a *cvd.Advisory, cve string, p advisory.Publisher) ([]byte, error) {
	for _, part := range split(advisory.Cleared(a), p) {
		if part.Name != cve || len(part.Record.Vulnerabilities) == 0 {
			continue
		}
		v := &part.Record.Vulnerabilities[0]
		if err := sayable(part.Record, v, p); err != nil {
			return nil, err
		}
		return advisory.Marshal(cna(part.Record, v, p))
	}
	return nil, fmt.Errorf("%w: the advisory has no such CVE id", cvd.ErrNotFound)
}

// Rejected is the CNA container that rejects an id: the reason in English and the
// ids that stand in its place, if any (CNA rules 4.5.3).
func Rejected(reason string, replacedBy []string, p advisory.Publisher) ([]byte, error) {
	var faults cvd.Faults
	if n := utf8.RuneCountInString(reason); strings.TrimSpace(reason) == "" || n > maxText {
		faults = append(faults, cvd.Fault{Field: "reason", Problem: fmt.Sprintf("is missing or longer than %d characters", maxText), Remedy: "say in a sentence why the id is not used"})
	}
	for i, id := range replacedBy {
		if !cveID.MatchString(id) {
			faults = append(faults, cvd.Fault{Field: fmt.Sprintf("replaced_by[%d]", i), Problem: "is no CVE id", Remedy: "write it as CVE-2026-1234"})
		}
	}
	if err := faults.Err(); err != nil {
		return nil, err
	}
	m := meta(&cvd.Advisory{}, p, "")
	return advisory.Marshal(container{Provider: provider{Org: m.Org, Short: m.Short}, Reasons: []text{{"en", reason}}, ReplacedBy: replacedBy})
}

func encodeRejected(a *cvd.Advisory, p advisory.Publisher) ([]byte, error) {
	return reject(a, p, string(a.ID), a.Why, a.Related)
}

// reject writes the record of a rejected id, which says nothing of what it was.
func reject(a *cvd.Advisory, p advisory.Publisher, cve, reason string, replacedBy []string) ([]byte, error) {
	r := record{DataType: "CVE_RECORD", DataVersion: Version, Metadata: meta(a, p, cve)}
	r.Metadata.State, r.Metadata.Rejected, r.Metadata.Updated = rejected, instant(a.Withdrawn), instant(a.Modified)
	if a.Source == nil {
		r.Metadata.Published = instant(a.Published)
	}
	if reason = cut(reason, maxText); reason == "" {
		reason = noReason
	}
	r.Containers.CNA = container{
		Provider: provider{Org: r.Metadata.Org, Short: r.Metadata.Short}, Reasons: []text{{"en", reason}}, ReplacedBy: replacedBy,
	}
	return advisory.Marshal(r)
}

// instant writes milliseconds, without which some clients refuse the record.
func instant(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05.000Z")
}

// cut shortens a text to a number of characters, at a blank if there is one near.
func cut(s string, limit int) string {
	s = strings.TrimSpace(s)
	if utf8.RuneCountInString(s) <= limit {
		return s
	}
	runes := []rune(s)[:limit-1]
	for i := len(runes) - 1; i > limit*3/4; i-- {
		if runes[i] == ' ' || runes[i] == '\n' {
			runes = runes[:i]
			break
		}
	}
	return strings.TrimSpace(string(runes)) + "…"
}

func cna(a *cvd.Advisory, v *cvd.Vulnerability, p advisory.Publisher) container {
	m := meta(a, p, v.CVE)
	lang := a.Lang
	if lang == "" {
		lang = "en"
	}
	c := container{
		Provider: provider{Org: m.Org, Short: m.Short}, Title: title(a), Public: instant(v.Disclosed),
		Descriptions: descriptions(a, v), Affected: affects(a, v, p), References: references(a, v, p), Metrics: metrics(v), Credits: credits(a, lang),
	}
	if c.Public == "" {
		c.Public = instant(a.Published)
	}
	for _, id := range unique(v.CWE) {
		if !cweID.MatchString(id) {
			continue
		}
		said := id
		if w, known := cwe.Find(id); known {
			said += " " + w.Name
		}
		c.ProblemTypes = append(c.ProblemTypes, problem{[]weakness{{Lang: "en", CWE: id, Description: said, Type: "CWE"}}})
	}
	if said := texts(lang, v.Impact); len(said) > 0 && isEnglish(lang) { // the format wants impacts in English
		c.Impacts = []impact{{said}}
	}
	for _, r := range v.Remedies {
		switch r.Kind {
		case cvd.RemedyWorkaround, cvd.RemedyMitigation:
			c.Workarounds = append(c.Workarounds, texts(lang, r.Text)...)
		default:
			c.Solutions = append(c.Solutions, texts(lang, r.Text)...)
		}
	}
	c.Workarounds, c.Solutions, c.Exploits = unique(c.Workarounds), unique(c.Solutions), texts(lang, v.Exploited)
	for _, t := range a.Timeline {
		one := moment{instant(t.At), lang, cut(t.Text, maxText)}
		if one.Value != "" && one.Time != "" && !slices.Contains(c.Timeline, one) {
			c.Timeline = append(c.Timeline, one)
		}
	}
	c.Source, c.Generator = origin(a, v, p)
	return c
}

// texts is one text, or none.
func texts(lang, s string) []text {
	if s = cut(s, maxText); s == "" {
		return nil
	}
	return []text{{lang, s}}
}

func unique[T comparable](list []T) []T {
	var out []T
	for _, one := range list {
		if !slices.Contains(out, one) {
			out = append(out, one)
		}
	}
	return out
}

// english is the words of the advisory in English, which every record must have
// (CNA rules 5.2), and which language they are.
func english(a *cvd.Advisory) (cvd.AdvisoryText, string, bool) {
	if isEnglish(a.Lang) {
		return cvd.AdvisoryText{Title: a.Title, Overview: a.Overview, Details: a.Details}, a.Lang, true
	}
	for _, lang := range slices.Sorted(maps.Keys(a.Texts)) {
		if isEnglish(lang) {
			return worded(a, lang), lang, true
		}
	}
	return cvd.AdvisoryText{}, "", false
}

// worded is the words of the whole advisory in another language.
func worded(a *cvd.Advisory, lang string) cvd.AdvisoryText {
	t := a.Texts[lang]
	return cvd.AdvisoryText{
		Title: first(advisory.Say(a, lang, a.Title), t.Title), Overview: first(advisory.Say(a, lang, a.Overview), t.Overview),
		Details: first(advisory.Say(a, lang, a.Details), t.Details),
	}
}

func isEnglish(lang string) bool {
	return lang == "" || lang == "en" || strings.HasPrefix(lang, "en-") || strings.HasPrefix(lang, "en_")
}

func title(a *cvd.Advisory) string {
	t, _, _ := english(a)
	if from(a) {
		if _, none := a.Source.Kept[keptTitle]; none && t.Title == headline(t.Details, string(a.ID)) {
			return ""
		}
	}
	return cut(t.Title, maxTitle)
}

// descriptions says what the flaw is: English first, then the other languages.
// The vulnerability's own words come before those of the whole advisory.
func descriptions(a *cvd.Advisory, v *cvd.Vulnerability) []text {
	t, tag, _ := english(a)
	own := v.Description
	if !isEnglish(a.Lang) {
		own = advisory.Say(a, tag, v.Description)
	}
	var out []text
	for _, s := range []string{own, t.Overview, t.Details, t.Title} {
		if out = texts("en", s); len(out) > 0 {
			break
		}
	}
	if !isEnglish(a.Lang) {
		out = append(out, texts(a.Lang, first(v.Description, a.Overview, a.Details))...)
	}
	for _, lang := range slices.Sorted(maps.Keys(a.Texts)) {
		if !isEnglish(lang) && lang != a.Lang {
			w := worded(a, lang)
			out = append(out, texts(lang, first(advisory.Say(a, lang, v.Description), w.Overview, w.Details))...)
		}
	}
	return out
}

func first(all ...string) string {
	for _, s := range all {
		if strings.TrimSpace(s) != "" {
			return s
		}
	}
	return ""
}

func references(a *cvd.Advisory, v *cvd.Vulnerability, p advisory.Publisher) []reference {
	var out []reference
	add := func(r reference) {
		if !advisory.IsURI(r.URL) || len(r.URL) > maxURL || len(out) == maxReferences ||
			slices.ContainsFunc(out, func(o reference) bool { return o.URL == r.URL }) {
			return
		}
		out = append(out, r)
	}
	if page := advisory.Page(a, p); page != "" {
		add(reference{URL: page, Name: string(a.ID), Tags: []string{"vendor-advisory"}})
	}
	for i, r := range a.References {
		add(reference{r.URL, cut(r.Text, maxVendor), tagsOf(a, i, p)})
	}
	for _, r := range v.Remedies {
		if r.Kind == cvd.RemedyFix {
			add(reference{URL: r.URL, Tags: []string{"patch"}})
		}
	}
	return out
}

// tagsOf says a reference's kind in the format's tags: those that it was read with,
// as long as they say the same.
func tagsOf(a *cvd.Advisory, i int, p advisory.Publisher) []string {
	r := a.References[i]
	if from(a) {
		var kept []string
		if json.Unmarshal(a.Source.Kept[keptTags(i)], &kept) == nil && len(kept) > 0 && kindOf(kept) == r.Kind {
			return kept
		}
	}
	for _, t := range tags {
		if t.kind != r.Kind {
			continue
		}
		if r.Kind == "ADVISORY" && a.Source == nil && !sameHost(r.URL, p) {
			return []string{"third-party-advisory"}
		}
		return []string{t.tag}
	}
	return nil
}

func keptTags(i int) string { return advisory.Pointer("containers", "cna", "references", i, "tags") }

// kindOf is the kind of reference that its tags mean.
func kindOf(all []string) string {
	for _, t := range tags {
		if slices.Contains(all, t.tag) {
			return t.kind
		}
	}
	return "WEB"
}

func sameHost(link string, p advisory.Publisher) bool {
	u, err := url.Parse(link)
	if err != nil {
		return false
	}
	for _, own := range []string{p.Base, p.Namespace} {
		if o, err := url.Parse(own); err == nil && o.Host != "" && o.Host == u.Host {
			return true
		}
	}
	return false
}

func credits(a *cvd.Advisory, lang string) []credit {
	var out []credit
	for _, c := range a.Credits {
		one := credit{Lang: lang, Value: c.Name}
		switch {
		case c.Name == "":
			one.Value = c.Organisation
		case c.Organisation != "":
			one.Value += " (" + c.Organisation + ")"
		}
		if one.Value = cut(one.Value, maxText); one.Value == "" {
			continue
		}
		for _, r := range roles {
			if r.kind == c.Kind {
				one.Type = r.role
			}
		}
		out = append(out, one)
	}
	return unique(out)
}

// origin names the advisory and our own numbers for the flaw.
func origin(a *cvd.Advisory, v *cvd.Vulnerability, p advisory.Publisher) (source, generator json.RawMessage) {
	if p.Engine != "" {
		generator, _ = json.Marshal(map[string]string{"engine": p.Engine})
	}
	if from(a) {
		return a.Source.Kept[keptSource], generator
	}
	said := struct {
		Advisory string   `json:"advisory"`
		Defects  []string `json:"defects,omitempty"`
	}{Advisory: string(a.ID)}
	for _, f := range v.IDs {
		said.Defects = append(said.Defects, f.ID)
	}
	source, _ = json.Marshal(said)
	return source, generator
}

// Package osv writes and reads advisories in the Open Source Vulnerability
// format, schema 1.7.
//
// It never judges an advisory and never completes one: what the record does not
// say the document does not say, and what a document says that the record cannot
// hold is listed.
package osv

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"sync"

	"fairlead/internal/advisory"
	"fairlead/internal/advisory/ecosystem"
	"fairlead/internal/cvd"
)

// Schema is the version that written documents follow.
const Schema = "1.7.5"

const name = "osv"

// Format is OSV. An advisory that speaks of several vulnerabilities becomes one
// document each, for aliases are names of one and the same flaw (OSV schema,
// aliases): number 1 keeps the advisory's id, the others have their number behind
// it, such as "-2", and each names the others as related. One that the advisory no
// longer speaks of is withdrawn. A record with one
// vulnerability and several CVE ids among its aliases says that they are one
// flaw, and stays one document.
var Format = advisory.Format{
	Name: name, Media: "application/json", Ext: ".json",
	Covers: covers, Split: split, File: file, Encode: encode, Decode: decode, Check: Check,
}

// document is an OSV record, in the order in which the schema lists the members.
type document struct {
	SchemaVersion    string          `json:"schema_version,omitempty"`
	ID               string          `json:"id"`
	Modified         string          `json:"modified"`
	Published        string          `json:"published,omitempty"`
	Withdrawn        string          `json:"withdrawn,omitempty"`
	Aliases          []string        `json:"aliases,omitempty"`
	Upstream         []string        `json:"upstream,omitempty"`
	Related          []string        `json:"related,omitempty"`
	Summary          string          `json:"summary,omitempty"`
	Details          string          `json:"details,omitempty"`
	Severity         []score         `json:"severity,omitempty"`
	Affected         []affected      `json:"affected,omitempty"`
	References       []reference     `json:"references,omitempty"`
	Credits          []credit        `json:"credits,omitempty"`
	DatabaseSpecific json.RawMessage `json:"database_specific,omitempty"`
}

type score struct {
	Type  string `json:"type"`
	Score string `json:"score"`
}

type affected struct {
	Package           *pack           `json:"package,omitempty"`
	Severity          []score         `json:"severity,omitempty"`
	Ranges            []span          `json:"ranges,omitempty"`
	Versions          []string        `json:"versions,omitempty"`
	EcosystemSpecific json.RawMessage `json:"ecosystem_specific,omitempty"`
	DatabaseSpecific  json.RawMessage `json:"database_specific,omitempty"`
}

type pack struct {
	Ecosystem string `json:"ecosystem"`
	Name      string `json:"name"`
	PURL      string `json:"purl,omitempty"`
}

type span struct {
	Type             string          `json:"type"`
	Repo             string          `json:"repo,omitempty"`
	Events           []event         `json:"events"`
	DatabaseSpecific json.RawMessage `json:"database_specific,omitempty"`
}

type event struct {
	Introduced   string `json:"introduced,omitempty"`
	Fixed        string `json:"fixed,omitempty"`
	LastAffected string `json:"last_affected,omitempty"`
	Limit        string `json:"limit,omitempty"`
}

type reference struct {
	Type string `json:"type"`
	URL  string `json:"url"`
}

type credit struct {
	Name    string   `json:"name"`
	Contact []string `json:"contact,omitempty"`
	Type    string   `json:"type,omitempty"`
}

// prefixes are those of databases registered at OSV (schema 1.7.5,
// validation/schema.json, $defs/prefix, as of 2026-07-01), and x_ for all others.
var prefixes = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(?:x_|(?:ASB-A|PUB-A|ALPINE|ALSA|ALBA|ALEA|AZL|BELL|BIT|CGA|CLEANSTART|CLSA|CURL|CVE|DEBIAN|DHI|DRUPAL|DSA|DLA|ELA|DTSA|ECHO|EEF|` +
		`FreeBSD|GHSA|GO|GSD|HSEC|JLSEC|KUBE|LBSEC|LSN|MAL|MINI|MGASA|OESA|OSEC|OSV|openSUSE-SU|PHSA|PSF|PYSEC|RHBA|RHEA|RHSA|RLSA|RXSA|RSEC|ROOT|RUSTSEC|` +
		`SUSE-[SRFO]U|UBUNTU|USN|V8)-)`)
})

var (
	referenceKinds = []string{"ADVISORY", "ARTICLE", "DETECTION", "DISCUSSION", "REPORT", "FIX", "INTRODUCED", "GIT", "PACKAGE", "EVIDENCE", "WEB"}
	creditKinds    = []string{
		"FINDER", "REPORTER", "ANALYST", "COORDINATOR", "REMEDIATION_DEVELOPER", "REMEDIATION_REVIEWER", "REMEDIATION_VERIFIER",
		"TOOL", "SPONSOR", "OTHER",
	}
	rangeKinds = []string{string(cvd.RangeSemver), string(cvd.RangeEcosystem), string(cvd.RangeGit)}
)

// ID is the id under which an advisory stands in OSV: its own where a registered
// database or x_ begins it, else with the publisher's prefix before it.
func ID(id cvd.AdvisoryID, p advisory.Publisher) string {
	if prefixes().MatchString(string(id)) {
		return string(id)
	}
	prefix := p.OSVPrefix
	if prefix == "" {
		prefix = "x_"
	}
	return prefix + string(id)
}

// docID is the id of the document about a record's first vulnerability: behind that of
// the advisory stands the number of all but its number 1.
func docID(a *cvd.Advisory, p advisory.Publisher) string {
	id := ID(a.ID, p)
	if len(a.Vulnerabilities) > 0 && advisory.Number(a, 0) > 1 {
		id += "-" + strconv.Itoa(advisory.Number(a, 0))
	}
	return id
}

func file(a *cvd.Advisory, p advisory.Publisher) string {
	return advisory.PlainName(docID(split(a, p)[0].Record, p)) + ".json"
}

// covers refuses what OSV cannot say: an advisory none of whose affected products
// is a package of a registered ecosystem or a line of commits.
func covers(a *cvd.Advisory, _ advisory.Publisher) error {
	if field := noCommit(a); field != "" {
		return cvd.Faults{{Field: field, Problem: "names no commit", Remedy: "write 40 or 64 hexadecimal digits in a range of git"}}.Err()
	}
	for i := range a.Vulnerabilities {
		for j := range a.Vulnerabilities[i].Affects {
			if sayable(a, &a.Vulnerabilities[i].Affects[j]) {
				return nil
			}
		}
	}
	for _, d := range a.Dropped {
		was := cvd.Advisory{Products: d.Products, Source: a.Source}
		if slices.ContainsFunc(d.Vulnerability.Affects, func(af cvd.Affect) bool { return sayable(&was, &af) }) {
			return nil
		}
	}
	if a.Source != nil && a.Source.Format == name {
		return nil // an OSV document may name no package at all
	}
	return fmt.Errorf("%w: OSV knows packages of registered ecosystems and git commits only, and no affected product is one", cvd.ErrNotReady)
}

// commits tells whether events can stand in a range of git (OSV schema, GIT).
func commits(events []event) bool {
	return !slices.ContainsFunc(events, func(e event) bool {
		return slices.ContainsFunc([]string{e.Introduced, e.Fixed, e.LastAffected, e.Limit}, func(v string) bool { return v != "" && !hash.MatchString(v) })
	})
}

// noCommit is the first event of a range of git that names no commit, or "".
func noCommit(a *cvd.Advisory) string {
	for i := range a.Vulnerabilities {
		for j, af := range a.Vulnerabilities[i].Affects {
			for k, r := range af.Ranges {
				if at := slices.IndexFunc(r.Events, func(e cvd.VersionEvent) bool { return !commits([]event{event(e)}) }); isGit(r) && at >= 0 && sayable(a, &af) {
					return fmt.Sprintf("vulnerabilities[%d].affects[%d].ranges[%d].events[%d]", i, j, k, at)
				}
			}
		}
	}
	return ""
}

func sayable(a *cvd.Advisory, af *cvd.Affect) bool {
	p := a.Product(af.Product)
	if p == nil || af.Status != cvd.StatusAffected {
		return false
	}
	if _, known := ecosystem.Find(p.Ecosystem); p.Package != "" && (known || (p.Ecosystem != "" && from(a))) {
		return true
	}
	return slices.ContainsFunc(af.Ranges, isGit)
}

func isGit(r cvd.VersionRange) bool { return r.Kind == cvd.RangeGit && r.Repo != "" }

// from tells whether the record was read from OSV, so that it goes out as it came
// even where it follows a newer schema than ours.
func from(a *cvd.Advisory) bool { return a.Source != nil && a.Source.Format == name }

// split makes a part of each vulnerability that OSV can say, and of each that the
// advisory no longer speaks of: that one is withdrawn. Those that stand come first.
func split(a *cvd.Advisory, p advisory.Publisher) []advisory.Part {
	if len(a.Vulnerabilities) < 2 && len(a.Dropped) == 0 {
		return []advisory.Part{{Name: docID(a, p), Record: a}}
	}
	var out []advisory.Part
	for i := range a.Vulnerabilities {
		if slices.ContainsFunc(a.Vulnerabilities[i].Affects, func(af cvd.Affect) bool { return sayable(a, &af) }) {
			out = append(out, part(a, a.Vulnerabilities[i], advisory.Number(a, i), p))
		}
	}
	standing := len(out)
	for _, d := range a.Dropped {
		was := *a
		was.Products = d.Products
		if !slices.ContainsFunc(d.Vulnerability.Affects, func(af cvd.Affect) bool { return sayable(&was, &af) }) {
			continue
		}
		if was.Why = ""; was.Withdrawn.IsZero() {
			was.Withdrawn = d.At
		}
		out = append(out, part(&was, d.Vulnerability, d.Vulnerability.Number, p))
	}
	if len(out) == 0 && len(a.Vulnerabilities) == 0 {
		return []advisory.Part{{Name: docID(a, p), Record: a}}
	}
	if len(out) == 0 {
		out = []advisory.Part{part(a, a.Vulnerabilities[0], advisory.Number(a, 0), p)}
	}
	related(a, out, standing)
	return out
}

// part is the record of one vulnerability alone.
func part(a *cvd.Advisory, v cvd.Vulnerability, number int, p advisory.Publisher) advisory.Part {
	one := *a
	v.Number = number
	one.Vulnerabilities, one.Dropped = []cvd.Vulnerability{v}, nil
	if v.Title != "" {
		one.Title = v.Title
	}
	return advisory.Part{Name: docID(&one, p), Record: &one}
}

// related lets each part name the others that stand. A name of the whole advisory is
// the name of none of its flaws.
func related(a *cvd.Advisory, parts []advisory.Part, standing int) {
	var ids []string
	for _, one := range parts[:standing] {
		ids = append(ids, one.Name)
	}
	for _, one := range parts {
		r := one.Record
		r.Aliases, r.Related = nil, slices.Clone(a.Related)
		for _, other := range slices.Concat(ids, a.CVEs(), a.Aliases) {
			if other != one.Name && other != r.Vulnerabilities[0].CVE && !slices.Contains(r.Related, other) {
				r.Related = append(r.Related, other)
			}
		}
	}
}

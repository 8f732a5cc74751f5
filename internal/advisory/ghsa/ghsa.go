// Package ghsa reads advisories as GitHub's REST API writes them: global ones and
// those of a repository. Those that GitHub exports as OSV are read by the OSV
// room.
//
// It only reads: nothing is ever written in this form, and nothing is fetched.
package ghsa

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"fairlead/internal/advisory"
	"fairlead/internal/cvd"
	"fairlead/internal/severity"
)

// Format reads GitHub's form; it has no Encode.
var Format = advisory.Format{Name: name, Media: "application/json", Ext: ".json", Decode: decode}

const name = "ghsa"

type document struct {
	GHSA          string          `json:"ghsa_id"`
	CVE           string          `json:"cve_id"`
	URL           string          `json:"url"` // where the API has it, which follows from the id
	HTML          string          `json:"html_url"`
	Source        string          `json:"source_code_location"`
	State         string          `json:"state"`
	Summary       string          `json:"summary"`
	Description   string          `json:"description"`
	Severity      string          `json:"severity"`
	Identifiers   []identifier    `json:"identifiers"`
	References    json.RawMessage `json:"references"`
	Published     string          `json:"published_at"`
	Updated       string          `json:"updated_at"`
	Withdrawn     string          `json:"withdrawn_at"`
	Packages      []vulnerable    `json:"vulnerabilities"`
	CVSS          vector          `json:"cvss"`
	Severities    severities      `json:"cvss_severities"`
	CWEs          []weakness      `json:"cwes"`
	CWEIDs        []string        `json:"cwe_ids"`
	Credits       []credit        `json:"credits"`
	CreditDetails []credit        `json:"credits_detailed"`
}

type identifier struct {
	Type  string `json:"type"`
	Value string `json:"value"`
}

type vulnerable struct {
	Package struct {
		Ecosystem string `json:"ecosystem"`
		Name      string `json:"name"`
	} `json:"package"`
	Range     string          `json:"vulnerable_version_range"`
	First     json.RawMessage `json:"first_patched_version"` // a text, or an object with one
	Patched   string          `json:"patched_versions"`      // of repositories
	Functions []string        `json:"vulnerable_functions"`
}

type vector struct {
	Vector string   `json:"vector_string"`
	Score  *float64 `json:"score"`
}

type severities struct {
	V3 vector `json:"cvss_v3"`
	V4 vector `json:"cvss_v4"`
}

type weakness struct {
	ID   string `json:"cwe_id"`
	Name string `json:"name"`
}

type credit struct {
	Login string `json:"login"`
	User  person `json:"user"`
	Type  string `json:"type"`
	State string `json:"state"`
}

// person is a GitHub account, of which the login says all that is public.
type person struct {
	Login string
}

// UnmarshalJSON reads the login and leaves the many addresses of an account.
func (p *person) UnmarshalJSON(b []byte) error {
	var in struct {
		Login string `json:"login"`
	}
	err := json.Unmarshal(b, &in)
	p.Login = in.Login
	return err
}

// ecosystems are GitHub's names and the OSV schema's.
var ecosystems = map[string]string{
	"actions": "GitHub Actions", "composer": "Packagist", "erlang": "Hex", "go": "Go", "maven": "Maven", "npm": "npm", "nuget": "NuGet",
	"pip": "PyPI", "pub": "Pub", "rubygems": "RubyGems", "rust": "crates.io", "swift": "SwiftURL",
}

var roles = []string{
	"ANALYST", "FINDER", "REPORTER", "COORDINATOR", "REMEDIATION_DEVELOPER", "REMEDIATION_REVIEWER", "REMEDIATION_VERIFIER", "TOOL", "SPONSOR", "OTHER",
}

func decode(b []byte, now time.Time) (*cvd.Advisory, []advisory.Lost, error) {
	var d document
	r, err := advisory.Read(b, &d, now)
	if err != nil {
		return nil, nil, err
	}
	if d.State != "" && d.State != "published" && d.State != "withdrawn" {
		r.Fault("state", "is not published", "publish the advisory first")
	}
	a := &cvd.Advisory{
		ID: r.ID("ghsa_id", d.GHSA), Title: d.Summary, Details: d.Description,
		Published: r.Time("published_at", d.Published), Modified: r.Time("updated_at", d.Updated), Withdrawn: r.Time("withdrawn_at", d.Withdrawn),
	}
	if strings.TrimSpace(a.Title) == "" {
		a.Title = d.GHSA
	}
	v := cvd.Vulnerability{CVE: d.CVE}
	if d.CVE != "" {
		a.Aliases = append(a.Aliases, d.CVE)
	}
	for _, id := range d.Identifiers {
		if id.Value != "" && id.Value != d.GHSA && !slices.Contains(a.Aliases, id.Value) {
			a.Aliases = append(a.Aliases, id.Value)
		}
	}
	for _, w := range d.CWEs {
		d.CWEIDs = append(d.CWEIDs, w.ID)
	}
	for _, id := range d.CWEIDs {
		if id != "" && !slices.Contains(v.CWE, id) {
			v.CWE = append(v.CWE, id)
		}
	}
	rate(r, &v, &d)
	for i := range d.Packages {
		readPackage(r, a, &v, i, &d.Packages[i])
	}
	a.Vulnerabilities = []cvd.Vulnerability{v}
	readReferences(r, a, &d)
	readCredits(r, a, &d)
	if err := r.Faults.Err(); err != nil {
		return nil, r.Losses(), err
	}
	r.Dates(a)
	a.Source = r.Source(name, "")
	return a, r.Losses(), nil
}

func rate(r *advisory.Reading, v *cvd.Vulnerability, d *document) {
	said := false
	for _, one := range []struct{ at, vector string }{
		{"/cvss/vector_string", d.CVSS.Vector}, {"/cvss_severities/cvss_v3/vector_string", d.Severities.V3.Vector}, {"/cvss_severities/cvss_v4/vector_string", d.Severities.V4.Vector},
	} {
		if one.vector == "" {
			continue
		}
		said = true
		if _, err := severity.Parse(one.vector); err != nil {
			r.Lose(one.at, "no CVSS 3.1 or 4.0 vector")
		} else if !slices.ContainsFunc(v.Scores, func(s cvd.AdvisoryScore) bool { return s.Vector == one.vector }) {
			v.Scores = append(v.Scores, cvd.AdvisoryScore{Vector: one.vector})
		}
	}
	if !said && d.Severity != "" && d.Severity != "unknown" {
		r.Lose("/severity", "a word without a vector; the record rates by vectors only")
	}
}

func readReferences(r *advisory.Reading, a *cvd.Advisory, d *document) {
	add := func(pointer, kind, url string) {
		if url != "" && r.Reference(pointer, url) && !slices.ContainsFunc(a.References, func(o cvd.Reference) bool { return o.URL == url }) {
			a.References = append(a.References, cvd.Reference{Kind: kind, URL: url})
		}
	}
	add("/html_url", "ADVISORY", d.HTML)
	var plain []string
	var objects []struct {
		URL string `json:"url"`
	}
	switch {
	case len(d.References) == 0:
	case json.Unmarshal(d.References, &plain) == nil:
	case json.Unmarshal(d.References, &objects) == nil:
		for _, o := range objects {
			plain = append(plain, o.URL)
		}
	default:
		r.Fault("references", "is no list of addresses", "write it as GitHub does")
	}
	for i, url := range plain {
		add(advisory.Pointer("references", i), "WEB", url)
	}
	add("/source_code_location", "PACKAGE", d.Source)
}

func readCredits(r *advisory.Reading, a *cvd.Advisory, d *document) {
	all, at := d.CreditDetails, "credits_detailed"
	if len(all) == 0 {
		all, at = d.Credits, "credits"
	}
	for i, c := range all {
		login := c.Login
		if login == "" {
			login = c.User.Login
		}
		switch {
		case login == "":
			r.Lose(advisory.Pointer(at, i), "it names nobody")
			continue
		case c.State != "" && c.State != "accepted":
			r.Lose(advisory.Pointer(at, i), "it was not accepted by whom it names")
			continue
		}
		kind := strings.ToUpper(c.Type)
		if kind != "" && !slices.Contains(roles, kind) {
			kind = "OTHER"
			r.Lose(advisory.Pointer(at, i, "type"), "nobody knows such a role; it is read as OTHER")
		}
		a.Credits = append(a.Credits, cvd.AdvisoryCredit{Name: login, Kind: kind, Contact: []string{"https://github.com/" + login}})
	}
}

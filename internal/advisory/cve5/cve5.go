// Package cve5 writes and reads advisories in the CVE Record Format, 5.1.1 with
// the package URLs of 5.2.
//
// It never reserves an id, never talks to CVE Services and never shortens a
// product list: it turns one vulnerability into one record and back.
package cve5

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"

	"fairlead/internal/advisory"
	"fairlead/internal/cvd"
)

const name = "cve5"

// Version is the version of the format that written records follow.
const Version = "5.2.0"

// Format is the CVE Record Format: one document for each CVE id of the advisory,
// in the order of its vulnerabilities, in files named by the id. A vulnerability
// without an id has no record. Those of an advisory that was withdrawn are rejected. The publisher is named as the assigner, or
// whoever it was in a record that was read; without either there is no record. The
// container alone, for whichever CNA assigns the id, has a placeholder there.
var Format = advisory.Format{
	Name: name, Media: "application/json", Ext: ".json",
	Covers: covers, Split: split, File: file, Encode: encode, Decode: decode, Check: Check,
}

// noOrg stands for an organisation that CVE Services do not know; tools of the
// programme use the same one.
const noOrg = "00000000-0000-4000-9000-000000000000"

// The limits of the format, in characters.
const (
	maxText       = 4096
	maxTitle      = 256
	maxVendor     = 512
	maxName       = 2048
	maxURL        = 2048
	maxReferences = 512
)

var (
	cveID = regexp.MustCompile(`^CVE-[0-9]{4}-[0-9]{4,19}$`)
	orgID = regexp.MustCompile(`^[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-4[0-9A-Fa-f]{3}-[89ABab][0-9A-Fa-f]{3}-[0-9A-Fa-f]{12}$`)
	cweID = regexp.MustCompile(`^CWE-[1-9][0-9]{0,4}$`)
	cpe23 = regexp.MustCompile(`^cpe:2\.3:[aho*\-](:[^:\s]+){10}$`)
)

// record is a CVE record.
type record struct {
	DataType    string   `json:"dataType"`
	DataVersion string   `json:"dataVersion"`
	Metadata    metadata `json:"cveMetadata"`
	Containers  struct {
		CNA container `json:"cna"`
	} `json:"containers"`
}

type metadata struct {
	CVE       string `json:"cveId"`
	Org       string `json:"assignerOrgId"`
	Short     string `json:"assignerShortName,omitempty"`
	State     string `json:"state"`
	Reserved  string `json:"dateReserved,omitempty"`
	Published string `json:"datePublished,omitempty"`
	Updated   string `json:"dateUpdated,omitempty"`
	Rejected  string `json:"dateRejected,omitempty"`
}

// container is the CNA's, of a published or, by its first two and last members, of
// a rejected record.
type container struct {
	Provider     provider        `json:"providerMetadata"`
	Reasons      []text          `json:"rejectedReasons,omitempty"`
	ReplacedBy   []string        `json:"replacedBy,omitempty"`
	Public       string          `json:"datePublic,omitempty"`
	Title        string          `json:"title,omitempty"`
	Descriptions []text          `json:"descriptions,omitempty"`
	Affected     []affected      `json:"affected,omitempty"`
	ProblemTypes []problem       `json:"problemTypes,omitempty"`
	References   []reference     `json:"references,omitempty"`
	Impacts      []impact        `json:"impacts,omitempty"`
	Metrics      []metric        `json:"metrics,omitempty"`
	Workarounds  []text          `json:"workarounds,omitempty"`
	Solutions    []text          `json:"solutions,omitempty"`
	Exploits     []text          `json:"exploits,omitempty"`
	Timeline     []moment        `json:"timeline,omitempty"`
	Credits      []credit        `json:"credits,omitempty"`
	Source       json.RawMessage `json:"source,omitempty"`
	Generator    json.RawMessage `json:"x_generator,omitempty"`
}

type provider struct {
	Org     string `json:"orgId"`
	Short   string `json:"shortName,omitempty"`
	Updated string `json:"dateUpdated,omitempty"`
}

type text struct {
	Lang  string `json:"lang"`
	Value string `json:"value"`
}

type affected struct {
	Vendor     string    `json:"vendor,omitempty"`
	Product    string    `json:"product,omitempty"`
	Collection string    `json:"collectionURL,omitempty"`
	Package    string    `json:"packageName,omitempty"`
	PURL       string    `json:"packageURL,omitempty"`
	CPEs       []string  `json:"cpes,omitempty"`
	Repo       string    `json:"repo,omitempty"`
	Default    string    `json:"defaultStatus,omitempty"`
	Versions   []version `json:"versions,omitempty"`
	extras
}

// extras are what the record has no place for; they are kept with the product.
type extras struct {
	Modules   json.RawMessage `json:"modules,omitempty"`
	Platforms json.RawMessage `json:"platforms,omitempty"`
	Files     json.RawMessage `json:"programFiles,omitempty"`
	Routines  json.RawMessage `json:"programRoutines,omitempty"`
}

type version struct {
	Version   string   `json:"version"`
	Status    string   `json:"status"`
	Less      string   `json:"lessThan,omitempty"`
	LessEqual string   `json:"lessThanOrEqual,omitempty"`
	Type      string   `json:"versionType,omitempty"`
	Changes   []change `json:"changes,omitempty"`
}

type change struct {
	At     string `json:"at"`
	Status string `json:"status"`
}

type problem struct {
	Descriptions []weakness `json:"descriptions"`
}

type weakness struct {
	Lang        string `json:"lang"`
	CWE         string `json:"cweId,omitempty"`
	Description string `json:"description"`
	Type        string `json:"type,omitempty"`
}

type reference struct {
	URL  string   `json:"url"`
	Name string   `json:"name,omitempty"`
	Tags []string `json:"tags,omitempty"`
}

type impact struct {
	Descriptions []text `json:"descriptions"`
}

type metric struct {
	Format    string          `json:"format,omitempty"`
	Scenarios []text          `json:"scenarios,omitempty"`
	V40       json.RawMessage `json:"cvssV4_0,omitempty"`
	V31       json.RawMessage `json:"cvssV3_1,omitempty"`
	V30       json.RawMessage `json:"cvssV3_0,omitempty"`
	V20       json.RawMessage `json:"cvssV2_0,omitempty"`
	Other     json.RawMessage `json:"other,omitempty"`
}

type moment struct {
	Time  string `json:"time"`
	Lang  string `json:"lang"`
	Value string `json:"value"`
}

type credit struct {
	Lang  string `json:"lang"`
	Value string `json:"value"`
	Type  string `json:"type,omitempty"`
}

// The states of a record, and of versions.
const (
	published = "PUBLISHED"
	rejected  = "REJECTED"

	statusAffected   = "affected"
	statusUnaffected = "unaffected"
	statusUnknown    = "unknown"
)

// tags says what kind of reference a tag means; the first of a kind is the one
// that is written. WEB, GIT and what stands nowhere have none.
var tags = []struct{ tag, kind string }{
	{"vendor-advisory", "ADVISORY"},
	{"third-party-advisory", "ADVISORY"},
	{"patch", "FIX"},
	{"issue-tracking", "REPORT"},
	{"technical-description", "ARTICLE"},
	{"media-coverage", "ARTICLE"},
	{"mailing-list", "DISCUSSION"},
	{"signature", "DETECTION"},
	{"exploit", "EVIDENCE"},
	{"product", "PACKAGE"},
	{"x_introduced", "INTRODUCED"},
}

var roles = []struct{ role, kind string }{
	{"finder", "FINDER"},
	{"reporter", "REPORTER"},
	{"analyst", "ANALYST"},
	{"coordinator", "COORDINATOR"},
	{"remediation developer", "REMEDIATION_DEVELOPER"},
	{"remediation reviewer", "REMEDIATION_REVIEWER"},
	{"remediation verifier", "REMEDIATION_VERIFIER"},
	{"tool", "TOOL"},
	{"sponsor", "SPONSOR"},
	{"other", "OTHER"},
}

// from tells whether the record was read from a CVE record.
func from(a *cvd.Advisory) bool { return a.Source != nil && a.Source.Format == name }

// wasRejected tells whether the record was read from a rejected one.
func wasRejected(a *cvd.Advisory) bool {
	return from(a) && string(a.Source.Kept["/cveMetadata/state"]) == `"`+rejected+`"`
}

func covers(a *cvd.Advisory, p advisory.Publisher) error {
	if len(withID(a)) == 0 {
		return fmt.Errorf("%w: none of its vulnerabilities has a CVE id", cvd.ErrNotReady)
	}
	if a.Source == nil && p.CVEOrg == noOrg {
		return fmt.Errorf("%w: a record names the CNA that assigned its id, and cve.org_id of the configuration is the example, which no CNA has", cvd.ErrNotReady)
	}
	if meta(a, p, "").Org == noOrg {
		return fmt.Errorf("%w: a published record names the CNA that assigned its id, and nobody here is known to be it", cvd.ErrNotReady)
	}
	if withdrawn(a) {
		return nil // of a rejected id only the reason is said
	}
	for _, i := range withID(a) {
		if err := sayable(a, &a.Vulnerabilities[i], p); err != nil {
			return err
		}
	}
	return nil
}

// noReason stands where a record says that it was withdrawn and not why: the format
// wants a reason, in English.
const noReason = "The advisory about this CVE ID was withdrawn."

// withdrawn tells whether the advisory is ours and was taken back: its ids are then
// rejected at CVE Services too.
func withdrawn(a *cvd.Advisory) bool { return a.Source == nil && !a.Withdrawn.IsZero() }

// withID lists the vulnerabilities that have a CVE id.
func withID(a *cvd.Advisory) []int {
	var out []int
	for i := range a.Vulnerabilities {
		if cveID.MatchString(a.Vulnerabilities[i].CVE) {
			out = append(out, i)
		}
	}
	return out
}

func split(a *cvd.Advisory, _ advisory.Publisher) []advisory.Part {
	var out []advisory.Part
	for _, i := range withID(a) {
		v := &a.Vulnerabilities[i]
		if slices.ContainsFunc(out, func(p advisory.Part) bool { return p.Name == v.CVE }) {
			continue // an id has one record; the lint says that it stands there twice
		}
		one := *a
		one.Vulnerabilities = a.Vulnerabilities[i : i+1 : i+1]
		if v.Title != "" && len(a.Vulnerabilities) > 1 {
			one.Title = v.Title
		}
		out = append(out, advisory.Part{Name: v.CVE, Record: &one})
	}
	if len(out) == 0 {
		out = []advisory.Part{{Name: string(a.ID), Record: a}}
	}
	return out
}

func file(a *cvd.Advisory, _ advisory.Publisher) string {
	for _, i := range withID(a) {
		return a.Vulnerabilities[i].CVE + ".json"
	}
	return advisory.PlainName(string(a.ID)) + ".json"
}

package cvd

import (
	"encoding/json"
	"slices"
	"time"
)

// AdvisoryID names an advisory, such as "NLSA-2026-7KQ4MXZ": the policy's
// prefix, a year, and characters without a counter. Imported advisories keep
// the id that they came with.
type AdvisoryID string

// TLP is who may read an advisory (Traffic Light Protocol 2.0).
type TLP string

// The labels. An empty one means CLEAR.
const (
	TLPClear       TLP = "CLEAR"
	TLPGreen       TLP = "GREEN"
	TLPAmber       TLP = "AMBER"
	TLPAmberStrict TLP = "AMBER+STRICT"
	TLPRed         TLP = "RED"
)

// Public tells whether anybody may read it: CLEAR and GREEN are published
// openly, the others only to those who hold a token.
func (t TLP) Public() bool { return t == "" || t == TLPClear || t == TLPGreen }

// Advisory is the one record from which every published format is written. It
// says what a decision is, not how a format says it: a fact stands here once.
// Texts are plain text with Markdown for emphasis, lists and code; never HTML.
// All instants are UTC.
type Advisory struct {
	ID         AdvisoryID `json:"id"`
	Revision   int        `json:"revision"` // 1 for the first that is published; 0 while none was
	TLP        TLP        `json:"tlp,omitempty"`
	Lang       string     `json:"lang,omitempty"`        // BCP 47; empty is "en"
	SourceLang string     `json:"source_lang,omitempty"` // what this text was translated from; empty: the original
	Title      string     `json:"title"`
	// Overview is the advisory in a paragraph, for people who decide whether to
	// read on.
	Overview string `json:"overview,omitempty"`
	// Details is the whole text.
	Details string `json:"details,omitempty"`

	Published time.Time `json:"published,omitzero"` // the first revision's instant
	Modified  time.Time `json:"modified,omitzero"`  // this revision's instant
	// Withdrawn is when the advisory was taken back; it is never deleted.
	Withdrawn time.Time `json:"withdrawn,omitzero"`
	Why       string    `json:"why,omitempty"` // why it was withdrawn

	// Aliases name the same vulnerability elsewhere, CVE ids among them; Upstream
	// and Related name others (OSV schema 1.7).
	Aliases  []string `json:"aliases,omitempty"`
	Upstream []string `json:"upstream,omitempty"`
	Related  []string `json:"related,omitempty"`

	Products        []AdvisoryProduct `json:"products,omitempty"`
	Vulnerabilities []Vulnerability   `json:"vulnerabilities,omitempty"`
	// Dropped are those that an earlier revision spoke of and this one does not. They
	// keep their numbers.
	Dropped []DroppedVulnerability `json:"dropped,omitempty"`

	References []Reference      `json:"references,omitempty"`
	Credits    []AdvisoryCredit `json:"credits,omitempty"`
	Timeline   []Milestone      `json:"timeline,omitempty"`
	History    []AdvisoryChange `json:"history,omitempty"` // one entry a revision, oldest first

	// Source is where an imported record came from, and what of it has no place
	// here but is kept: format-specific members, by their JSON pointer.
	Source *AdvisorySource `json:"source,omitempty"`
	// Texts are the record's words in other languages, by BCP 47 tag.
	Texts map[string]AdvisoryText `json:"texts,omitempty"`
}

// AdvisoryProduct is something that a vulnerability is or is not in.
type AdvisoryProduct struct {
	ID        string `json:"id"`                  // within this advisory, such as "gateway"
	Vendor    string `json:"vendor,omitempty"`    // empty: the publisher
	Name      string `json:"name"`                // as people know it
	PURL      string `json:"purl,omitempty"`      // package URL without a version
	CPE       string `json:"cpe,omitempty"`       // CPE 2.3 formatted string
	Ecosystem string `json:"ecosystem,omitempty"` // as the OSV schema registers it, such as "Go"
	Package   string `json:"package,omitempty"`   // the package's name in that ecosystem
}

// ProductStatus is what is known of a product and a vulnerability, in the words
// of VEX.
type ProductStatus string

// The statuses.
const (
	StatusAffected      ProductStatus = "affected"
	StatusFixed         ProductStatus = "fixed"
	StatusNotAffected   ProductStatus = "not_affected"
	StatusInvestigating ProductStatus = "under_investigation"
)

// Justification says why a product is not affected, in the words of OpenVEX and
// of the CSAF flags, which are the same five.
type Justification string

// The justifications.
const (
	NoComponent      Justification = "component_not_present"
	NoVulnerableCode Justification = "vulnerable_code_not_present"
	CodeNotExecuted  Justification = "vulnerable_code_not_in_execute_path"
	CodeUnreachable  Justification = "vulnerable_code_cannot_be_controlled_by_adversary"
	InlineMitigation Justification = "inline_mitigations_already_exist"
)

// Vulnerability is one flaw that an advisory speaks of.
type Vulnerability struct {
	// Number tells it from the others of its advisory in names of documents. It is
	// given when it is first published, once, and never to another. Zero, as older
	// records have it, is its place among them, from 1.
	Number      int             `json:"number,omitempty"`
	CVE         string          `json:"cve,omitempty"`
	IDs         []ForeignID     `json:"ids,omitempty"`
	Title       string          `json:"title,omitempty"`
	CWE         []string        `json:"cwe,omitempty"` // "CWE-79", the most fitting first
	Description string          `json:"description,omitempty"`
	Impact      string          `json:"impact,omitempty"` // what somebody gains by it
	Scores      []AdvisoryScore `json:"scores,omitempty"`
	Affects     []Affect        `json:"affects,omitempty"`
	Remedies    []Remedy        `json:"remedies,omitempty"`
	Exploited   string          `json:"exploited,omitempty"` // what is known of attacks
	Discovered  time.Time       `json:"discovered,omitzero"`
	Disclosed   time.Time       `json:"disclosed,omitzero"` // first public anywhere
}

// DroppedVulnerability is what was last said of a flaw that a correction took out.
type DroppedVulnerability struct {
	At            time.Time         `json:"at"` // the instant of the revision that did
	Vulnerability Vulnerability     `json:"vulnerability"`
	Products      []AdvisoryProduct `json:"products,omitempty"` // those that it names
}

// ForeignID is a name of the vulnerability in somebody's system.
type ForeignID struct {
	System string `json:"system"`
	ID     string `json:"id"`
}

// AdvisoryScore is a CVSS vector with what it applies to; empty Products mean all
// that are affected. The number and the band follow from the vector.
type AdvisoryScore struct {
	Vector   string   `json:"vector"`
	Products []string `json:"products,omitempty"`
}

// Affect is what holds for versions of one product. Without ranges and versions it
// holds for all of them.
type Affect struct {
	Product  string         `json:"product"` // an AdvisoryProduct's ID
	Status   ProductStatus  `json:"status"`
	Ranges   []VersionRange `json:"ranges,omitempty"`
	Versions []string       `json:"versions,omitempty"` // single ones
	// Justification and Statement say why not, for StatusNotAffected.
	Justification Justification `json:"justification,omitempty"`
	Statement     string        `json:"statement,omitempty"`
	// Specific is what an ecosystem adds, kept as it came.
	Specific json.RawMessage `json:"specific,omitempty"`
	// DatabaseSpecific is what the source's database adds, kept as it came.
	DatabaseSpecific json.RawMessage `json:"database_specific,omitempty"`
}

// RangeKind says how versions of a range compare (OSV schema, affected[].ranges).
type RangeKind string

// The kinds of range.
const (
	RangeSemver    RangeKind = "SEMVER"
	RangeEcosystem RangeKind = "ECOSYSTEM"
	RangeGit       RangeKind = "GIT"
)

// VersionRange is a list of events along a line of versions: from each Introduced
// on the product is affected, up to but without the next Fixed, or up to and with
// the next LastAffected. Introduced "0" is the beginning.
type VersionRange struct {
	Kind             RangeKind       `json:"kind"`
	Repo             string          `json:"repo,omitempty"` // RangeGit only
	Events           []VersionEvent  `json:"events"`
	DatabaseSpecific json.RawMessage `json:"database_specific,omitempty"`
}

// VersionEvent is one turn of a range; exactly one member is set.
type VersionEvent struct {
	Introduced   string `json:"introduced,omitempty"`
	Fixed        string `json:"fixed,omitempty"`
	LastAffected string `json:"last_affected,omitempty"`
	Limit        string `json:"limit,omitempty"`
}

// RemedyKind is what a remedy asks of its reader (CSAF 2.0, 3.2.3.12.1).
type RemedyKind string

// The kinds of remedy.
const (
	RemedyFix         RemedyKind = "vendor_fix"
	RemedyWorkaround  RemedyKind = "workaround"
	RemedyMitigation  RemedyKind = "mitigation"
	RemedyNonePlanned RemedyKind = "no_fix_planned"
	RemedyNoneYet     RemedyKind = "none_available"
)

// Remedy is what its reader can do; empty Products mean all that are affected.
type Remedy struct {
	Kind     RemedyKind `json:"kind"`
	Text     string     `json:"text"`
	URL      string     `json:"url,omitempty"`
	Date     time.Time  `json:"date,omitzero"` // from when it is available
	Products []string   `json:"products,omitempty"`
}

// Reference is where more can be read. Kind is one of the OSV schema's:
// ADVISORY, ARTICLE, DETECTION, DISCUSSION, REPORT, FIX, INTRODUCED, PACKAGE,
// EVIDENCE, WEB, GIT.
type Reference struct {
	Kind string `json:"kind"`
	URL  string `json:"url"`
	Text string `json:"text,omitempty"`
}

// AdvisoryCredit names somebody as they wish to be named. Kind is one of the OSV
// schema's: FINDER, REPORTER, ANALYST, COORDINATOR, REMEDIATION_DEVELOPER,
// REMEDIATION_REVIEWER, REMEDIATION_VERIFIER, TOOL, SPONSOR, OTHER; empty is not said.
type AdvisoryCredit struct {
	Name         string   `json:"name"`
	Organisation string   `json:"organisation,omitempty"`
	Kind         string   `json:"kind,omitempty"`
	Contact      []string `json:"contact,omitempty"` // as an imported record gave it
}

// Milestone is a line of the timeline.
type Milestone struct {
	At   time.Time `json:"at"`
	Text string    `json:"text"`
}

// AdvisoryChange is what a revision changed.
type AdvisoryChange struct {
	Revision int       `json:"revision"`
	At       time.Time `json:"at"`
	Text     string    `json:"text"`
	// TLP is the label that the revision had, where it was not for everybody.
	TLP TLP `json:"tlp,omitempty"`
}

// AdvisoryText is the words of an advisory in another language.
type AdvisoryText struct {
	Title    string     `json:"title,omitempty"`
	Overview string     `json:"overview,omitempty"`
	Details  string     `json:"details,omitempty"`
	Parts    []TextPart `json:"parts,omitempty"` // wins over the above; one whose original changed is missing
}

// TextPart is one text in another language.
type TextPart struct {
	Of   string `json:"of"` // the text in the record's own language
	Text string `json:"text"`
}

// AdvisorySource is what an import keeps beside the record.
type AdvisorySource struct {
	Format string `json:"format"` // csaf, osv, cve5, ghsa
	// Schema is the version that the source said it follows.
	Schema string `json:"schema,omitempty"`
	// Kept holds members without a place of their own, verbatim, by JSON pointer.
	Kept map[string]json.RawMessage `json:"kept,omitempty"`
}

// Clone copies the record so deeply that changes of the copy leave a untouched.
func (a *Advisory) Clone() *Advisory {
	b, err := json.Marshal(a)
	if err != nil {
		panic("cvd: an advisory is always JSON: " + err.Error())
	}
	out := &Advisory{}
	if err := json.Unmarshal(b, out); err != nil {
		panic("cvd: an advisory is always JSON: " + err.Error())
	}
	return out
}

// CVEs lists every CVE id that the advisory speaks of, each once: those of its
// vulnerabilities, then of its aliases.
func (a *Advisory) CVEs() []string {
	var out []string
	add := func(id string) {
		if len(id) > 4 && id[:4] == "CVE-" && !slices.Contains(out, id) {
			out = append(out, id)
		}
	}
	for i := range a.Vulnerabilities {
		add(a.Vulnerabilities[i].CVE)
	}
	for _, id := range a.Aliases {
		add(id)
	}
	return out
}

// Product returns the product of that id, or nil.
func (a *Advisory) Product(id string) *AdvisoryProduct {
	for i := range a.Products {
		if a.Products[i].ID == id {
			return &a.Products[i]
		}
	}
	return nil
}

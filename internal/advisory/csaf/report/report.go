// Package report writes a report, as it was received, as a CSAF 2.1 document of the
// profile Vulnerability Report for whoever it is handed on to, reads such a document
// into a report, and says what keeps one from being of the profile.
//
// The profile came into the draft of CSAF 2.1 after committee specification draft 03,
// by pull request 1513 of oasis-tcs/csaf; the schema is that of draft 03, which
// holds every member written here. Involvements are left out: the draft moves them to
// another place.
//
// It never sends anything, never decides who may see a report, and adds nothing of
// the team's own.
package report

import "encoding/json"

// Category is how a document of the profile is known.
const Category = "csaf_vulnerability_report"

const (
	schema  = "https://docs.oasis-open.org/csaf/csaf/v2.1/schema/csaf.json"
	tlpURL  = "https://www.first.org/tlp/"
	version = "2.1"
)

// Titles of notes. The first two have a meaning in the profile (6.1.27.20); all are
// names rather than words, and the same in every language.
const (
	titleSummary   = "Vulnerability Summary"
	titleCVE       = "CVE Description"
	titleDetails   = "Description"
	titleSteps     = "Steps to Reproduce"
	titleFix       = "Proposed Fix"
	titlePlan      = "Disclosure Plan"
	titleFound     = "Found"
	titleTools     = "Tools"
	titleAI        = "Use of AI"
	titlePublic    = "Public"
	titleSensitive = "Sensitive Data Seen"
	titleThird     = "Third Party"
	titleElsewhere = "Reported Elsewhere"
	titleLinks     = "Links"
	titleReporter  = "Reporter"
	titleEmbargo   = "Embargo"
	titleDraft     = "Draft"
)

// The members of a document that a report can say or hear. Some are as csaf has them
// and yet not its own: what stands in neither is told to be lost, so a member that an
// advisory learns to read must not count as heard in a report.
type document struct {
	Schema          string          `json:"$schema"`
	Document        header          `json:"document"`
	ProductTree     tree            `json:"product_tree"`
	Vulnerabilities []vulnerability `json:"vulnerabilities"`
}

type header struct {
	Acknowledgments []acknowledgment `json:"acknowledgments,omitempty"`
	Severity        *severityText    `json:"aggregate_severity,omitempty"`
	Category        string           `json:"category"`
	Version         string           `json:"csaf_version"`
	Distribution    distribution     `json:"distribution"`
	Lang            string           `json:"lang,omitempty"`
	Notes           []note           `json:"notes,omitempty"`
	Publisher       publisher        `json:"publisher"`
	References      []reference      `json:"references,omitempty"` // read only
	Title           string           `json:"title"`
	Tracking        tracking         `json:"tracking"`
}

type acknowledgment struct {
	Names        []string `json:"names,omitempty"`
	Organization string   `json:"organization,omitempty"`
	Summary      string   `json:"summary,omitempty"`
}

type severityText struct {
	Text string `json:"text"`
}

type distribution struct {
	Text string `json:"text,omitempty"`
	TLP  tlp    `json:"tlp"`
}

type tlp struct {
	Label string `json:"label"`
	URL   string `json:"url,omitempty"`
}

type note struct {
	Category string `json:"category"`
	Text     string `json:"text"`
	Title    string `json:"title,omitempty"`
}

type publisher struct {
	Category       string `json:"category"`
	ContactDetails string `json:"contact_details,omitempty"`
	Name           string `json:"name"`
	Namespace      string `json:"namespace"`
}

type reference struct {
	Category string `json:"category,omitempty"`
	Summary  string `json:"summary"`
	URL      string `json:"url"`
}

type tracking struct {
	CurrentReleaseDate string     `json:"current_release_date"`
	Generator          *generator `json:"generator,omitempty"`
	ID                 string     `json:"id"`
	InitialReleaseDate string     `json:"initial_release_date"`
	RevisionHistory    []revision `json:"revision_history"`
	Status             string     `json:"status"`
	Version            string     `json:"version"`
}

type generator struct {
	Engine engine `json:"engine"`
}

type engine struct {
	Name    string `json:"name"`
	Version string `json:"version,omitempty"`
}

type revision struct {
	Date    string `json:"date"`
	Number  string `json:"number"`
	Summary string `json:"summary"`
}

type tree struct {
	Branches         []branch  `json:"branches,omitempty"`
	FullProductNames []product `json:"full_product_names,omitempty"`
}

type branch struct {
	Branches []branch `json:"branches,omitempty"`
	Category string   `json:"category"`
	Name     string   `json:"name"`
	Product  *product `json:"product,omitempty"`
}

type product struct {
	Name   string  `json:"name"`
	ID     string  `json:"product_id"`
	Helper *helper `json:"product_identification_helper,omitempty"`
}

type helper struct {
	PURLs []string `json:"purls,omitempty"`
}

type vulnerability struct {
	CVE            string      `json:"cve,omitempty"`
	CWEs           []weakness  `json:"cwes,omitempty"`
	DisclosureDate string      `json:"disclosure_date,omitempty"`
	DiscoveryDate  string      `json:"discovery_date,omitempty"`
	IDs            []foreignID `json:"ids,omitempty"`
	Metrics        []metric    `json:"metrics,omitempty"`
	Notes          []note      `json:"notes,omitempty"`
	Status         status      `json:"product_status"`
	References     []reference `json:"references,omitempty"`
	Threats        []threat    `json:"threats,omitempty"`
	Title          string      `json:"title,omitempty"`
}

type weakness struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Version string `json:"version,omitempty"`
}

type foreignID struct {
	System string `json:"system_name"`
	Text   string `json:"text"`
}

type metric struct {
	Content  content  `json:"content"`
	Products []string `json:"products"`
}

type content struct {
	V2 *cvss `json:"cvss_v2,omitempty"` // read only
	V3 *cvss `json:"cvss_v3,omitempty"`
	V4 *cvss `json:"cvss_v4,omitempty"`
}

type cvss struct {
	BaseScore    float64 `json:"baseScore"`
	BaseSeverity string  `json:"baseSeverity"`
	Vector       string  `json:"vectorString"`
	Version      string  `json:"version"`
}

// UnmarshalJSON takes the vector alone: all else follows from it.
func (c *cvss) UnmarshalJSON(b []byte) error {
	var v struct {
		Vector string `json:"vectorString"`
	}
	err := json.Unmarshal(b, &v)
	c.Vector = v.Vector
	return err
}

type status struct {
	Affected      []string `json:"known_affected,omitempty"`
	Investigating []string `json:"under_investigation,omitempty"` // read only
}

type threat struct {
	Category string   `json:"category"`
	Details  string   `json:"details"`
	Products []string `json:"product_ids,omitempty"`
}

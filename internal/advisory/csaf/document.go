package csaf

import "encoding/json"

// The members of a CSAF 2.0 document that a record can say or hear. They stand in
// the order of the alphabet, in which CSAF 2.0 test 6.2.13 wants to read them.

// Those of CSAF 2.1 alone say so.
type csafDocument struct {
	Schema          string          `json:"$schema,omitempty" read:"-"` // 2.1
	Document        header          `json:"document"`
	ProductTree     *productTree    `json:"product_tree,omitempty"`
	Vulnerabilities []vulnerability `json:"vulnerabilities,omitempty"`
}

type header struct {
	Acknowledgments []acknowledgment `json:"acknowledgments,omitempty"`
	Category        string           `json:"category"`
	Version         string           `json:"csaf_version"`
	Distribution    *distribution    `json:"distribution,omitempty"`
	Lang            string           `json:"lang,omitempty"`
	Notes           []note           `json:"notes,omitempty"`
	Publisher       publisher        `json:"publisher"`
	References      []reference      `json:"references,omitempty"`
	SourceLang      string           `json:"source_lang,omitempty"`
	Title           string           `json:"title"`
	Tracking        tracking         `json:"tracking"`
}

type acknowledgment struct {
	Names        []string `json:"names,omitempty"`
	Organization string   `json:"organization,omitempty"`
	Summary      string   `json:"summary,omitempty"`
	URLs         []string `json:"urls,omitempty"`
}

type distribution struct {
	Text string `json:"text,omitempty"`
	TLP  *tlp   `json:"tlp,omitempty"`
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
	Aliases            []string   `json:"aliases,omitempty"`
	CurrentReleaseDate string     `json:"current_release_date"`
	Generator          *generator `json:"generator,omitempty"`
	ID                 string     `json:"id"`
	InitialReleaseDate string     `json:"initial_release_date"`
	RevisionHistory    []revision `json:"revision_history"`
	Status             string     `json:"status"`
	Version            string     `json:"version"`
}

type generator struct {
	Date   string `json:"date,omitempty"`
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

type productTree struct {
	Branches         []branch       `json:"branches,omitempty"`
	FullProductNames []product      `json:"full_product_names,omitempty"` // read only, as what follows
	ProductGroups    []productGroup `json:"product_groups,omitempty"`
	Relationships    []relationship `json:"relationships,omitempty"`
}

type relationship struct {
	Category  string  `json:"category"`
	Product   product `json:"full_product_name"`
	Reference string  `json:"product_reference"`
	RelatesTo string  `json:"relates_to_product_reference"`
}

type branch struct {
	Branches []branch `json:"branches,omitempty"`
	Category string   `json:"category"`
	Name     string   `json:"name"`
	Product  *product `json:"product,omitempty"`
}

type product struct {
	Name   string         `json:"name"`
	ID     string         `json:"product_id"`
	Helper *productHelper `json:"product_identification_helper,omitempty"`
}

type productHelper struct {
	CPE         string       `json:"cpe,omitempty"`
	PURL        string       `json:"purl,omitempty"`
	PURLs       []string     `json:"purls,omitempty" read:"-"` // 2.1
	GenericURIs []genericURI `json:"x_generic_uris,omitempty"`
}

type genericURI struct {
	Namespace string `json:"namespace"`
	URI       string `json:"uri"`
}

type productGroup struct {
	ID       string   `json:"group_id"`
	Products []string `json:"product_ids"`
}

type vulnerability struct {
	Acknowledgments []acknowledgment `json:"acknowledgments,omitempty"` // read only
	CVE             string           `json:"cve,omitempty"`
	CWE             *weakness        `json:"cwe,omitempty"`
	CWEs            []weakness       `json:"cwes,omitempty" read:"-"`            // 2.1
	DisclosureDate  string           `json:"disclosure_date,omitempty" read:"-"` // 2.1
	DiscoveryDate   string           `json:"discovery_date,omitempty"`
	Flags           []flag           `json:"flags,omitempty"`
	IDs             []foreignID      `json:"ids,omitempty"`
	Metrics         []metric         `json:"metrics,omitempty" read:"-"` // 2.1
	Notes           []note           `json:"notes,omitempty"`
	ProductStatus   *productStatus   `json:"product_status,omitempty"`
	References      []reference      `json:"references,omitempty"` // read only
	ReleaseDate     string           `json:"release_date,omitempty"`
	Remediations    []remediation    `json:"remediations,omitempty"`
	Scores          []score          `json:"scores,omitempty"`
	Threats         []threat         `json:"threats,omitempty"`
	Title           string           `json:"title,omitempty"`
}

type weakness struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Version string `json:"version,omitempty" read:"-"` // 2.1
}

type flag struct {
	GroupIDs []string `json:"group_ids,omitempty"`
	Label    string   `json:"label"`
	Products []string `json:"product_ids,omitempty"`
}

type foreignID struct {
	System string `json:"system_name"`
	Text   string `json:"text"`
}

type productStatus struct {
	FirstAffected      []string `json:"first_affected,omitempty"`
	FirstFixed         []string `json:"first_fixed,omitempty"`
	Fixed              []string `json:"fixed,omitempty"`
	KnownAffected      []string `json:"known_affected,omitempty"`
	KnownNotAffected   []string `json:"known_not_affected,omitempty"`
	LastAffected       []string `json:"last_affected,omitempty"`
	UnderInvestigation []string `json:"under_investigation,omitempty"`
}

type remediation struct {
	Category string   `json:"category"`
	Date     string   `json:"date,omitempty"`
	Details  string   `json:"details"`
	GroupIDs []string `json:"group_ids,omitempty"`
	Products []string `json:"product_ids,omitempty"`
	URL      string   `json:"url,omitempty"`
}

type score struct {
	V2       *cvss    `json:"cvss_v2,omitempty"`
	V3       *cvss    `json:"cvss_v3,omitempty"`
	Products []string `json:"products"`
}

// metric is what CSAF 2.1 has in the place of a score.
type metric struct {
	Content  content  `json:"content"`
	Products []string `json:"products"`
}

type content struct {
	V2 *cvss `json:"cvss_v2,omitempty"`
	V3 *cvss `json:"cvss_v3,omitempty"`
	V4 *cvss `json:"cvss_v4,omitempty"`
}

type cvss struct {
	BaseScore             float64  `json:"baseScore"`
	BaseSeverity          string   `json:"baseSeverity,omitempty"`
	EnvironmentalScore    *float64 `json:"environmentalScore,omitempty"`
	EnvironmentalSeverity string   `json:"environmentalSeverity,omitempty"`
	TemporalScore         *float64 `json:"temporalScore,omitempty"`
	TemporalSeverity      string   `json:"temporalSeverity,omitempty"`
	Vector                string   `json:"vectorString"`
	Version               string   `json:"version"`
}

// UnmarshalJSON takes the vector alone: all else follows from it.
func (c *cvss) UnmarshalJSON(b []byte) error {
	var v struct {
		Vector  string `json:"vectorString"`
		Version string `json:"version"`
	}
	err := json.Unmarshal(b, &v)
	c.Vector, c.Version = v.Vector, v.Version
	return err
}

type threat struct {
	Category string   `json:"category"`
	Details  string   `json:"details"`
	GroupIDs []string `json:"group_ids,omitempty"`
	Products []string `json:"product_ids,omitempty"`
}

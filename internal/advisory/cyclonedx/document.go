package cyclonedx

// The members of a CycloneDX 1.6 document that say something of vulnerabilities.

type bom struct {
	Format          string          `json:"bomFormat"`
	Spec            string          `json:"specVersion"`
	Serial          string          `json:"serialNumber"`
	Version         int             `json:"version"`
	Metadata        metadata        `json:"metadata"`
	Components      []component     `json:"components"`
	Vulnerabilities []vulnerability `json:"vulnerabilities"`
}

type metadata struct {
	Timestamp    string       `json:"timestamp"`
	Tools        *tools       `json:"tools,omitempty"`
	Manufacturer organisation `json:"manufacturer"`
	Properties   []property   `json:"properties,omitempty"`
}

type tools struct {
	Components []component `json:"components"`
}

type organisation struct {
	Name string   `json:"name"`
	URL  []string `json:"url,omitempty"`
}

type component struct {
	Ref      string        `json:"bom-ref,omitempty"`
	Type     string        `json:"type"`
	Supplier *organisation `json:"supplier,omitempty"`
	Name     string        `json:"name"`
	Version  string        `json:"version,omitempty"`
	CPE      string        `json:"cpe,omitempty"`
	PURL     string        `json:"purl,omitempty"`
}

type vulnerability struct {
	Ref            string      `json:"bom-ref"`
	ID             string      `json:"id"`
	Source         *source     `json:"source,omitempty"`
	References     []foreign   `json:"references,omitempty"`
	Ratings        []rating    `json:"ratings,omitempty"`
	CWEs           []int       `json:"cwes,omitempty"`
	Description    string      `json:"description,omitempty"`
	Detail         string      `json:"detail,omitempty"`
	Recommendation string      `json:"recommendation,omitempty"`
	Workaround     string      `json:"workaround,omitempty"`
	Advisories     []reference `json:"advisories,omitempty"`
	Published      string      `json:"published,omitempty"`
	Updated        string      `json:"updated,omitempty"`
	Rejected       string      `json:"rejected,omitempty"`
	Credits        *credits    `json:"credits,omitempty"`
	Analysis       analysis    `json:"analysis"`
	Affects        []affect    `json:"affects"`
	Properties     []property  `json:"properties,omitempty"`
}

type source struct {
	Name string `json:"name,omitempty"`
	URL  string `json:"url,omitempty"`
}

type foreign struct {
	ID     string `json:"id"`
	Source source `json:"source"`
}

type rating struct {
	Score    float64 `json:"score"`
	Severity string  `json:"severity"`
	Method   string  `json:"method"`
	Vector   string  `json:"vector"`
}

type reference struct {
	Title string `json:"title,omitempty"`
	URL   string `json:"url"`
}

type credits struct {
	Organizations []organisation `json:"organizations,omitempty"`
	Individuals   []person       `json:"individuals,omitempty"`
}

type person struct {
	Name string `json:"name"`
}

type analysis struct {
	State         string   `json:"state"`
	Justification string   `json:"justification,omitempty"`
	Response      []string `json:"response,omitempty"`
	Detail        string   `json:"detail,omitempty"`
}

type affect struct {
	Ref      string    `json:"ref"`
	Versions []version `json:"versions"`
}

type version struct {
	Version string `json:"version,omitempty"`
	Range   string `json:"range,omitempty"`
	Status  string `json:"status"`
}

type property struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

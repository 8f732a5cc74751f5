package openvex

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"fairlead/internal/advisory"
	"fairlead/internal/cvd"
)

// anyDocument is all that a document of somebody else may hold.
type anyDocument struct {
	document
	Statements []anyStatement `json:"statements"`
}

type anyStatement struct {
	statement
	ID          string         `json:"@id"`
	Version     int            `json:"version"`
	Timestamp   string         `json:"timestamp"`
	LastUpdated string         `json:"last_updated"`
	Supplier    string         `json:"supplier"`
	ActionTime  string         `json:"action_statement_timestamp"`
	Products    []anyComponent `json:"products"`
	Vuln        *struct {
		vulnerability
		ID string `json:"@id"`
	} `json:"vulnerability"`
}

type anyComponent struct {
	ID          string `json:"@id"`
	Identifiers *struct {
		identifiers
		CPE22 string `json:"cpe22"`
	} `json:"identifiers"`
	Hashes        map[string]string `json:"hashes"`
	Subcomponents []anyComponent    `json:"subcomponents"`
}

var (
	statuses = []string{
		string(cvd.StatusAffected), string(cvd.StatusFixed), string(cvd.StatusNotAffected), string(cvd.StatusInvestigating),
	}
	justifications = []string{
		string(cvd.NoComponent), string(cvd.NoVulnerableCode), string(cvd.CodeNotExecuted), string(cvd.CodeUnreachable), string(cvd.InlineMitigation),
	}
)

// Check says all that is wrong with an OpenVEX 0.2.0 document: as errors what its
// schema forbids, as warnings what leaves its readers guessing.
func Check(b []byte) []advisory.Finding {
	c := &checking{}
	var d anyDocument
	r, err := advisory.Read(b, &d, time.Time{})
	if err != nil {
		c.Err("openvex-schema", "", "is no readable JSON document", "write one OpenVEX document as UTF-8 JSON")
		return c.Findings
	}
	for _, f := range r.Faults {
		c.Err("openvex-schema", f.Field, f.Problem, f.Remedy)
	}
	for _, l := range r.Lost {
		c.Err("openvex-schema", strings.ReplaceAll(strings.TrimPrefix(l.Pointer, "/"), "/", "."), "is no member of the format", "take it out")
	}
	if !strings.HasPrefix(d.Context, "https://openvex.dev/ns") {
		c.Err("openvex-context", "@context", "is not the format's", "write https://openvex.dev/ns/v0.2.0")
	}
	c.iri("@id", d.ID, true)
	if strings.TrimSpace(d.Author) == "" {
		c.Err("openvex-author", "author", "is missing", "say who says so")
	}
	if c.instant("timestamp", d.Timestamp); d.Timestamp == "" {
		c.Err("openvex-schema", "timestamp", "is missing", "say when the document was issued")
	}
	c.instant("last_updated", d.LastUpdated)
	if d.Version < 1 {
		c.Err("openvex-schema", "version", "is missing or below 1", "count from 1, one more with each change")
	}
	if len(d.Statements) == 0 {
		c.Err("openvex-schema", "statements", "is empty", "say something of a product")
	}
	for i := range d.Statements {
		c.statement(fmt.Sprintf("statements[%d]", i), &d.Statements[i])
	}
	return c.Findings
}

type checking struct{ advisory.Findings }

func (c *checking) iri(field, s string, needed bool) {
	if s == "" && !needed {
		return
	}
	if u, err := url.Parse(s); err != nil || u.Scheme == "" {
		c.Err("openvex-schema", field, "is no IRI", "write it with its scheme")
	}
}

func (c *checking) instant(field, s string) {
	if s == "" {
		return
	}
	if _, err := time.Parse(time.RFC3339Nano, s); err != nil {
		c.Err("openvex-schema", field, "is no RFC 3339 instant", "write it as 2026-11-25T12:00:00Z")
	}
}

func (c *checking) statement(field string, s *anyStatement) {
	if s.Vuln == nil || s.Vuln.Name == "" {
		c.Err("openvex-schema", field+".vulnerability.name", "is missing", "name the vulnerability, such as by its CVE id")
	} else {
		c.iri(field+".vulnerability.@id", s.Vuln.ID, false)
	}
	c.iri(field+".@id", s.ID, false)
	for name, at := range map[string]string{"timestamp": s.Timestamp, "last_updated": s.LastUpdated, "action_statement_timestamp": s.ActionTime} {
		c.instant(field+"."+name, at)
	}
	if !slices.Contains(statuses, s.Status) {
		c.Err("openvex-schema", field+".status", "is no status", "one of "+strings.Join(statuses, ", "))
	}
	if s.Justification != "" && !slices.Contains(justifications, s.Justification) {
		c.Err("openvex-schema", field+".justification", "is no justification", "one of "+strings.Join(justifications, ", "))
	}
	switch cvd.ProductStatus(s.Status) {
	case cvd.StatusNotAffected:
		if s.Justification == "" && s.ImpactStatement == "" {
			c.Err("openvex-status", field, "does not say why the products are not affected", "add a justification or an impact statement")
		}
	case cvd.StatusAffected:
		if s.ActionStatement == "" {
			c.Err("openvex-status", field, "does not say what to do about affected products", "add an action statement")
		}
	case cvd.StatusFixed, cvd.StatusInvestigating:
	}
	if len(s.Products) == 0 {
		c.Warn("openvex-products", field+".products", "is empty, so nobody knows what it is about", "name the products")
	}
	for i := range s.Products {
		c.component(fmt.Sprintf("%s.products[%d]", field, i), &s.Products[i], true)
	}
}

func (c *checking) component(field string, p *anyComponent, top bool) {
	if p.ID == "" && p.Identifiers == nil {
		c.Err("openvex-schema", field, "has neither @id nor identifiers", "name it, best by a package URL")
	}
	c.iri(field+".@id", p.ID, false)
	if i := p.Identifiers; i != nil && i.PURL == "" && i.CPE23 == "" && i.CPE22 == "" {
		c.Err("openvex-schema", field+".identifiers", "is empty", "give a package URL or a CPE name")
	}
	if !top && len(p.Subcomponents) > 0 {
		c.Err("openvex-schema", field+".subcomponents", "is no member of a subcomponent", "list it beside the others")
	}
	for i := range p.Subcomponents {
		if top {
			c.component(fmt.Sprintf("%s.subcomponents[%d]", field, i), &p.Subcomponents[i], false)
		}
	}
}

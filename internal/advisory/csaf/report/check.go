package report

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"fairlead/internal/advisory"
	"fairlead/internal/advisory/csaf"
	"fairlead/internal/cvd"
)

// checked is a document as the rules of the profile look at it: what is not there is
// empty, whatever else it holds.
type checked struct {
	Schema   string `json:"$schema"`
	Document struct {
		Acknowledgments []any           `json:"acknowledgments"`
		Severity        json.RawMessage `json:"aggregate_severity"`
		Category        string          `json:"category"`
		Version         string          `json:"csaf_version"`
		Distribution    distribution    `json:"distribution"`
		Lang            string          `json:"lang"`
		Publisher       publisher       `json:"publisher"`
		Title           string          `json:"title"`
		Tracking        tracking        `json:"tracking"`
	} `json:"document"`
	ProductTree     *tree `json:"product_tree"`
	Vulnerabilities []struct {
		CVE            string              `json:"cve"`
		DisclosureDate string              `json:"disclosure_date"`
		IDs            []any               `json:"ids"`
		Metrics        []any               `json:"metrics"`
		Notes          []note              `json:"notes"`
		Status         map[string][]string `json:"product_status"`
		References     []any               `json:"references"`
		Threats        []any               `json:"threats"`
		Title          string              `json:"title"`
	} `json:"vulnerabilities"`
}

// CheckAny says what is wrong with a document of CSAF: a vulnerability report is held to
// its profile, any other document to CSAF 2.0; one of 2.1 is not judged.
func CheckAny(b []byte) []advisory.Finding {
	if Is(b) {
		return Check(b)
	}
	var d checked
	if json.Unmarshal(b, &d) == nil && d.Document.Version == version {
		var f advisory.Findings
		f.Err("csaf-version", "/document/csaf_version", "is 2.1, a draft that is not judged here but for vulnerability reports", "give a document of CSAF 2.0, or ask a validator for 2.1")
		return f
	}
	return csaf.Check(b)
}

// Check says what keeps a document from being a vulnerability report of CSAF 2.1, by the
// draft's tests of the profile: mandatory ones as errors, recommended ones as
// warnings, informative ones as information. Fields are JSON pointers. All else that
// the draft says of a document is left to its schema.
func Check(b []byte) []advisory.Finding {
	var d checked
	var f found
	if json.Unmarshal(b, &d) != nil {
		f.Err("csaf-json", "", "is no JSON document of CSAF", "write it as the schema of CSAF 2.1 has it")
		return f.Findings
	}
	f.base(&d)
	f.need("csaf-6.1.27.4", d.ProductTree != nil, "/product_tree", "say which products it is about")
	f.need("csaf-6.1.27.11", len(d.Vulnerabilities) > 0, "/vulnerabilities", "describe at least one vulnerability")
	english := d.Document.Lang == "" || d.Document.Lang == "en" || strings.HasPrefix(strings.ToLower(d.Document.Lang), "en-")
	for i := range d.Vulnerabilities {
		v, at := &d.Vulnerabilities[i], advisory.Pointer("vulnerabilities", i)
		f.need("csaf-6.1.27.5", len(v.Notes) > 0, at+"/notes", "describe the vulnerability in a note")
		f.need("csaf-6.1.27.7", said(v.Status), at+"/product_status", "say which products are affected (known_affected)")
		f.need("csaf-6.1.27.8", v.CVE != "" || len(v.IDs) > 0, at+"/ids", "give it a CVE id or a number of your own")
		if english {
			f.summary(v.Notes, at+"/notes")
		}
		f.wish("csaf-6.2.39.10", len(v.Metrics) > 0, at+"/metrics", "rate it")
		f.wish("csaf-6.2.39.11", len(v.References) > 0, at+"/references", "refer to what can be read about it")
		f.wish("csaf-6.2.39.12", len(v.Threats) > 0, at+"/threats", "say what an attacker gains, or whether it is exploited")
		f.wish("csaf-6.2.39.13", v.Title != "", at+"/title", "give it a title")
		if v.DisclosureDate == "" {
			f.Findings = append(f.Findings, advisory.Finding{Level: advisory.LevelInfo, Rule: "csaf-6.3.23.2", Fault: cvd.Fault{Field: at + "/disclosure_date", Problem: "is missing", Remedy: "say when it is to become public, if that is planned"}})
		}
	}
	f.defined(&d)
	return f.Findings
}

type found struct{ advisory.Findings }

func (f *found) need(rule string, ok bool, at, remedy string) {
	if !ok {
		f.Err(rule, at, "is missing", remedy)
	}
}

func (f *found) wish(rule string, ok bool, at, remedy string) {
	if !ok {
		f.Warn(rule, at, "is missing", remedy)
	}
}

// base is the profile CSAF Base, and the members of the document that this one wishes.
func (f *found) base(d *checked) {
	h := &d.Document
	t := &h.Tracking
	for _, one := range []struct{ at, value string }{
		{"/$schema", d.Schema},
		{"/document/distribution/tlp/label", h.Distribution.TLP.Label},
		{"/document/publisher/category", h.Publisher.Category},
		{"/document/publisher/name", h.Publisher.Name},
		{"/document/publisher/namespace", h.Publisher.Namespace},
		{"/document/title", h.Title},
		{"/document/tracking/current_release_date", t.CurrentReleaseDate},
		{"/document/tracking/id", t.ID},
		{"/document/tracking/initial_release_date", t.InitialReleaseDate},
		{"/document/tracking/status", t.Status},
		{"/document/tracking/version", t.Version},
	} {
		f.need("csaf-base", one.value != "", one.at, "every document of CSAF 2.1 has it")
	}
	f.need("csaf-base", len(t.RevisionHistory) > 0, "/document/tracking/revision_history", "every document of CSAF 2.1 has it")
	if h.Version != version {
		f.Err("csaf-base", "/document/csaf_version", "is not 2.1", "the profile is one of CSAF 2.1")
	}
	if h.Category != Category {
		f.Err("csaf-base", "/document/category", "is not "+Category, "name the profile")
	}
	f.wish("csaf-6.2.39.7", len(h.Acknowledgments) > 0, "/document/acknowledgments", "say who found it, if they agree")
	f.wish("csaf-6.2.39.8", len(h.Severity) > 0, "/document/aggregate_severity", "say how severe it is")
	if label := h.Distribution.TLP.Label; label != "" && label != string(cvd.TLPAmber) {
		f.Warn("csaf-6.2.39.9", "/document/distribution/tlp/label", "is not AMBER", "a report is shared among those who work on it")
	}
}

// said tells whether one of the four groups holds a product.
func said(status map[string][]string) bool {
	for _, group := range []string{"fixed", "known_affected", "known_not_affected", "under_investigation"} {
		if len(status[group]) > 0 {
			return true
		}
	}
	return false
}

// summary is test 6.1.27.20: one of two titles, with the category that belongs to it.
func (f *found) summary(notes []note, at string) {
	for _, n := range notes {
		if n.Title == titleSummary && n.Category == "summary" || n.Title == titleCVE && n.Category == "description" {
			return
		}
	}
	f.Err("csaf-6.1.27.20", at, "holds no note that sums the vulnerability up",
		fmt.Sprintf("write one of category summary with the title %q, or of category description with the title %q", titleSummary, titleCVE))
}

// defined is test 6.1.1: every product that is spoken of stands in the tree.
func (f *found) defined(d *checked) {
	known := map[string]bool{}
	var walk func(all []branch)
	walk = func(all []branch) {
		for _, b := range all {
			if b.Product != nil {
				known[b.Product.ID] = true
			}
			walk(b.Branches)
		}
	}
	if d.ProductTree != nil {
		walk(d.ProductTree.Branches)
		for _, p := range d.ProductTree.FullProductNames {
			known[p.ID] = true
		}
	}
	for i := range d.Vulnerabilities {
		status := d.Vulnerabilities[i].Status
		for _, group := range slices.Sorted(maps.Keys(status)) {
			for n, id := range status[group] {
				if !known[id] {
					f.Err("csaf-6.1.1", advisory.Pointer("vulnerabilities", i, "product_status", group, n), "is no product of the tree", "define it in product_tree")
				}
			}
		}
	}
}

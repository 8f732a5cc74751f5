package csaf

import (
	"cmp"
	"encoding/json"
	"strings"

	"fairlead/internal/advisory"
	"fairlead/internal/cvd"
)

const keptPublisher = "/document/publisher"

// writtenBy is who a document of CSAF 2.0 that was read had as its publisher.
func writtenBy(a *cvd.Advisory) (p publisher) {
	if a.Source != nil {
		_ = json.Unmarshal(a.Source.Kept[keptPublisher], &p) // ours: written by decode
	}
	return p
}

// category is what we are to the products. Whoever hands on the advisory of others is
// not their vendor (CSAF 2.0, 3.2.1.8.1).
func category(a *cvd.Advisory, p advisory.Publisher) string {
	c := cmp.Or(p.Category, "vendor")
	if a.Source != nil && c == "vendor" {
		return "other"
	}
	return c
}

// source says of an advisory of others that it is, whose, and in which form it came.
func (w *writer) source() string {
	if w.a.Source == nil {
		return ""
	}
	by := writtenBy(w.a)
	who := strings.TrimSpace(by.Name + " " + by.Namespace)
	if who == "" {
		return w.v.Say("csaf.source.unknown", "us", w.p.Name, "format", formats[w.a.Source.Format], "id", string(w.a.ID))
	}
	return w.v.Say("csaf.source", "us", w.p.Name, "them", who, "format", formats[w.a.Source.Format], "id", string(w.a.ID))
}

// formats are how those that are read call themselves.
var formats = map[string]string{"csaf": "CSAF", "osv": "OSV", "cve5": "CVE", "ghsa": "GitHub"}

// original are the places where the publishers of OSV, CVE and GitHub have a record of
// that id; of CSAF the document itself says it.
func original(a *cvd.Advisory) string {
	if a.Source == nil || strings.HasPrefix(string(a.ID), "x_") { // no registered database
		return ""
	}
	switch a.Source.Format {
	case "osv":
		return "https://osv.dev/vulnerability/" + string(a.ID)
	case "cve5":
		return "https://www.cve.org/CVERecord?id=" + string(a.ID)
	case "ghsa":
		return "https://github.com/advisories/" + string(a.ID)
	}
	return ""
}

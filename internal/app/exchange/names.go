package exchange

import (
	"path/filepath"
	"slices"
	"strings"

	"fairlead/internal/advisory"
	"fairlead/internal/cvd"
)

// Left is a CVE id that an advisory names and that no document of it is about.
type Left struct {
	ID  cvd.AdvisoryID `json:"id"`
	CVE string         `json:"cve"`
	Why string         `json:"why"`
}

// Doubled is a document that would have had the file name of another advisory's.
type Doubled struct {
	ID   cvd.AdvisoryID `json:"id"`
	File string         `json:"file"`  // what it is called instead
	As   string         `json:"as"`    // the name that both have
	With cvd.AdvisoryID `json:"other"` // whose document has that name
}

// Names gives every document of an export, page by page, a file name of its own.
type Names struct {
	taken   map[string]cvd.AdvisoryID
	Doubled []Doubled
}

// Of names the file of a document: as it says, or with the advisory's id besides
// where another advisory's document has that name.
func (n *Names) Of(d Exported) string {
	if n.taken == nil {
		n.taken = map[string]cvd.AdvisoryID{}
	}
	name := d.File
	if other, ok := n.taken[name]; ok {
		ext := filepath.Ext(name)
		name = strings.TrimSuffix(name, ext) + "." + advisory.PlainName(string(d.ID)) + ext
		n.Doubled = append(n.Doubled, Doubled{ID: d.ID, File: name, As: d.File, With: other})
	}
	n.taken[name] = d.ID
	return name
}

// Without are those of the CVE ids that no file is about, each once.
func (n *Names) Without(left []Left) []Left {
	out := []Left{}
	for _, l := range left {
		_, written := n.taken[l.CVE+".json"]
		if !written && !slices.ContainsFunc(out, func(o Left) bool { return o.CVE == l.CVE }) {
			out = append(out, l)
		}
	}
	return out
}

// leftOut lists the CVE ids of a record that have no document of their own in a
// format that writes one for each, and why; skipped says why none was written at all.
func leftOut(a *cvd.Advisory, docs []Exported, skipped string) []Left {
	ids := a.CVEs()
	for i := range a.Vulnerabilities {
		for _, id := range a.Vulnerabilities[i].IDs {
			ids = append(ids, id.ID)
		}
	}
	if skipped == "" {
		var written []string
		for _, d := range docs {
			written = append(written, strings.TrimSuffix(d.File, ".json"))
		}
		skipped = "it is another name of what the record of " + strings.Join(written, ", ") + " is about"
	}
	var out []Left
	for _, id := range ids {
		has := slices.ContainsFunc(docs, func(d Exported) bool { return d.File == id+".json" })
		if strings.HasPrefix(id, "CVE-") && !has && !slices.ContainsFunc(out, func(l Left) bool { return l.CVE == id }) {
			out = append(out, Left{ID: a.ID, CVE: id, Why: skipped})
		}
	}
	return out
}

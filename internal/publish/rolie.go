package publish

import (
	"time"

	"fairlead/internal/advisory"
	"fairlead/internal/cvd"
	"fairlead/internal/register"
)

// The ROLIE feed as CSAF 2.0 wants it (section 7.1.15; RFC 8322). Feeds may name
// ten thousand documents, so these are no maps.
type (
	rolieFeed struct {
		Feed rolieBody `json:"feed"`
	}
	rolieBody struct {
		ID       string       `json:"id"`
		Title    string       `json:"title"`
		Link     []rolieLink  `json:"link"`
		Category []object     `json:"category"`
		Updated  string       `json:"updated"`
		Entry    []rolieEntry `json:"entry"`
	}
	rolieLink struct {
		Rel  string `json:"rel"`
		Href string `json:"href"`
	}
	rolieTerm struct {
		Term string `json:"term"`
	}
	rolieEntry struct {
		ID        string      `json:"id"`
		Title     string      `json:"title"`
		Link      []rolieLink `json:"link"`
		Category  []rolieTerm `json:"category,omitempty"`
		Published string      `json:"published"`
		Updated   string      `json:"updated"`
		Content   rolieSource `json:"content"`
		Format    rolieFormat `json:"format"`
	}
	rolieSource struct {
		Type string `json:"type"`
		Src  string `json:"src"`
	}
	rolieFormat struct {
		Schema  string `json:"schema"`
		Version string `json:"version"`
	}
)

var csaf20 = rolieFormat{"https://docs.oasis-open.org/csaf/csaf/v2.0/csaf_json_schema.json", "2.0"}

// rolie is the feed of a label, the last published first.
func (d *door) rolie(p place, one part) any {
	base := one.stamp.by.Base
	entries := make([]rolieEntry, 0, 2*len(one.entries))
	for _, e := range one.entries {
		for _, name := range e.Documents {
			if suffix, ok := csafSuffix(name); ok {
				entries = append(entries, entryOf(p, e, base, suffix))
			}
		}
	}
	return rolieFeed{rolieBody{
		ID: "csaf-feed-tlp-" + p.folder, Title: d.say("publish.feed.title", "label", p.label, "name", one.stamp.by.Name),
		Link:     []rolieLink{{"self", p.url(base, p.feedFile())}, {"service", base + csafRoot + "service.json"}},
		Category: []object{informationType}, Updated: one.at.UTC().Format(time.RFC3339), Entry: entries,
	}}
}

func entryOf(p place, e *register.Entry, base, suffix string) rolieEntry {
	id := string(e.ID) + suffix
	src := p.url(base, yearOf(e)+"/"+advisory.Stem(cvd.AdvisoryID(id))+".json")
	out := rolieEntry{
		ID: id, Title: e.Title,
		Link:      []rolieLink{{"self", src}, {"hash", src + ".sha256"}, {"hash", src + ".sha512"}, {"signature", src + ".asc"}},
		Published: rfc3339(e.Published), Updated: rfc3339(e.Modified), Content: rolieSource{mediaJSON, src}, Format: csaf20,
	}
	for _, name := range e.Products {
		out.Category = append(out.Category, rolieTerm{name})
	}
	return out
}

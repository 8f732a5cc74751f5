package publish

import (
	"cmp"
	"encoding/xml"
	"net/http"
	"net/url"
	"slices"
	"time"

	"fairlead/internal/advisory"
	"fairlead/internal/cvd"
	"fairlead/internal/register"
)

// lately is how many advisories a feed for readers holds: the last changed ones.
const lately = 100

// news are the entries that changed last, with their records.
func (d *door) news(r *http.Request, p part) ([]*cvd.Advisory, error) {
	entries := slices.Clone(p.entries)
	slices.SortStableFunc(entries, func(a, b *register.Entry) int { return cmp.Compare(b.Seq, a.Seq) })
	var out []*cvd.Advisory
	for _, e := range entries[:min(len(entries), lately)] {
		a, err := d.Register.Record(r.Context(), e.ID, e.Revision)
		if err != nil {
			return nil, err
		}
		out = append(out, a)
	}
	return out, nil
}

func (d *door) pageOf(base string, id cvd.AdvisoryID) string {
	return base + "/advisories/" + url.PathEscape(string(id))
}

// title is the advisory's, marked where it was taken back.
func (d *door) title(a *cvd.Advisory) string {
	if a.Withdrawn.IsZero() {
		return a.Title
	}
	return d.say("publish.withdrawn", "title", a.Title)
}

// The Atom feed (RFC 4287).
type (
	atomFeed struct {
		XMLName xml.Name    `xml:"http://www.w3.org/2005/Atom feed"`
		ID      string      `xml:"id"`
		Title   string      `xml:"title"`
		Updated string      `xml:"updated"`
		Links   []atomLink  `xml:"link"`
		Author  atomAuthor  `xml:"author"`
		Entries []atomEntry `xml:"entry"`
	}
	atomLink struct {
		Rel  string `xml:"rel,attr"`
		Type string `xml:"type,attr,omitempty"`
		Href string `xml:"href,attr"`
	}
	atomAuthor struct {
		Name string `xml:"name"`
		URI  string `xml:"uri,omitempty"`
	}
	atomEntry struct {
		ID        string     `xml:"id"`
		Title     string     `xml:"title"`
		Published string     `xml:"published"`
		Updated   string     `xml:"updated"`
		Links     []atomLink `xml:"link"`
		Summary   string     `xml:"summary,omitempty"`
	}
)

func (d *door) atom(w http.ResponseWriter, r *http.Request, _ cvd.Actor) error {
	return d.newsFile(w, r, "atom", func(p part, list []*cvd.Advisory) (*file, error) {
		base := p.stamp.by.Base
		feed := atomFeed{
			ID: base + "/advisories", Title: d.say("publish.feed.readers", "name", p.stamp.by.Name), Updated: rfc3339(p.at),
			Author: atomAuthor{Name: cmp.Or(p.stamp.by.Name, base), URI: p.stamp.by.Namespace},
			Links: []atomLink{
				{"self", "application/atom+xml", base + "/advisories/feed.atom"}, {"alternate", "text/html", base + "/advisories"},
			},
		}
		for _, a := range list {
			a = advisory.Cleared(a)
			page := d.pageOf(base, a.ID)
			feed.Entries = append(feed.Entries, atomEntry{
				ID: page, Title: d.title(a), Published: rfc3339(a.Published), Updated: rfc3339(a.Modified), Summary: a.Overview,
				Links: []atomLink{{"alternate", "text/html", page}},
			})
		}
		b, err := xml.MarshalIndent(feed, "", "  ")
		if err != nil {
			return nil, err
		}
		return newFile("application/atom+xml; charset=utf-8", append([]byte(xml.Header), append(b, '\n')...), p.at), nil
	})
}

// The JSON Feed, version 1.1.
func (d *door) jsonFeed(w http.ResponseWriter, r *http.Request, _ cvd.Actor) error {
	return d.newsFile(w, r, "jsonfeed", func(p part, list []*cvd.Advisory) (*file, error) {
		base := p.stamp.by.Base
		items := []object{}
		for _, a := range list {
			a = advisory.Cleared(a)
			page := d.pageOf(base, a.ID)
			item := object{
				"id": page, "url": page, "title": d.title(a), "content_text": cmp.Or(a.Overview, a.Title),
				"date_published": rfc3339(a.Published), "date_modified": rfc3339(a.Modified), "language": cmp.Or(a.Lang, "en"),
			}
			if tags := a.CVEs(); len(tags) > 0 {
				item["tags"] = tags
			}
			items = append(items, item)
		}
		return newTyped("application/feed+json; charset=utf-8", object{
			"version": "https://jsonfeed.org/version/1.1", "title": d.say("publish.feed.readers", "name", p.stamp.by.Name),
			"home_page_url": base + "/advisories", "feed_url": base + "/advisories/feed.json",
			"authors": []object{{"name": cmp.Or(p.stamp.by.Name, base), "url": cmp.Or(p.stamp.by.Namespace, base)}}, "items": items,
		}, p.at)
	})
}

func (d *door) newsFile(w http.ResponseWriter, r *http.Request, name string, build func(p part, list []*cvd.Advisory) (*file, error)) error {
	p, err := d.of(r.Context(), everybody)
	if err != nil {
		return err
	}
	if p.stamp.since.After(p.at) {
		p.at = p.stamp.since
	}
	f, err := d.make(name, p.stamp, func(*file) (*file, error) {
		list, err := d.news(r, p)
		if err != nil {
			return nil, err
		}
		return build(p, list)
	})
	if err != nil {
		return err
	}
	return d.send(w, r, f, true)
}

func rfc3339(t time.Time) string { return t.UTC().Format(time.RFC3339) }

package publish

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"fairlead/internal/advisory"
	"fairlead/internal/cvd"
	"fairlead/internal/register"
)

// place is where advisories of a label lie: CSAF 2.0 knows TLP 1 only, whose
// WHITE is CLEAR, and has no AMBER+STRICT.
type place struct {
	folder string
	label  string
	tlps   []cvd.TLP
}

// places in the order in which they are listed.
var places = []place{
	{"white", "WHITE", []cvd.TLP{cvd.TLPClear}},
	{"green", "GREEN", []cvd.TLP{cvd.TLPGreen}},
	{"amber", "AMBER", []cvd.TLP{cvd.TLPAmber, cvd.TLPAmberStrict}},
	{"red", "RED", []cvd.TLP{cvd.TLPRed}},
}

// placeOf finds the place of a folder for somebody. A place that is for a few
// asks everybody else for a token, whatever may lie there (CSAF 2.0, section
// 7.1.5).
func placeOf(folder string, by cvd.Actor) (place, error) {
	i := slices.IndexFunc(places, func(p place) bool { return p.folder == folder })
	if i < 0 {
		return place{}, cvd.ErrNotFound
	}
	if !reads(by, places[i].tlps) {
		return place{}, cvd.ErrUnauthenticated
	}
	return places[i], nil
}

func (p place) open() bool { return reads(cvd.Stranger, p.tlps) }

// csafSuffix tells of a document, by the register's name for it, whether it lies in the
// provider's folders, and what its tracking id has behind the advisory's: nothing, the
// profile, or the language of a translation.
func csafSuffix(name string) (suffix string, ok bool) {
	lang, translated := strings.CutPrefix(name, "csaf/")
	switch {
	case translated:
		return "-" + lang, true
	case name == "csaf":
		return "", true
	case name == "csaf-vex":
		return "-VEX", true
	}
	return "", false
}

const csafRoot = "/.well-known/csaf/"

func (p place) url(base, file string) string { return base + csafRoot + p.folder + "/" + file }

func (p place) feedFile() string { return "csaf-feed-tlp-" + p.folder + ".json" }

func (p place) categoryFile() string { return "category-" + p.folder + ".json" }

// shown are the places that somebody is told of. The open one is always there;
// others once they hold something.
func (d *door) shown(ctx context.Context, by cvd.Actor) (list []place, all part, err error) {
	all.stamp = stamp{by: d.Publisher(), since: d.Since()}
	all.at = all.stamp.since
	for i, p := range places {
		if !reads(by, p.tlps) {
			continue
		}
		one, err := d.of(ctx, p.tlps)
		if err != nil {
			return nil, all, err
		}
		if i > 0 && len(one.entries) == 0 {
			continue
		}
		list = append(list, p)
		all.stamp.count += one.stamp.count
		all.stamp.seq = max(all.stamp.seq, one.stamp.seq)
		all.stamp.more += p.folder + " "
		if one.at.After(all.at) {
			all.at = one.at
		}
	}
	return list, all, nil
}

// metadata is provider-metadata.json (CSAF 2.0, section 7.1.7). Holders of a
// token are told of the feeds that the token opens; nobody else learns that
// there are any.
func (d *door) metadata(w http.ResponseWriter, r *http.Request, by cvd.Actor) error {
	list, all, err := d.shown(r.Context(), by)
	if err != nil {
		return err
	}
	keys, err := d.Keys(r.Context())
	if err != nil {
		return err
	}
	name := "metadata " + all.stamp.more
	for _, k := range keys {
		all.stamp.more += k.Fingerprint + " "
	}
	w.Header().Add("Vary", "Authorization")
	f, err := d.make(name, all.stamp, func(*file) (*file, error) {
		return newJSON(d.provider(list, keys, all.stamp.by, all.at), all.at)
	})
	if err != nil {
		return err
	}
	return d.send(w, r, f, !slices.ContainsFunc(list, func(p place) bool { return !p.open() }))
}

// index is where people and machines begin that have the folder's address alone. It
// names what is fixed, and no document.
func (d *door) index(w http.ResponseWriter, r *http.Request, by cvd.Actor) error {
	list, all, err := d.shown(r.Context(), by)
	if err != nil {
		return err
	}
	w.Header().Add("Vary", "Authorization")
	f, err := d.make("csaf index "+all.stamp.more, all.stamp, func(*file) (*file, error) {
		base := all.stamp.by.Base
		var feeds []string
		for _, p := range list {
			feeds = append(feeds, p.url(base, p.feedFile()))
		}
		return newJSON(object{
			"provider_metadata": base + csafRoot + "provider-metadata.json", "service": base + csafRoot + "service.json", "feeds": feeds,
		}, all.at)
	})
	if err != nil {
		return err
	}
	return d.send(w, r, f, !slices.ContainsFunc(list, func(p place) bool { return !p.open() }))
}

func newJSON(v any, changed time.Time) (*file, error) { return newTyped(mediaJSON, v, changed) }

func newTyped(media string, v any, changed time.Time) (*file, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	return newFile(media, append(b, '\n'), changed), nil
}

type object = map[string]any

func (d *door) provider(list []place, keys []Key, by advisory.Publisher, at time.Time) object {
	var feeds []object
	var categories, fingers []any
	for _, p := range list {
		feeds = append(feeds, object{
			"summary": d.say("publish.feed.summary", "label", p.label, "name", by.Name), "tlp_label": p.label, "url": p.url(by.Base, p.feedFile()),
		})
		categories = append(categories, p.url(by.Base, p.categoryFile()))
	}
	for _, k := range keys {
		fingers = append(fingers, object{"fingerprint": k.Fingerprint, "url": by.Base + csafRoot + "openpgp/" + k.Fingerprint + ".asc"})
	}
	publisher := object{"category": "vendor", "name": by.Name, "namespace": by.Namespace}
	if by.Contact != "" {
		publisher["contact_details"] = by.Contact
	}
	return object{
		"canonical_url": by.Base + csafRoot + "provider-metadata.json",
		"distributions": []object{{"rolie": object{"feeds": feeds, "categories": categories, "services": []string{by.Base + csafRoot + "service.json"}}}},
		"last_updated":  at.UTC().Format(time.RFC3339), "list_on_CSAF_aggregators": true, "mirror_on_CSAF_aggregators": true,
		"metadata_version": "2.0", "public_openpgp_keys": fingers, "publisher": publisher, "role": "csaf_trusted_provider",
	}
}

// service is the ROLIE service document (CSAF 2.0, section 7.1.16).
func (d *door) service(w http.ResponseWriter, r *http.Request, by cvd.Actor) error {
	list, all, err := d.shown(r.Context(), by)
	if err != nil {
		return err
	}
	w.Header().Add("Vary", "Authorization")
	f, err := d.make("service "+all.stamp.more, all.stamp, func(*file) (*file, error) {
		var collections []object
		for _, p := range list {
			collections = append(collections, object{
				"title": d.say("publish.feed.title", "label", p.label, "name", all.stamp.by.Name), "href": p.url(all.stamp.by.Base, p.feedFile()),
				"categories": object{"category": []object{informationType}},
			})
		}
		return newJSON(object{"service": object{"workspace": []object{{
			"title": d.say("publish.workspace", "name", all.stamp.by.Name), "collection": collections,
		}}}}, all.at)
	})
	if err != nil {
		return err
	}
	return d.send(w, r, f, !slices.ContainsFunc(list, func(p place) bool { return !p.open() }))
}

var informationType = object{"scheme": "urn:ietf:params:rolie:category:information-type", "term": "csaf"}

// key is a public key that documents were signed with (CSAF 2.0, section 7.1.20).
func (d *door) key(w http.ResponseWriter, r *http.Request, _ cvd.Actor) error {
	keys, err := d.Keys(r.Context())
	if err != nil {
		return err
	}
	for _, k := range keys {
		if r.PathValue("file") == k.Fingerprint+".asc" {
			d.reply(w, r, "application/pgp-keys", etagOf(k.Armored), time.Time{}, k.Armored, true)
			return nil
		}
	}
	return cvd.ErrNotFound
}

// feed answers with what lies in a label's folder beside the years: its feed and
// its category document.
func (d *door) feed(w http.ResponseWriter, r *http.Request, by cvd.Actor) error {
	p, err := placeOf(r.PathValue("label"), by)
	if err != nil {
		return err
	}
	one, err := d.of(r.Context(), p.tlps)
	if err != nil {
		return err
	}
	if len(one.entries) == 0 && p.folder != places[0].folder {
		return cvd.ErrNotFound
	}
	if one.stamp.since.After(one.at) {
		one.at = one.stamp.since
	}
	name := r.PathValue("file")
	build := map[string]func(p place, one part) any{p.feedFile(): d.rolie, p.categoryFile(): categories}[name]
	if build == nil {
		return cvd.ErrNotFound
	}
	f, err := d.make(name, one.stamp, func(*file) (*file, error) { return newJSON(build(p, one), one.at) })
	if err != nil {
		return err
	}
	return d.send(w, r, f, p.open())
}

// yearOf is the folder of the first release (CSAF 2.0, section 7.1.11).
func yearOf(e *register.Entry) string { return strconv.Itoa(e.Published.UTC().Year()) }

// categories is the ROLIE category document (CSAF 2.0, section 7.1.17): the names of the
// products that the feed's entries carry.
func categories(_ place, one part) any {
	names := map[string]bool{}
	for _, e := range one.entries {
		for _, name := range e.Products {
			names[name] = true
		}
	}
	list := []object{informationType}
	sorted := make([]string, 0, len(names))
	for name := range names {
		sorted = append(sorted, name)
	}
	slices.Sort(sorted)
	for _, name := range sorted {
		list = append(list, object{"term": name})
	}
	return object{"categories": object{"category": list}}
}

// csaf answers with a document, a hash or a signature under its label and year.
func (d *door) csaf(w http.ResponseWriter, r *http.Request, by cvd.Actor) error {
	p, err := placeOf(r.PathValue("label"), by)
	if err != nil {
		return err
	}
	name, what := beside(r.PathValue("file"))
	stem, ok := strings.CutSuffix(name, ".json")
	if !ok {
		return cvd.ErrNotFound
	}
	for i := len(stem); i > 0; i = strings.LastIndexByte(stem[:i], '-') {
		e, err := d.Register.Filed(r.Context(), stem[:i])
		if err != nil && !errors.Is(err, cvd.ErrNotFound) {
			return err
		}
		if err != nil || !slices.Contains(p.tlps, e.TLP) || yearOf(e) != r.PathValue("year") {
			continue
		}
		named := func(one string) bool {
			suffix, ok := csafSuffix(one)
			return ok && strings.EqualFold(suffix, stem[i:])
		}
		n := slices.IndexFunc(e.Documents, named)
		if n < 0 {
			continue
		}
		doc, err := d.Register.Document(r.Context(), e.ID, e.Documents[n])
		if err != nil {
			return err
		}
		if !slices.Contains(p.tlps, doc.TLP) { // a later revision went elsewhere meanwhile
			return cvd.ErrNotFound
		}
		return d.sendDocument(w, r, doc, name, what)
	}
	return cvd.ErrNotFound
}

// Package advisories is the part of the site where people read what is
// published: a list to search, and a page for each advisory.
//
// It shows what anybody may read and never says that there is more; it never
// renders HTML of an author, and its pages load nothing from elsewhere.
package advisories

import (
	"embed"
	"fmt"
	"hash/fnv"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"fairlead/internal/advisory/csaf"
	"fairlead/internal/advisory/page"
	"fairlead/internal/cvd"
	"fairlead/internal/register"
	"fairlead/internal/web"
	"fairlead/internal/words"
)

// Templates are the pages of this room; the storybook shows them with invented data.
//
//go:embed templates
var Templates embed.FS

// perPage is how many advisories a page of the list shows.
const perPage = 25

// maxQuery is the most bytes of a search.
const maxQuery = 200

// pages serves one request for a page.
type pages struct {
	site  *web.Site
	pages *web.Pages
	boot  string        // tells answers of this process from those of another
	r     *http.Request // whose language is spoken
}

// Register adds the pages to the mux. The site must have a register.
func Register(mux *http.ServeMux, site *web.Site) error {
	set, err := site.Pages(Templates, "templates")
	if err != nil {
		return err
	}
	boot := web.NewID()
	for pattern, do := range map[string]func(*pages, http.ResponseWriter, *http.Request) error{
		"GET /advisories":           (*pages).list,
		"GET /advisories/{id}":      (*pages).one,
		"GET /advisories/{id}/diff": (*pages).diff,
	} {
		mux.Handle(pattern, site.Open(func(w http.ResponseWriter, r *http.Request) error {
			return do(&pages{site: site, pages: set, boot: boot, r: r}, w, r)
		}))
	}
	return nil
}

func (p *pages) voice() *words.Voice { return p.site.Voice(p.r) }

func (p *pages) say(id string, pairs ...any) string { return p.voice().Say(id, pairs...) }

func (p *pages) page(title string) *web.Page {
	page := p.site.Page(p.r, title).At("/advisories")
	page.Feeds = true
	return page
}

// unchanged answers with 304 if the reader has the page of this state already.
// state is of what the page shows and of nothing else.
func (p *pages) unchanged(w http.ResponseWriter, r *http.Request, state ...any) bool {
	h := fnv.New128a()
	policy := 0
	if cur := p.site.Book.Current(); cur != nil {
		policy = cur.Number
	}
	fmt.Fprintln(h, p.boot, policy, p.site.ToneOf(r), state)
	etag := fmt.Sprintf(`W/"%x"`, h.Sum(nil))
	w.Header().Set("ETag", etag)
	for one := range strings.SplitSeq(r.Header.Get("If-None-Match"), ",") {
		if one = strings.TrimSpace(one); one == "*" || one == etag {
			w.Header().Add("Vary", "Accept-Language")
			w.Header().Add("Vary", "Accept-Encoding")
			w.WriteHeader(http.StatusNotModified)
			return true
		}
	}
	return false
}

// listView is the list, as it was asked for.
type listView struct {
	Query, Band, Year string
	Bands             []choice
	Years             []choice
	Total, Found      int
	Entries           []line
	Previous, Next    string // addresses; empty: none
	Page, Last        int
	CSAF, Signed      bool // what programs find here
}

type choice struct {
	Value, Label string
	Chosen       bool
}

// line is one advisory of the list.
type line struct {
	*register.Entry
	Href string
}

// provider tells whether CSAF documents are published here: without https the standard
// knows no provider, so none are made.
func (p *pages) provider(r *http.Request, open []*register.Entry) bool {
	if len(open) == 0 {
		return strings.HasPrefix(p.site.BaseURL(r), "https://")
	}
	return slices.ContainsFunc(open, func(e *register.Entry) bool { return slices.Contains(e.Documents, csaf.Format.Name) })
}

func (p *pages) list(w http.ResponseWriter, r *http.Request) error {
	all, err := p.site.Register.Entries(r.Context())
	if err != nil {
		return err
	}
	q := r.URL.Query()
	v := listView{Query: clip(strings.TrimSpace(q.Get("q"))), Band: q.Get("severity"), Year: q.Get("year")}
	var open, found []*register.Entry
	latest := int64(0)
	for _, e := range all {
		if e.TLP.Public() {
			open = append(open, e)
			latest = max(latest, e.Seq)
		}
	}
	v.choices(p, open)
	words := strings.Fields(strings.ToLower(v.Query))
	slices.Sort(words)
	words = slices.Compact(words) // anybody may ask, and each word is looked for in all of them
	for _, e := range open {
		if v.wants(e) && matches(e, words) {
			found = append(found, e)
		}
	}
	v.Total, v.Found, v.Page = len(open), len(found), 1
	v.CSAF, v.Signed = p.provider(r, open), p.site.Register.Sign != nil
	v.Last = max(1, (v.Found+perPage-1)/perPage)
	if n, err := strconv.Atoi(q.Get("page")); err == nil {
		v.Page = min(max(n, 1), v.Last)
	}
	if p.unchanged(w, r, latest, len(open), v.Query, v.Band, v.Year, v.Page) {
		return nil
	}
	first := (v.Page - 1) * perPage
	for _, e := range found[first:min(first+perPage, len(found))] {
		v.Entries = append(v.Entries, line{e, page.Address(e.ID)})
	}
	if v.Page > 1 {
		v.Previous = v.address(v.Page - 1)
	}
	if v.Page < v.Last {
		v.Next = v.address(v.Page + 1)
	}
	return p.pages.Render(w, r, http.StatusOK, "list", p.page(p.say("advisories.title")), v)
}

func clip(s string) string {
	if len(s) > maxQuery {
		s = strings.ToValidUTF8(s[:maxQuery], "")
	}
	return s
}

// choices are the filters that lead to something. What is asked for and is none
// of them filters nothing.
func (v *listView) choices(p *pages, open []*register.Entry) {
	bands, years := map[cvd.Band]bool{}, map[int]bool{}
	for _, e := range open {
		bands[e.Band] = true
		years[e.Published.UTC().Year()] = true
	}
	band, year := v.Band, v.Year
	v.Band, v.Year = "", ""
	for _, b := range slices.Backward(cvd.Bands) {
		if bands[b] {
			v.Bands = append(v.Bands, choice{string(b), p.say("band." + string(b)), string(b) == band})
		}
		if bands[b] && string(b) == band {
			v.Band = band
		}
	}
	for n := range years {
		y := strconv.Itoa(n)
		v.Years = append(v.Years, choice{y, y, y == year})
		if y == year {
			v.Year = year
		}
	}
	slices.SortFunc(v.Years, func(a, b choice) int { return strings.Compare(b.Value, a.Value) })
}

func yearOf(e *register.Entry) string { return strconv.Itoa(e.Published.UTC().Year()) }

func (v *listView) wants(e *register.Entry) bool {
	return (v.Band == "" || string(e.Band) == v.Band) && (v.Year == "" || yearOf(e) == v.Year)
}

// matches tells whether every word stands in what names the advisory.
func matches(e *register.Entry, words []string) bool {
	return !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(e.Names, w) })
}

// address is that of another page of the same search.
func (v *listView) address(page int) string {
	q := url.Values{}
	for name, value := range map[string]string{"q": v.Query, "severity": v.Band, "year": v.Year} {
		if value != "" {
			q.Set(name, value)
		}
	}
	if page > 1 {
		q.Set("page", strconv.Itoa(page))
	}
	return "/advisories?" + q.Encode()
}

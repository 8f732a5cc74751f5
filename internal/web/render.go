package web

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"html/template"
	"io/fs"
	"maps"
	"math"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"fairlead/internal/cvd"
	"fairlead/internal/web/program"
	"fairlead/internal/words"
)

// Page is what the layout needs of every page.
type Page struct {
	Title string // of the page alone
	// Desk picks the team's layout: wide and dense.
	Desk         bool
	Organisation string
	Home         string // where the name in the head leads
	Nav          []Link
	Account      []Link        // at the end of the head
	Alarms       []Notice      // above everything
	Tools        template.HTML // what the desk's script works with; empty where it does not run
	Wide         bool          // a table or a board rather than a text
	Feeds        bool          // the page's machines find the feeds of advisories by its head
	Scripts      []string      // static files that add to the page; it must work without
	Tongues      []Tongue      // in which it can be read; none where that is not offered
}

// Link is an entry of a navigation.
type Link struct {
	Href, Label string
	Here        bool
	Count       string // beside the label; empty for none
	Alarms      string // that there are some, in words; empty for none
}

// Notice is a coloured box. Kind is info, good, warn or alarm.
type Notice struct {
	Kind, Title, Text string
	Href, Label       string // where to act; may be empty
}

// Badge is a short mark that never speaks by colour alone. Kind is neutral,
// info, good, warn, alarm or quiet.
type Badge struct{ Kind, Text string }

// Page makes the layout's data for a page of the public site.
func (s *Site) Page(r *http.Request, title string) *Page {
	v, chosen := s.Voice(r), Chosen(r)
	link := func(path, id string) Link { return Link{Href: InLanguage(path, chosen), Label: v.Say(id)} }
	return &Page{Title: title, Organisation: s.Organisation(), Home: InLanguage("/", chosen), Tongues: s.tongues(r), Nav: []Link{
		link("/report", "web.nav.report"), link("/thread", "web.nav.thread"), link("/policy", "web.nav.policy"), link("/advisories", "web.nav.advisories"),
	}}
}

// At marks the entry of the navigation that leads to path as the page one is on.
func (p *Page) At(path string) *Page {
	for i := range p.Nav {
		address, _, _ := strings.Cut(p.Nav[i].Href, "?")
		p.Nav[i].Here = address == path
	}
	return p
}

// Pages is a set of templates, each page with the layout and the shared parts. A
// page is parsed when it is first asked for in a language, so that none is held that
// nobody reads.
type Pages struct {
	site  *Site
	files fs.FS
	dir   string
	names map[string]bool

	mu    sync.RWMutex
	bases map[Tone]*template.Template
	sets  map[setKey]*template.Template
	parts keptParts
}

// Tone is how a template speaks: in which language, and whether its links carry on
// that it was chosen.
type Tone struct {
	Lang   string
	Chosen bool
}

// ToneOf is the tone of a request's answer.
func (s *Site) ToneOf(r *http.Request) Tone { return Tone{s.Voice(r).Lang(), Chosen(r) != ""} }

type setKey struct {
	tone Tone
	page string
}

// Pages finds the pages under dir of files. Every file there is a page that
// defines "main"; files under dir/parts are shared by its pages.
func (s *Site) Pages(files fs.FS, dir string) (*Pages, error) {
	names, err := fs.Glob(files, dir+"/*.html")
	if err != nil {
		return nil, err
	}
	p := &Pages{
		site: s, files: files, dir: dir, names: make(map[string]bool, len(names)),
		bases: map[Tone]*template.Template{}, sets: map[setKey]*template.Template{},
	}
	for _, name := range names {
		p.names[strings.TrimSuffix(path.Base(name), ".html")] = true
	}
	return p, nil
}

// set is the templates of a page, as they speak in that tone.
func (p *Pages) set(t Tone, page string) (*template.Template, error) {
	key := setKey{t, page}
	p.mu.RLock()
	one := p.sets[key]
	p.mu.RUnlock()
	if one != nil {
		return one, nil
	}
	if !p.names[page] {
		return nil, fmt.Errorf("no page %q", page)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if one := p.sets[key]; one != nil {
		return one, nil
	}
	base, err := p.base(t)
	if err != nil {
		return nil, err
	}
	if one, err = base.Clone(); err == nil {
		one, err = one.ParseFS(p.files, p.dir+"/"+page+".html")
	}
	if err != nil {
		return nil, fmt.Errorf("template %s: %w", page, err)
	}
	p.sets[key] = one
	return one, nil
}

// base is what all pages share in that tone.
func (p *Pages) base(t Tone) (*template.Template, error) {
	if base := p.bases[t]; base != nil {
		return base, nil
	}
	base, err := template.New("layout").Funcs(p.site.funcs(t)).Option("missingkey=error").ParseFS(Templates, "templates/*.html")
	if err != nil {
		return nil, fmt.Errorf("templates: %w", err)
	}
	if parts, _ := fs.Glob(p.files, p.dir+"/parts/*.html"); len(parts) > 0 {
		if base, err = base.ParseFS(p.files, parts...); err != nil {
			return nil, fmt.Errorf("templates: %w", err)
		}
	}
	p.bases[t] = base
	return base, nil
}

// Names lists the pages.
func (p *Pages) Names() []string { return slices.Sorted(maps.Keys(p.names)) }

// data is what templates are executed with: .Page, .View and .Head.
type data struct {
	Page *Page
	View any

	pages *Pages
	tone  Tone
	name  string
}

// Render writes a page. The page is complete before its first byte is sent, so
// a template that fails becomes an error page and never half a page.
func (p *Pages) Render(w http.ResponseWriter, r *http.Request, status int, name string, page *Page, view any) error {
	tone := p.site.ToneOf(r)
	one, err := p.set(tone, name)
	if err != nil {
		return err
	}
	if page.Organisation == "" {
		page.Organisation = p.site.Organisation()
	}
	b := sheets.Get().(*bytes.Buffer)
	defer func() {
		if b.Cap() <= sheetBytes { // one long history must not be held for ever
			sheets.Put(b)
		}
	}()
	b.Reset()
	held := p.site.pages.Share(p.site.From(r), math.MaxInt64)
	defer held.Free()
	if err := one.ExecuteTemplate(sheet{b, held}, "layout", data{page, view, p, tone, name}); err != nil {
		return fmt.Errorf("page %s: %w", name, err)
	}
	if !isPrivate(r) {
		w.Header().Add("Vary", "Accept-Language")
	}
	p.site.hurry(w, b.Len())
	return Write(w, r, status, "text/html; charset=utf-8", b.Bytes())
}

// sheets are what pages are written on before they are sent, used again and
// again.
var sheets = sync.Pool{New: func() any { return &bytes.Buffer{} }}

const sheetBytes = 256 << 10

// Write sends a text. It is compressed only where no secret can stand beside
// words of others: never on private routes.
func Write(w http.ResponseWriter, r *http.Request, status int, kind string, body []byte) error {
	h := w.Header()
	h.Set("Content-Type", kind)
	if !isPrivate(r) {
		h.Add("Vary", "Accept-Encoding")
		if len(body) > 1000 && acceptsGzip(r) {
			var b bytes.Buffer
			z := zippers.Get().(*gzip.Writer)
			z.Reset(&b)
			_, _ = z.Write(body)
			_ = z.Close()
			zippers.Put(z)
			h.Set("Content-Encoding", "gzip")
			body = b.Bytes()
		}
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	if r.Method == http.MethodHead {
		return nil
	}
	_, err := w.Write(body)
	return err
}

// zippers are reused: each holds most of a megabyte.
var zippers = sync.Pool{New: func() any { return gzip.NewWriter(nil) }}

func acceptsGzip(r *http.Request) bool {
	for part := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		name, q, _ := strings.Cut(strings.TrimSpace(part), ";")
		if name == "gzip" || name == "*" {
			return strings.ReplaceAll(q, " ", "") != "q=0"
		}
	}
	return false
}

// speaker is what templates say in one tone.
type speaker struct {
	site *Site
	tone Tone
	*words.Voice
}

// funcs are what templates may call. Dates are read in the policy's zone.
func (s *Site) funcs(t Tone) template.FuncMap {
	sp := speaker{s, t, s.Words.In(t.Lang)}
	return template.FuncMap{
		"say": sp.say,
		"has": sp.Has,
		// gloss is what a room below said in English, such as the problem of a fault.
		"gloss": sp.Gloss,
		// when is an exact instant; day a date; ago the distance from now. Inside a
		// text of the catalogue a date is on, which is no markup.
		"when": func(t time.Time) template.HTML { return timeTag(t, sp.Instant(t, s.Zone())) },
		"day":  func(t time.Time) template.HTML { return timeTag(t, sp.Day(t, s.Zone())) },
		"on":   func(t time.Time) string { return sp.Day(t, s.Zone()) },
		// date is the day of an advisory: in UTC, as in each of its documents.
		"date": func(t time.Time) template.HTML { return timeTag(t, sp.Day(t, time.UTC)) },
		"ago":  func(t time.Time) template.HTML { return timeTag(t, sp.Distance(t, s.Now())) },
		// stamp is an instant under words that were chosen already.
		"stamp": timeTag,
		"late":  func(t time.Time) bool { return !t.IsZero() && t.Before(s.Now()) },
		// prose renders Markdown of the policy; never use it for strangers' words.
		"prose": sp.prose,
		// mark shows a line that may be the policy's; in another language than the
		// page it says which.
		"mark": sp.mark,
		// markdown renders that of an advisory's author, who may be anybody.
		"markdown": sp.markdown,
		// told is the same for who must not be led astray: each link says where it leads.
		"told":  sp.told,
		"size":  sp.size,
		"agent": program.Name, "address": program.Address,
		"asset": s.asset,
		"theme": s.themeURL,
		"logo":  s.shownLogo,
		"badge": func(kind, text string) Badge { return Badge{kind, text} },
		"state": func(rm cvd.RM) Badge { return State(sp.Voice, rm) },
		"band":  func(b cvd.Band) Badge { return Band(sp.Voice, b) },
		"lang":  sp.Lang,
		// path is an address of the site: it carries on what language was chosen.
		"path": sp.path,
		// chosen is the language that was chosen, for a form that asks by its address,
		// or empty.
		"chosen": sp.chosen,
		"plus":   func(a, b int) int { return a + b },
		"id":     FieldID,
		"join":   strings.Join,
		"split":  strings.Split,
	}
}

// say refuses markup in a blank, which would be shown as its tags: it is an error of
// the template.
func (sp speaker) say(id string, pairs ...any) (string, error) {
	for _, value := range pairs {
		if _, markup := value.(template.HTML); markup {
			return "", fmt.Errorf("the text %s is given markup", id)
		}
	}
	return sp.Say(id, pairs...), nil
}

func (sp speaker) path(address string) string { return InLanguage(address, sp.chosen()) }

func (sp speaker) chosen() string {
	if !sp.tone.Chosen {
		return ""
	}
	return sp.tone.Lang
}

// mark says the language of a line of the policy's where it is not the page's.
func (sp speaker) mark(line string) template.HTML {
	html := template.HTMLEscapeString(line)
	if lang := sp.site.foreign(sp.tone.Lang, line); lang != "" {
		html = `<span lang="` + template.HTMLEscapeString(lang) + `">` + html + `</span>`
	}
	return template.HTML(html) //nolint:gosec // both are escaped
}

// size writes a number of bytes as people read it.
func (sp speaker) size(n int64) string { return Size(sp.Voice, n) }

// Size writes a number of bytes as people read it.
func Size(v *words.Voice, n int64) string {
	switch {
	case n < 1000:
		return v.Say("web.size.bytes", "count", int(n))
	case n < 1000*1000:
		return v.Say("web.size.kb", "n", v.Decimal(float64(n)/1000, 1))
	}
	return v.Say("web.size.mb", "n", v.Decimal(float64(n)/1e6, 1))
}

// State is the badge of a Report Management state.
func State(v *words.Voice, rm cvd.RM) Badge {
	kind := map[cvd.RM]string{
		cvd.RMReceived: "info", cvd.RMValid: "info", cvd.RMAccepted: "good",
		cvd.RMInvalid: "warn", cvd.RMDeferred: "neutral", cvd.RMClosed: "quiet",
	}[rm]
	return Badge{kind, v.Say("rm." + string(rm))}
}

// Band is the badge of a severity; the text of an empty one is empty.
func Band(v *words.Voice, b cvd.Band) Badge {
	if b == "" {
		return Badge{}
	}
	kind := map[cvd.Band]string{
		cvd.BandNone: "quiet", cvd.BandLow: "neutral", cvd.BandMedium: "info", cvd.BandHigh: "warn", cvd.BandCritical: "alarm",
	}[b]
	return Badge{kind, v.Say("band." + string(b))}
}

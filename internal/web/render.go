package web

import (
	"bytes"
	"compress/gzip"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"
	"time"

	advisorypage "fairlead/internal/advisory/page"
	"fairlead/internal/cvd"
	policypage "fairlead/internal/policy/page"
)

//go:embed templates
var ownTemplates embed.FS

// Page is what the layout needs of every page.
type Page struct {
	Title string // of the page alone
	// Desk picks the team's layout: wide and dense.
	Desk         bool
	Organisation string
	Home         string // where the name in the head leads
	Nav          []Link
	Account      []Link   // at the end of the head
	Alarms       []Notice // above everything
	Wide         bool     // a table or a board rather than a text
	Feeds        bool     // the page's machines find the feeds of advisories by its head
	Scripts      []string // static files that add to the page; it must work without
}

// Link is an entry of a navigation.
type Link struct {
	Href, Label string
	Here        bool
	Count       string // beside the label; empty for none
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
func (s *Site) Page(title string) *Page {
	return &Page{Title: title, Organisation: s.Organisation(), Home: "/", Nav: []Link{
		{Href: "/report", Label: s.voice.Say("web.nav.report")},
		{Href: "/thread", Label: s.voice.Say("web.nav.thread")},
		{Href: "/policy", Label: s.voice.Say("web.nav.policy")},
		{Href: "/advisories", Label: s.voice.Say("web.nav.advisories")},
	}}
}

// Pages is a set of templates, each page with the layout and the shared parts.
type Pages struct {
	site  *Site
	sets  map[string]*template.Template
	parts keptParts
}

// Pages parses the pages under dir of files. Every file there is a page that
// defines "main"; files under dir/parts are shared by its pages.
func (s *Site) Pages(files fs.FS, dir string) (*Pages, error) {
	base, err := template.New("layout").Funcs(s.funcs()).Option("missingkey=error").
		ParseFS(ownTemplates, "templates/*.html")
	if err != nil {
		return nil, fmt.Errorf("templates: %w", err)
	}
	if parts, _ := fs.Glob(files, dir+"/parts/*.html"); len(parts) > 0 {
		if base, err = base.ParseFS(files, parts...); err != nil {
			return nil, fmt.Errorf("templates: %w", err)
		}
	}
	names, err := fs.Glob(files, dir+"/*.html")
	if err != nil {
		return nil, err
	}
	p := &Pages{site: s, sets: map[string]*template.Template{}}
	for _, name := range names {
		one, err := base.Clone()
		if err == nil {
			one, err = one.ParseFS(files, name)
		}
		if err != nil {
			return nil, fmt.Errorf("template %s: %w", name, err)
		}
		p.sets[strings.TrimSuffix(path.Base(name), ".html")] = one
	}
	return p, nil
}

// Names lists the pages.
func (p *Pages) Names() []string {
	var out []string
	for name := range p.sets {
		out = append(out, name)
	}
	return out
}

// data is what templates are executed with: .Page, .View and .Head.
type data struct {
	Page *Page
	View any

	pages *Pages
	name  string
}

// Render writes a page. The page is complete before its first byte is sent, so
// a template that fails becomes an error page and never half a page.
func (p *Pages) Render(w http.ResponseWriter, r *http.Request, status int, name string, page *Page, view any) error {
	one := p.sets[name]
	if one == nil {
		return fmt.Errorf("no page %q", name)
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
	if err := one.ExecuteTemplate(b, "layout", data{page, view, p, name}); err != nil {
		return fmt.Errorf("page %s: %w", name, err)
	}
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

// funcs are what templates may call. Dates are read in the policy's zone.
func (s *Site) funcs() template.FuncMap {
	return template.FuncMap{
		"say": s.say,
		"has": s.voice.Has,
		// when is an exact instant; day a date; ago the distance from now. Inside a
		// text of the catalogue a date is on, which is no markup.
		"when": func(t time.Time) template.HTML { return timeTag(t, s.voice.Instant(t, s.Zone())) },
		"day":  func(t time.Time) template.HTML { return timeTag(t, s.voice.Day(t, s.Zone())) },
		"on":   func(t time.Time) string { return s.voice.Day(t, s.Zone()) },
		// date is the day of an advisory: in UTC, as in each of its documents.
		"date": func(t time.Time) template.HTML { return timeTag(t, s.voice.Day(t, time.UTC)) },
		"ago":  func(t time.Time) template.HTML { return timeTag(t, s.voice.Distance(t, s.Now())) },
		// stamp is an instant under words that were chosen already.
		"stamp": timeTag,
		"late":  func(t time.Time) bool { return !t.IsZero() && t.Before(s.Now()) },
		// prose renders Markdown of the policy; never use it for strangers' words.
		"prose": s.prose,
		// markdown renders that of an advisory's author, who may be anybody.
		"markdown": advisorypage.Prose,
		"size":     s.size,
		"asset":    s.asset,
		"theme":    s.themeURL,
		"badge":    func(kind, text string) Badge { return Badge{kind, text} },
		"state":    s.State,
		"band":     s.Band,
		"lang":     s.voice.Lang,
		"plus":     func(a, b int) int { return a + b },
		"id":       FieldID,
		"join":     strings.Join,
	}
}

// say remembers texts without blanks, since a page holds scores of them. Markup in a
// blank would be shown as its tags, so it is an error of the template.
func (s *Site) say(id string, pairs ...any) (string, error) {
	for _, value := range pairs {
		if _, markup := value.(template.HTML); markup {
			return "", fmt.Errorf("the text %s is given markup", id)
		}
	}
	if len(pairs) > 0 {
		return s.voice.Say(id, pairs...), nil
	}
	if text, ok := s.said.Load(id); ok {
		return text.(string), nil
	}
	text := s.voice.Say(id)
	if s.voice.Has(id) { // ids of the catalogue only, so that it stays bounded
		s.said.Store(id, text)
	}
	return text, nil
}

// prose remembers what texts of the policy look like. They are as many as the
// versions that took effect since the start, so this stays small.
func (s *Site) prose(markdown string) template.HTML {
	if done, ok := s.prosed.Load(markdown); ok {
		return done.(template.HTML)
	}
	done := policypage.Prose(markdown)
	s.prosed.Store(markdown, done)
	return done
}

func timeTag(t time.Time, words string) template.HTML {
	if t.IsZero() {
		return ""
	}
	//nolint:gosec // the instant is formatted by us, and the words are escaped
	return template.HTML(`<time datetime="` + t.UTC().Format(time.RFC3339) + `">` + template.HTMLEscapeString(words) + `</time>`)
}

// size writes a number of bytes as people read it.
func (s *Site) size(n int64) string {
	switch {
	case n < 1000:
		return s.voice.Say("web.size.bytes", "count", int(n))
	case n < 1000*1000:
		return s.voice.Say("web.size.kb", "n", strconv.FormatFloat(float64(n)/1000, 'f', 1, 64))
	}
	return s.voice.Say("web.size.mb", "n", strconv.FormatFloat(float64(n)/1e6, 'f', 1, 64))
}

// State is the badge of a Report Management state.
func (s *Site) State(rm cvd.RM) Badge {
	kind := map[cvd.RM]string{
		cvd.RMReceived: "info", cvd.RMValid: "info", cvd.RMAccepted: "good",
		cvd.RMInvalid: "warn", cvd.RMDeferred: "neutral", cvd.RMClosed: "quiet",
	}[rm]
	return Badge{kind, s.voice.Say("rm." + string(rm))}
}

// Band is the badge of a severity; the text of an empty one is empty.
func (s *Site) Band(b cvd.Band) Badge {
	if b == "" {
		return Badge{}
	}
	kind := map[cvd.Band]string{
		cvd.BandNone: "quiet", cvd.BandLow: "neutral", cvd.BandMedium: "info", cvd.BandHigh: "warn", cvd.BandCritical: "alarm",
	}[b]
	return Badge{kind, s.voice.Say("band." + string(b))}
}

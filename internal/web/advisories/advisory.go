package advisories

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"

	"fairlead/internal/advisory"
	"fairlead/internal/advisory/page"
	"fairlead/internal/cvd"
	"fairlead/internal/register"
	"fairlead/internal/web"
)

// entry finds an advisory that anybody may read; there is no other here.
func (p *pages) entry(ctx context.Context, id string) (*register.Entry, error) {
	e, err := p.site.Register.Entry(ctx, cvd.AdvisoryID(id))
	if err == nil && !e.TLP.Public() {
		err = cvd.ErrNotFound
	}
	return e, err
}

// oneView is the page of an advisory.
type oneView struct {
	*page.Sheet
	Href      string
	Lang      string // of the author's words
	Languages []tongue
	Original  string // the address of the original, where this is a translation
	Band      web.Badge
	Documents []document
	History   []change
}

// tongue is a language in which the advisory can be read.
type tongue struct {
	Tag, Name, Href string
	Here            bool
}

// tongues are the languages that there are to choose from, its own first; none where
// that is the only one.
func tongues(a *cvd.Advisory, at, chosen string) []tongue {
	own := cmp.Or(a.Lang, "en")
	out := []tongue{{own, spoken(own), at + "?lang=" + url.QueryEscape(own), chosen == ""}}
	for _, lang := range advisory.Languages(a) {
		out = append(out, tongue{lang, spoken(lang), at + "?lang=" + url.QueryEscape(lang), lang == chosen})
	}
	if len(out) == 1 {
		return nil
	}
	return out
}

// spoken is a language's name in that language, or its tag.
func spoken(tag string) string {
	if t, err := language.Parse(tag); err == nil {
		if name := display.Self.Name(t); name != "" {
			return name
		}
	}
	return tag
}

// chosen is the translation that the request asks for, or "" for the record's own
// words: also where there is no such translation, for links outlive them.
func chosen(r *http.Request, a *cvd.Advisory) string {
	for _, lang := range advisory.Languages(a) {
		if strings.EqualFold(lang, r.URL.Query().Get("lang")) {
			return lang
		}
	}
	return ""
}

// document is one format to take away.
type document struct {
	Label, Href string
	Signed      bool
}

// change is one revision.
type change struct {
	cvd.AdvisoryChange
	Diff string // the address of what it changed; empty for the first
}

func (p *pages) one(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("id")
	e, err := p.entry(r.Context(), id)
	if base, ok := strings.CutSuffix(id, ".md"); ok && errors.Is(err, cvd.ErrNotFound) {
		return p.markdown(w, r, base)
	}
	if err != nil {
		return err
	}
	a, err := p.revision(r.Context(), e.ID, e.Revision)
	if err != nil {
		return err
	}
	lang := chosen(r, a)
	if p.unchanged(w, r, e.ID, e.Seq, lang) {
		return nil
	}
	languages := tongues(a, href(e.ID), lang)
	if lang != "" {
		a = advisory.In(a, lang)
	}
	v := oneView{
		Sheet: page.In(a, p.site.Register.Publisher(), p.voice()), Href: href(e.ID), Lang: cmp.Or(a.Lang, "en"), Languages: languages, Documents: p.documents(e),
	}
	if lang != "" {
		v.Original = languages[0].Href
	}
	if v.Worst != nil {
		v.Band = web.Band(p.voice(), v.Worst.Band)
	}
	for _, c := range a.History {
		one := change{AdvisoryChange: c}
		if c.Revision > 1 && a.Source == nil { // not all of others' revisions came here
			one.Diff = href(e.ID) + "/diff?to=" + strconv.Itoa(c.Revision)
		}
		v.History = append(v.History, one)
	}
	return p.pages.Render(w, r, http.StatusOK, "one", p.page(a.Title), v)
}

// revision is the record of one revision, if it was for everybody.
func (p *pages) revision(ctx context.Context, id cvd.AdvisoryID, n int) (*cvd.Advisory, error) {
	a, err := p.site.Register.Record(ctx, id, n)
	if err == nil && !a.TLP.Public() {
		err = cvd.ErrNotFound
	}
	return a, err
}

// documents are the formats in which the advisory can be taken away.
func (p *pages) documents(e *register.Entry) []document {
	var out []document
	for _, name := range e.Documents {
		format, part, _ := strings.Cut(name, "/")
		for _, f := range p.site.Register.Formats {
			if f.Name != format {
				continue
			}
			label := f.Name
			if id := "advisories.format." + f.Name; p.voice().Has(id) {
				label = p.say(id)
			}
			if part != "" {
				label = p.say("advisories.part", "format", label, "name", part)
			}
			out = append(out, document{Label: label, Href: href(e.ID) + "/" + name + f.Ext, Signed: p.site.Register.Sign != nil})
		}
	}
	return out
}

// markdown is the advisory as a text, under its own address with ".md".
func (p *pages) markdown(w http.ResponseWriter, r *http.Request, id string) error {
	name := page.Format.Name
	if e, err := p.entry(r.Context(), id); err == nil {
		for _, lang := range e.Languages() {
			if strings.EqualFold(lang, r.URL.Query().Get("lang")) {
				name += "/" + lang
			}
		}
	}
	doc, err := p.site.Register.Document(r.Context(), cvd.AdvisoryID(id), name)
	if err != nil {
		return err
	}
	if !doc.TLP.Public() {
		return cvd.ErrNotFound
	}
	if p.unchanged(w, r, doc.SHA256) {
		return nil
	}
	return web.Write(w, r, http.StatusOK, doc.Media, doc.Bytes)
}

// around is how many lines that stayed are shown beside each that changed.
const around = 3

// diffView is what a revision changed.
type diffView struct {
	ID       cvd.AdvisoryID
	Title    string
	Href     string
	From, To int
	Text     string // what the revision says of itself
	Lines    []page.Line
}

// diff compares a revision with the one before it, as texts. A revision that was
// for a few is not shown, whatever became of it later.
func (p *pages) diff(w http.ResponseWriter, r *http.Request) error {
	e, err := p.entry(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	to, err := strconv.Atoi(r.URL.Query().Get("to"))
	if err != nil || to < 2 || to > e.Revision {
		return cvd.ErrNotFound
	}
	old, err := p.revision(r.Context(), e.ID, to-1)
	if err != nil {
		return err
	}
	now, err := p.revision(r.Context(), e.ID, to)
	if err != nil {
		return err
	}
	if p.unchanged(w, r, e.ID, to) {
		return nil
	}
	by := p.site.Register.Publisher()
	v := diffView{
		ID: e.ID, Title: now.Title, Href: href(e.ID), From: to - 1, To: to,
		Lines: page.Excerpt(page.Diff(string(page.Markdown(page.Of(old, by))), string(page.Markdown(page.Of(now, by)))), around),
	}
	for _, c := range now.History {
		if c.Revision == to {
			v.Text = c.Text
		}
	}
	return p.pages.Render(w, r, http.StatusOK, "diff", p.page(p.say("advisories.diff.title", "n", to, "id", string(e.ID))), v)
}

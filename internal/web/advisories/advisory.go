package advisories

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

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
	*page.Reading
	Documents []document
}

// tongues are the languages that there are to choose from, its own first; none where
// that is the only one.
func tongues(a *cvd.Advisory, at, chosen string) []page.Tongue {
	own := cmp.Or(a.Lang, "en")
	out := []page.Tongue{{Tag: own, Name: page.Spoken(own), Href: at + "?lang=" + url.QueryEscape(own), Here: chosen == ""}}
	for _, lang := range advisory.Languages(a) {
		out = append(out, page.Tongue{Tag: lang, Name: page.Spoken(lang), Href: at + "?lang=" + url.QueryEscape(lang), Here: lang == chosen})
	}
	if len(out) == 1 {
		return nil
	}
	return out
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
	languages := tongues(a, page.Address(e.ID), lang)
	if lang != "" {
		a = advisory.In(a, lang)
	}
	v := oneView{page.Read(a, p.site.Register.Publisher(), p.voice(), 1, a.Revision), p.documents(e)}
	v.Languages = languages
	if lang != "" {
		v.Original = languages[0].Href
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
		format, _, _ := strings.Cut(name, "/")
		for _, f := range p.site.Register.Formats {
			if f.Name == format {
				out = append(out, document{Label: page.Called(p.voice(), name), Href: page.Address(e.ID) + "/" + name + f.Ext, Signed: p.site.Register.Sign != nil})
			}
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
		ID: e.ID, Title: now.Title, Href: page.Address(e.ID), From: to - 1, To: to,
		Lines: page.Excerpt(page.Diff(string(page.Markdown(page.Of(old, by))), string(page.Markdown(page.Of(now, by)))), around),
	}
	for _, c := range now.History {
		if c.Revision == to {
			v.Text = c.Text
		}
	}
	return p.pages.Render(w, r, http.StatusOK, "diff", p.page(p.say("advisories.diff.title", "n", to, "id", string(e.ID))), v)
}

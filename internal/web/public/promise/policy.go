package promise

import (
	"html"
	"html/template"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"fairlead/internal/auth"
	"fairlead/internal/cvd"
	"fairlead/internal/intake"
	"fairlead/internal/policy/diff"
	policypage "fairlead/internal/policy/page"
	"fairlead/internal/rulebook"
	"fairlead/internal/web"
	"fairlead/internal/web/public"
)

// sheets keeps the last rendered policy of each language.
type sheets = policypage.Shelf

// policyView is one version of the policy.
type policyView struct {
	Number    int
	Heading   template.HTML // the title, which stands before the list of the parts
	Body      template.HTML
	Parts     []part
	Versions  []versionLine
	Old       bool // not the version in effect
	Current   int
	Effective time.Time
	Key       string // fingerprint of the key that mail to the team is encrypted to
}

// part is one part of the policy's page.
type part struct{ ID, Title string }

// heading finds the parts in a page that our own render wrote.
var heading = regexp.MustCompile(`<h2 id="([a-z0-9-]+)">([^<]*)</h2>`)

func parts(body template.HTML) []part {
	var out []part
	for _, m := range heading.FindAllStringSubmatch(string(body), -1) {
		out = append(out, part{m[1], html.UnescapeString(m[2])})
	}
	return out
}

// versionLine is one version that took effect.
type versionLine struct {
	Number    int
	Revision  string
	Effective time.Time
	Digest    string
	Signs     []rulebook.Sign
	Current   bool
}

func (p *pub) policy(w http.ResponseWriter, r *http.Request) error {
	cur, err := p.Current()
	if err != nil {
		return err
	}
	return p.showPolicy(w, r, cur, "/policy")
}

func (p *pub) policyVersion(w http.ResponseWriter, r *http.Request) error {
	n, err := strconv.Atoi(r.PathValue("n"))
	v := p.Site.Book.Version(n)
	if err != nil || v == nil || v.Effective.IsZero() {
		return cvd.ErrNotFound
	}
	return p.showPolicy(w, r, v, "/policy/versions")
}

func (p *pub) showPolicy(w http.ResponseWriter, r *http.Request, v *rulebook.Version, here string) error {
	body, err := p.policyBody(v)
	if err != nil {
		return err
	}
	at := strings.Index(string(body), "</h1>") + len("</h1>")
	view := policyView{Number: v.Number, Heading: body[:at], Body: body[at:], Parts: parts(body), Versions: p.versions(), Effective: v.Effective}
	if cur := p.Site.Book.Current(); cur != nil {
		view.Current, view.Old = cur.Number, cur.Number != v.Number
	}
	if p.Site.Fingerprint != nil && !view.Old {
		view.Key = p.Site.Fingerprint()
	}
	return p.Pages.Render(w, r, http.StatusOK, "policy", p.Page(p.Say("public.policy.title"), here), view)
}

func (p *pub) policyBody(v *rulebook.Version) (template.HTML, error) {
	return p.sheet.HTMLBody(v.Policy, p.policyPage(v, ""))
}

// policyPage is what the render of a version must be told.
func (p *pub) policyPage(v *rulebook.Version, base string) policypage.View {
	view := policypage.View{Version: v.Number, Since: v.Effective, Now: p.Site.Now(), BaseURL: base, Voice: p.Voice(), Carry: web.Chosen(p.R)}
	cur := p.Site.Book.Current()
	if review, ok := p.Site.Book.Review(); ok && cur != nil && cur.Number == v.Number {
		view.ReviewDue = review.Due
	}
	for _, one := range p.effective() {
		if one.Number <= v.Number {
			view.Recorded = append(view.Recorded, p.revision(one)...)
		}
	}
	return view
}

// effective lists the versions that took effect, oldest first. One that waits
// for a sign-off is nobody's business yet.
func (p *pub) effective() []*rulebook.Version {
	var out []*rulebook.Version
	for _, v := range p.Site.Book.Versions().All {
		if !v.Effective.IsZero() {
			out = append(out, v)
		}
	}
	return out
}

// revision is the version's line of the history, and one for each later review by
// which it stayed as it is.
func (p *pub) revision(v *rulebook.Version) []policypage.RevisionRow {
	row := policypage.RevisionRow{
		Version: v.Number, Revision: v.Policy.Revision, Date: v.Effective.In(v.Calendar.Zone()).Format(time.DateOnly),
		Changes: p.Say("public.policy.recorded", "n", v.Number),
	}
	for _, r := range p.Terms(v).Revisions {
		if r.Revision == v.Policy.Revision {
			row.Changes = r.Changes
		}
	}
	var later []policypage.RevisionRow
	for _, s := range v.Signs {
		if s.Office == "" {
			again := row
			again.Date, again.Changes = s.At.In(v.Calendar.Zone()).Format(time.DateOnly), p.Say("public.policy.unchanged")
			again.ReviewedBy, again.ApprovedBy = []string{s.Name}, nil
			later = append(later, again)
			continue
		}
		who := s.Name + " (" + s.Office + ")"
		if s.Act == "approved" {
			row.ApprovedBy = append(row.ApprovedBy, who)
		} else {
			row.ReviewedBy = append(row.ReviewedBy, who)
		}
	}
	return append([]policypage.RevisionRow{row}, later...)
}

func (p *pub) versions() []versionLine {
	var out []versionLine
	cur := p.Site.Book.Current()
	for _, v := range p.effective() {
		out = append(out, versionLine{v.Number, v.Policy.Revision, v.Effective, v.Digest, v.Signs, cur != nil && v.Number == cur.Number})
	}
	slices.Reverse(out)
	return out
}

func (p *pub) policyMarkdown(w http.ResponseWriter, r *http.Request) error {
	cur, err := p.Current()
	if err != nil {
		return err
	}
	w.Header().Add("Vary", "Accept-Language")
	text := policypage.Markdown(cur.Policy, p.policyPage(cur, p.Site.BaseURL(r)))
	return web.Write(w, r, http.StatusOK, "text/markdown; charset=utf-8", text)
}

// diffView compares two versions.
type diffView struct {
	From, To web.Field
	Changes  []diff.Change
	Asked    bool
	A, B     int
}

func (p *pub) policyDiff(w http.ResponseWriter, r *http.Request) error {
	all := p.effective()
	if len(all) == 0 {
		return cvd.ErrNotFound
	}
	last := len(all) - 1
	find := func(name string, otherwise int) (*rulebook.Version, error) {
		text := r.URL.Query().Get(name)
		if text == "" {
			return all[otherwise], nil
		}
		n, err := strconv.Atoi(text)
		v := p.Site.Book.Version(n)
		if err != nil || v == nil || v.Effective.IsZero() {
			return nil, cvd.ErrNotFound
		}
		return v, nil
	}
	a, err := find("from", max(last-1, 0))
	if err != nil {
		return err
	}
	b, err := find("to", last)
	if err != nil {
		return err
	}
	view := diffView{A: a.Number, B: b.Number, Changes: diff.Between(a.Policy, b.Policy)}
	view.From = p.versionField("from", all, a.Number)
	view.To = p.versionField("to", all, b.Number)
	return p.Pages.Render(w, r, http.StatusOK, "diff", p.Page(p.Say("public.diff.title"), "/policy/diff"), view)
}

func (p *pub) versionField(name string, all []*rulebook.Version, chosen int) web.Field {
	f := web.Field{Name: name, Kind: "select", Label: p.Say("public.diff." + name)}
	for _, v := range all {
		f.Options = append(f.Options, web.Option{
			Value: strconv.Itoa(v.Number), Chosen: v.Number == chosen,
			Label: p.Say("public.diff.version", "n", v.Number, "revision", v.Policy.Revision),
		})
	}
	return f
}

// feedbackView is the door for suggestions about the policy.
type feedbackView struct {
	Text    string
	Source  string
	Field   web.Field
	Summary *web.Summary
	Limited bool
	Done    bool
}

func (p *pub) feedbackForm(text string) (feedbackView, error) {
	cur, err := p.Current()
	if err != nil {
		return feedbackView{}, err
	}
	return feedbackView{
		Text: cur.Policy.Feedback.Text, Source: cur.Policy.SourceURL,
		Field: web.Field{Name: "text", Kind: "area", Rows: 8, Label: p.Say("public.feedback.label"), Help: p.Say("public.feedback.help"), Value: text, Required: true},
	}, nil
}

func (p *pub) showFeedback(w http.ResponseWriter, r *http.Request, status int, v feedbackView) error {
	return p.Pages.Render(w, r, status, "feedback", p.Page(p.Say("public.feedback.title"), "/policy/feedback"), v)
}

func (p *pub) feedback(w http.ResponseWriter, r *http.Request) error {
	v, err := p.feedbackForm("")
	if err != nil {
		return err
	}
	v.Done = r.URL.Query().Get("done") == "yes"
	return p.showFeedback(w, r, http.StatusOK, v)
}

func (p *pub) suggest(w http.ResponseWriter, r *http.Request) error {
	if err := web.Form(r); err != nil {
		return err
	}
	text := r.PostForm.Get("text")
	v, err := p.feedbackForm(text)
	if err != nil {
		return err
	}
	if ok, after := p.Site.Suggest.Allow(p.Site.From(r)); !ok {
		web.RetryAfter(w, auth.Limited{After: after})
		v.Limited = true
		return p.showFeedback(w, r, http.StatusTooManyRequests, v)
	}
	clean, err := intake.Message("text", text, intake.MaxMessage)
	if err == nil {
		err = p.Pay(len(clean), func() error { return p.Site.Book.Suggest(r.Context(), clean) })
	}
	status := http.StatusUnprocessableEntity
	found, ok := public.FaultsOf(err)
	if spent := p.Said(w, "text", err); spent != nil {
		found, ok, status = spent, true, http.StatusTooManyRequests
	}
	if ok {
		fields := []web.Field{v.Field}
		rest := web.Blame(fields, found)
		v.Field, v.Summary = fields[0], web.Summarise(p.Say("public.faults"), fields, rest)
		return p.showFeedback(w, r, status, v)
	}
	if err != nil {
		return err
	}
	return web.See(w, r, "/policy/feedback?done=yes")
}

package office

import (
	"errors"
	"fmt"
	"html/template"
	"io"
	"net/http"
	"slices"
	"strconv"

	"fairlead/internal/cvd"
	"fairlead/internal/deadline"
	"fairlead/internal/may"
	"fairlead/internal/policy"
	"fairlead/internal/policy/diff"
	"fairlead/internal/policy/page"
	"fairlead/internal/rulebook"
	"fairlead/internal/web"
	"fairlead/internal/web/desk/visit"
	"fairlead/internal/words"
)

// maxPolicy is the most bytes of a policy file (see policy.Parse).
const maxPolicy = 1 << 20

// policiesView is every version of the policy.
type policiesView struct {
	Versions    []versionView
	Waiting     []versionView
	Current     *versionView
	Review      *deadline.Review
	Suggestions []rulebook.Suggestion
	Publish     bool
	Signs       bool // what is in effect asks for signatures under the next one
	Faults      policy.Faults
	Source      string // what was uploaded and refused
	Done        string
	From, To    []web.Option
}

type versionView struct {
	Number         int
	Revision, By   string
	Digest, Short  string
	V              *rulebook.Version
	Current, Waits bool
	Missing        []signView
}

// signView is one signature that a version asks for.
type signView struct {
	Office, Act, Text string
	Own               bool // the reader holds the office
	Again             bool // given already; a new review may be recorded
	Spent             bool // the reader holds it, and signed for another
	Handed            bool // not the version asks for it, but one that was in effect before it
	Bare              bool // a review that no office is asked for

	Note  string // as it was typed before
	Wrong bool   // the box was not ticked
}

func (d *desk) policies(w http.ResponseWriter, r *http.Request, v lens) error {
	view, err := d.policiesView(r, v)
	if err != nil {
		return err
	}
	if id := "desk.policy.done." + r.URL.Query().Get("done"); v.Voice.Has(id) {
		view.Done = v.Say(id)
	}
	return d.show(w, r, v, http.StatusOK, "policies", v.Say("desk.policy.title"), view)
}

func (d *desk) policiesView(r *http.Request, v lens) (*policiesView, error) {
	view := &policiesView{Publish: may.Enter(v.Actor, may.AreaPolicy) == may.Change}
	if review, ok := d.Site.Book.Review(); ok {
		view.Review = &review
	}
	all := d.Site.Book.Versions()
	for _, one := range slices.Backward(all.All) {
		view.Versions = append(view.Versions, d.version(v, one))
	}
	for _, one := range all.Waiting() {
		view.Waiting = append(view.Waiting, d.version(v, one))
	}
	if cur := all.Current(); cur != nil {
		one := d.version(v, cur)
		view.Current, view.Signs = &one, len(cur.Policy.Review.SignOffs) > 0
	}
	for i, one := range view.Versions {
		label := v.Say("desk.policy.option", "number", one.Number, "revision", one.Revision)
		value := strconv.Itoa(one.Number)
		view.From = append(view.From, web.Option{Value: value, Label: label, Chosen: i == 1})
		view.To = append(view.To, web.Option{Value: value, Label: label, Chosen: i == 0})
	}
	var err error
	view.Suggestions, err = d.Site.Book.Suggestions(r.Context(), v.Actor)
	return view, err
}

func (d *desk) version(v lens, one *rulebook.Version) versionView {
	cur := d.Site.Book.Current()
	out := versionView{
		Number: one.Number, Revision: one.Policy.Revision, By: one.By, Digest: one.Digest, Short: one.Digest[:12], V: one,
		Current: cur != nil && cur.Number == one.Number, Waits: one.Effective.IsZero() && (cur == nil || one.Number > cur.Number),
	}
	missing := one.Missing()
	for _, want := range one.Needs {
		s := signView{
			Office: want.Office, Act: want.Act, Text: v.Say("desk.act."+want.Act, "office", want.Office),
			Own: slices.Contains(v.Actor.Offices, want.Office) && v.Actor.Is(cvd.RoleOfficer), Again: !slices.Contains(missing, want),
			Handed: !slices.Contains(one.Policy.Review.SignOffs, want),
		}
		if s.Own && one.Spent(v.Actor.ID, want.Office) {
			s.Own, s.Spent = false, true
		}
		if out.Waits && !s.Again || out.Current && want.Act == "reviewed" {
			out.Missing = append(out.Missing, s)
		}
	}
	if out.Current && one.Unsigned() {
		out.Missing = append(out.Missing, signView{
			Act: "reviewed", Text: v.Say("desk.act.unchanged"), Bare: true, Own: may.Enter(v.Actor, may.AreaPolicy) == may.Change,
		})
	}
	return out
}

// versionPage is one version as it reads, with what is to be signed.
type versionPage struct {
	versionView
	HTML    template.HTML
	Before  int          // the version that it follows; 0 for the first
	Lang    string       // that it is shown in
	Tongues []web.Tongue // those that it speaks, if there are several
	Refusal *web.Notice
}

func (d *desk) find(r *http.Request) (*rulebook.Version, error) {
	n, err := strconv.Atoi(r.PathValue("n"))
	if err != nil {
		return nil, cvd.ErrNotFound
	}
	if one := d.Site.Book.Version(n); one != nil {
		return one, nil
	}
	return nil, cvd.ErrNotFound
}

func (d *desk) policyVersion(w http.ResponseWriter, r *http.Request, v lens) error {
	one, err := d.find(r)
	if err != nil {
		return err
	}
	return d.showVersion(w, r, v, http.StatusOK, one, nil)
}

func (d *desk) showVersion(w http.ResponseWriter, r *http.Request, v lens, status int, one *rulebook.Version, refusal *web.Notice) error {
	voice := v.Voice // a signature is under every language, so each can be read
	if lang := r.URL.Query().Get("lang"); words.Spoken(lang) {
		voice = d.Site.Words.In(lang)
	}
	body, err := page.HTMLBody(one.Policy, page.View{Version: one.Number, Since: one.Effective, Now: v.Now, Voice: voice})
	if err != nil {
		return err
	}
	view := versionPage{versionView: d.version(v, one), HTML: body, Lang: voice.Lang(), Refusal: refusal, Before: d.before(one)}
	for i := range view.Missing { // what was typed is kept
		if s := &view.Missing[i]; refusal != nil && s.Office == r.PostForm.Get("office") && s.Act == r.PostForm.Get("act") {
			s.Note, s.Wrong = r.PostForm.Get("note"), true
		}
	}
	if spoken := d.Site.TermsSpoken(one); len(spoken) > 1 {
		for _, lang := range spoken {
			href := fmt.Sprintf("/desk/policy/%d?lang=%s", one.Number, lang)
			view.Tongues = append(view.Tongues, web.Tongue{Lang: lang, Name: words.Endonym(lang), Href: href, Here: lang == view.Lang})
		}
	}
	return d.show(w, r, v, status, "version", v.Say("desk.policy.version", "number", one.Number), view)
}

// before is the version that this one changes: that in effect, or the one before it.
func (d *desk) before(one *rulebook.Version) int {
	if cur := d.Site.Book.Current(); cur != nil && cur.Number < one.Number {
		return cur.Number
	}
	return one.Number - 1
}

// policySource sends the file as it was published, byte for byte.
func (d *desk) policySource(w http.ResponseWriter, r *http.Request, _ lens) error {
	one, err := d.find(r)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Disposition", `attachment; filename="policy-`+strconv.Itoa(one.Number)+`.yaml"`)
	return web.Write(w, r, http.StatusOK, "text/plain; charset=utf-8", one.Source)
}

// diffView is what differs between two versions.
type diffView struct {
	From, To versionView
	Changes  []changeView
}

func (d *desk) policyDiff(w http.ResponseWriter, r *http.Request, v lens) error {
	pick := func(name string) *rulebook.Version {
		return d.Site.Book.Version(int(visit.Number(r.URL.Query().Get(name))))
	}
	from, to := pick("from"), pick("to")
	if from == nil || to == nil {
		return cvd.ErrNotFound
	}
	view := diffView{d.version(v, from), d.version(v, to), v.changes(diff.Between(from.Policy, to.Policy))}
	return d.show(w, r, v, http.StatusOK, "diff", v.Say("desk.diff.title"), view)
}

// sign records an officer's act over the digest of the version that was shown.
func (d *desk) sign(w http.ResponseWriter, r *http.Request, v lens) error {
	one, err := d.find(r)
	if err != nil {
		return err
	}
	if err := web.Form(r); err != nil {
		return err
	}
	if !v.Actor.Is(cvd.RoleOfficer) && r.PostForm.Get("office") != "" {
		return cvd.ErrNotFound
	}
	form, faults := visit.Clean(r.PostForm)
	if len(faults) > 0 {
		return faults
	}
	if form.Get("read") != "yes" {
		return d.showVersion(w, r, v, http.StatusUnprocessableEntity, one, &web.Notice{
			Kind: "warn", Title: v.Say("desk.sign.unread"), Text: v.Say("desk.sign.unread.text"),
		})
	}
	_, err = d.Site.Book.Sign(r.Context(), v.Actor, one.Number, form.Get("office"), form.Get("act"), form.Get("digest"), form.Get("note"))
	if err != nil {
		return err
	}
	return web.See(w, r, "/desk/policy?done=signed")
}

// policyOf is what a form brings: a file, or a text in its place.
func policyOf(r *http.Request) ([]byte, error) {
	mr, err := r.MultipartReader()
	if err != nil { // the page that asked for a proof has kept the text
		err = web.Form(r)
		return []byte(r.PostForm.Get("source")), err
	}
	u, err := visit.ReadUpload(mr)
	if err != nil {
		return nil, err
	}
	if u.File != nil {
		b, err := io.ReadAll(io.LimitReader(u.File, maxPolicy+1))
		if err != nil {
			return nil, web.BodyError(err)
		}
		if len(b) > 0 {
			return b, nil
		}
	}
	return []byte(u.Fields.Get("source")), nil
}

// publish takes a new version, or says everything that is wrong with it.
func (d *desk) publish(w http.ResponseWriter, r *http.Request, v lens) error {
	source, err := policyOf(r)
	if err != nil {
		return err
	}
	if len(source) == 0 {
		return cvd.Faults{{Field: "file", Problem: v.Say("desk.nofile"), Remedy: v.Say("desk.nofile.remedy")}}
	}
	made, err := d.Site.Book.Publish(r.Context(), v.Actor, source)
	if faults, ok := errors.AsType[policy.Faults](err); ok {
		view, err := d.policiesView(r, v)
		if err != nil {
			return err
		}
		view.Faults, view.Source = faults, string(source)
		return d.show(w, r, v, http.StatusUnprocessableEntity, "policies", v.Say("desk.policy.title"), view)
	}
	if err != nil {
		return err
	}
	return web.See(w, r, "/desk/policy/"+strconv.Itoa(made.Number))
}

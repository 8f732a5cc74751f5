package office

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"fairlead/internal/cvd"
	"fairlead/internal/may"
	"fairlead/internal/policy"
	"fairlead/internal/policy/diff"
	"fairlead/internal/policy/draft"
	"fairlead/internal/rulebook"
	"fairlead/internal/web"
	"fairlead/internal/web/desk/visit"
	"fairlead/internal/web/desk/visit/office/typed"
)

// moreContacts is how many ways to reach the team can be added at once.
const moreContacts = 2

// draftView is a new version before it is published: a form, and once it was filled
// without a fault, what it changes.
type draftView struct {
	Base     versionView
	Parts    []draftPart
	Changes  []changeView
	Warnings []warningView
	Ready    bool
	Compared string // the digest of what was compared
	Moved    bool   // the form was changed since
	Signs    bool   // it takes effect with sign-offs only
	Summary  *web.Summary
}

// warningView is what most likely was not meant.
type warningView struct{ Where, Path, Text string }

// changeView is a difference, named as the form names it.
type changeView struct {
	diff.Change
	Where string // empty where the form has no such field
}

// draftPart is a part of the form.
type draftPart struct {
	Title, Help string
	Fields      []web.Field
}

// base is the version that a draft changes: the newest, in effect or not.
func (d *desk) base() (*rulebook.Version, error) {
	all := d.Site.Book.Versions().All
	if len(all) == 0 {
		return nil, cvd.ErrNotFound
	}
	return all[len(all)-1], nil
}

func (d *desk) draft(w http.ResponseWriter, r *http.Request, v lens) error {
	base, err := d.base()
	if err != nil {
		return err
	}
	now, err := draft.Read(base.Source)
	if err != nil {
		return err
	}
	parts := v.draftParts(now)
	if changed, _ := visit.Clean(r.URL.Query()); changed.Has("base") {
		return d.weigh(w, r, v, typed.Form(fieldsOf(parts), changed))
	}
	return d.showDraft(w, r, v, http.StatusOK, &draftView{Base: d.version(v, base), Parts: parts})
}

func fieldsOf(parts []draftPart) (all []web.Field) {
	for _, p := range parts {
		all = append(all, p.Fields...)
	}
	return all
}

func (d *desk) showDraft(w http.ResponseWriter, r *http.Request, v lens, status int, view *draftView) error {
	return d.show(w, r, v, status, "policydraft", v.Say("policydraft.title"), view)
}

// compare leads to what the filled form changes, at an address that the browser's way back
// finds again, or publishes it.
func (d *desk) compare(w http.ResponseWriter, r *http.Request, v lens) error {
	if err := web.Form(r); err != nil {
		return err
	}
	form, faults := visit.Clean(r.PostForm)
	if len(faults) > 0 {
		return faults
	}
	if form.Get("step") == "publish" {
		return d.weigh(w, r, v, form)
	}
	base, err := d.base()
	if err != nil {
		return err
	}
	was, err := draft.Read(base.Source)
	if err != nil {
		return err
	}
	return web.See(w, r, "/desk/policy/draft?"+typed.Changed(fieldsOf(v.draftParts(was)), form.Get("base"), form).Encode())
}

// weigh shows what the filled form changes, or everything that is wrong with it. It
// publishes nothing but what was compared: a form that says something else by then is
// compared again.
func (d *desk) weigh(w http.ResponseWriter, r *http.Request, v lens, form url.Values) error {
	base, err := d.base()
	if err != nil {
		return err
	}
	if form.Get("base") != base.Digest {
		return fmt.Errorf("%w: another version was published meanwhile; begin again on that one", cvd.ErrConflict)
	}
	was, err := draft.Read(base.Source)
	if err != nil {
		return err
	}
	next := readDraft(form, was)
	file, err := next.Write(base.Source)
	if err != nil {
		return err
	}
	view := &draftView{Base: d.version(v, base), Parts: v.draftParts(next), Compared: policy.Digest(file)}
	p, wrong, warnings := policy.Check("policy.yaml", file)
	if len(wrong) > 0 {
		view.blame(v, wrong)
		return d.showDraft(w, r, v, http.StatusUnprocessableEntity, view)
	}
	changes := diff.Between(base.Policy, p)
	view.Changes, view.Ready, view.Signs = v.changes(changes), len(changes) > 0, d.signed(p)
	if !view.Ready {
		view.Summary = &web.Summary{Title: v.Say("policydraft.same"), Items: []web.SummaryItem{{Problem: v.Say("policydraft.same.text")}}}
		return d.showDraft(w, r, v, http.StatusOK, view)
	}
	if form.Get("step") == "publish" {
		if form.Get("compared") == view.Compared {
			return d.publishDraft(w, r, v, view, file)
		}
		view.Moved = true
	}
	view.Warnings = v.warnings(base, p, warnings)
	status := http.StatusOK
	if view.Moved {
		status = http.StatusConflict
	}
	return d.showDraft(w, r, v, status, view)
}

// signed tells whether a version takes effect with signatures only: it asks for them, or
// what is in effect does.
func (d *desk) signed(p *policy.Policy) bool {
	cur := d.Site.Book.Current()
	return len(p.Review.SignOffs) > 0 || cur != nil && len(cur.Policy.Review.SignOffs) > 0
}

// publishDraft takes what was compared; a fault is told at the field from which it comes.
func (d *desk) publishDraft(w http.ResponseWriter, r *http.Request, v lens, view *draftView, file []byte) error {
	if err := v.Proven(may.DeedPolicy); err != nil {
		return err
	}
	made, err := d.Site.Book.Publish(r.Context(), v.Actor, file)
	if wrong, ok := errors.AsType[policy.Faults](err); ok {
		view.blame(v, wrong)
		view.Ready = false
		return d.showDraft(w, r, v, http.StatusUnprocessableEntity, view)
	}
	if err != nil {
		return err
	}
	return web.See(w, r, "/desk/policy/"+strconv.Itoa(made.Number))
}

// publishes is the deed of the form: comparing wants no proof.
func publishes(r *http.Request, _ *visit.Visit) may.Deed {
	if web.Form(r) != nil {
		return may.DeedConfirm // of what cannot be read nobody knows that it is harmless
	}
	if typed, _ := visit.Clean(r.PostForm); typed.Get("step") == "publish" { // as compare reads it
		return may.DeedPolicy
	}
	return may.DeedNone
}

// changes names differences as the form names its fields.
func (l lens) changes(all []diff.Change) []changeView {
	out := make([]changeView, 0, len(all))
	for _, one := range all {
		out = append(out, changeView{one, l.where(one.Path)})
	}
	return out
}

// where is what people call a place in the file; empty where they have no name for it.
func (l lens) where(path string) string {
	list, rest, _ := strings.Cut(path, "[")
	first, _, _ := strings.Cut(list, ".")
	switch {
	case list == "contacts":
		return l.Say("policydraft.part.contacts")
	case l.Voice.Has("policydraft.where." + first):
		return l.Say("policydraft.where." + first)
	case rest == "" && l.Voice.Has("policydraft."+typed.Field(path)):
		return l.Say("policydraft." + typed.Field(path))
	case l.Voice.Has("desk.clauses." + list):
		return l.Say("desk.clauses." + list)
	}
	return ""
}

// warnings are those that the version has and its base had not, and the texts that still
// say what a promise was before.
func (l lens) warnings(base *rulebook.Version, p *policy.Policy, all policy.Faults) []warningView {
	_, _, before := policy.Check("policy.yaml", base.Source)
	stale := diff.StillSaid(base.Policy, p)
	var out []warningView
	for _, one := range stale {
		text := l.Say("policydraft.stale", "says", one.Says, "promise", l.where(one.Promise), "from", one.From.String(), "to", one.To.String())
		if one.To.IsZero() {
			text = l.Say("policydraft.stale.gone", "says", one.Says, "promise", l.where(one.Promise), "from", one.From.String())
		}
		out = append(out, warningView{l.where(one.Path), one.Path, text})
	}
	for _, one := range all {
		known := func(b policy.Fault) bool { return b.Clause == one.Clause && b.Problem == one.Problem }
		told := func(s diff.Stale) bool { return strings.Contains(one.Problem, s.Says) }
		if !slices.ContainsFunc(before, known) && !slices.ContainsFunc(stale, told) {
			out = append(out, warningView{l.where(one.Clause), one.Clause, l.Voice.Gloss(one.Problem) + l.Say("mark.semicolon") + " " + l.Voice.Gloss(one.Remedy)})
		}
	}
	return out
}

// readDraft is what the form says, in place of what the file holds.
func readDraft(form url.Values, was draft.Draft) draft.Draft {
	next := draft.Draft{
		Revision: form.Get("revision"), Minimum: form.Get("minimum"), Qualification: form.Get("qualification"),
		EveryMonths: form.Get("every_months"), WarnDays: form.Get("warn_days"), Amounts: map[string]string{},
	}
	next.Languages = strings.FieldsFunc(form.Get("languages"), func(r rune) bool { return r == ',' || r == ' ' || r == '\n' })
	for i := range len(was.Contacts) + moreContacts {
		c := draft.Contact{URI: form.Get(typed.Contact(i, "uri")), Note: form.Get(typed.Contact(i, "note"))}
		if i < len(was.Contacts) || c.URI != "" {
			next.Contacts = append(next.Contacts, c)
		}
	}
	for _, name := range draft.Amounts {
		if v := form.Get(typed.Amount(name)); v != "" {
			next.Amounts[name] = v
		}
	}
	return next
}

// draftParts is the form, filled.
func (l lens) draftParts(d draft.Draft) []draftPart {
	field := func(name, value string) web.Field {
		return web.Field{Name: name, Label: l.Say("policydraft." + name), Value: value, Autocomplete: "off", Half: true}
	}
	help := func(f web.Field) web.Field {
		f.Help, f.Half = l.Say("policydraft."+f.Name+".help"), false
		return f
	}
	part := func(name string, fields ...web.Field) draftPart {
		return draftPart{l.Say("policydraft.part." + name), l.Say("policydraft.part." + name + ".help"), fields}
	}
	var amounts, contacts []web.Field
	for _, name := range draft.Amounts {
		f := field(typed.Amount(name), d.Amounts[name])
		amounts = append(amounts, f)
	}
	for i := range len(d.Contacts) + moreContacts {
		var c draft.Contact
		if i < len(d.Contacts) {
			c = d.Contacts[i]
		}
		contacts = append(contacts,
			web.Field{Name: typed.Contact(i, "uri"), Label: l.Say("policydraft.uri", "number", i+1), Value: c.URI, Autocomplete: "off", Half: true},
			web.Field{Name: typed.Contact(i, "note"), Label: l.Say("policydraft.note", "number", i+1), Value: c.Note, Autocomplete: "off", Half: true})
	}
	return []draftPart{
		part("revision", help(field("revision", d.Revision)), help(field("languages", strings.Join(d.Languages, ", ")))),
		part("contacts", contacts...), part("amounts", amounts...),
		part("team", field("minimum", d.Minimum), field("qualification", d.Qualification)),
		part("review", field("every_months", d.EveryMonths), field("warn_days", d.WarnDays)),
	}
}

// blame puts each fault of the file to the field from which it comes; the others are
// told by the place in the file.
func (view *draftView) blame(v lens, wrong policy.Faults) {
	var rest []cvd.Fault
	for _, f := range wrong {
		fault := cvd.Fault{Field: typed.Field(f.Clause), Problem: f.Problem, Remedy: f.Remedy}
		left := []cvd.Fault{fault}
		for i := range view.Parts {
			if left = web.Blame(view.Parts[i].Fields, left); len(left) == 0 {
				break
			}
		}
		for _, one := range left {
			one.Field = f.Clause
			rest = append(rest, one)
		}
	}
	view.Summary = web.Summarise(v.Say("desk.faults"), fieldsOf(view.Parts), rest)
}

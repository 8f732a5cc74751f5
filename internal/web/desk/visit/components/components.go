// Package components is the part of the desk about what our versions are made
// of: their bills of materials, which of them contain a component, and how its
// own project is reached.
//
// It never shows a link that a bill brought as anything but text, and decides
// nothing about a case.
package components

import (
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"fairlead/internal/cvd"
	"fairlead/internal/intake/sbom"
	"fairlead/internal/may"
	"fairlead/internal/parts"
	"fairlead/internal/web"
	"fairlead/internal/web/desk/visit"
)

type desk struct{ *visit.Desk }

// lens is the visit as this folder reads it.
type lens struct{ *visit.Visit }

// Routes lists the addresses of this part.
func Routes(shared *visit.Desk) []visit.Route {
	d := &desk{shared}
	on := func(do func(http.ResponseWriter, *http.Request, lens) error) visit.Handler {
		return func(w http.ResponseWriter, r *http.Request, v *visit.Visit) error { return do(w, r, lens{v}) }
	}
	return []visit.Route{
		{Pattern: "GET /desk/components", Area: may.AreaParts, Use: may.Look, Do: on(d.page)},
		{Pattern: "POST /desk/components", Area: may.AreaParts, Use: may.Change, Do: on(d.add), Upload: true, Limit: sbom.MaxBytes + web.FormLimit},
		{Pattern: "POST /desk/components/remove", Area: may.AreaParts, Use: may.Change, Do: on(d.remove)},
		{Pattern: "GET /desk/components/one", Area: may.AreaParts, Use: may.Look, Do: on(d.one)},
		{Pattern: "POST /desk/components/contact", Area: may.AreaParts, Use: may.Change, Do: on(d.record)},
	}
}

// pageView is the whole page.
type pageView struct {
	Ask     []web.Field
	Asked   bool
	Found   []foundView
	More    bool
	Bills   []billView
	Upload  []web.Field // empty for those who only look
	Changes []changeView
	Summary *web.Summary
	Done    string
}

type foundView struct {
	Name, PURL, Contact, Link string
	Recorded                  bool
	In                        []inView
}

type inView struct{ Product, Ours, Theirs string }

type billView struct {
	parts.Bill
	Short   string
	Foreign bool // of a product that the policy does not name
}

type changeView struct {
	parts.Change
	Text string
}

func (d *desk) page(w http.ResponseWriter, r *http.Request, v lens) error {
	view, err := d.view(r, v)
	if err != nil {
		return err
	}
	if id := "desk.components.done." + r.URL.Query().Get("done"); v.Voice.Has(id) {
		view.Done = v.Say(id)
	}
	status := http.StatusOK
	if view.Asked {
		if status, err = d.answer(r, v, view); err != nil {
			return err
		}
	}
	return d.Show(w, r, v.Visit, status, "components", v.Say("desk.components.title"), view)
}

// view is the page without an answer and without what was typed.
func (d *desk) view(r *http.Request, v lens) (*pageView, error) {
	asked, faults := visit.Clean(url.Values{"q": r.URL.Query()["q"], "versions": r.URL.Query()["versions"]})
	if len(faults) > 0 {
		return nil, faults
	}
	view := &pageView{Asked: asked.Get("q") != "" || asked.Get("versions") != ""}
	view.Ask = []web.Field{
		{Name: "q", Label: v.Say("desk.components.q"), Help: v.Say("desk.components.q.help"), Value: asked.Get("q"), Autocomplete: "off"},
		{Name: "versions", Label: v.Say("desk.components.versions"), Help: v.Say("desk.components.versions.help"), Value: asked.Get("versions"), Autocomplete: "off"},
	}
	all, err := d.Site.Parts.Bills(r.Context(), v.Actor)
	if err != nil {
		return nil, err
	}
	products := d.products()
	for _, b := range all {
		known := slices.ContainsFunc(products, func(p string) bool { return strings.EqualFold(p, b.Product) })
		view.Bills = append(view.Bills, billView{b, b.Digest[:12], !known})
	}
	changes, err := d.Site.Parts.Changes(r.Context(), v.Actor)
	if err != nil {
		return nil, err
	}
	for _, c := range changes {
		view.Changes = append(view.Changes, v.change(c))
	}
	if may.Enter(v.Actor, may.AreaParts) == may.Change {
		view.Upload = []web.Field{
			{Name: "product", Label: v.Say("desk.components.upload.product"), Help: v.Say("desk.components.upload.product.help"), Required: true, List: products, Autocomplete: "off"},
			{Name: "version", Label: v.Say("desk.components.upload.version"), Help: v.Say("desk.components.upload.version.help"), Required: true, Autocomplete: "off"},
			{Name: "file", Kind: "file", Label: v.Say("desk.components.upload.file"), Required: true},
		}
	}
	return view, nil
}

// products are those that the policy in effect names.
func (d *desk) products() []string {
	var out []string
	if cur := d.Site.Book.Current(); cur != nil {
		for _, prog := range cur.Policy.Programs {
			for _, p := range prog.Products {
				out = append(out, p.Name)
			}
		}
	}
	return out
}

func (v lens) change(c parts.Change) changeView {
	pairs := []any{"who", c.Who, "component", c.Component, "reason", c.Reason}
	if c.Who == "" {
		pairs[1] = v.Who(c.Actor)
	}
	if c.Bill != nil {
		pairs = append(pairs, "product", c.Bill.Product, "version", c.Bill.Version, "count", c.Bill.Components, "format", c.Bill.Format)
	}
	return changeView{c, v.Say("desk.components.change."+c.Type, pairs...)}
}

// answer looks up what was asked for.
func (d *desk) answer(r *http.Request, v lens, view *pageView) (int, error) {
	q := parts.Question{Name: view.Ask[0].Value, Versions: view.Ask[1].Value}
	if len(q.Name) >= 4 && strings.EqualFold(q.Name[:4], "pkg:") {
		q.PURL, q.Name = q.Name, ""
	}
	found, more, err := d.Site.Parts.Find(r.Context(), v.Actor, q)
	var faults cvd.Faults
	if visit.AsFaults(err, &faults) {
		for i := range faults {
			if faults[i].Field != "versions" {
				faults[i].Field = "q"
			}
		}
		view.Asked = false
		rest := web.Blame(view.Ask, faults)
		view.Summary = web.Summarise(v.Say("desk.faults"), view.Ask, rest)
		return http.StatusUnprocessableEntity, nil
	}
	if err != nil {
		return 0, err
	}
	view.More = more
	for i := range found {
		view.Found = append(view.Found, v.found(&found[i]))
	}
	return http.StatusOK, nil
}

func (v lens) found(f *parts.Found) foundView {
	out := foundView{
		Name: f.Name, PURL: f.PURL, Contact: f.Contact.String(), Recorded: f.Recorded,
		Link: "/desk/components/one?" + url.Values{"key": {f.Key}}.Encode(),
	}
	for _, h := range f.In {
		theirs := strings.Join(h.Theirs(), ", ")
		if theirs == "" {
			theirs = v.Say("desk.components.unknown")
		}
		out.In = append(out.In, inView{h.Product, h.Ours(), theirs})
	}
	return out
}

// add takes a bill, or shows everything that is wrong with it.
func (d *desk) add(w http.ResponseWriter, r *http.Request, v lens) error {
	mr, err := r.MultipartReader()
	if err != nil {
		return cvd.ErrUnreadable
	}
	u, err := visit.ReadUpload(mr)
	if err != nil {
		return err
	}
	typed, faults := visit.Clean(u.Fields)
	in := parts.Upload{Product: typed.Get("product"), Version: typed.Get("version"), File: u.Name}
	if u.File != nil {
		if in.Bytes, err = io.ReadAll(u.File); err != nil {
			return web.BodyError(err)
		}
	}
	var made parts.Added
	if len(faults) == 0 {
		made, err = d.Site.Parts.Add(r.Context(), v.Actor, in)
	}
	if visit.AsFaults(err, &faults) || len(faults) > 0 {
		view, err := d.view(r, v)
		if err != nil {
			return err
		}
		view.Upload[0].Value, view.Upload[1].Value = in.Product, in.Version
		rest := web.Blame(view.Upload, faults)
		view.Summary = web.Summarise(v.Say("desk.faults"), view.Upload, rest)
		return d.Show(w, r, v.Visit, http.StatusUnprocessableEntity, "components", v.Say("desk.components.title"), view)
	}
	switch {
	case err != nil:
		return err
	case made.Same:
		return web.See(w, r, "/desk/components?done=same")
	case made.Replaced != nil:
		return web.See(w, r, "/desk/components?done=replaced")
	}
	return web.See(w, r, "/desk/components?done=added")
}

func (d *desk) remove(w http.ResponseWriter, r *http.Request, v lens) error {
	if err := web.Form(r); err != nil {
		return err
	}
	form, faults := visit.Clean(r.PostForm)
	if len(faults) > 0 {
		return faults
	}
	if err := d.Site.Parts.Remove(r.Context(), v.Actor, form.Get("bill"), form.Get("reason")); err != nil {
		return err
	}
	return web.See(w, r, "/desk/components?done=removed")
}

// oneView is one component.
type oneView struct {
	parts.Found
	Said    string
	Form    []web.Field // empty for those who only look
	Summary *web.Summary
	Done    string
}

func (d *desk) one(w http.ResponseWriter, r *http.Request, v lens) error {
	return d.showOne(w, r, v, r.URL.Query().Get("key"), nil, nil)
}

// showOne shows a component, with what was typed as its contact and what is wrong
// with that.
func (d *desk) showOne(w http.ResponseWriter, r *http.Request, v lens, key string, typed *sbom.Contact, faults cvd.Faults) error {
	f, err := d.Site.Parts.Component(r.Context(), v.Actor, key)
	if err != nil {
		return err
	}
	view := oneView{Found: f, Said: f.Contact.String()}
	if id := "desk.components.done." + r.URL.Query().Get("done"); v.Voice.Has(id) {
		view.Done = v.Say(id)
	}
	now := f.Contact
	if typed != nil {
		now = *typed
	}
	if may.Enter(v.Actor, may.AreaParts) == may.Change {
		view.Form = []web.Field{
			{Name: "name", Label: v.Say("desk.components.contact.name"), Value: now.Name, Autocomplete: "off"},
			{Name: "email", Kind: "email", Label: v.Say("desk.components.contact.email"), Value: now.Email, Autocomplete: "off"},
			{Name: "url", Kind: "url", Label: v.Say("desk.components.contact.url"), Value: now.URL, Autocomplete: "off"},
		}
		rest := web.Blame(view.Form, faults)
		view.Summary = web.Summarise(v.Say("desk.faults"), view.Form, rest)
	}
	status := http.StatusOK
	if len(faults) > 0 {
		status = http.StatusUnprocessableEntity
	}
	return d.Show(w, r, v.Visit, status, "component", f.Name, view)
}

func (d *desk) record(w http.ResponseWriter, r *http.Request, v lens) error {
	if err := web.Form(r); err != nil {
		return err
	}
	form, faults := visit.Clean(r.PostForm)
	if len(faults) > 0 {
		return faults
	}
	key, contact := form.Get("key"), sbom.Contact{Name: form.Get("name"), Email: form.Get("email"), URL: form.Get("url")}
	err := d.Site.Parts.RecordContact(r.Context(), v.Actor, key, contact)
	if visit.AsFaults(err, &faults) {
		return d.showOne(w, r, v, key, &contact, faults)
	}
	if err != nil {
		return err
	}
	return web.See(w, r, "/desk/components/one?"+url.Values{"key": {key}, "done": {"contact"}}.Encode())
}

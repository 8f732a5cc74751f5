package queue

import (
	"html/template"
	"net/http"
	"slices"

	"fairlead/internal/casework/filters"
	"fairlead/internal/cvd"
	"fairlead/internal/may"
	"fairlead/internal/web"
)

// perPage is how many cases a page of the queue holds.
const perPage = 50

type queueView struct {
	Counters, Views, Filters, Columns template.HTML
	Rows                              template.HTML // of the table; empty if there are none

	Next     string // link to the next page; empty on the last
	First    string // link to the first page; empty on it
	Looked   string // how far a text was looked for
	View     string
	Text     string // that is sought
	Filtered bool
	Record   bool
	Batch    []actView // what can be done to several cases at once
	Saved    []savedView
	Query    string       // of the filter as it stands
	Name     *web.Field   // under which it can be kept; nil if there is nothing to keep
	Summary  *web.Summary // why it was not kept
	Done     string
}

// savedView is a filter that the member keeps.
type savedView struct {
	ID, Name, Link string
	Here           bool
}

func (d *desk) queue(w http.ResponseWriter, r *http.Request, v lens) error {
	return d.page(w, r, v, http.StatusOK, nil)
}

// page shows the queue as the address asks; keep is the name field of a filter that
// could not be kept.
func (d *desk) page(w http.ResponseWriter, r *http.Request, v lens, status int, keep *web.Field) error {
	q := r.URL.Query()
	at := max(0, slices.IndexFunc(views[:], func(t ready) bool { return t.id == q.Get("view") }))
	f := views[at].filter(v)
	v.narrow(&f, q)
	session := d.Site.Desk.As(v.Actor)
	text := sought(q)
	page, looked, err := v.list(r.Context(), session, f, text)
	if err != nil {
		return err
	}
	chosen := finer(q)
	view := queueView{
		View: views[at].id, Text: text, Filtered: len(chosen) > 0 || at > 0, Record: may.Of(v.Actor, cvd.VerbReceive) == may.All,
		Query: canonical(views[at].id, q), Batch: v.acts(),
	}
	if looked > 0 {
		view.Looked = v.Say("desk.queue.looked", "count", looked)
	}
	if view.Counters, view.Views, err = d.linked(r.Context(), session, v, at); err != nil {
		return err
	}
	if view.Rows, err = d.rows(v, page); err != nil {
		return err
	}
	if view.Filters, err = d.filters(v, views[at].id, q); err != nil {
		return err
	}
	if view.Columns, err = d.Pages.Kept(v.Tone(), "queue", "columns", len(view.Batch) > 0, func() any { return len(view.Batch) > 0 }); err != nil {
		return err
	}
	if err := d.saved(r, v, &view, keep); err != nil {
		return err
	}
	chosen.Set("view", views[at].id)
	if q.Get("after") != "" {
		view.First = "/desk/?" + chosen.Encode()
	}
	if page.Next != nil {
		chosen.Set("after", cursorText(page.Next))
		view.Next = "/desk/?" + chosen.Encode()
	}
	if id := "desk.filter.done." + q.Get("done"); v.Voice.Has(id) {
		view.Done = v.Say(id)
	}
	return d.show(w, r, v, status, "queue", v.Say("desk.queue.title"), view)
}

// saved adds the filters that the member keeps, and the field to keep this one.
func (d *desk) saved(r *http.Request, v lens, view *queueView, keep *web.Field) error {
	if d.Site.Filters == nil {
		return nil
	}
	own, err := d.Site.Filters.Of(r.Context(), v.Actor)
	if err != nil {
		return err
	}
	known := false
	for _, f := range own {
		here := f.Query == view.Query
		known = known || here
		view.Saved = append(view.Saved, savedView{f.ID, f.Name, "/desk/?" + f.Query, here})
	}
	if view.Filtered && !known && len(own) < filters.Most {
		view.Name = &web.Field{Name: "name", Label: v.Say("desk.filter.name"), Required: true}
	}
	if keep != nil {
		view.Name = keep
		view.Summary = web.Summarise(v.Say("desk.faults"), []web.Field{*keep}, nil)
	}
	return nil
}

package queue

import (
	"html/template"
	"net/http"
	"net/url"
	"slices"

	"fairlead/internal/casework"
	"fairlead/internal/casework/filters"
	"fairlead/internal/cvd"
	"fairlead/internal/may"
	"fairlead/internal/web"
)

// perPage is how many cases a page of the queue holds.
const perPage = 50

type queueView struct {
	Top, Counters, Views, Toolbar, Columns template.HTML
	Rows                                   template.HTML // of the table; empty if there are none

	Next     string // link to the next page; empty on the last
	First    string // link to the first page; empty on it
	Looked   string // how far a text was looked for
	Filtered bool
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
	chosen := finer(q)
	page, looked, err := v.list(r.Context(), session, f, chosen.Get("q"))
	if err != nil {
		return err
	}
	view := queueView{Filtered: len(chosen) > 0 || at > 0}
	if view.Filtered {
		view.Query = canonical(views[at].id, q)
	}
	if looked > 0 {
		view.Looked = v.Say("desk.queue.looked", "count", looked)
	}
	records := may.Of(v.Actor, cvd.VerbReceive) == may.All
	if view.Top, err = d.Pages.Kept(v.Tone(), "queue", "top", records, func() any { return records }); err != nil {
		return err
	}
	if view.Counters, view.Views, err = d.linked(r.Context(), session, v, at); err != nil {
		return err
	}
	if view.Rows, err = d.rows(v, page); err != nil {
		return err
	}
	if view.Toolbar, err = d.toolbar(v, views[at].id, chosen); err != nil {
		return err
	}
	picks := len(v.can()) > 0
	if view.Columns, err = d.Pages.Kept(v.Tone(), "queue", "columns", picks, func() any { return picks }); err != nil {
		return err
	}
	if err := d.saved(r, v, &view, keep); err != nil {
		return err
	}
	view.First, view.Next = paging(views[at].id, chosen, q.Get("after") != "", page.Next)
	if done := q.Get("done"); done == "kept" || done == "dropped" {
		view.Done = v.Say("desk.filter.done." + done)
	}
	return d.show(w, r, v, status, "queue", v.Say("desk.queue.title"), view)
}

// paging is the links to the first page and to the next; empty for none.
func paging(view string, chosen url.Values, behind bool, next *casework.Cursor) (first, more string) {
	chosen.Set("view", view)
	if behind {
		first = "/desk/?" + chosen.Encode()
	}
	if next != nil {
		chosen.Set("after", cursorText(next))
		more = "/desk/?" + chosen.Encode()
	}
	return first, more
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

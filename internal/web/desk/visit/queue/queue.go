package queue

import (
	"html/template"
	"net/http"
	"net/url"
	"strings"

	"fairlead/internal/casework"
	"fairlead/internal/casework/filters"
	"fairlead/internal/cvd"
	"fairlead/internal/may"
	"fairlead/internal/web"
	"fairlead/internal/web/desk/visit"
)

// perPage is how many cases a page of the queue holds.
const perPage = 50

type queueView struct {
	Top, Counters, Views, Toolbar, Columns template.HTML
	Rows                                   template.HTML // of the table; empty if there are none
	Picks                                  bool          // rows can be chosen
	Batch                                  []actView     // what can be done to those that are

	Next     string // link to the next page; empty on the last
	First    string // link to the first page; empty on it
	Shelf    string // that there is mail beside which stands in no case
	Looked   string // how far a text was looked for
	Filtered bool
	Saved    []savedView
	Left     []string     // what of the address was left out
	Instead  []visit.Tab  // the views there are, where the address names none of them
	Query    string       // of the filter as it stands
	Back     string       // leads back to this page
	Known    bool         // it is one that the member keeps
	Name     *web.Field   // under which it can be kept; nil if there is nothing to keep
	Summary  *web.Summary // why it was not kept
	Done     string
	Claimed  *claimedView
}

// savedView is a filter that the member keeps.
type savedView struct {
	ID, Name, Link string
	Count          string // empty where its lines would have to be read
	Here           bool
}

// claimedView is a case that the reader just took.
type claimedView struct{ ID, Title string }

func (d *desk) queue(w http.ResponseWriter, r *http.Request, v lens) error {
	return d.page(w, r, v, http.StatusOK, nil)
}

// page shows the queue as the address asks; keep is the name field of a filter that
// could not be kept.
func (d *desk) page(w http.ResponseWriter, r *http.Request, v lens, status int, keep *web.Field) error {
	q := r.URL.Query()
	session := d.Site.Desk.As(v.Actor)
	var err error
	if v.mail, err = d.waiting(r.Context(), v, session); err != nil {
		return err
	}
	if id := q.Get("view"); id != "" && !v.has(id) {
		return d.noView(w, r, v)
	}
	at, f := viewOf(q), v.filterOf(q)
	chosen := finer(q)
	page, looked, err := v.list(r.Context(), session, f, chosen.Get("q"), chosen.Get("product"))
	if err != nil {
		return err
	}
	view := queueView{Filtered: len(chosen) > 0 || at > 0, Query: canonical(q), Left: v.left(q)}
	view.Back = backOf(q)
	if v.mail != nil && v.mail.shelf > 0 && views[viewOf(q)].id == viewMail {
		view.Shelf = v.Say("desk.queue.shelf", "count", v.Counted(v.mail.shelf))
	}
	if looked > 0 {
		view.Looked = v.Say("desk.queue.looked", "count", looked)
	}
	records := may.Of(v.Actor, cvd.VerbReceive) == may.All
	if view.Top, err = d.Pages.Kept(v.Tone(), "queue", "top", records, func() any { return records }); err != nil {
		return err
	}
	if err := d.saved(r, v, session, &view, keep); err != nil {
		return err
	}
	if view.Known {
		at = nowhere
	}
	if view.Counters, view.Views, err = d.linked(r.Context(), session, v, at); err != nil {
		return err
	}
	if view.Rows, err = d.rows(v, page, view.Back); err != nil {
		return err
	}
	if view.Toolbar, err = d.toolbar(v, views[viewOf(q)].id, chosen); err != nil {
		return err
	}
	view.Batch = v.acts()
	view.Picks = len(view.Batch) > 0
	if view.Columns, err = d.columns(v, view.Picks, f.Sort, q); err != nil {
		return err
	}
	view.First, view.Next = paging(views[viewOf(q)].id, chosen, q.Get("after") != "", page.Next)
	switch done := q.Get("done"); done {
	case "kept", "dropped":
		view.Done = v.Say("desk.filter.done." + done)
	case "claimed":
		if view.Claimed, err = v.claimed(r.Context(), session, q.Get("case")); err != nil {
			return err
		}
	}
	return d.show(w, r, v, status, "queue", v.Say("desk.queue.title"), view)
}

// columns renders the head of the table. Its links say what is sought: then it is not kept,
// since nothing would forget it.
func (d *desk) columns(v lens, pick bool, by casework.Sort, q url.Values) (template.HTML, error) {
	at := viewOf(q)
	query, usual := finer(q), views[at].filter(v).Sort
	if at > 0 {
		query.Set("view", views[at].id)
	}
	made := func() any { return v.columns(pick, by, usual, query) }
	if query.Has("q") || query.Has("product") {
		return d.Pages.Part(v.Tone(), "queue", "columns", made())
	}
	return d.Pages.Kept(v.Tone(), "queue", "columns", columnsKey{pick, by, query.Encode()}, made)
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

// backOf is the address of a page of the queue without /desk/?.
func backOf(q url.Values) string {
	out := canonical(q)
	if c := readCursor(q.Get("after")); c != nil {
		out = strings.TrimPrefix(out+"&"+url.Values{"after": {cursorText(c)}}.Encode(), "&")
	}
	return out
}

func address(query string) string {
	if query == "" {
		return "/desk/"
	}
	return "/desk/?" + query
}

// saved adds the filters that the member keeps, with what each counts, and the field to
// keep this one.
func (d *desk) saved(r *http.Request, v lens, s *casework.Session, view *queueView, keep *web.Field) error {
	if d.Site.Filters == nil {
		return nil
	}
	own, err := d.Site.Filters.Of(r.Context(), v.Actor)
	if err != nil {
		return err
	}
	var counted []casework.Filter
	var of []int
	for i, f := range own {
		q, err := url.ParseQuery(f.Query)
		if err != nil {
			return err
		}
		here := view.Filtered && canonical(q) == view.Query
		view.Known = view.Known || here
		view.Saved = append(view.Saved, savedView{ID: f.ID, Name: f.Name, Link: "/desk/?" + f.Query, Here: here})
		if sought(q) == "" && choice(q, "product") == "" {
			counted, of = append(counted, v.filterOf(q)), append(of, i)
		}
	}
	if len(counted) > 0 {
		counts, err := s.Count(r.Context(), counted...)
		if err != nil {
			return err
		}
		for i, n := range counts {
			view.Saved[of[i]].Count = v.count(n)
		}
	}
	if view.Filtered && !view.Known && len(own) < filters.Most {
		view.Name = &web.Field{Name: "name", Label: v.Say("desk.filter.name"), Required: true}
	}
	if keep != nil {
		view.Name = keep
		view.Summary = web.Summarise(v.Say("desk.faults"), []web.Field{*keep}, nil)
	}
	return nil
}

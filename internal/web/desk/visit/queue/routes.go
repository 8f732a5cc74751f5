// Package queue is the part of the desk where cases are found: the list of them by
// what is due next, its ready-made views, the filters that a member keeps, and what is
// done to several cases at once.
//
// It never decides who may see which case or do what to it (casework does), and never
// does to several cases what was not shown for each of them before.
package queue

import (
	"net/http"
	"sync/atomic"

	"fairlead/internal/may"
	"fairlead/internal/web/desk/visit"
)

type desk struct {
	*visit.Desk
	team atomic.Pointer[team]
}

// lens is the visit as this folder reads it.
type lens struct {
	*visit.Visit
	mail *post // nil for whoever has no part in mail
}

// Routes lists the addresses of this part.
func Routes(shared *visit.Desk) []visit.Route {
	d := &desk{Desk: shared}
	on := func(do func(http.ResponseWriter, *http.Request, lens) error) visit.Handler {
		return func(w http.ResponseWriter, r *http.Request, v *visit.Visit) error { return do(w, r, lens{Visit: v}) }
	}
	return []visit.Route{
		{Pattern: "GET /desk/{$}", Area: may.AreaCases, Use: may.Look, Do: on(d.queue)},
		{Pattern: "POST /desk/filters", Area: may.AreaCases, Use: may.Look, Do: on(d.keep)},
		{Pattern: "POST /desk/filters/drop", Area: may.AreaCases, Use: may.Look, Do: on(d.drop)},
		{Pattern: "POST /desk/batch", Area: may.AreaCases, Use: may.Look, Do: on(d.batch)},
	}
}

func (d *desk) show(w http.ResponseWriter, r *http.Request, v lens, status int, name, title string, view any) error {
	return d.Show(w, r, v.Visit, status, name, title, view)
}

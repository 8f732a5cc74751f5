// Package queue is the part of the desk where cases are found: the list of them by
// what is due next, its ready-made views, and the choices beside them.
//
// It never decides who may see which case (casework does), and never opens one.
package queue

import (
	"net/http"

	"fairlead/internal/may"
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
		{Pattern: "GET /desk/{$}", Area: may.AreaCases, Use: may.Look, Do: on(d.queue)},
	}
}

func (d *desk) show(w http.ResponseWriter, r *http.Request, v lens, status int, name, title string, view any) error {
	return d.Show(w, r, v.Visit, status, name, title, view)
}

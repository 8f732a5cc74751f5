// Package cases is the part of the desk where cases are worked: one case with its
// history, and every verb as a form that says first what the reporter will be told.
//
// It never does what was not shown before, where the reporter is told anything,
// and never loses what somebody typed.
package cases

import (
	"net/http"

	"fairlead/internal/cvd"
	"fairlead/internal/may"
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
		{Pattern: "GET /desk/cases/{id}", Area: may.AreaCases, Use: may.Look, Do: on(d.caseFile)},
		{Pattern: "GET /desk/cases/{id}/do/{verb}", Area: may.AreaCases, Use: may.Look, Do: on(d.ask)},
		{Pattern: "POST /desk/cases/{id}/do/{verb}", Area: may.AreaCases, Use: may.Look, Do: on(d.act), Upload: true, Wants: wants},
	}
}

// wants is the verb that a form does, where doing it wants a proof of the moment.
// What is only shown wants none.
func wants(r *http.Request, v *visit.Visit) may.Deed {
	verb := cvd.Verb(r.PathValue("verb"))
	if verb == cvd.VerbAttach || may.Of(v.Actor, verb) == may.Nowhere {
		return may.DeedNone
	}
	if web.Form(r) != nil {
		return may.DeedConfirm // of what cannot be read nobody knows that it is harmless
	}
	typed, _ := visit.Clean(r.PostForm) // as act reads it
	if typed.Get("step") != "do" {
		return may.DeedNone
	}
	return may.DeedOf(may.For(verb, cvd.Input{Seq: visit.Number(typed.Get("seq"))}))
}

func (d *desk) show(w http.ResponseWriter, r *http.Request, v lens, status int, name, title string, view any) error {
	return d.Show(w, r, v.Visit, status, name, title, view)
}

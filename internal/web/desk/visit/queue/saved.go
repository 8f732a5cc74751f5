package queue

import (
	"net/http"
	"net/url"
	"strings"

	"fairlead/internal/cvd"
	"fairlead/internal/web"
	"fairlead/internal/web/desk/visit"
)

// keep keeps a filter under a name.
func (d *desk) keep(w http.ResponseWriter, r *http.Request, v lens) error {
	if err := web.Form(r); err != nil {
		return err
	}
	if d.Site.Filters == nil {
		return cvd.ErrNotFound
	}
	typed, faults := visit.Clean(r.PostForm)
	q, err := url.ParseQuery(typed.Get("query"))
	if err != nil {
		return cvd.ErrUnreadable
	}
	query := canonical(q)
	name := typed.Get("name")
	if len(faults) == 0 {
		err = d.Site.Filters.Keep(r.Context(), v.Actor, name, query)
	} else {
		err = faults
	}
	field := web.Field{Name: "name", Label: v.Say("desk.filter.name"), Required: true, Value: name}
	if visit.AsFaults(err, &faults) {
		field.Faults = faults
		again := r.Clone(r.Context())
		again.URL.RawQuery = query
		return d.page(w, again, v, http.StatusUnprocessableEntity, &field)
	}
	if err != nil {
		return err
	}
	return web.See(w, r, "/desk/?"+strings.TrimPrefix(query+"&done=kept", "&"))
}

// drop removes one of the member's filters.
func (d *desk) drop(w http.ResponseWriter, r *http.Request, v lens) error {
	if err := web.Form(r); err != nil {
		return err
	}
	if d.Site.Filters == nil {
		return cvd.ErrNotFound
	}
	if err := d.Site.Filters.Drop(r.Context(), v.Actor, r.PostForm.Get("id")); err != nil {
		return err
	}
	return web.See(w, r, "/desk/?done=dropped")
}

// Package advisories is the desk's page of a case's advisory: the record as a form,
// what the lint and the gates say of it, every format as it would be published, and
// what was saved and published before.
//
// It never publishes, schedules or takes back: those are verbs of the case, whose
// forms say first what the reporter will be told.
package advisories

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"fairlead/internal/advisory/draft"
	"fairlead/internal/casework"
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
		{Pattern: "GET /desk/cases/{id}/advisory", Area: may.AreaCases, Use: may.Look, Do: on(d.page)},
		{Pattern: "POST /desk/cases/{id}/advisory", Area: may.AreaCases, Use: may.Look, Do: on(d.save)},
		{Pattern: "GET /desk/cases/{id}/advisory/text", Area: may.AreaCases, Use: may.Look, Do: on(d.text)},
		{Pattern: "POST /desk/cases/{id}/advisory/text", Area: may.AreaCases, Use: may.Look, Do: on(d.saveText)},
		{Pattern: "GET /desk/cases/{id}/advisory/rehearsal", Area: may.AreaCases, Use: may.Look, Do: on(d.rehearse)},
		{Pattern: "GET /desk/cases/{id}/advisory/changes", Area: may.AreaCases, Use: may.Look, Do: on(d.changes)},
	}
}

func caseOf(r *http.Request) cvd.CaseID { return cvd.CaseID(r.PathValue("id")) }

// page shows the advisory of a case.
func (d *desk) page(w http.ResponseWriter, r *http.Request, v lens) error {
	now, err := d.Site.Desk.As(v.Actor).Draft(r.Context(), caseOf(r))
	if err != nil {
		return err
	}
	return d.show(w, r, v, http.StatusOK, now, sheet{parts: fill(v, draft.Write(now.Record), 1), place: -1})
}

// typed is the draft, of one who may change it, and what was typed into its form.
func (d *desk) typed(r *http.Request, v lens) (*casework.Draft, url.Values, cvd.Faults, error) {
	now, err := d.Site.Desk.As(v.Actor).Draft(r.Context(), caseOf(r))
	if err != nil {
		return nil, nil, nil, err
	}
	if may.Allow(v.Actor, cvd.VerbAdvise, now.Case) != nil {
		return nil, nil, nil, cvd.ErrNotFound
	}
	if err := web.Form(r); err != nil {
		return nil, nil, nil, err
	}
	typed, faults := visit.Clean(r.PostForm)
	return now, typed, faults, nil
}

// scheduled tells whether saving calls a release off.
func scheduled(now *casework.Draft) bool { return !now.Case.Release.At.IsZero() }

// unaware is the fault of a form that did not say that saving it calls a release off: only
// the button that names it does, and neither Enter in a field nor a form from before.
func unaware(v lens, now *casework.Draft, typed url.Values) cvd.Faults {
	if !scheduled(now) || typed.Get("step") == "off" {
		return nil
	}
	return cvd.Faults{{Field: v.Say("verb.advise"), Problem: v.Say("desk.advisory.unaware"), Remedy: v.Say("desk.advisory.unaware.remedy")}}
}

// after is the address after the draft was saved.
func after(at string, now *casework.Draft) string {
	done := "advise"
	if scheduled(now) {
		done = "off"
	}
	if strings.Contains(at, "?") {
		return at + "&done=" + done
	}
	return at + "?done=" + done
}

// done is what the page says after the draft was saved.
func (v lens) done(r *http.Request) string {
	switch r.URL.Query().Get("done") {
	case "advise":
		return v.Say("desk.advisory.saved")
	case "off":
		return v.Say("desk.advisory.saved.off")
	}
	return ""
}

// save takes the form: it adds rows or vulnerabilities and takes them out, shows every
// format of what was typed, or saves the draft.
func (d *desk) save(w http.ResponseWriter, r *http.Request, v lens) error {
	session := d.Site.Desk.As(v.Actor)
	now, typed, faults, err := d.typed(r, v)
	if err != nil {
		return err
	}
	if !typed.Has("whole") {
		faults = append(faults, cvd.Fault{Field: v.Say("desk.refused"), Problem: "the form did not arrive whole", Remedy: "open the page of the advisory again; what is missing here stands in its latest draft"})
	}
	step := typed.Get("step")
	if to, is := v.turned(typed, step); is && typed.Has("whole") {
		parts := fill(v, to.form, to.empty)
		marked(parts, to)
		return d.show(w, r, v, http.StatusOK, now, sheet{parts: parts, typed: to.form, place: to.place, done: to.done})
	}
	from, _ := ends(now, typed)
	a, wrong := draft.Read(from, now.Record, typed)
	faults = append(faults, wrong...)
	form := sheet{parts: fill(v, typed, 1), typed: typed, place: -1}
	switch {
	case len(faults) > 0:
		form.faults = faults
		return d.show(w, r, v, http.StatusUnprocessableEntity, now, form)
	case step == "look":
		docs, err := session.Rehearse(r.Context(), now.Case.ID, a)
		if err != nil {
			return d.refused(w, r, v, now, form, err)
		}
		return d.documents(w, r, v, now, a, docs, typed)
	}
	if done, err := d.overtaken(w, r, v, now, typed); done {
		return err
	}
	if form.faults = unaware(v, now, typed); len(form.faults) > 0 {
		return d.show(w, r, v, http.StatusConflict, now, form)
	}
	in := cvd.Input{Advisory: a, Seq: visit.Number(typed.Get("seq")), Note: typed.Get("note"), Others: typed.Get("others") != ""}
	if _, err := session.Do(r.Context(), now.Case.ID, cvd.VerbAdvise, in); err != nil {
		if won, failed := d.lost(r, v, typed, err); failed != nil {
			return failed
		} else if won != nil {
			_, err = d.overtaken(w, r, v, won, typed)
			return err
		}
		return d.refused(w, r, v, now, form, err)
	}
	return web.See(w, r, after(address(now.Case.ID, ""), now))
}

// refused shows the form again with everything that was typed, and why not.
func (d *desk) refused(w http.ResponseWriter, r *http.Request, v lens, now *casework.Draft, form sheet, err error) error {
	status := web.Status(err)
	if status >= http.StatusInternalServerError || status == http.StatusNotFound {
		return err
	}
	if !errors.As(err, &form.faults) {
		form.faults = cvd.Faults{{Field: v.Say("desk.refused"), Problem: web.Plain(err)}}
	}
	return d.show(w, r, v, status, now, form)
}

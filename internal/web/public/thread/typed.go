package thread

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"fairlead/internal/cvd"
	"fairlead/internal/web"
	"fairlead/internal/web/public"
)

// All that can be written on the page is one form, whose buttons send it to different
// places. So whatever is pressed, nothing that stands in another field is lost: what was
// sent is done, and the page comes back with the rest.

// spoken are the fields in which a reporter writes, by what the page names them before a
// dot and the case.
var spoken = []string{"text", "appeal", "check", "outcome"}

// wordsOf is the field that a place takes, which a form of that place alone calls "text".
var wordsOf = map[string]string{"message": "text", "appeal": "appeal", "check": "check"}

// place is the last part of the address that a form was sent to.
func place(r *http.Request) string { return r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:] }

// spokenIn is what stands in the fields of the page, by their full names. id is the case
// that the button named.
func spokenIn(r *http.Request, form url.Values, id cvd.CaseID) url.Values {
	out := url.Values{}
	for name := range form {
		if kind, of, ok := strings.Cut(name, "."); ok && of != "" && slices.Contains(spoken, kind) && form.Get(name) != "" {
			out.Set(name, form.Get(name))
		}
	}
	if field, ok := wordsOf[place(r)]; ok && form.Has("text") {
		out.Set(field+"."+string(id), form.Get("text"))
	}
	if form.Get("outcome") != "" {
		out.Set("outcome."+string(id), form.Get("outcome"))
	}
	return out
}

// caseOf is the case that a form is about: its button or its field names it.
func caseOf(r *http.Request, form url.Values) cvd.CaseID {
	if id := form.Get("case"); id != "" {
		return cvd.CaseID(id)
	}
	return cvd.CaseID(r.URL.Query().Get("case"))
}

// said is what the form says in that field of its case.
func (a *asked) said(kind string) string { return a.typed.Get(kind + "." + string(a.id)) }

// fill puts what was typed into the view of its case.
func (v *caseView) fill(typed url.Values) {
	of := func(kind string) string { return typed.Get(kind + "." + string(v.ID)) }
	v.Draft, v.Appeal = of("text"), of("appeal")
	if v.Release != nil {
		v.Release.Outcome, v.Release.Text = of("outcome"), of("check")
	}
}

// onward leads on after an act that took these fields of its case. Where more was typed,
// the page comes back with it; else it is asked for anew, so that loading it again
// repeats nothing.
func (p *pub) onward(w http.ResponseWriter, r *http.Request, a *asked, done string, at cvd.CaseID, took ...string) error {
	for _, kind := range took {
		a.typed.Del(kind + "." + string(a.id))
	}
	for name := range a.typed {
		if strings.TrimSpace(a.typed.Get(name)) == "" {
			a.typed.Del(name)
		}
	}
	if len(a.typed) == 0 {
		return web.See(w, r, "/thread?done="+done+"#"+string(at))
	}
	p.done = done
	return p.showThread(w, r, a.session, http.StatusOK, func(v *caseView) {
		v.fill(a.typed)
		if a.id == v.ID {
			v.Rest = "#text-" + string(v.ID)
		}
	})
}

// maxLost is the most files that are named as lost.
const maxLost = 20

// lost are the names of the files that were chosen in a case, which is all that came
// along of them: only the button beside them sends files.
func (a *asked) lost(id cvd.CaseID) string {
	var out []string
	for _, name := range a.form["file."+string(id)] {
		if name != "" && len(out) < maxLost {
			out = append(out, public.FileLabel(name))
		}
	}
	return strings.Join(out, ", ")
}

// again shows the page with what was typed, such as in another language.
func (p *pub) again(w http.ResponseWriter, r *http.Request) error {
	a, err := p.ask(r)
	if err != nil {
		return err
	}
	return p.showThread(w, r, a.session, http.StatusOK, func(v *caseView) {
		v.fill(a.typed)
		v.Lost = a.lost(v.ID)
	})
}

// carry is what was typed on the page, for another page to hand back.
func carry(typed url.Values) []web.Field {
	var out []web.Field
	for _, name := range slices.Sorted(maps.Keys(typed)) {
		out = append(out, web.Field{Name: name, Kind: "hidden", Value: typed.Get(name)})
	}
	return out
}

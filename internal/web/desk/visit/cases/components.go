package cases

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"fairlead/internal/casework"
	"fairlead/internal/cvd"
	"fairlead/internal/may"
	"fairlead/internal/web"
	"fairlead/internal/web/desk/visit/cases/fields"
)

// suggestedView is a component that the report may mean.
type suggestedView struct {
	Name, PURL, Why, Contact string
	Link, HandOn             string // HandOn is empty where the verb is not possible now
	In                       []string
}

// suggested compares the report with the bills of materials. That it cannot be
// compared must not hide the case, so it is told beside it.
func (d *desk) suggested(r *http.Request, v lens, f *casework.File) ([]suggestedView, *web.Notice) {
	if may.Enter(v.Actor, may.AreaParts) < may.Look || len(f.Events) == 0 || f.Events[0].Body == nil {
		return nil, nil
	}
	found, err := d.Site.Parts.Suggest(r.Context(), v.Actor, f.Events[0].Body.Report)
	if err != nil {
		d.Site.Log.Error("a report could not be compared with the bills of materials", "case", f.Case.ID, "err", err)
		return nil, &web.Notice{Kind: "warn", Title: v.Say("desk.parts.failed"), Text: v.Say("desk.parts.failed.text")}
	}
	var out []suggestedView
	for i := range found {
		s := &found[i]
		one := suggestedView{
			Name: s.Name, PURL: s.PURL, Why: v.Say("desk.parts.by." + s.By), Contact: s.Contact.String(),
			Link: "/desk/components/one?" + url.Values{"key": {s.Key}}.Encode(),
		}
		for _, h := range s.In {
			id, theirs := "desk.parts.in", strings.Join(h.Theirs(), ", ")
			if theirs != "" {
				id += ".as"
			}
			one.In = append(one.In, v.Say(id, "product", h.Product, "ours", h.Ours(), "theirs", theirs))
		}
		if slices.Contains(f.Verbs, cvd.VerbHandOn) {
			one.HandOn = "/desk/cases/" + string(f.Case.ID) + "/do/hand-on?" + url.Values{"component": {s.Key}}.Encode()
		}
		out = append(out, one)
	}
	return out, nil
}

// upstream fills the form of handing on for a component that somebody chose: to
// whom, why, under which clause, and what the reporter reads. All of it can be
// changed before anything is done. letter is what may be written to the project.
func (d *desk) upstream(r *http.Request, v lens, o *deed, fill bool) (letter string, err error) {
	key := o.typed.Get("component")
	if key == "" || o.verb != cvd.VerbHandOn {
		return "", nil
	}
	f, err := d.Site.Parts.Component(r.Context(), v.Actor, key)
	if errors.Is(err, cvd.ErrNotFound) {
		return "", nil // its last bill went meanwhile
	}
	if err != nil {
		return "", err
	}
	policyURL := d.Site.BaseURL(r) + "/policy"
	if p := o.file.Policy; p != nil && p.Policy.PublicURL != "" {
		policyURL = p.Policy.PublicURL + "/policy"
	}
	if fill {
		o.typed.Set("to", cmp.Or(f.Contact.String(), v.Say("desk.upstream.to", "component", f.Name)))
		o.typed.Set("reason", v.Say("desk.upstream.reason", "component", f.Name))
		if o.file.Case.Waited() { // they read it
			o.typed.Set("reason", v.Say("desk.upstream.text", "component", f.Name))
		}
		if p := o.file.Policy; p != nil && p.Policy.Scope.ThirdParty.ID != "" {
			o.typed.Set("clauses", p.Policy.Scope.ThirdParty.ID)
		}
	}
	return v.Say("desk.upstream.letter", "component", f.Name, "organisation", v.Site.Organisation(), "case", string(o.file.Case.ID),
		"versions", strings.Join(f.Versions(), ", "), "policy", policyURL), nil
}

// carried keeps which component was chosen in the form.
func carried(o *deed) []fields.Item {
	if key := o.typed.Get("component"); key != "" && o.verb == cvd.VerbHandOn {
		return []fields.Item{{Field: &web.Field{Name: "component", Kind: "hidden", Value: key}}}
	}
	return nil
}

// Package factor is the part of the desk where somebody sets up, renews or takes
// away their second factor and their passkeys, and where a lead takes that of somebody away who lost
// it.
//
// It never shows a secret or a code twice.
package factor

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"fairlead/internal/auth"
	"fairlead/internal/auth/second"
	"fairlead/internal/cvd"
	"fairlead/internal/may"
	"fairlead/internal/web"
	"fairlead/internal/web/desk/visit"
)

type desk struct{ *visit.Desk }

// Routes lists the addresses of this part.
func Routes(shared *visit.Desk) []visit.Route {
	d := &desk{shared}
	return []visit.Route{
		{Pattern: "GET /desk/me/second", Area: may.AreaSelf, Use: may.Look, Do: d.page},
		{Pattern: "POST /desk/me/second/begin", Area: may.AreaSelf, Use: may.Change, Do: d.begin, Wants: visit.Deed(may.DeedFactor)},
		{Pattern: "POST /desk/me/second/confirm", Area: may.AreaSelf, Use: may.Change, Do: d.confirm},
		{Pattern: "POST /desk/me/second/codes", Area: may.AreaSelf, Use: may.Change, Do: d.codes, Wants: visit.Deed(may.DeedFactor)},
		{Pattern: "POST /desk/me/second/remove", Area: may.AreaSelf, Use: may.Change, Do: d.remove, Wants: visit.Deed(may.DeedFactor)},
		{Pattern: "POST /desk/team/{id}/second", Area: may.AreaTeam, Use: may.Change, Do: d.reset, Wants: visit.Deed(may.DeedFactor)},
		{Pattern: "GET /desk/me/passkeys", Area: may.AreaSelf, Use: may.Look, Do: d.passkeys},
		{Pattern: "POST /desk/me/passkeys/begin", Area: may.AreaSelf, Use: may.Change, Do: d.beginKey, Wants: visit.Deed(may.DeedFactor)},
		{Pattern: "POST /desk/me/passkeys/add", Area: may.AreaSelf, Use: may.Change, Do: d.addKey},
		{Pattern: "POST /desk/me/passkeys/remove", Area: may.AreaSelf, Use: may.Change, Do: d.removeKey, Wants: visit.Deed(may.DeedFactor)},
	}
}

// view is the page in each of its states.
type view struct {
	On     bool
	Since  time.Time
	Left   int    // codes on paper
	Demand bool   // the team wants one before anything else, and there is none
	Keyed  bool   // there is a passkey
	Bare   bool   // there is no password either
	Offer  bool   // an app is to read it now
	Secret string // in groups of four; only where Offer was just made
	Path   string // of the picture's dark modules
	Side   int    // of the picture, with its margin
	Code   []web.Field
	Paper  []string // shown once
	Wrong  *web.Summary
	Done   string

	// Where one is demanded: what a passkey is called, why none works here, and what sets a
	// password, if an app's codes would stand alone otherwise.
	Key      []web.Field
	WhyNot   string
	Password []web.Field
	Email    string
}

// margin is the light edge that readers want around the picture, in modules.
const margin = 4

func (d *desk) show(w http.ResponseWriter, r *http.Request, v *visit.Visit, status int, out *view) error {
	if out.Code == nil {
		out.Code = []web.Field{codeField(v)}
	}
	return d.Show(w, r, v, status, "factor", v.Say("desk.second.title"), out)
}

func codeField(v *visit.Visit) web.Field {
	return web.Field{Name: "code", Label: v.Say("desk.second.code"), Help: v.Say("desk.second.code.help"), Required: true, Autocomplete: "one-time-code", Half: true}
}

func (d *desk) view(r *http.Request, v *visit.Visit) (*view, error) {
	has, err := d.Site.Auth.HasSecond(r.Context(), v.Actor.ID)
	if err != nil {
		return nil, err
	}
	means, err := d.Site.Auth.Means(r.Context(), v.Actor.ID)
	if err != nil {
		return nil, err
	}
	out := &view{Demand: d.Demands(v.Session) && !means.Second(), Keyed: means.Passkey, Bare: !means.Password && !means.Second(), On: has.On, Since: has.Since, Left: has.Paper, Email: v.Team[v.Actor.ID].Email}
	if !out.Demand {
		return out, nil
	}
	_, nowhere := d.Place(r)
	out.WhyNot, out.Key = visit.WhyNot(v.Say, nowhere), keyForm(v)
	if !means.Password && v.Session.Way != auth.WayProvider {
		out.Password = []web.Field{{Name: "password", Kind: "password", Label: v.Say("desk.signin.password"), Help: v.Say("desk.me.next.help"), Required: true, Autocomplete: "new-password"}}
	}
	return out, nil
}

func (d *desk) page(w http.ResponseWriter, r *http.Request, v *visit.Visit) error {
	out, err := d.view(r, v)
	if err != nil {
		return err
	}
	if r.URL.Query().Get("done") == "password" {
		out.Done = v.Say("desk.second.done.password")
	}
	return d.show(w, r, v, http.StatusOK, out)
}

// again shows the offer with what is wrong with the code.
func (d *desk) again(w http.ResponseWriter, r *http.Request, v *visit.Visit, err error) error {
	faults, ok := errors.AsType[cvd.Faults](err)
	if !ok {
		return err
	}
	out, err := d.view(r, v)
	if err != nil {
		return err
	}
	out.Offer = true
	fields := []web.Field{codeField(v)}
	out.Code = fields
	out.Wrong = web.Summarise(v.Say("desk.faults"), fields, web.Blame(fields, faults))
	return d.show(w, r, v, http.StatusUnprocessableEntity, out)
}

func (d *desk) begin(w http.ResponseWriter, r *http.Request, v *visit.Visit) error {
	if err := web.Form(r); err != nil {
		return err
	}
	address, secret, err := d.Site.Auth.OfferSecond(r.Context(), v.Actor, d.Site.Organisation())
	if err != nil {
		return err
	}
	picture, err := second.Draw(address)
	if err != nil {
		return err
	}
	out, err := d.view(r, v)
	if err != nil {
		return err
	}
	out.Offer, out.Secret = true, groups(secret)
	out.Side = picture.Side + 2*margin
	var path strings.Builder
	for _, m := range picture.Dark {
		fmt.Fprintf(&path, "M%d %dh%dv1h-%dz", m.X+margin, m.Y+margin, m.Width, m.Width)
	}
	out.Path = path.String()
	return d.show(w, r, v, http.StatusOK, out)
}

// groups is a secret as people type it.
func groups(secret string) string {
	var b strings.Builder
	for i, r := range strings.ToLower(secret) {
		if i > 0 && i%4 == 0 {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// paper shows new codes, once.
func (d *desk) paper(w http.ResponseWriter, r *http.Request, v *visit.Visit, codes []string) error {
	out, err := d.view(r, v)
	if err != nil {
		return err
	}
	out.Paper = codes
	return d.show(w, r, v, http.StatusOK, out)
}

func (d *desk) confirm(w http.ResponseWriter, r *http.Request, v *visit.Visit) error {
	if err := web.Form(r); err != nil {
		return err
	}
	codes, err := d.Site.Auth.ConfirmSecond(r.Context(), v.Actor, r.PostForm.Get("code"))
	if err != nil {
		return d.again(w, r, v, err)
	}
	return d.paper(w, r, v, codes)
}

func (d *desk) codes(w http.ResponseWriter, r *http.Request, v *visit.Visit) error {
	codes, err := d.Site.Auth.NewPaper(r.Context(), v.Actor)
	if err != nil {
		return err
	}
	return d.paper(w, r, v, codes)
}

func (d *desk) remove(w http.ResponseWriter, r *http.Request, v *visit.Visit) error {
	if err := d.Site.Auth.RemoveSecond(r.Context(), v.Actor); err != nil {
		return err
	}
	return web.See(w, r, "/desk/me?done=second")
}

func (d *desk) reset(w http.ResponseWriter, r *http.Request, v *visit.Visit) error {
	id := r.PathValue("id")
	if err := d.Site.Auth.ResetSecond(r.Context(), v.Actor, id); err != nil {
		return err
	}
	return web.See(w, r, "/desk/team/"+id+"?done=second")
}

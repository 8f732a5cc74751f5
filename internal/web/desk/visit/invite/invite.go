// Package invite is the part of the desk where a lead invites somebody by mail, and
// where whoever was invited becomes a member.
//
// It shows the address that accepts an invitation once, to the lead who made it, and
// never makes a member before somebody pressed the button: mail programs follow links.
package invite

import (
	"cmp"
	"errors"
	"net/http"
	"strings"
	"time"

	"fairlead/internal/auth/invite"
	"fairlead/internal/auth/onetime"
	"fairlead/internal/cvd"
	"fairlead/internal/may"
	"fairlead/internal/web"
	"fairlead/internal/web/desk/visit"
)

type desk struct{ *visit.Desk }

// Register adds the addresses that nobody is signed in at.
func Register(mux *http.ServeMux, shared *visit.Desk) {
	d := &desk{shared}
	mux.Handle("GET /desk/sign-in/invitation", d.Site.Private(d.invited))
	mux.Handle("POST /desk/sign-in/invitation", d.Site.Private(d.accept))
}

// Routes lists the addresses for leads.
func Routes(shared *visit.Desk) []visit.Route {
	d := &desk{shared}
	route := func(pattern string, use may.Use, do visit.Handler) visit.Route {
		one := visit.Route{Pattern: pattern, Area: may.AreaTeam, Use: may.Change, Do: do}
		if use == may.Change {
			one.Wants = visit.Deed(may.DeedMember)
		}
		return one
	}
	return []visit.Route{
		route("GET /desk/invitations", may.Look, d.page),
		route("POST /desk/invitations", may.Change, d.make),
		route("POST /desk/invitations/{id}/again", may.Change, d.again),
		route("POST /desk/invitations/{id}/revoke", may.Change, d.revoke),
	}
}

// view is the page of invitations.
type view struct {
	Rows    []row
	Form    []web.Field
	Roles   visit.Checks
	Offices visit.Checks
	Link    *link
	Done    string
	Summary *web.Summary
}

type row struct {
	invite.Invitation
	Who, What string
}

// link is what accepts an invitation, shown once.
type link struct {
	Email, URL string
	Until      time.Time
}

func (d *desk) view(r *http.Request, v *visit.Visit, m *cvd.Member) (*view, error) {
	if d.Site.Invites == nil {
		return nil, cvd.ErrNotFound
	}
	list, err := d.Site.Invites.List(r.Context(), v.Actor)
	if err != nil {
		return nil, err
	}
	out := &view{
		Form: []web.Field{
			{Name: "email", Kind: "email", Label: v.Say("desk.team.email"), Help: v.Say("invite.email.help"), Value: m.Email, Required: true, Autocomplete: "off"},
			{Name: "name", Label: v.Say("desk.team.name"), Help: v.Say("invite.name.help"), Value: m.Name, Autocomplete: "off"},
			{Name: "qualification", Label: v.Say("desk.team.qualification"), Help: v.Say("desk.team.qualification.help"), Value: m.Qualification},
		},
		Roles: v.RoleChecks(m), Offices: v.OfficeChecks(m),
	}
	for _, one := range list {
		var roles []string
		for _, role := range one.Member.Roles {
			roles = append(roles, v.Say("desk.role."+string(role)))
		}
		out.Rows = append(out.Rows, row{one, v.Who(one.By), strings.Join(roles, ", ")})
	}
	return out, nil
}

func (d *desk) show(w http.ResponseWriter, r *http.Request, v *visit.Visit, status int, out *view) error {
	return d.Show(w, r, v, status, "invitations", v.Say("invite.title"), out)
}

func (d *desk) page(w http.ResponseWriter, r *http.Request, v *visit.Visit) error {
	out, err := d.view(r, v, &cvd.Member{})
	if err != nil {
		return err
	}
	if id := "invite.done." + r.URL.Query().Get("done"); v.Voice.Has(id) {
		out.Done = v.Say(id)
	}
	return d.show(w, r, v, http.StatusOK, out)
}

func (d *desk) make(w http.ResponseWriter, r *http.Request, v *visit.Visit) error {
	if err := web.Form(r); err != nil {
		return err
	}
	form := r.PostForm
	m := cvd.Member{Name: form.Get("name"), Email: form.Get("email"), Qualification: form.Get("qualification"), Offices: form["offices"]}
	for _, role := range form["roles"] {
		m.Roles = append(m.Roles, cvd.Role(role))
	}
	if d.Site.Invites == nil {
		return cvd.ErrNotFound
	}
	made, code, err := d.Site.Invites.Invite(r.Context(), v.Actor, m)
	if faults, wrong := errors.AsType[cvd.Faults](err); wrong {
		out, err := d.view(r, v, &m)
		if err != nil {
			return err
		}
		for _, f := range faults {
			if f.Field == "roles" {
				out.Roles.Faults = append(out.Roles.Faults, f)
			}
		}
		out.Summary = web.Summarise(v.Say("desk.faults"), out.Form, web.Blame(out.Form, faults))
		return d.show(w, r, v, http.StatusUnprocessableEntity, out)
	}
	if err != nil {
		return err
	}
	return d.sent(w, r, v, made, code)
}

// sent shows the address that accepts the invitation, this once.
func (d *desk) sent(w http.ResponseWriter, r *http.Request, v *visit.Visit, made invite.Invitation, code string) error {
	out, err := d.view(r, v, &cvd.Member{})
	if err != nil {
		return err
	}
	out.Link = &link{made.Member.Email, d.Site.BaseURL(r) + onetime.Invitation(code), made.Until}
	return d.show(w, r, v, http.StatusOK, out)
}

func (d *desk) again(w http.ResponseWriter, r *http.Request, v *visit.Visit) error {
	if d.Site.Invites == nil {
		return cvd.ErrNotFound
	}
	made, code, err := d.Site.Invites.Again(r.Context(), v.Actor, r.PathValue("id"))
	if err != nil {
		return err
	}
	return d.sent(w, r, v, made, code)
}

func (d *desk) revoke(w http.ResponseWriter, r *http.Request, v *visit.Visit) error {
	if d.Site.Invites == nil {
		return cvd.ErrNotFound
	}
	if err := d.Site.Invites.Revoke(r.Context(), v.Actor, r.PathValue("id")); err != nil {
		return err
	}
	return web.See(w, r, "/desk/invitations?done=revoked")
}

// invitedView is the page of whoever was invited.
type invitedView struct {
	Code    string // of the invitation; empty where it is still to be said
	Email   string
	Name    []web.Field
	Dead    bool
	Summary *web.Summary
}

// invited asks for the invitation: it stands in the fragment of the address, which only the
// page's script can read.
func (d *desk) invited(w http.ResponseWriter, r *http.Request) error {
	if d.Site.Invites == nil {
		return web.See(w, r, onetime.SignInPath)
	}
	return d.render(w, r, http.StatusOK, invitedView{})
}

func (d *desk) render(w http.ResponseWriter, r *http.Request, status int, out invitedView) error {
	page := &web.Page{Title: d.Site.Voice(r).Say("invite.welcome"), Desk: true, Home: "/desk/"}
	if out.Code == "" {
		page.Scripts = []string{"signin.js"}
	}
	return d.Pages.Render(w, r, status, "invited", page, out)
}

// ask shows what somebody is invited to, or that the address opens nothing (any more).
func (d *desk) ask(w http.ResponseWriter, r *http.Request, status int, code, name string, faults cvd.Faults) error {
	voice := d.Site.Voice(r)
	out := invitedView{Code: code}
	one, err := d.Site.Invites.Look(r.Context(), code)
	switch {
	case errors.Is(err, cvd.ErrUnauthenticated):
		out.Dead, out.Code, status = true, "", http.StatusForbidden
		web.Refused(r, err)
	case err != nil:
		return err
	default:
		if out.Email = one.Member.Email; name == "" {
			name = one.Member.Name
		}
		out.Name = []web.Field{{Name: "name", Label: voice.Say("invite.name"), Help: voice.Say("invite.name.own"), Value: name, Required: true, Autocomplete: "name"}}
		if len(faults) > 0 {
			out.Summary = web.Summarise(voice.Say("desk.faults"), out.Name, web.Blame(out.Name, faults))
		}
	}
	return d.render(w, r, status, out)
}

// accept makes the member, and leads them to where they choose by what they sign in. Who
// did not say their name yet is asked for it: the code alone uses nothing up.
func (d *desk) accept(w http.ResponseWriter, r *http.Request) error {
	if err := web.Form(r); err != nil {
		return err
	}
	if d.Site.Invites == nil {
		return web.See(w, r, onetime.SignInPath)
	}
	// The sign-in page sends on what was pasted there in its own field.
	code, name := onetime.Code(cmp.Or(r.PostForm.Get("code"), r.PostForm.Get("link"))), strings.TrimSpace(r.PostForm.Get("name"))
	if !r.PostForm.Has("name") {
		return d.ask(w, r, http.StatusOK, code, "", nil)
	}
	s, err := d.Site.Invites.Accept(r.Context(), code, name)
	if faults, wrong := errors.AsType[cvd.Faults](err); wrong {
		return d.ask(w, r, http.StatusUnprocessableEntity, code, name, faults)
	}
	if errors.Is(err, cvd.ErrUnauthenticated) {
		return d.ask(w, r, http.StatusForbidden, "", "", nil)
	}
	if err != nil {
		return err
	}
	if old := d.Site.Token(r, web.DeskJar); old != "" {
		if err := d.Site.Auth.SignOut(r.Context(), old); err != nil {
			d.Site.Log.Error("an old session could not be ended", "err", err)
		}
	}
	d.Site.Remember(w, r, web.DeskJar, s.Token)
	return web.See(w, r, "/desk/me?welcome=1")
}

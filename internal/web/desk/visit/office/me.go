package office

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"fairlead/internal/auth"
	"fairlead/internal/auth/second"
	"fairlead/internal/cvd"
	"fairlead/internal/may"
	"fairlead/internal/web"
	"fairlead/internal/web/desk/visit"
)

// freshLink is how long after a sign-in by link or passkey a password may be set without
// the old one, less a moment (see auth.SetPassword).
const freshLink = 9 * time.Minute

// meView is somebody's own page.
type meView struct {
	Member    cvd.Member
	Roles     []string
	Welcome   string // where somebody who came by a link goes on to; empty for anybody else
	ViaLink   bool
	Sessions  []sessionView
	Tokens    []tokenView
	Secret    string // of a token just made; shown once
	Machine   bool
	Done      string
	Second    second.Summary
	Language  web.Field
	Passkeys  int
	Bare      bool   // nothing is set by which they sign in again
	WhyNot    string // no passkey works at this address
	Others    bool   // there are other sessions
	Password  []web.Field
	Token     []web.Field
	Shown     int64 // when the form of a token was shown, in nanoseconds
	Repeat    *web.Notice
	Scopes    visit.Checks
	Summary   *web.Summary
	Elsewhere bool // accounts elsewhere may be linked
	Changes   []visit.Change
}

type sessionView struct {
	auth.Session
	This bool
	By   string
}

type tokenView struct {
	auth.Token
	Whose string
	Held  []string // the names of its scopes
	Over  bool
}

func (d *desk) me(w http.ResponseWriter, r *http.Request, v lens) error {
	if r.URL.Query().Get("welcome") != "" && d.Demands(v.Session) {
		return web.See(w, r, "/desk/me/second")
	}
	view, err := d.meView(r, v)
	if err != nil {
		return err
	}
	if to := r.URL.Query().Get("welcome"); to != "" && v.Session.ViaLink {
		if view.Welcome = visit.Inside(to); view.Welcome == "/desk/" {
			view.Welcome = visit.Home(v.Actor)
		}
	}
	if id := "desk.me.done." + r.URL.Query().Get("done"); v.Voice.Has(id) {
		view.Done = v.Say(id)
	}
	return d.show(w, r, v, http.StatusOK, "me", v.Say("desk.me.title"), view)
}

func (d *desk) meView(r *http.Request, v lens) (*meView, error) {
	view := &meView{Member: v.Team[v.Actor.ID], ViaLink: v.Session.ViaLink, Roles: v.roles(v.Actor.Roles), Elsewhere: len(d.Site.Ways.List()) > 0}
	view.Language = web.Field{
		Name: "language", Kind: "select", Label: v.Say("desk.me.language"), Help: v.Say("desk.me.language.help"),
		Options: web.Languages(v.Say("desk.me.language.any"), view.Member.Language),
	}
	var err error
	if view.Second, err = d.Site.Auth.HasSecond(r.Context(), v.Actor.ID); err != nil {
		return nil, err
	}
	keys, err := d.Site.Auth.Passkeys(r.Context(), v.Actor.ID)
	if err != nil {
		return nil, err
	}
	means, err := d.Site.Auth.Means(r.Context(), v.Actor.ID)
	if err != nil {
		return nil, err
	}
	_, nowhere := d.Place(r)
	view.Bare = !means.Password && !means.Second()
	view.Passkeys, view.WhyNot = len(keys), visit.WhyNot(v.Say, nowhere)
	if err := d.happened(r, v, view); err != nil {
		return nil, err
	}
	tokens, err := d.Site.Auth.Tokens(r.Context(), v.Actor)
	if err != nil {
		return nil, err
	}
	for _, t := range tokens {
		view.Tokens = append(view.Tokens, tokenView{t, v.Member(t.Member), v.scopes(t.Scopes), !t.Expires.After(v.Now)})
	}
	strong := view.ViaLink || v.Session.Way == auth.WayPasskey
	if fresh := v.Now.Sub(v.Session.Started) < freshLink; !strong || !fresh {
		view.Password = append(view.Password, web.Field{
			Name: "current", Kind: "password", Label: v.Say("desk.me.current"), Required: !view.ViaLink, Autocomplete: "current-password",
		})
	}
	view.Password = append(view.Password, web.Field{
		Name: "password", Kind: "password", Label: v.Say("desk.me.next"), Help: v.Say("desk.me.next.help"), Required: true, Autocomplete: "new-password",
	})
	view.Scopes = v.scopeChecks(r.PostForm["scopes"])
	view.Shown, view.Token = d.Site.Now().UnixNano(), v.tokenFields()
	return view, nil
}

// happened fills in where the member is signed in, and what was done to the account.
func (d *desk) happened(r *http.Request, v lens, view *meView) error {
	sessions, err1 := d.Site.Auth.Sessions(r.Context(), v.Actor)
	for _, s := range sessions {
		one := sessionView{s, s.ID == v.Session.ID, ""}
		if s.Way != "" {
			one.By = v.Say("desk.me.way." + string(s.Way))
		}
		view.Others = view.Others || !one.This
		view.Sessions = append(view.Sessions, one)
	}
	changes, err2 := d.Site.Auth.Changes(r.Context(), v.Actor)
	view.Changes = v.Changes(changes)
	return errors.Join(err1, err2)
}

func (l lens) tokenFields() []web.Field {
	days := web.Field{Name: "days", Kind: "select", Label: l.Say("desk.token.days")}
	for _, n := range []string{"30", "90", "365"} {
		days.Options = append(days.Options, web.Option{Value: n, Label: l.Say("desk.token.days." + n), Chosen: n == "90"})
	}
	return []web.Field{
		{Name: "name", Label: l.Say("desk.token.name"), Help: l.Say("desk.token.name.help"), Required: true},
		days,
		{Name: "machine", Kind: "tick", Label: l.Say("desk.token.machine"), Help: l.Say("desk.token.machine.help")},
	}
}

// meAgain shows the own page with what is wrong with one of its forms.
func (d *desk) meAgain(w http.ResponseWriter, r *http.Request, v lens, err error, pick func(*meView) []web.Field) error {
	faults, ok := errors.AsType[cvd.Faults](err)
	if !ok {
		return err
	}
	view, err := d.meView(r, v)
	if err != nil {
		return err
	}
	fields := pick(view)
	view.Summary = web.Summarise(v.Say("desk.faults"), fields, web.Blame(fields, faults))
	return d.show(w, r, v, http.StatusUnprocessableEntity, "me", v.Say("desk.me.title"), view)
}

func (d *desk) profile(w http.ResponseWriter, r *http.Request, v lens) error {
	if err := web.Form(r); err != nil {
		return err
	}
	m := v.Team[v.Actor.ID]
	if name := r.PostForm.Get("name"); name != "" {
		m.Name = name
	}
	m.Away = r.PostForm.Get("away") == "yes"
	if r.PostForm.Has("language") {
		m.Language = r.PostForm.Get("language")
	}
	if err := d.Site.Auth.ChangeMember(r.Context(), v.Actor, m); err != nil {
		return err
	}
	return web.See(w, r, "/desk/me?done=profile")
}

// firstPassword is a deed that wants a proof: there is none yet to be asked for.
func (d *desk) firstPassword(r *http.Request, v *visit.Visit) may.Deed {
	if means, err := d.Site.Auth.Means(r.Context(), v.Actor.ID); err == nil && means.Password {
		return may.DeedNone
	}
	return may.DeedFactor
}

func (d *desk) setPassword(w http.ResponseWriter, r *http.Request, v lens) error {
	if err := web.Form(r); err != nil {
		return err
	}
	err := d.Site.Auth.SetPassword(r.Context(), v.Actor, r.PostForm.Get("current"), r.PostForm.Get("password"))
	if err != nil {
		return d.meAgain(w, r, v, err, func(view *meView) []web.Field { return view.Password })
	}
	if d.Demands(v.Session) { // half the way: the page of the second factor goes on
		return web.See(w, r, "/desk/me/second?done=password")
	}
	return web.See(w, r, "/desk/me?done=password")
}

func (d *desk) endSession(w http.ResponseWriter, r *http.Request, v lens) error {
	if err := web.Form(r); err != nil {
		return err
	}
	if r.PostForm.Get("id") == "others" {
		if err := d.Site.Auth.EndOthers(r.Context(), v.Actor); err != nil {
			return err
		}
		return web.See(w, r, "/desk/me?done=sessions")
	}
	if err := d.Site.Auth.EndSession(r.Context(), v.Actor, r.PostForm.Get("id")); err != nil {
		return err
	}
	return web.See(w, r, "/desk/me?done=session")
}

// typedAgain puts what was typed back into the fields.
func typedAgain(fields []web.Field, form url.Values) []web.Field {
	for i := range fields {
		f := &fields[i]
		f.Value, f.Checked = form.Get(f.Name), form.Get(f.Name) == "yes"
		for j := range f.Options {
			f.Options[j].Chosen = f.Options[j].Value == f.Value
		}
	}
	return fields
}

// tokenDays is the longest that a token works.
const tokenDays = 365

func (d *desk) createToken(w http.ResponseWriter, r *http.Request, v lens) error {
	if err := web.Form(r); err != nil {
		return err
	}
	again, err := d.madeAlready(r, v)
	if err != nil {
		return err
	}
	if again {
		view, err := d.meView(r, v)
		if err != nil {
			return err
		}
		view.Repeat = &web.Notice{Kind: "warn", Title: v.Say("desk.token.already"), Text: v.Say("desk.token.already.text")}
		return d.show(w, r, v, http.StatusConflict, "me", v.Say("desk.me.title"), view)
	}
	scopes, wrong := asScopes(r.PostForm["scopes"])
	days := visit.Number(cmp.Or(r.PostForm.Get("days"), "90"))
	if days < 1 || days > tokenDays {
		wrong = append(wrong, cvd.Fault{Field: "days", Problem: fmt.Sprintf("is no number of days from 1 to %d", tokenDays), Remedy: "choose one of those offered"})
		days = 1
	}
	t := auth.Token{Name: r.PostForm.Get("name"), Machine: r.PostForm.Get("machine") == "yes", Expires: v.Now.Add(time.Duration(days) * 24 * time.Hour), Scopes: scopes}
	secret, made, err := d.Site.Auth.CreateToken(r.Context(), v.Actor, t, wrong...)
	if err != nil {
		return d.meAgain(w, r, v, err, func(view *meView) []web.Field { return typedAgain(view.Token, r.PostForm) })
	}
	view, err := d.meView(r, v)
	if err != nil {
		return err
	}
	view.Secret, view.Machine = secret, made.Machine
	return d.show(w, r, v, http.StatusOK, "me", v.Say("desk.me.title"), view)
}

// madeAlready tells whether the form made its token before, as when the page of the answer
// is loaded anew: a second one that works would stand there, and nobody asked for it.
func (d *desk) madeAlready(r *http.Request, v lens) (bool, error) {
	shown := visit.Number(r.PostForm.Get("shown"))
	if shown == 0 {
		return false, nil
	}
	tokens, err := d.Site.Auth.Tokens(r.Context(), v.Actor)
	return slices.ContainsFunc(tokens, func(t auth.Token) bool {
		return t.Member == v.Actor.ID && t.Name == strings.TrimSpace(r.PostForm.Get("name")) && t.Created.UnixNano() >= shown
	}), err
}

func (d *desk) revokeToken(w http.ResponseWriter, r *http.Request, v lens) error {
	if err := web.Form(r); err != nil {
		return err
	}
	if err := d.Site.Auth.RevokeToken(r.Context(), v.Actor, r.PostForm.Get("id")); err != nil {
		return err
	}
	return web.See(w, r, "/desk/me?done=token")
}

func (d *desk) signOut(w http.ResponseWriter, r *http.Request, _ lens) error {
	if err := d.Site.Auth.SignOut(r.Context(), d.Site.Token(r, web.DeskJar)); err != nil {
		return err
	}
	d.Site.Forget(w, r, web.DeskJar)
	w.Header().Set("Clear-Site-Data", `"cache", "storage"`)
	return web.See(w, r, "/desk/sign-in")
}

// Package provider is the part of the desk where somebody signs in by an account that
// they have elsewhere, and where members link such accounts.
//
// It never shows what a provider said: an answer that does not hold is named by its
// kind, and the rest stands in the operator's log.
package provider

import (
	"errors"
	"maps"
	"net/http"
	"net/url"
	"time"

	"fairlead/internal/auth"
	"fairlead/internal/auth/oidc"
	"fairlead/internal/cvd"
	"fairlead/internal/may"
	"fairlead/internal/web"
	"fairlead/internal/web/desk/visit"
)

// jar holds what binds a way to the browser that began it.
var jar = web.Jar{Name: "fairlead-provider", SameSite: http.SameSiteLaxMode}

// signInPath is the page before the desk.
const signInPath = "/desk/sign-in"

type desk struct{ *visit.Desk }

// Register adds the addresses that nobody is signed in at.
func Register(mux *http.ServeMux, shared *visit.Desk) {
	d := &desk{shared}
	mux.Handle("POST /desk/sign-in/provider/{id}", d.Site.Private(d.begin))
	mux.Handle("GET /desk/sign-in/provider/{id}/back", d.Site.Private(d.back))
}

// Routes lists the addresses for members.
func Routes(shared *visit.Desk) []visit.Route {
	d := &desk{shared}
	return []visit.Route{
		{Pattern: "GET /desk/me/providers", Area: may.AreaSelf, Use: may.Look, Do: d.page},
		{Pattern: "POST /desk/me/providers", Area: may.AreaSelf, Use: may.Change, Wants: visit.Deed(may.DeedFactor), Do: d.link},
		{Pattern: "POST /desk/me/providers/remove", Area: may.AreaSelf, Use: may.Change, Wants: visit.Deed(may.DeedFactor), Do: d.remove},
	}
}

// leave is the page that leads to the provider. A redirect would not do: our pages let
// no form end elsewhere.
type leave struct{ Name, Address, Cancel string }

// refusal says why somebody did not get in.
type refusal struct {
	Notice web.Notice
	Back   string // where to try again, or to go on
	Kept   visit.Waiting
	// On says that they are in all the same; Alone, that nothing they have here shows who
	// they are; Helpers, who can make a link that does.
	On, Alone bool
	Helpers   []cvd.Member
}

// begin leads somebody who wants to sign in to the provider.
func (d *desk) begin(w http.ResponseWriter, r *http.Request) error {
	if err := web.Form(r); err != nil {
		return err
	}
	return d.goTo(w, r, r.PathValue("id"), oidc.Errand{Next: visit.Inside(r.PostForm.Get("next")), From: d.Site.From(r), Anew: r.PostForm.Has("anew"), Kept: visit.WaitingIn(r.PostForm).Form()}, signInPath)
}

// goTo writes down that somebody leaves for the provider, and leads them there.
func (d *desk) goTo(w http.ResponseWriter, r *http.Request, id string, errand oidc.Errand, cancel string) error {
	errand.Back = d.Site.BaseURL(r) + "/desk/sign-in/provider/" + id + "/back"
	start, err := d.Site.Ways.Begin(r.Context(), id, errand)
	if errors.Is(err, cvd.ErrNotFound) {
		return web.See(w, r, cancel) // as for every address of the desk that is not there
	}
	if err != nil {
		return d.refuse(w, r, err, cancel, visit.WaitingIn(errand.Kept))
	}
	d.bake(w, r, start.Browser, int(oidc.FlowLife/time.Second))
	w.Header().Set("Refresh", "0; url="+start.Address)
	page := &web.Page{Title: d.Site.Voice(r).Say("provider.leave", "name", start.Name), Desk: true, Home: "/desk/"}
	return d.Pages.Render(w, r, http.StatusOK, "leave", page, leave{start.Name, start.Address, cancel})
}

func (d *desk) bake(w http.ResponseWriter, r *http.Request, value string, seconds int) {
	//nolint:gosec // Secure follows the request: whoever comes without https has cookies of another name
	http.SetCookie(w, &http.Cookie{
		Name: d.Site.Key(r, jar), Value: value, Path: "/", MaxAge: seconds,
		HttpOnly: true, Secure: d.Site.Secure(r), SameSite: jar.SameSite,
	})
}

// back takes somebody who comes from the provider.
func (d *desk) back(w http.ResponseWriter, r *http.Request) error {
	browser := d.Site.Token(r, jar)
	d.bake(w, r, "", -1)
	here, err := d.Look(r)
	if err != nil && !errors.Is(err, cvd.ErrUnauthenticated) {
		return err
	}
	if here.Actor.ID != "" {
		r = r.WithContext(auth.InSession(r.Context(), here))
	}
	came, err := d.Site.Ways.Finish(r.Context(), r.PathValue("id"), browser, here.Actor, r.URL.Query())
	switch {
	case errors.Is(err, cvd.ErrNotFound):
		return web.See(w, r, signInPath)
	case err != nil && here.Actor.ID != "":
		return d.refuse(w, r, err, "/desk/me/providers", visit.WaitingIn(came.Kept))
	case err != nil:
		return d.refuse(w, r, err, signInPath, visit.WaitingIn(came.Kept))
	case came.Linked:
		return web.See(w, r, "/desk/me/providers?done=linked")
	}
	// A session that this browser already had ends, so that nobody goes on as somebody
	// else (ASVS 5.0.0 V7.2.4).
	if old := d.Site.Token(r, web.DeskJar); old != "" {
		if err := d.Site.Auth.SignOut(r.Context(), old); err != nil {
			d.Site.Log.Error("an old session could not be ended", "err", err)
		}
	}
	d.Site.Remember(w, r, web.DeskJar, came.Session.Token)
	if came.Unproved && !came.Session.Half {
		return d.unproved(w, r, came)
	}
	form := url.Values{"next": {came.Next}}
	maps.Copy(form, came.Kept)
	return d.Came(w, r, came.Session, form)
}

// unproved tells somebody who went to show that it is still them that the provider does
// not say so, and what does: else they would be sent there again and again.
func (d *desk) unproved(w http.ResponseWriter, r *http.Request, came oidc.Arrival) error {
	voice, me := d.Site.Voice(r), came.Session.Actor.ID
	means, err := d.Site.Auth.Means(r.Context(), me)
	if err != nil {
		return err
	}
	team, err := d.Site.Auth.Team(r.Context())
	if err != nil {
		return err
	}
	id, out := "provider.unproved.own", refusal{Back: visit.Inside(came.Next), Kept: visit.WaitingIn(came.Kept), On: true}
	if !means.Password && !means.Second() {
		id, out.Helpers, out.Alone = "provider.unproved.link", visit.Leads(team, me), true
	}
	out.Notice = web.Notice{Kind: "warn", Title: voice.Say("provider.unproved", "name", came.Name), Text: voice.Say(id)}
	page := &web.Page{Title: voice.Say("desk.prove.title"), Desk: true, Home: "/desk/"}
	return d.Pages.Render(w, r, http.StatusOK, "leave-failed", page, out)
}

// refuse shows why somebody did not get in. Whatever an account elsewhere might tell
// about a member here reads the same.
func (d *desk) refuse(w http.ResponseWriter, r *http.Request, err error, back string, wait visit.Waiting) error {
	voice := d.Site.Voice(r)
	f, ok := errors.AsType[*oidc.Failure](err)
	var limited auth.Limited
	out := refusal{Back: back, Kept: wait}
	status := web.Status(err)
	switch {
	case errors.As(err, &limited):
		web.RetryAfter(w, limited)
		out.Notice = web.Notice{Kind: "alarm", Title: voice.Say("desk.signin.limited"), Text: voice.Say("desk.signin.limited.text")}
	case !ok:
		return err
	default:
		id := "provider.failed." + string(f.Reason)
		out.Notice = web.Notice{Kind: "alarm", Title: voice.Say(id, "name", f.Provider), Text: voice.Say(id+".text", "name", f.Provider)}
		if f.Reason != oidc.Unreachable {
			status = http.StatusForbidden
			web.Refused(r, cvd.ErrUnauthenticated)
		}
	}
	page := &web.Page{Title: voice.Say("desk.signin.title"), Desk: true, Home: "/desk/"}
	return d.Pages.Render(w, r, status, "leave-failed", page, out)
}

// view is the list of a member's accounts.
type view struct {
	Linked []oidc.Linked
	Ways   []oidc.Way
	Done   string
}

func (d *desk) view(r *http.Request, v *visit.Visit) (out view, err error) {
	if len(d.Site.Ways.List()) == 0 {
		return out, cvd.ErrNotFound
	}
	out.Ways = d.Site.Ways.List()
	out.Linked, err = d.Site.Ways.Linked(r.Context(), v.Actor.ID)
	return out, err
}

func (d *desk) page(w http.ResponseWriter, r *http.Request, v *visit.Visit) error {
	out, err := d.view(r, v)
	if err != nil {
		return err
	}
	if id := "provider.done." + r.URL.Query().Get("done"); v.Voice.Has(id) {
		out.Done = v.Say(id)
	}
	return d.Show(w, r, v, http.StatusOK, "providers", v.Say("provider.title"), out)
}

// link leads a member to the provider whose account they want to link.
func (d *desk) link(w http.ResponseWriter, r *http.Request, v *visit.Visit) error {
	if err := web.Form(r); err != nil {
		return err
	}
	return d.goTo(w, r, r.PostForm.Get("id"), oidc.Errand{Link: v.Actor.ID, From: d.Site.From(r)}, "/desk/me/providers")
}

func (d *desk) remove(w http.ResponseWriter, r *http.Request, v *visit.Visit) error {
	if err := web.Form(r); err != nil {
		return err
	}
	if err := d.Site.Ways.Unlink(r.Context(), v.Actor, r.PostForm.Get("id")); err != nil {
		return err
	}
	return web.See(w, r, "/desk/me/providers?done=removed")
}

package desk

import (
	"errors"
	"net/http"
	"net/url"

	"fairlead/internal/auth"
	"fairlead/internal/auth/oidc"
	"fairlead/internal/cvd"
	"fairlead/internal/web"
	"fairlead/internal/web/desk/visit"
)

// signInView is the page before the desk.
type signInView struct {
	Link    string // the code of a one-time link, if one led here
	Next    string
	Email   string
	Second  bool // a code is asked for, the rest was right
	Refusal *web.Notice

	Providers []oidc.Way
}

// signInPage shows the form. A one-time link only fills a field: mail programs
// and previews that follow it must not use it up.
func (d desk) signInPage(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	view := signInView{Link: q.Get("link"), Next: q.Get("next")}
	if view.Link == "" {
		if s, err := d.Look(r); err == nil {
			return web.See(w, r, visit.Home(s.Actor))
		}
	}
	return d.showSignIn(w, r, http.StatusOK, view)
}

func (d desk) showSignIn(w http.ResponseWriter, r *http.Request, status int, view signInView) error {
	view.Providers = d.Site.Ways.List()
	page := &web.Page{Title: d.Site.Voice(r).Say("desk.signin.title"), Desk: true, Home: "/desk/"}
	return d.Pages.Render(w, r, status, "signin", page, view)
}

// signIn takes a password, or burns a link. Whatever was wrong with either
// reads the same.
func (d desk) signIn(w http.ResponseWriter, r *http.Request) error {
	if err := web.Form(r); err != nil {
		return err
	}
	link, email := r.PostForm.Get("link"), r.PostForm.Get("email")
	var s auth.Session
	var err error
	if link != "" {
		s, err = d.Site.Auth.UseLink(r.Context(), link)
	} else {
		s, err = d.Site.Auth.SignIn(r.Context(), email, r.PostForm.Get("password"), d.Site.From(r))
	}
	if err != nil {
		return d.signInRefused(w, r, err, signInView{Next: r.PostForm.Get("next"), Email: email})
	}
	// A session that this browser already had ends, so that nobody goes on as
	// somebody else (ASVS 5.0.0 V7.2.4).
	if old := d.Site.Token(r, web.DeskJar); old != "" {
		if err := d.Site.Auth.SignOut(r.Context(), old); err != nil {
			d.Site.Log.Error("an old session could not be ended", "err", err)
		}
	}
	d.Site.Remember(w, r, web.DeskJar, s.Token)
	return goOn(w, r, s)
}

// goOn leads somebody who signed in to where they wanted to go, or to their second
// factor first.
func goOn(w http.ResponseWriter, r *http.Request, s auth.Session) error {
	to := visit.Inside(r.PostForm.Get("next"))
	switch {
	case s.Half && to != "/desk/":
		return web.See(w, r, "/desk/sign-in/second?"+url.Values{"next": {to}}.Encode())
	case s.Half:
		return web.See(w, r, "/desk/sign-in/second")
	case s.ViaLink:
		return web.See(w, r, "/desk/me?welcome=1")
	case to == "/desk/":
		return web.See(w, r, visit.Home(s.Actor))
	}
	return web.See(w, r, to)
}

// secondPage asks for a code of the second factor, if somebody came half the way.
func (d desk) secondPage(w http.ResponseWriter, r *http.Request) error {
	if !d.Site.Auth.Halfway(r.Context(), d.Site.Token(r, web.DeskJar)) {
		return web.See(w, r, "/desk/sign-in")
	}
	return d.showSignIn(w, r, http.StatusOK, signInView{Second: true, Next: r.URL.Query().Get("next")})
}

// second takes a code. Whatever is wrong with it reads the same.
func (d desk) second(w http.ResponseWriter, r *http.Request) error {
	if err := web.Form(r); err != nil {
		return err
	}
	token := d.Site.Token(r, web.DeskJar)
	if !d.Site.Auth.Halfway(r.Context(), token) {
		return web.See(w, r, "/desk/sign-in")
	}
	s, err := d.Site.Auth.Second(r.Context(), token, r.PostForm.Get("code"))
	if err != nil {
		return d.signInRefused(w, r, err, signInView{Second: true, Next: r.PostForm.Get("next")})
	}
	d.Site.Remember(w, r, web.DeskJar, s.Token)
	return goOn(w, r, s)
}

func (d desk) signInRefused(w http.ResponseWriter, r *http.Request, err error, view signInView) error {
	voice := d.Site.Voice(r)
	id := ""
	switch {
	case errors.Is(err, cvd.ErrUnauthenticated) && view.Second:
		id = "desk.second.wrong"
	case errors.Is(err, cvd.ErrUnauthenticated) && r.PostForm.Get("link") != "":
		id = "desk.signin.badlink"
	case errors.Is(err, cvd.ErrUnauthenticated):
		id = "desk.signin.wrong"
	case errors.Is(err, cvd.ErrLimited):
		id = "desk.signin.limited"
		var limited auth.Limited
		if errors.As(err, &limited) {
			web.RetryAfter(w, limited)
		}
	default:
		return err
	}
	view.Refusal = &web.Notice{Kind: "alarm", Title: voice.Say(id), Text: voice.Say(id + ".text")}
	return d.showSignIn(w, r, web.Status(err), view)
}

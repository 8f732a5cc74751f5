package desk

import (
	"errors"
	"net/http"

	"fairlead/internal/auth"
	"fairlead/internal/cvd"
	"fairlead/internal/web"
	"fairlead/internal/web/desk/visit"
)

// signInView is the page before the desk.
type signInView struct {
	Link    string // the code of a one-time link, if one led here
	Next    string
	Email   string
	Refusal *web.Notice
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
	if s.ViaLink {
		return web.See(w, r, "/desk/me?welcome=1")
	}
	to := visit.Inside(r.PostForm.Get("next"))
	if to == "/desk/" {
		to = visit.Home(s.Actor)
	}
	return web.See(w, r, to)
}

func (d desk) signInRefused(w http.ResponseWriter, r *http.Request, err error, view signInView) error {
	voice := d.Site.Voice(r)
	id := ""
	switch {
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

package desk

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"

	"fairlead/internal/auth"
	"fairlead/internal/auth/oidc"
	"fairlead/internal/auth/onetime"
	"fairlead/internal/cvd"
	"fairlead/internal/web"
	"fairlead/internal/web/desk/visit"
)

// maxTyped is the most bytes of a name or an address that the page gives back.
const maxTyped = 2000

// signInView is the page before the desk.
type signInView struct {
	Next    string
	Email   string
	Second  *auth.Means // what is asked for, the rest was right
	Refusal *web.Notice
	// Passkeys says that they work at this address; WhyNot, why not.
	Passkeys bool
	WhyNot   string
	Ceremony *visit.Ceremony

	Providers []oidc.Way

	// Ended says that a session was over; Kept, what was sent when it was; Again, that
	// its writer is back and decides.
	Ended bool
	Kept  visit.Waiting
	Again string // who is back

	// In is who is signed in already, and Home where they go on; empty for nobody.
	In, Home string
}

// byLink tells whether the page takes a one-time link.
func (v signInView) byLink() bool { return v.Second == nil && v.Ceremony == nil && v.Again == "" }

// signInPage shows the form. The code of a one-time link is in the fragment of the
// address, so this cannot know of it: the page's script puts it into a field, where mail
// programs and previews that follow the link do not use it up. Nor is whoever is signed in
// sent on from here: a browser would carry the fragment along.
func (d desk) signInPage(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	view := signInView{Next: q.Get("next")}
	if token := d.Site.Token(r, web.DeskJar); token != "" {
		s, err := d.Look(r)
		if err == nil {
			view.In, view.Home = s.Actor.Name, visit.Inside(view.Next)
			if view.Home == "/desk/" {
				view.Home = visit.Home(s.Actor)
			}
			return d.showSignIn(w, r, http.StatusOK, view)
		}
		_, half := d.Site.Auth.Waiting(r.Context(), token)
		view.Ended = errors.Is(err, cvd.ErrUnauthenticated) && !half
	}
	if q.Has("ended") {
		voice := d.Site.Voice(r)
		view.Refusal = &web.Notice{Kind: "warn", Title: voice.Say("desk.signin.ended"), Text: voice.Say("desk.signin.ended.text")}
	}
	return d.showSignIn(w, r, http.StatusOK, view)
}

func (d desk) showSignIn(w http.ResponseWriter, r *http.Request, status int, view signInView) error {
	if len(view.Email) > maxTyped {
		view.Email = ""
	}
	if len(view.Next) > maxTyped {
		view.Next = ""
	}
	_, nowhere := d.Place(r)
	view.Passkeys, view.WhyNot = nowhere == nil, visit.WhyNot(d.Site.Voice(r).Say, nowhere)
	view.Providers = d.Site.Ways.List()
	page := &web.Page{Title: d.Site.Voice(r).Say("desk.signin.title"), Desk: true, Home: "/desk/"}
	if view.byLink() {
		page.Scripts = []string{"signin.js"}
	}
	return d.Pages.Render(w, r, status, "signin", page, view)
}

// ended asks somebody to sign in again whose session was over when they sent a form.
func (d desk) ended(w http.ResponseWriter, r *http.Request, next string, wait visit.Waiting) error {
	return d.showSignIn(w, r, http.StatusUnauthorized, signInView{Ended: true, Next: next, Kept: wait})
}

// signIn takes a password, or burns a link. Whatever was wrong with either
// reads the same.
func (d desk) signIn(w http.ResponseWriter, r *http.Request) error {
	if err := web.Form(r); err != nil {
		return err
	}
	email := r.PostForm.Get("email")
	var s auth.Session
	var err error
	if link := r.PostForm.Get("link"); onetime.Invites(link) {
		//nolint:gosec // what is chosen is one of words.Languages
		http.Redirect(w, r, web.InLanguage(onetime.InvitationPath, web.Chosen(r)), http.StatusTemporaryRedirect) // with what was pasted
		return nil
	} else if r.PostForm.Has("link") {
		s, err = d.Site.Auth.UseLink(r.Context(), onetime.Code(link))
	} else {
		s, err = d.Site.Auth.SignIn(r.Context(), email, r.PostForm.Get("password"), d.Site.From(r))
	}
	if err != nil {
		return d.signInRefused(w, r, err, signInView{Next: r.PostForm.Get("next"), Email: email, Kept: visit.WaitingIn(r.PostForm)})
	}
	return d.admit(w, r, s)
}

// admit gives the browser its new session. One that it already had ends, so that
// nobody goes on as somebody else (ASVS 5.0.0 V7.2.4).
func (d desk) admit(w http.ResponseWriter, r *http.Request, s auth.Session) error {
	if old := d.Site.Token(r, web.DeskJar); old != "" {
		if err := d.Site.Auth.SignOut(r.Context(), old); err != nil {
			d.Site.Log.Error("an old session could not be ended", "err", err)
		}
	}
	d.Site.Remember(w, r, web.DeskJar, s.Token)
	return d.goOn(w, r, s, r.PostForm)
}

// passkey asks for a passkey of whoever comes, or takes what their device
// answered. No name is typed, so nothing tells whether there is an account.
func (d desk) passkey(w http.ResponseWriter, r *http.Request) error {
	if err := web.Form(r); err != nil {
		return err
	}
	view := signInView{Next: r.PostForm.Get("next"), Kept: visit.WaitingIn(r.PostForm)}
	if ceremony := r.PostForm.Get("ceremony"); ceremony != "" {
		s, err := d.Site.Auth.SignInPasskey(r.Context(), ceremony, r.PostForm.Get("answer"), d.Site.From(r))
		if err != nil {
			return d.signInRefused(w, r, err, view)
		}
		return d.admit(w, r, s)
	}
	place, err := d.Place(r)
	if err != nil { // the page says why
		return d.showSignIn(w, r, http.StatusUnprocessableEntity, view)
	}
	c, err := d.Site.Auth.AskPasskey(r.Context(), place, d.Site.From(r))
	if err != nil {
		return d.signInRefused(w, r, err, view)
	}
	view.Ceremony = &visit.Ceremony{Ceremony: c, Kind: "get", Action: "/desk/sign-in/passkey", Kept: append(view.Kept.Hidden(), visit.Pair{Label: "next", Text: view.Next})}
	return d.showSignIn(w, r, http.StatusOK, view)
}

// askQuietly gives the sign-in page's script what a browser needs to offer passkeys where
// the address is typed (conditional mediation, Credential Management section 2.3.2).
// It is asked for by a script alone, since a page that is only looked at keeps nothing.
func (d desk) askQuietly(w http.ResponseWriter, r *http.Request) error {
	place, err := d.Place(r)
	if err != nil {
		return cvd.ErrNotFound // the page offers nothing there
	}
	c, err := d.Site.Auth.AskPasskey(r.Context(), place, d.Site.From(r))
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	return json.NewEncoder(w).Encode(map[string]any{"ceremony": c.ID, "options": json.RawMessage(c.Options)})
}

// goOn leads somebody who signed in to where they wanted to go, or to their second
// factor first.
func (d desk) goOn(w http.ResponseWriter, r *http.Request, s auth.Session, form url.Values) error {
	to := visit.Inside(form.Get("next"))
	if wait := visit.WaitingIn(form); wait.Action != "" {
		view := signInView{Kept: wait, Next: form.Get("next"), Again: s.Actor.Name}
		if s.Half {
			means, ok := d.Site.Auth.Waiting(r.Context(), s.Token)
			if !ok {
				return web.See(w, r, "/desk/sign-in")
			}
			view.Second, view.Again = &means, ""
		}
		return d.showSignIn(w, r, http.StatusOK, view)
	}
	switch {
	case s.Half && to != "/desk/":
		return web.See(w, r, "/desk/sign-in/second?"+url.Values{"next": {to}}.Encode())
	case s.Half:
		return web.See(w, r, "/desk/sign-in/second")
	case s.ViaLink:
		return web.See(w, r, "/desk/me?"+url.Values{"welcome": {to}}.Encode())
	case to == "/desk/":
		return web.See(w, r, visit.Home(s.Actor))
	}
	return web.See(w, r, to)
}

// secondPage asks for a code of the second factor, if somebody came half the way.
func (d desk) secondPage(w http.ResponseWriter, r *http.Request) error {
	means, ok := d.Site.Auth.Waiting(r.Context(), d.Site.Token(r, web.DeskJar))
	if !ok {
		return web.See(w, r, "/desk/sign-in")
	}
	return d.showSignIn(w, r, http.StatusOK, signInView{Second: &means, Next: r.URL.Query().Get("next")})
}

// second takes a code. Whatever is wrong with it reads the same.
func (d desk) second(w http.ResponseWriter, r *http.Request) error {
	if err := web.Form(r); err != nil {
		return err
	}
	token := d.Site.Token(r, web.DeskJar)
	means, ok := d.Site.Auth.Waiting(r.Context(), token)
	if !ok {
		return web.See(w, r, "/desk/sign-in")
	}
	s, err := d.Site.Auth.Second(r.Context(), token, r.PostForm.Get("code"))
	if err != nil {
		return d.signInRefused(w, r, err, signInView{Second: &means, Next: r.PostForm.Get("next"), Kept: visit.WaitingIn(r.PostForm)})
	}
	d.Site.Remember(w, r, web.DeskJar, s.Token)
	return d.goOn(w, r, s, r.PostForm)
}

func (d desk) signInRefused(w http.ResponseWriter, r *http.Request, err error, view signInView) error {
	voice := d.Site.Voice(r)
	id := ""
	switch {
	case errors.Is(err, cvd.ErrUnauthenticated) && view.Second != nil:
		id = "desk.second.wrong"
	case errors.Is(err, cvd.ErrUnauthenticated) && r.PostForm.Get("ceremony") != "":
		id = "desk.passkey.wrong"
	case errors.Is(err, cvd.ErrUnauthenticated) && r.PostForm.Has("link"):
		id = "desk.signin.badlink"
	case errors.Is(err, cvd.ErrUnauthenticated):
		id = "desk.signin.wrong"
	case errors.Is(err, cvd.ErrLimited):
		id, view.Kept = "desk.signin.limited", view.Kept.Small()
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

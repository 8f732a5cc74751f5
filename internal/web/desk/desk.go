// Package desk is the team's part of the site: the queue, a case with
// everything that can be done to it, the policy's versions, the members and what
// was told to whom. All of it works without a script.
//
// It never decides who may do what (may does) nor what happens to a case
// (casework does), never shows a case without recording the look, and never renders
// a stranger's words as anything but plain text, or Markdown behind the wall of
// advisory/page, with where its links lead.
package desk

import (
	"embed"
	"net/http"

	"fairlead/internal/may"
	"fairlead/internal/web"
	"fairlead/internal/web/desk/visit"
	"fairlead/internal/web/desk/visit/advisories"
	"fairlead/internal/web/desk/visit/cases"
	"fairlead/internal/web/desk/visit/cases/post"
	"fairlead/internal/web/desk/visit/components"
	"fairlead/internal/web/desk/visit/factor"
	"fairlead/internal/web/desk/visit/invite"
	"fairlead/internal/web/desk/visit/live"
	"fairlead/internal/web/desk/visit/mail"
	"fairlead/internal/web/desk/visit/office"
	"fairlead/internal/web/desk/visit/provider"
	"fairlead/internal/web/desk/visit/queue"
	"fairlead/internal/web/desk/visit/trail"
)

// Templates are the pages of this room; the storybook shows them with invented data.
//
//go:embed templates
var Templates embed.FS

type desk struct{ *visit.Desk }

// Register adds the desk to the site's routes.
func Register(mux *http.ServeMux, site *web.Site) error {
	shared, err := visit.New(site, Templates)
	if err != nil {
		return err
	}
	d := desk{shared}
	shared.Ended, shared.Came, shared.Beside = d.ended, d.goOn, queue.Beside(shared)
	mux.Handle("GET /desk", site.Private(func(w http.ResponseWriter, r *http.Request) error { return web.See(w, r, "/desk/") }))
	mux.Handle("GET /desk/sign-in", site.Private(d.signInPage))
	mux.Handle("POST /desk/sign-in", site.Private(d.signIn))
	mux.Handle("GET /desk/sign-in/second", site.Private(d.secondPage))
	mux.Handle("POST /desk/sign-in/second", site.Private(d.second))
	shared.Add(mux, queue.Routes(shared))
	shared.Add(mux, live.Routes(shared))
	mux.Handle("POST /desk/sign-in/passkey", site.Private(d.passkey))
	mux.Handle("POST /desk/sign-in/passkey/ask", site.Private(d.askQuietly))
	shared.Add(mux, shared.Confirm())
	shared.Add(mux, cases.Routes(shared))
	shared.Add(mux, post.Routes(shared))
	shared.Add(mux, office.Routes(shared))
	shared.Add(mux, trail.Routes(shared))
	shared.Add(mux, factor.Routes(shared))
	invite.Register(mux, shared)
	shared.Add(mux, invite.Routes(shared))
	provider.Register(mux, shared)
	shared.Add(mux, provider.Routes(shared))
	shared.Add(mux, components.Routes(shared))
	shared.Add(mux, advisories.Routes(shared))
	shared.Add(mux, mail.Routes(shared))
	// Strangers cannot tell an address of the desk that exists from one that
	// does not: both ask them to sign in. A member is told of a wrong method only
	// where the right one would be open to them.
	mux.Handle("/desk/", site.Private(shared.SignedIn(may.AreaSelf, may.Look, func(w http.ResponseWriter, r *http.Request, v *visit.Visit) error {
		return web.NoPage(w, web.Methods(mux, r, func(pattern string) bool { return shared.Open(v.Actor, pattern) }))
	})))
	return nil
}

// Package desk is the team's part of the site: the queue, a case with
// everything that can be done to it, the policy's versions, the members and what
// was told to whom. All of it works without a script.
//
// It never decides who may do what (may does) nor what happens to a case
// (casework does), never shows a case without recording the look, and never
// renders a stranger's words as anything but plain text.
package desk

import (
	"embed"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"fairlead/internal/auth"
	"fairlead/internal/cvd"
	"fairlead/internal/may"
	"fairlead/internal/web"
)

//go:embed templates
var templates embed.FS

// desk serves the pages.
type desk struct {
	site  *web.Site
	pages *web.Pages
}

// visit is one request of somebody who signed in.
type visit struct {
	lens
	session auth.Session
}

// handler answers a request of a member.
type handler func(w http.ResponseWriter, r *http.Request, v *visit) error

// route is one address of the desk: who may come there, and what answers.
type route struct {
	pattern string
	area    may.Area
	use     may.Use
	do      handler
}

func (d *desk) routes() []route {
	return []route{
		{"GET /desk/{$}", may.AreaCases, may.Look, d.queue},
		{"GET /desk/cases/{id}", may.AreaCases, may.Look, d.caseFile},
		{"GET /desk/cases/{id}/files/{blob}", may.AreaCases, may.Look, d.file},
		{"GET /desk/cases/{id}/do/{verb}", may.AreaCases, may.Look, d.ask},
		{"POST /desk/cases/{id}/do/{verb}", may.AreaCases, may.Look, d.act},
		{"GET /desk/record", may.AreaCases, may.Change, d.record},
		{"POST /desk/record", may.AreaCases, may.Change, d.recordReport},
		{"GET /desk/policy", may.AreaPolicy, may.Look, d.policies},
		{"GET /desk/policy/diff", may.AreaPolicy, may.Look, d.policyDiff},
		{"POST /desk/policy", may.AreaPolicy, may.Change, d.publish},
		{"GET /desk/policy/{n}", may.AreaPolicy, may.Look, d.policyVersion},
		{"GET /desk/policy/{n}/source", may.AreaPolicy, may.Look, d.policySource},
		{"POST /desk/policy/{n}/sign", may.AreaPolicy, may.Change, d.sign},
		{"GET /desk/team", may.AreaTeam, may.Look, d.members},
		{"POST /desk/team", may.AreaTeam, may.Change, d.addMember},
		{"GET /desk/team/{id}", may.AreaTeam, may.Change, d.member},
		{"POST /desk/team/{id}", may.AreaTeam, may.Change, d.changeMember},
		{"POST /desk/team/{id}/link", may.AreaTeam, may.Change, d.newLink},
		{"POST /desk/team/{id}/sign-out", may.AreaTeam, may.Change, d.endSessions},
		{"GET /desk/outbox", may.AreaOutbox, may.Look, d.outbox},
		{"POST /desk/outbox/retry", may.AreaOutbox, may.Change, d.retry},
		{"GET /desk/audit", may.AreaAudit, may.Look, d.audit},
		{"GET /desk/me", may.AreaSelf, may.Look, d.me},
		{"POST /desk/me/profile", may.AreaSelf, may.Change, d.profile},
		{"POST /desk/me/password", may.AreaSelf, may.Change, d.setPassword},
		{"POST /desk/me/sessions", may.AreaSelf, may.Change, d.endSession},
		{"POST /desk/me/tokens", may.AreaSelf, may.Change, d.createToken},
		{"POST /desk/me/tokens/revoke", may.AreaSelf, may.Change, d.revokeToken},
		{"POST /desk/sign-out", may.AreaSelf, may.Look, d.signOut},
	}
}

// Register adds the desk to the site's routes.
func Register(mux *http.ServeMux, site *web.Site) error {
	pages, err := site.Pages(templates, "templates")
	if err != nil {
		return err
	}
	d := &desk{site, pages}
	mux.Handle("GET /desk", site.Private(func(w http.ResponseWriter, r *http.Request) error { return web.See(w, r, "/desk/") }))
	mux.Handle("GET /desk/sign-in", site.Private(d.signInPage))
	mux.Handle("POST /desk/sign-in", site.Private(d.signIn))
	for _, one := range d.routes() {
		answer := d.signedIn(one.area, one.use, one.do)
		if one.pattern == "POST /desk/cases/{id}/do/{verb}" || one.pattern == "POST /desk/policy" {
			mux.Handle(one.pattern, site.Upload(d.uploadLimit, answer))
			continue
		}
		mux.Handle(one.pattern, site.Private(answer))
	}
	// Strangers cannot tell an address of the desk that exists from one that
	// does not: both ask them to sign in.
	mux.Handle("/desk/", site.Private(d.signedIn(may.AreaSelf, may.Look, func(http.ResponseWriter, *http.Request, *visit) error {
		return cvd.ErrNotFound
	})))
	return nil
}

// uploadLimit is the most bytes of a request with a file: what the policy
// allows for one, and the form around it.
func (d *desk) uploadLimit() int64 {
	limit := int64(web.FormLimit)
	if cur := d.site.Book.Current(); cur != nil {
		limit += int64(cur.Policy.Intake.AttachmentMiB) << 20
	}
	return limit
}

func (d *desk) cookieName() string {
	if d.site.Secure {
		return "__Host-fairlead-desk"
	}
	return "fairlead-desk"
}

// look finds the session of the request. A reporter's session is none here.
func (d *desk) look(r *http.Request) (auth.Session, error) {
	c, err := r.Cookie(d.cookieName())
	if err != nil {
		return auth.Session{}, cvd.ErrUnauthenticated
	}
	s, err := d.site.Auth.Look(r.Context(), c.Value)
	if err == nil && s.Actor.Kind != cvd.ActorMember {
		return auth.Session{}, cvd.ErrUnauthenticated
	}
	s.Token = c.Value
	return s, err
}

// signedIn lets members through to whom the area is open; to others of them
// it does not exist, and everybody else is asked to sign in.
func (d *desk) signedIn(area may.Area, use may.Use, do handler) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		s, err := d.look(r)
		if errors.Is(err, cvd.ErrUnauthenticated) {
			return web.See(w, r, signInAddress(r))
		}
		if err != nil {
			return err
		}
		r = r.WithContext(auth.InSession(r.Context(), s))
		v, err := d.visit(r, s)
		if err != nil {
			return err
		}
		if may.Enter(s.Actor, area) < use {
			return d.fail(w, r, v, cvd.ErrNotFound)
		}
		if err := do(w, r, v); err != nil {
			return d.fail(w, r, v, err)
		}
		return nil
	}
}

func (d *desk) visit(r *http.Request, s auth.Session) (*visit, error) {
	members, err := d.site.Auth.Members(r.Context())
	if err != nil {
		return nil, err
	}
	v := &visit{session: s, lens: lens{
		site: d.site, voice: d.site.Voice(r), zone: d.site.Zone(), now: d.site.Now(), actor: s.Actor,
		team: make(map[string]cvd.Member, len(members)),
	}}
	for _, m := range members {
		v.team[m.ID] = m
	}
	return v, nil
}

// signInAddress leads back to where somebody wanted to go, if they were going
// to read.
func signInAddress(r *http.Request) string {
	if r.Method != http.MethodGet || r.URL.Path == "/desk/" {
		return "/desk/sign-in"
	}
	return "/desk/sign-in?" + url.Values{"next": {r.URL.Path}}.Encode()
}

// inside keeps only addresses of the desk, so that nobody is led elsewhere.
func inside(path string) string {
	u, err := url.Parse(path)
	if err != nil || u.Scheme != "" || u.Host != "" || u.RawQuery != "" || !strings.HasPrefix(u.Path, "/desk/") ||
		strings.ContainsAny(path, "\\\r\n") || strings.HasPrefix(u.Path, "/desk/sign-") {
		return "/desk/"
	}
	return u.EscapedPath()
}

// show writes a page of the desk.
func (d *desk) show(w http.ResponseWriter, r *http.Request, v *visit, status int, name, title string, view any) error {
	page := &web.Page{Title: title, Desk: true, Wide: true, Home: "/desk/", Nav: d.nav(r, v), Account: d.account(r, v)}
	alarms, err := d.alarms(r, v)
	if err != nil {
		return err
	}
	page.Alarms = alarms
	return d.pages.Render(w, r, status, name, page, view)
}

func (d *desk) nav(r *http.Request, v *visit) []web.Link {
	var out []web.Link
	for _, one := range []struct {
		path, name string
		area       may.Area
		use        may.Use
	}{
		{"/desk/", "queue", may.AreaCases, may.Look},
		{"/desk/record", "record", may.AreaCases, may.Change},
		{"/desk/policy", "policy", may.AreaPolicy, may.Look},
		{"/desk/team", "team", may.AreaTeam, may.Look},
		{"/desk/outbox", "outbox", may.AreaOutbox, may.Look},
		{"/desk/audit", "audit", may.AreaAudit, may.Look},
	} {
		if may.Enter(v.actor, one.area) < one.use || (one.name == "record" && may.Of(v.actor, cvd.VerbReceive) != may.All) {
			continue
		}
		here := r.URL.Path == one.path || (one.path != "/desk/" && strings.HasPrefix(r.URL.Path, one.path+"/")) ||
			(one.path == "/desk/" && strings.HasPrefix(r.URL.Path, "/desk/cases/"))
		out = append(out, web.Link{Href: one.path, Label: v.say("desk.nav." + one.name), Here: here})
	}
	return out
}

func (d *desk) account(r *http.Request, v *visit) []web.Link {
	return []web.Link{
		{Href: "/desk/me", Label: v.actor.Name, Here: r.URL.Path == "/desk/me"},
	}
}

// failView is a refusal within the desk.
type failView struct {
	web.Failure
	Back string
}

// fail shows an error with the desk around it. What is nobody's fault but ours
// goes to the site's own page, which logs it.
func (d *desk) fail(w http.ResponseWriter, r *http.Request, v *visit, err error) error {
	status := web.Status(err)
	if status >= http.StatusInternalServerError || status == http.StatusUnauthorized {
		return err
	}
	return err
}

func has(roles []cvd.Role, r cvd.Role) bool { return slices.Contains(roles, r) }

// Package visit is what all pages of the team's desk share: who came, whether
// the page is open to them, how they read, and what stands around the page.
//
// It never decides who may do what (may does), never changes anything, and
// holds no page of its own but the refusal.
package visit

import (
	"errors"
	"io/fs"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"fairlead/internal/auth"
	"fairlead/internal/cvd"
	"fairlead/internal/inbox"
	"fairlead/internal/may"
	"fairlead/internal/web"
)

// Desk serves the pages of the desk.
type Desk struct {
	Site  *web.Site
	Pages *web.Pages

	// Ended answers a form that came when the session was over, with the page that it
	// came from, if that is known.
	Ended func(w http.ResponseWriter, r *http.Request, next string, wait Waiting) error
	// Came leads somebody on who signed in, by the fields of the form that did it: next,
	// and what waits.
	Came func(w http.ResponseWriter, r *http.Request, s auth.Session, form url.Values) error
	// Beside finds where a case stands in the list that it was opened from.
	Beside Beside

	routes map[string]Route // by pattern
}

// New parses the desk's pages, which stand under templates in files.
func New(site *web.Site, files fs.FS) (*Desk, error) {
	pages, err := site.Pages(files, "templates")
	if err != nil {
		return nil, err
	}
	return &Desk{Site: site, Pages: pages, routes: map[string]Route{}}, nil
}

// Visit is one request of somebody who signed in.
type Visit struct {
	Lens
	Session auth.Session
	Still   bool // no script runs on the page
	Way     Way  // what the address says of the list that a case was opened from
}

// Handler answers a request of a member; its error is shown as a page.
type Handler func(w http.ResponseWriter, r *http.Request, v *Visit) error

// Route is one address of the desk: who may come there, and what answers.
type Route struct {
	Pattern string
	Area    may.Area
	Use     may.Use
	Do      Handler
	Upload  bool // reads its body itself, with a file in it
	Quiet   bool // a page asks for it by itself, which is no use of the session
	// Limit is the most bytes of an upload; 0 is what the policy allows for a
	// reporter's file.
	Limit int64
	// Wants is the deed that a request is, where it may want a proof of the moment
	// (may.Proof); nil for none. It may read the form.
	Wants func(*http.Request, *Visit) may.Deed
}

// Add puts the routes on the site.
func (d *Desk) Add(mux *http.ServeMux, routes []Route) {
	for _, one := range routes {
		d.routes[one.Pattern] = one
		do := d.proven(one)
		answer := d.SignedIn(one.Area, one.Use, do)
		if one.Quiet {
			answer = d.lets(d.Glance, one.Area, one.Use, do)
		}
		if one.Upload {
			limit := d.UploadLimit
			if one.Limit > 0 {
				limit = func() int64 { return one.Limit }
			}
			mux.Handle(one.Pattern, d.Site.Upload(limit, answer))
			continue
		}
		mux.Handle(one.Pattern, d.Site.Private(answer))
	}
}

// Open tells whether the address with this pattern is open to the member.
func (d *Desk) Open(a cvd.Actor, pattern string) bool {
	one, ok := d.routes[pattern]
	return ok && may.Enter(a, one.Area) >= one.Use
}

// UploadLimit is the most bytes of a request with a file: what the policy
// allows for one, and the form around it.
func (d *Desk) UploadLimit() int64 {
	limit := int64(web.FormLimit)
	if cur := d.Site.Book.Current(); cur != nil {
		limit += int64(cur.Policy.Intake.AttachmentMiB) << 20
	}
	return limit
}

// Look finds the session of the request. A reporter's session is none here.
func (d *Desk) Look(r *http.Request) (auth.Session, error) {
	return member(d.Site.Session(r, web.DeskJar))
}

// Glance is Look without using the session.
func (d *Desk) Glance(r *http.Request) (auth.Session, error) {
	return member(d.Site.Auth.Glance(r.Context(), d.Site.Token(r, web.DeskJar)))
}

func member(s auth.Session, err error) (auth.Session, error) {
	if err == nil && s.Actor.Kind != cvd.ActorMember {
		return auth.Session{}, cvd.ErrUnauthenticated
	}
	return s, err
}

// SignedIn lets members through to whom the area is open; to others of them it
// does not exist, and everybody else is asked to sign in.
func (d *Desk) SignedIn(area may.Area, use may.Use, do Handler) web.Handler {
	return d.lets(d.Look, area, use, do)
}

func (d *Desk) lets(look func(*http.Request) (auth.Session, error), area may.Area, use may.Use, do Handler) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		s, err := look(r)
		if errors.Is(err, cvd.ErrUnauthenticated) {
			d.Site.Prefer(r, "") // a lang of the desk's names a translation, not a reader's language
			return d.ended(w, r)
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
			if r.URL.Path == "/desk/" && r.Method != http.MethodPost { // everybody's way in
				return web.See(w, r, Home(s.Actor))
			}
			return d.Fail(w, r, v, cvd.ErrNotFound)
		}
		if d.Demands(s) && (area != may.AreaSelf || strings.HasPrefix(r.URL.Path, "/desk/me/tokens")) {
			return web.See(w, r, secondPath)
		}
		if err := do(w, r, v); err != nil {
			return d.Fail(w, r, v, err)
		}
		return nil
	}
}

// secondPath is where somebody sets up what their team demands.
const secondPath = "/desk/me/second"

// Demands tells whether a second factor or a passkey must be set up before
// anything else.
func (d *Desk) Demands(s auth.Session) bool {
	return d.Site.SecondFactor == web.SecondRequired && !s.Second && !s.Strong
}

func (d *Desk) visit(r *http.Request, s auth.Session) (*Visit, error) {
	team, err := d.Site.Auth.Team(r.Context())
	if err != nil {
		return nil, err
	}
	d.Site.Prefer(r, team[s.Actor.ID].Language)
	return &Visit{Session: s, Way: wayOf(r, r.URL.Query().Get(Then)), Lens: Lens{
		Site: d.Site, Voice: d.Site.Voice(r), Zone: d.Site.Zone(), Now: d.Site.Now(), Actor: s.Actor, Team: team,
	}}, nil
}

// signInAddress leads back to where somebody wanted to go, if they were going to read;
// what was sent in a session that ended leads back to its case, and is told as such.
func signInAddress(r *http.Request) string {
	q := url.Values{}
	if r.Method != http.MethodGet {
		q.Set("ended", "yes")
		if id := r.PathValue("id"); r.Method == http.MethodPost && strings.HasPrefix(r.URL.Path, "/desk/cases/") {
			q.Set("next", "/desk/cases/"+id)
		}
	} else if to := r.URL.Path + looked(r.URL.Query()); to != "/desk/" {
		q.Set("next", to)
	}
	return strings.TrimSuffix("/desk/sign-in?"+q.Encode(), "?")
}

// Inside keeps only addresses of the desk, so that nobody is led elsewhere.
func Inside(path string) string {
	u, err := url.Parse(path)
	if err != nil || u.Scheme != "" || u.Host != "" || !strings.HasPrefix(u.Path, "/desk/") ||
		strings.ContainsAny(u.Path, "\\\r\n") || slices.Contains(strings.Split(u.Path, "/"), "..") || strings.HasPrefix(u.Path, "/desk/sign-") {
		return "/desk/"
	}
	return u.EscapedPath() + looked(u.Query())
}

// lookings are the choices of what a page shows. They come through a sign-in; nothing else
// of a query does, so that no link says of a case what was not done, or fills in a form.
var lookings = []string{"view", "q", "state", "severity", "product", "program", "holder", "due", "flag", "sort", "show", "whole", "raw", List, Then}

func looked(q url.Values) string {
	kept := url.Values{}
	for _, name := range lookings {
		if s := q.Get(name); s != "" {
			kept.Set(name, s)
		}
	}
	if len(kept) == 0 {
		return ""
	}
	return "?" + kept.Encode()
}

// Show writes a page of the desk.
func (d *Desk) Show(w http.ResponseWriter, r *http.Request, v *Visit, status int, name, title string, view any) error {
	page := &web.Page{
		Title: title, Desk: true, Wide: true, Home: Home(v.Actor),
		Account: []web.Link{{Href: "/desk/me", Label: v.Actor.Name, Here: r.URL.Path == "/desk/me"}},
	}
	if !d.Demands(v.Session) {
		all := d.alarms(r, v)
		page.Nav, page.Alarms = alarmed(nav(r, v), all, v), said(all, r.URL.Path, v)
	} else if !strings.HasPrefix(r.URL.Path, secondPath) && !strings.HasPrefix(r.URL.Path, "/desk/me/passkeys") {
		page.Alarms = []web.Notice{{Kind: "warn", Title: v.Say("desk.second.demand"), Href: secondPath, Label: v.Say("desk.second.begin")}}
	}
	if !v.Still {
		var err error
		if page.Tools, err = d.Pages.Kept(v.Tone(), name, "tools", nil, func() any { return nil }); err != nil {
			return err
		}
	}
	return d.Pages.Render(w, r, status, name, page, view)
}

// sections of the desk, in the order of its navigation.
var sections = []struct {
	path, name string
	area       may.Area
	use        may.Use
}{
	{"/desk/", "queue", may.AreaCases, may.Look},
	{"/desk/record", "record", may.AreaCases, may.Change},
	{"/desk/mail", "mail", may.AreaMail, may.Look},
	{"/desk/components", "components", may.AreaParts, may.Look},
	{"/desk/policy", "policy", may.AreaPolicy, may.Look},
	{"/desk/team", "team", may.AreaTeam, may.Look},
	{"/desk/outbox", "outbox", may.AreaOutbox, may.Look},
	{"/desk/channels", "channels", may.AreaMail, may.Look},
	{"/desk/audit", "audit", may.AreaAudit, may.Look},
}

// Home is where the desk begins for somebody: the first section that is open to
// them, or the own account.
func Home(a cvd.Actor) string {
	for _, one := range sections {
		if may.Enter(a, one.area) >= one.use {
			return one.path
		}
	}
	return "/desk/me"
}

func nav(r *http.Request, v *Visit) []web.Link {
	var out []web.Link
	for _, one := range sections {
		if may.Enter(v.Actor, one.area) < one.use || (one.name == "mail" && v.Site.Mail == nil) || (one.name == "channels" && v.Site.Channels == nil) {
			continue
		}
		here := r.URL.Path == one.path || (one.path != "/desk/" && strings.HasPrefix(r.URL.Path, one.path+"/")) ||
			(one.path == "/desk/" && strings.HasPrefix(r.URL.Path, "/desk/cases/"))
		out = append(out, web.Link{Href: one.path, Label: v.Say("desk.nav." + one.name), Here: here, Count: waiting(r, v, one.name)})
	}
	return out
}

// waiting counts what stands in a section and needs somebody; empty for nothing.
func waiting(r *http.Request, v *Visit, name string) string {
	if name != "mail" {
		return ""
	}
	counts, err := v.Site.Mail.Counts(r.Context(), v.Actor)
	if err != nil || counts[inbox.Unsorted] == 0 {
		return "" // that it cannot be counted is an alarm of its own
	}
	return v.Counted(counts[inbox.Unsorted])
}

// failView is a refusal within the desk.
type failView struct {
	Title, Text, Detail string
	Faults              []cvd.Fault
	Case                string // that the refused form was about; what the reader may not see is not found
}

// names of the refusals that have words of their own on the desk.
var names = []struct {
	kind error
	id   string
}{
	{web.ErrMethod, "method"},
	{cvd.ErrNotFound, "not-found"},
	{cvd.ErrForbidden, "not-found"}, // a missing role reads like what does not exist
	{cvd.ErrTooLarge, "too-large"},
	{cvd.ErrConflict, "conflict"},
	{cvd.ErrNotReady, "not-ready"},
	{cvd.ErrInvalid, "invalid"},
}

// Fail shows a refusal with the desk around it, in the words of the site's one
// table. What is nobody's fault but ours goes on to the site, which logs it.
func (d *Desk) Fail(w http.ResponseWriter, r *http.Request, v *Visit, err error) error {
	for _, one := range names {
		if !errors.Is(err, one.kind) {
			continue
		}
		view := failView{Title: v.Say("error." + one.id + ".title"), Text: v.Say("error." + one.id + ".text"), Detail: web.Plain(err)}
		if own := "desk.error." + one.id + ".text"; v.Voice.Has(own) {
			view.Text = v.Say(own)
		}
		if faults, ok := errors.AsType[cvd.Faults](err); ok {
			view.Faults = faults
		}
		if id := r.PathValue("id"); r.Method == http.MethodPost && strings.HasPrefix(r.URL.Path, "/desk/cases/") && web.Status(err) != http.StatusNotFound {
			view.Case = id
		}
		return d.Show(w, r, v, web.Status(err), "refusal", view.Title, view)
	}
	return err
}

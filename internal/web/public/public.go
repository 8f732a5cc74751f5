// Package public is the strangers' part of the site: what is promised, the
// policy, the report form, and a reporter's own thread. All of it works without
// a script, and without a cookie until a receipt is shown.
//
// It never knows who reports, never puts a receipt into an address, never loses
// what somebody typed, and never shows a case but through the receipt that opens
// it.
package public

import (
	"embed"
	"fmt"
	"net/http"
	"time"

	"fairlead/internal/casework"
	"fairlead/internal/cvd"
	"fairlead/internal/policy"
	"fairlead/internal/rulebook"
	"fairlead/internal/web"
	"fairlead/internal/words"
)

//go:embed templates
var templates embed.FS

// pub serves one request for a page.
type pub struct {
	site  *web.Site
	pages *web.Pages
	sheet *sheets
	r     *http.Request // whose language is spoken
}

// Register adds the pages to the mux.
func Register(mux *http.ServeMux, site *web.Site) error {
	pages, err := site.Pages(templates, "templates")
	if err != nil {
		return err
	}
	kept := &sheets{}
	serve := func(do func(*pub, http.ResponseWriter, *http.Request) error) web.Handler {
		return func(w http.ResponseWriter, r *http.Request) error { return do(&pub{site, pages, kept, r}, w, r) }
	}
	for pattern, do := range map[string]func(*pub, http.ResponseWriter, *http.Request) error{
		"GET /{$}":                         (*pub).landing,
		"GET /policy":                      (*pub).policy,
		"GET /policy/versions/{n}":         (*pub).policyVersion,
		"GET /policy/diff":                 (*pub).policyDiff,
		"GET /policy.md":                   (*pub).policyMarkdown,
		"GET /.well-known/security.txt":    (*pub).securityTxt,
		"GET /security.txt":                (*pub).securityTxtMoved,
		"GET /.well-known/openpgp-key.asc": (*pub).publicKey,
		"GET /performance":                 notYet("performance"),
		"GET /ledger/":                     notYet("ledger"),
		"GET /report":                      (*pub).reportForm,
	} {
		mux.Handle(pattern, site.Open(serve(do)))
	}
	for pattern, do := range map[string]func(*pub, http.ResponseWriter, *http.Request) error{
		"GET /policy/feedback":            (*pub).feedback,
		"POST /policy/feedback":           (*pub).suggest,
		"POST /receipt":                   (*pub).receiptFile,
		"GET /thread":                     (*pub).thread,
		"POST /thread/open":               (*pub).openThread,
		"POST /thread/claim":              (*pub).claim,
		"POST /thread/leave":              (*pub).leave,
		"POST /thread/message":            (*pub).message,
		"POST /thread/appeal":             (*pub).appeal,
		"POST /thread/withdraw":           (*pub).withdraw,
		"POST /thread/contact":            (*pub).contact,
		"POST /thread/check":              (*pub).checked,
		"GET /thread/files/{case}/{blob}": (*pub).file,
		"GET /thread/export.json":         (*pub).exportJSON,
		"GET /thread/export.txt":          (*pub).exportText,
	} {
		mux.Handle(pattern, site.Private(serve(do)))
	}
	mux.Handle("POST /report", site.Upload(pub{site: site}.uploadLimit, serve((*pub).send)))
	mux.Handle("POST /thread/attach", site.Upload(pub{site: site}.uploadLimit, serve((*pub).attach)))
	return nil
}

// page makes the layout of a page under one entry of the navigation.
func (p *pub) page(title, here string) *web.Page {
	return p.site.Page(p.r, title).At(here)
}

func (p *pub) voice() *words.Voice { return p.site.Voice(p.r) }

func (p *pub) say(id string, pairs ...any) string { return p.voice().Say(id, pairs...) }

// terms are those of the policy that the case pins, as they read.
func (p *pub) terms(f *casework.File) *policy.Policy { return p.site.Terms(p.voice(), f.Policy) }

// current is the policy in effect, as it reads. Before there is one nothing can be
// promised, which is a cvd.ErrUnavailable.
func (p *pub) current() (*rulebook.Version, error) {
	cur := p.site.Book.Current()
	if cur == nil {
		return nil, fmt.Errorf("%w: no version of the policy is in effect yet", cvd.ErrUnavailable)
	}
	read := *cur
	read.Policy = p.site.Terms(p.voice(), cur)
	return &read, nil
}

// uploadLimit is the most bytes of a form with files: its fields, and as many
// files as a case may hold.
func (p pub) uploadLimit() int64 {
	cur := p.site.Book.Current()
	if cur == nil {
		return web.FormLimit
	}
	in := cur.Policy.Intake
	return web.FormLimit + int64(in.AttachmentMiB)<<20*int64(max(in.AttachmentsTotal, 1))
}

// promised is one date as a page shows it.
type promised struct {
	What   string
	Due    time.Time
	Basis  string
	Target bool
	// Of a running case:
	State web.Badge
	Note  string
	Still bool // it stands still, so its date means nothing
}

// landingView is the start page.
type landingView struct {
	Policy    *policy.Policy
	Version   int
	Promises  []promised
	Urgent    []reach
	ReviewDue time.Time
	Overdue   bool
	Now       time.Time
	Bounty    bool
}

// reach is one way to reach the team.
type reach struct {
	Href, Label, Note string
	Key               string
}

func (p *pub) landing(w http.ResponseWriter, r *http.Request) error {
	cur, err := p.current()
	if err != nil {
		return err
	}
	now := p.site.Now()
	v := landingView{Policy: cur.Policy, Version: cur.Number, Now: now, Urgent: ways(cur.Policy.UrgentContacts()), Bounty: cur.Policy.Rewards.Bounty}
	for _, d := range cur.Policy.PromisedBy(p.voice(), cur.Calendar, now) {
		v.Promises = append(v.Promises, promised{What: p.say("clock." + string(d.Kind)), Due: d.Due, Basis: d.Basis, Target: d.Target})
	}
	if review, ok := p.site.Book.Review(); ok {
		v.ReviewDue, v.Overdue = review.Due, review.Overdue
	}
	return p.pages.Render(w, r, http.StatusOK, "landing", p.page(p.say("public.landing.title"), "/"), v)
}

// ways are contacts as links.
func ways(contacts []policy.Contact) []reach {
	var out []reach
	for _, c := range contacts {
		out = append(out, reach{Href: c.URI, Label: uriWords(c.URI), Note: c.Note, Key: c.Encryption})
	}
	return out
}

// uriWords is what a person writes down of an address.
func uriWords(uri string) string {
	for _, scheme := range []string{"mailto:", "tel:", "https://"} {
		if len(uri) > len(scheme) && uri[:len(scheme)] == scheme {
			return uri[len(scheme):]
		}
	}
	return uri
}

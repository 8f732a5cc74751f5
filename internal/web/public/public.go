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

	"fairlead/internal/cvd"
	"fairlead/internal/policy"
	"fairlead/internal/rulebook"
	"fairlead/internal/web"
)

//go:embed templates
var templates embed.FS

// pub serves the pages.
type pub struct {
	site  *web.Site
	pages *web.Pages
	sheet sheets
}

// Register adds the pages to the mux.
func Register(mux *http.ServeMux, site *web.Site) error {
	pages, err := site.Pages(templates, "templates")
	if err != nil {
		return err
	}
	p := &pub{site: site, pages: pages}
	for pattern, do := range map[string]web.Handler{
		"GET /{$}":                         p.landing,
		"GET /policy":                      p.policy,
		"GET /policy/versions/{n}":         p.policyVersion,
		"GET /policy/diff":                 p.policyDiff,
		"GET /policy.md":                   p.policyMarkdown,
		"GET /.well-known/security.txt":    p.securityTxt,
		"GET /security.txt":                p.securityTxtMoved,
		"GET /.well-known/openpgp-key.asc": p.publicKey,
		"GET /performance":                 p.notYet("performance"),
		"GET /ledger/":                     p.notYet("ledger"),
		"GET /report":                      p.reportForm,
	} {
		mux.Handle(pattern, site.Open(do))
	}
	for pattern, do := range map[string]web.Handler{
		"GET /policy/feedback":            p.feedback,
		"POST /policy/feedback":           p.suggest,
		"POST /receipt":                   p.receiptFile,
		"GET /thread":                     p.thread,
		"POST /thread/open":               p.openThread,
		"POST /thread/claim":              p.claim,
		"POST /thread/leave":              p.leave,
		"POST /thread/message":            p.message,
		"POST /thread/appeal":             p.appeal,
		"POST /thread/withdraw":           p.withdraw,
		"POST /thread/contact":            p.contact,
		"POST /thread/check":              p.checked,
		"GET /thread/files/{case}/{blob}": p.file,
		"GET /thread/export.json":         p.exportJSON,
		"GET /thread/export.txt":          p.exportText,
	} {
		mux.Handle(pattern, site.Private(do))
	}
	mux.Handle("POST /report", site.Upload(p.uploadLimit, p.send))
	mux.Handle("POST /thread/attach", site.Upload(p.uploadLimit, p.attach))
	return nil
}

// page makes the layout of a page under one entry of the navigation.
func (p *pub) page(title, here string) *web.Page {
	page := p.site.Page(title)
	for i := range page.Nav {
		page.Nav[i].Here = page.Nav[i].Href == here
	}
	return page
}

func (p *pub) say(id string, pairs ...any) string { return p.site.Voice(nil).Say(id, pairs...) }

// current is the policy in effect. Before there is one nothing can be promised,
// which is a cvd.ErrUnavailable.
func (p *pub) current() (*rulebook.Version, error) {
	cur := p.site.Book.Current()
	if cur == nil {
		return nil, fmt.Errorf("%w: no version of the policy is in effect yet", cvd.ErrUnavailable)
	}
	return cur, nil
}

// uploadLimit is the most bytes of a form with files: its fields, and as many
// files as a case may hold.
func (p *pub) uploadLimit() int64 {
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
	for _, d := range cur.Policy.PromisedBy(p.site.Voice(r), cur.Calendar, now) {
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

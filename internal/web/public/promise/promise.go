// Package promise is what anybody reads first: who reads a report and what happens
// next, the policy with its versions, and the files that programs look for.
//
// It sets no cookie and knows no case.
package promise

import (
	"embed"
	"net/http"
	"slices"
	"time"

	"fairlead/internal/policy"
	"fairlead/internal/web"
	"fairlead/internal/web/public"
)

// Templates are the pages of this room; the storybook shows them with invented data.
//
//go:embed templates
var Templates embed.FS

// pub serves one request for a page.
type pub struct {
	public.Door
	sheet *sheets
}

// Register adds the pages to the mux.
func Register(mux *http.ServeMux, site *web.Site) error {
	pages, err := site.Pages(Templates, "templates")
	if err != nil {
		return err
	}
	kept := &sheets{}
	serve := func(do func(*pub, http.ResponseWriter, *http.Request) error) web.Handler {
		return func(w http.ResponseWriter, r *http.Request) error {
			return do(&pub{public.Door{Site: site, Pages: pages, R: r}, kept}, w, r)
		}
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
	} {
		mux.Handle(pattern, site.Open(serve(do)))
	}
	mux.Handle("GET /policy/feedback", site.Private(serve((*pub).feedback)))
	mux.Handle("POST /policy/feedback", site.Private(serve((*pub).suggest)))
	return nil
}

// landingView is the start page.
type landingView struct {
	Policy    *policy.Policy
	Version   int
	Promises  []public.Promised
	Urgent    []public.Reach
	AtOnce    bool // one of them is meant for what cannot wait
	ReviewDue time.Time
	Overdue   bool
	Now       time.Time
	Bounty    bool
	Key       string // fingerprint of the one for encrypted mail; empty if there is none
}

func (p *pub) landing(w http.ResponseWriter, r *http.Request) error {
	cur, err := p.Current()
	if err != nil {
		return err
	}
	now := p.Site.Now()
	v := landingView{Policy: cur.Policy, Version: cur.Number, Now: now, Urgent: public.Ways(cur.Policy.UrgentContacts()), Bounty: cur.Policy.Rewards.Bounty}
	if p.Site.Fingerprint != nil {
		v.Key = p.Site.Fingerprint()
	}
	v.AtOnce = slices.ContainsFunc(cur.Policy.Contacts, func(c policy.Contact) bool { return c.Urgent })
	for _, d := range cur.Policy.PromisedBy(p.Voice(), cur.Calendar, now) {
		v.Promises = append(v.Promises, public.Promised{What: p.Say("clock." + string(d.Kind)), Due: d.Due, Basis: d.Basis, Target: d.Target})
	}
	if review, ok := p.Site.Book.Review(); ok {
		v.ReviewDue, v.Overdue = review.Due, review.Overdue
	}
	return p.Pages.Render(w, r, http.StatusOK, "landing", p.Page(p.Say("public.landing.title"), "/"), v)
}

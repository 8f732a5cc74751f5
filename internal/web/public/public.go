// Package public is the strangers' part of the site: what is promised, the
// policy, the report form, and a reporter's own thread. All of it works without
// a script, and without a cookie until a receipt is shown. This folder holds what
// its rooms share: how a page begins, how a field is asked for, how a form with
// files is read, and how the team is reached.
//
// It never knows who reports, never puts a receipt into an address, never loses
// what somebody typed, and never shows a case but through the receipt that opens
// it.
package public

import (
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"strings"
	"time"

	"fairlead/internal/auth"
	"fairlead/internal/cvd"
	"fairlead/internal/pgp"
	"fairlead/internal/policy"
	"fairlead/internal/rulebook"
	"fairlead/internal/web"
	"fairlead/internal/words"
)

// Door answers one request.
type Door struct {
	Site  *web.Site
	Pages *web.Pages
	R     *http.Request // whose language is spoken
}

// Page makes the layout of a page under one entry of the navigation.
func (p *Door) Page(title, here string) *web.Page {
	return p.Site.Page(p.R, title).At(here)
}

// Voice speaks the request's language.
func (p *Door) Voice() *words.Voice { return p.Site.Voice(p.R) }

// Say says a text of the catalogue.
func (p *Door) Say(id string, pairs ...any) string { return p.Voice().Say(id, pairs...) }

// Terms are those of a version of the policy, as they read.
func (p *Door) Terms(v *rulebook.Version) *policy.Policy { return p.Site.Terms(p.Voice(), v) }

// Current is the policy in effect, as it reads. Before there is one nothing can be
// promised, which is a cvd.ErrUnavailable.
func (p *Door) Current() (*rulebook.Version, error) {
	cur := p.Site.Book.Current()
	if cur == nil {
		return nil, fmt.Errorf("%w: no version of the policy is in effect yet", cvd.ErrUnavailable)
	}
	read := *cur
	read.Policy = p.Terms(cur)
	return &read, nil
}

// UploadLimit is the most bytes of a form with files: its fields, and as many
// files as a case may hold.
func UploadLimit(site *web.Site) int64 {
	cur := site.Book.Current()
	if cur == nil {
		return web.FormLimit
	}
	in := cur.Policy.Intake
	return web.FormLimit + int64(in.AttachmentMiB)<<20*int64(max(in.AttachmentsTotal, 1))
}

// TooLarge tells whether a form declares more bytes than all that it may hold.
func TooLarge(site *web.Site, r *http.Request) bool { return r.ContentLength > UploadLimit(site) }

// Promised is one date as a page shows it.
type Promised struct {
	What   string
	Due    time.Time
	Basis  string
	Target bool
	// Of a running case:
	State web.Badge
	Note  string
	Still bool // it stands still, so its date means nothing
	Late  bool
	Open  bool // still to come
}

// Reach is one way to reach the team.
type Reach struct {
	Href             template.URL // of a scheme that a policy may name
	Label, Note, Key string
	Print            string // fingerprint of the key, in groups of four
}

// Ways are contacts as links.
func Ways(contacts []policy.Contact) []Reach {
	var out []Reach
	for _, c := range contacts {
		one := ReachAt(c.URI)
		one.Note, one.Key = c.Note, c.Encryption
		if print, ok := strings.CutPrefix(c.Encryption, "openpgp4fpr:"); ok { // a link that no page may have
			one.Key, one.Print = "", pgp.Spaced(strings.ToUpper(print))
		}
		out = append(out, one)
	}
	return out
}

// schemes are those that a policy may name people by. Templates know no telephone
// numbers.
var schemes = []string{"mailto:", "tel:", "https://"}

// ReachAt is an address of the policy as a link.
func ReachAt(uri string) Reach {
	one := Reach{Label: URIWords(uri)}
	if slices.ContainsFunc(schemes, func(s string) bool { return strings.HasPrefix(uri, s) }) {
		one.Href = template.URL(uri) //nolint:gosec // its scheme was looked at, and the policy is the house's own
	}
	return one
}

// URIWords is what a person writes down of an address.
func URIWords(uri string) string {
	for _, scheme := range schemes {
		if bare, ok := strings.CutPrefix(uri, scheme); ok && bare != "" {
			return bare
		}
	}
	return uri
}

// FaultsOf are the faults that an error is made of, if it is.
func FaultsOf(err error) (cvd.Faults, bool) { return errors.AsType[cvd.Faults](err) }

// AllowCode limits the tries of receipts from one address.
func (p *Door) AllowCode(r *http.Request) error {
	if ok, after := p.Site.Codes.Allow(p.Site.From(r)); !ok {
		return auth.Limited{After: after}
	}
	return nil
}

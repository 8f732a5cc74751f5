// Package web is the site: what strangers, reporters and the team see in a
// browser. This folder holds what all its pages share: how a page is rendered,
// which headers it carries, how an error reads, and the look of everything. The
// pages themselves stand in its sub-folders.
//
// It decides nothing about a case and holds no rule of its own: it asks
// casework, rulebook and auth. It never sets a cookie for a stranger, never puts
// a receipt or a token into an address, and never repeats an unknown error.
package web

import (
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"fairlead/internal/auth"
	"fairlead/internal/auth/invite"
	"fairlead/internal/auth/limit"
	"fairlead/internal/auth/oidc"
	"fairlead/internal/auth/toll"
	"fairlead/internal/casework"
	"fairlead/internal/casework/filters"
	"fairlead/internal/casework/mailroom"
	"fairlead/internal/casework/unsent"
	"fairlead/internal/casework/watch"
	"fairlead/internal/inbox/channels"
	"fairlead/internal/intake/load"
	"fairlead/internal/parts"
	"fairlead/internal/register"
	"fairlead/internal/rulebook"
	"fairlead/internal/words"
)

// Config is what a site is built from. All of it is needed unless it says
// otherwise.
type Config struct {
	Desk  *casework.Desk
	Book  *rulebook.Book
	Auth  *auth.Auth
	Parts *parts.Inventory
	// Ways are the providers by which members sign in; nil for none.
	Ways *oidc.Ways
	// Invites are those who may become members; nil where nobody is invited.
	Invites *invite.Book
	Words   *words.Book
	// Mail is what came by mail and stands in no case; nil where none comes in.
	Mail *mailroom.Room
	// Channels is how the ways in and out are doing; nil where nobody knows.
	Channels *channels.Board
	// Register is what is published; nil where no page shows it.
	Register *register.Register
	Log      *slog.Logger
	// Now is the house's clock.
	Now func() time.Time
	// BaseURL is the origin under which the request's reader reaches the site,
	// without a slash at its end.
	BaseURL func(*http.Request) string
	// Origin is what the reader's browser shows as the site's address, which passkeys
	// are bound to; nil is BaseURL.
	Origin func(*http.Request) string
	// SecondFactor says whether members must have a second factor or a passkey before
	// the desk opens (SecondRequired), are reminded (SecondOptional), or neither.
	SecondFactor string
	// Secure tells whether the request's reader came by https: cookies and
	// headers follow. Nil looks at the connection alone.
	Secure func(*http.Request) bool
	// Unlimited lifts the limits of abuse, for load tests.
	Unlimited bool
	// Uploads is how many bytes of files strangers may send; nil sets no limit.
	Uploads *limit.Budget
	// Texts is how many bytes of words they may send; nil sets no limit.
	Texts *limit.Budget
	// Address is whom limits are counted for; nil takes the connection's own
	// address. App sets it where a proxy stands in front.
	Address func(*http.Request) string
	// Cross refuses what a page of another site sent; nil goes by the browser's word alone.
	Cross func(*http.Request) error
	// Bodies is what the bodies of requests hold, shared with the other doors; nil makes
	// one of the site's own.
	Bodies *load.Load
	// SecurityTxt makes the site's security.txt as it is now, signed where
	// there is a key; nil means that there is none.
	SecurityTxt func(*http.Request) ([]byte, error)
	// Work asks strangers a price for a report where the policy wants one; nil never does.
	Work *toll.Gate
	// PublicKey is the team's OpenPGP key, armored, or nil.
	PublicKey func() []byte
	// Fingerprint is the fingerprint of PublicKey, in groups of four; empty if nobody
	// can encrypt to it.
	Fingerprint func() string
	// Alarms are what the team must be shown on every page of the desk; may be
	// nil.
	Alarms func(*http.Request) []Notice
	// Filters are those that members keep for themselves; nil where nobody can.
	Filters *filters.Book
	// Unsent keeps what a member typed for a verb between its preview and its doing.
	Unsent *unsent.Book
	// Watch tells which cases changed; nil where no page listens.
	Watch *watch.Board
	// Within is the real instant so long from now, by which slow readers of a stream
	// are cut off, whatever the house's clock shows; nil lets them be.
	Within func(time.Duration) time.Time
}

// What Config.SecondFactor may be. A configuration knows no SecondNone: it is for the demo,
// whose members are invented.
const (
	SecondRequired = "required"
	SecondOptional = "optional"
	SecondNone     = ""
)

// Site is what all pages share. It is safe for concurrent use.
type Site struct {
	Config
	assets *assets
	errors *Pages
	accent atomic.Pointer[theme]
	mark   atomic.Pointer[picture]
	prosed sync.Map   // texts of the policy as HTML, by their Markdown
	terms  sync.Map   // the policy as it reads, by termsKey
	pages  *load.Load // large pages that are sent

	// Reports limits new reports, Codes tries of receipts, Suggest words about
	// the policy; each by address.
	Reports, Codes, Suggest *auth.Limiter
	// Looks limits previews, and forms shown in another language.
	Looks *auth.Limiter
	// Waited limits those who waited where a script would have worked.
	Waited *auth.Limiter
}

// The limits of abuse, by address: a minute, and at once. They are wide enough
// for an office behind one address and a reporter with many findings.
const (
	reportsMinute, reportsBurst = 30, 60
	looksMinute, looksBurst     = 60, 60
	codesMinute, codesBurst     = 12, 30
	suggestMinute, suggestBurst = 4, 10
	waitedMinute, waitedBurst   = 2, 12
	addressesKept               = 20000
)

// New makes a site. It fails if a template or a static file cannot be read.
func New(cfg Config) (*Site, error) {
	s := &Site{Config: cfg, pages: load.House(cfg.Unlimited)}
	if s.Bodies == nil {
		s.Bodies = load.House(cfg.Unlimited)
	}
	if s.Cross == nil {
		s.Cross = http.NewCrossOriginProtection().Check
	}
	if s.Secure == nil {
		s.Secure = func(r *http.Request) bool { return r.TLS != nil }
	}
	var err error
	if s.assets, err = loadAssets(); err != nil {
		return nil, fmt.Errorf("static files: %w", err)
	}
	if s.errors, err = s.Pages(Templates, "templates/pages"); err != nil {
		return nil, err
	}
	rate := func(minute, burst int) *auth.Limiter {
		if cfg.Unlimited {
			minute = 0
		}
		return auth.NewLimiter(minute, burst, addressesKept, cfg.Now)
	}
	s.Reports = rate(reportsMinute, reportsBurst)
	s.Looks = rate(looksMinute, looksBurst)
	s.Waited = rate(waitedMinute, waitedBurst)
	s.Codes = rate(codesMinute, codesBurst)
	s.Suggest = rate(suggestMinute, suggestBurst)
	return s, nil
}

// Register adds what every site serves beside its pages: static files, and the
// page for whatever does not exist.
func Register(mux *http.ServeMux, s *Site) {
	mux.Handle("GET /static/{file}", s.static())
	mux.Handle("/", s.Open(func(w http.ResponseWriter, r *http.Request) error {
		return NoPage(w, Methods(mux, r, func(string) bool { return true }))
	}))
}

// Methods lists by which methods there is a page at the request's address, of
// those whose pattern the reader may know of.
func Methods(mux *http.ServeMux, r *http.Request, may func(pattern string) bool) []string {
	var out []string
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		other := r.Clone(r.Context())
		other.Method = method
		if _, pattern := mux.Handler(other); strings.HasPrefix(pattern, method+" ") && may(pattern) {
			out = append(out, method)
			if method == http.MethodGet {
				out = append(out, http.MethodHead)
			}
		}
	}
	return out
}

// NoPage is the refusal of an address without a page for the request's method;
// others that it has are named (RFC 9110, section 15.5.6).
func NoPage(w http.ResponseWriter, others []string) error {
	if len(others) == 0 {
		return errNoPage
	}
	w.Header().Set("Allow", strings.Join(others, ", "))
	return ErrMethod
}

// current is the policy in effect, or nil; where there is no book, as in the
// storybook, there is none.
func (s *Site) current() *rulebook.Version {
	if s.Book == nil {
		return nil
	}
	return s.Book.Current()
}

// Zone is where dates are read: that of the policy in effect, or UTC.
func (s *Site) Zone() *time.Location {
	if cur := s.current(); cur != nil {
		return cur.Calendar.Zone()
	}
	return time.UTC
}

// Organisation is whose site it is; empty before a policy is in effect.
func (s *Site) Organisation() string {
	if cur := s.current(); cur != nil {
		return cur.Policy.Organisation.Name
	}
	return ""
}

// From is whom limits are counted for.
func (s *Site) From(r *http.Request) string {
	if s.Address != nil {
		return s.Address(r)
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

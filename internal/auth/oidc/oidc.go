// Package oidc signs members in by accounts that they have elsewhere: OpenID
// Connect Core 1.0, by the code flow with PKCE (RFC 7636, RFC 9700).
//
// It never takes an address for a person: somebody is who the provider's issuer and
// subject say, and an address only finds whom a lead has named already. It never
// makes a member unless the operator says which groups become which roles, keeps no
// token of a provider, and never lets a provider that fails stand in the way of
// another way in.
package oidc

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"fairlead/internal/auth"
	"fairlead/internal/auth/keeper"
	"fairlead/internal/cvd"
	"fairlead/internal/store"
	"fairlead/internal/store/vault"
)

// Provider is what an operator says of one.
type Provider struct {
	ID       string // in addresses, and in the configuration
	Name     string // on the button
	Issuer   string // exactly as the provider writes itself
	ClientID string
	Secret   string   // empty for a client without one
	Scopes   []string // empty: openid, email, profile
	// ACR and AMR are what stands for a second factor: one of the classes, and all of
	// the methods (OpenID Connect Core 1.0 section 2, RFC 8176). Empty for none: then
	// the member's own second factor is asked.
	ACR, AMR []string
	// MaxAge is how long ago somebody may have signed in there; 0 does not ask.
	MaxAge time.Duration
	// RolesClaim names the claim that lists groups, and Roles what they become here;
	// without both nobody becomes a member by signing in.
	RolesClaim string
	Roles      map[string][]cvd.Role
}

// Config is what the ways in by providers are built from.
type Config struct {
	Store     store.Store
	Vault     *vault.Vault
	Auth      *auth.Auth
	Now       func() time.Time
	Log       *slog.Logger
	Providers []Provider
	// Unlimited lifts the limit of how often somebody may begin.
	Unlimited bool
	// Invited makes the member of an open invitation to this address; cvd.ErrNotFound
	// if there is none. May be nil.
	Invited func(ctx context.Context, email, name string) (cvd.Member, error)
}

// Ways are the ways in by providers. They are safe for use by several goroutines.
type Ways struct {
	Config
	k       *keeper.Keeper
	parties []*party
	begins  *auth.Limiter
}

// New makes them. Nobody is asked anything before somebody wants in.
func New(cfg Config) *Ways {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	perMinute := beginsMinute
	if cfg.Unlimited {
		perMinute = 0
	}
	w := &Ways{Config: cfg, k: keeper.New(cfg.Store, cfg.Vault, cfg.Now), begins: auth.NewLimiter(perMinute, beginsBurst, 4096, cfg.Now)}
	for _, p := range cfg.Providers {
		if len(p.Scopes) == 0 {
			p.Scopes = []string{"openid", "email", "profile"}
		}
		w.parties = append(w.parties, &party{Provider: p, now: cfg.Now, client: newClient(strings.HasPrefix(p.Issuer, "http://"))})
	}
	return w
}

// How often one source may begin, a minute and at once: each time something is
// written down.
const (
	beginsMinute = 20
	beginsBurst  = 20
)

// Way is a provider as a page shows it.
type Way struct {
	ID, Name string
	Failing  bool // it could not be reached when it was last asked
}

// List is all providers, in the order of the configuration. A nil Ways has none.
func (w *Ways) List() []Way {
	if w == nil {
		return nil
	}
	var out []Way
	for _, p := range w.parties {
		out = append(out, Way{p.ID, p.Name, p.failing()})
	}
	return out
}

// named is what a provider is called; its id, if it is not configured any more.
func (w *Ways) named(id string) string {
	if p := w.party(id); p != nil {
		return p.Name
	}
	return id
}

func (w *Ways) party(id string) *party {
	if w == nil {
		return nil
	}
	for _, p := range w.parties {
		if p.ID == id {
			return p
		}
	}
	return nil
}

// Reason is why somebody did not get in. The words are stable; a page has a text for
// each.
type Reason string

// The reasons.
const (
	Stale       Reason = "stale"       // unknown, used, run out, or begun in another browser
	Denied      Reason = "denied"      // the person or the provider said no
	Refused     Reason = "refused"     // the provider answered with another error
	Unreachable Reason = "unreachable" // the provider did not answer
	Doubtful    Reason = "doubtful"    // what it answered does not hold
	Unknown     Reason = "unknown"     // no member signs in with this account
	Weak        Reason = "weak"        // it does not say that a second factor was shown, and there is none here
	Old         Reason = "old"         // the person signed in there too long ago
	Taken       Reason = "taken"       // the account is linked to another member
)

// Failure says why somebody did not get in. It is a cvd.ErrUnavailable where the
// provider is at fault, else a cvd.ErrUnauthenticated.
type Failure struct {
	Reason   Reason
	Provider string // its name
	err      error  // for the log
}

// Error says it to the log: with what the provider or a library said.
func (f *Failure) Error() string {
	if f.err == nil {
		return fmt.Sprintf("sign-in by %s: %s", f.Provider, f.Reason)
	}
	return fmt.Sprintf("sign-in by %s: %s: %v", f.Provider, f.Reason, f.err)
}

// Unwrap gives the kind.
func (f *Failure) Unwrap() error {
	if f.Reason == Unreachable {
		return cvd.ErrUnavailable
	}
	return cvd.ErrUnauthenticated
}

// fail makes a Failure of the provider.
func (p *party) fail(why Reason, format string, args ...any) error {
	return &Failure{Reason: why, Provider: p.Name, err: fmt.Errorf(format, args...)}
}

// newClient asks a provider: not for ever, not more than it may say, and only where
// nobody listens, unless the issuer itself stands on this machine.
func newClient(plain bool) *http.Client {
	t, _ := http.DefaultTransport.(*http.Transport)
	return &http.Client{
		Timeout: askTimeout, Transport: bounded{t.Clone(), plain},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

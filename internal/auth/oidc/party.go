package oidc

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

const (
	askTimeout = 10 * time.Second
	// maxAnswer is the most bytes that a provider may say at once.
	maxAnswer = 1 << 20
	// freshFor is how long what a provider says about itself is believed.
	freshFor = 12 * time.Hour
	// restFor is how long one that failed is left in peace.
	restFor = 15 * time.Second
	// tries is how often it is asked in a row.
	tries = 2
)

// bounded is a transport that refuses what is open and cuts what is long.
type bounded struct {
	http.RoundTripper
	plain bool
}

// RoundTrip asks once.
func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Scheme != "https" && !b.plain {
		return nil, fmt.Errorf("%s is no https address", r.URL.Redacted())
	}
	resp, err := b.RoundTripper.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	resp.Body = struct {
		io.Reader
		io.Closer
	}{io.LimitReader(resp.Body, maxAnswer), resp.Body}
	return resp, nil
}

// party is a provider, with what is known of it.
type party struct {
	Provider
	now    func() time.Time
	client *http.Client

	asking sync.Mutex // one asks, the others wait for what it learns
	mu     sync.Mutex
	known  *known
	failed error     // how it failed when it was last asked
	rest   time.Time // until when it is left in peace
}

// known is what a provider says about itself.
type known struct {
	*oidc.Provider
	at     time.Time
	says   metadata
	config oauth2.Config
	verify *oidc.IDTokenVerifier
}

// metadata are those members of the document that the library does not read.
type metadata struct {
	Auth   string   `json:"authorization_endpoint"`
	Token  string   `json:"token_endpoint"`
	Keys   string   `json:"jwks_uri"`
	Client []string `json:"token_endpoint_auth_methods_supported"`
	PKCE   []string `json:"code_challenge_methods_supported"`
	Iss    bool     `json:"authorization_response_iss_parameter_supported"` // RFC 9207 section 3
}

func (p *party) failing() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.failed != nil
}

// ready tells what is known already, or why nothing is to be asked now.
func (p *party) ready() (*known, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	switch {
	case p.known != nil && now.Sub(p.known.at) < freshFor && p.failed == nil:
		return p.known, nil
	case now.Before(p.rest) && p.known != nil:
		return p.known, nil // an old word is better than none: keys are asked for anew anyway
	case now.Before(p.rest):
		return nil, p.failed
	}
	return nil, nil
}

// about is what the provider says about itself (OpenID Connect Discovery 1.0). It is
// asked at the first use, and again when that is old; while it fails, what was known
// goes on to be believed.
func (p *party) about(ctx context.Context) (*known, error) {
	if k, err := p.ready(); k != nil || err != nil {
		return k, err
	}
	p.asking.Lock()
	defer p.asking.Unlock()
	if k, err := p.ready(); k != nil || err != nil {
		return k, err
	}
	var k *known
	var err error
	// Whoever asked first may go away; the others still want to know.
	ctx, cancel := context.WithTimeout(oidc.ClientContext(context.WithoutCancel(ctx), p.client), askTimeout)
	defer cancel()
	for range tries {
		if k, err = p.discover(ctx); err == nil {
			break
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if err != nil {
		p.failed, p.rest = p.fail(Unreachable, "%w", err), p.now().Add(restFor)
		if p.known != nil {
			return p.known, nil
		}
		return nil, p.failed
	}
	p.known, p.failed = k, nil
	return k, nil
}

func (p *party) discover(ctx context.Context) (*known, error) {
	found, err := oidc.NewProvider(ctx, p.Issuer)
	if err != nil {
		return nil, err
	}
	k := &known{Provider: found, at: p.now()}
	if err := found.Claims(&k.says); err != nil {
		return nil, err
	}
	for name, address := range map[string]string{"authorization_endpoint": k.says.Auth, "token_endpoint": k.says.Token, "jwks_uri": k.says.Keys} {
		u, err := url.Parse(address)
		if err != nil || u.Host == "" || (u.Scheme != "https" && (u.Scheme != "http" || !p.plain())) {
			return nil, fmt.Errorf("its %s is no https address", name)
		}
	}
	if len(k.says.PKCE) > 0 && !slices.Contains(k.says.PKCE, "S256") {
		return nil, fmt.Errorf("it does not know PKCE by S256")
	}
	endpoint := found.Endpoint()
	endpoint.AuthStyle = p.style(k.says.Client)
	k.config = oauth2.Config{ClientID: p.ClientID, ClientSecret: p.Secret, Endpoint: endpoint, Scopes: p.Scopes}
	k.verify = found.Verifier(&oidc.Config{ClientID: p.ClientID, Now: p.now})
	return k, nil
}

func (p *party) plain() bool {
	b, ok := p.client.Transport.(bounded)
	return ok && b.plain
}

// style is how the client shows its secret. It is never tried out: a code works once.
func (p *party) style(methods []string) oauth2.AuthStyle {
	if p.Secret == "" || (!slices.Contains(methods, "client_secret_basic") && slices.Contains(methods, "client_secret_post")) {
		return oauth2.AuthStyleInParams
	}
	return oauth2.AuthStyleInHeader
}

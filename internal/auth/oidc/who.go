package oidc

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"fairlead/internal/cvd"
)

// leeway is how far a provider's clock may be from ours.
const leeway = 2 * time.Minute

// maxSubject is the most characters of a subject (OpenID Connect Core 1.0 section 2).
const maxSubject = 255

// who is somebody for whom a provider vouches.
type who struct {
	Subject  string
	Email    string // empty unless the provider says that it is theirs
	Unproved bool   // it gave an address, and did not say that
	Name     string
	Shown    time.Time // when they last showed the provider who they are; zero where it does not say
	Strong   bool      // what stands for a second factor was shown
	Roles    []cvd.Role

	more func(context.Context) (*oidc.UserInfo, error)
}

// claims are what a token says beside what the library reads.
type claims struct {
	AZP      string    `json:"azp"`
	ACR      string    `json:"acr"`
	AMR      []string  `json:"amr"`
	AuthTime int64     `json:"auth_time"`
	Nonce    string    `json:"nonce"`
	Email    string    `json:"email"`
	Verified verified  `json:"email_verified"`
	Name     string    `json:"name"`
	all      claimTree // as they came
}

// verified is true, or the word: some providers write it so.
type verified bool

// UnmarshalJSON reads either.
func (v *verified) UnmarshalJSON(b []byte) error {
	*v = string(b) == "true" || string(b) == `"true"`
	return nil
}

// claimTree is what a provider says of somebody, by name.
type claimTree map[string]any

// groups reads a claim that lists words, or is one; a dot leads into a claim inside
// another.
func (c claimTree) groups(path string) []string {
	var at any = map[string]any(c)
	for _, step := range strings.Split(path, ".") {
		inside, ok := at.(map[string]any)
		if !ok {
			return nil
		}
		at = inside[step]
	}
	switch v := at.(type) {
	case string:
		return []string{v}
	case []any:
		var out []string
		for _, one := range v {
			if s, ok := one.(string); ok {
				out = append(out, s)
			}
		}
		return out
	}
	return nil
}

// redeem shows the code to the provider and checks everything that comes back
// (OpenID Connect Core 1.0 sections 3.1.3.5, 3.1.3.7 and 3.1.3.8).
func (p *party) redeem(ctx context.Context, k *known, f flow, code string) (who, error) {
	ctx, cancel := context.WithTimeout(oidc.ClientContext(ctx, p.client), askTimeout)
	defer cancel()
	config := k.config
	config.RedirectURL = f.Redirect
	given, err := config.Exchange(ctx, code, oauth2.VerifierOption(f.Verifier))
	if err != nil {
		return who{}, p.exchanged(err)
	}
	raw, _ := given.Extra("id_token").(string)
	token, err := k.verify.Verify(ctx, raw)
	if err != nil {
		return who{}, p.fail(Doubtful, "%w", err)
	}
	var c claims
	if err := token.Claims(&c); err != nil {
		return who{}, p.fail(Doubtful, "%w", err)
	}
	if err := token.Claims(&c.all); err != nil {
		return who{}, p.fail(Doubtful, "%w", err)
	}
	if err := p.holds(token, c, f); err != nil {
		return who{}, err
	}
	if token.AccessTokenHash != "" {
		if err := token.VerifyAccessToken(given.AccessToken); err != nil {
			return who{}, p.fail(Doubtful, "%w", err)
		}
	}
	out := who{Subject: token.Subject, Strong: p.strong(c)}
	if c.AuthTime > 0 {
		out.Shown = time.Unix(c.AuthTime, 0)
	}
	out.read(c, p)
	if k.UserInfoEndpoint() != "" {
		out.more = func(ctx context.Context) (*oidc.UserInfo, error) {
			ctx, cancel := context.WithTimeout(oidc.ClientContext(ctx, p.client), askTimeout)
			defer cancel()
			return k.UserInfo(ctx, oauth2.StaticTokenSource(given))
		}
	}
	return out, nil
}

// exchanged tells a provider that said no from one that said nothing. What it sent is
// not repeated: it might hold what was asked for.
func (p *party) exchanged(err error) error {
	//nolint:errorlint // the library does not wrap it
	if said, ok := err.(*oauth2.RetrieveError); ok && said.Response != nil && said.Response.StatusCode < 500 {
		return p.fail(Doubtful, "the code was refused: %d %q", said.Response.StatusCode, clip(said.ErrorCode))
	}
	return p.fail(Unreachable, "the code could not be shown: %w", err)
}

// holds checks what the library leaves to its caller.
func (p *party) holds(token *oidc.IDToken, c claims, f flow) error {
	now := p.now()
	switch {
	case subtle.ConstantTimeCompare([]byte(token.Nonce), []byte(f.Nonce)) != 1:
		return p.fail(Doubtful, "the token was made for another sign-in: its nonce is not ours")
	case c.AZP != "" && c.AZP != p.ClientID:
		return p.fail(Doubtful, "the token was made for another client: its azp is not ours")
	case len(token.Audience) > 1 && c.AZP == "":
		return p.fail(Doubtful, "the token is for several clients and does not say for whom it was made")
	case token.Subject == "" || len(token.Subject) > maxSubject:
		return p.fail(Doubtful, "the token names nobody")
	case token.IssuedAt.After(now.Add(leeway)) || token.IssuedAt.Before(now.Add(-FlowLife-leeway)):
		return p.fail(Doubtful, "the token was made at another time: check the clock of this server and of the provider")
	case p.MaxAge > 0 && c.AuthTime == 0:
		return p.fail(Doubtful, "the token does not say when the person signed in, though max_age asks for it")
	case p.MaxAge > 0 && now.Sub(time.Unix(c.AuthTime, 0)) > p.MaxAge+leeway:
		return p.fail(Old, "the person signed in there before max_age")
	}
	return nil
}

// demands tells whether the operator named what stands for a second factor.
func (p *party) demands() bool { return len(p.ACR)+len(p.AMR) > 0 }

// strong tells whether it was shown.
func (p *party) strong(c claims) bool {
	if !p.demands() || (len(p.ACR) > 0 && !slices.Contains(p.ACR, c.ACR)) {
		return false
	}
	return !slices.ContainsFunc(p.AMR, func(m string) bool { return !slices.Contains(c.AMR, m) })
}

// read takes over who it is.
func (o *who) read(c claims, p *party) {
	if c.Name != "" {
		o.Name = c.Name
	}
	if o.Email == "" && c.Email != "" {
		if o.Unproved = !bool(c.Verified); !o.Unproved {
			o.Email = c.Email
		}
	}
	if p.RolesClaim == "" {
		return
	}
	for _, g := range c.all.groups(p.RolesClaim) {
		for _, r := range p.Roles[g] {
			if !slices.Contains(o.Roles, r) {
				o.Roles = append(o.Roles, r)
			}
		}
	}
}

// learn asks the provider for what the token does not hold. What comes back counts
// only if it is about the same person (OpenID Connect Core 1.0 section 5.3.2).
func (o *who) learn(ctx context.Context, p *party) error {
	if o.more == nil || (o.Email != "" && (p.RolesClaim == "" || len(o.Roles) > 0)) {
		return nil
	}
	info, err := o.more(ctx)
	if err != nil {
		return p.fail(Unreachable, "who it is could not be asked: %w", err)
	}
	if info.Subject != o.Subject {
		return p.fail(Doubtful, "the provider was asked about one person and answered about another")
	}
	var raw json.RawMessage
	var c claims
	if err := info.Claims(&raw); err != nil {
		return p.fail(Doubtful, "%w", err)
	}
	for _, into := range []any{&c, &c.all} {
		if err := json.Unmarshal(raw, into); err != nil {
			return p.fail(Doubtful, "%w", err)
		}
	}
	o.read(c, p)
	return nil
}

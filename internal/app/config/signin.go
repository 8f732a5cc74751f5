package config

import (
	"fmt"
	"net/netip"
	"net/url"
	"time"

	"fairlead/internal/auth/password"
	"fairlead/internal/cvd"
	"fairlead/internal/policy/source"
)

// SignIn is how members get in beside what they have here.
type SignIn struct {
	SecondFactor string     `yaml:"second_factor"` // required, which Read fills in, or optional
	Providers    []Provider `yaml:"providers"`
	// Breached is looked at by serve --check, at start and by doctor, not by Read.
	Breached password.Breached `yaml:"breached_passwords"`
}

// Provider is an identity provider (OpenID Connect) at which members have accounts.
type Provider struct {
	ID               string                `yaml:"id"`
	Name             string                `yaml:"name"`
	Issuer           string                `yaml:"issuer"`
	ClientID         string                `yaml:"client_id"`
	ClientSecretFile string                `yaml:"client_secret_file"`
	ClientSecret     string                `yaml:"-"` // what the file holds
	Scopes           []string              `yaml:"scopes"`
	ACR              []string              `yaml:"acr"`
	AMR              []string              `yaml:"amr"`
	MaxAge           string                `yaml:"max_age"`
	RolesClaim       string                `yaml:"roles_claim"`
	Roles            map[string][]cvd.Role `yaml:"roles"`
}

// Oldest is how long ago somebody may have signed in there; 0 for any time.
func (p *Provider) Oldest() time.Duration {
	d, err := time.ParseDuration(p.MaxAge)
	if err != nil {
		return 0
	}
	return d
}

func (s *SignIn) finish(file *source.File, secret func(at, path string, into *string)) {
	if s.SecondFactor == "" {
		s.SecondFactor = "required"
	}
	seen := map[string]bool{}
	for i := range s.Providers {
		p, at := &s.Providers[i], fmt.Sprintf("sign_in.providers[%d]", i)
		secret(at+".client_secret_file", p.ClientSecretFile, &p.ClientSecret)
		if p.Name == "" {
			p.Name = p.ID
		}
		if !issuer(p.Issuer) {
			file.Fault(at+".issuer", "is no issuer that can be trusted", "write it exactly as the provider does, such as https://id.example.org/realms/main; http is for this machine only")
		}
		if d, err := time.ParseDuration(p.MaxAge); p.MaxAge != "" && (err != nil || d < time.Minute) {
			file.Fault(at+".max_age", "is no span of a minute or more", "write 8h or 30m")
		}
		if (p.RolesClaim == "") != (len(p.Roles) == 0) {
			file.Fault(at, "roles_claim and roles go together", "write both to make members of groups, or neither")
		}
		if seen[p.ID] {
			file.Fault(at+".id", "another provider has the same id", "write another: it stands in the address to which the provider sends people back")
		}
		seen[p.ID] = true
	}
}

// issuer tells whether the address can be an issuer (OpenID Connect Discovery 1.0
// section 3), reached so that nobody listens.
func issuer(s string) bool {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return false
	}
	ip, err := netip.ParseAddr(u.Hostname())
	return u.Scheme == "https" || (u.Scheme == "http" && (u.Hostname() == "localhost" || (err == nil && ip.IsLoopback())))
}

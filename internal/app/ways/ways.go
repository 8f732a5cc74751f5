// Package ways makes the ways into the desk that a configuration names.
//
// It asks nobody anything; a provider is asked when somebody wants in.
package ways

import (
	"fairlead/internal/app/config"
	"fairlead/internal/auth/oidc"
)

// Open makes what members sign in by elsewhere, of a configuration and what cfg says
// beside it; nil where there is none.
func Open(in *config.SignIn, cfg oidc.Config) *oidc.Ways {
	if len(in.Providers) == 0 {
		return nil
	}
	for _, p := range in.Providers {
		cfg.Providers = append(cfg.Providers, oidc.Provider{
			ID: p.ID, Name: p.Name, Issuer: p.Issuer, ClientID: p.ClientID, Secret: p.ClientSecret, Scopes: p.Scopes,
			ACR: p.ACR, AMR: p.AMR, MaxAge: p.Oldest(), RolesClaim: p.RolesClaim, Roles: p.Roles,
		})
	}
	return oidc.New(cfg)
}

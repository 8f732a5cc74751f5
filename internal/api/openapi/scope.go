package openapi

import (
	"strings"

	"fairlead/internal/cvd"
	"fairlead/internal/may"
)

// scopes are those that an operation by token needs, by its name. A verb of a case,
// named case-<verb>, needs its own (see verbScope); one that does not stand here and is
// no verb needs none, which a test refuses for operations by token.
var scopes = map[string]may.Scope{
	"cases": may.CasesRead, "case": may.CasesRead, "fetch-case-file": may.CasesRead, "fetch-mail": may.CasesRead, "report-document": may.CasesWrite, "record": may.ReportsWrite,
	"advisory": may.AdvisoriesRead, "rehearse": may.AdvisoriesRead,
	"components": may.PartsRead, "bills": may.PartsRead, "add-bill": may.PartsWrite, "remove-bill": may.PartsWrite,
	"mail": may.MailRead, "one-mail": may.MailRead, "raw-mail": may.MailRead,
	"open-mail": may.MailWrite, "add-mail": may.MailWrite, "discard-mail": may.MailWrite,
	"publish": may.PolicyWrite, "sign": may.PolicyWrite,
	"members": may.TeamRead, "add-member": may.TeamAdmin, "sign-in-link": may.TeamAdmin,
	"tokens": may.TokensRead, "add-token": may.TokensWrite, "revoke-token": may.TokensWrite,
}

// Scope is the scope that a token must hold for the operation; empty for none.
func (o *Operation) Scope() may.Scope {
	if o.Access != ByToken {
		return ""
	}
	if verb, ok := strings.CutPrefix(o.Name, "case-"); ok {
		return may.ScopeOf(cvd.Verb(verb))
	}
	return scopes[o.Name]
}

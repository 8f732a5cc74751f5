package may

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"fairlead/internal/cvd"
)

// Scope is a part of what a token's member may do, to which the token can be held. It
// never opens what the roles do not open.
type Scope string

// The scopes.
const (
	ReportsWrite    Scope = "reports:write" // take reports in that came another way
	CasesRead       Scope = "cases:read"
	CasesWrite      Scope = "cases:write" // every verb of a case that is not about its advisory
	AdvisoriesRead  Scope = "advisories:read"
	AdvisoriesWrite Scope = "advisories:write"
	PartsRead       Scope = "parts:read"
	PartsWrite      Scope = "parts:write"
	MailRead        Scope = "mail:read"
	MailWrite       Scope = "mail:write"
	PolicyRead      Scope = "policy:read"
	PolicyWrite     Scope = "policy:write"
	TeamRead        Scope = "team:read"
	TeamAdmin       Scope = "team:admin"
	TokensRead      Scope = "tokens:read"
	TokensWrite     Scope = "tokens:write"
)

// Scopes are all, in the order of lists.
var Scopes = []Scope{
	ReportsWrite, CasesRead, CasesWrite, AdvisoriesRead, AdvisoriesWrite, PartsRead, PartsWrite, MailRead, MailWrite,
	PolicyRead, PolicyWrite, TeamRead, TeamAdmin, TokensRead, TokensWrite,
}

// implied are what comes with a scope: who writes also reads.
var implied = map[Scope]Scope{
	CasesWrite: CasesRead, AdvisoriesWrite: AdvisoriesRead, PartsWrite: PartsRead, MailWrite: MailRead,
	PolicyWrite: PolicyRead, TeamAdmin: TeamRead, TokensWrite: TokensRead,
}

// verbs are the scopes of which any opens a verb; of those that do not stand here that
// is CasesWrite. An advisory is drafted in its case, so its scopes open the case to
// casework; the doors show no more of it than the advisory.
var verbs = map[cvd.Verb][]Scope{
	cvd.VerbRead: {CasesRead, AdvisoriesRead, MailWrite}, cvd.VerbFiles: {CasesRead}, cvd.VerbReceive: {ReportsWrite, MailWrite},
	cvd.VerbAdvise: {AdvisoriesWrite}, cvd.VerbSchedule: {AdvisoriesWrite}, cvd.VerbUnschedule: {AdvisoriesWrite}, cvd.VerbPublish: {AdvisoriesWrite},
	cvd.VerbRetract: {AdvisoriesWrite}, cvd.VerbNoAdvisory: {AdvisoriesWrite}, cvd.VerbCVE: {AdvisoriesWrite},
	cvd.VerbAdmit: {CasesWrite, MailWrite}, cvd.VerbDismiss: {CasesWrite, MailWrite},
}

// tended are the scopes by which an area is looked at and changed.
var tended = map[Area][2]Scope{
	AreaCases: {CasesRead, CasesWrite}, AreaPolicy: {PolicyRead, PolicyWrite}, AreaTeam: {TeamRead, TeamAdmin}, AreaOutbox: {TeamRead, TeamAdmin},
	AreaAudit: {TeamRead, TeamAdmin}, AreaParts: {PartsRead, PartsWrite}, AreaMail: {MailRead, MailWrite},
}

// Scoped tells whether the actor holds one of the scopes. Who is held to none has all:
// a person who signed in, and a token that was made without.
func Scoped(a cvd.Actor, any ...Scope) bool {
	if a.Scopes == nil {
		return true
	}
	for _, have := range a.Scopes {
		if slices.Contains(any, Scope(have)) || slices.Contains(any, implied[Scope(have)]) {
			return true
		}
	}
	return false
}

// scopesOf are those of which any opens the verb.
func scopesOf(v cvd.Verb) []Scope {
	if s := verbs[v]; s != nil {
		return s
	}
	return []Scope{CasesWrite}
}

// ScopeOf is the scope that a token needs to do the verb to a case.
func ScopeOf(v cvd.Verb) Scope { return scopesOf(v)[0] }

// within is how much of a use the actor's scopes leave.
func within(a cvd.Actor, area Area, use Use) Use {
	s := tended[area]
	switch {
	case !Scoped(a, s[0], s[1]):
		return Closed
	case !Scoped(a, s[1]):
		return min(use, Look)
	}
	return use
}

// ErrScope is the refusal of a token that is held to other scopes.
var ErrScope = errors.New("held to other scopes")

// Hold refuses an actor whose scopes do not hold the one that an operation needs,
// before anything is looked up.
func Hold(a cvd.Actor, s Scope) error {
	if s == "" || Scoped(a, s) {
		return nil
	}
	return fmt.Errorf("%w: this needs %s", ErrScope, s)
}

// Second refuses a confirmation by somebody whose scopes do not open what it would do.
func Second(a cvd.Actor, v cvd.Verb, pending *cvd.Pending) error {
	if v != cvd.VerbConfirm || pending == nil || Scoped(a, scopesOf(pending.Verb)...) {
		return nil
	}
	return Hold(a, ScopeOf(pending.Verb))
}

// Cover tells whether the actor's scopes leave all that members with these roles may. Who
// holds less lets nobody in as such a member: it would be a way to more.
func Cover(a cvd.Actor, roles []cvd.Role) error {
	for _, s := range Offered(roles) {
		if err := Hold(a, s); err != nil {
			return fmt.Errorf("to let in a member who may that: %w", err)
		}
	}
	return nil
}

// Offered are the scopes that a member with these roles can use.
func Offered(roles []cvd.Role) []Scope {
	who := cvd.Actor{Kind: cvd.ActorMember, ID: "x", Roles: roles}
	var out []Scope
	for _, s := range Scopes {
		if usable(who, s) {
			out = append(out, s)
		}
	}
	return out
}

func usable(who cvd.Actor, s Scope) bool {
	switch s {
	case TokensRead, TokensWrite:
		return true
	case AdvisoriesRead:
		return ReadAdvisory(who, cvd.TLPAmber) || Of(who, cvd.VerbRead) != Nowhere
	case TeamAdmin:
		return who.Is(cvd.RoleLead)
	}
	for area, of := range tended {
		if area != AreaOutbox && area != AreaAudit && ((s == of[0] && widest(who, area) >= Look) || (s == of[1] && s != CasesWrite && widest(who, area) == Change)) {
			return true
		}
	}
	for v := range table {
		if any := scopesOf(v); any[0] == s && v != cvd.VerbRead && Of(who, v) != Nowhere {
			return true
		}
	}
	return false
}

// ReadScopes reads what somebody typed as scopes: a nil list where they are left out. What
// is no scope, or none of the roles', comes as a fault, and so does a list without any:
// who reckoned out nothing does not mean all.
func ReadScopes(typed []string, roles []cvd.Role) ([]string, cvd.Faults) {
	if typed == nil {
		return nil, nil
	}
	if len(typed) == 0 {
		return nil, cvd.Faults{{Field: "scopes", Problem: "must not be empty", Remedy: "name at least one, or leave it out for all"}}
	}
	offered := Offered(roles)
	var out, names []string
	for _, s := range offered {
		names = append(names, string(s))
		if slices.Contains(typed, string(s)) {
			out = append(out, string(s))
		}
	}
	for _, s := range typed {
		if !slices.Contains(out, s) {
			return nil, cvd.Faults{{Field: "scopes", Problem: "hold one that does not exist, or that the member's roles do not have", Remedy: "use only " + strings.Join(names, ", ") + ", or leave it out for all"}}
		}
	}
	return out, nil
}

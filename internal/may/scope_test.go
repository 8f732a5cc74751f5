package may_test

import (
	"slices"
	"testing"

	"fairlead/internal/cvd"
	"fairlead/internal/cvd/rule"
	"fairlead/internal/may"
)

func verbs() []cvd.Verb {
	out := []cvd.Verb{cvd.VerbRead, cvd.VerbFiles}
	for _, s := range rule.Specs {
		out = append(out, s.Verb)
	}
	return out
}

// A scope never opens what the roles do not, for any verb, area and label.
func TestScopesOnlyNarrow(t *testing.T) {
	for _, kind := range []cvd.ActorKind{cvd.ActorMember, cvd.ActorMachine} {
		for _, role := range cvd.Roles {
			whole := cvd.Actor{Kind: kind, ID: "m-1", Roles: []cvd.Role{role}}
			open := map[may.Scope]bool{}
			for _, s := range may.Scopes {
				held := whole
				held.Scopes = []string{string(s)}
				for _, v := range verbs() {
					if got, most := may.Of(held, v), may.Of(whole, v); got != may.Nowhere && got != most {
						t.Errorf("%s with %s: %s %s, without %s", role, s, v, got, most)
					} else if got != may.Nowhere && v != cvd.VerbRead {
						open[s] = true
					}
				}
				for _, a := range []may.Area{may.AreaCases, may.AreaPolicy, may.AreaTeam, may.AreaOutbox, may.AreaAudit, may.AreaParts, may.AreaMail} {
					if got, most := may.Tend(held, a), may.Tend(whole, a); got > most {
						t.Errorf("%s with %s: %s %d, without %d", role, s, a, got, most)
					}
				}
				for label := range map[cvd.TLP]bool{cvd.TLPClear: true, cvd.TLPGreen: true, cvd.TLPAmber: true, cvd.TLPAmberStrict: true, cvd.TLPRed: true} {
					if may.ReadAdvisory(held, label) && !may.ReadAdvisory(whole, label) {
						t.Errorf("%s with %s reads %s", role, s, label)
					}
				}
				if kind == cvd.ActorMember && open[s] && !slices.Contains(may.Offered(whole.Roles), s) {
					t.Errorf("%s is not offered %s, which opens something to them", role, s)
				}
			}
		}
	}
}

// All verbs together are opened by all scopes together, and none by no scope.
func TestScopesCoverAll(t *testing.T) {
	lead := cvd.Actor{Kind: cvd.ActorMember, ID: "m-1", Roles: []cvd.Role{cvd.RoleLead}}
	all, none := lead, lead
	none.Scopes = []string{}
	for _, s := range may.Scopes {
		all.Scopes = append(all.Scopes, string(s))
	}
	for _, v := range verbs() {
		if may.Of(all, v) != may.Of(lead, v) || may.Of(none, v) != may.Nowhere {
			t.Errorf("%s: all %q, none %q, unheld %q", v, may.Of(all, v), may.Of(none, v), may.Of(lead, v))
		}
	}
	if got := may.Offered(lead.Roles); len(got) != len(may.Scopes) {
		t.Errorf("a lead is offered %v", got)
	}
	if got := may.Offered([]cvd.Role{cvd.RoleReader}); !slices.Equal(got, []may.Scope{may.AdvisoriesRead, may.TokensRead, may.TokensWrite}) {
		t.Errorf("a reader is offered %v", got)
	}
}

func TestReadScopes(t *testing.T) {
	member := []cvd.Role{cvd.RoleMember}
	if got, faults := may.ReadScopes(nil, member); got != nil || faults != nil {
		t.Error(got, faults)
	}
	if _, faults := may.ReadScopes([]string{}, member); len(faults) != 1 {
		t.Errorf("an empty list: %v", faults)
	}
	if got, faults := may.ReadScopes([]string{"cases:write", "cases:read", "cases:read"}, member); !slices.Equal(got, []string{"cases:read", "cases:write"}) || faults != nil {
		t.Error(got, faults)
	}
	for _, s := range []string{"team:admin", "everything", "", "cases:read "} {
		if got, faults := may.ReadScopes([]string{"cases:read", s}, member); got != nil || len(faults) != 1 {
			t.Error(s, got, faults)
		}
	}
}

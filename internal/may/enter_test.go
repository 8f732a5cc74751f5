package may_test

import (
	"fmt"
	"testing"

	"fairlead/internal/cvd"
	"fairlead/internal/may"
)

func TestEnter(t *testing.T) {
	all := []may.Area{may.AreaCases, may.AreaPolicy, may.AreaTeam, may.AreaOutbox, may.AreaAudit, may.AreaParts, may.AreaMail, may.AreaSelf}
	for _, c := range []struct {
		who  cvd.Actor
		want string // a digit an area, in the order above
	}{
		{cvd.Actor{Kind: cvd.ActorMember, ID: "m-1", Roles: []cvd.Role{cvd.RoleLead}}, "[2 2 2 2 1 2 2 2]"},
		{cvd.Actor{Kind: cvd.ActorMember, ID: "m-1", Roles: []cvd.Role{cvd.RoleMember}}, "[2 1 1 2 0 2 2 2]"},
		{cvd.Actor{Kind: cvd.ActorMember, ID: "m-1", Roles: []cvd.Role{cvd.RoleFixer}}, "[1 0 0 0 0 1 0 2]"},
		{cvd.Actor{Kind: cvd.ActorMember, ID: "m-1", Roles: []cvd.Role{cvd.RoleOfficer}}, "[0 2 0 0 0 0 0 2]"},
		{cvd.Actor{Kind: cvd.ActorMember, ID: "m-1", Roles: []cvd.Role{cvd.RoleAuditor}}, "[1 1 1 1 1 1 1 2]"},
		{cvd.Actor{Kind: cvd.ActorMember, ID: "m-1", Roles: []cvd.Role{cvd.RoleFixer, cvd.RoleOfficer}}, "[1 2 0 0 0 1 0 2]"},
		{cvd.Actor{Kind: cvd.ActorMember, ID: "m-1"}, "[0 0 0 0 0 0 0 2]"},
		{cvd.Actor{Kind: cvd.ActorMachine, ID: "m-1", Roles: []cvd.Role{cvd.RoleLead}}, "[0 0 0 0 0 0 0 0]"},
		{cvd.Actor{Kind: cvd.ActorReporter, Receipt: "r"}, "[0 0 0 0 0 0 0 0]"},
		{cvd.Stranger, "[0 0 0 0 0 0 0 0]"},
	} {
		var got []may.Use
		for _, area := range all {
			got = append(got, may.Enter(c.who, area))
		}
		if s := fmt.Sprint(got); s != c.want {
			t.Errorf("%s %v may %s, want %s", c.who.Kind, c.who.Roles, s, c.want)
		}
	}
}

// A token works where its member would, and opens nothing else.
func TestTend(t *testing.T) {
	for _, c := range []struct {
		who  cvd.Actor
		want may.Use
	}{
		{cvd.Actor{Kind: cvd.ActorMember, ID: "m-1", Roles: []cvd.Role{cvd.RoleMember}}, may.Change},
		{cvd.Actor{Kind: cvd.ActorMachine, ID: "m-1", Roles: []cvd.Role{cvd.RoleMember}}, may.Change},
		{cvd.Actor{Kind: cvd.ActorMachine, ID: "m-1", Roles: []cvd.Role{cvd.RoleAuditor}}, may.Look},
		{cvd.Actor{Kind: cvd.ActorMachine, ID: "m-1", Roles: []cvd.Role{cvd.RoleOfficer}}, may.Closed},
		{cvd.Actor{Kind: cvd.ActorMachine, Roles: []cvd.Role{cvd.RoleLead}}, may.Closed},
		{cvd.Actor{Kind: cvd.ActorReporter, ID: "m-1", Roles: []cvd.Role{cvd.RoleLead}}, may.Closed},
		{cvd.System, may.Closed},
		{cvd.Stranger, may.Closed},
	} {
		if got := may.Tend(c.who, may.AreaParts); got != c.want {
			t.Errorf("%s %v may %d, want %d", c.who.Kind, c.who.Roles, got, c.want)
		}
	}
}

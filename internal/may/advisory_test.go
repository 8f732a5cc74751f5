package may_test

import (
	"testing"

	"fairlead/internal/cvd"
	"fairlead/internal/may"
)

func TestReadAdvisory(t *testing.T) {
	all := []cvd.TLP{"", cvd.TLPClear, cvd.TLPGreen, cvd.TLPAmber, cvd.TLPAmberStrict, cvd.TLPRed, "WHITE"}
	person := func(r cvd.Role) cvd.Actor { return cvd.Actor{Kind: cvd.ActorMember, ID: "m-1", Roles: []cvd.Role{r}} }
	machine := person(cvd.RoleReader)
	machine.Kind = cvd.ActorMachine
	forged := person(cvd.RoleLead)
	forged.Kind = cvd.ActorReporter
	for name, c := range map[string]struct {
		by   cvd.Actor
		want string // y or n for each label
	}{
		"stranger":                   {cvd.Stranger, "yyynnnn"},
		"reporter":                   {cvd.Actor{Kind: cvd.ActorReporter}, "yyynnnn"},
		"reporter with a role":       {forged, "yyynnnn"},
		"system":                     {cvd.System, "yyyyyyn"},
		"lead":                       {person(cvd.RoleLead), "yyyyyyn"},
		"member":                     {person(cvd.RoleMember), "yyyyyyn"},
		"auditor":                    {person(cvd.RoleAuditor), "yyyyyyn"},
		"fixer":                      {person(cvd.RoleFixer), "yyynnnn"},
		"officer":                    {person(cvd.RoleOfficer), "yyynnnn"},
		"reader":                     {person(cvd.RoleReader), "yyyyynn"},
		"reader's machine":           {machine, "yyyyynn"},
		"nobody who says a word":     {cvd.Actor{Kind: cvd.ActorMember}, "yyynnnn"},
		"a role that does not exist": {person("reader "), "yyynnnn"},
	} {
		got := ""
		for _, label := range all {
			one := "n"
			if may.ReadAdvisory(c.by, label) {
				one = "y"
			}
			got += one
		}
		if got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

// Whoever reads advisories sees no case and no part of the desk.
func TestReadersAreOutside(t *testing.T) {
	a := cvd.Actor{Kind: cvd.ActorMember, ID: "m-1", Roles: []cvd.Role{cvd.RoleReader}}
	for _, area := range []may.Area{may.AreaCases, may.AreaPolicy, may.AreaTeam, may.AreaOutbox, may.AreaAudit} {
		if may.Enter(a, area) != may.Closed {
			t.Errorf("a reader enters %s", area)
		}
	}
	if may.Of(a, cvd.VerbRead) != may.Nowhere || may.Of(a, cvd.VerbReceive) != may.Nowhere {
		t.Error("a reader reaches cases")
	}
}

package may

import "fairlead/internal/cvd"

// readers are the roles that may read published advisories that are not for
// everybody. RED is for those in the room alone (TLP 2.0), so for the team.
var readers = map[cvd.TLP][]cvd.Role{
	cvd.TLPAmber:       {cvd.RoleLead, cvd.RoleMember, cvd.RoleAuditor, cvd.RoleReader},
	cvd.TLPAmberStrict: {cvd.RoleLead, cvd.RoleMember, cvd.RoleAuditor, cvd.RoleReader},
	cvd.TLPRed:         {cvd.RoleLead, cvd.RoleMember, cvd.RoleAuditor},
}

// ReadAdvisory tells whether the actor may read what is published under the
// label. A label that does not exist is for nobody.
func ReadAdvisory(a cvd.Actor, t cvd.TLP) bool {
	if t.Public() {
		return true
	}
	if a.Kind != cvd.ActorMember && a.Kind != cvd.ActorMachine {
		return a.Kind == cvd.ActorSystem && readers[t] != nil
	}
	for _, r := range readers[t] {
		if a.Is(r) && Scoped(a, AdvisoriesRead) {
			return true
		}
	}
	return false
}

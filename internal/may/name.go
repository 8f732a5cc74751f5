package may

import "fairlead/internal/cvd"

// Name tells whether the verb may name the member with this id: a case is claimed
// for a lead or a member, and a fixer is invited. A claim that names nobody is for
// whoever acts. What is wrong comes as cvd.Faults about the field "to"; other verbs
// and an empty id pass.
func Name(members []cvd.Member, by cvd.Actor, id string, verb cvd.Verb) cvd.Faults {
	if verb == cvd.VerbClaim && id == "" {
		if by.ID != "" && Name(members, by, by.ID, verb) == nil {
			return nil
		}
		return cvd.Faults{{Field: "to", Problem: "is missing, and whoever asks is no member of the team who works cases", Remedy: "give the id of the member who takes the case"}}
	}
	if id == "" || (verb != cvd.VerbClaim && verb != cvd.VerbInvite) {
		return nil
	}
	for _, m := range members {
		if m.ID != id || !m.Active {
			continue
		}
		if verb == cvd.VerbInvite && !m.Is(cvd.RoleFixer) {
			return cvd.Faults{{Field: "to", Problem: "that member is no fixer", Remedy: "name a member who holds the role of a fixer"}}
		}
		if verb == cvd.VerbClaim && !m.Is(cvd.RoleLead) && !m.Is(cvd.RoleMember) {
			return cvd.Faults{{Field: "to", Problem: "that member does not work cases", Remedy: "name a lead or a member"}}
		}
		return nil
	}
	return cvd.Faults{{Field: "to", Problem: "no such active member", Remedy: "give the id of an active member"}}
}

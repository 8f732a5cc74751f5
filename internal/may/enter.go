package may

import "fairlead/internal/cvd"

// Area is a part of the team's desk that is not about one case.
type Area string

// The areas.
const (
	AreaCases  Area = "cases"  // the queue, and what belongs to it
	AreaPolicy Area = "policy" // versions that are not in effect too, and what was suggested
	AreaTeam   Area = "team"   // the members
	AreaOutbox Area = "outbox" // what was told to whom
	AreaAudit  Area = "audit"  // who signed in, and who changed whom
	AreaParts  Area = "parts"  // which components our versions are made of
	AreaMail   Area = "mail"   // what came by mail and stands in no case, and how the doors are doing
	AreaSelf   Area = "self"   // the own password, sessions and tokens
)

// Use is how far somebody may use an area. Each includes those before it.
type Use int

// The uses.
const (
	Closed Use = iota // as if it did not exist
	Look
	Change
)

// areas says which role may use what, in the same manner as table.
var areas = map[Area]map[cvd.Role]Use{
	AreaCases:  {cvd.RoleLead: Change, cvd.RoleMember: Change, cvd.RoleFixer: Look, cvd.RoleAuditor: Look},
	AreaPolicy: {cvd.RoleLead: Change, cvd.RoleMember: Look, cvd.RoleOfficer: Change, cvd.RoleAuditor: Look},
	AreaTeam:   {cvd.RoleLead: Change, cvd.RoleMember: Look, cvd.RoleAuditor: Look},
	AreaOutbox: {cvd.RoleLead: Change, cvd.RoleMember: Change, cvd.RoleAuditor: Look},
	AreaAudit:  {cvd.RoleLead: Look, cvd.RoleAuditor: Look},
	AreaParts:  {cvd.RoleLead: Change, cvd.RoleMember: Change, cvd.RoleFixer: Look, cvd.RoleAuditor: Look},
	AreaMail:   {cvd.RoleLead: Change, cvd.RoleMember: Change, cvd.RoleAuditor: Look},
}

// Enter is how far the actor may use the area. Only members who signed in as
// themselves have areas; everybody among them has the own one.
func Enter(a cvd.Actor, area Area) Use {
	if a.Kind != cvd.ActorMember || a.ID == "" {
		return Closed
	}
	if area == AreaSelf {
		return Change
	}
	return widest(a, area)
}

// Tend is how far the actor may use the area by a token, where programs do the
// work: a build that hands in what it was made of. It opens nothing that Enter
// does not open to the same roles.
func Tend(a cvd.Actor, area Area) Use {
	if a.ID == "" || (a.Kind != cvd.ActorMember && a.Kind != cvd.ActorMachine) {
		return Closed
	}
	return widest(a, area)
}

func widest(a cvd.Actor, area Area) Use {
	best := Closed
	for _, r := range a.Roles {
		best = max(best, areas[area][r])
	}
	return within(a, area, best)
}

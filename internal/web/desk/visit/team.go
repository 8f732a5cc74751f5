package visit

import (
	"slices"

	"fairlead/internal/cvd"
)

// RoleChecks lets somebody choose the roles of a member.
func (l *Lens) RoleChecks(m *cvd.Member) Checks {
	out := Checks{Name: "roles", Legend: l.Say("desk.team.roles"), Groups: []CheckGroup{{}}}
	for _, role := range cvd.Roles {
		out.Groups[0].Items = append(out.Groups[0].Items, CheckItem{
			Value: string(role), Label: l.Say("desk.role." + string(role)), Text: l.Say("desk.role." + string(role) + ".text"), On: m.Is(role),
		})
	}
	return out
}

// OfficeChecks lets somebody choose the offices of a member: those whose signature the
// policy, in effect or waiting, asks for.
func (l *Lens) OfficeChecks(m *cvd.Member) Checks {
	out := Checks{Name: "offices", Legend: l.Say("desk.team.offices"), Help: l.Say("desk.team.offices.help")}
	current := 0
	if cur := l.Site.Book.Current(); cur != nil {
		current = cur.Number
	}
	var titles []string
	for _, one := range l.Site.Book.Versions().All {
		if one.Number < current {
			continue
		}
		for _, s := range one.Policy.Review.SignOffs {
			titles = append(titles, s.Office)
		}
	}
	titles = append(titles, m.Offices...)
	slices.Sort(titles)
	g := CheckGroup{}
	for _, t := range slices.Compact(titles) {
		g.Items = append(g.Items, CheckItem{Value: t, Label: t, On: slices.Contains(m.Offices, t)})
	}
	if len(g.Items) > 0 {
		out.Groups = []CheckGroup{g}
	}
	return out
}

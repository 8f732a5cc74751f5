package office

import (
	"slices"
	"strings"

	"fairlead/internal/may"
	"fairlead/internal/web/desk/visit"
)

// scopes names those to which a token is held.
func (l lens) scopes(held []string) []string {
	out := make([]string, len(held))
	for i, s := range held {
		out[i] = l.scope(s)
	}
	return out
}

func (l lens) scope(s string) string { return l.Say("scope." + strings.ReplaceAll(s, ":", ".")) }

// scopeChecks lets somebody hold a token to some of what their roles may.
func (l lens) scopeChecks(on []string) visit.Checks {
	out := visit.Checks{Name: "scopes", Legend: l.Say("scope.title"), Help: l.Say("scope.help"), Groups: []visit.CheckGroup{{}}}
	for _, s := range may.Offered(l.Actor.Roles) {
		out.Groups[0].Items = append(out.Groups[0].Items, visit.CheckItem{Value: string(s), Label: l.scope(string(s)), Text: string(s), On: slices.Contains(on, string(s))})
	}
	return out
}

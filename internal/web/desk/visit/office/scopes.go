package office

import (
	"slices"
	"strings"

	"fairlead/internal/cvd"
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

// everything is what somebody ticks for a token that is held to nothing but their roles:
// to forget a tick must not widen it.
const everything = "all"

var unticked = cvd.Fault{Field: "scopes", Problem: "must not be empty", Remedy: "tick what the token is for, or everything"}

// asScopes are those that were ticked; none for everything, which counts only alone.
func asScopes(ticked []string) (scopes []string, wrong []cvd.Fault) {
	if len(ticked) == 0 {
		return nil, []cvd.Fault{unticked}
	}
	for _, s := range ticked {
		if s != everything {
			scopes = append(scopes, s)
		}
	}
	return scopes, nil
}

// scopeChecks lets somebody hold a token to some of what their roles may.
func (l lens) scopeChecks(on []string) visit.Checks {
	out := visit.Checks{Name: "scopes", Legend: l.Say("scope.title"), Help: l.Say("scope.help"), Groups: []visit.CheckGroup{{}}}
	out.Groups[0].Items = append(out.Groups[0].Items, visit.CheckItem{Value: everything, Label: l.Say("scope.all"), Text: everything, On: slices.Contains(on, everything)})
	for _, s := range may.Offered(l.Actor.Roles) {
		out.Groups[0].Items = append(out.Groups[0].Items, visit.CheckItem{Value: string(s), Label: l.scope(string(s)), Text: string(s), On: slices.Contains(on, string(s))})
	}
	return out
}

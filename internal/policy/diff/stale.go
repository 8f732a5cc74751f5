package diff

import (
	"strings"

	"fairlead/internal/calendar"
	"fairlead/internal/policy"
)

// Stale is a text that still gives the amount of time which a promise had before.
type Stale struct {
	Path    string // of the text
	Says    string // the words in it
	Promise string // whose amount changed, such as promises.acknowledge
	From    calendar.Amount
	To      calendar.Amount
}

// StillSaid lists the texts of b, in each of its languages, which name an amount of time
// that b promises no longer, and a did. Whether they mean the promise, a person must say.
func StillSaid(a, b *policy.Policy) []Stale {
	now := map[string]calendar.Amount{}
	for _, g := range b.Promises.All() {
		now[g.Path] = g.Promise.Within
	}
	var gone []Stale
	for _, g := range a.Promises.All() {
		if to := now[g.Path]; !to.Same(g.Promise.Within) {
			gone = append(gone, Stale{Promise: g.Path, From: g.Promise.Within, To: to})
		}
	}
	var out []Stale
	look := func(path, text string) {
		for _, m := range calendar.Mentions(text) {
			for _, one := range gone {
				if m.Amount.Same(one.From) {
					one.Path, one.Says = path, m.Text
					out = append(out, one)
				}
			}
		}
	}
	for _, c := range Between(&policy.Policy{}, b) {
		structured := strings.HasPrefix(c.Path, "promises") || strings.HasPrefix(c.Path, "calendar")
		if _, err := calendar.ParseAmount(c.To); err != nil && !structured {
			look(c.Path, c.To)
		}
	}
	for _, g := range b.Promises.All() {
		look(g.Path+".text", g.Promise.Text)
	}
	return out
}

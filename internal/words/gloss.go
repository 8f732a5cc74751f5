package words

import (
	"slices"
	"strings"
	"sync"
)

// phrase is an English text of the catalogue, cut at its blanks.
type phrase struct {
	id     string
	parts  []string // one more than blanks
	blanks []string
	weight int // of what stands outside the blanks
}

// faultPrefix is where the catalogue keeps what rooms below say of an input or a
// state. They say it in English, as programs read it.
const faultPrefix = "fault."

// glossary finds those texts again.
type glossary struct {
	whole   map[string]string // ids, by the text
	phrases []phrase          // those with blanks, the most certain first
}

// Gloss says in this language what a room below the doors has said in English: the
// problem and the remedy of a fault, or what an error means to its reader. What the
// catalogue does not know comes back as it is.
func (v *Voice) Gloss(english string) string {
	if v.otherwise == nil || english == "" {
		return english // this is the language it is said in
	}
	g := known()
	if id, ok := g.whole[english]; ok {
		return v.Say(id)
	}
	if list, ok := strings.CutSuffix(english, ")"); ok { // several, each with its remedy
		items := strings.Split(list, "); ")
		for i, one := range items {
			why, remedy, two := strings.Cut(one, " (")
			if !two || !Glossed(why) {
				items = nil
				break
			}
			items[i] = v.Gloss(why) + " (" + v.Gloss(remedy) + ")"
		}
		if len(items) > 0 {
			return strings.Join(items, v.Say("mark.semicolon")+" ")
		}
	}
	for _, p := range g.phrases {
		if values, ok := p.match(english); ok {
			pairs := make([]any, 0, 2*len(values))
			for i, value := range values {
				pairs = append(pairs, p.blanks[i], v.term(p.blanks[i], value))
			}
			return v.Say(p.id, pairs...)
		}
	}
	return english
}

// Glossed tells whether the catalogue knows the English text.
func Glossed(english string) bool {
	g := known()
	_, ok := g.whole[english]
	return ok || slices.ContainsFunc(g.phrases, func(p phrase) bool { _, ok := p.match(english); return ok })
}

// term is a value of a blank that has a word of its own: a verb or a state.
func (v *Voice) term(blank, value string) string {
	prefix, known := map[string]string{"verb": "verb.", "state": "rm.", "states": "rm."}[blank]
	if !known {
		return value
	}
	words := strings.Split(value, " or ")
	for i, w := range words {
		if v.Has(prefix + w) {
			words[i] = v.Say(prefix + w)
		}
	}
	return strings.Join(words, " / ")
}

var known = sync.OnceValue(func() *glossary {
	g := &glossary{whole: map[string]string{}}
	list, _ := messages(Languages[0])
	for _, m := range list {
		if !strings.HasPrefix(m.ID, faultPrefix) {
			continue
		}
		p := cut(m.ID, m.Other)
		if len(p.blanks) == 0 {
			g.whole[m.Other] = m.ID
			continue
		}
		g.phrases = append(g.phrases, p)
	}
	slices.SortStableFunc(g.phrases, func(a, b phrase) int { return b.weight - a.weight })
	return g
})

// cut takes a text of the catalogue apart.
func cut(id, text string) phrase {
	p := phrase{id: id}
	for {
		before, rest, ok := strings.Cut(text, "{{.")
		p.parts = append(p.parts, before)
		p.weight += len(before)
		if !ok {
			return p
		}
		name, after, _ := strings.Cut(rest, "}}")
		p.blanks, text = append(p.blanks, name), after
	}
}

// match reads the values of the blanks out of a whole text.
func (p phrase) match(text string) ([]string, bool) {
	rest, ok := strings.CutPrefix(text, p.parts[0])
	if !ok {
		return nil, false
	}
	var values []string
	for i, part := range p.parts[1:] {
		at := strings.Index(rest, part)
		if i == len(p.blanks)-1 { // the last reaches to the end
			if at = len(rest) - len(part); at < 0 || !strings.HasSuffix(rest, part) {
				return nil, false
			}
		}
		if at < 1 {
			return nil, false
		}
		values, rest = append(values, rest[:at]), rest[at+len(part):]
	}
	return values, true
}

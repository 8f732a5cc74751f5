package release

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"fairlead/internal/cvd"
)

// credit holds the advisory to the reporter's wish, in every text of it. Who was
// asked and said nothing is not named. A contact replaces what was given before it,
// which nobody can read any more: so wherever the reporter is not to be named, a
// member says of each draft that names anybody that these are other people.
func (g *ground) credit() (bool, string, string) {
	p := g.c.Participant(cvd.Reporter)
	if p == nil {
		return true, "nobody wished to be named", ""
	}
	k := cvd.Contact{}
	if p.Contact != nil {
		k = *p.Contact
	}
	if k.Credit.Wanted == "name" {
		return g.named(k)
	}
	if field := cmp.Or(g.tells("", given(k, ""), ""), g.tells("credits[", maybe(k), "")); field != "" {
		return false, "the reporter does not wish to be named, or never said that they do, and " + field + " of the advisory names them", "take the name out, or ask how they want to be credited"
	}
	if !g.vouched() {
		if field := g.tells("", append(maybe(k), g.drafted()...), ""); field != "" {
			return false, "the reporter is not to be named, and " + field + " of the advisory may name them", othersRemedy
		}
		if i := slices.IndexFunc(g.a.Credits, somebody); i >= 0 {
			return false, "the reporter is not to be named, and the advisory credits somebody", othersRemedy
		}
	}
	if g.unasked() {
		return false, "the reporter was not asked how to be credited", "ask them; scheduling the release does"
	}
	switch {
	case k.Credit.Wanted != "":
		return true, "the reporter is not named, as they asked", ""
	case p.Contact == nil:
		return true, "nobody wished to be named", ""
	}
	return true, "the reporter said nothing of credit, so nobody is named; a correction can", ""
}

// Spoken refuses a text that goes out beside the record, such as the reason of a
// correction or a withdrawal, where it names the reporter otherwise than they wish. A
// withdrawal must not wait for the record's own texts, so those are not looked at.
func Spoken(c *cvd.Case, evs []cvd.Event, text string) error {
	p := c.Participant(cvd.Reporter)
	if p == nil {
		return nil
	}
	k := cvd.Contact{}
	if p.Contact != nil {
		k = *p.Contact
	}
	g := &ground{c: c, evs: evs, a: &cvd.Advisory{Why: text}}
	allowed, names := "", []string(nil)
	if k.Credit.Wanted == "name" {
		allowed = cmp.Or(strings.TrimSpace(k.Credit.As), strings.TrimSpace(k.Name))
		names = given(k, allowed)
	} else {
		names = append(given(k, ""), g.drafted()...)
	}
	if g.tells("", names, allowed) == "" {
		return nil
	}
	return fmt.Errorf("%w: %w", cvd.ErrNotReady, cvd.Faults{{
		Field: "reason", Problem: "names the reporter otherwise than they wish, and is published", Remedy: "take the name out",
	}})
}

const othersRemedy = "take the name out, or save the draft with the word that it names other people (others)"

// named holds the advisory to the name that was asked for, and to no other.
func (g *ground) named(k cvd.Contact) (bool, string, string) {
	as := strings.TrimSpace(k.Credit.As)
	if as == "" {
		as = strings.TrimSpace(k.Name)
	}
	if as != "" && !g.names(as) {
		return false, "the reporter wishes to be named, and the advisory names them otherwise or not at all", "credit them as they asked"
	}
	if field := g.tells("", given(k, as), as); field != "" {
		return false, "the reporter chose how to be named, and " + field + " of the advisory says more", "leave only what they asked for"
	}
	return true, "the reporter is named as they asked", ""
}

// unasked tells whether the reporter has still to be asked, which scheduling does.
func (g *ground) unasked() bool {
	p := g.c.Participant(cvd.Reporter)
	known := g.c.Facts.Has(cvd.FactPublic) || g.c.Facts.Has(cvd.FactAttacks) // then it cannot wait for that
	return p != nil && p.Contact != nil && p.Contact.Credit.Wanted == "" &&
		g.c.Waited() && g.c.Release.Told.IsZero() && g.c.Release.Revision == 0 && !known
}

// names tells whether the credits hold the name.
func (g *ground) names(name string) bool {
	name = plain(name)
	return name != "" && slices.ContainsFunc(g.a.Credits, func(c cvd.AdvisoryCredit) bool {
		return strings.Contains(plain(c.Name), name)
	})
}

// vouched tells whether a person saved this draft knowing the latest wish, and said
// that it names other people.
func (g *ground) vouched() bool {
	if g.c.Sources.Contact > g.c.Release.Draft {
		return false
	}
	return slices.ContainsFunc(g.evs, func(ev cvd.Event) bool {
		return ev.Seq == g.c.Release.Draft && ev.Type == cvd.EventDrafted && ev.ByMember() && ev.Body != nil && ev.Body.Others && g.after(cvd.EventForgotten, ev.Seq)
	})
}

// after tells whether nothing of the type came later.
func (g *ground) after(t cvd.EventType, seq int64) bool {
	return !slices.ContainsFunc(g.evs, func(ev cvd.Event) bool { return ev.Type == t && ev.Seq > seq })
}

// drafted are whom earlier drafts credited: a name that was filled in from a contact
// is known from there alone when the contact was replaced.
func (g *ground) drafted() []string {
	var out []string
	for _, ev := range g.evs {
		if ev.Body == nil || ev.Body.Advisory == nil || ev.Body.Others {
			continue
		}
		for _, one := range ev.Body.Advisory.Credits {
			if somebody(one) && one.Kind != "TOOL" {
				out = append(append(out, forms(one.Name)...), one.Contact...)
			}
		}
	}
	return out
}

// somebody tells whether the credit names anybody.
func somebody(c cvd.AdvisoryCredit) bool {
	return plain(c.Name) != "anonymous" || plain(c.Organisation) != "" || len(c.Contact) > 0
}

// given are the forms of a name, and the address, that can be nobody else. A name
// that is part of what is allowed is none.
func given(k cvd.Contact, allowed string) []string {
	var out []string
	for _, name := range []string{k.Name, k.Credit.As} {
		if len(strings.Fields(name)) > 1 && !strings.Contains(bare(allowed), bare(name)) {
			out = append(out, forms(name)...)
		}
	}
	return append(out, k.Email)
}

// maybe are names of one word, which may be an ordinary word of a text as well.
func maybe(k cvd.Contact) []string { return []string{k.Name, k.Credit.As} }

// forms are how a name of several words is written.
func forms(name string) []string {
	words := strings.Fields(name)
	if len(words) < 2 {
		return words
	}
	first, last := []rune(words[0]), words[len(words)-1]
	return []string{name, words[0] + " " + last, string(first[:1]) + " " + last, last + " " + words[0], last + " " + string(first[:1]), strings.Join(words, "")}
}

// tells is the first field under the path that holds one of the names, or "". A
// name that is part of what is allowed is none.
func (g *ground) tells(under string, names []string, allowed string) string {
	allowed = " " + bare(allowed) + " "
	for _, name := range names {
		name = " " + bare(name) + " "
		if len([]rune(name)) < 4 || strings.Contains(allowed, name) {
			continue
		}
		for _, l := range leaves(g.a) {
			if strings.HasPrefix(l.path, under) && strings.Contains(" "+bare(l.text)+" ", name) {
				return shown(l.path)
			}
		}
	}
	return ""
}

// shown is the path of a field without what came as the name of a member.
func shown(path string) string {
	for _, open := range []string{"texts", "source"} {
		if strings.HasPrefix(path, open+".") {
			return open
		}
	}
	return path
}

func plain(s string) string { return strings.ToLower(strings.Join(strings.Fields(s), " ")) }

// bare is a text as its words in small letters, with one space between them; marks
// that nobody sees are no part of a word.
func bare(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.Is(unicode.Cf, r):
			return -1
		case unicode.IsLetter(r), unicode.IsDigit(r), unicode.IsMark(r):
			return unicode.ToLower(r)
		}
		return ' '
	}, s)
	return strings.Join(strings.Fields(s), " ")
}

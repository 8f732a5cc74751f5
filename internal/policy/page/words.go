package page

import (
	"slices"
	"strings"
	"time"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"

	"fairlead/internal/calendar"
	"fairlead/internal/policy"
	"fairlead/internal/words"
)

// layout lays a policy out in the order in which a finder asks, in the words of v
// around those of its author.
type layout struct {
	*policy.Policy
	v *words.Voice
}

// English is the voice of renders that nobody asked for in another language.
func English() *words.Voice {
	book, err := words.Load()
	if err != nil {
		panic("policy page: the catalogue is part of the program: " + err.Error())
	}
	return book.In()
}

// say is a sentence of ours. What fills its blanks is escaped already.
func (p layout) say(id string, pairs ...any) string { return p.v.Say("policy."+id, pairs...) }

// tongue is the language of the author's words where it is not that of the page, and
// else empty.
func (p layout) tongue() string {
	if len(p.Languages) > 0 && !strings.EqualFold(p.Languages[0], p.v.Lang()) {
		return p.Languages[0]
	}
	return ""
}

// The author's words within a line of ours are put between these two, which no text
// of theirs can hold; they become a lang attribute, or nothing.
const (
	theirsBegin = "\uE000"
	theirsEnd   = "\uE001"
)

var unmarked = strings.NewReplacer(theirsBegin, "", theirsEnd, "")

// theirs is a plain value of the author's, within a line of ours.
func (p layout) theirs(s string) string {
	if s = escape(s); s == "" || p.tongue() == "" {
		return s
	}
	return theirsBegin + s + theirsEnd
}

// amount is a length of time. Without one it is empty.
func (p layout) amount(a calendar.Amount) string { return amount(p.v, a) }

func amount(v *words.Voice, a calendar.Amount) string {
	if a.Unit == "" {
		return ""
	}
	return v.Say("policy.amount."+string(a.Unit), "count", a.N)
}

// hours is the working week in short: neighbouring days with the same hours share a
// part.
func hours(v *words.Voice, w *policy.WorkCalendar) string {
	week := []string{"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"}
	day := func(i int) string { return v.Weekday(time.Weekday((i + 1) % 7)) }
	var parts []string
	for i := 0; i < len(week); {
		hours := strings.Join(w.Hours[week[i]], ", ")
		j := i
		for j+1 < len(week) && strings.Join(w.Hours[week[j+1]], ", ") == hours {
			j++
		}
		if hours != "" {
			days := day(i)
			if j > i {
				days += "-" + day(j)
			}
			parts = append(parts, days+" "+hours)
		}
		i = j + 1
	}
	return strings.Join(parts, "; ") + " " + w.Zone
}

// Basis says in words by what rule a promised date was found.
func Basis(v *words.Voice, p *policy.Policy, d policy.Due) string {
	within := amount(v, d.Within)
	s := v.Say("policy.basis.plain", "amount", within)
	if d.Within.Business() {
		s = v.Say("policy.basis.business", "amount", within, "hours", hours(v, &p.Calendar))
		if !d.Opens.IsZero() {
			s += "; " + v.Say("policy.basis.opening", "when", v.Instant(d.Opens, d.Opens.Location()))
		}
	}
	if d.House {
		s += "; " + v.Say("policy.basis.house")
	}
	return s
}

// list is one text of several, with a word before the last: id is "and" or "or".
func (p layout) list(id string, items []string) string {
	if len(items) < 2 {
		return strings.Join(items, "")
	}
	return p.say(id, "list", strings.Join(items[:len(items)-1], ", "), "last", items[len(items)-1])
}

// tongues names languages, with their tags.
func tongues(v *words.Voice, tags []string) string {
	known := map[string]*display.Dictionary{"en": display.English, "de": display.German, "fr": display.French}[v.Lang()]
	names := slices.Clone(tags)
	for i, tag := range tags {
		if t, err := language.Parse(tag); err == nil && known != nil {
			if name := known.Tags().Name(t); name != "" {
				names[i] = name + " (" + tag + ")"
			}
		}
	}
	return strings.Join(names, ", ")
}

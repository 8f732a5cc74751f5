package page

import (
	"cmp"
	"net/url"
	"strconv"
	"strings"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"

	"fairlead/internal/advisory"
	"fairlead/internal/cvd"
	"fairlead/internal/words"
)

// Reading is a sheet as the site shows it, whether it is out or will be: one template
// serves the public page and the previews before a release, so that they say the same.
type Reading struct {
	*Sheet
	Lang      string   // of the author's words
	Level     int      // of the heading that is the title
	Mark      string   // begins each id, for several of them on one page
	Languages []Tongue // in which it can be read by itself; empty: no choice
	Original  string   // the address of the original, where this is a translation
	History   []Revision
}

// Tongue is a language in which an advisory can be read.
type Tongue struct {
	Tag, Name, Href string
	Here            bool
}

// Revision is one line of the history.
type Revision struct {
	cvd.AdvisoryChange
	Diff string // the address of what it changed; empty where there is nothing to compare
}

// Read makes the reading of a record whose title is a heading of that level. public is
// the latest revision that has a page; what comes after it can be compared with nothing.
func Read(a *cvd.Advisory, p advisory.Publisher, v *words.Voice, level, public int) *Reading {
	out := &Reading{Sheet: In(a, p, v), Lang: cmp.Or(a.Lang, "en"), Level: level}
	for _, c := range a.History {
		one := Revision{AdvisoryChange: c}
		if c.Revision > 1 && c.Revision <= public && a.Source == nil { // not all of others' revisions came here
			one.Diff = Address(a.ID) + "/diff?to=" + strconv.Itoa(c.Revision)
		}
		out.History = append(out.History, one)
	}
	return out
}

// Address is where the site shows an advisory.
func Address(id cvd.AdvisoryID) string { return "/advisories/" + url.PathEscape(string(id)) }

// Called is what people call a document, by its format and by what it is of: it is named
// as the register names it, such as "csaf/de".
func Called(v *words.Voice, document string) string {
	format, part, _ := strings.Cut(document, "/")
	if id := "advisories.format." + format; v.Has(id) {
		format = v.Say(id)
	}
	if part == "" {
		return format
	}
	return v.Say("advisories.part", "format", format, "name", part)
}

// Spoken is a language's name in that language, or its tag.
func Spoken(tag string) string {
	if t, err := language.Parse(tag); err == nil {
		if name := display.Self.Name(t); name != "" {
			return name
		}
	}
	return tag
}

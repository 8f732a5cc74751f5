package policy

import (
	"fmt"
	"regexp"
	"strings"

	"fairlead/internal/calendar"
)

// undertakes finds, in the languages of the house, the words that bind to an amount of
// time, and those that name the promise which most texts repeat.
var (
	undertakes   = regexp.MustCompile(`(?i)(within|innerhalb(\s+von)?|binnen|sous|dans\s+les?|en\s+moins\s+de)\s*$`)
	acknowledges = regexp.MustCompile(`(?i)acknowledg|bestätig|accus`)
)

// said warns of texts that give another amount of time than the promise which they
// repeat: a promise's own text, and a clause about the acknowledgement.
func (c *checker) said() {
	look := func(path, text string, p Promise) {
		for _, m := range calendar.Mentions(text) {
			if undertakes.MatchString(text[:m.At]) && !m.Amount.Same(p.Within) {
				c.warn(path, fmt.Sprintf("says %q, and the promise is %s", clip(m.Text), p.Within), "write the same in both: the clock goes by the promise")
			}
		}
	}
	for _, g := range c.p.Promises.All() {
		if g.Path != "promises.acknowledge" { // read below, with all that repeats it
			look(g.Path+".text", g.Promise.Text, g.Promise)
		}
	}
	first := c.p.Promises.Acknowledge
	sentences := func(path, text string) {
		for _, s := range strings.FieldsFunc(text, func(r rune) bool { return r == '.' || r == ';' || r == '\n' }) {
			if acknowledges.MatchString(s) {
				look(path, s, first)
			}
		}
	}
	look("promises.acknowledge.text", first.Text, first)
	for _, one := range c.p.Placed() {
		sentences(one.Path+".title", one.Clause.Title)
		sentences(one.Path+".text", one.Clause.Text)
	}
}

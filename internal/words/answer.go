package words

import (
	"slices"
	"strings"

	"fairlead/internal/cvd"
)

// choices are what forms propose as an answer. They are stored as programs send them.
var choices = []string{"yes", "no", "unknown"}

// Answer says an answer in this language as far as it is a choice of a form; what was
// added to it, and all other words, come back as they are.
func (v *Voice) Answer(a cvd.Answer) string {
	choice, more, added := strings.Cut(string(a), ": ")
	if !slices.Contains(choices, choice) || added && more == "" {
		return string(a)
	}
	if !added {
		return v.Say("public." + choice)
	}
	return v.Say("public."+choice) + v.Say("mark.colon") + " " + more
}

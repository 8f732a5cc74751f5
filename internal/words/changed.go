package words

import (
	"strings"

	"fairlead/internal/cvd"
)

// Changed names what a change of the contact changed, and never what it became. It is
// empty for other events, and for changes of before that was kept.
func (v *Voice) Changed(ev *cvd.Event) string {
	if ev.Type != cvd.EventContact || ev.Body == nil || len(ev.Body.Changed) == 0 {
		return ""
	}
	var out []string
	for _, name := range ev.Body.Changed {
		out = append(out, v.Say("contact.changed."+name))
	}
	return v.Say("contact.changed", "what", strings.Join(out, ", "))
}

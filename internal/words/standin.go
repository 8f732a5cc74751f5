package words

import (
	"strings"
	"sync"
)

// standIns are texts that the house puts where somebody's own cannot stand. They are
// kept in a case, or given to programs, in English.
var standIns = []string{
	"public.thread.withheld", "desk.mail.wordless", "import.wordless",
	"mail.unread.no-key", "mail.unread.exposed", "mail.unread.broken", "mail.unread.smime", "mail.unread.part",
}

var standing = sync.OnceValue(func() map[string]string {
	out := map[string]string{}
	if b, err := Load(); err == nil {
		for _, id := range standIns {
			out[b.voices[0].Say(id)] = id
		}
	}
	return out
})

// StandIn says in this language what the house put in place of somebody's words, or
// before them; all other words come back as they are.
func (v *Voice) StandIn(text string) string {
	if v.otherwise == nil {
		return text
	}
	line, rest, more := strings.Cut(text, "\n\n")
	id, ok := standing()[line]
	switch {
	case !ok:
		return text
	case more:
		return v.Say(id) + "\n\n" + rest
	}
	return v.Say(id)
}

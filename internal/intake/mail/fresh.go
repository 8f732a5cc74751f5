package mail

import (
	"regexp"
	"strings"
	"sync"
)

// attribution is the line that a program sets above what it quotes. Only those are
// known whose end nobody writes by chance: "… wrote:" and its like.
var attribution = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)(\bwrote|\bschrieb(?: .{1,200})?|\ba écrit|\bescribió|\bha scritto|\bschreef(?: .{1,200})?|\bescreveu|\bskrev(?: .{1,200})?|\bnapisał(?:\(a\))?)\s*:$`)
})

// Fresh is what a person wrote anew above the letter that the answer quotes. Only the
// unambiguous form is cut off: a block of lines that all begin with ">" at the very
// end, under an attribution line, below other words. In all other forms the text
// stays whole.
func Fresh(text string) string {
	lines := strings.Split(strings.TrimRight(text, " \t\n"), "\n")
	at, quoted := len(lines), false
	for at > 0 {
		line := strings.TrimSpace(lines[at-1])
		if strings.HasPrefix(line, ">") {
			quoted = true
		} else if line != "" {
			break
		}
		at--
	}
	if !quoted || at == 0 {
		return text
	}
	last := strings.TrimSpace(lines[at-1])
	from := at - 1
	if !attribution().MatchString(last) {
		return text
	}
	// Programs fold a long attribution line; its upper half then begins so.
	if from > 0 && !strings.Contains(last, "@") && foldedStart.MatchString(lines[from-1]) {
		from--
	}
	fresh := strings.TrimSpace(strings.Join(lines[:from], "\n"))
	if fresh == "" {
		return text
	}
	return fresh
}

var foldedStart = regexp.MustCompile(`^(?:On|Am|Le|El|Il|Op|Em|Den|W dniu) .*[0-9]`)

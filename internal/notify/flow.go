package notify

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// flowed is how long a line of a flowed text may be with the space at its end (RFC
// 3676 section 4.2 asks for 78 at most).
const flowed = 76

// flow writes text as format=flowed (RFC 3676, DelSp=no), so that a reader breaks
// the lines by its own width and joins them to exactly what was given. Lines end
// with LF. What stands at the end of a line as white space is lost, and so is
// whatever cannot be printed.
func flow(text string) string {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	var b strings.Builder
	for l := range strings.SplitSeq(text, "\n") {
		l = strings.TrimRightFunc(strings.Map(printed, l), unicode.IsSpace)
		quote := l[:len(l)-len(strings.TrimLeft(l, ">"))]
		rest := l[len(quote):]
		if quote != "" {
			rest = strings.TrimPrefix(rest, " ") // its stuffing, which is put back below
		}
		for {
			var part string
			part, rest = softBreak(rest, flowed-utf8.RuneCountInString(quote)-1)
			b.WriteString(quote)
			if stuffed(part) || (quote != "" && part != "") {
				b.WriteByte(' ')
			}
			b.WriteString(part)
			b.WriteByte('\n')
			if rest == "" {
				break
			}
		}
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// softBreak cuts a line behind the last run of spaces at which it is at most as long
// as limit, in runes; a longer word stays whole.
func softBreak(l string, limit int) (part, rest string) {
	if utf8.RuneCountInString(l) <= limit {
		return l, ""
	}
	cut, n := 0, 0
	for i, r := range l {
		if n++; n > limit && cut > 0 {
			break
		}
		next := i + utf8.RuneLen(r)
		// Two hyphens and a space are the mark of a signature, never a line of text.
		if r == ' ' && next < len(l) && l[next] != ' ' && strings.TrimLeft(l[:next], " ") != "" && l[:next] != "-- " {
			cut = next
		}
	}
	if cut == 0 {
		return l, ""
	}
	return l[:cut], l[cut:]
}

// stuffed tells whether a space is put before the line (section 4.4).
func stuffed(l string) bool {
	return strings.HasPrefix(l, " ") || strings.HasPrefix(l, ">") || strings.HasPrefix(l, "From ")
}

// printed keeps what can be shown, the tab, the spaces at which no line ends, and the
// two marks without which some scripts cannot be written; it makes a space of any
// other kind of one.
func printed(r rune) rune {
	switch {
	case unicode.IsPrint(r), joins(r), r == '\t', r == '\u200c', r == '\u200d':
		return r
	case unicode.IsSpace(r):
		return ' '
	}
	return -1
}

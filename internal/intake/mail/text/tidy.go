package text

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Tidy makes text what a case may hold: LF, no control characters, no blanks around.
// It tells whether there were control characters.
func Tidy(s string) (string, bool) {
	s = strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
	odd := strings.ContainsFunc(s, IsControl)
	if odd {
		s = strings.Map(func(r rune) rune {
			if IsControl(r) {
				return -1
			}
			return r
		}, s)
	}
	return strings.TrimSpace(s), odd
}

// IsControl tells which characters text may not hold.
func IsControl(r rune) bool {
	return r < 0x20 && r != '\n' && r != '\t' || r >= 0x7f && r < 0xa0 || r == 0xfeff
}

// Line makes a text one line that steers nothing: no control characters, and none
// that turn the direction of what follows (Unicode Standard Annex 9), by which a name
// can be made to read as another.
func Line(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\r' || r == '\t' || r == 0x2028 || r == 0x2029:
			return ' '
		case IsControl(r), r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069, r == 0x200e, r == 0x200f, r == 0x061c:
			return -1
		}
		return r
	}, s)
	return strings.Join(strings.FieldsFunc(s, unicode.IsSpace), " ")
}

// Shorten cuts a text to at most so many characters.
func Shorten(s string, most int) (string, bool) {
	if len(s) <= most || utf8.RuneCountInString(s) <= most {
		return s, false
	}
	n := 0
	for i := range s {
		if n == most {
			return strings.TrimSpace(s[:i]), true
		}
		n++
	}
	return s, false
}

// Uncomment leaves out what stands in round brackets (RFC 5322 section 3.2.2).
func Uncomment(s string) string {
	if !strings.Contains(s, "(") {
		return s
	}
	var b strings.Builder
	depth, quoted := 0, false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\' && i+1 < len(s):
			if depth == 0 {
				b.WriteString(s[i : i+2])
			}
			i++
		case c == '"' && depth == 0:
			quoted = !quoted
			b.WriteByte(c)
		case c == '(' && !quoted:
			depth++
		case c == ')' && depth > 0:
			depth--
		case depth == 0:
			b.WriteByte(c)
		}
	}
	return b.String()
}

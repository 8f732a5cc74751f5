// Package text makes what people read out of how mail carries it: transfer encodings,
// flowed lines, HTML.
//
// It never fails, never fetches what a text names, and never shortens one; what it
// cannot read stays as it came.
package text

import (
	"bytes"
	"encoding/base64"
	"slices"
	"strings"
	"unicode/utf8"
)

// Base64 skips what is not of the alphabet (RFC 2045 section 6.8). What follows the
// padding is not part of it: software on the way appends footers there, so it is
// kept as it is where the caller asks for it, as it does for text. A line of something
// else holds letters of the alphabet as well, which would shift all that follows: in a
// text such lines are left out as a whole, where only that makes words of it. whole
// tells whether nothing was wrong.
func Base64(b []byte, isText bool) (out []byte, whole bool) {
	out, whole = base64Of(b, isText)
	if whole || !isText || readable(out) {
		return out, whole
	}
	if clean, _ := base64Of(withoutOddLines(b), isText); len(clean) > 0 && readable(clean) {
		return clean, false
	}
	return out, whole
}

func base64Of(b []byte, keepTail bool) (out []byte, whole bool) {
	digits, tail, whole := digitsOf(b)
	if len(digits)%4 == 1 { // six bits alone are no octet
		digits, whole = digits[:len(digits)-1], false
	}
	out = make([]byte, base64.RawStdEncoding.DecodedLen(len(digits)))
	n, err := base64.RawStdEncoding.Decode(out, digits)
	out = out[:n]
	if len(bytes.TrimSpace(tail)) > 0 && keepTail {
		out = append(append(out, '\n'), tail...)
	}
	return out, whole && err == nil && len(tail) == 0
}

// withoutOddLines leaves out the lines that hold something else than digits, up to the
// padding.
func withoutOddLines(b []byte) []byte {
	var out []byte
	for len(b) > 0 {
		line, rest := nextLine(b)
		bare := bytes.TrimSpace(line)
		digits := bytes.TrimRight(bare, "=")
		if len(digits) < len(bare) && len(digits) > 0 && !bytes.ContainsFunc(digits, noDigit) {
			return append(out, b...)
		}
		if !bytes.ContainsFunc(bare, noDigit) {
			out = append(out, line...)
		}
		b = rest
	}
	return out
}

// readable tells whether octets may be words in UTF-8, in which what is decoded out of
// step hardly ever comes out.
func readable(b []byte) bool {
	return utf8.Valid(b) && !bytes.ContainsFunc(b, func(r rune) bool { return IsControl(r) && r != '\t' && r != '\n' && r != '\r' })
}

// digitsOf gathers the digits of base64 up to the padding, or up to a blank line behind
// which other characters stand. whole tells whether there was nothing else.
func digitsOf(b []byte) (digits, tail []byte, whole bool) {
	digits, whole = make([]byte, 0, len(b)), true
	for blank := false; len(b) > 0; {
		line, rest := nextLine(b)
		line = bytes.TrimSpace(line)
		if end := bytes.IndexByte(line, '='); end >= 0 && !bytes.ContainsFunc(line[:end], noDigit) {
			return append(digits, line[:end]...), bytes.TrimSpace(slices.Concat(bytes.TrimLeft(line[end:], "= \t"), []byte{'\n'}, rest)), whole
		}
		odd := bytes.ContainsFunc(line, noDigit)
		if odd && blank {
			return digits, bytes.TrimSpace(b), whole
		}
		for _, c := range line {
			if !noDigit(rune(c)) {
				digits = append(digits, c)
			} else if c > ' ' {
				whole = false
			}
		}
		blank = len(line) == 0
		b = rest
	}
	return digits, nil, whole
}

func noDigit(r rune) bool {
	return r != '+' && r != '/' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
}

// QuotedPrintable leaves a sequence that is none as it stands (RFC 2045 section 6.7).
func QuotedPrintable(b []byte) (out []byte, whole bool) {
	whole = true
	out = make([]byte, 0, len(b))
	for len(b) > 0 {
		var line []byte
		line, b = nextLine(b)
		text := bytes.TrimRight(line, "\r\n")
		end := line[len(text):]
		text = bytes.TrimRight(text, " \t")
		soft := bytes.HasSuffix(text, []byte{'='})
		text = bytes.TrimSuffix(text, []byte{'='})
		for i := 0; i < len(text); i++ {
			if text[i] == '=' {
				if i+2 < len(text) {
					hi, lo := hexDigit(text[i+1]), hexDigit(text[i+2])
					if hi >= 0 && lo >= 0 {
						out = append(out, byte(hi<<4|lo))
						i += 2
						continue
					}
				}
				whole = false
			}
			out = append(out, text[i])
		}
		if !soft {
			out = append(out, end...)
		}
	}
	return out, whole
}

func hexDigit(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	}
	return -1
}

// Unflow joins the lines of format=flowed (RFC 3676 section 4).
func Unflow(s string, delSp bool) string {
	var b strings.Builder
	open, depth := false, 0 // a line that flows on, and its quote marks
	for _, line := range strings.Split(strings.ReplaceAll(s, "\r\n", "\n"), "\n") {
		bare := strings.TrimLeft(line, ">")
		marks := len(line) - len(bare)
		bare = strings.TrimPrefix(bare, " ")
		if open && (marks != depth || bare == "-- ") {
			b.WriteByte('\n')
			open = false
		}
		if !open && marks > 0 {
			b.WriteString(strings.Repeat(">", marks) + " ")
		}
		flows := strings.HasSuffix(bare, " ") && bare != "-- "
		if flows && delSp {
			bare = strings.TrimSuffix(bare, " ")
		}
		b.WriteString(bare)
		if !flows {
			b.WriteByte('\n')
		}
		open, depth = flows, marks
	}
	return b.String()
}

// nextLine cuts after the first LF.
func nextLine(b []byte) (line, rest []byte) {
	if i := bytes.IndexByte(b, '\n'); i >= 0 {
		return b[:i+1], b[i+1:]
	}
	return b, nil
}

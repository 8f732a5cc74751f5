package proof

import (
	"bytes"
	"strings"

	"fairlead/internal/intake/mail"
)

// oneAuthor tells whether every program must see the same one author: the header is cut
// the same way by all, has one From field, and that names from alone. A signature says
// nothing about a From field that its checker did not see.
func oneAuthor(raw []byte, from string) bool {
	authors := mail.Authors(raw)
	return len(authors) == 1 && strings.EqualFold(authors[0].Email, from) && strict(raw)
}

// strict tells whether the header is made of fields and their continuations alone, with
// one From field and without the octets at which some programs end a line.
func strict(raw []byte) bool {
	froms := 0
	for i := 0; len(raw) > 0; i++ {
		var line []byte
		line, raw = nextLine(raw)
		if len(line) == 0 {
			return froms == 1
		}
		if bytes.ContainsAny(line, "\r\x00") {
			return false
		}
		if line[0] == ' ' || line[0] == '\t' {
			if i == 0 {
				return false
			}
			continue
		}
		name, _, ok := bytes.Cut(line, []byte{':'})
		if !ok || len(name) == 0 || bytes.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r > '~' }) {
			return false
		}
		if strings.EqualFold(string(name), "from") {
			froms++
		}
	}
	return false // there is no end of the header
}

// nextLine cuts one line, without its end.
func nextLine(b []byte) (line, rest []byte) {
	i := bytes.IndexByte(b, '\n')
	if i < 0 {
		return b, nil
	}
	return bytes.TrimSuffix(b[:i], []byte{'\r'}), b[i+1:]
}

// topmost is the value of the first field of that name, unfolded; "" if there is none.
func topmost(raw []byte, name string) string {
	var value []byte
	found := false
	for len(raw) > 0 {
		var line []byte
		line, raw = nextLine(raw)
		continued := len(line) > 0 && (line[0] == ' ' || line[0] == '\t')
		switch n, v, ok := bytes.Cut(line, []byte{':'}); {
		case len(line) == 0, found && !continued:
			return string(value)
		case found:
			value = append(append(value, ' '), bytes.TrimSpace(line)...)
		case ok && !continued && strings.EqualFold(string(bytes.TrimRight(n, " \t")), name):
			value, found = append(value, bytes.TrimSpace(v)...), true
		}
	}
	return string(value)
}

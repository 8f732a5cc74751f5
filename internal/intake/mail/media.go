package mail

import (
	"slices"
	"strconv"
	"strings"

	"fairlead/internal/intake"
	"fairlead/internal/intake/mail/text"
)

// mediaType is a Content-Type or Content-Disposition, lower case but for the values.
type mediaType struct {
	kind   string // such as text/plain or attachment
	params map[string]string
}

func (m mediaType) in(kinds ...string) bool { return slices.Contains(kinds, m.kind) }
func (m mediaType) multipart() bool         { return strings.HasPrefix(m.kind, "multipart/") }
func (m mediaType) text() bool              { return strings.HasPrefix(m.kind, "text/") }

// mediaType is the type of the entity: text/plain if it says nothing or nonsense
// (RFC 2045 section 5.2).
func (e *entity) mediaType(d *doubts) mediaType {
	value := e.get("content-type")
	m := parseMedia(value)
	if m.kind == "text" {
		m.kind = "text/plain" // how messages before MIME wrote it
	}
	if major, minor, ok := strings.Cut(m.kind, "/"); !ok || major == "" || minor == "" || strings.ContainsAny(minor, "/ \t,") {
		if value != "" {
			d.add(doubtType)
		}
		m.kind = "text/plain"
	}
	return m
}

// parseMedia reads a value with parameters as leniently as it can: the standard
// library drops all parameters if one of them is wrong, and knows only two character
// sets for them.
func parseMedia(s string) mediaType {
	kind, rest := cutValue(s)
	m := mediaType{kind: strings.ToLower(strings.TrimSpace(text.Uncomment(kind))), params: map[string]string{}}
	pieces := map[string]string{} // of RFC 2231, by name, number and star
	for n := 0; rest != "" && n < 100; n++ {
		var one string
		one, rest = cutValue(rest)
		name, value, ok := strings.Cut(one, "=")
		name = strings.ToLower(strings.TrimSpace(text.Uncomment(name)))
		if !ok || name == "" {
			continue
		}
		value = unquote(strings.TrimSpace(value))
		if strings.Contains(name, "*") {
			pieces[name] = value
		} else if _, has := m.params[name]; !has {
			m.params[name] = value
		}
	}
	for name := range pieces {
		base, _, _ := strings.Cut(name, "*")
		if value, ok := joinPieces(base, pieces); ok {
			m.params[base] = value
		}
	}
	return m
}

// cutValue cuts at the first semicolon outside of quotation marks.
func cutValue(s string) (value, rest string) {
	quoted := false
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			if quoted {
				i++
			}
		case '"':
			quoted = !quoted
		case ';':
			if !quoted {
				return s[:i], s[i+1:]
			}
		}
	}
	return s, ""
}

func unquote(s string) string {
	if len(s) == 0 || s[0] != '"' {
		return strings.TrimSpace(text.Uncomment(s))
	}
	var b strings.Builder
	for i := 1; i < len(s) && s[i] != '"'; i++ {
		if s[i] == '\\' && i+1 < len(s) {
			i++
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// joinPieces puts together the continuations of one parameter and reads its
// character set (RFC 2231 sections 3 and 4).
func joinPieces(base string, pieces map[string]string) (string, bool) {
	if v, ok := pieces[base+"*"]; ok {
		label, value := cutLabel(v)
		return fromCharset(label, percent(value)), true
	}
	var b strings.Builder
	label := ""
	for n := 0; n < 100; n++ {
		at := base + "*" + strconv.Itoa(n)
		if v, ok := pieces[at]; ok {
			b.WriteString(v)
			continue
		}
		v, ok := pieces[at+"*"]
		if !ok {
			return fromCharset(label, b.String()), n > 0
		}
		if n == 0 {
			label, v = cutLabel(v)
		}
		b.WriteString(percent(v))
	}
	return fromCharset(label, b.String()), true
}

// cutLabel cuts CHARSET'LANGUAGE'VALUE.
func cutLabel(s string) (label, value string) {
	parts := strings.SplitN(s, "'", 3)
	if len(parts) < 3 {
		return "", s
	}
	return parts[0], parts[2]
}

func percent(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			if n, err := strconv.ParseUint(s[i+1:i+3], 16, 8); err == nil {
				b.WriteByte(byte(n))
				i += 2
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

func fromCharset(label, s string) string {
	s, _ = text.Decode([]byte(s), label)
	return s
}

// fileName is what the sender calls a part, or "".
func (e *entity) fileName() string {
	for _, name := range []string{parseMedia(e.get("content-disposition")).params["filename"], e.media.params["name"]} {
		if name = words(name); name != "" {
			return intake.FileName(name)
		}
	}
	return ""
}

// Package shape looks at a JSON document before anybody decodes it: how deep it nests,
// and whether a member stands there twice. It knows no format.
package shape

import (
	"bytes"
	"encoding/json"
)

// MaxDepth is how many levels of a document stand within one another at most. Formats
// have a dozen; each level costs a reader memory on each of its ways through.
const MaxDepth = 64

// Deeper tells whether a document, or what of it looks like one, has more levels than
// MaxDepth.
func Deeper(b []byte) bool {
	depth, text := 0, false
	for i := 0; i < len(b); i++ {
		switch c := b[i]; {
		case text && c == '\\':
			i++
		case c == '"':
			text = !text
		case text:
		case c == '{' || c == '[':
			if depth++; depth > MaxDepth {
				return true
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return false
}

// level is one object or list while a document is walked.
type level struct {
	seen  map[string]bool // nil for a list
	key   string          // the member that is read
	value bool            // whether its value comes next
	n     int             // values read
}

// path is where the value stands that is read in the last level.
func path(stack []level) (parts []any) {
	for i := range stack {
		if stack[i].seen == nil {
			parts = append(parts, stack[i].n-1)
			continue
		}
		parts = append(parts, stack[i].key)
	}
	return parts
}

// Twice is the path to the first member that an object has twice: names, and numbers in
// lists; nil for none. Readers do not agree on which of the two counts (RFC 8259, 4).
func Twice(b []byte) []any {
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	var stack []level
	for {
		t, err := d.Token()
		if err != nil {
			return nil
		}
		top := len(stack) - 1
		delim, ok := t.(json.Delim)
		if ok && (delim == '}' || delim == ']') {
			stack = stack[:top]
			continue
		}
		if top >= 0 {
			l := &stack[top]
			if key, ok := t.(string); ok && l.seen != nil && !l.value {
				l.key, l.value = key, true
				if l.seen[key] {
					return path(stack)
				}
				l.seen[key] = true
				continue
			}
			l.value = false
			l.n++
		}
		if ok {
			next := level{}
			if delim == '{' {
				next.seen = map[string]bool{}
			}
			stack = append(stack, next)
		}
	}
}

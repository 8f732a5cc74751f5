package sbom

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

// What a document's shape may be refused for, before anything is made of it.
var (
	errDeep = fault(fmt.Sprintf("nests deeper than %d levels", maxDepth), "flatten it, or leave out what is nested")
	errMany = fault(fmt.Sprintf("holds more than %d items in lists", maxItems), "leave out its files, licence texts, dependencies and vulnerabilities")
	errMore = fault(fmt.Sprintf("lists more than %d components", MaxComponents), "split it by parts of the product, and leave out files")
)

// large are the lists whose items take much memory each, so that few bytes would
// become many: those of components and files, in the words of both formats.
var large = []string{"components", "ancestors", "descendants", "variants", "packages", "files"}

// shape counts levels and items.
type shape struct {
	levels         []level
	items, largest int
}

type level struct{ list, large bool }

func (s *shape) open(to level) error {
	if s.levels = append(s.levels, to); len(s.levels) > maxDepth {
		return errDeep
	}
	return nil
}

func (s *shape) close() {
	if len(s.levels) > 0 {
		s.levels = s.levels[:len(s.levels)-1]
	}
}

func (s *shape) item(large bool) error {
	if s.items++; s.items > maxItems {
		return errMany
	}
	if large {
		if s.largest++; s.largest > MaxComponents {
			return errMore
		}
	}
	return nil
}

// jsonShape counts without reading: strings are passed over, and what is broken
// is left to the reader. An item counts whatever it is, since the reader makes
// room for a null too.
func jsonShape(b []byte) error {
	var s shape
	var text, name []byte // the latest string, and the latest that names a member
	for i := 0; i < len(b); i++ {
		var err error
		switch b[i] {
		case '"':
			from := i
			for i++; i < len(b) && b[i] != '"'; i++ {
				if b[i] == '\\' {
					i++
				}
			}
			text = b[from:min(i+1, len(b))]
		case ':':
			name = text
		case '{':
			err = s.open(level{})
		case '[':
			of := level{list: true, large: isLarge(name)}
			if err = s.open(of); err == nil {
				err = s.item(of.large)
			}
		case '}', ']':
			s.close()
		case ',':
			if n := len(s.levels); n > 0 && s.levels[n-1].list {
				err = s.item(s.levels[n-1].large)
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// isLarge tells whether the quoted name is one of the large lists', as the reader
// takes it: escaped or not, in either case.
func isLarge(quoted []byte) bool {
	var name string
	if len(quoted) > 100 || json.Unmarshal(quoted, &name) != nil {
		return false
	}
	for _, one := range large {
		if strings.EqualFold(name, one) {
			return true
		}
	}
	return false
}

// xmlShape counts elements, and refuses a document type, which no bill needs and
// which is where entities come from.
func xmlShape(b []byte) error {
	var s shape
	for {
		i := bytes.IndexByte(b, '<')
		if i < 0 {
			return nil
		}
		b = b[i:]
		if bytes.HasPrefix(b, []byte("<!")) || bytes.HasPrefix(b, []byte("<?")) {
			rest, err := aside(b)
			if err != nil || rest == nil {
				return err
			}
			b = rest
			continue
		}
		n := tagLength(b)
		switch {
		case n > maxTag:
			return fault(fmt.Sprintf("has an element with more than %d bytes of attributes", maxTag), "leave out what no bill needs")
		case n == 0:
			return nil // broken, as the reader will say
		case b[1] == '/':
			s.close()
		default:
			if err := s.item(isComponent(b[1 : n-1])); err != nil {
				return err
			}
			if b[n-2] == '/' {
				break
			}
			if err := s.open(level{}); err != nil {
				return err
			}
		}
		b = b[n:]
	}
}

// aside passes over a comment, a run of raw text or an instruction. It returns
// nil if that does not end, as the reader will say.
func aside(b []byte) ([]byte, error) {
	for _, one := range []struct{ begin, end string }{{"<!--", "-->"}, {"<![CDATA[", "]]>"}, {"<?", "?>"}} {
		if !bytes.HasPrefix(b, []byte(one.begin)) {
			continue
		}
		_, rest, ok := bytes.Cut(b[len(one.begin):], []byte(one.end))
		if !ok {
			return nil, nil
		}
		return rest, nil
	}
	return nil, fault("declares a document type", "leave out what begins with <! and is no comment")
}

func isComponent(tag []byte) bool {
	if i := bytes.IndexAny(tag, " \t\r\n/"); i >= 0 {
		tag = tag[:i]
	}
	return string(tag[bytes.LastIndexByte(tag, ':')+1:]) == "component"
}

// tagLength is how long the tag is that b begins with, as far as maxTag+1; 0 if
// it does not end.
func tagLength(b []byte) int {
	quote := byte(0)
	for i := 1; i < len(b); i++ {
		switch c := b[i]; {
		case i > maxTag:
			return i
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '>':
			return i + 1
		}
	}
	return 0
}

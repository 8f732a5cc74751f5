package intake

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"fairlead/internal/cvd"
)

// FromJSON reads the body of POST /api/v1/reports. It is a cvd.ErrTooLarge over
// MaxBody bytes, a cvd.ErrUnreadable if it is no JSON or nests too deeply, and
// cvd.Faults, all at once but at most MaxFaults, if it is readable but wrong:
// more than maxValues values in all, a member that does not exist, one that is given twice, of the wrong type, too long, or not UTF-8.
// With cvd.Faults comes the report as far as it could be read, so that a caller can
// tell what else is wrong with it.
func FromJSON(body []byte) (*cvd.Report, error) {
	if len(body) > MaxBody {
		return &cvd.Report{}, fmt.Errorf("%w: the body has %d bytes, more than the %d that it may have; shorten it, or send the rest as attachments", cvd.ErrTooLarge, len(body), MaxBody)
	}
	root, faults, err := parse(body)
	in := &reading{faults: faults}
	if err != nil {
		return &in.report, err
	}
	if root.kind != '{' {
		in.fault("body", "is not a JSON object", "send one object with the members of a report")
		return &in.report, in.faults
	}
	for _, m := range root.members {
		in.member("", m)
	}
	return in.done()
}

// ContactFromJSON reads a contact alone, by the rules of a report's member reporter.
// It fails as FromJSON does, and names its members without that one in front.
func ContactFromJSON(body []byte) (*cvd.Contact, error) {
	root, faults, err := parse(body)
	in := &reading{alone: true}
	contact(&in.report)
	if err != nil {
		return in.report.Reporter, err
	}
	if root.kind == '{' {
		in.nested("reporter.", root)
	} else {
		in.fault("body", "is not a JSON object", "send one object with the members of a contact")
	}
	for i := range in.faults {
		in.faults[i].Field = strings.TrimPrefix(in.faults[i].Field, "reporter.")
	}
	return in.report.Reporter, Add(faults, in.faults...).Err()
}

// member takes one member of the report, or of its reporter.
func (in *reading) member(prefix string, m member) {
	field := prefix + m.name
	l := byName[field]
	switch {
	case m.value.bad: // not UTF-8; told by the parser
	case field == "extra":
		in.extra(m.value)
	case field == "reporter":
		in.nested("reporter.", m.value)
	case field == "reporter.credit":
		in.credit(l, m.value)
	case l == nil || field == "reporter.credit.as" || strings.Contains(m.name, "."):
		in.unknown(prefix + nameable(m.name))
	case m.value.kind == 'n': // null is left out
	case l.shape == list && m.value.kind == '[':
		in.list(l, m.value)
	case l.shape == list && m.value.kind == 's':
		in.putList(l, SplitLines(strings.ReplaceAll(m.value.text, "\r", "\n")))
	case m.value.kind == 's', m.value.kind == 'b' && l.shape == answer, m.value.kind == '0' && l.name == "cwe":
		in.put(l, field, m.value.text)
	default:
		in.fault(field, "is not "+wanted(l.shape), "send "+wanted(l.shape))
	}
}

func (in *reading) unknown(field string) {
	if in.alone {
		in.fault(field, "is no member of a contact", "leave it out, or use one of "+contactMembers)
		return
	}
	in.fault(field, "is no member of a report", "put what has no member of its own into extra")
}

// contactMembers names what a contact takes, for a remedy.
var contactMembers = func() string {
	var names []string
	for _, l := range limits {
		if name, ok := strings.CutPrefix(l.name, "reporter."); ok && !strings.Contains(name, ".") {
			names = append(names, name)
		}
	}
	return strings.Join(names, ", ")
}()

func wanted(s shape) string {
	switch s {
	case list:
		return "a text or a list of texts"
	case answer:
		return "a text, true or false"
	}
	return "a text"
}

func (in *reading) list(l *limit, v node) {
	items := make([]string, len(v.items)) // one that is none stays blank, so that each keeps its number
	for i, one := range v.items {
		switch {
		case one.kind == 's' && !one.bad:
			items[i] = one.text
		case !one.bad:
			in.fault(fmt.Sprintf("%s[%d]", l.name, i), "is not a text", "send a list of texts")
		}
	}
	in.putList(l, items)
}

func (in *reading) nested(prefix string, v node) {
	switch v.kind {
	case 'n':
	case '{':
		for _, m := range v.members {
			in.member(prefix, m)
		}
	default:
		in.fault(strings.TrimSuffix(prefix, "."), "is not an object", "send an object, or leave it out")
	}
}

// credit reads a choice, or {wanted, as}; wanted may be true or false.
func (in *reading) credit(l *limit, v node) {
	switch v.kind {
	case 'n':
	case 's':
		in.put(l, l.name, v.text)
	case '{':
		for _, m := range v.members {
			switch {
			case m.value.bad || m.value.kind == 'n':
			case m.name == "wanted" && m.value.kind == 'b':
				in.put(l, "reporter.credit.wanted", map[string]string{"yes": "name", "no": "none"}[m.value.text])
			case m.name == "wanted" && m.value.kind == 's':
				in.put(l, "reporter.credit.wanted", m.value.text)
			case m.name == "as" && m.value.kind == 's':
				in.put(byName["reporter.credit.as"], "reporter.credit.as", m.value.text)
			default:
				in.fault("reporter.credit."+nameable(m.name), "is no text member of a credit", "send wanted and as")
			}
		}
	default:
		in.fault(l.name, "is not a text or an object", `send "name", "anonymous", "none" or {"wanted", "as"}`)
	}
}

func (in *reading) extra(v node) {
	switch v.kind {
	case 'n':
	case '{':
		for _, m := range v.members {
			in.putExtra(m.name, m.value)
		}
	default:
		in.fault("extra", "is not an object", "send an object of names and values")
	}
}

// node is one JSON value. kind is { [ s (text) 0 (number) b (true, false) or n
// (null); text of true is yes and of false no.
type node struct {
	kind    byte
	text    string
	items   []node
	members []member
	raw     []byte // as it was sent; of a form's field nil
	bad     bool   // a text that is not UTF-8
}

type member struct {
	name  string
	value node
}

// parser reads JSON strictly: no member twice, no bytes that are not UTF-8, no
// depth beyond maxDepth, nothing after the value. It builds the tree without
// recursion into what a stranger nests.
type parser struct {
	dec    *json.Decoder
	body   []byte
	at     int64 // end of the token before
	values int   // read so far
	faults cvd.Faults
}

func unreadable(at int64) error {
	return fmt.Errorf("%w: the body is no JSON; look near byte %d", cvd.ErrUnreadable, at)
}

// Scan refuses what two readers could take differently, or neither could take at all:
// what is no JSON or nests too deeply is a cvd.ErrUnreadable; a member given twice and a
// text that is not UTF-8 are cvd.Faults.
func Scan(body []byte) error {
	_, faults, err := parse(body)
	if err != nil {
		return err
	}
	return faults.Err()
}

// parse reads the one value of a body, and what is wrong with its texts and names.
func parse(body []byte) (node, cvd.Faults, error) {
	p := &parser{dec: json.NewDecoder(bytes.NewReader(body)), body: body}
	p.dec.UseNumber()
	t, err := p.token()
	if err != nil {
		return node{}, nil, err
	}
	root, err := p.value(t, "", 1)
	if err != nil {
		return node{}, nil, err
	}
	if _, err := p.dec.Token(); !errors.Is(err, io.EOF) {
		return node{}, nil, unreadable(p.dec.InputOffset())
	}
	return root, p.faults, nil
}

func (p *parser) token() (json.Token, error) {
	p.at = p.dec.InputOffset()
	t, err := p.dec.Token()
	if err != nil {
		return nil, unreadable(p.dec.InputOffset())
	}
	return t, nil
}

// sound tells whether the bytes of the last token are UTF-8.
func (p *parser) sound(text string) bool {
	raw := p.body[p.at:p.dec.InputOffset()]
	if !utf8.Valid(raw) {
		return false
	}
	// Half of a surrogate pair reads as the replacement character, which was
	// then not written in the text.
	const lost = "\uFFFD"
	n := strings.Count(text, lost)
	return n == 0 || n <= bytes.Count(raw, []byte(lost))+bytes.Count(bytes.ToLower(raw), []byte(`\ufffd`))
}

func (p *parser) value(t json.Token, path string, depth int) (node, error) {
	if depth > maxDepth {
		return node{}, fmt.Errorf("%w: the body nests deeper than %d levels; flatten it", cvd.ErrUnreadable, maxDepth)
	}
	if p.values++; p.values > maxValues {
		return node{}, cvd.Faults{{Field: "body", Problem: fmt.Sprintf("holds more than %d values", maxValues), Remedy: "send fewer, or put them into a file"}}
	}
	return p.shaped(t, path, depth, p.at)
}

// shaped builds the node of a value whose first token, t, was read after byte at.
func (p *parser) shaped(t json.Token, path string, depth int, at int64) (n node, err error) {
	defer func() { n.raw = bytes.TrimLeft(p.body[at:p.dec.InputOffset()], " \t\r\n:,") }()
	switch t := t.(type) {
	case json.Delim:
		if t == '{' {
			return p.object(path, depth)
		}
		return p.array(path, depth)
	case string:
		n := node{kind: 's', text: t}
		if n.bad = !p.sound(t); n.bad {
			p.faults = Add(p.faults, cvd.Fault{Field: path, Problem: "is not valid UTF-8", Remedy: "send text in UTF-8"})
		}
		return n, nil
	case json.Number:
		return node{kind: '0', text: t.String()}, nil
	case bool:
		return node{kind: 'b', text: map[bool]string{true: "yes", false: "no"}[t]}, nil
	}
	return node{kind: 'n'}, nil
}

func (p *parser) object(path string, depth int) (node, error) {
	n := node{kind: '{'}
	seen := map[string]bool{}
	for p.dec.More() {
		t, err := p.token()
		if err != nil {
			return n, err
		}
		name, ok := t.(string)
		if !ok {
			return n, unreadable(p.dec.InputOffset())
		}
		inner := nameable(name)
		if path != "" {
			inner = path + "." + inner
		}
		switch {
		case !p.sound(name):
			p.faults = Add(p.faults, cvd.Fault{Field: inner, Problem: "has a name that is not valid UTF-8", Remedy: "send text in UTF-8"})
		case seen[name]:
			p.faults = Add(p.faults, cvd.Fault{Field: inner, Problem: "is given more than once", Remedy: "give each member once"})
		}
		twice := seen[name]
		seen[name] = true
		if t, err = p.token(); err != nil {
			return n, err
		}
		v, err := p.value(t, inner, depth+1)
		if err != nil {
			return n, err
		}
		if !twice {
			n.members = append(n.members, member{name, v})
		}
	}
	_, err := p.token()
	return n, err
}

func (p *parser) array(path string, depth int) (node, error) {
	n := node{kind: '['}
	for p.dec.More() {
		t, err := p.token()
		if err != nil {
			return n, err
		}
		v, err := p.value(t, fmt.Sprintf("%s[%d]", path, len(n.items)), depth+1)
		if err != nil {
			return n, err
		}
		n.items = append(n.items, v)
	}
	_, err := p.token()
	return n, err
}

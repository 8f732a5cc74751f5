package mail

import (
	"bytes"
	"fmt"
	"strings"

	"fairlead/internal/cvd"
)

// field is one header field.
type field struct {
	name  string // lower case
	value string // unfolded, as octets: it need not be valid UTF-8
}

// entity is a message or a part of one, cut but not decoded. The octets are cut here
// and not by the MIME library, because a signature covers them exactly as they came,
// and because a library that stops at the first fault loses what stands behind it.
type entity struct {
	fields []field
	header []byte // without the empty line
	body   []byte
	media  mediaType
}

// ErrHeader says that it is the header that is too large, and not the message.
var ErrHeader = fmt.Errorf("%w: the header is too large", cvd.ErrTooLarge)

// cut separates the header from the body. A header that is too large is an error; all
// else is read somehow.
func cut(raw []byte, d *doubts) (*entity, error) {
	e := &entity{}
	rest := raw
	for len(rest) > 0 {
		line, after := nextLine(rest)
		if len(raw)-len(after) > maxHeader {
			return nil, fmt.Errorf("%w: it has more than %d KiB, which is the most", ErrHeader, maxHeader>>10)
		}
		text := bytes.TrimRight(line, "\r\n")
		if len(text) == 0 {
			e.header, e.body = raw[:len(raw)-len(rest)], after
			e.media = e.mediaType(d)
			return e, nil
		}
		if !e.take(text, d) {
			if len(e.fields) == 0 && isMboxLine(text) {
				rest = after
				continue
			}
			if len(e.fields) > 0 {
				d.add(doubtHeader)
			}
			break
		}
		if len(e.fields) > maxFields {
			return nil, fmt.Errorf("%w: it has more than %d fields, which is the most", ErrHeader, maxFields)
		}
		rest = after
	}
	e.header, e.body = raw[:len(raw)-len(rest)], rest
	e.media = e.mediaType(d)
	return e, nil
}

// take adds one line of a header; false means that it is none.
func (e *entity) take(line []byte, d *doubts) bool {
	if line[0] == ' ' || line[0] == '\t' {
		if len(e.fields) == 0 {
			return false
		}
		last := &e.fields[len(e.fields)-1]
		last.value = bounded(last.value, " "+strings.TrimSpace(string(line)), d)
		return true
	}
	name, value, ok := bytes.Cut(line, []byte{':'})
	name = bytes.TrimRight(name, " \t")
	if !ok || len(name) == 0 || len(name) > maxID || bytes.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return false
	}
	e.fields = append(e.fields, field{strings.ToLower(string(name)), bounded("", strings.TrimSpace(string(value)), d)})
	return true
}

// bounded appends to the value of a field up to the limit.
func bounded(value, more string, d *doubts) string {
	if room := maxField - len(value); len(more) > room {
		d.add(doubtLongField)
		more = more[:max(room, 0)]
	}
	return value + more
}

// isMboxLine tells whether a line is the separator of the mbox format, which some
// tools leave before the header.
func isMboxLine(line []byte) bool {
	return bytes.HasPrefix(line, []byte("From ")) || bytes.HasPrefix(line, []byte(">From "))
}

// nextLine cuts after the first LF.
func nextLine(b []byte) (line, rest []byte) {
	if i := bytes.IndexByte(b, '\n'); i >= 0 {
		return b[:i+1], b[i+1:]
	}
	return b, nil
}

// get is the first field of that name, or "".
func (e *entity) get(name string) string {
	for _, f := range e.fields {
		if f.name == name {
			return f.value
		}
	}
	return ""
}

// all are the fields of that name, topmost first.
func (e *entity) all(name string) []string {
	var list []string
	for _, f := range e.fields {
		if f.name == name {
			list = append(list, f.value)
		}
	}
	return list
}

func (e *entity) has(name string) bool {
	for _, f := range e.fields {
		if f.name == name {
			return true
		}
	}
	return false
}

// parts cuts the body of a multipart (RFC 2046 section 5.1.1). ok is false if no part
// was found. rest gives the octets from the start of part i on.
func (e *entity) parts(d *doubts) (list [][]byte, rest func(i int) []byte, ok bool) {
	boundary := e.media.params["boundary"]
	if boundary != "" && len(boundary) <= maxBoundary {
		list, rest, ok = e.partsBetween(boundary, d)
	}
	if !ok {
		d.add(doubtBoundary)
		if boundary = guessBoundary(e.body); boundary != "" {
			list, rest, ok = e.partsBetween(boundary, d)
		}
	}
	return list, rest, ok
}

func (e *entity) partsBetween(boundary string, d *doubts) (list [][]byte, rest func(i int) []byte, ok bool) {
	mark := []byte("--" + boundary)
	var starts []int                        // of each part in the body
	for at := 0; len(starts) <= maxParts; { // one more than may be read: the caller takes the others as one file
		from, after, last, found := delimiter(e.body, at, mark)
		if found && len(starts) == 0 && wordsOutside(e.body[:from]) {
			d.add(doubtOutside)
		}
		if n := len(starts); n > 0 {
			if !found {
				d.add(doubtUnclosed)
				from = len(e.body)
			}
			list = append(list, e.body[starts[n-1]:max(from, starts[n-1])])
		}
		if last && wordsOutside(e.body[after:]) {
			d.add(doubtOutside)
		}
		if !found || last {
			break
		}
		starts = append(starts, after)
		at = after
	}
	if len(starts) > len(list) {
		list = append(list, e.body[starts[len(starts)-1]:])
	}
	return list, func(i int) []byte { return e.body[starts[i]:] }, len(list) > 0
}

// delimiter finds the next delimiter line at or after at: where the part before it
// ends, where the octets behind it begin, and whether it closes the parts.
func delimiter(b []byte, at int, mark []byte) (from, after int, last, found bool) {
	for at < len(b) {
		i := bytes.Index(b[at:], mark)
		if i < 0 {
			break
		}
		i += at
		at = i + len(mark)
		if i > 0 && b[i-1] != '\n' {
			continue
		}
		tail, _ := nextLine(b[at:])
		at += len(tail)
		trimmed := bytes.TrimRight(tail, " \t\r\n")
		if last = bytes.Equal(trimmed, []byte("--")); last || len(trimmed) == 0 {
			return lineEndBefore(b, i), at, last, true
		}
	}
	return 0, 0, false, false
}

// lineEndBefore steps back over the line end before i, which belongs to the delimiter.
func lineEndBefore(b []byte, i int) int {
	if i > 0 && b[i-1] == '\n' {
		i--
	}
	if i > 0 && b[i-1] == '\r' {
		i--
	}
	return i
}

// guessBoundary takes the first line of the body that looks like a delimiter.
func guessBoundary(body []byte) string {
	for rest := body; len(rest) > 0; {
		var line []byte
		line, rest = nextLine(rest)
		text := bytes.TrimRight(line, " \t\r\n")
		if len(text) > 2 && len(text) <= 72 && bytes.HasPrefix(text, []byte("--")) && !bytes.Contains(text, []byte(" ")) {
			return string(text[2:])
		}
		if len(body)-len(rest) > 64<<10 {
			return ""
		}
	}
	return ""
}

// wordsOutside tells whether what stands before or after the parts is more than the
// usual remark for readers without MIME.
func wordsOutside(b []byte) bool {
	b = bytes.TrimSpace(b)
	return len(b) > 0 && !bytes.Contains(b[:min(len(b), 400)], []byte("MIME"))
}

// Package letter puts OpenPGP around mail, as multipart/encrypted (RFC 3156) with the header fields protected inside (RFC
// 9788), and takes it off again, of others' mail multipart/signed and inline armor too. It works on bytes of MIME entities.
//
// It never reads what a message says beyond the header fields that carry the protection, opens only whole messages and never
// parts of one beside others, holds no key, and decides for nobody whether a signature is enough.
package letter

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"mime"
	"mime/quotedprintable"
	"slices"
	"strings"

	"fairlead/internal/cvd"
)

// field is one header field as it stands, with its folding and its line end.
type field struct {
	name string // in lower case
	raw  []byte
}

// value is the unfolded text after the colon.
func (f field) value() string {
	_, v, _ := strings.Cut(string(f.raw), ":")
	return strings.TrimSpace(strings.NewReplacer("\r", "", "\n", "").Replace(v))
}

// split takes an entity apart into its header fields and its body (RFC 5322 section 2.1). An entity that begins with an empty
// line has no fields. Errors: cvd.ErrUnreadable for a line in the header that is no field.
func split(entity []byte) ([]field, []byte, error) {
	var fields []field
	rest := entity
	for len(rest) > 0 {
		line, after := cutLine(rest)
		bare := bytes.TrimRight(line, "\r\n")
		switch {
		case len(bare) == 0:
			return fields, after, nil
		case bare[0] == ' ' || bare[0] == '\t':
			if len(fields) == 0 {
				return nil, nil, fmt.Errorf("%w: the header begins with a folded line", cvd.ErrUnreadable)
			}
			last := &fields[len(fields)-1]
			last.raw = append(last.raw[:len(last.raw):len(last.raw)], line...)
		default:
			name, _, found := bytes.Cut(bare, []byte(":"))
			name = bytes.TrimRight(name, " \t")
			if !found || len(name) == 0 || bytes.ContainsAny(name, " \t") {
				return nil, nil, fmt.Errorf("%w: the header holds a line that is no field", cvd.ErrUnreadable)
			}
			fields = append(fields, field{strings.ToLower(string(name)), bytes.Clone(line)})
		}
		rest = after
	}
	return fields, nil, nil
}

// cutLine cuts off the first line with its LF.
func cutLine(b []byte) (line, rest []byte) {
	if i := bytes.IndexByte(b, '\n'); i >= 0 {
		return b[:i+1], b[i+1:]
	}
	return b, nil
}

// content reads the one Content-Type field, which defaults to text/plain (RFC 2045 section 5.2).
func content(fields []field) (media string, params map[string]string) {
	for _, f := range fields {
		if f.name == "content-type" {
			media, params, err := mime.ParseMediaType(f.value())
			if err != nil {
				return "", nil
			}
			return media, params
		}
	}
	return "text/plain", nil
}

// parts cuts a multipart body at its boundary (RFC 2046 section 5.1.1): each part with exactly its own octets, the line end
// before a delimiter being the delimiter's. False if the closing delimiter is missing.
func parts(body []byte, boundary string) ([][]byte, bool) {
	if boundary == "" {
		return nil, false
	}
	var out [][]byte
	delimiter, begun := []byte("--"+boundary), -1
	for at := 0; at < len(body); {
		line, _ := cutLine(body[at:])
		bare := bytes.TrimRight(line, " \t\r\n")
		ends := bytes.Equal(bare, append(bytes.Clone(delimiter), "--"...))
		if ends || bytes.Equal(bare, delimiter) {
			if begun >= 0 {
				out = append(out, withoutLineEnd(body[begun:at]))
			}
			begun = at + len(line)
		}
		if ends {
			return out, len(out) > 0
		}
		at += len(line)
	}
	return nil, false
}

// Signed takes a multipart/signed apart (RFC 1847 section 2.1): the octets that were signed and the signature without its
// transfer encoding. False for another entity, another protocol, or one that is not whole.
func Signed(entity []byte, protocols ...string) (signed, signature []byte, ok bool) {
	media, params, two := halves(entity)
	if media != "multipart/signed" || two == nil || !slices.ContainsFunc(protocols, func(p string) bool { return strings.EqualFold(p, params["protocol"]) }) {
		return nil, nil, false
	}
	kind, signature, err := Content(two[1])
	if err != nil || !slices.Contains(protocols, kind) {
		return nil, nil, false
	}
	return two[0], signature, true
}

// halves are the two parts of a multipart that has just two; nil otherwise.
func halves(entity []byte) (media string, params map[string]string, two [][]byte) {
	fields, body, err := split(entity)
	if err != nil {
		return "", nil, nil
	}
	media, params = content(fields)
	if !strings.HasPrefix(media, "multipart/") {
		return media, params, nil
	}
	if two, whole := parts(body, params["boundary"]); whole && len(two) == 2 {
		return media, params, two
	}
	return media, params, nil
}

// Content is the media type of an entity in lower case, and its content without transfer encoding. Errors:
// cvd.ErrUnreadable.
func Content(entity []byte) (media string, body []byte, err error) {
	fields, body, err := split(entity)
	if err != nil {
		return "", nil, err
	}
	media, _ = content(fields)
	encoding := ""
	for _, f := range fields {
		if f.name == "content-transfer-encoding" {
			encoding = strings.ToLower(f.value())
		}
	}
	var r io.Reader
	switch encoding {
	case "base64":
		r = base64.NewDecoder(base64.StdEncoding, bytes.NewReader(body))
	case "quoted-printable":
		r = quotedprintable.NewReader(bytes.NewReader(body))
	default:
		return media, body, nil
	}
	if body, err = io.ReadAll(r); err != nil {
		return "", nil, fmt.Errorf("%w: the transfer encoding of the part is damaged", cvd.ErrUnreadable)
	}
	return media, body, nil
}

func withoutLineEnd(b []byte) []byte {
	return bytes.TrimSuffix(bytes.TrimSuffix(b, []byte("\n")), []byte("\r"))
}

// Canonical makes each line end CRLF (RFC 3156 section 5).
func Canonical(b []byte) []byte {
	return bytes.ReplaceAll(bytes.ReplaceAll(b, []byte("\r\n"), []byte("\n")), []byte("\n"), []byte("\r\n"))
}

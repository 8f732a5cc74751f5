package text

import (
	"bytes"
	"encoding/base64"
	"io"
	"regexp"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/emersion/go-message/charset"
)

// Trouble is what was wrong with a character set, as bits.
type Trouble uint8

// What may be wrong with a character set.
const (
	Undeclared  Trouble = 1 << iota // none is named, or none that anybody knows
	Mislabelled                     // the octets are of another one than it says
	Lost                            // some characters could not be read
)

// Decode turns octets into UTF-8. A declared character set is believed unless the
// octets show another: UTF-8 that is declared as a set of single octets is UTF-8, since
// its sequences hardly ever come about by chance; what is declared as nothing, ASCII or
// UTF-8 and is not valid is windows-1252, as in every browser.
func Decode(b []byte, label string) (string, Trouble) {
	label = strings.ToLower(strings.Trim(label, " \t\"'"))
	b = bytes.TrimPrefix(b, []byte("\xef\xbb\xbf"))
	var t Trouble
	switch {
	case label == "" && bytes.Contains(b, []byte("\x1b$B")):
		label, t = "iso-2022-jp", Undeclared // it says so itself, by its escapes
	case label == "utf-8" || label == "utf8" || label == "":
		if utf8.Valid(b) {
			return string(b), 0
		}
		if mostlyUTF8(b) {
			return strings.ToValidUTF8(string(b), string(utf8.RuneError)), Lost
		}
		t = Mislabelled
		if label == "" {
			t = Undeclared
		}
		label = "windows-1252"
	case singleOctets(label):
		wide := bytes.ContainsFunc(b, func(r rune) bool { return r >= 0x80 })
		if wide && utf8.Valid(b) {
			return string(b), Mislabelled
		}
		if strings.Contains(label, "ascii") {
			label = "windows-1252"
			if wide {
				t = Undeclared
			}
		}
	}
	s, more := convert(b, label)
	return s, t | more
}

func convert(b []byte, label string) (string, Trouble) {
	var t Trouble
	r, err := charset.Reader(label, bytes.NewReader(b))
	if err != nil {
		t = Undeclared
		if utf8.Valid(b) {
			return string(b), t
		}
		if r, err = charset.Reader("windows-1252", bytes.NewReader(b)); err != nil {
			return strings.ToValidUTF8(string(b), string(utf8.RuneError)), t | Lost
		}
	}
	out, err := io.ReadAll(r)
	s := strings.ToValidUTF8(string(out), string(utf8.RuneError))
	if err != nil || strings.ContainsRune(s, utf8.RuneError) {
		t |= Lost
	}
	return s, t
}

// mostlyUTF8 tells whether broken text has more whole sequences than stray octets.
func mostlyUTF8(b []byte) bool {
	whole, stray := 0, 0
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		switch {
		case r == utf8.RuneError && n == 1:
			stray++
		case n > 1:
			whole++
		}
		b = b[n:]
	}
	return whole > stray
}

// singleOctets tells whether every octet is a character in that set, so that UTF-8
// mistaken for it can be told.
func singleOctets(label string) bool {
	return strings.Contains(label, "ascii") || strings.HasPrefix(label, "iso-8859-") || strings.HasPrefix(label, "windows-125") || label == "latin1"
}

var (
	encodedWord = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`=\?([^?\s*]{1,60})(?:\*[^?\s]*)?\?([bBqQ])\?([^?\s]*)\?=`)
	})
	encodedBlank = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`=\?[^?\s]{1,60}\?[qQ]\?[^?\r\n]{0,200}\?=`)
	})
)

// Words reads the encoded words of a header value (RFC 2047). Neighbours of one
// character set are put together before it is applied, since many programs cut within
// a character; an encoded word that is none stays as it stands. Other octets are read
// as Decode does without a label.
func Words(value string) string {
	if !strings.Contains(value, "=?") {
		s, _ := Decode([]byte(value), "")
		return s
	}
	value = encodedBlank().ReplaceAllStringFunc(value, func(w string) string { return strings.ReplaceAll(w, " ", "_") })
	var out strings.Builder
	var octets []byte // of the words that wait for their neighbours
	label := ""
	flush := func() {
		s, _ := Decode(octets, label)
		out.WriteString(s)
		octets, label = nil, ""
	}
	at := 0
	for _, m := range encodedWord().FindAllStringSubmatchIndex(value, -1) {
		set := strings.ToLower(value[m[2]:m[3]])
		data, ok := encodedOctets(value[m[4]:m[5]], value[m[6]:m[7]])
		if !ok {
			continue // it is written with what stands before the next one
		}
		between := value[at:m[0]]
		if octets == nil || strings.TrimSpace(between) != "" {
			flush()
			s, _ := Decode([]byte(between), "")
			out.WriteString(s)
		} else if set != label {
			flush()
		}
		octets, label, at = append(octets, data...), set, m[1]
		if octets == nil {
			octets = []byte{}
		}
	}
	flush()
	s, _ := Decode([]byte(value[at:]), "")
	out.WriteString(s)
	return out.String()
}

func encodedOctets(encoding, data string) ([]byte, bool) {
	if strings.EqualFold(encoding, "b") {
		b, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(data, "="))
		return b, err == nil
	}
	b, ok := QuotedPrintable([]byte(strings.ReplaceAll(data, "_", "=20")))
	return b, ok
}

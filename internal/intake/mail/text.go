package mail

import (
	"regexp"
	"strings"
	"sync"

	"fairlead/internal/intake/mail/text"
)

var metaCharset = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)<meta[^>]{1,200}charset\s*=\s*["']?([a-z0-9_:.-]{1,40})`)
})

// decoded undoes the transfer encoding. It never fails: what cannot be read stays as
// it came.
func (e *entity) decoded(d *doubts) []byte {
	switch strings.ToLower(strings.TrimSpace(strings.TrimRight(text.Uncomment(e.get("content-transfer-encoding")), "; \t"))) {
	case "", "7bit", "8bit", "binary", "7-bit", "8-bit":
		return e.body
	case "base64":
		return e.undo(d, func(b []byte) ([]byte, bool) { return text.Base64(b, e.media.text()) })
	case "quoted-printable":
		return e.undo(d, text.QuotedPrintable)
	}
	d.add(doubtEncoding)
	return e.body
}

func (e *entity) undo(d *doubts, by func([]byte) ([]byte, bool)) []byte {
	out, whole := by(e.body)
	if !whole {
		d.add(doubtBroken)
	}
	return out
}

// troubles are the doubts that a character set gives rise to.
var troubles = []struct {
	trouble text.Trouble
	doubt   doubt
}{
	{text.Undeclared, doubtCharset},
	{text.Mislabelled, doubtCharsetBad},
	{text.Lost, doubtCharacters},
}

// decodeText turns octets into UTF-8.
func decodeText(b []byte, label string, d *doubts) string {
	s, wrong := text.Decode(b, label)
	for _, t := range troubles {
		if wrong&t.trouble != 0 {
			d.add(t.doubt)
		}
	}
	return s
}

// tidy makes text what a case may hold.
func tidy(s string, d *doubts) string {
	s, odd := text.Tidy(s)
	if odd {
		d.add(doubtControls)
	}
	return s
}

// words reads a header value for people, in one line that steers nothing.
func words(value string) string { return text.Line(text.Words(value)) }

package mail

import (
	"bytes"
	"crypto/sha256"
	"slices"
	"strings"
)

// stable are the fields that no server on the way adds or changes: what the sender's
// program wrote of the message itself. All others are left out of Digest, above all
// those that tell the way (Received, Return-Path, Delivered-To, Authentication-Results,
// DKIM-Signature, ARC-*, X-*).
var stable = []string{
	"from", "to", "cc", "reply-to", "subject", "date", "message-id", "in-reply-to", "references",
	"mime-version", "content-type", "content-transfer-encoding",
}

// Digest is the same for two copies of one message that came by different ways. It is
// SHA-256 over the stable fields in the order of that table, each as its name in lower
// case, a colon, its values with every run of blanks and line ends as one blank, and
// LF; a blank line; and the body with LF as line end, without blanks at the ends of
// lines and without blank lines at its end. So it covers who wrote what to whom and
// every attachment as it was encoded. A copy to which somebody on the way added a
// footer or a tag, or which was encoded anew, has another digest.
func Digest(raw []byte) [sha256.Size]byte {
	h := sha256.New()
	var none doubts
	e, err := cut(lineEnds(raw), &none)
	if err != nil {
		e = &entity{body: raw}
	}
	for _, name := range stable {
		for _, value := range e.all(name) {
			h.Write([]byte(name + ":" + strings.Join(strings.Fields(value), " ") + "\n"))
		}
	}
	h.Write([]byte{'\n'})
	blank := 0
	for rest := e.body; len(rest) > 0; {
		var line []byte
		line, rest = nextLine(rest)
		if line = bytes.TrimRight(line, " \t\r\n"); len(line) == 0 {
			blank++
			continue
		}
		h.Write(bytes.Repeat([]byte{'\n'}, blank))
		blank = 0
		h.Write(append(slices.Clone(line), '\n'))
	}
	return [sha256.Size]byte(h.Sum(nil))
}

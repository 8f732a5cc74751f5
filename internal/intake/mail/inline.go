package mail

import (
	"bytes"
	"strings"

	"fairlead/internal/intake/mail/text"
)

var (
	armorMessage   = [2]string{"-----BEGIN PGP MESSAGE-----", "-----END PGP MESSAGE-----"}
	armorSignature = [2]string{"-----BEGIN PGP SIGNED MESSAGE-----", "-----END PGP SIGNATURE-----"}
)

// passage is an armored message in a text, and what stands around it.
type passage struct {
	armor         []byte
	before, after string
}

// content is the words of a part.
type content struct {
	text string
	html bool
	// sealed is the one armored message among the words; closed says that there is
	// something encrypted among them, but not so that it is decrypted: several, a broken
	// one, or one in HTML.
	sealed *passage
	closed bool
}

// armored finds an encrypted message in a text part. show makes of a text what people
// read: lines are looked for before, since it may join them.
func armored(decoded string, show func(string) string) content {
	c := content{text: show(decoded)}
	begins, ends, at, end := 0, 0, -1, -1
	for rest := decoded; rest != ""; {
		line, after, _ := strings.Cut(rest, "\n")
		bare, from := strings.TrimSpace(line), len(decoded)-len(rest)
		// Old programs cut a message in several, and who clear-signs one marks its line.
		switch bare = strings.TrimPrefix(bare, "- "); {
		case strings.HasPrefix(bare, "-----BEGIN PGP MESSAGE"):
			begins++
			if bare == armorMessage[0] && at < 0 {
				at = from
			}
		case strings.HasPrefix(bare, "-----END PGP MESSAGE"):
			ends++
			if bare == armorMessage[1] && at >= 0 {
				end = from + len(line)
			}
		}
		rest = after
	}
	switch {
	case begins+ends == 0:
		return c
	case begins != 1 || ends != 1 || at < 0 || end < 0 || strings.HasPrefix(strings.TrimSpace(decoded), armorSignature[0]):
		c.closed = true
		return c
	}
	c.sealed = &passage{armor: []byte(strings.TrimSpace(decoded[at:end])), before: show(decoded[:at]), after: show(decoded[end:])}
	return c
}

// sealedHTML tells whether there is an encrypted message in text that was made of
// HTML. It is never decrypted: what stands around it decides how it is read.
func sealedHTML(shown string) bool { return armored(shown, strings.Clone).cryptic() }

// cryptic tells whether something of the words is encrypted.
func (c content) cryptic() bool { return c.closed || c.sealed != nil }

// inline takes the encrypted message out of the words, or sees that a text is
// clear-signed as a whole.
func (r *reading) inline(c content) content {
	if c.closed || r.m.Closed {
		if c.cryptic() {
			r.doubts.add(doubtInlineCipher)
		}
		r.m.Closed = true
		return c
	}
	if c.sealed != nil {
		r.m.Cipher, r.m.Sealed = CipherPGPInline, c.sealed.armor
		r.m.Before, r.m.After = strings.TrimSpace(c.sealed.before), strings.TrimSpace(c.sealed.after)
		if r.m.Before+r.m.After == "" {
			c.text = "" // of an encrypted message there is none before it is opened
		} else {
			r.doubts.add(doubtInlineOutside)
		}
		return c
	}
	octets := bytes.TrimSpace(r.octets)
	if r.texts == 1 && !c.html && c.text != "" && bytes.HasPrefix(octets, []byte(armorSignature[0])) && bytes.HasSuffix(octets, []byte(armorSignature[1])) &&
		bytes.Count(octets, []byte(armorSignature[0])) == 1 && bytes.Count(octets, []byte(armorSignature[1])) == 1 {
		r.m.Cipher, r.m.Sealed = CipherPGPClear, octets
		c.text = text.Signed(c.text)
	}
	return c
}

// join sets words of several parts below each other.
func join(all []content) content {
	var out content
	var texts []string
	for _, c := range all {
		if c.text == "" && !c.cryptic() {
			continue
		}
		switch {
		case out.sealed != nil && c.sealed != nil:
			out.closed = true
		case out.sealed != nil:
			out.sealed.after = joined(out.sealed.after, c.text)
		case c.sealed != nil:
			out.sealed = &passage{c.sealed.armor, joined(strings.Join(texts, "\n\n"), c.sealed.before), c.sealed.after}
		}
		out.closed = out.closed || c.closed
		if c.text != "" {
			texts = append(texts, c.text)
			out.html = out.html || c.html
		}
	}
	out.text = strings.Join(texts, "\n\n")
	return out
}

func joined(a, b string) string {
	if strings.TrimSpace(a) == "" || strings.TrimSpace(b) == "" {
		return a + b
	}
	return a + "\n\n" + b
}

// shown makes of a text part what people read.
func (r *reading) shown(e *entity) func(string) string {
	return func(s string) string {
		if strings.EqualFold(e.media.params["format"], "flowed") {
			s = text.Unflow(s, strings.EqualFold(e.media.params["delsp"], "yes"))
		}
		return tidy(s, &r.doubts)
	}
}

package mail

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"fairlead/internal/cvd"
	"fairlead/internal/intake/mail/text"
)

// Parse reads a message. It fails only if nothing at all can be made of it
// (cvd.ErrUnreadable) or if it breaks a limit that makes reading on unsafe
// (cvd.ErrTooLarge); all else is a doubt. It keeps parts of raw, which must not be
// changed afterwards.
func Parse(raw []byte, env Envelope) (*Message, error) {
	if len(raw) > MaxMessage {
		return nil, fmt.Errorf("the message is larger than %d MiB, which is the most: %w", MaxMessage>>20, cvd.ErrTooLarge)
	}
	if len(bytes.Trim(raw, " \t\r\n\x00")) == 0 {
		return nil, fmt.Errorf("the message is empty: %w", cvd.ErrUnreadable)
	}
	m := &Message{}
	r := &reading{m: m}
	e, err := cut(lineEnds(raw), &r.doubts)
	if err != nil {
		return nil, err
	}
	if len(e.fields) == 0 {
		if !looksLikeText(e.body) {
			return nil, fmt.Errorf("the message has no header and is no text: %w", cvd.ErrUnreadable)
		}
		r.doubts.add(doubtNoHeader)
	}
	r.head(e)
	r.root(e)
	m.Auto = auto(e, m, env)
	m.Delivery = r.delivery(e, m)
	if m.Delivery != nil && m.Auto != AutoNull {
		m.Auto = AutoReport
	}
	m.Doubts = r.doubts
	return m, nil
}

// Inner is the message as it was decrypted, or as its signature was verified: text,
// files and the protected subject (RFC 9788) are those of plain, all else stays what
// the outer message says. Of inline OpenPGP plain is the text itself, and the files of
// the outer message stay; else it is a MIME entity. The Cipher, Sealed, Signed and
// Signature of the result are those of plain: an encrypted message may be signed
// inside. The errors are those of Parse.
func Inner(outer *Message, plain []byte) (*Message, error) {
	if len(plain) > MaxMessage {
		return nil, fmt.Errorf("the decrypted message is larger than %d MiB, which is the most: %w", MaxMessage>>20, cvd.ErrTooLarge)
	}
	m := *outer
	m.Cipher, m.Sealed, m.Signed, m.Signature = CipherNone, nil, nil, nil
	m.Text, m.HTML, m.Closed, m.Before, m.After = "", false, false, "", ""
	r := &reading{m: &m, doubts: slices.Clone(outer.Doubts)}
	if outer.Cipher == CipherPGPInline || outer.Cipher == CipherPGPClear {
		m.Files = slices.Clone(outer.Files)
		r.finish(content{text: tidy(decodeText(plain, "", &r.doubts), &r.doubts)})
		m.Text = text.Around(outer.Before, m.Text, outer.After)
		m.Doubts = r.doubts
		return &m, nil
	}
	m.Files = nil
	var more doubts
	e, err := cut(lineEnds(plain), &more)
	if err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(e.fields, func(f field) bool { return strings.HasPrefix(f.name, "content-") }) {
		e = &entity{body: plain, media: mediaType{kind: "text/plain"}} // words that somebody encrypted as they were
		more = nil
	}
	for _, one := range more {
		r.doubts.add(doubt(one))
	}
	if e.media.in("message/rfc822", "message/global") && (e.media.params["forwarded"] == "no" || e.media.params["hp"] != "") {
		if whole, err := cut(e.decoded(&r.doubts), &r.doubts); err == nil {
			e = whole // RFC 8551 section 3.1
		}
	}
	if s := words(e.get("subject")); s != "" {
		m.Subject = r.subject(s)
	}
	r.legacy = true
	r.root(e)
	m.Text = text.Around(outer.Before, m.Text, outer.After)
	m.Doubts = r.doubts
	return &m, nil
}

// lineEnds gives a message whose lines end with CR alone the ends that all else
// understands.
func lineEnds(raw []byte) []byte {
	if bytes.IndexByte(raw, '\n') < 0 && bytes.IndexByte(raw, '\r') >= 0 {
		return bytes.ReplaceAll(raw, []byte{'\r'}, []byte{'\n'})
	}
	return raw
}

// looksLikeText tells whether the first octets are something that a person may read.
func looksLikeText(b []byte) bool {
	b = b[:min(len(b), 4096)]
	odd := 0
	for _, c := range b {
		if c < 0x20 && c != '\n' && c != '\r' && c != '\t' && c != 0x1b {
			odd++
		}
	}
	return odd*10 < len(b)+1 && !(odd > 0 && !utf8.Valid(b))
}

// reading gathers what a message says.
type reading struct {
	m      *Message
	doubts doubts
	parts  int
	rest   []byte  // what did not fit under the limits of number
	texts  int     // text parts that are shown
	octets []byte  // of the only one that is shown, decoded but in its own character set
	signed bool    // a part further in is signed
	legacy bool    // the text begins with copies of header fields (RFC 9788 section 4.10)
	status *entity // the first message/delivery-status
	origin *entity // the first message, or header of one, that is attached
}

// root reads the content of the whole message.
func (r *reading) root(e *entity) {
	if r.protected(e) {
		return
	}
	r.finish(r.inline(r.part(e, 0, "")))
}

// finish puts the text under its limit and attaches what was left over.
func (r *reading) finish(c content) {
	r.m.Text, r.m.HTML = c.text, c.html
	if cutText, cut := text.Shorten(c.text, maxText); cut {
		r.doubts.add(doubtText)
		r.m.Text = cutText
		r.m.Files = append(r.m.Files, File{Name: "message.txt", Type: "text/plain; charset=utf-8", Data: []byte(c.text)})
	}
	if len(r.rest) > 0 {
		r.m.Files = append(r.m.Files, File{Name: "rest-of-message.eml", Type: "application/octet-stream", Data: r.rest})
	}
}

// file attaches a part, as its own bytes.
func (r *reading) file(name, kind string, data []byte) {
	if len(r.m.Files) >= maxFiles-2 {
		r.doubts.add(doubtFiles)
		r.rest = append(append(r.rest, "\r\n--- "+name+"\r\n"...), data...)
		return
	}
	r.m.Files = append(r.m.Files, File{Name: name, Type: kind, Data: data})
}

// part reads one part and what is in it.
func (r *reading) part(e *entity, depth int, parent string) content {
	switch {
	case e.media.multipart():
		return r.multipart(e, depth)
	case r.isFile(e, depth, parent):
		r.attach(e)
		return content{}
	}
	r.texts++
	octets := e.decoded(&r.doubts)
	label := e.media.params["charset"]
	if e.media.kind == "text/html" {
		return r.html(e, octets, label)
	}
	c := armored(decodeText(octets, label, &r.doubts), r.shown(e))
	if r.legacy && e.media.params["hp-legacy-display"] == "1" {
		if _, after, ok := strings.Cut(c.text, "\n\n"); ok {
			c.text = after
		}
	}
	r.octets = octets
	return c
}

// isFile tells whether a part is a file and not words of the message.
func (r *reading) isFile(e *entity, depth int, parent string) bool {
	if !e.media.in("text/plain", "text/html", "text/markdown") {
		return true
	}
	if depth == 0 {
		return false
	}
	return parseMedia(e.get("content-disposition")).kind == "attachment" || (e.fileName() != "" && parent != "multipart/alternative")
}

// html reads HTML; if no words were found in it, it becomes a file.
func (r *reading) html(e *entity, octets []byte, label string) content {
	if label == "" {
		if m := metaCharset().FindSubmatch(octets[:min(len(octets), 2048)]); m != nil {
			label = string(m[1])
		}
	}
	if len(octets) > maxHTML {
		r.doubts.add(doubtHTMLLong)
		r.file("message.html", e.media.kind, octets)
		octets = octets[:maxHTML]
	}
	doc := decodeText(octets, label, &r.doubts)
	shown := tidy(text.HTML(doc, maxQuotes), &r.doubts)
	if shown == "" && strings.TrimSpace(doc) != "" {
		r.doubts.add(doubtHTMLBlank)
		r.file("message.html", e.media.kind, octets)
	}
	return content{text: shown, html: true, closed: sealedHTML(shown)}
}

// multipart reads the parts of a part.
func (r *reading) multipart(e *entity, depth int) content {
	if depth >= maxDepth {
		r.doubts.add(doubtDepth)
		r.file("nested.eml", "application/octet-stream", e.whole())
		return content{}
	}
	list, rest, ok := e.parts(&r.doubts)
	if !ok {
		r.doubts.add(doubtBoundary)
		return armored(decodeText(e.body, "", &r.doubts), func(s string) string { return tidy(s, &r.doubts) })
	}
	var all []content
	for i, raw := range list {
		if r.parts >= maxParts {
			r.doubts.add(doubtParts)
			r.rest = append(append(r.rest, "\r\n"...), rest(i)...)
			break
		}
		r.parts++
		sub, err := cut(raw, &r.doubts)
		if err != nil {
			r.doubts.add(doubtPartHeader)
			r.file("part.eml", "application/octet-stream", raw)
			continue
		}
		if e.media.kind == "multipart/digest" && !sub.has("content-type") {
			sub.media = mediaType{kind: "message/rfc822"}
		}
		r.remember(e, sub)
		all = append(all, r.child(e, sub, depth+1))
	}
	if e.media.kind == "multipart/alternative" {
		return r.choose(all)
	}
	return join(all)
}

// child reads one part of a multipart; those that say how a message is protected are
// files where only a part of the message is.
func (r *reading) child(parent, e *entity, depth int) content {
	switch {
	case cryptic(parent, e):
		r.doubts.add(doubtInnerCipher)
		r.m.Closed = true
	case parent.media.kind == "multipart/signed" && !r.signed:
		r.signed = true
		r.doubts.add(doubtInnerSigned)
	}
	if e.media.params["protected-headers"] != "" && depth == 1 && e.media.in("text/plain", "text/rfc822-headers") &&
		r.m.Subject != "" && strings.TrimSpace(string(e.body)) == "Subject: "+r.m.Subject {
		return content{} // a copy of the protected subject, for old readers
	}
	return r.part(e, depth, parent.media.kind)
}

// choose takes one of several renderings of the same words: text before HTML.
func (r *reading) choose(all []content) content {
	var words, html content
	for _, c := range all {
		switch {
		case c.text == "" && !c.cryptic():
		case c.html:
			html = join([]content{html, c})
		case words.text == "":
			words = c
		default:
			words = join([]content{words, c})
		}
	}
	switch {
	case words.text == "":
		return html
	case html.text != "" && 2*letters(words.text) < letters(html.text):
		r.doubts.add(doubtHTML)
		r.file("message-html.txt", "text/plain; charset=utf-8", []byte(html.text))
	}
	if html.text != "" {
		r.texts--
	}
	words.closed = words.closed || html.closed && words.sealed == nil
	return words
}

func letters(s string) int { return len(strings.Join(strings.Fields(s), "")) }

// whole is the entity as it came.
func (e *entity) whole() []byte {
	return slices.Concat(e.header, []byte("\r\n"), e.body)
}

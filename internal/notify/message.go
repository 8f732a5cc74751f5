package notify

import (
	"bytes"
	"context"
	"errors"
	netmail "net/mail"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/emersion/go-message/mail"
	"golang.org/x/net/idna"

	"fairlead/internal/casework"
	"fairlead/internal/words"
)

// draft is a mail ready to be sent.
type draft struct {
	envelope string
	to       []string
	unusable []Refusal
	id       string
	utf8     bool
	at       time.Time
	bytes    []byte
	// kept is what the outbox keeps of it: its text as people read it, without a code
	// that opens something; of an encrypted letter the head.
	kept []byte
}

// compose builds the mail: plain text, with an id by the effect's key and in one
// thread for each case; a program's is marked as one (RFC 3834 section 5).
// Recipients stand without their names: a reporter's name is a stranger's text.
//
// i counts the letters of one notice, of which there are more than one where members
// of the team read several languages.
func (m *Mail) compose(ctx context.Context, v *words.Voice, n *casework.Notice, i int) (*draft, error) {
	base := strings.TrimRight(n.PublicURL, "/")
	if base == "" {
		base = strings.TrimRight(m.cfg.BaseURL(), "/")
	}
	if base == "" {
		return nil, errors.New("mail: no public address is configured, so a notice could not link to anything")
	}
	from, err := m.sender(n)
	if err != nil {
		return nil, err
	}
	d := &draft{envelope: m.envelope(n, from), at: m.cfg.Now()}
	m.address(n, from, d)
	d.utf8 = d.utf8 || !ascii(d.envelope) || !ascii(from.Address)
	if len(d.to) == 0 {
		return d, nil
	}
	d.id = identity(n, domain(from.Address))
	if i > 0 {
		d.id = v.Lang() + "." + d.id
	}
	s := script{Voice: v, n: n, base: base, now: d.at, answered: m.cfg.Answered}
	if m.cfg.KeyPath != nil && n.Mail != nil {
		s.key = m.cfg.KeyPath(ctx)
	}
	if n.Mail != nil && n.Mail.Sealed {
		return d, m.sealed(ctx, s, from, d)
	}
	l := s.write()
	if d.bytes, err = m.plain(l, n, from, d); err != nil {
		return nil, err
	}
	d.kept = m.readable(s, l, d.bytes)
	if m.cfg.Sign != nil {
		d.bytes, err = m.cfg.Sign(d.bytes)
	}
	return d, err
}

// address fills in to whom the draft goes.
func (m *Mail) address(n *casework.Notice, from *mail.Address, d *draft) {
	for _, a := range n.To {
		to, err := address(a.Email)
		if err == nil && (n.ToReporter || n.ToParty) && m.own(n, from, to) {
			err = errOwn
		}
		if err != nil {
			who := a.Name
			if n.ToReporter {
				who = "the reporter"
			}
			d.unusable = append(d.unusable, Refusal{who, &Failure{Stage: StageAddress, Text: err.Error(), Final: true}})
			continue
		}
		d.to = append(d.to, to)
		d.utf8 = d.utf8 || !ascii(to)
	}
}

// sender is who the mail is from.
func (m *Mail) sender(n *casework.Notice) (*mail.Address, error) {
	name := line(n.Organisation)
	if m.from != nil {
		if m.from.Name != "" {
			name = m.from.Name
		}
		return &mail.Address{Name: name, Address: m.from.Address}, nil
	}
	own, err := address(n.From)
	if err != nil {
		return nil, errors.New("mail: no sender is configured, and the policy names no mail contact")
	}
	return &mail.Address{Name: name, Address: own}, nil
}

// plain writes the whole message.
func (m *Mail) plain(l letter, n *casework.Notice, from *mail.Address, d *draft) ([]byte, error) {
	h := m.header(content(l), l, n, from, d)
	var b bytes.Buffer
	w, err := mail.CreateSingleInlineWriter(&b, h)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write([]byte(strings.ReplaceAll(l.text, "\n", "\r\n"))); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// content are the fields that say how the text is written.
func content(l letter) mail.Header {
	var h mail.Header
	// A line of 998 is the limit (RFC 5322 section 2.1.1); a server on the way may
	// break shorter ones.
	encoding := "7bit"
	if !ascii(l.text) || slices.ContainsFunc(strings.Split(l.text, "\n"), func(s string) bool { return len(s) > 78 }) {
		encoding = "quoted-printable"
	}
	h.Set("Content-Transfer-Encoding", encoding)
	params := map[string]string{"charset": "utf-8"}
	if l.flowed {
		params["format"] = "flowed"
	}
	h.SetContentType("text/plain", params)
	h.Set("Content-Language", l.lang)
	h.Set("MIME-Version", "1.0")
	return h
}

// readable is the mail as the outbox keeps it, with its text as a person reads it.
// Whoever reads it there shall not be able to use a code that was sent to somebody.
// Where nothing is sent, it is the only place to find it.
func (m *Mail) readable(s script, l letter, sent []byte) []byte {
	if _, kept := m.cfg.Sender.(Keep); !kept && s.n.Mail != nil && s.n.Mail.Claim != "" {
		n, hidden := *s.n, *s.n.Mail
		hidden.Claim = s.Say("letter.claim.hidden")
		n.Mail, s.n = &hidden, &n
		l = s.write()
	}
	head, _, _ := bytes.Cut(sent, []byte("\r\n\r\n"))
	return append(bytes.Clone(head), "\r\n\r\n"+strings.ReplaceAll(l.text, "\n", "\r\n")...)
}

func ascii(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r > unicode.MaxASCII })
}

var (
	errAddress = errors.New("the address cannot be written to; it must read name@example.org")
	errOwn     = errors.New("the address is one of ours, so a letter to it would come back as a report")
)

// address checks an address that a stranger may have typed and returns it with
// the domain as the network writes it. It takes the plain form only: no name,
// no comment, no quoted or routed parts, no address literal (RFC 5321 section
// 4.1.2), nothing over 254 bytes.
func address(s string) (string, error) {
	at := strings.LastIndexByte(s, '@')
	if at < 1 || len(s) > 254 || strings.ContainsFunc(s, func(r rune) bool {
		return !unicode.IsPrint(r) || unicode.IsSpace(r) || strings.ContainsRune(`<>()[]\",;:`, r)
	}) {
		return "", errAddress
	}
	domain := s[at+1:]
	if !ascii(domain) {
		var err error
		if domain, err = idna.Lookup.ToASCII(domain); err != nil {
			return "", errAddress
		}
	}
	s = s[:at+1] + domain
	if a, err := netmail.ParseAddress("<" + s + ">"); err != nil || a.Address != s {
		return "", errAddress
	}
	return s, nil
}

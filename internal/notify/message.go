package notify

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	netmail "net/mail"
	"strings"
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
	bytes    []byte
}

// compose builds the mail: plain text only, marked as a program's (RFC 3834
// section 5), with an id by the effect's key and in one thread for each case.
// Recipients stand without their names: a reporter's name is a stranger's text.
func (m *Mail) compose(v *words.Voice, n *casework.Notice) (*draft, error) {
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
	d := &draft{envelope: from.Address}
	if m.bounce != "" || m.null {
		d.envelope = m.bounce
	}
	for _, a := range n.To {
		to, err := address(a.Email)
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
	d.utf8 = d.utf8 || !ascii(d.envelope) || !ascii(from.Address)
	if len(d.to) == 0 {
		return d, nil
	}
	_, host, _ := strings.Cut(from.Address, "@")
	d.id = messageID("effect/"+n.Effect.Key, host)
	d.bytes, err = m.bytes(write(v, n, base, m.cfg.Now()), n, from, d, host)
	return d, err
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

func (m *Mail) bytes(l letter, n *casework.Notice, from *mail.Address, d *draft, host string) ([]byte, error) {
	var h mail.Header
	// The header's writer turns the order around.
	encoding := "7bit"
	if !ascii(l.text) {
		encoding = "quoted-printable"
	}
	h.Set("Content-Transfer-Encoding", encoding)
	h.SetContentType("text/plain", map[string]string{"charset": "utf-8"})
	h.Set("MIME-Version", "1.0")
	h.Set("X-Auto-Response-Suppress", "All")
	h.Set("Auto-Submitted", "auto-generated")
	thread := "policy"
	switch {
	case n.Place.Together > 1:
		thread = "reports"
	case n.Effect.Case != "":
		thread = "case/" + string(n.Effect.Case)
	}
	h.SetMsgIDList("References", []string{messageID(thread, host)})
	h.SetMsgIDList("In-Reply-To", []string{messageID(thread, host)})
	h.SetMessageID(d.id)
	h.SetSubject(line(l.subject))
	var to []*mail.Address
	for _, a := range d.to {
		to = append(to, &mail.Address{Address: a})
	}
	h.SetAddressList("To", to)
	if reply, err := address(n.From); err == nil && reply != from.Address {
		h.SetAddressList("Reply-To", []*mail.Address{{Address: reply}})
	}
	h.SetAddressList("From", []*mail.Address{from})
	h.SetDate(m.cfg.Now().In(zone(n)))

	var b bytes.Buffer
	w, err := mail.CreateSingleInlineWriter(&b, h)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write([]byte(strings.ReplaceAll(l.text, "\n", "\r\n"))); err != nil {
		return nil, err
	}
	return b.Bytes(), w.Close()
}

// messageID is the same for the same name on the same host, so that a mail
// that was sent twice is one.
func messageID(name, host string) string {
	sum := sha256.Sum256([]byte(name))
	return hex.EncodeToString(sum[:16]) + "@" + host
}

func ascii(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r > unicode.MaxASCII })
}

var errAddress = errors.New("the address cannot be written to; it must read name@example.org")

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

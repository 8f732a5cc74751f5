package notify

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"github.com/emersion/go-message/mail"

	"fairlead/internal/auth/keeper"
	"fairlead/internal/casework"
)

// header adds every field to those that say how the text is written. The header's
// writer turns the order around.
func (m *Mail) header(h mail.Header, l letter, n *casework.Notice, from *mail.Address, d *draft) mail.Header {
	if l.auto != "" {
		h.Set("X-Auto-Response-Suppress", "All")
		h.Set("Auto-Submitted", l.auto)
	}
	refs := references(n, domain(from.Address))
	h.AddRaw(folded("References", refs))
	h.AddRaw(folded("In-Reply-To", refs[len(refs)-1:]))
	h.SetMessageID(d.id)
	h.SetSubject(line(l.subject))
	var to []*mail.Address
	for _, a := range d.to {
		to = append(to, &mail.Address{Address: a})
	}
	h.SetAddressList("To", to)
	if reply := m.contact(n, from); reply != from.Address {
		h.SetAddressList("Reply-To", []*mail.Address{{Address: reply}})
		d.utf8 = d.utf8 || !ascii(reply)
	}
	h.SetAddressList("From", []*mail.Address{from})
	h.SetDate(d.at.In(zone(n)))
	return h
}

// contact is where an answer goes: the policy's contact, with the letter's own tag
// where the mailbox takes one.
func (m *Mail) contact(n *casework.Notice, from *mail.Address) string {
	to, err := address(n.From)
	if err != nil {
		to = from.Address
	}
	if n.Mail != nil && m.cfg.Plus {
		return tagged(to, n.Mail.ReplyTag)
	}
	return to
}

// envelope is where bounces go: never the null sender unless it was chosen, for then
// nobody would learn that a reporter cannot be reached. A bounce is answered by
// nobody, so it makes no loop (RFC 3834 section 3.3).
func (m *Mail) envelope(n *casework.Notice, from *mail.Address) string {
	to := from.Address
	if m.bounce != "" || m.null {
		to = m.bounce
	}
	if n.Mail != nil && m.cfg.Plus && to != "" {
		return tagged(to, n.Mail.BounceTag)
	}
	return to
}

// own tells whether a letter to the address would reach ourselves.
func (m *Mail) own(n *casework.Notice, from *mail.Address, to string) bool {
	contact, _ := address(n.From)
	for _, a := range []string{from.Address, contact, m.bounce} {
		if a != "" && strings.EqualFold(untagged(a), untagged(to)) {
			return true
		}
	}
	return false
}

// mostLocal is the longest part before the @ that a server must take (RFC 5321
// section 4.5.3.1.1).
const mostLocal = 64

// tagged puts a tag behind the plus of an address (RFC 5233 section 1). An address
// that has a tag already, or would grow too long, stays as it is: answers are found
// by their references too.
func tagged(addr, tag string) string {
	at := strings.LastIndexByte(addr, '@')
	local := addr[:at] + "+" + tag
	if tag == "" || !unquoted(tag) || strings.Contains(addr[:at], "+") || len(local) > mostLocal {
		return addr
	}
	return local + addr[at:]
}

func untagged(addr string) string {
	at := strings.LastIndexByte(addr, '@')
	local, _, _ := strings.Cut(addr[:at], "+")
	return local + addr[at:]
}

// unquoted tells whether a name of ours needs no quoting anywhere.
func unquoted(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '.' && r != '-'
	})
}

func domain(addr string) string { return addr[strings.LastIndexByte(addr, '@')+1:] }

// mostRef is the longest name of a letter in octets; ours have some sixty.
const mostRef = 128

// identity is the Message-ID: the same each time the effect is carried, so that a
// mail that was sent twice is one.
func identity(n *casework.Notice, host string) string {
	if n.Mail != nil && unquoted(n.Mail.Ref) && len(n.Mail.Ref) <= mostRef {
		return n.Mail.Ref + "@" + host
	}
	return messageID("effect/"+n.Effect.Key, host)
}

// messageID is the same for the same name on the same host.
func messageID(name, host string) string {
	sum := sha256.Sum256([]byte(name))
	return hex.EncodeToString(sum[:16]) + "@" + host
}

// mostReferences bounds how many messages of a thread are named: the first, which
// began it, and the latest.
const mostReferences = 20

// references are the messages that came before, oldest first, at least one. Without
// any, all mails of a case share one that was never sent, so that they stand together.
func references(n *casework.Notice, host string) []string {
	var refs []string
	if n.Mail != nil {
		for _, id := range n.Mail.References {
			if unquoted(id) { // one of ours, as in Ref
				id += "@" + host
			}
			if isID(id) {
				refs = append(refs, id)
			}
		}
	}
	if over := len(refs) - mostReferences; over > 0 {
		refs = append(refs[:1:1], refs[1+over:]...)
	}
	if len(refs) > 0 {
		return refs
	}
	switch {
	case n.Place.Together > 1:
		return []string{messageID("reports", host)}
	case n.Effect.Case != "":
		return []string{messageID("case/"+string(n.Effect.Case), host)}
	case n.Effect.Kind == keeper.EffectAccount:
		return []string{messageID("account", host)}
	}
	return []string{messageID("policy", host)}
}

// isID tells whether a stranger's Message-ID can be repeated in a header: the plain
// form alone (RFC 5322 section 3.6.4), and nothing that a reader may take for an
// encoded word (RFC 2047 section 2).
func isID(id string) bool {
	left, right, ok := strings.Cut(id, "@")
	return ok && atoms(left) && atoms(right) && len(id) <= 250 && !strings.Contains(id, "=?")
}

func atoms(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune(".!#$%&'*+-/=?^_`{|}~", r)
	})
}

// folded is a field of ids with one on each line.
func folded(name string, ids []string) []byte {
	return []byte(name + ": <" + strings.Join(ids, ">\r\n <") + ">\r\n")
}

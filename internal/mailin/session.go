package mailin

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"slices"
	"time"

	"github.com/emersion/go-smtp"

	"fairlead/internal/cvd"
	"fairlead/internal/inbox"
	"fairlead/internal/intake/mail"
)

func answer(code, class, subject, detail int, text string) *smtp.SMTPError {
	return &smtp.SMTPError{Code: code, EnhancedCode: smtp.EnhancedCode{class, subject, detail}, Message: text}
}

// What clients are told (RFC 5321 section 4.2, RFC 3463). None of it depends on
// anything but the addresses that the policy publishes.
var (
	errNotHere  = answer(550, 5, 7, 1, "This server takes no mail for that address")
	errStore    = answer(451, 4, 3, 0, "The message cannot be kept now, try again later")
	errPolicy   = answer(451, 4, 3, 0, "No address is known yet, try again later")
	errTooFast  = answer(450, 4, 7, 1, "Too many messages, try again later")
	errMemory   = answer(452, 4, 3, 1, "Too much mail at once, try again later")
	errEnding   = answer(421, 4, 3, 2, "The server is being stopped, try again later")
	errGuessing = answer(421, 4, 7, 0, "Too many addresses that are not here")
	errLine     = answer(500, 5, 5, 2, "A line is longer than 65,536 octets")
	errCut      = answer(451, 4, 4, 2, "The message did not come to its end")
)

// session is one client, from its greeting on.
type session struct {
	door    *Door
	conn    *conn
	helo    string
	tls     bool
	client  netip.Addr // of one that is not ours
	refused int

	from, program string
	to            []string
}

func (d *Door) session(c *smtp.Conn) (smtp.Session, error) {
	s := &session{door: d, helo: c.Hostname(), conn: under(c.Conn())}
	_, s.tls = c.TLSConnectionState()
	if s.conn == nil {
		return nil, fmt.Errorf("mailin: a connection that did not come by the gate")
	}
	if !d.cfg.LMTP && s.conn.peer.IsValid() && !d.cfg.Ours(s.conn.peer) {
		s.client = s.conn.network()
	}
	return s, nil
}

// under is the connection as the gate let it in.
func under(c net.Conn) *conn {
	if t, ok := c.(*tls.Conn); ok {
		c = t.NetConn()
	}
	own, _ := c.(*conn)
	return own
}

// Reset forgets the message that was begun.
func (s *session) Reset() { s.from, s.program, s.to = "", "", nil }

// Logout ends the session.
func (s *session) Logout() error { return nil }

// Mail begins a message. An empty sender is a bounce's.
func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	switch {
	case s.door.ending.Load():
		return errEnding
	case s.refused >= maxRefused:
		return errGuessing
	case !s.door.rates.allow(from, s.client):
		return errTooFast
	}
	s.Reset()
	s.from = from
	return nil
}

// Rcpt adds a recipient, if it is one of ours.
func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	if s.refused >= maxRefused {
		return errGuessing
	}
	program, err := s.door.cfg.Recipient(to)
	switch {
	case errors.Is(err, cvd.ErrNotFound):
		if s.client.IsValid() {
			s.refused++
		}
		return errNotHere
	case err != nil:
		return errPolicy
	}
	s.program = cmp.Or(s.program, program)
	if !slices.Contains(s.to, to) {
		s.to = append(s.to, to)
	}
	return nil
}

// Data takes the message over: nil, and with it 250, once it is kept.
func (s *session) Data(r io.Reader) error {
	raw, free, err := s.door.read(r)
	defer free()
	if err != nil {
		return err
	}
	s.conn.whole()
	it := inbox.Item{
		Door: s.door.cfg.Name, Received: s.door.cfg.Now(), Raw: raw, Program: s.program,
		Envelope: mail.Envelope{From: s.from, Null: s.from == "", To: s.to, Helo: s.helo, TLS: s.tls},
	}
	if s.client.IsValid() {
		it.Envelope.Peer = s.conn.peer.String()
	} else {
		it.Envelope.Helo = "" // our own server's name says nothing of the sender
	}
	return s.door.keep(it)
}

// keeping bounds how long a message may take to be kept: a client waits ten minutes
// for the answer (RFC 5321 section 4.5.3.2.6), and must never be told in vain.
const keeping = 5 * time.Minute

func (d *Door) keep(it inbox.Item) error {
	ctx, cancel := context.WithTimeout(d.alive, keeping)
	defer cancel()
	id, err := d.cfg.Inbox.Accept(ctx, it)
	if err != nil {
		if !d.failed.Swap(true) {
			d.cfg.Log.Error("mail cannot be kept; senders are asked to try again", "door", d.cfg.Name, "err", err)
		}
		return errStore
	}
	if d.failed.Swap(false) {
		d.cfg.Log.Info("mail can be kept again", "door", d.cfg.Name)
	}
	d.cfg.Log.Debug("a mail was taken over", "door", d.cfg.Name, "id", id)
	return nil
}

// piece is by how much the memory of a message grows.
const piece = 64 << 10

// read reads a message to its end, within the memory that all share; free gives
// its part back.
func (d *Door) read(r io.Reader) (raw []byte, free func(), err error) {
	var buf bytes.Buffer
	var held int64
	free = func() { d.memory.Add(-held) }
	for {
		held += piece
		if d.memory.Add(piece) > d.cfg.Memory {
			return nil, free, errMemory
		}
		n, err := io.CopyN(&buf, r, piece)
		switch {
		case err == nil:
		case errors.Is(err, io.EOF) && n < piece:
			return buf.Bytes(), free, nil
		case errors.Is(err, smtp.ErrDataTooLarge):
			return nil, free, smtp.ErrDataTooLarge
		case errors.Is(err, smtp.ErrTooLongLine):
			return nil, free, errLine
		default:
			return nil, free, errCut
		}
	}
}

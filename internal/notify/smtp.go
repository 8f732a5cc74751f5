package notify

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/emersion/go-smtp"
)

// The ways to a relay.
const (
	TLSStart  = "starttls" // required, not merely tried
	TLSDirect = "tls"      // from the first byte (RFC 8314 section 3.3)
	TLSNone   = "none"     // on this machine only
)

// SMTP hands mails to a relay.
type SMTP struct {
	Addr     string // host and port
	TLS      string // TLSStart if empty
	Username string // no sign-in if empty
	Password string
	// LocalName is how we greet; the sender's domain if empty.
	LocalName string
	// Roots are the authorities that may vouch for the relay; the system's if
	// nil.
	Roots *x509.CertPool
	// Limit bounds one mail from connecting to the last answer; 40 seconds if
	// zero.
	Limit time.Duration
}

// Check refuses settings that cannot work or would send mail in the clear.
func (s SMTP) Check() error {
	host, port, err := net.SplitHostPort(s.Addr)
	if err != nil || host == "" || port == "" {
		return errors.New("mail relay: give host and port, such as mail.example.org:587")
	}
	switch s.TLS {
	case "", TLSStart, TLSDirect:
		return nil
	case TLSNone:
		if ip := net.ParseIP(host); host == "localhost" || (ip != nil && ip.IsLoopback()) {
			return nil
		}
		return errors.New("mail relay: without TLS only a relay on this machine is used; choose starttls or tls")
	}
	return fmt.Errorf("mail relay: security is %s, %s or %s", TLSStart, TLSDirect, TLSNone)
}

// Send hands one mail over. A nil error means that the relay has taken it.
func (s SMTP) Send(ctx context.Context, m Message) error {
	if err := s.Check(); err != nil {
		return &Failure{Stage: StageConnect, Text: err.Error(), Cause: err}
	}
	limit := s.Limit
	if limit <= 0 {
		limit = 40 * time.Second
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", s.Addr)
	if err != nil {
		return failed(StageConnect, err)
	}
	defer conn.Close() // a second time, mostly: Quit closes too
	// The library waits by the connection's deadlines; ctx ends it sooner.
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	if a, ok := conn.RemoteAddr().(*net.TCPAddr); s.TLS == TLSNone && (!ok || !a.IP.IsLoopback()) {
		return &Failure{Stage: StageConnect, Text: "without TLS only a relay on this machine is used"}
	}
	c, err := s.greet(ctx, conn, m)
	if err != nil {
		return failed(StageGreet, err)
	}
	defer c.Close()
	c.CommandTimeout, c.SubmissionTimeout = limit, limit
	if s.Username != "" {
		if err := s.signIn(c); err != nil {
			return failed(StageSignIn, err)
		}
	}
	return transfer(c, m)
}

func (s SMTP) greet(ctx context.Context, conn net.Conn, m Message) (*smtp.Client, error) {
	host, _, _ := net.SplitHostPort(s.Addr)
	cfg := &tls.Config{ServerName: host, RootCAs: s.Roots, MinVersion: tls.VersionTLS12}
	var c *smtp.Client
	switch s.TLS {
	case TLSNone:
		c = smtp.NewClient(conn)
	case TLSDirect:
		t := tls.Client(conn, cfg)
		if err := t.HandshakeContext(ctx); err != nil {
			return nil, err
		}
		c = smtp.NewClient(t)
	default:
		var err error
		if c, err = smtp.NewClientStartTLS(conn, cfg); err != nil {
			return nil, err
		}
	}
	name := s.LocalName
	if _, domain, ok := strings.Cut(m.From, "@"); name == "" && ok {
		name = domain
	}
	if name == "" {
		name = "localhost"
	}
	return c, c.Hello(name)
}

func transfer(c *smtp.Client, m Message) error {
	if err := c.Mail(m.From, &smtp.MailOptions{Size: int64(len(m.Bytes)), UTF8: m.UTF8}); err != nil {
		if ok, _ := c.Extension("SMTPUTF8"); m.UTF8 && !ok {
			return &Failure{Stage: StageAddress, Text: "the relay takes no addresses beyond ASCII", Final: true, Cause: err}
		}
		return failed(StageSender, err)
	}
	if err := c.Rcpt(m.To, nil); err != nil {
		return failed(StageRecipient, err)
	}
	w, err := c.Data()
	if err != nil {
		return failed(StageContent, err)
	}
	if _, err := bytes.NewReader(m.Bytes).WriteTo(w); err != nil {
		return failed(StageContent, err)
	}
	if err := w.Close(); err != nil {
		return failed(StageContent, err)
	}
	// It is theirs now; how the good-bye goes does not matter.
	_ = c.Quit()
	return nil
}

// signIn proves who we are by PLAIN (RFC 4616), or by LOGIN where a relay knows
// nothing better.
func (s SMTP) signIn(c *smtp.Client) error {
	switch {
	case c.SupportsAuth("PLAIN"):
		return c.Auth(&plain{s.Username, s.Password})
	case c.SupportsAuth("LOGIN"):
		return c.Auth(&login{answers: []string{s.Username, s.Password}})
	}
	return errors.New("the relay offers neither PLAIN nor LOGIN")
}

type plain struct{ name, password string }

func (p *plain) Start() (mech string, first []byte, err error) {
	return "PLAIN", []byte("\x00" + p.name + "\x00" + p.password), nil
}

func (p *plain) Next([]byte) ([]byte, error) {
	return nil, errors.New("the relay asked once more than PLAIN has answers")
}

type login struct{ answers []string }

func (l *login) Start() (mech string, first []byte, err error) { return "LOGIN", nil, nil }

func (l *login) Next([]byte) ([]byte, error) {
	if len(l.answers) == 0 {
		return nil, errors.New("the relay asked once more than LOGIN has answers")
	}
	next := l.answers[0]
	l.answers = l.answers[1:]
	return []byte(next), nil
}

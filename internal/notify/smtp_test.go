package notify_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"fairlead/internal/casework"
	"fairlead/internal/cvd"
	"fairlead/internal/notify"
	"fairlead/internal/store"
)

// relay is a real SMTP server in this process.
type relay struct {
	addr  string
	roots *x509.CertPool

	mu     sync.Mutex
	got    []notify.Message
	hellos []string
	// answer is asked at each stage; nil accepts.
	answer func(stage, arg string) error
}

func (r *relay) ask(stage, arg string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.answer == nil {
		return nil
	}
	return r.answer(stage, arg)
}

func (r *relay) ids(t *testing.T) []string {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []string
	for _, m := range r.got {
		out = append(out, headers(t, m)["Message-Id"][0])
	}
	return out
}

func (r *relay) set(answer func(stage, arg string) error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answer = answer
}

type session struct {
	*relay
	m notify.Message
}

func (r *relay) NewSession(c *smtp.Conn) (smtp.Session, error) {
	r.mu.Lock()
	r.hellos = append(r.hellos, c.Hostname())
	r.mu.Unlock()
	return &session{relay: r}, nil
}

func (s *session) Mail(from string, opts *smtp.MailOptions) error {
	s.m = notify.Message{From: from, UTF8: opts.UTF8}
	return s.ask("mail", from)
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.m.To = to
	return s.ask("rcpt", to)
}

func (s *session) Data(r io.Reader) error {
	b, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	s.m.Bytes = b
	if err := s.ask("data", s.m.To); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.got = append(s.got, s.m)
	return nil
}

func (s *session) Reset()        {}
func (s *session) Logout() error { return nil }

// start serves a relay: plainly, by STARTTLS or by TLS.
func start(t *testing.T, mode string) *relay {
	t.Helper()
	certs := httptest.NewUnstartedServer(nil)
	certs.StartTLS()
	defer certs.Close()
	r := &relay{roots: x509.NewCertPool()}
	r.roots.AddCert(certs.Certificate())
	cfg := &tls.Config{Certificates: certs.TLS.Certificates, MinVersion: tls.VersionTLS12}
	s := smtp.NewServer(r)
	s.Domain, s.ErrorLog = "relay.example.org", quiet{}
	ln := must(net.Listen("tcp", "127.0.0.1:0"))
	r.addr = ln.Addr().String()
	switch mode {
	case notify.TLSStart:
		s.TLSConfig = cfg
	case notify.TLSDirect:
		ln = tls.NewListener(ln, cfg)
	}
	go s.Serve(ln)
	t.Cleanup(func() { s.Close() })
	return r
}

type quiet struct{}

func (quiet) Printf(string, ...any) {}
func (quiet) Println(...any)        {}

func (r *relay) sender(mode string) notify.SMTP {
	return notify.SMTP{Addr: r.addr, TLS: mode, Roots: r.roots}
}

var letter = notify.Message{From: "fairlead@example.org", To: "rosa@example.net", ID: "1@example.org", Bytes: []byte("Subject: x\r\n\r\n.dot\r\nend\r\n")}

func TestSendByEachMode(t *testing.T) {
	for _, mode := range []string{notify.TLSStart, notify.TLSDirect, notify.TLSNone} {
		t.Run(mode, func(t *testing.T) {
			r := start(t, mode)
			if err := r.sender(mode).Send(t.Context(), letter); err != nil {
				t.Fatal(err)
			}
			if len(r.got) != 1 || r.got[0].To != letter.To || r.got[0].From != letter.From || !bytes.Equal(r.got[0].Bytes, letter.Bytes) {
				t.Errorf("got %+v", r.got)
			}
			if name := r.hellos[len(r.hellos)-1]; name != "example.org" {
				t.Errorf("greeted as %s", name)
			}
		})
	}
}

// Mail never goes in the clear by accident, nor to somebody with a foreign
// certificate.
func TestSendOnlyUnderTLS(t *testing.T) {
	bare := start(t, notify.TLSNone)
	if err := bare.sender(notify.TLSStart).Send(t.Context(), letter); err == nil || permanent(err) {
		t.Errorf("without STARTTLS: %v", err)
	}
	r := start(t, notify.TLSStart)
	s := r.sender("")
	s.Roots = x509.NewCertPool()
	if err := s.Send(t.Context(), letter); err == nil || permanent(err) {
		t.Errorf("unknown certificate: %v", err)
	}
	if len(bare.got)+len(r.got) > 0 {
		t.Error("a mail went out")
	}
	for _, c := range []struct {
		s  notify.SMTP
		ok bool
	}{
		{notify.SMTP{Addr: "mail.example.org:587"}, true},
		{notify.SMTP{Addr: "mail.example.org:465", TLS: "tls"}, true},
		{notify.SMTP{Addr: "localhost:25", TLS: "none"}, true},
		{notify.SMTP{Addr: "[::1]:25", TLS: "none"}, true},
		{notify.SMTP{Addr: "mail.example.org:25", TLS: "none"}, false},
		{notify.SMTP{Addr: "192.0.2.1:25", TLS: "none"}, false},
		{notify.SMTP{Addr: "mail.example.org"}, false},
		{notify.SMTP{Addr: "mail.example.org:587", TLS: "maybe"}, false},
	} {
		if err := c.s.Check(); (err == nil) != c.ok {
			t.Errorf("%+v: %v", c.s, err)
		}
	}
}

func permanent(err error) bool {
	p, ok := errors.AsType[interface {
		error
		Permanent() bool
	}](err)
	return ok && p.Permanent()
}

func TestAnswersOfTheRelay(t *testing.T) {
	r := start(t, notify.TLSNone)
	for _, c := range []struct {
		stage string
		code  int
		final bool
		where string
	}{
		{"mail", 451, false, notify.StageSender},
		{"mail", 550, false, notify.StageSender}, // our own address: the operator mends it
		{"rcpt", 450, false, notify.StageRecipient},
		{"rcpt", 550, true, notify.StageRecipient},
		{"data", 452, false, notify.StageContent},
		{"data", 554, true, notify.StageContent},
	} {
		r.set(func(stage, arg string) error {
			if stage == c.stage {
				return &smtp.SMTPError{Code: c.code, EnhancedCode: smtp.NoEnhancedCode, Message: "no, not " + arg}
			}
			return nil
		})
		err := r.sender(notify.TLSNone).Send(t.Context(), letter)
		f, ok := errors.AsType[*notify.Failure](err)
		if !ok || f.Code != c.code || f.Final != c.final || f.Stage != c.where {
			t.Errorf("%s %d: %+v", c.stage, c.code, err)
			continue
		}
		if log := fmt.Sprint(f.LogValue()); strings.Contains(log, "rosa") || !strings.Contains(log, fmt.Sprint(c.code)) {
			t.Errorf("the log would say %s", log)
		}
	}
	if len(r.got) > 0 {
		t.Errorf("got %d", len(r.got))
	}
}

func TestAddressBeyondASCII(t *testing.T) {
	m := letter
	m.To, m.UTF8 = "rosá@example.net", true
	if err := start(t, notify.TLSNone).sender(notify.TLSNone).Send(t.Context(), m); err == nil || !permanent(err) {
		t.Errorf("a relay without SMTPUTF8: %v", err)
	}
}

// A relay that is silent, hangs up or talks nonsense is tried again later.
func TestBrokenRelay(t *testing.T) {
	for name, talk := range map[string]func(net.Conn){
		"silent":   func(c net.Conn) { io.Copy(io.Discard, c) },
		"hangs up": func(c net.Conn) { c.Close() },
		"nonsense": func(c net.Conn) { fmt.Fprint(c, strings.Repeat("\xff\x00hello\r\n", 100)); c.Close() },
		"endless":  func(c net.Conn) { c.Write(bytes.Repeat([]byte("220-"), 1<<18)); c.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			s := notify.SMTP{Addr: scripted(t, talk), TLS: notify.TLSNone, Limit: 100 * time.Millisecond}
			if err := s.Send(t.Context(), letter); err == nil || permanent(err) {
				t.Errorf("%v", err)
			}
		})
	}
	ctx, stop := context.WithCancel(t.Context())
	s := notify.SMTP{Addr: scripted(t, func(c net.Conn) { stop(); io.Copy(io.Discard, c) }), TLS: notify.TLSNone}
	if err := s.Send(ctx, letter); err == nil {
		t.Error("sent although it was stopped")
	}
}

// scripted listens and lets talk answer.
func scripted(t *testing.T, talk func(net.Conn)) string {
	t.Helper()
	ln := must(net.Listen("tcp", "127.0.0.1:0"))
	t.Cleanup(func() { ln.Close() })
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				talk(c)
			}()
		}
	}()
	return ln.Addr().String()
}

func TestSignIn(t *testing.T) {
	for _, c := range []struct{ offers, wrong string }{
		{"PLAIN LOGIN", ""}, {"LOGIN", ""}, {"CRAM-MD5", "neither"}, {"PLAIN", "535"},
	} {
		var said []string
		done := make(chan struct{})
		addr := scripted(t, func(conn net.Conn) {
			defer close(done)
			r := bufio.NewReader(conn)
			reply := func(s string) { fmt.Fprintf(conn, "%s\r\n", s) }
			reply("220 relay.example.org")
			for {
				l, err := r.ReadString('\n')
				if err != nil {
					return
				}
				l = strings.TrimSpace(l)
				said = append(said, l)
				switch verb, _, _ := strings.Cut(l, " "); {
				case verb == "EHLO":
					reply("250-relay.example.org\r\n250 AUTH " + c.offers)
				case c.wrong != "" && verb == "AUTH":
					reply("535 wrong password for harbour")
				case l == "AUTH LOGIN":
					reply("334 VXNlcm5hbWU6")
				case l == base64.StdEncoding.EncodeToString([]byte("harbour")):
					reply("334 UGFzc3dvcmQ6")
				case verb == "AUTH" || l == base64.StdEncoding.EncodeToString([]byte("light")):
					reply("235 welcome")
				case verb == "DATA":
					reply("354 go on")
					for l != ".\r\n" && err == nil {
						l, err = r.ReadString('\n')
					}
					reply("250 fine")
				case verb == "QUIT":
					reply("221 bye")
					return
				case verb == "MAIL" || verb == "RCPT":
					reply("250 fine")
				default:
					reply("500 what?")
				}
			}
		})
		s := notify.SMTP{Addr: addr, TLS: notify.TLSNone, Username: "harbour", Password: "light"}
		err := s.Send(t.Context(), letter)
		<-done
		all := strings.Join(said, "\n")
		if c.wrong != "" {
			if err == nil || permanent(err) || !strings.Contains(err.Error(), c.wrong) || strings.Contains(all, "MAIL") {
				t.Errorf("%s: %v\n%s", c.offers, err, all)
			}
			continue
		}
		if err != nil || !strings.Contains(all, "MAIL FROM:<fairlead@example.org>") {
			t.Errorf("%s: %v\n%s", c.offers, err, all)
		}
	}
}

// The whole way: a case, its notices, a relay that is busy at first, refuses one
// person for good, and is not there at all.
func TestThroughTheOutbox(t *testing.T) {
	h := build(t)
	r := start(t, notify.TLSStart)
	o := h.outbox(h.mail(r.sender(notify.TLSStart)))
	h.report(secret("rosa@example.net"))

	r.set(func(stage, _ string) error {
		if stage == "rcpt" {
			return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 7, 1}, Message: "come back later"}
		}
		return nil
	})
	if n := h.drain(o); n != 0 {
		t.Errorf("busy: %d carried", n)
	}
	for _, c := range h.carried(store.EffectPending) {
		if c.Attempts != 1 || !strings.Contains(c.Text, "451: come back later") {
			t.Errorf("after a busy relay: %d tries, %q", c.Attempts, c.Text)
		}
	}
	h.turn(2 * time.Minute)
	r.set(func(stage, arg string) error {
		if stage == "rcpt" && arg == "ben@team.example.org" {
			return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such person"}
		}
		return nil
	})
	if n := h.drain(o); n != 1 {
		t.Errorf("%d carried, want the reporter's", n)
	}
	done, dead := h.carried(store.EffectDone), h.carried(store.EffectDead)
	if len(done) != 1 || done[0].Attempts != 2 || !strings.Contains(done[0].Text, "To: <rosa@example.net>") {
		t.Errorf("done: %+v", done)
	}
	if len(dead) != 1 || !strings.HasPrefix(dead[0].Text, "ben@team.example.org: mail: recipient: the relay answered 550: no such person\n\nDate: ") {
		t.Errorf("dead: %+v", dead)
	}
	if got := to(r, "ada@team.example.org"); got != 1 {
		t.Errorf("she who can be reached got %d", got)
	}
	if log := h.log.String(); strings.Contains(log, "@team.") || strings.Contains(log, "rosa") || !strings.Contains(log, "level=ERROR") {
		t.Errorf("log: %s", log)
	}
}

func to(r *relay, addr string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := 0
	for _, m := range r.got {
		if m.To == addr {
			n++
		}
	}
	return n
}

// Whoever has a mail already is spared when it is tried again for another.
func TestOnlyTheRestIsTriedAgain(t *testing.T) {
	h := build(t)
	busy := true
	p := &pocket{fail: func(m notify.Message) error {
		if busy && m.To == "ben@team.example.org" {
			return errors.New("later")
		}
		return nil
	}}
	o := h.outbox(h.mail(p))
	h.report(secret(""))
	h.drain(o)
	busy = false
	h.turn(2 * time.Minute)
	h.drain(o)
	if a, b := len(p.to("ada@team.example.org")), len(p.to("ben@team.example.org")); a != 1 || b != 1 {
		t.Errorf("%d and %d mails, want one each", a, b)
	}
	if left := h.carried(store.EffectPending); len(left) > 0 {
		t.Errorf("%+v", left)
	}
}

func TestRelayIsGone(t *testing.T) {
	h := build(t)
	ln := must(net.Listen("tcp", "127.0.0.1:0"))
	addr := ln.Addr().String()
	ln.Close()
	h.report(secret("rosa@example.net"))
	o := h.outbox(h.mail(notify.SMTP{Addr: addr, TLS: notify.TLSNone}))
	h.drain(o)
	for _, c := range h.carried(store.EffectPending) {
		if wait := c.At.Sub(h.now()); c.Attempts != 1 || wait < 48*time.Second || wait > 72*time.Second {
			t.Errorf("%s: %d tries, next in %s", c.Key, c.Attempts, wait)
		}
	}
	if s := must(o.Status(t.Context())); s.Pending != 2 || s.Failing != 2 {
		t.Errorf("%+v", s)
	}
	if !strings.Contains(h.log.String(), "connection refused") {
		t.Errorf("the log does not help: %s", &h.log)
	}
}

// A process that dies between sending and writing down that it sent leaves a
// mail that is sent again, as the same mail.
func TestSentTwiceIsTheSameMail(t *testing.T) {
	h := build(t)
	r := start(t, notify.TLSNone)
	h.report(secret(""))
	died := errors.New("the process died")
	carry := h.mail(r.sender(notify.TLSNone))
	dying := carrierFunc(func(ctx context.Context, e casework.Effect) ([]byte, error) {
		if _, err := carry.Carry(ctx, e); err != nil {
			t.Error(err)
		}
		return nil, died // which the outbox of the dead process never stored
	})
	effects := h.carried(store.EffectPending)
	err := h.store.Update(t.Context(), func(tx store.Tx) error {
		_, err := tx.Lease(h.now(), h.now().Add(2*time.Minute), 10)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range effects {
		if _, err := dying.Carry(t.Context(), e.Effect); !errors.Is(err, died) {
			t.Error(err)
		}
	}
	h.turn(3 * time.Minute)
	if n := h.drain(h.outbox(h.mail(r.sender(notify.TLSNone)))); n != 1 {
		t.Errorf("%d carried", n)
	}
	ids := r.ids(t)
	if len(ids) != 4 || ids[0] != ids[2] || ids[1] != ids[3] {
		t.Errorf("ids %v", ids)
	}
}

type carrierFunc func(ctx context.Context, e casework.Effect) ([]byte, error)

func (f carrierFunc) Carry(ctx context.Context, e casework.Effect) ([]byte, error) { return f(ctx, e) }

// A notice to the team that reaches nobody is given up loudly, never dropped.
func TestNobodyToTell(t *testing.T) {
	n := example(cvd.EffectNotifyTeam, "received", "on-duty")
	n.To = nil
	if _, err := compose(t, n); !permanent(err) {
		t.Errorf("%v", err)
	}
}

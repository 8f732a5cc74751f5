package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/mail"
	"net/smtp"
	"net/textproto"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"fairlead/internal/app"
	"fairlead/internal/inbox"
)

// letter is one mail of the load and how it went.
type letter struct {
	id      string
	acked   bool
	doubted bool // it was sent to its end, and no answer came
}

func (l *letter) text() string {
	// A machine's, so that it stands on a shelf when it is sorted.
	return "From: load@example.net\r\nTo: security@example.com\r\nMessage-ID: <" + l.id + ">\r\nAuto-Submitted: auto-generated\r\nSubject: load\r\n\r\n" +
		strings.Repeat("It goes wrong here, and a machine says so.\r\n", 90)
}

// sender sends mail over one connection after the other, as a mail server does.
type sender struct {
	addr string
	conn *smtp.Client
}

func (s *sender) send(l *letter) error {
	if s.conn == nil {
		c, err := smtp.Dial(s.addr)
		if err != nil {
			return err
		}
		if err := c.Hello("load.example.net"); err != nil {
			return err
		}
		s.conn = c
	}
	if err := s.conn.Mail("load@example.net"); err != nil {
		return err
	}
	if err := s.conn.Rcpt(mailbox); err != nil {
		return err
	}
	w, err := s.conn.Data()
	if err != nil {
		return err
	}
	if _, err := w.Write([]byte(l.text())); err != nil {
		return err
	}
	err = w.Close()
	var answer *textproto.Error
	l.doubted = l.doubted || (err != nil && !errors.As(err, &answer))
	l.acked = err == nil
	return err
}

// mailbox is the address that the demo's policy names.
const mailbox = "security@example.com"

// TestKilledWhileMailComesIn kills the server in the middle of 1,000 deliveries of
// eight senders. What was answered with 250 is there exactly once (invariant 1). What
// was not is sent again and is there; twice only where the message had come to its end
// and the answer was cut off: SMTP cannot tell these apart (RFC 5321 section 4.5.3.2.6,
// RFC 1047), and duplicates are known by their Message-ID when they are sorted.
func TestKilledWhileMailComesIn(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	p := demo(t, "--empty", "--unlimited", "--data", data, "--smtp", "127.0.0.1:0")
	all := make([]*letter, 1000)
	for i := range all {
		all[i] = &letter{id: fmt.Sprintf("load-%d@example.net", i)}
	}
	at := int64(300 + rand.IntN(400))
	t.Logf("killed at %d acknowledgements", at)
	var acks atomic.Int64
	deliver(p.SMTP, all, func() {
		if acks.Add(1) == at {
			go p.crash()
		}
	})
	<-p.ended
	acked, doubted := 0, 0
	for _, l := range all {
		if l.acked {
			acked++
		}
		if l.doubted {
			doubted++
		}
	}
	if acked < int(at) || acked == len(all) {
		t.Fatalf("%d were answered before the crash", acked)
	}
	again := demo(t, "--empty", "--unlimited", "--data", data, "--smtp", "127.0.0.1:0")
	deliver(again.SMTP, all, func() {})
	if err := again.stop(); err != nil {
		t.Fatal(err)
	}
	found := inInbox(t, data, "load-")
	twice := 0
	for _, l := range all {
		n := found[l.id]
		if n == 2 && l.doubted {
			twice++
			n = 1
		}
		if n != 1 || !l.acked {
			t.Errorf("%s: acknowledged %v, doubted %v, and there %d times", l.id, l.acked, l.doubted, found[l.id])
		}
	}
	t.Logf("%d had no answer, of %d of these nobody could know; %d of them are there twice", len(all)-acked, doubted, twice)
	if len(found) != len(all) {
		t.Errorf("%d messages are there that nobody sent", len(found)-len(all))
	}
}

// deliver has eight senders send what is not acknowledged, each until its server is
// gone.
func deliver(addr string, all []*letter, acked func()) {
	queue := make(chan *letter, len(all))
	for _, l := range all {
		if !l.acked {
			queue <- l
		}
	}
	close(queue)
	var senders sync.WaitGroup
	for range 8 {
		senders.Go(func() {
			s := &sender{addr: addr}
			for l := range queue {
				if s.send(l) != nil {
					return
				}
				acked()
			}
			if s.conn != nil {
				_ = s.conn.Quit()
			}
		})
	}
	senders.Wait()
}

// inInbox counts the messages in a folder whose server has stopped, by Message-ID,
// where that begins so: tests of its own doors may lie there too.
func inInbox(t *testing.T, data, begins string) map[string]int {
	t.Helper()
	ctx := context.Background()
	h, err := app.Build(ctx, app.Config{Data: data, Database: app.DatabaseConfig{Engine: "sqlite"}}, app.Options{Demo: true})
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	out := map[string]int{}
	for _, state := range []inbox.State{inbox.Waiting, inbox.Aside, inbox.Unsorted, inbox.Spam} {
		list, err := h.Inbox.List(ctx, state, nil, 10_000)
		if err != nil {
			t.Fatal(err)
		}
		for _, it := range list {
			if it, err = h.Inbox.Item(ctx, it.ID); err != nil {
				t.Fatal(err)
			}
			m, err := mail.ReadMessage(bytes.NewReader(it.Raw))
			if err != nil {
				t.Fatal(err)
			}
			if id := strings.Trim(m.Header.Get("Message-Id"), "<>"); strings.HasPrefix(id, begins) {
				out[id]++
			}
		}
	}
	return out
}

// The demo's mail door speaks TLS with the certificate that --tls makes, or with one
// of its own, and takes mail for the policy's address alone.
func TestDemoMailDoor(t *testing.T) {
	for _, flags := range [][]string{{"--tls"}, nil} {
		data := filepath.Join(t.TempDir(), "data")
		p := demo(t, append([]string{"--empty", "--data", data, "--smtp", "127.0.0.1:0"}, flags...)...)
		if _, port, err := net.SplitHostPort(p.SMTP); err != nil || port == "0" {
			t.Fatalf("the line says %q", p.SMTP)
		}
		c, err := smtp.Dial(p.SMTP)
		if err != nil {
			t.Fatal(err)
		}
		trust := &tls.Config{ServerName: "localhost", InsecureSkipVerify: flags == nil}
		if flags != nil {
			pem, err := os.ReadFile(filepath.Join(data, "tls", "cert.pem"))
			if err != nil {
				t.Fatal(err)
			}
			trust.RootCAs = x509.NewCertPool()
			trust.RootCAs.AppendCertsFromPEM(pem)
		}
		if err := errors.Join(c.Hello("x.example.net"), c.StartTLS(trust)); err != nil {
			t.Fatal(err)
		}
		if err := c.Mail("ann@example.net"); err != nil {
			t.Fatal(err)
		}
		if err := c.Rcpt("mara@example.com"); err == nil || !strings.Contains(err.Error(), "5.7.1") {
			t.Errorf("for somebody else: %v", err)
		}
		if err := c.Rcpt("postmaster" + mailbox[strings.IndexByte(mailbox, '@'):]); err != nil {
			t.Error(err)
		}
		if err := c.Quit(); err != nil {
			t.Error(err)
		}
		if err := p.stop(); err != nil {
			t.Error(err)
		}
	}
}

// lmtp hands one mail to the door on a socket and returns what it answered.
func lmtp(t *testing.T, socket, to string) string {
	t.Helper()
	c, err := net.Dial("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := fmt.Fprintf(c, "LHLO mx.example.org\r\nMAIL FROM:<ann@example.net>\r\nRCPT TO:<%s>\r\nDATA\r\nMessage-ID: <%s>\r\nAuto-Submitted: auto-generated\r\n\r\nx\r\n.\r\nQUIT\r\n", to, to); err != nil {
		t.Fatal(err)
	}
	said, err := io.ReadAll(c)
	if err != nil {
		t.Fatal(err)
	}
	return string(said)
}

// A server that was killed takes its socket up again, and both doors of its
// configuration take mail for what the policy names.
func TestServeTakesMail(t *testing.T) {
	dir := t.TempDir()
	config, data, socket := filepath.Join(dir, "config.yaml"), filepath.Join(dir, "data"), filepath.Join(dir, "lmtp.sock")
	text := "policy: " + example(t, "two-person-team") + "\nmail:\n  lmtp: " + socket + "\n  smtp:\n    listen: 127.0.0.1:0\n    hostname: mx.example.org\n"
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for round := range 2 {
		p, err := launch(dir, data, "serve", "--listen", "127.0.0.1:0", "--data", data, "--config", config)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(p.crash)
		if said := lmtp(t, socket, fmt.Sprintf("security+%d@example.org", round)); !strings.HasPrefix(said, "220 mx.example.org LMTP") || !strings.Contains(said, "\r\n250 2.0.0 <security+") {
			t.Errorf("ours: %s", said)
		}
		if said := lmtp(t, socket, "ben@example.org"); !strings.Contains(said, "\r\n550 5.7.1 ") || strings.Contains(said, "250 2.0.0 <") {
			t.Errorf("not ours: %s", said)
		}
		if log := p.stderr.String(); strings.Contains(log, "example.net") || strings.Contains(log, "security") || !strings.Contains(log, "door=smtp listen=127.0.0.1:") {
			t.Errorf("the log says %s", log)
		}
		if round == 0 {
			p.crash()
		} else if err := p.stop(); err != nil {
			t.Fatal(err)
		}
	}
	if found := inInbox(t, data, "security+"); len(found) != 2 {
		t.Errorf("%v is there", found)
	}
}

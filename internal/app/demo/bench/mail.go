package bench

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"fairlead/internal/app"
	"fairlead/internal/inbox"
	"fairlead/internal/intake/mail"
	"fairlead/internal/store/sqlstore/bare"
)

// letter is a mail of four KiB, with dots and line ends as they go over the line.
func letter(n int64) string {
	head := fmt.Sprintf("From: Finder %d <finder%d@example.net>\r\nTo: security@example.com\r\nSubject: Report %d\r\nMessage-ID: <%d@bench.example.net>\r\n"+
		"Date: Wed, 25 Nov 2026 12:00:00 +0000\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n", n%1000, n%1000, n, n)
	const line = "What was found, where, and how it can be seen again; change the number.\r\n"
	return head + strings.Repeat(line, (4096-len(head))/len(line)+1)
}

// mailer is one sending server: a connection that it keeps, commands in one go
// (RFC 2920).
type mailer struct {
	net.Conn
	r *bufio.Reader
}

func dialMail(addr string) (*mailer, error) {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	m := &mailer{c, bufio.NewReader(c)}
	if err := m.wants("220"); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return m, m.say("EHLO bench.example.net\r\n", "250")
}

// say sends a text and wants answers of these codes.
func (m *mailer) say(text string, codes ...string) error {
	if _, err := m.Write([]byte(text)); err != nil {
		return err
	}
	for _, code := range codes {
		if err := m.wants(code); err != nil {
			return err
		}
	}
	return nil
}

func (m *mailer) wants(code string) error {
	for {
		line, err := m.r.ReadString('\n')
		switch {
		case err != nil:
			return err
		case !strings.HasPrefix(line, code):
			return fmt.Errorf("a mail was answered with %q", line)
		case line[3] != '-':
			return nil
		}
	}
}

func (m *mailer) send(n int64) error {
	begin := fmt.Sprintf("MAIL FROM:<finder%d@example.net>\r\nRCPT TO:<security@example.com>\r\nDATA\r\n", n%1000)
	if err := m.say(begin, "250", "250", "354"); err != nil {
		return err
	}
	return m.say(letter(n)+".\r\n", "250")
}

// Mail measures messages a second through the SMTP door, each answered only after
// its commit is synced, and the bare rate of writing what is written until then.
func Mail(ctx context.Context, o Options) ([]Result, error) {
	return inFolder(func(dir string) ([]Result, error) {
		s, err := start(ctx, o, filepath.Join(dir, "data"), "--smtp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		times, elapsed, err := sendMail(ctx, o, s.SMTP)
		if err := errors.Join(err, s.stop()); err != nil {
			return nil, err
		}
		used := s.cmd.ProcessState.UserTime() + s.cmd.ProcessState.SystemTime()
		out := append(spread("mail", times, elapsed, fmt.Sprintf("%d clients, %d-byte messages, synced commits", o.Clients, len(letter(1)))),
			Result{"mail, processor time of the server", float64(used.Microseconds()) / 1000 / float64(len(times)), "ms", "for each, with what sorts them meanwhile"})
		rate, err := bareMail(ctx, dir, o.Clients)
		if err != nil {
			return nil, err
		}
		return append(out,
			Result{"bare SQLite, rate", rate, "1/s", fmt.Sprintf("the rows of mail that waits, %d a commit", o.Clients)},
			Result{"mail of bare", 100 * out[0].Value / rate, "%", ""}), nil
	})
}

func sendMail(ctx context.Context, o Options, addr string) ([]time.Duration, time.Duration, error) {
	free := make(chan *mailer, o.Clients)
	for range o.Clients {
		m, err := dialMail(addr)
		if err != nil {
			return nil, 0, err
		}
		defer m.Close()
		free <- m
	}
	return load(ctx, o.Clients, o.For, func(n int64) error {
		m := <-free
		defer func() { free <- m }()
		return m.send(n)
	})
}

// bareMail fills an inbox that nobody sorts, and writes its rows once more.
func bareMail(ctx context.Context, dir string, batch int) (float64, error) {
	const messages = 3000
	data := filepath.Join(dir, "inbox")
	h, err := app.Build(ctx, app.Config{Data: data, Database: app.DatabaseConfig{Engine: "sqlite"}}, app.Options{Demo: true, Unlimited: true})
	if err != nil {
		return 0, err
	}
	if err := errors.Join(fillInbox(ctx, h.Inbox, messages, batch), h.Close()); err != nil {
		return 0, err
	}
	rows, err := bare.Load(ctx, filepath.Join(data, "fairlead.db"))
	if err != nil {
		return 0, err
	}
	rows.Reports = messages
	return bareRate(ctx, rows, filepath.Join(dir, "bare.db"), batch)
}

func fillInbox(ctx context.Context, box *inbox.Box, messages, clients int) error {
	var all sync.WaitGroup
	errs := make([]error, clients)
	for i := range clients {
		all.Go(func() {
			for n := i; n < messages && errs[i] == nil; n += clients {
				_, errs[i] = box.Accept(ctx, inbox.Item{
					Door: "smtp", Raw: []byte(letter(int64(n))),
					Envelope: mail.Envelope{From: fmt.Sprintf("finder%d@example.net", n%1000), To: []string{"security@example.com"}, Peer: "127.0.0.1", Helo: "bench.example.net"},
				})
			}
		})
	}
	all.Wait()
	return errors.Join(errs...)
}

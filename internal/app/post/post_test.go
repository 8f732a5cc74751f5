package post_test

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/smtp"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"fairlead/internal/app/config"
	"fairlead/internal/app/post"
	"fairlead/internal/cvd"
	"fairlead/internal/inbox"
	"fairlead/internal/policy"
	"fairlead/internal/store/blob"
	"fairlead/internal/store/storetest/engines"
	"fairlead/internal/store/vault/vaulttest"
)

var ctx = context.Background()

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func contacts(uris ...string) *policy.Policy {
	p := &policy.Policy{Programs: []policy.Program{{ID: "main"}, {ID: "server", Mail: "Server@example.org"}}}
	for _, uri := range uris {
		p.Contacts = append(p.Contacts, policy.Contact{URI: uri})
	}
	return p
}

func TestAddresses(t *testing.T) {
	p := contacts("https://example.org/report", "mailto:security@example.org", "mailto:server@example.org", "mailto:team@münchen.example")
	a := &post.Addresses{Policy: func() *policy.Policy { return p }, Own: post.OwnAddresses(&config.Mail{From: "fairlead@mail.example.org", Bounce: "bounces@mail.example.org"})}
	for address, want := range map[string]string{
		"security@example.org": "any", "SECURITY@Example.ORG.": "any", "security+r.fl-2026-7kq4mxz.mac@example.org": "any",
		"server@example.org": "server", "server+x@example.org": "server", "team@xn--mnchen-3ya.example": "any", "team@MÜNCHEN.example": "any",
		"postmaster@example.org": "any", "Postmaster@mail.example.org": "any", "fairlead@mail.example.org": "any", "bounces+b.x.y@mail.example.org": "any",
		"security@mail.example.org": "none", "security@example.net": "none", "postmaster@example.net": "none", "mara@example.org": "none",
		"+security@example.org": "none", "@example.org": "none", "security": "none", "": "none", "securit@y@example.org": "none", "security@": "none",
	} {
		got, err := a.Program(address)
		switch {
		case errors.Is(err, cvd.ErrNotFound):
			got = "none"
		case err != nil:
			t.Errorf("%s: %v", address, err)
		case got == "":
			got = "any"
		}
		if got != want {
			t.Errorf("%s leads to %s, not %s", address, got, want)
		}
	}
	// A new version counts from the next message on.
	p = contacts("mailto:new@example.org")
	if _, err := a.Program("security@example.org"); !errors.Is(err, cvd.ErrNotFound) {
		t.Errorf("an address that is named no more: %v", err)
	}
	if _, err := a.Program("new@example.org"); err != nil {
		t.Error(err)
	}
	p = nil
	if _, err := a.Program("new@example.org"); !errors.Is(err, cvd.ErrUnavailable) {
		t.Errorf("without a policy: %v", err)
	}
}

func box(t *testing.T) *inbox.Box {
	t.Helper()
	st := engines.SQLite(t)
	v := vaulttest.Open(t, st, time.Now())
	blobs, err := blob.Dir(t.TempDir())
	must(t, err)
	return inbox.Open(inbox.Config{Store: st, Vault: v, Blobs: blobs, Now: time.Now, Rand: rand.Reader})
}

// send sends a mail over STARTTLS, as servers do: without a look at the name.
func send(t *testing.T, addr string) {
	t.Helper()
	c, err := smtp.Dial(addr)
	must(t, err)
	must(t, c.StartTLS(&tls.Config{InsecureSkipVerify: true}))
	must(t, c.Mail("ann@example.net"))
	must(t, c.Rcpt("security@example.org"))
	w, err := c.Data()
	must(t, err)
	_, err = io.WriteString(w, "Subject: x\r\n\r\nx\r\n")
	must(t, err)
	must(t, w.Close())
	must(t, c.Quit())
}

// Both doors of a configuration take mail until they are told to stop, and a socket
// that a crash left behind is no hindrance.
func TestDoors(t *testing.T) {
	b := box(t)
	path := filepath.Join(t.TempDir(), "lmtp.sock")
	open := func() (*post.Doors, error) {
		return post.Open(post.Config{
			Mail: &config.Mail{LMTP: path, SMTP: &config.SMTP{Listen: "127.0.0.1:0", Hostname: "mx.example.org"}},
			Box:  b, Policy: func() *policy.Policy { return contacts("mailto:security@example.org") },
			Now: time.Now, Log: slog.New(slog.DiscardHandler),
		})
	}
	left, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	must(t, err)
	left.SetUnlinkOnClose(false)
	must(t, left.Close())
	for range 2 {
		d, err := open()
		must(t, err)
		info, err := os.Stat(path)
		must(t, err)
		if info.Mode().Perm() != 0o660 {
			t.Errorf("the socket's mode is %v", info.Mode())
		}
		run, stop := context.WithCancel(ctx)
		ended := make(chan struct{})
		go func() { d.Run(run); close(ended) }()
		send(t, d.SMTP())
		c, err := net.Dial("unix", path)
		must(t, err)
		_, err = io.WriteString(c, "LHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<security@example.org>\r\nDATA\r\nx\r\n.\r\nQUIT\r\n")
		must(t, err)
		said, err := io.ReadAll(c)
		must(t, err)
		if !strings.HasPrefix(string(said), "220 mx.example.org LMTP") || !strings.Contains(string(said), "\r\n250 2.0.0 <security@example.org> ") {
			t.Errorf("LMTP: %s", said)
		}
		stop()
		<-ended
		must(t, d.Close())
	}
	if n, err := b.Count(ctx, inbox.Waiting); n != 4 || err != nil {
		t.Errorf("%d messages, %v", n, err)
	}
	doors, err := b.Doors(ctx)
	must(t, err)
	if len(doors) != 2 || doors[0].Name != "lmtp" || doors[1].Name != "smtp" || doors[0].Open || doors[1].Backlog != 2 {
		t.Errorf("%+v", doors)
	}
}

// Without a door in the configuration nothing listens; one that cannot be opened is
// named, and the others are closed again.
func TestOpenRefuses(t *testing.T) {
	d, err := post.Open(post.Config{Mail: &config.Mail{Relay: "mail.example.org:587"}})
	if err != nil || d.SMTP() != "" {
		t.Errorf("%v, %v", d.SMTP(), err)
	}
	d.Run(ctx) // returns at once: there is nothing to wait for
	file := filepath.Join(t.TempDir(), "file")
	must(t, os.WriteFile(file, nil, 0o600))
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer taken.Close()
	cfg := post.Config{Box: box(t), Now: time.Now, Policy: func() *policy.Policy { return nil }, Log: slog.New(slog.DiscardHandler)}
	for want, m := range map[string]*config.Mail{
		"mail.lmtp":             {LMTP: file},
		"smtp on 127.0.0.1:":    {SMTP: &config.SMTP{Listen: taken.Addr().String()}},
		"mail.smtp.certificate": {SMTP: &config.SMTP{Listen: "127.0.0.1:0", Certificate: file, Key: file}},
	} {
		cfg.Mail = m
		if _, err := post.Open(cfg); !errors.Is(err, cvd.ErrUnavailable) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
	if _, err := os.Stat(file); err != nil {
		t.Errorf("a file that is no socket is gone: %v", err)
	}
}

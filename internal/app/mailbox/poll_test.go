package mailbox_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"fairlead/internal/app/config"
	"fairlead/internal/app/mailbox"
	"fairlead/internal/inbox"
	"fairlead/internal/mailin/imap"
	"fairlead/internal/mailin/imap/dovecottest"
	"fairlead/internal/seal"
	"fairlead/internal/store/blob"
	"fairlead/internal/store/sqlstore"
	"fairlead/internal/store/vault"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// process is one run of a server on a data folder.
type process struct {
	box   *inbox.Box
	polls []*imap.Poller
	close func()
}

func start(t *testing.T, dir string, keys *seal.Keyring, accounts []config.IMAP, now func() time.Time, after func(n int)) *process {
	t.Helper()
	st, err := sqlstore.OpenSQLite(t.Context(), filepath.Join(dir, "fairlead.db"), sqlstore.Options{})
	must(t, err)
	v, err := vault.Open(t.Context(), st, keys, now())
	must(t, err)
	blobs, err := blob.Dir(filepath.Join(dir, "blobs"))
	must(t, err)
	p := &process{close: func() { must(t, st.Close()) }}
	p.box = inbox.Open(inbox.Config{Store: st, Vault: v, Blobs: blobs, Now: now, Rand: rand.Reader})
	p.polls, err = mailbox.Polling{
		Accounts: accounts, Box: &counted{Box: p.box, after: after}, Marks: mailbox.Marks{Store: st, Vault: v, Now: now},
		Now: now, Log: slog.New(slog.DiscardHandler),
	}.Pollers()
	must(t, err)
	return p
}

// counted tells how many messages were taken over.
type counted struct {
	*inbox.Box
	n     int
	after func(n int)
}

func (c *counted) Accept(ctx context.Context, it inbox.Item) (string, error) {
	id, err := c.Box.Accept(ctx, it)
	if c.n++; err == nil && c.after != nil {
		c.after(c.n)
	}
	return id, err
}

// The whole way with a real server, a real store and the real inbox: we end in the
// middle of a batch, begin again, and each message is in once.
func TestFromAMailboxIntoTheInbox(t *testing.T) {
	s := dovecottest.Start(t)
	dir := t.TempDir()
	now := time.Now().UTC().Truncate(time.Second)
	for n := range 60 {
		s.Deliver("INBOX", fmt.Appendf(nil, "From: ada@example.org\r\nSubject: %d\r\n\r\nIt is broken.\r\n", n), now.Add(-time.Hour))
	}
	s.Deliver("INBOX", fmt.Appendf(nil, "From: ada@example.org\r\nSubject: 60\r\n\r\n%s", strings.Repeat("It is broken.\r\n", 40_000)), now.Add(-time.Minute))
	pem, err := os.ReadFile(s.CAFile)
	must(t, err)
	ca := filepath.Join(dir, "ca.pem")
	must(t, os.WriteFile(ca, pem, 0o600))
	accounts := []config.IMAP{{
		Name: "security", Address: s.AddrTLS, Security: "tls", CAFile: ca, Mailboxes: []string{"INBOX"}, Program: "main",
		Username: dovecottest.Username, Password: dovecottest.Password, Every: "10s",
	}}
	keys, err := seal.NewKeyring()
	must(t, err)
	ctx, stop := context.WithCancel(t.Context())
	p := start(t, dir, keys, accounts, func() time.Time { return now }, func(n int) {
		if n == 33 {
			stop()
		}
	})
	mailbox.Run(ctx, p.polls) // returns, since it was stopped
	p.close()

	p = start(t, dir, keys, accounts, func() time.Time { return now }, nil)
	defer p.close()
	if n, err := p.polls[0].Poll(t.Context()); err != nil || n < 61-33 {
		t.Fatal(n, err)
	}
	if n, err := p.polls[0].Poll(t.Context()); err != nil || n != 0 {
		t.Fatal(n, err)
	}
	items, err := p.box.List(t.Context(), inbox.Waiting, nil, 100)
	must(t, err)
	var subjects []string
	for _, it := range items {
		whole, err := p.box.Item(t.Context(), it.ID)
		must(t, err)
		_, rest, _ := strings.Cut(string(whole.Raw), "Subject: ")
		subject, _, _ := strings.Cut(rest, "\r\n")
		subjects = append(subjects, subject)
		if it.Door != "imap/security" || it.Program != "main" || it.Received.After(now) {
			t.Errorf("%+v", it)
		}
	}
	slices.Sort(subjects)
	if len(subjects) != 61 || len(slices.Compact(subjects)) != 61 {
		t.Errorf("%d messages are in: %v", len(subjects), subjects)
	}
	if seen, all := s.Seen("INBOX"); seen != 61 || all != 61 {
		t.Errorf("%d of %d are marked as seen", seen, all)
	}
	doors, err := p.box.Doors(t.Context())
	must(t, err)
	if len(doors) != 1 || doors[0].Name != "imap/security" || doors[0].Errors != 0 || !doors[0].Open || doors[0].Backlog != 61 {
		t.Errorf("%+v", doors)
	}
}

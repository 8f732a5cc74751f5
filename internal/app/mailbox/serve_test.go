package mailbox_test

import (
	"context"
	"fmt"
	"net"
	"testing"
	"time"

	"fairlead/examples"
	"fairlead/internal/app"
	"fairlead/internal/app/config"
	"fairlead/internal/casework"
	"fairlead/internal/cvd"
	"fairlead/internal/mailin/imap/dovecottest"
)

// nowhere is a DNS that is away: that delays nothing.
type nowhere struct{}

var errNowhere = &net.DNSError{Err: "away", IsTemporary: true}

func (nowhere) LookupTXT(context.Context, string) ([]string, error) { return nil, errNowhere }

func (nowhere) LookupMX(context.Context, string) ([]*net.MX, error) { return nil, errNowhere }

func (nowhere) LookupIPAddr(context.Context, string) ([]net.IPAddr, error) { return nil, errNowhere }

func (nowhere) LookupAddr(context.Context, string) ([]string, error) { return nil, errNowhere }

// A mail in a mailbox elsewhere becomes a case of a server that polls it, received
// when that server had it.
func TestAMailInAMailboxBecomesACase(t *testing.T) {
	s := dovecottest.Start(t)
	had := time.Now().Add(-time.Hour).Truncate(time.Second)
	s.Deliver("INBOX", fmt.Appendf(nil, "From: Ada <ada@example.net>\r\nTo: security@example.org\r\nMessage-ID: <1@example.net>\r\nDate: Mon, 1 Jan 2024 10:00:00 +0000\r\nSubject: Overflow\r\n\r\nThe parser overflows.\r\n"), had)
	cfg := app.Config{Data: t.TempDir(), Database: app.DatabaseConfig{Engine: "sqlite"}, Mail: &config.Mail{IMAP: []config.IMAP{{
		Name: "security", Address: s.AddrTLS, Security: "tls", CAFile: s.CAFile, Username: dovecottest.Username, Password: dovecottest.Password,
		Mailboxes: []string{"INBOX"}, Every: "10s",
	}}}}
	h, err := app.Build(t.Context(), cfg, app.Options{BaseURL: "http://localhost", Resolver: nowhere{}})
	must(t, err)
	defer func() { must(t, h.Close()) }()
	_, err = h.Book.Publish(t.Context(), cvd.System, examples.TwoPersonTeam)
	must(t, err)
	_, err = h.OpenDoors(nil)
	must(t, err)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- h.Serve(ctx, l, nil) }()
	defer func() { stop(); must(t, <-ended) }()
	var page casework.Page
	for len(page.Rows) == 0 {
		page, err = h.Desk.As(lead).Cases(t.Context(), casework.Filter{})
		must(t, err)
		select {
		case err := <-ended:
			ended <- err
			t.Fatal("the server ended")
		case <-time.After(20 * time.Millisecond): // until the mail is sorted; the test's own limit ends it
		}
	}
	f, err := h.Desk.As(lead).Case(t.Context(), page.Rows[0].ID)
	must(t, err)
	if f.Case.Title != "Overflow" || !f.Case.Created.Equal(had) || f.Case.Participant(cvd.Reporter).Contact.Email != "ada@example.net" || f.Case.Flags.Imported {
		t.Errorf("%+v", f.Case)
	}
	if m := f.Events[0].Body.Mail; m == nil || m.Door != "imap/security" || !m.At.Equal(had) {
		t.Errorf("%+v", m)
	}
}

// Package mailbox looks after the mailboxes of others: it polls those that the
// configuration names, and brings old ones in as cases.
//
// It never decides what a message is: the inbox and the desk do.
package mailbox

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"fairlead/internal/app/config"
	"fairlead/internal/cvd"
	intake "fairlead/internal/intake/mailbox"
	"fairlead/internal/mailin/imap"
)

// Alarm is after how many rounds in a row that failed the team is to see it.
const Alarm = 3

// Polling is what the accounts are polled with.
type Polling struct {
	Accounts []config.IMAP
	Box      interface {
		imap.Box
		imap.Notes
	}
	Marks imap.Marks
	Now   func() time.Time
	Log   *slog.Logger
}

// Pollers makes a poller for each account. It asks no server yet.
func (p Polling) Pollers() ([]*imap.Poller, error) {
	var out []*imap.Poller
	for _, a := range p.Accounts {
		access, err := Access(a)
		if err != nil {
			return nil, err
		}
		out = append(out, imap.New(imap.Config{
			Name: a.Name, Dial: access.Dial, Mailboxes: a.Mailboxes, Move: a.Move(), All: a.All, Program: a.Program,
			Limit: intake.Limit, Every: a.Interval(), Box: p.Box, Marks: p.Marks, Notes: p.Box, Now: p.Now, Log: p.Log,
		}))
	}
	return out, nil
}

// Run polls until ctx ends, each account by itself: a server that hangs holds up no
// other.
func Run(ctx context.Context, pollers []*imap.Poller) {
	var all sync.WaitGroup
	defer all.Wait()
	for _, p := range pollers {
		all.Go(func() {
			for ctx.Err() == nil {
				_, _ = p.Poll(ctx) // the poller has told its door and the log
				wait := time.NewTimer(p.Wait())
				select {
				case <-ctx.Done():
				case <-wait.C:
				}
				wait.Stop()
			}
		})
	}
}

// Access is how an account of the configuration is reached.
func Access(a config.IMAP) (imap.Access, error) {
	out := imap.Access{Addr: a.Address, Security: a.Security, Username: a.Username, Password: a.Password, Moves: a.Move() != ""}
	if a.CAFile == "" {
		return out, nil
	}
	pem, err := os.ReadFile(a.CAFile)
	if err != nil {
		return out, fmt.Errorf("%w: mail.imap %s: ca_file: %w", cvd.ErrUnavailable, a.Name, err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		return out, fmt.Errorf("%w: mail.imap %s: ca_file holds no certificate", cvd.ErrInvalid, a.Name)
	}
	out.TLS = &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
	return out, nil
}

// Package post opens the doors through which mail comes in, as the configuration
// says, and closes them with the house.
//
// It never reads a message and never decides about one: it wires.
package post

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"fairlead/internal/app/config"
	"fairlead/internal/cvd"
	"fairlead/internal/inbox"
	"fairlead/internal/mailin"
	"fairlead/internal/policy"
	"fairlead/internal/seal"
)

// Config is what the doors are opened with.
type Config struct {
	Mail *config.Mail // nil: no door but that of SMTP below
	// SMTP is where a demo listens, whatever Mail says; empty: as Mail says.
	SMTP     string
	Hostname string      // by which doors greet, where Mail names none
	TLS      *tls.Config // of the site, for STARTTLS where Mail names none
	Box      *inbox.Box
	Policy   func() *policy.Policy // the one in effect; nil: there is none
	Now      func() time.Time
	Log      *slog.Logger
	// Unlimited lifts the limits against abuse.
	Unlimited bool
}

// door is one that is open.
type door struct {
	name     string
	door     *mailin.Door
	listener net.Listener
}

// Doors are those that are open. They take nothing before Run.
type Doors struct {
	cfg   Config
	doors []door
}

// Open opens the doors, or none: an address that cannot be listened on is a
// cvd.ErrUnavailable that says which.
func Open(cfg Config) (d *Doors, err error) {
	d = &Doors{cfg: cfg}
	defer func() {
		if err != nil {
			err = errors.Join(err, d.Close())
		}
	}()
	smtp := cfg.smtp()
	if smtp != nil {
		encrypted, err := cfg.tls(smtp)
		if err != nil {
			return d, err
		}
		if err := d.listen("smtp", "tcp", smtp.Listen, mailin.Config{TLS: encrypted, Ours: smtp.Ours}); err != nil {
			return d, err
		}
	}
	if cfg.Mail == nil || cfg.Mail.LMTP == "" {
		return d, nil
	}
	network := "tcp"
	if filepath.IsAbs(cfg.Mail.LMTP) {
		network = "unix"
		if err := removeSocket(cfg.Mail.LMTP); err != nil {
			return d, err
		}
	}
	if err := d.listen("lmtp", network, cfg.Mail.LMTP, mailin.Config{LMTP: true}); err != nil || network == "tcp" {
		return d, err
	}
	// The mail server belongs to the service's group.
	if err := os.Chmod(cfg.Mail.LMTP, 0o660); err != nil { //nolint:gosec // the group is meant
		return d, fmt.Errorf("%w: mail.lmtp: %w", cvd.ErrUnavailable, err)
	}
	return d, nil
}

func (c Config) smtp() *config.SMTP {
	var s config.SMTP
	if c.Mail != nil && c.Mail.SMTP != nil {
		s = *c.Mail.SMTP
	}
	if s.Listen = cmp.Or(c.SMTP, s.Listen); s.Listen == "" {
		return nil
	}
	s.Hostname = cmp.Or(s.Hostname, c.Hostname, "localhost")
	return &s
}

// ownCertificate is how long a certificate holds that is made at start.
const ownCertificate = 10 * 365 * 24 * time.Hour

// tls is what STARTTLS is offered with. Between mail servers nobody looks at the
// name in a certificate (RFC 3207 section 4.1), so one of our own making is better
// than none.
func (c Config) tls(s *config.SMTP) (*tls.Config, error) {
	var pair tls.Certificate
	switch {
	case s.Certificate != "":
		var err error
		if pair, err = tls.LoadX509KeyPair(s.Certificate, s.Key); err != nil {
			return nil, fmt.Errorf("%w: mail.smtp.certificate: %w", cvd.ErrUnavailable, err)
		}
	case c.TLS != nil:
		return &tls.Config{GetCertificate: c.TLS.GetCertificate, MinVersion: tls.VersionTLS12}, nil
	default:
		certPEM, keyPEM, err := seal.SelfSigned([]string{s.Hostname}, time.Now(), ownCertificate)
		if err != nil {
			return nil, err
		}
		if pair, err = tls.X509KeyPair(certPEM, keyPEM); err != nil {
			return nil, err
		}
	}
	return &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}, nil
}

// removeSocket removes what an earlier process left, if it is a socket.
func removeSocket(path string) error {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err == nil && info.Mode()&fs.ModeSocket == 0:
		err = errors.New("there is a file that is no socket")
	case err == nil:
		err = os.Remove(path)
	}
	if err != nil {
		return fmt.Errorf("%w: mail.lmtp: %w", cvd.ErrUnavailable, err)
	}
	return nil
}

func (d *Doors) listen(name, network, address string, c mailin.Config) error {
	l, err := net.Listen(network, address)
	if err != nil {
		return fmt.Errorf("%w: cannot listen for mail by %s on %s: %w", cvd.ErrUnavailable, name, address, err)
	}
	known := &Addresses{Policy: d.cfg.Policy, Own: OwnAddresses(d.cfg.Mail)}
	c.Name, c.Inbox, c.Recipient, c.Now, c.Log, c.Unlimited = name, d.cfg.Box, known.Program, d.cfg.Now, d.cfg.Log, d.cfg.Unlimited
	c.Hostname = cmp.Or(d.cfg.Hostname, "localhost")
	if s := d.cfg.smtp(); s != nil {
		c.Hostname = s.Hostname
	}
	d.doors = append(d.doors, door{name: name, door: mailin.New(c), listener: l})
	return nil
}

// SMTP is the address that the SMTP door really listens on; empty without one.
func (d *Doors) SMTP() string {
	for _, one := range d.doors {
		if one.name == "smtp" {
			return one.listener.Addr().String()
		}
	}
	return ""
}

// Close closes listeners that Run never served.
func (d *Doors) Close() error {
	var errs []error
	for _, one := range d.doors {
		if err := one.listener.Close(); !errors.Is(err, net.ErrClosed) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// stopping is how long a stop waits until what is whole is kept and answered.
const stopping = 10 * time.Second

// Run takes mail until ctx ends. Then nothing new is taken, and what was answered
// is kept.
func (d *Doors) Run(ctx context.Context) {
	var all sync.WaitGroup
	for _, one := range d.doors {
		all.Go(func() { d.run(ctx, one) })
	}
	all.Wait()
}

func (d *Doors) run(ctx context.Context, one door) {
	d.cfg.Log.Info("mail is taken", "door", one.name, "listen", one.listener.Addr().String())
	ended := make(chan error, 1)
	go func() { ended <- one.door.Serve(one.listener) }()
	select {
	case err := <-ended:
		d.cfg.Log.Error("a mail door has ended; restart the server", "door", one.name, "err", err)
		d.cfg.Box.NoteDoor(inbox.Note{Door: one.name, Err: "door.ended"})
		<-ctx.Done()
		return
	case <-ctx.Done():
	}
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopping)
	defer cancel()
	if err := errors.Join(one.door.Close(end), <-ended); err != nil {
		d.cfg.Log.Error("a mail door could not be closed", "door", one.name, "err", err)
	}
}

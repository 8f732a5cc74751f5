// Package letters wires the door through which mail goes out: to which relay, from
// whom, signed by which domain, encrypted and signed by the house's own key.
//
// It never writes a letter and never sends one.
package letters

import (
	"context"
	"fmt"
	"net/mail"
	"time"

	"fairlead/internal/app/config"
	"fairlead/internal/cvd"
	"fairlead/internal/notify"
	"fairlead/internal/notify/dkim"
	"fairlead/internal/pgp"
	"fairlead/internal/pgp/letter"
	"fairlead/internal/seal/mailkey"
	"fairlead/internal/words"
)

// Config is what the door is wired from.
type Config struct {
	Mail *config.Mail // nil: nothing is configured
	// Demo keeps everything in the outbox, whatever Mail says.
	Demo bool
	// In says that mail comes in by a door of the house.
	In      bool
	Notices notify.Notices
	Words   *words.Book
	Now     func() time.Time
	BaseURL func() string
	// Key is the house's own OpenPGP key, and KeyPath where its public half is served.
	Key     func(ctx context.Context) (*pgp.PrivateKey, error)
	KeyPath string
}

// Open wires the door. The sender is notify.Keep where nothing is sent. Errors wrap
// cvd.ErrInvalid or are notify's, and name the setting.
func Open(c Config) (*notify.Mail, notify.Sender, error) {
	m := c.Mail
	if m == nil {
		m = &config.Mail{}
	}
	out := notify.Config{
		Notices: c.Notices, Words: c.Words, Sender: notify.Keep{}, Now: c.Now, BaseURL: c.BaseURL, From: m.From, Bounce: m.Bounce,
		Answered: c.In, Seal: c.seal, KeyPath: c.keyPath,
		// What is tagged must come in here; a mailbox elsewhere may know no tags.
		Plus: c.In && (c.Demo || m.Tags()),
	}
	if m.Relay != "" && !c.Demo {
		out.Sender = notify.SMTP{Addr: m.Relay, TLS: m.Security, Username: m.Username, Password: m.Password}
	}
	if m.From == "" {
		out.From = "fairlead@localhost"
	}
	if out.Bounce == m.From {
		out.Bounce = "" // which means the same, and From may have a name before its address
	}
	if m.DKIM != nil {
		signer, err := signer(m)
		if err != nil {
			return nil, nil, err
		}
		out.Sign = signer.Sign
	}
	carrier, err := notify.New(out)
	return carrier, out.Sender, err
}

// signer signs for the domain of DKIM, which must be one that speaks for From.
func signer(m *config.Mail) (*dkim.Signer, error) {
	key, err := mailkey.Read([]byte(m.DKIM.Key))
	if err != nil {
		return nil, fmt.Errorf("mail.dkim.key_file: %w", err)
	}
	s, err := dkim.New(m.DKIM.Domain, m.DKIM.Selector, key)
	if err != nil {
		return nil, fmt.Errorf("%w: mail.dkim: %w", cvd.ErrInvalid, err)
	}
	from, err := mail.ParseAddress(m.From)
	if err != nil {
		return nil, fmt.Errorf("%w: mail.dkim: mail.from is missing or no address; receivers compare its domain with mail.dkim.domain", cvd.ErrInvalid)
	}
	if !s.Covers(from.Address) {
		return nil, fmt.Errorf("%w: mail.dkim.domain: it is neither the domain of mail.from nor above it, so no receiver would count the signature", cvd.ErrInvalid)
	}
	return s, nil
}

// seal encrypts a letter to one key, signed by ours.
func (c Config) seal(ctx context.Context, clear []byte, to *pgp.PublicKey) ([]byte, error) {
	own, err := c.Key(ctx)
	if err != nil {
		return nil, err
	}
	return letter.Seal(clear, []*pgp.PublicKey{to}, own, c.Now())
}

// keyPath is where our key is served, if mail that is encrypted to it is read here.
func (c Config) keyPath(ctx context.Context) string {
	if !c.In {
		return ""
	}
	own, err := c.Key(ctx)
	if err != nil {
		return ""
	}
	if public, err := own.Public(); err != nil || !public.CanEncrypt(c.Now()) {
		return ""
	}
	return c.KeyPath
}

package app

import (
	"context"
	"net/url"
	"sync"

	"fairlead/internal/app/cert"
	"fairlead/internal/app/clerks"
	"fairlead/internal/app/mailbox"
	"fairlead/internal/app/post"
	"fairlead/internal/cvd"
	"fairlead/internal/notify"
	"fairlead/internal/outbox"
	"fairlead/internal/policy"
)

// OpenDoors opens the doors for mail that the configuration or the options name, and
// returns the address that the SMTP door really listens on; empty without one.
// They take mail from Serve on.
func (h *House) OpenDoors(kept *cert.Keeper) (smtp string, err error) {
	host := ""
	if u, err := url.Parse(h.Base()); err == nil {
		host = u.Hostname()
	}
	h.doors, err = post.Open(post.Config{
		Mail: h.Config.Mail, SMTP: h.Options.SMTP, Hostname: host, TLS: kept.TLS(), Box: h.Inbox, Policy: h.policy,
		Now: h.Options.Clock.Now, Log: h.Options.Log, Unlimited: h.Options.Unlimited,
	})
	if err != nil {
		return "", err
	}
	h.closers = append(h.closers, h.doors.Close)
	if h.Config.Mail != nil && !h.Options.Demo {
		h.pollers, err = mailbox.Polling{
			Accounts: h.Config.Mail.IMAP, Box: h.Inbox, Now: h.Options.Clock.Now, Log: h.Options.Log,
			Marks: mailbox.Marks{Store: h.Store, Vault: h.Vault, Now: h.Options.Clock.Now},
		}.Pollers()
	}
	return h.doors.SMTP(), err
}

// takeMail takes mail until ctx ends or noMore is called, which returns when what
// was answered is kept.
func (h *House) takeMail(ctx context.Context) (noMore func()) {
	if h.doors == nil {
		return func() {}
	}
	mail, over := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		var polls sync.WaitGroup
		polls.Go(func() { mailbox.Run(mail, h.pollers) })
		h.doors.Run(mail)
		polls.Wait()
	}()
	return func() {
		over()
		<-done
	}
}

// importer makes cases of old mailboxes.
func (h *House) importer() mailbox.Importer {
	return mailbox.Importer{
		Archive: h.Desk.As(cvd.System).Archive, Policy: h.policy, Members: h.Auth.Members, Now: h.Options.Clock.Now,
		Wordless: h.Words.In().Say("import.wordless"), // see words.StandIn
	}
}

// policy is the one in effect, or nil.
func (h *House) policy() *policy.Policy {
	if cur := h.Book.Current(); cur != nil {
		return cur.Policy
	}
	return nil
}

// clerks is what those who deal with mail are wired from.
func (h *House) clerks(sender notify.Sender) clerks.Config {
	c := clerks.Config{
		Mail: h.Config.Mail, SMTP: h.Options.SMTP != "", CVE: h.Config.CVE != nil, Desk: h.Desk, Box: h.Inbox, Book: h.Book, Words: h.Words,
		Store: h.Store, Vault: h.Vault, Keys: h.signing.Readers, Policy: h.policy, Now: h.Options.Clock.Now, Log: h.Options.Log,
		Resolver: h.Options.Resolver, Unlimited: h.Options.Unlimited, Host: "localhost", Poke: h.poke,
		Outbox: func(ctx context.Context) (outbox.Status, error) { return h.Outbox.Status(ctx) },
		Local: func(ctx context.Context, door, from, to string, message []byte) error {
			if h.doors == nil {
				return cvd.ErrUnavailable
			}
			return h.doors.Send(ctx, door, from, to, message)
		},
	}
	if _, kept := sender.(notify.Keep); !kept {
		c.Relay = func(ctx context.Context, from, to, id string, message []byte) error {
			return sender.Send(ctx, notify.Message{From: from, To: to, ID: id, Bytes: message})
		}
	}
	if u, err := url.Parse(h.Base()); err == nil && u.Hostname() != "" {
		c.Host = u.Hostname()
	}
	return c
}

// testChannels sends the day's tests, and tells of those that did not arrive. That one
// could not be sent is seen on the board.
func (h *House) testChannels(ctx context.Context) {
	if h.policy() == nil {
		return
	}
	if err := h.Clerks.Tick(ctx); err != nil && ctx.Err() == nil {
		h.Options.Log.Error("a channel could not be tested", "err", err)
	}
}

package app

import (
	"context"
	"crypto/tls"
	"net/url"
	"sync"

	"fairlead/internal/app/mailbox"
	"fairlead/internal/app/post"
	"fairlead/internal/cvd"
	"fairlead/internal/policy"
)

// OpenDoors opens the doors for mail that the configuration or the options name, and
// returns the address that the SMTP door really listens on; empty without one.
// They take mail from Serve on.
func (h *House) OpenDoors(cert *tls.Certificate) (smtp string, err error) {
	host := ""
	if u, err := url.Parse(h.Base()); err == nil {
		host = u.Hostname()
	}
	h.doors, err = post.Open(post.Config{
		Mail: h.Config.Mail, SMTP: h.Options.SMTP, Hostname: host, TLS: cert, Box: h.Inbox, Policy: h.policy,
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
		Wordless: h.Words.In("en").Say("import.wordless"),
	}
}

// policy is the one in effect, or nil.
func (h *House) policy() *policy.Policy {
	if cur := h.Book.Current(); cur != nil {
		return cur.Policy
	}
	return nil
}

package app

import (
	"context"
	"crypto/tls"
	"net/url"

	"fairlead/internal/app/post"
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
	return h.doors.SMTP(), nil
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
		h.doors.Run(mail)
	}()
	return func() {
		over()
		<-done
	}
}

// policy is the one in effect, or nil.
func (h *House) policy() *policy.Policy {
	if cur := h.Book.Current(); cur != nil {
		return cur.Policy
	}
	return nil
}

// Package proof finds out whether the domain that a mail names as its sender's stands
// behind it: SPF, DKIM and DMARC, by the DNS or by what a server of ours has already
// found.
//
// It never refuses a mail and never fails: DNS being away is a result. It says nothing
// about the person who wrote, and nothing about what the mail says.
package proof

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"strings"
	"time"

	"golang.org/x/net/idna"
	"golang.org/x/net/publicsuffix"

	"fairlead/internal/cvd"
	"fairlead/internal/intake/mail"
)

// DefaultTimeout bounds one check where the checker names no other time.
const DefaultTimeout = 10 * time.Second

// Resolver is the part of net.Resolver that is needed. It must end when the context
// does. Names come with their final dot.
type Resolver interface {
	LookupTXT(ctx context.Context, name string) ([]string, error)
	LookupMX(ctx context.Context, name string) ([]*net.MX, error)
	LookupIPAddr(ctx context.Context, host string) ([]net.IPAddr, error)
	LookupAddr(ctx context.Context, addr string) ([]string, error)
}

// Checker checks mail. Its fields are not changed while it is used.
type Checker struct {
	Resolver Resolver
	// Trust are the authserv-ids whose Authentication-Results are believed: those of
	// our own mail servers, which must take away such a field that a stranger sends
	// (RFC 8601 section 5).
	Trust []string
	// Relays are where our own mail servers hand mail over from. Results are believed
	// of mail from there, and of mail without a known peer, which nobody but our own
	// server can hand in: by a socket, or out of a mailbox. Mail from anywhere else is
	// checked here and what it says of itself is ignored.
	Relays []netip.Prefix
	Now    func() time.Time
	// Timeout bounds one check as a whole; DefaultTimeout if it is 0.
	Timeout time.Duration
}

// The results, in the words of RFC 8601 section 2.7.
const (
	none      = "none"
	pass      = "pass"
	fail      = "fail"
	tempError = "temperror"
	permError = "permerror"
)

// evidence is what speaks for domains, from any source.
type evidence struct {
	spf, dkim string   // the results
	mailFrom  string   // the domain that SPF passed for
	signers   []string // the domains whose DKIM signatures hold
	whole     []string // those of them that cover what names the case
}

// Check says what is known about the domain of from, the address that the caller took
// for the author. A mail that could be read in two ways, with several authors or a
// header that programs cut in different places, is never aligned.
func (c *Checker) Check(ctx context.Context, raw []byte, env mail.Envelope, from string) cvd.Proof {
	timeout := c.Timeout
	if timeout <= 0 {
		timeout = DefaultTimeout
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	dns := &lookups{ctx: ctx, resolver: c.Resolver}

	p := cvd.Proof{Domain: domainOf(from)}
	relayed := c.relayed(env.Peer)
	var said *results
	if relayed {
		said = c.believed(raw)
	}
	seen := evidence{spf: none}
	if !relayed {
		seen.spf, seen.mailFrom = dns.spf(env)
	}
	seen.dkim, seen.signers, seen.whole = dns.dkim(raw, c.Now)
	if said != nil {
		p.By = said.by
		seen = seen.with(said)
	}
	p.SPF, p.DKIM = seen.spf, seen.dkim
	certain := p.Domain != "" && oneAuthor(raw, from)
	record, state := dns.policy(p.Domain)
	switch {
	case certain && seen.speaksFor(p.Domain, record):
		p.Aligned = true
		seen.signers = seen.whole
		p.Loose = !seen.speaksFor(p.Domain, record)
		p.DMARC = pass
		if state != pass {
			p.DMARC = state
		}
	case certain && said != nil && said.dmarc == pass && said.domain == p.Domain:
		p.Aligned, p.DMARC = true, pass
	case state == pass && seen.unsure():
		p.DMARC = tempError
	case state == pass:
		p.DMARC = fail
	default:
		p.DMARC = state
	}
	if state == pass {
		p.Policy = record.policy
	}
	return p
}

// relayed tells whether only a server of ours can have handed the mail in.
func (c *Checker) relayed(peer string) bool {
	if peer == "" {
		return true
	}
	at, err := netip.ParseAddr(peer)
	return err == nil && slices.ContainsFunc(c.Relays, func(p netip.Prefix) bool { return p.Contains(at.Unmap().WithZone("")) })
}

// with adds what a server of ours has found to what was found here. That server saw the
// client and the mail as it came; here it may have been changed since.
func (e evidence) with(said *results) evidence {
	if said.spf != "" {
		e.spf, e.mailFrom = said.spf, said.mailFrom
	}
	if e.dkim != pass && said.dkim != "" {
		e.dkim = said.dkim
	}
	e.signers = append(e.signers, said.signers...)
	e.whole = append(e.whole, said.signers...)
	return e
}

// unsure tells whether DNS was away for something that might have spoken for the domain.
func (e evidence) unsure() bool { return e.spf == tempError || e.dkim == tempError }

// speaksFor tells whether SPF or DKIM passed for the domain, as the record wants it
// (RFC 7489 section 3.1).
func (e evidence) speaksFor(domain string, r record) bool {
	return e.spf == pass && aligned(domain, e.mailFrom, r.strictSPF) ||
		slices.ContainsFunc(e.signers, func(s string) bool { return aligned(domain, s, r.strictDKIM) })
}

// aligned tells whether two domains are one: exactly, or by the organization that holds
// both.
func aligned(a, b string, strict bool) bool {
	if a == "" || b == "" {
		return false
	}
	return a == b || !strict && organization(a) == organization(b)
}

// organization is the domain that somebody has registered (RFC 7489 section 3.2).
func organization(domain string) string {
	org, err := publicsuffix.EffectiveTLDPlusOne(domain)
	if err != nil {
		return domain
	}
	return org
}

// domainOf is the domain of an address as the DNS has it; "" if there is none.
func domainOf(address string) string {
	at := strings.LastIndexByte(address, '@')
	if at < 0 {
		return ""
	}
	return domainName(address[at+1:])
}

func domainName(s string) string {
	s, err := idna.Lookup.ToASCII(strings.TrimSuffix(strings.TrimSpace(s), "."))
	if err != nil || !strings.Contains(s, ".") || len(s) > 253 {
		return ""
	}
	return strings.ToLower(s)
}

package proof

import (
	"bytes"
	"context"
	"errors"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"blitiri.com.ar/go/spf"
	"github.com/emersion/go-msgauth/dkim"
	"github.com/emersion/go-msgauth/dmarc"

	"fairlead/internal/intake/mail"
)

// maxSignatures is the most DKIM signatures of one mail that are verified, topmost
// first: each costs a key from the DNS and a look at the whole body.
const maxSignatures = 5

// lookups asks the DNS within one check. Its errors are of the one type that the
// libraries understand: not found, or come again.
type lookups struct {
	ctx      context.Context // of the one check; a library takes none
	resolver Resolver

	mu      sync.Mutex // signatures are verified side by side
	testing []string   // domains whose keys say that they are being tried out
}

func (l *lookups) LookupTXT(ctx context.Context, name string) ([]string, error) {
	return asked(ctx, name, func(name string) ([]string, error) { return l.resolver.LookupTXT(ctx, name) })
}

func (l *lookups) LookupMX(ctx context.Context, name string) ([]*net.MX, error) {
	return asked(ctx, name, func(name string) ([]*net.MX, error) { return l.resolver.LookupMX(ctx, name) })
}

func (l *lookups) LookupIPAddr(ctx context.Context, host string) ([]net.IPAddr, error) {
	return asked(ctx, host, func(name string) ([]net.IPAddr, error) { return l.resolver.LookupIPAddr(ctx, name) })
}

// LookupAddr takes an address, which has no final dot.
func (l *lookups) LookupAddr(ctx context.Context, addr string) ([]string, error) {
	return asked(ctx, addr, func(string) ([]string, error) { return l.resolver.LookupAddr(ctx, addr) })
}

// asked asks for a name as it stands, not for one below the server's own domain.
func asked[T any](ctx context.Context, name string, ask func(string) ([]T, error)) ([]T, error) {
	away := &net.DNSError{Err: "no answer", Name: name, IsTemporary: true}
	if ctx.Err() != nil {
		return nil, away
	}
	list, err := ask(strings.TrimSuffix(name, ".") + ".")
	var d *net.DNSError
	switch {
	case err == nil:
		return list, nil
	case ctx.Err() == nil && errors.As(err, &d) && d.IsNotFound:
		return nil, &net.DNSError{Err: "no such record", Name: name, IsNotFound: true}
	default:
		return nil, away
	}
}

// spf checks the client's address for the domain of the envelope's sender, or for the
// name with which the client introduced itself if the sender is the null one
// (RFC 7208 section 2.4).
func (l *lookups) spf(env mail.Envelope) (result, domain string) {
	domain = domainOf(env.From)
	sender := env.From
	if domain == "" {
		domain = domainOf("@" + env.Helo)
		sender = "postmaster@" + domain
	}
	ip := net.ParseIP(env.Peer)
	if domain == "" || ip == nil {
		return none, ""
	}
	r, _ := spf.CheckHostWithSender(ip, env.Helo, sender, spf.WithContext(l.ctx), spf.WithResolver(l))
	return string(r), domain
}

// naming are the fields by which a mail finds its case.
var naming = []string{"In-Reply-To", "References", "To", "Cc"}

// covers tells whether a signature holds for every field that names a case and stands
// in the mail. One that was left out can be added by whoever sends the mail again.
func covers(raw []byte, signed []string) bool {
	for _, name := range naming {
		if topmost(raw, name) != "" && !slices.ContainsFunc(signed, func(s string) bool { return strings.EqualFold(s, name) }) {
			return false
		}
	}
	return true
}

// dkim verifies the signatures and tells whose hold, and whose of them cover what names
// the case. One that covers only a part of the
// body does not, nor one by a key that is being tried out (RFC 6376 section 3.6.1).
func (l *lookups) dkim(raw []byte, now func() time.Time) (result string, signers, whole []string) {
	list, err := dkim.VerifyWithOptions(bytes.NewReader(raw), &dkim.VerifyOptions{LookupTXT: l.key, MaxVerifications: maxSignatures})
	if err != nil && !errors.Is(err, dkim.ErrTooManySignatures) {
		return permError, nil, nil
	}
	result = none
	rank := []string{none, permError, fail, tempError, pass}
	for _, v := range list {
		if slices.Contains(l.testing, domainName(v.Domain)) {
			continue
		}
		one := pass
		switch {
		case v.Err == nil && !v.Expiration.IsZero() && now().After(v.Expiration):
			one = permError
		case v.Err == nil:
			if d := domainName(v.Domain); d != "" {
				signers = append(signers, d)
				if covers(raw, v.HeaderKeys) {
					whole = append(whole, d)
				}
			}
		case dkim.IsTempFail(v.Err):
			one = tempError
		case dkim.IsPermFail(v.Err):
			one = permError
		default:
			one = fail
		}
		if slices.Index(rank, one) > slices.Index(rank, result) {
			result = one
		}
	}
	return result, signers, whole
}

// key looks up the key of a signature.
func (l *lookups) key(name string) ([]string, error) {
	list, err := l.LookupTXT(l.ctx, name)
	_, domain, ok := strings.Cut(name, "._domainkey.")
	if err == nil && ok && slices.ContainsFunc(list, triedOut) {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.testing = append(l.testing, domainName(domain))
	}
	return list, err
}

// triedOut tells whether a key record has the flag y.
func triedOut(record string) bool {
	for tag := range strings.SplitSeq(record, ";") {
		if name, flags, _ := strings.Cut(tag, "="); strings.TrimSpace(name) == "t" {
			for flag := range strings.SplitSeq(flags, ":") {
				if strings.TrimSpace(flag) == "y" {
					return true
				}
			}
		}
	}
	return false
}

// record is what a domain asks for in the DNS; the zero value is what holds without one.
type record struct {
	strictSPF, strictDKIM bool
	policy                string
}

// policy finds the DMARC record of a domain, else that of its organization (RFC 7489
// section 6.6.3). state is pass if there is one, none, temperror or permerror.
func (l *lookups) policy(domain string) (r record, state string) {
	if domain == "" {
		return record{}, none
	}
	options := &dmarc.LookupOptions{LookupTXT: l.dmarc}
	found, err := dmarc.LookupWithOptions(domain, options)
	org := organization(domain)
	below := false
	if errors.Is(err, dmarc.ErrNoPolicy) && org != domain {
		found, err = dmarc.LookupWithOptions(org, options)
		below = true
	}
	switch {
	case errors.Is(err, dmarc.ErrNoPolicy):
		return record{}, none
	case dmarc.IsTempFail(err):
		return record{strictSPF: true, strictDKIM: true}, tempError // it may ask for that
	case err != nil:
		return record{}, permError
	}
	r = record{found.SPFAlignment == dmarc.AlignmentStrict, found.DKIMAlignment == dmarc.AlignmentStrict, string(found.Policy)}
	if below && found.SubdomainPolicy != "" {
		r.policy = string(found.SubdomainPolicy)
	}
	return r, pass
}

// dmarc looks up a record; several are as good as none.
func (l *lookups) dmarc(name string) ([]string, error) {
	list, err := l.LookupTXT(l.ctx, name)
	list = slices.DeleteFunc(slices.Clone(list), func(s string) bool { return !strings.HasPrefix(s, "v=DMARC1") })
	if len(list) > 1 {
		return nil, err
	}
	return list, err
}

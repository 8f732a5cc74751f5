package post

import (
	"fmt"
	"strings"
	"sync/atomic"

	"golang.org/x/net/idna"

	"fairlead/internal/app/config"
	"fairlead/internal/cvd"
	"fairlead/internal/policy"
)

// Addresses are those for which mail is taken: the policy's, those that our own
// letters name, and postmaster at all of their domains (RFC 5321 section 4.5.1).
type Addresses struct {
	// Policy is the one in effect; nil: there is none.
	Policy func() *policy.Policy
	// Own are the addresses of the configuration.
	Own []string

	known atomic.Pointer[table]
}

// OwnAddresses are those that letters of this configuration name.
func OwnAddresses(m *config.Mail) []string {
	if m == nil {
		return nil
	}
	return []string{m.From, m.Bounce}
}

// table is what one policy says.
type table struct {
	of      *policy.Policy
	program map[string]string
}

const postmaster = "postmaster"

// Program tells to which program mail for the address belongs, or empty for any. A
// tag behind a plus makes no difference. Errors: cvd.ErrNotFound for an address that
// is not ours, cvd.ErrUnavailable as long as no policy is in effect.
func (a *Addresses) Program(address string) (string, error) {
	p := a.Policy()
	if p == nil {
		return "", fmt.Errorf("%w: no version of the policy is in effect", cvd.ErrUnavailable)
	}
	t := a.known.Load()
	if t == nil || t.of != p {
		t = a.read(p)
		a.known.Store(t)
	}
	program, known := t.program[plain(address)]
	if !known {
		return "", cvd.ErrNotFound
	}
	return program, nil
}

func (a *Addresses) read(p *policy.Policy) *table {
	t := &table{of: p, program: map[string]string{}}
	add := func(address, program string) {
		key := plain(address)
		_, domain, whole := strings.Cut(key, "@")
		if !whole || domain == "" {
			return
		}
		if _, known := t.program[key]; !known {
			t.program[key] = program
		}
		if _, known := t.program[postmaster+"@"+domain]; !known {
			t.program[postmaster+"@"+domain] = ""
		}
	}
	for _, box := range p.Mailboxes() {
		add(box.Address, box.Program)
	}
	for _, own := range a.Own {
		add(own, "")
	}
	return t
}

// plain is an address without its tag, in the form in which two that lead to one
// mailbox are equal: small letters, the domain as the DNS has it.
func plain(address string) string {
	at := strings.LastIndexByte(address, '@')
	if at < 0 {
		return ""
	}
	local, _, _ := strings.Cut(address[:at], "+")
	domain := strings.TrimSuffix(address[at+1:], ".")
	if ascii, err := idna.Lookup.ToASCII(domain); err == nil {
		domain = ascii
	}
	return strings.ToLower(local) + "@" + strings.ToLower(domain)
}

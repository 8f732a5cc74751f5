// Package dkim signs mails on their way out, so that a receiver can tell that the
// domain sent them and that nobody changed them since (RFC 6376).
//
// It never checks a signature, never reads a key from a file, and never signs
// anything but a whole message.
package dkim

import (
	"bytes"
	"crypto"
	"errors"
	"fmt"
	"strings"

	"github.com/emersion/go-msgauth/dkim"
	"golang.org/x/net/idna"
)

// signed are the header fields that a signature covers: what RFC 6376 section 5.4.1
// recommends of those that our letters have, and what tells a person's letter from a
// program's.
var signed = []string{
	"From", "Reply-To", "Subject", "Date", "To", "Cc", "Message-ID", "In-Reply-To", "References",
	"Auto-Submitted", "Autocrypt", "MIME-Version", "Content-Type", "Content-Transfer-Encoding",
}

// Signer signs for one domain. It is safe for concurrent use.
type Signer struct{ options dkim.SignOptions }

// New makes a signer with a key, RSA or Ed25519 (RFC 8463), whose public half stands
// at SELECTOR._domainkey.DOMAIN.
func New(domain, selector string, key crypto.Signer) (*Signer, error) {
	ascii, err := idna.Lookup.ToASCII(strings.TrimSuffix(domain, "."))
	if err != nil || !strings.Contains(ascii, ".") {
		return nil, errors.New("dkim: the domain cannot be read; give it as example.org")
	}
	for label := range strings.SplitSeq(selector, ".") {
		if l, err := idna.Lookup.ToASCII(label); err != nil || l == "" || l != label {
			return nil, errors.New("dkim: the selector cannot be read; give letters and digits, such as fairlead2026")
		}
	}
	if key == nil {
		return nil, errors.New("dkim: there is no key to sign with")
	}
	// Each field once more than it stands in a letter: a field that somebody adds on
	// the way breaks the signature (section 8.15).
	var fields []string
	for _, f := range signed {
		fields = append(fields, f, f)
	}
	s := &Signer{dkim.SignOptions{
		Domain: ascii, Selector: selector, Signer: key, Hash: crypto.SHA256, HeaderKeys: fields,
		HeaderCanonicalization: dkim.CanonicalizationRelaxed, BodyCanonicalization: dkim.CanonicalizationRelaxed,
	}}
	// A key of another kind would only be noticed with the first letter.
	_, err = s.Sign([]byte("From: <a@example.org>\r\n\r\n"))
	return s, err
}

// Covers tells whether a receiver counts the signature for mail from the address, in
// the relaxed way of DMARC (RFC 7489 section 3.1.1) without asking where a registry
// ends: its domain is the signer's or lies below it.
func (s *Signer) Covers(address string) bool {
	domain, err := idna.Lookup.ToASCII(address[strings.LastIndexByte(address, '@')+1:])
	if err != nil {
		return false
	}
	return domain == s.options.Domain || strings.HasSuffix(domain, "."+s.options.Domain)
}

// Sign returns the message, whose lines end with CRLF, with its signature on top.
func (s *Signer) Sign(message []byte) ([]byte, error) {
	var b bytes.Buffer
	if err := dkim.Sign(&b, bytes.NewReader(message), &s.options); err != nil {
		return nil, fmt.Errorf("dkim: the letter could not be signed: %w", err)
	}
	return b.Bytes(), nil
}

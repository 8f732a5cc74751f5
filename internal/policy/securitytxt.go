package policy

import (
	"bytes"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"

	"fairlead/internal/cvd"
)

// SecurityTxtView is what a security.txt must be told beside the policy. One
// file speaks for one host (RFC 9116, section 3.1).
type SecurityTxtView struct {
	// BaseURL is the origin of the site; empty takes the policy's public_url.
	BaseURL string
	// Now and Expires bound the file's life: Expires lies after Now and less
	// than 365 days later (RFC 9116, section 2.5.5).
	Now, Expires time.Time
	// Canonical are the addresses under which the file is served; none means
	// the well-known one under BaseURL (RFC 9116, section 2.5.2).
	Canonical []string
	// Encryption are links to the team's keys, beside those of the contacts.
	Encryption []string
	// CSAF are addresses of provider metadata (CSAF 2.0, section 7.1.8).
	CSAF []string
	// Acknowledgments is the page of thanks; left out unless the policy names
	// finders on one.
	Acknowledgments string
}

// SecurityTxt is the policy's security.txt, not yet signed: lines end in LF,
// the contacts stand in the policy's order with the report form last. Links
// that are not https are left out, and a comment says so; a Canonical that
// nobody could fetch would make the file distrusted. It is a cvd.ErrInvalid if
// the file would expire at once, or too late.
func SecurityTxt(p *Policy, v SecurityTxtView) ([]byte, error) {
	if !v.Expires.After(v.Now) {
		return nil, fmt.Errorf("%w: security.txt would have expired already", cvd.ErrInvalid)
	}
	if v.Expires.Sub(v.Now) >= 365*24*time.Hour {
		return nil, fmt.Errorf("%w: security.txt would expire in a year or more, the limit is less than 365 days", cvd.ErrInvalid)
	}
	s := &securityTxt{}
	base := strings.TrimSuffix(v.BaseURL, "/")
	if base == "" {
		base = strings.TrimSuffix(p.PublicURL, "/")
	}
	s.comment("Security contact of " + p.Organisation.Name)
	for _, c := range p.Contacts {
		s.field("Contact", c.URI)
	}
	s.link("Contact", base, "/report")
	if len(s.fields["Contact"]) == 0 {
		return nil, fmt.Errorf("%w: security.txt has no contact", cvd.ErrInvalid)
	}
	s.line("Expires: " + v.Expires.UTC().Truncate(time.Second).Format(time.RFC3339))
	for _, c := range p.Contacts {
		s.field("Encryption", c.Encryption)
	}
	for _, e := range v.Encryption {
		s.field("Encryption", e)
	}
	if v.Acknowledgments != "" && p.Rewards.Recognition == "page" {
		s.field("Acknowledgments", v.Acknowledgments)
	}
	if tags := slices.DeleteFunc(slices.Clone(p.Languages), func(tag string) bool { return !languageTag(tag) }); len(tags) > 0 {
		s.line("Preferred-Languages: " + strings.Join(tags, ", "))
	}
	if len(v.Canonical) == 0 {
		s.link("Canonical", base, "/.well-known/security.txt")
	}
	for _, c := range v.Canonical {
		s.field("Canonical", c)
	}
	s.link("Policy", base, "/policy")
	for _, c := range v.CSAF {
		s.field("CSAF", c)
	}
	if len(s.left) > 0 {
		s.comment("Left out, since it would not be an https link: " + strings.Join(s.left, ", "))
	}
	return s.b.Bytes(), nil
}

type securityTxt struct {
	b      bytes.Buffer
	fields map[string][]string
	left   []string
}

func (s *securityTxt) line(text string) { s.b.WriteString(text + "\n") }

// comment drops whatever could end the line.
func (s *securityTxt) comment(text string) {
	s.line("# " + strings.Join(strings.Fields(norm.NFC.String(text)), " "))
}

// field adds a line once, if its value is a URI that may stand there.
func (s *securityTxt) field(name, value string) {
	if value == "" || slices.Contains(s.fields[name], value) {
		return
	}
	u, err := url.Parse(value)
	_, web := webAddress(value)
	plain := !strings.ContainsFunc(value, func(r rune) bool { return r <= ' ' || r > '~' })
	switch {
	case err != nil || !plain, u.Scheme == "https" && !web, u.Scheme == "http", u.Scheme == "":
		s.leave(name)
		return
	}
	if s.fields == nil {
		s.fields = map[string][]string{}
	}
	s.fields[name] = append(s.fields[name], value)
	s.line(name + ": " + value)
}

func (s *securityTxt) link(name, base, path string) {
	if base == "" {
		s.leave(name)
		return
	}
	s.field(name, base+path)
}

func (s *securityTxt) leave(name string) {
	if name == "Contact" {
		name = "Contact by the report form"
	}
	if !slices.Contains(s.left, name) {
		s.left = append(s.left, name)
	}
}

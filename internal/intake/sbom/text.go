package sbom

import (
	"net/mail"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
)

// short makes one line of a text, without what steers a terminal or turns the
// text around it; empty if that is longer than most characters.
func short(s string, most int) string {
	if len(s) > 4*most {
		return ""
	}
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.Is(unicode.Cf, r), !unicode.IsPrint(r), r == utf8.RuneError:
			return -1
		}
		return r
	}, s)
	if s = strings.Join(strings.Fields(s), " "); utf8.RuneCountInString(s) > most {
		return ""
	}
	return s
}

// said is a text unless it says that nothing is known (SPDX 2.3, section 4.4).
func said(s string) string {
	if s = short(s, maxName); s == "NOASSERTION" || s == "NONE" {
		return ""
	}
	return s
}

// address is a bare e-mail address, or empty.
func address(s string) string {
	s = short(strings.TrimPrefix(strings.TrimSpace(s), "mailto:"), maxEmail)
	if a, err := mail.ParseAddress(s); err != nil || a.Address != s {
		return ""
	}
	return s
}

// link is an address of the web, or empty. Nothing else is kept: a bill must not
// bring a link that runs something.
func link(s string) string {
	s = short(s, maxURL)
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") || u.User != nil {
		return ""
	}
	return u.String()
}

// or fills in what is not known yet.
func (c *Contact) or(name, email, web string) {
	if c.Name == "" {
		c.Name = said(name)
	}
	if c.Email == "" {
		c.Email = address(email)
	}
	if c.URL == "" {
		c.URL = link(web)
	}
}

// Clean keeps of a contact that a person typed what Read would keep, and tells
// whether that is all of it.
func (c Contact) Clean() (Contact, bool) {
	var out Contact
	out.or(c.Name, c.Email, c.URL)
	same := func(kept, given string) bool { return (kept == "") == (strings.TrimSpace(given) == "") }
	return out, same(out.Name, c.Name) && same(out.Email, c.Email) && same(out.URL, c.URL)
}

// String is the contact on one line: name, address, page.
func (c Contact) String() string {
	out := c.Name
	for _, s := range []string{c.Email, c.URL} {
		switch {
		case s == "":
		case out == "":
			out = s
		default:
			out += " <" + s + ">"
		}
	}
	return out
}

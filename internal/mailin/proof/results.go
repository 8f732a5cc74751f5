package proof

import (
	"regexp"
	"slices"
	"strings"

	"github.com/emersion/go-msgauth/authres"

	"fairlead/internal/intake/mail/text"
)

// results are what a server of ours says that it has found.
type results struct {
	by               string // its authserv-id
	spf, dkim, dmarc string
	mailFrom         string
	signers          []string
	domain           string // for which DMARC was asked
}

// believed reads the topmost Authentication-Results field, if it is by one of our
// servers. Only that one: a server sets its own above all that was there, so one
// further down may be a stranger's, whatever name it bears.
func (c *Checker) believed(raw []byte) *results {
	id, list, err := authres.Parse(plainValue(topmost(raw, "Authentication-Results")))
	if err != nil || !slices.ContainsFunc(c.Trust, func(t string) bool { return strings.EqualFold(t, id) }) {
		return nil
	}
	r := &results{by: strings.ToLower(id)}
	for _, one := range list {
		switch one := one.(type) {
		case *authres.SPFResult:
			if r.spf == "" {
				r.spf = word(one.Value)
				if r.spf == pass {
					r.mailFrom = domainOf("@" + afterAt(one.From))
				}
			}
		case *authres.DKIMResult:
			v := word(one.Value)
			if r.dkim == "" || v == pass {
				r.dkim = v
			}
			if d := one.Domain; v == pass {
				if d == "" {
					d = afterAt(one.Identifier)
				}
				if d = domainName(d); d != "" {
					r.signers = append(r.signers, d)
				}
			}
		case *authres.DMARCResult:
			if r.dmarc == "" {
				r.dmarc, r.domain = word(one.Value), domainName(afterAt(one.From))
			}
		}
	}
	return r
}

var quoted = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)

// plainValue takes away comments and quoted words, in which a stranger's text may stand
// that looks like a result: the library cuts at blanks and semicolons alone.
func plainValue(s string) string {
	return quoted.ReplaceAllString(text.Uncomment(s), "")
}

func afterAt(s string) string { return s[strings.LastIndexByte(s, '@')+1:] }

// words are the results that are known; what else a server writes says nothing.
var words = []string{none, pass, fail, "policy", "neutral", "softfail", tempError, permError}

func word(v authres.ResultValue) string {
	switch s := strings.ToLower(string(v)); {
	case s == "hardfail":
		return fail
	case slices.Contains(words, s):
		return s
	}
	return none
}

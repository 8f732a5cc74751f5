package signing

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"fairlead/internal/cvd"
	"fairlead/internal/policy"
	"fairlead/internal/rulebook"
)

// OwnerIn reads from the policy in effect whose key it is and for which addresses:
// the mail contacts, in their order.
func OwnerIn(book *rulebook.Book) func() (name string, mails []string, err error) {
	return func() (string, []string, error) {
		cur := book.Current()
		if cur == nil {
			return "", nil, fmt.Errorf("%w: no policy is in effect", cvd.ErrNotFound)
		}
		// Brackets have a meaning in a user id (RFC 4880 section 5.11).
		name := strings.Map(func(r rune) rune {
			if strings.ContainsRune("()<>\x00", r) {
				return ' '
			}
			return r
		}, cur.Policy.Organisation.Name)
		mails := Mails(cur.Policy)
		if len(mails) == 0 {
			mails = []string{""}
		}
		return strings.Join(strings.Fields(name), " ") + " security team", mails, nil
	}
}

// Mails are the addresses of the policy's mailto contacts, each once, in lower case.
func Mails(p *policy.Policy) []string {
	var out []string
	for _, c := range p.Contacts {
		rest, ok := strings.CutPrefix(c.URI, "mailto:")
		if !ok {
			continue
		}
		rest, _, _ = strings.Cut(rest, "?")
		addr, err := url.PathUnescape(rest)
		if addr = strings.ToLower(addr); err == nil && strings.Contains(addr, "@") && !slices.Contains(out, addr) {
			out = append(out, addr)
		}
	}
	return out
}

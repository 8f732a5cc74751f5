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
// its mailboxes.
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

// Mails are the mailboxes that the policy names, each once, in lower case: its contacts
// first, since the first address is the key's main one, then those of programs.
func Mails(p *policy.Policy) []string {
	var contacts, programs []string
	for _, box := range p.Mailboxes() {
		if box.Program != "" {
			programs = append(programs, strings.ToLower(box.Address))
			continue
		}
		rest, _, _ := strings.Cut(box.Address, "?")
		if addr, err := url.PathUnescape(rest); err == nil {
			contacts = append(contacts, strings.ToLower(addr))
		}
	}
	var out []string
	for _, addr := range slices.Concat(contacts, programs) {
		if strings.Contains(addr, "@") && !slices.Contains(out, addr) {
			out = append(out, addr)
		}
	}
	return out
}

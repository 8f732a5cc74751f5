// Package person says what a member of the team may look like: their name, address,
// roles and offices, with every limit, and what a change of them changes.
//
// It never stores a member and never decides who may change one.
package person

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"fairlead/internal/cvd"
	"fairlead/internal/intake"
)

// Limits of a member's fields, in characters.
const (
	MaxName          = 100
	MaxEmail         = 254 // RFC 5321 section 4.5.3.1.3 less the angle brackets
	maxOffices       = 10
	maxQualification = 500
)

// Fold is an address as it is compared.
func Fold(s string) string { return strings.ToLower(norm.NFKC.String(strings.TrimSpace(s))) }

// Tidy is the member as they are stored: without blanks around, roles in the order of
// the tables, nothing twice.
func Tidy(m cvd.Member) cvd.Member {
	m.Name, m.Email, m.Qualification = strings.TrimSpace(m.Name), strings.TrimSpace(m.Email), strings.TrimSpace(m.Qualification)
	order := func(r cvd.Role) int { return slices.Index(cvd.Roles, r) }
	m.Roles = slices.Clone(m.Roles)
	slices.SortFunc(m.Roles, func(x, y cvd.Role) int { return cmp.Or(cmp.Compare(order(x), order(y)), cmp.Compare(x, y)) })
	m.Roles = slices.Compact(m.Roles)
	offices := make([]string, 0, len(m.Offices))
	for _, o := range m.Offices {
		if o = strings.TrimSpace(o); o != "" && !slices.Contains(offices, o) {
			offices = append(offices, o)
		}
	}
	m.Offices = offices
	return m
}

// Faults lists everything that is wrong with a member.
func Faults(m cvd.Member) cvd.Faults {
	var f cvd.Faults
	if m.Name == "" || !Plain(m.Name, MaxName) {
		f = append(f, cvd.Fault{Field: "name", Problem: fmt.Sprintf("must have 1 to %d characters in one line", MaxName), Remedy: "give the name the team knows"})
	}
	if !intake.Address(m.Email) || !Plain(m.Email, MaxEmail) {
		f = append(f, cvd.Fault{Field: "email", Problem: fmt.Sprintf("must be one bare address of at most %d characters", MaxEmail), Remedy: "write it as name@example.org"})
	}
	if len(m.Roles) == 0 {
		f = append(f, cvd.Fault{Field: "roles", Problem: "must not be empty", Remedy: "give at least one of " + Join(cvd.Roles)})
	}
	for _, r := range m.Roles {
		if !slices.Contains(cvd.Roles, r) {
			f = append(f, cvd.Fault{Field: "roles", Problem: "holds a role that does not exist", Remedy: "use only " + Join(cvd.Roles)})
			break
		}
	}
	if len(m.Offices) > maxOffices || slices.ContainsFunc(m.Offices, func(o string) bool { return !Plain(o, MaxName) }) {
		f = append(f, cvd.Fault{Field: "offices", Problem: fmt.Sprintf("at most %d, each of at most %d characters in one line", maxOffices, MaxName), Remedy: "name the offices as the policy's sign-offs do"})
	}
	if m.Language != "" && !intake.Language(m.Language) {
		f = append(f, cvd.Fault{Field: "language", Problem: "is no language", Remedy: "write a BCP 47 tag such as en or pt-BR"})
	}
	if utf8.RuneCountInString(m.Qualification) > maxQualification || !utf8.ValidString(m.Qualification) {
		f = append(f, cvd.Fault{Field: "qualification", Problem: fmt.Sprintf("must have at most %d characters", maxQualification), Remedy: "shorten it"})
	}
	return f
}

// Named is a name that somebody else gave, if it can be a member's; else what stands
// before the @ of the address.
func Named(name, email string) string {
	name = strings.TrimSpace(name)
	if name == "" || !Plain(name, MaxName) {
		name, _, _ = strings.Cut(email, "@")
	}
	return name
}

// Plain tells whether s is one line of at most limit printable characters.
func Plain(s string, limit int) bool {
	return utf8.ValidString(s) && utf8.RuneCountInString(s) <= limit &&
		strings.IndexFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) < 0
}

// Join lists roles in one line.
func Join(roles []cvd.Role) string {
	words := make([]string, len(roles))
	for i, r := range roles {
		words[i] = string(r)
	}
	return strings.Join(words, ", ")
}

// Differences names what a change changes, for the audit: new values of what
// decides over access, only the names of what is personal.
func Differences(old, m cvd.Member) []string {
	var d []string
	for _, c := range []struct {
		changed bool
		as      string
	}{
		{old.Name != m.Name, "name"},
		{old.Email != m.Email, "email"},
		{!slices.Equal(old.Roles, m.Roles), "roles: " + Join(m.Roles)},
		{!slices.Equal(old.Offices, m.Offices), "offices: " + strings.Join(m.Offices, ", ")},
		{old.Qualification != m.Qualification, "qualification"},
		{old.Active != m.Active, fmt.Sprintf("active: %t", m.Active)},
		{old.Away != m.Away, fmt.Sprintf("away: %t", m.Away)},
		{old.Language != m.Language, "language"},
	} {
		if c.changed {
			d = append(d, c.as)
		}
	}
	return d
}

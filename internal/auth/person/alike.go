package person

import (
	"slices"
	"strings"
	"unicode"

	"go.mau.fi/util/confusable"
	"golang.org/x/text/cases"
	"golang.org/x/text/language"
	"golang.org/x/text/unicode/norm"

	"fairlead/internal/cvd"
)

// NameFaults lists what is wrong with the name of a member who is added, renamed or made
// active: it mixes scripts, or reads like that of another active member, for whom somebody
// could take them. Who has the same address is the same person.
func NameFaults(m cvd.Member, team map[string]cvd.Member) (f cvd.Faults) {
	if m.Name == "" || !m.Active && m.ID != "" {
		return nil
	}
	if mixed(m.Name) {
		f = append(f, cvd.Fault{Field: "name", Problem: "mixes letters of several scripts, of which some look the same", Remedy: "write it in one script"})
	}
	for _, other := range team {
		if other.ID != m.ID && other.Active && Fold(other.Email) != Fold(m.Email) && alike(other.Name, m.Name) {
			return append(f, cvd.Fault{Field: "name", Problem: "looks like the name of another member", Remedy: "add what tells the two apart, such as a middle name or a place"})
		}
	}
	return f
}

// alike tells whether two names can be taken for each other: they have the same skeleton
// (UTS #39 section 4) as they are written or in some capitals, whatever their blanks.
func alike(a, b string) bool {
	looks := skeletons(b)
	return slices.ContainsFunc(skeletons(a), func(s string) bool { return slices.Contains(looks, s) })
}

// skeletons are those of a name as it is written, in small letters and in large ones: a
// large i looks like a small l, which a small i does not.
func skeletons(name string) []string {
	out := []string{compact(name)}
	out = append(out, cases.Fold().String(out[0]), cases.Upper(language.Und).String(out[0]))
	for i, s := range out {
		out[i] = cases.Fold().String(confusable.Skeleton(s))
	}
	return out
}

func compact(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, norm.NFKC.String(s))
}

// together are the scripts that people write in one name, besides one alone (UTS #39
// section 5.2, Highly Restrictive).
var together = [][]string{{"Latin", "Han", "Hiragana", "Katakana"}, {"Latin", "Han", "Bopomofo"}, {"Latin", "Han", "Hangul"}}

// mixed tells whether a name mixes scripts that are not written together.
func mixed(name string) bool {
	var found []string
	for _, r := range name {
		if s := script(r); s != "" && !slices.Contains(found, s) {
			found = append(found, s)
		}
	}
	return len(found) > 1 && !slices.ContainsFunc(together, func(set []string) bool {
		return !slices.ContainsFunc(found, func(s string) bool { return !slices.Contains(set, s) })
	})
}

// script is that of a letter; empty for what stands in all of them.
func script(r rune) string {
	if r < unicode.MaxASCII && !unicode.IsLetter(r) || unicode.In(r, unicode.Common, unicode.Inherited) {
		return ""
	}
	for name, table := range unicode.Scripts {
		if unicode.Is(table, r) {
			return name
		}
	}
	return ""
}

package parts

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"fairlead/internal/cvd"
)

// CompareVersions orders versions as people count: numbers by their value, an
// early version such as rc or beta before the version that it leads to, letters
// after it. It knows no package manager's own rules; where those differ, such as
// in an epoch, it still puts equal forms in order.
func CompareVersions(a, b string) int {
	x, y := pieces(a), pieces(b)
	for i := range max(len(x), len(y)) {
		if c := comparePieces(at(x, i), at(y, i)); c != 0 {
			return c
		}
	}
	return 0
}

func at(x []string, i int) string {
	if i < len(x) {
		return x[i]
	}
	return ""
}

// comparePieces compares one piece each; an empty one is the end of a version,
// which equals a zero.
func comparePieces(a, b string) int {
	if a == b {
		return 0
	}
	if rank := cmp.Compare(rankOf(a), rankOf(b)); rank != 0 {
		return rank
	}
	if a, b := strings.TrimLeft(a, "0"), strings.TrimLeft(b, "0"); len(a) != len(b) && rankOf(a+b) == number {
		return cmp.Compare(len(a), len(b))
	}
	return strings.Compare(strings.TrimLeft(a, "0"), strings.TrimLeft(b, "0"))
}

// The ranks of pieces.
const (
	early = iota // before the version that it leads to
	end
	letters
	number
)

// earlyWords are what versions are called before they are out.
var earlyWords = []string{"alpha", "beta", "cr", "dev", "milestone", "pre", "preview", "rc", "snapshot"}

// earlyLetters are those words in short, where a number follows: 1.0a1 comes
// before 1.0, but 1.0.2a after 1.0.2.
var earlyLetters = map[string]string{"a": "alpha", "b": "beta", "c": "rc", "m": "milestone"}

func rankOf(s string) int {
	switch {
	case strings.TrimLeft(s, "0") == "":
		return end
	case s[0] >= '0' && s[0] <= '9':
		return number
	case slices.Contains(earlyWords, s):
		return early
	}
	return letters
}

// pieces are the runs of digits and of letters, in lower case, without a leading
// v and without what follows a plus, which names a build (Semantic Versioning
// 2.0.0, clause 10).
func pieces(s string) []string {
	s, _, _ = strings.Cut(strings.ToLower(strings.TrimSpace(s)), "+")
	if len(s) > 1 && s[0] == 'v' && s[1] >= '0' && s[1] <= '9' {
		s = s[1:]
	}
	var out []string
	last := 0 // 1 digits, 2 letters
	for _, r := range s {
		kind := 0
		switch {
		case r >= '0' && r <= '9':
			kind = 1
		case r >= 'a' && r <= 'z' || r > 127:
			kind = 2
		}
		switch {
		case kind == 0:
		case kind == last:
			out[len(out)-1] += string(r)
		default:
			if last == 2 && kind == 1 {
				out[len(out)-1] = cmp.Or(earlyLetters[out[len(out)-1]], out[len(out)-1])
			}
			out = append(out, string(r))
		}
		last = kind
	}
	return out
}

// Range is a range of versions: all bounds hold. None holds everything.
type Range []bound

type bound struct{ op, version string }

// maxBounds is the most bounds of one range.
const maxBounds = 8

// single is what a version looks like: a digit is in it. wild stands for several, as x
// and * do, which would otherwise be compared as letters.
var (
	single = regexp.MustCompile(`^[A-Za-z0-9._+~:-]*[0-9][A-Za-z0-9._+~:-]*$`)
	wild   = regexp.MustCompile(`^[~]|(^|[.])[xX]([.]|$)`)
)

// ParseRange reads "1.2.3", or bounds such as ">=2.0 <2.17.1", parted by blanks or
// commas. What other tools read besides, such as ^4, ~4, 4.x and vers:, is refused: as
// a version it would hold nothing. Faults name the field.
func ParseRange(field, s string) (Range, error) {
	var out Range
	op := ""
	for _, word := range strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ' ' || r == '\t' }) {
		rest := strings.TrimLeft(word, "<>=")
		if sign := word[:len(word)-len(rest)]; sign != "" {
			if op != "" || !slices.Contains([]string{"<", "<=", "=", "==", ">", ">="}, sign) {
				return nil, wrongRange(field)
			}
			op = sign
		}
		if rest == "" {
			continue
		}
		out, op = append(out, bound{cmp.Or(strings.Replace(op, "==", "=", 1), "="), rest}), ""
		if len(out) > maxBounds || len(rest) > maxVersion || !single.MatchString(rest) || wild.MatchString(rest) {
			return nil, wrongRange(field)
		}
	}
	if op != "" {
		return nil, wrongRange(field)
	}
	return out, nil
}

func wrongRange(field string) error {
	return cvd.Faults{{
		Field: field, Problem: fmt.Sprintf("is no range of at most %d bounds", maxBounds),
		Remedy: "write one version, or bounds such as >=2.0 <2.17.1; ^, ~, x, * and vers: are not understood",
	}}
}

// Holds tells whether the version lies in the range. One that is not known does,
// since it cannot be ruled out.
func (r Range) Holds(version string) bool {
	for _, b := range r {
		if version == "" {
			return true
		}
		c := CompareVersions(version, b.version)
		ok := map[string]bool{"<": c < 0, "<=": c <= 0, "=": c == 0, ">": c > 0, ">=": c >= 0}[b.op]
		if !ok {
			return false
		}
	}
	return true
}

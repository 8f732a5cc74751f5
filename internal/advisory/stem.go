package advisory

import (
	"strings"

	"fairlead/internal/cvd"
)

// Stem is the name of an advisory's CSAF document without its folder and its
// ending: the id in lower case, each run of other characters than letters,
// digits, plus and minus as one underscore (CSAF 2.0, section 5.1). It never holds a slash
// or a dot. Two advisories whose stems agree cannot both be published.
func Stem(id cvd.AdvisoryID) string {
	var b strings.Builder
	gap := false
	for _, r := range strings.ToLower(string(id)) {
		if (r >= 'a' && r <= 'z') || (r >= '0' && r <= '9') || r == '+' || r == '-' {
			b.WriteRune(r)
			gap = false
			continue
		}
		if !gap {
			b.WriteByte('_')
		}
		gap = true
	}
	return b.String()
}

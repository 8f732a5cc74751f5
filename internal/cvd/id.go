package cvd

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// CaseID names a case, such as "FL-2026-7KQ4MXZ": the program's prefix, the
// year of receipt, six random characters and a check character. There is no
// counter in it, so a stranger cannot read the volume of reports from it.
type CaseID string

// idAlphabet has 31 characters, a prime, so that the weighted sum of checkChar
// finds every single wrong character and every swap of two neighbours. It
// leaves out 0, 1, I, L and O. Prefixes are capital letters only, of which no
// two are a multiple of 31 apart.
const idAlphabet = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"

// idBreaks turns blanks between the parts of an id into the dash. It does not
// swallow a second dash, for that may stand where a character was mistyped.
var idBreaks = strings.NewReplacer(" - ", "-", "- ", "-", " -", "-", " ", "-")

// NewCaseID makes an id from six bytes of randomness or more; it uses each byte
// modulo 31, so the caller hands in fresh ones and retries on collision.
func NewCaseID(prefix string, year int, random [6]byte) CaseID {
	var b [7]byte
	for i, r := range random {
		b[i] = idAlphabet[int(r)%len(idAlphabet)]
	}
	b[6] = checkChar(prefix, year, string(b[:6]))
	return CaseID(fmt.Sprintf("%s-%04d-%s", prefix, year, b[:]))
}

// idForm is an id as it is written: prefix, year, and the rest with its check.
var idForm = regexp.MustCompile(`^([A-Z]+)-([0-9]{4})-([` + idAlphabet + `]{7})$`)

// ParseCaseID reads an id as people type it: any case, blanks around it, and
// dashes or blanks between its parts. It reports a mistyped one as ErrNotFound.
func ParseCaseID(s string) (CaseID, error) {
	s = idBreaks.Replace(strings.Join(strings.Fields(strings.ToUpper(s)), " "))
	if m := idForm.FindStringSubmatch(s); m != nil {
		if year, err := strconv.Atoi(m[2]); err == nil && checkChar(m[1], year, m[3][:6]) == m[3][6] {
			return CaseID(s), nil
		}
	}
	return "", fmt.Errorf("%w: no such case", ErrNotFound)
}

func checkChar(prefix string, year int, body string) byte {
	n := len(idAlphabet)
	sum := year % n
	for _, r := range prefix {
		sum = (sum*3 + int(r)) % n
	}
	for i := range body {
		sum = (sum + (i+2)*strings.IndexByte(idAlphabet, body[i])) % n
	}
	return idAlphabet[sum]
}

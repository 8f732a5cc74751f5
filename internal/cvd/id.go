package cvd

import (
	"fmt"
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

// ParseCaseID reads an id as people type it: any case, blanks around it, and
// dashes or blanks between its parts. It reports a mistyped one as ErrNotFound.
func ParseCaseID(s string) (CaseID, error) {
	s = strings.Join(strings.Fields(strings.ToUpper(s)), " ")
	s = idBreaks.Replace(s)
	parts := strings.Split(s, "-")
	if len(parts) != 3 || len(parts[1]) != 4 || len(parts[2]) != 7 {
		return "", fmt.Errorf("%w: no such case", ErrNotFound)
	}
	if len(parts[0]) < 1 || strings.Trim(parts[0], "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		return "", fmt.Errorf("%w: no such case", ErrNotFound)
	}
	year := 0
	for _, r := range parts[1] {
		if r < '0' || r > '9' {
			return "", fmt.Errorf("%w: no such case", ErrNotFound)
		}
		year = year*10 + int(r-'0')
	}
	for i := range parts[2] {
		if strings.IndexByte(idAlphabet, parts[2][i]) < 0 {
			return "", fmt.Errorf("%w: no such case", ErrNotFound)
		}
	}
	if checkChar(parts[0], year, parts[2][:6]) != parts[2][6] {
		return "", fmt.Errorf("%w: no such case", ErrNotFound)
	}
	return CaseID(s), nil
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

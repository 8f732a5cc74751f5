// Package phrase makes and reads secrets of words, which people can write down,
// print and dictate.
//
// It never stores one and never knows what it opens.
package phrase

import (
	"crypto/rand"
	"math/big"
	"strings"
	"sync"
	"unicode"

	"github.com/sethvargo/go-diceware/diceware"
	"golang.org/x/text/unicode/norm"
)

// most is the most bytes that are read as a typed phrase.
const most = 1024

// List is the long list of the Electronic Frontier Foundation (five dice
// a word), without the words that are not a to z only, in the order of the dice.
var List = sync.OnceValue(func() []string {
	list := diceware.WordListEffLarge()
	var words []string
	seen := map[string]bool{}
	for n := range 7776 {
		roll := 0
		for div := 1296; div > 0; div /= 6 {
			roll = roll*10 + n/div%6 + 1
		}
		w := list.WordAt(roll)
		if w == "" || seen[w] || strings.Trim(w, "abcdefghijklmnopqrstuvwxyz") != "" {
			continue
		}
		seen[w] = true
		words = append(words, w)
	}
	return words
})

// New makes a phrase of so many words, joined by hyphens; each is worth 12.9 bits.
func New(count int) (string, error) {
	words := make([]string, count)
	all := List()
	size := big.NewInt(int64(len(all)))
	for i := range words {
		n, err := rand.Int(rand.Reader, size)
		if err != nil {
			return "", err
		}
		words[i] = all[n.Int64()]
	}
	return strings.Join(words, "-"), nil
}

// Read gives the canonical spelling of a phrase as people type,
// paste or dictate it: lower case a to z, words joined by single hyphens. Any
// case and width of letters, blanks, line breaks, dots, list numbers, quotes
// and every kind of dash are read; invisible characters and accents are
// dropped. What is longer than 1,024 bytes is none and gives "".
func Read(s string) string {
	if len(s) > most {
		return ""
	}
	var b strings.Builder
	gap := false
	for _, r := range norm.NFKD.String(s) {
		r = unicode.ToLower(r)
		if r == 'ı' { // what a Turkish keyboard makes of I
			r = 'i'
		}
		switch {
		case r >= 'a' && r <= 'z':
			if gap && b.Len() > 0 {
				b.WriteByte('-')
			}
			gap = false
			b.WriteRune(r)
		case unicode.In(r, unicode.Mn, unicode.Cf):
		default:
			gap = true
		}
	}
	return b.String()
}

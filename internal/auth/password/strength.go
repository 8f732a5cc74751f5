package password

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"fairlead/internal/cvd"
)

// Limits of a password, in characters (ASVS 5.0.0 V6.2.1 and V6.2.9). No kind
// of character is demanded or refused (V6.2.5), nothing is cut or changed
// (V6.2.8).
const (
	minChars = 12
	maxChars = 128
	// MaxBytes is the most bytes that a password can have; longer ones need not
	// be hashed to be refused.
	MaxBytes = maxChars * utf8.UTFMax
)

// commonWords are what people put into passwords first, and what guessers try
// first. Digits, punctuation and the usual letter-for-digit swaps around them
// add nothing.
var commonWords = strings.Fields(`
	password passwort passphrase passwd motdepasse contrasena senha parola wachtwoord kennwort geheim secret
	admin administrator root superuser sysadmin user username login logmein signin guest demo test testing tester
	default changeme change letmein welcome willkommen bienvenue hello hallo bonjour please access enter open sesame
	qwerty qwertz azerty asdfgh zxcvbn yxcvbn iloveyou ichliebedich loveyou love lovely angel babygirl baby princess prince
	dragon monkey master sunshine shadow superman batman spiderman starwars pokemon football fussball soccer baseball basketball
	hockey michael jennifer jordan jessica charlie daniel thomas robert andrew matthew ashley nicole summer winter spring autumn
	sommer monday friday january february march april june july august september october november december
	flower computer internet server network security secure sicherheit vulnerability disclosure fairlead company office
	google facebook microsoft windows apple linux samsung liverpool arsenal chelsea bayern whatever trustno freedom
	correcthorsebatterystaple correct horse battery staple killer pepper cookie banana cheese chocolate whisky summertime
	tigger buster ginger hunter ranger maggie harley mustang porsche ferrari mercedes corvette yankees cowboys eagles steelers
	the and for with you are my your is it of`)

// keyRows are runs of neighbours on the keyboards people have.
var keyRows = []string{
	"abcdefghijklmnopqrstuvwxyz", "01234567890",
	"qwertyuiop", "asdfghjkl", "zxcvbnm", "qwertzuiop", "yxcvbnm", "azertyuiop", "qsdfghjklm", "wxcvbn", "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
}

var unleet = strings.NewReplacer("0", "o", "1", "i", "3", "e", "4", "a", "5", "s", "7", "t", "8", "b", "@", "a", "$", "s", "!", "i", "|", "l", "€", "e")

// Faults lists what is wrong with a new password of this member: its length, or
// that it is among the first a guesser would try. names are those of the
// organisation and its products.
func Faults(s string, m cvd.Member, names ...string) cvd.Faults {
	n := utf8.RuneCountInString(s)
	switch {
	case !utf8.ValidString(s):
		return cvd.Faults{{Field: "password", Problem: "is not readable text", Remedy: "type it again"}}
	case n < minChars || n > maxChars:
		return cvd.Faults{{Field: "password", Problem: fmt.Sprintf("must have %d to %d characters", minChars, maxChars), Remedy: "let a password manager make one, or use five unrelated words"}}
	case monotonous(s):
		return cvd.Faults{{Field: "password", Problem: "repeats or follows the keyboard", Remedy: "let a password manager make one, or use five unrelated words"}}
	case leans(s, distinct(names...)):
		return cvd.Faults{{Field: "password", Problem: "is made of the name of the organisation or of a product", Remedy: "use words that have nothing to do with you"}}
	case leans(s, distinct(m.Name, m.Email)):
		return cvd.Faults{{Field: "password", Problem: "is made of the own name or address", Remedy: "use words that have nothing to do with you"}}
	case leans(s, commonWords):
		return cvd.Faults{{Field: "password", Problem: "is made of the most common words", Remedy: "let a password manager make one, or use five unrelated words"}}
	case common(s):
		return cvd.Faults{{Field: "password", Problem: "is one that many people have", Remedy: "let a password manager make one, or use five unrelated words"}}
	}
	return nil
}

// distinct are the parts of names and addresses that are long enough to be
// recognised.
func distinct(names ...string) []string {
	var words []string
	for _, w := range strings.FieldsFunc(strings.ToLower(strings.Join(names, " ")), func(r rune) bool { return !unicode.IsLetter(r) }) {
		if utf8.RuneCountInString(w) >= 3 && !slices.Contains(words, w) {
			words = append(words, w)
		}
	}
	return words
}

// leans tells whether fewer than four letters of s are left once the words are
// taken out, whatever digits and signs stand between. One spelling that leans
// is enough. What has no letters and none of the words leans on nothing.
func leans(s string, words []string) bool {
	words = slices.Clone(words)
	slices.SortFunc(words, func(x, y string) int { return len(y) - len(x) })
	s = strings.ToLower(s)
	for _, spelling := range []string{s, unleet.Replace(s)} {
		letters := strings.Map(func(r rune) rune {
			if unicode.IsLetter(r) {
				return r
			}
			return -1
		}, spelling)
		rest := letters
		for _, w := range words {
			rest = strings.ReplaceAll(rest, w, " ")
		}
		found := strings.Contains(rest, " ")
		if rest = strings.ReplaceAll(rest, " ", ""); found && utf8.RuneCountInString(rest) < 4 {
			return true
		}
	}
	return false
}

// monotonous tells whether s has fewer than five different characters, is one
// piece of at most half its length again and again, or mostly steps from a key
// to itself or its neighbour.
func monotonous(s string) bool {
	runes := []rune(strings.ToLower(s))
	different := map[rune]bool{}
	steps := 0
	for i, r := range runes {
		different[r] = true
		if i > 0 && follows(runes[i-1], r) {
			steps++
		}
	}
	if len(different) < 5 || steps*3 >= (len(runes)-1)*2 {
		return true
	}
	for size := 1; size <= len(runes)/2 && size <= 6; size++ {
		if repeats(runes, size) {
			return true
		}
	}
	return false
}

func repeats(runes []rune, size int) bool {
	for i := size; i < len(runes); i++ {
		if runes[i] != runes[i-size] {
			return false
		}
	}
	return true
}

func follows(x, y rune) bool {
	if x == y {
		return true
	}
	up, down := string([]rune{x, y}), string([]rune{y, x})
	return slices.ContainsFunc(keyRows, func(row string) bool {
		return strings.Contains(row, up) || strings.Contains(row, down)
	})
}

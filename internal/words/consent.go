package words

import (
	"slices"
	"strings"

	"fairlead/internal/cvd"
)

// plainly are the answers that say yes and nothing else, in the languages of the
// forms: lower case, without punctuation.
var plainly = []string{
	"yes", "y", "true", "yes please", "yes of course", "of course", "yes sure", "sure", "yes you may", "ok", "okay", "yes ok",
	"ja", "j", "ja gern", "ja gerne", "gern", "gerne", "ja bitte", "ja natürlich", "natürlich", "ja klar", "ja sie dürfen", "ja einverstanden", "einverstanden",
	"oui", "o", "oui bien sûr", "bien sûr", "oui volontiers", "volontiers", "oui d accord", "d accord", "oui vous pouvez",
}

// punctuation of a yes. A question mark is none of it, for then it is not plain.
var punctuation = strings.NewReplacer(",", " ", ".", " ", "!", " ", ";", " ", "’", " ", "'", " ")

// Consents tells whether the answer agrees to what was asked, and to all of it.
// Where a person's data goes to others, whatever is not plainly a yes is none: a
// condition, a doubt, or words that nobody here can read (Regulation (EU) 2016/679,
// article 4 (11), asks for an unambiguous one).
func Consents(a cvd.Answer) bool {
	said := strings.Join(strings.Fields(punctuation.Replace(strings.ToLower(string(a)))), " ")
	return slices.Contains(plainly, said)
}

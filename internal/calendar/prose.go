package calendar

import (
	"regexp"
	"strconv"
	"strings"
)

// Mention is an amount of time as a text names it.
type Mention struct {
	Amount Amount
	Text   string // as it stands there, such as "two business days"
	At     int    // the byte at which it begins
}

// numbers are those that people write in words, in English, German and French.
var numbers = map[string]int{
	"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "twelve": 12, "fourteen": 14,
	"fifteen": 15, "twenty": 20, "thirty": 30, "forty-five": 45, "sixty": 60, "ninety": 90,
	"ein": 1, "eine": 1, "einem": 1, "einen": 1, "einer": 1, "eines": 1, "zwei": 2, "drei": 3, "vier": 4, "fünf": 5, "sechs": 6, "sieben": 7, "acht": 8, "neun": 9,
	"zehn": 10, "vierzehn": 14, "dreißig": 30, "sechzig": 60, "neunzig": 90,
	"un": 1, "une": 1, "deux": 2, "trois": 3, "quatre": 4, "cinq": 5, "sept": 7, "huit": 8, "neuf": 9, "dix": 10, "quatorze": 14, "quinze": 15, "trente": 30,
	"soixante": 60, "quatre-vingt-dix": 90,
}

// units are how each unit begins in prose, longest first.
var units = []struct {
	begins string
	is     Amount
}{
	{"business day", Amount{1, BusinessDays}},
	{"working day", Amount{1, BusinessDays}},
	{"business hour", Amount{1, BusinessHours}},
	{"working hour", Amount{1, BusinessHours}},
	{"werktag", Amount{1, BusinessDays}},
	{"arbeitstag", Amount{1, BusinessDays}},
	{"arbeitsstunde", Amount{1, BusinessHours}},
	{"jours ouvr", Amount{1, BusinessDays}},
	{"jour ouvr", Amount{1, BusinessDays}},
	{"heures ouvr", Amount{1, BusinessHours}},
	{"heure ouvr", Amount{1, BusinessHours}},
	{"hour", Amount{1, Hours}},
	{"stunde", Amount{1, Hours}},
	{"heure", Amount{1, Hours}},
	{"week", Amount{7, Days}},
	{"woche", Amount{7, Days}},
	{"semaine", Amount{7, Days}},
	{"day", Amount{1, Days}},
	{"tag", Amount{1, Days}},
	{"jour", Amount{1, Days}},
}

var mention = regexp.MustCompile(`(?i)([\p{L}-]+|\d{1,5})[\s\x{a0}]+(` + func() string {
	all := make([]string, len(units))
	for i, u := range units {
		all[i] = strings.ReplaceAll(u.begins, " ", `[\s\x{a0}]+`)
	}
	return strings.Join(all, "|")
}() + `)\p{L}*`)

// Mentions finds the amounts of time in a text of people: numbers in digits or words, in
// English, German or French. What it does not know it passes over.
func Mentions(text string) []Mention {
	var out []Mention
	for _, m := range mention.FindAllStringSubmatchIndex(text, -1) {
		word := strings.ToLower(text[m[2]:m[3]])
		n, known := numbers[word]
		if digits, err := strconv.Atoi(word); err == nil {
			n, known = digits, true
		}
		if !known {
			continue
		}
		unit := strings.Join(strings.Fields(strings.ToLower(text[m[4]:m[5]])), " ")
		for _, u := range units {
			if u.begins == unit {
				out = append(out, Mention{Amount{n * u.is.N, u.is.Unit}, text[m[0]:m[1]], m[0]})
				break
			}
		}
	}
	return out
}

// Same tells whether two amounts are as long; a day of the calendar has 24 hours.
func (a Amount) Same(b Amount) bool {
	return a == b || !a.Business() && !b.Business() && a.plain() == b.plain()
}

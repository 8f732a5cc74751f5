// Package tale is how much of a case's story the page of the case shows at once: a long
// text begins with its head, and of a long history the middle is folded.
//
// It never leaves anything out of the page: what is folded stands in it.
package tale

import (
	"strings"
	"unicode/utf8"

	"fairlead/internal/words"
)

// Reading is how the words of a case are read.
type Reading struct {
	Whole bool // nothing is folded
	Raw   bool // as they were written
}

// Text is what somebody wrote; a long one begins with its head and is folded.
type Text struct {
	words.Quote
	Head  string // empty for a short one
	Chars int
	Raw   bool // shown as it was written, not as the Markdown that it may be
}

// What is longer is folded: characters, and lines.
const (
	foldChars = 1800
	foldLines = 30
	headChars = 700
	headLines = 10
)

// Folded is a text with its head, if it is long and nothing asks for all of it.
func Folded(label, text string, as Reading) Text {
	v := Text{Quote: words.Quote{Label: label, Text: text}, Chars: utf8.RuneCountInString(text), Raw: as.Raw}
	if as.Whole || (v.Chars <= foldChars && strings.Count(text, "\n") <= foldLines) {
		return v
	}
	chars, lines := 0, 0
	for i, r := range text {
		chars++
		if r == '\n' {
			lines++
		}
		if chars > headChars || lines >= headLines {
			v.Head = strings.TrimRight(text[:i], " \n")
			break
		}
	}
	return v
}

// Said are the quotes of an event, each folded if it is long.
func Said(quotes []words.Quote, as Reading) []Text {
	var out []Text
	for _, q := range quotes {
		v := Folded(q.Label, q.Text, as)
		v.Quote = q
		out = append(out, v)
	}
	return out
}

// What is shown of a history that is longer than that: how it began, and the latest.
const (
	most  = 30
	first = 2
	last  = 20
)

// Parts splits a history into how it began, the middle that is folded, and the latest. A
// short one, and all of one that is read whole, is latest.
func Parts[E any](entries []E, as Reading) (began, middle, latest []E) {
	if as.Whole || len(entries) <= most {
		return nil, nil, entries
	}
	end := len(entries) - last
	return entries[:first], entries[first:end], entries[end:]
}

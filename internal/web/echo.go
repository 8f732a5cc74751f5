package web

import (
	"maps"
	"net/url"
	"slices"
	"strings"
)

// MaxEcho is the most bytes of what somebody typed that a page gives back to go on
// with. Any one text that the house takes fits, in whatever script (intake.MaxMessage).
const MaxEcho = 512 << 10

// maxEchoed is the most values, beside the bytes of them: the form of an advisory of fifty
// vulnerabilities has about as many.
const maxEchoed = 1_500

// Echo is what a page gives back of what was typed: all of it, or MaxEcho bytes with the
// names, by the order of these. cut tells that there was more, which the page must say.
func Echo(typed url.Values) (kept url.Values, cut bool) {
	kept = make(url.Values, min(len(typed), maxEchoed))
	room, values := MaxEcho, 0
	for _, name := range slices.Sorted(maps.Keys(typed)) {
		for _, value := range typed[name] {
			if values++; values > maxEchoed || len(name) > room {
				return kept, true
			}
			room -= len(name)
			if len(value) > room {
				value, cut = strings.ToValidUTF8(value[:room], ""), true
			}
			room -= len(value)
			kept.Add(strings.Clone(name), strings.Clone(value)) // the form itself is let go
		}
	}
	return kept, cut
}

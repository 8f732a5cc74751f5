package fields

import (
	"slices"
	"strings"
)

// full is from how many bytes on a line ends because it is full, and not because its writer
// ended it.
const full = 50

// Unwrapped joins the lines of each paragraph, which a policy wraps for its own file: what
// a reporter reads breaks where their screen ends. Short lines, lists and what is set in stay.
func Unwrapped(text string) string {
	var out []string
	before := ""
	for _, line := range strings.Split(strings.TrimRight(text, "\n"), "\n") {
		last := len(out) - 1
		if last >= 0 && len(before) >= full && flows(before) && flows(line) && !listed(line) {
			out[last] += " " + line
		} else {
			out = append(out, line)
		}
		before = line
	}
	return strings.Join(out, "\n")
}

// flows tells whether a line may be joined with another.
func flows(line string) bool {
	return line != "" && !strings.ContainsAny(line[:1], " \t>|#") && !strings.HasSuffix(line, "  ")
}

// listed tells whether a line begins an item of a list.
func listed(line string) bool {
	number, rest, ok := strings.Cut(line, " ")
	return ok && rest != "" && (slices.Contains([]string{"-", "*", "+", "•"}, number) ||
		strings.Trim(number, "0123456789") == "." || strings.Trim(number, "0123456789") == ")")
}

package text

import "strings"

// The lines that part what was encrypted from what was not.
const (
	markBefore = "[These words stood before the encrypted message. They were not encrypted, and no signature covers them:]"
	markInside = "[The encrypted message:]"
	markAfter  = "[These words stood after the encrypted message. They were not encrypted, and no signature covers them:]"
)

// Around sets what stood around an encrypted message around what came out of it. Every
// line from outside carries a bar, so that none can pass for one from inside.
func Around(before, inside, after string) string {
	if before == "" && after == "" {
		return inside
	}
	barred := func(s string) string { return "| " + strings.ReplaceAll(s, "\n", "\n| ") }
	var all []string
	if before != "" {
		all = append(all, markBefore, barred(before))
	}
	all = append(all, markInside, inside)
	if after != "" {
		all = append(all, markAfter, barred(after))
	}
	return strings.Join(all, "\n\n")
}

// Signed is what people read of a clear-signed text (RFC 9580 section 7).
func Signed(s string) string {
	_, s, ok := strings.Cut(s, "\n\n")
	if !ok {
		return ""
	}
	if i := strings.LastIndex(s, "\n-----BEGIN PGP SIGNATURE-----"); i >= 0 {
		s = s[:i]
	}
	lines := strings.Split(s, "\n")
	for i, line := range lines {
		lines[i] = strings.TrimPrefix(line, "- ")
	}
	return strings.TrimSpace(strings.Join(lines, "\n"))
}

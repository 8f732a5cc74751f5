package intake

import (
	"path"
	"strings"
	"unicode"
)

// FileName keeps what a person needs to recognise a file, and nothing that
// steers a terminal, a header or a path.
func FileName(name string) string {
	name = path.Base(strings.ReplaceAll(name, `\`, "/"))
	name = strings.Map(func(r rune) rune {
		if r == unicode.ReplacementChar || !unicode.IsPrint(r) || strings.ContainsRune(`"<>|:*?%;`, r) {
			return '_'
		}
		return r
	}, name)
	name = strings.TrimLeft(name, ". ")
	if rs := []rune(name); len(rs) > 120 {
		name = string(rs[len(rs)-120:])
	}
	if name == "" || name == "/" {
		return "file"
	}
	return name
}

package intake

import (
	"strings"

	"fairlead/internal/cvd"
)

// SplitLines breaks a text into its lines that are not blank.
func SplitLines(s string) cvd.Lines {
	var out cvd.Lines
	for _, line := range strings.Split(s, "\n") {
		if line = strings.TrimSpace(line); line != "" {
			out = append(out, line)
		}
	}
	return out
}

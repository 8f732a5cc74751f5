package fields_test

import (
	"strings"
	"testing"

	"fairlead/internal/web/desk/visit/cases/fields"
)

func TestUnwrapped(t *testing.T) {
	full := strings.Repeat("word ", 12) + "end"
	for in, want := range map[string]string{
		"":                                       "",
		full + "\nof it\n":                       full + " of it",
		full + "\n" + full + "\nof it":           full + " " + full + " of it",
		"Hello,\n\n" + full + "\nit.\n\nA\nteam": "Hello,\n\n" + full + " it.\n\nA\nteam",
		full + "\n- a log\n- a version":          full + "\n- a log\n- a version",
		"1. " + full + "\n2. " + full:            "1. " + full + "\n2. " + full,
		full + "\n    stands here":               full + "\n    stands here",
		full + "  \nstays":                       full + "  \nstays",
	} {
		if got := fields.Unwrapped(in); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
}

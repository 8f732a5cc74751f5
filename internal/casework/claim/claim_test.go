package claim_test

import (
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"fairlead/internal/casework/claim"
)

var code = regexp.MustCompile(`^[a-z2-7]{5}(-[a-z2-7]{5}){3}$`)

func TestACodeIsReadAsPeopleTypeIt(t *testing.T) {
	const want = "abcde-fghij-klmno-pq234"
	for name, typed := range map[string]string{
		"as shown": want, "capitals": strings.ToUpper(want), "blanks": strings.ReplaceAll(want, "-", " "), "in one": strings.ReplaceAll(want, "-", ""),
		"with a line break": "abcde-fghij-\r\n  klmno-pq234\n", "quoted": "> " + want, "with dashes": strings.ReplaceAll(want, "-", "\u2013"),
	} {
		if got := claim.Normalise(typed); got != want {
			t.Errorf("%s: %q", name, got)
		}
	}
	for name, typed := range map[string]string{
		"empty": "", "short": want[:22], "long": want + "a", "a receipt": "one-two-three-four-five-six-seven", "huge": strings.Repeat(want, 100),
	} {
		if got := claim.Normalise(typed); got != "" {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func TestNormaliseProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		got := claim.Normalise(rapid.String().Draw(t, "typed"))
		if got != "" && (!code.MatchString(got) || claim.Normalise(got) != got) {
			t.Fatalf("%q is not canonical", got)
		}
	})
}

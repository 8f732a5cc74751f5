package words

import (
	"testing"

	"fairlead/internal/cvd"
)

// A choice that a form proposed reads in each language, with what was added to it as it
// was written; an answer in other words does not change.
func TestAnswer(t *testing.T) {
	b := book(t)
	for _, c := range []struct {
		lang string
		says cvd.Answer
		want string
	}{
		{"en", "yes", "Yes"},
		{"de", "yes", "Ja"},
		{"de", "no", "Nein"},
		{"fr", "unknown", "Je ne sais pas"},
		{"de", "yes: Seen in logs of a customer", "Ja: Seen in logs of a customer"},
		{"fr", "yes: Seen in logs: two of them", "Oui\u00a0: Seen in logs: two of them"},
		{"de", "yes: ", "yes: "},
		{"de", "yes:no space", "yes:no space"},
		{"de", "Yes, on 3 March", "Yes, on 3 March"},
		{"de", "maybe: no", "maybe: no"},
		{"de", "", ""},
	} {
		if got := b.In(c.lang).Answer(c.says); got != c.want {
			t.Errorf("%s %q: %q, want %q", c.lang, c.says, got, c.want)
		}
	}
}

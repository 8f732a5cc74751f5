package calendar

import (
	"fmt"
	"strings"
	"testing"
)

func TestMentions(t *testing.T) {
	for text, want := range map[string]string{
		"Acknowledge the report within two business days": "2 business days",
		"in 48 hours, usually within a week":              "48 hours, 7 days",
		"innerhalb von zwei Werktagen, sonst in 3 Tagen":  "2 business days, 3 days",
		"sous deux jours ouvrés ou 24 heures":             "2 business days, 24 hours",
		"Answered on business days, the other day":        "",
		"Every day counts; 100 percent":                   "",
	} {
		var got []string
		for _, m := range Mentions(text) {
			got = append(got, fmt.Sprint(m.Amount))
			if !strings.HasPrefix(text[m.At:], m.Text) {
				t.Errorf("%q does not stand at %d", m.Text, m.At)
			}
		}
		if strings.Join(got, ", ") != want {
			t.Errorf("%q: %v, want %s", text, got, want)
		}
	}
	if !(Amount{2, Days}).Same(Amount{48, Hours}) || (Amount{2, Days}).Same(Amount{2, BusinessDays}) || (Amount{2, Days}).Same(Amount{3, Days}) {
		t.Error("amounts are not told apart")
	}
}

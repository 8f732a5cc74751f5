package desk_test

import (
	"net/url"
	"strings"
	"testing"

	"fairlead/internal/cvd"
)

// A choice reads in the member's language in the case, with what was added to it.
func TestAnswersReadInTheLanguageOfTheDesk(t *testing.T) {
	h := house(t)
	b := in(h, "member@example.org")
	got := h.Receive(cvd.Report{Title: "Cut off", Description: "It is so.", Exploited: "yes: Seen in logs of a customer"})
	for lang, want := range map[string]string{"de": "Ja: Seen in logs of a customer", "fr": "Oui\u00a0: Seen in logs of a customer"} {
		b.Post("/desk/me/profile", url.Values{"name": {"Milo Member"}, "language": {lang}}).Check(h, 303)
		if page := b.Get("/desk/cases/"+string(got.Case)).Check(h, 200).Body; !strings.Contains(page, want) || strings.Contains(page, "yes: Seen") {
			t.Errorf("%s: no %q", lang, want)
		}
	}
}

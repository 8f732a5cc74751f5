package public_test

import (
	"net/http"
	"strings"
	"testing"

	"fairlead/internal/cvd"
)

// A choice reads in the reader's language in the thread, with what was added to it; what
// programs get is what was stored.
func TestAnswersReadInTheLanguageOfTheThread(t *testing.T) {
	h := house(t, signed, nil)
	got := h.Receive(cvd.Report{Title: "Cut off", Description: "It is so.", Exploited: "yes: Seen in logs of a customer", Public: "unknown"})
	b := opened(h, got)
	for lang, want := range map[string]string{"de": "Ja: Seen in logs of a customer", "fr": "Oui\u00a0: Seen in logs of a customer"} {
		b.Lang = lang
		page := b.Get("/thread").Check(h, http.StatusOK)
		sound(t, page)
		if !strings.Contains(page.Body, want) || strings.Contains(page.Body, "yes: Seen") {
			t.Errorf("%s: no %q", lang, want)
		}
		if file := b.Get("/thread/export.json").Check(h, http.StatusOK).Body; !strings.Contains(file, "yes: Seen in logs of a customer") {
			t.Errorf("%s: the file for programs says something else", lang)
		}
	}
}

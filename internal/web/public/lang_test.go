package public_test

import (
	"context"
	"net/url"
	"strings"
	"testing"

	"fairlead/internal/cvd"
)

// A form in another language than the policy's asks in its reader's language, says
// which words are the policy's, and letters go on in that language.
func TestReportInAnotherLanguage(t *testing.T) {
	h := house(t, "signed-policy.yaml", nil)
	b := h.Browser()
	b.Lang = "fr-CA, en;q=0.5"
	form := b.Get("/report").Check(h, 200)
	sound(t, form)
	for _, want := range []string{`<html lang="fr"`, `hreflang="de" lang="de">Deutsch</a>`, ` lang="en">If you know it.</p>`} {
		if !strings.Contains(form.Body, want) {
			t.Errorf("no %s", want)
		}
	}
	sent := b.Upload("/report", url.Values{"description": {"It breaks."}, "reporter.email": {"rea@example.net"}}).Check(h, 201)
	if strings.Contains(sent.Body, "hreflang") {
		t.Error("the page with the receipt offers to be asked for again")
	}
	who, err := h.Auth.Receipt(context.Background(), receiptOf(t, b, sent))
	if err != nil {
		t.Fatal(err)
	}
	files, err := h.Desk.As(who).Thread(context.Background())
	if err != nil || len(files) != 1 {
		t.Fatalf("%v, %d cases", err, len(files))
	}
	if got := files[0].Case.Participant(cvd.Reporter).Contact.Language; got != "fr" {
		t.Errorf("letters would be in %q", got)
	}
}

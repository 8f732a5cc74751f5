package public_test

import (
	"net/http"
	"strings"
	"testing"

	"fairlead/internal/cvd"
)

// A file that was chosen beside a message that is sent alone leaves only its name behind; its
// reporter is told, and does not take it for sent.
func TestAChosenFileIsNamedAsUnsent(t *testing.T) {
	h := house(t, "signed-policy.yaml", nil)
	got := h.Receive(cvd.Report{Title: "Cut off", Description: "It is so."})
	b := opened(h, got)
	page := b.Get("/thread").Check(h, http.StatusOK)
	send := func(file string) string {
		form := b.Form(page, "/thread/message")
		form.Set("text."+string(got.Case), "Here it is.")
		form.Set("file."+string(got.Case), file)
		return b.Follow(b.Post("/thread/message", form)).Check(h, http.StatusOK).Text()
	}
	if text := send("proof.py"); !strings.Contains(text, "The file that you chose was not") {
		t.Errorf("nobody is told: %s", text)
	}
	if text := send(""); strings.Contains(text, "was not") || !strings.Contains(text, "Your message was sent.") {
		t.Errorf("without a file: %s", text)
	}
}

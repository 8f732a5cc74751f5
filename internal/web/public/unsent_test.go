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

// A preview keeps no file: the thread names it as lost, beside its field, and so does a refusal
// and another language.
func TestAFileIsNamedAsLostByAPreview(t *testing.T) {
	h := house(t, "signed-policy.yaml", nil)
	got := h.Receive(cvd.Report{Title: "Cut off", Description: "It is so."})
	b := opened(h, got)
	form := b.Form(b.Get("/thread").Check(h, http.StatusOK), "/thread/message")
	id := string(got.Case)
	form.Set("case", id)
	form.Set("text."+id, "Here it is.")
	form["file."+id] = []string{"proof.py", "<b>.txt"}
	form.Set("step", "preview")
	page := b.Post("/thread/message", form).Check(h, http.StatusOK)
	sound(t, page)
	if n := strings.Count(page.Text(), "and press “Send files”: proof.py, <b>.txt"); n != 2 {
		t.Errorf("named %d times: %s", n, page.Text())
	}
	form.Set("text."+id, "")
	if page := b.Post("/thread/message", form).Check(h, http.StatusUnprocessableEntity); !strings.Contains(page.Text(), "proof.py") {
		t.Errorf("refused: %s", page.Text())
	}
	if page := b.Post("/thread", form).Check(h, http.StatusOK); !strings.Contains(page.Text(), "proof.py") {
		t.Errorf("in another language: %s", page.Text())
	}
	form.Set("file."+id, "")
	if page := b.Post("/thread", form).Check(h, http.StatusOK); strings.Contains(page.Text(), "was not kept") {
		t.Error("no file, and one is lost")
	}
}

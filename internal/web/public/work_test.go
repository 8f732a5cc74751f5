package public_test

import (
	"crypto/sha256"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

var caseIn = regexp.MustCompile(`TP-2026-[0-9A-Z]{7}`)

// solved does what the script of the form does.
func solved(t *testing.T, stamp string) string {
	t.Helper()
	for i := range 1 << 24 {
		if sum := sha256.Sum256([]byte(stamp + ":" + strconv.Itoa(i))); sum[0] == 0 && sum[1] == 0 {
			return strconv.Itoa(i)
		}
	}
	t.Fatal("no answer was found")
	return ""
}

// Where the policy wants it, a report costs its sender a second of work, or a wait
// where no script runs. Nothing is lost on the way, and the API asks for nothing.
func TestAReportHasAPrice(t *testing.T) {
	h := house(t, small, nil)
	if strings.Contains(h.Browser().Get("/report").Body, `name="work"`) {
		t.Error("work is asked for that the policy does not want")
	}
	h.Republish("  attachments_total:", "  proof_of_work: true\n  attachments_total:")
	b := h.Browser()
	form := b.Form(b.Get("/report").Check(h, http.StatusOK), "/report?step=send")
	if form.Get("work") == "" {
		t.Fatal("the form carries no stamp")
	}
	form.Set("description", "The parser reads past its end.")
	early := b.Upload("/report", form).Check(h, http.StatusTooManyRequests)
	sound(t, early)
	if !strings.Contains(early.Body, "reads past its end") || early.Header.Get("Retry-After") != "20" || !strings.Contains(early.Text(), "Nothing has been sent yet") {
		t.Errorf("%s %s", early.Header, early.Text())
	}
	h.Pass(21 * time.Second)
	first := b.Upload("/report", form).Check(h, http.StatusCreated)
	again := b.Upload("/report", form).Check(h, http.StatusCreated)
	if one, two := caseIn.FindString(first.Text()), caseIn.FindString(again.Text()); one == "" || one != two {
		t.Errorf("pressed twice: %q, %q", one, two)
	}
	form.Set("description", "Another flaw under the same stamp.")
	shown := b.Form(b.Upload("/report", form).Check(h, http.StatusTooManyRequests), "/report?step=send")
	if shown.Get("work") == form.Get("work") {
		t.Error("a spent stamp is shown again")
	}
	shown.Set("description", "Another flaw.")
	shown.Set("worked", solved(t, shown.Get("work")))
	b.Upload("/report", shown).Check(h, http.StatusCreated)
	form = b.Form(b.Get("/report"), "/report?step=send")
	form.Set("cwe", "XSS")
	if a := b.Upload("/report", form).Check(h, http.StatusUnprocessableEntity); b.Form(a, "/report?step=send").Get("work") != form.Get("work") {
		t.Error("a fault costs a fresh stamp")
	}
}

// A stamp pays for one case: only a form that is known to be the same one is paid
// already.
func TestAStampPaysOnce(t *testing.T) {
	h := house(t, small, nil)
	h.Republish("  attachments_total:", "  proof_of_work: true\n  attachments_total:")
	for _, once := range []string{"", "short", strings.Repeat("x", 65)} {
		b := h.Browser()
		form := b.Form(b.Get("/report").Check(h, http.StatusOK), "/report?step=send")
		form.Set("description", "The same flood.")
		form.Set("worked", solved(t, form.Get("work")))
		form.Set("once", once)
		b.Upload("/report", form).Check(h, http.StatusCreated)
		b.Upload("/report", form).Check(h, http.StatusTooManyRequests)
	}
}

package public_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"fairlead/internal/casework"
	"fairlead/internal/cvd"
)

func TestServe(t *testing.T) {
	addr := os.Getenv("SERVE")
	if addr == "" {
		t.Skip()
	}
	h := house(t, os.Getenv("POLICY"), nil)
	a := h.Receive(cvd.Report{Title: "Session tokens survive a password change", Product: "Northlake Records", Version: "2026.2", Description: "After a user changes the password, older session tokens are still accepted for hours.\n\n1. Sign in twice.\n2. Change the password in the first.\n3. The second still works.", Steps: "curl -b old-cookie https://example.org/records", DisclosurePlan: "I would like to talk about it at a conference in June.", Reporter: &cvd.Contact{Name: "Robin", Email: "robin@example.org"}})
	h.Pass(time.Hour)
	h.Do(h.Member, a.Case, cvd.VerbAcknowledge, cvd.Input{Text: "Thank you for this. I am reading it now and will try it on 2026.2."})
	actor, _ := h.Auth.Receipt(context.Background(), a.Receipt)
	h.Desk.As(actor).Attach(context.Background(), a.Case, "old session.har", strings.NewReader(strings.Repeat("x", 32000)), cvd.Input{})
	h.Pass(time.Hour)
	h.Do(h.Member, a.Case, cvd.VerbAsk, cvd.Input{Text: "I could not see it on my installation.", Missing: []string{"Which sign-in method do you use: password, or single sign-on?", "The value of session.store in your configuration"}})
	h.Do(actor, a.Case, cvd.VerbMessage, cvd.Input{Text: "Password. session.store is 'memory'."})
	h.Pass(time.Hour)
	h.Do(h.Member, a.Case, cvd.VerbValidate, cvd.Input{Text: "Confirmed: with the memory store, the list of tokens is never swept."})
	h.Do(h.Member, a.Case, cvd.VerbAccept, cvd.Input{})
	h.Do(h.Member, a.Case, cvd.VerbSeverity, cvd.Input{Vector: "CVSS:3.1/AV:N/AC:H/PR:L/UI:N/S:U/C:H/I:L/A:N"})
	b := h.Receive(cvd.Report{Title: "Second", Description: "Capability statement can be read."})
	h.Do(h.Member, b.Case, cvd.VerbInvalidate, cvd.Input{Reason: "The standard asks for it."})
	h.Receive(cvd.Report{Description: "x"})
	c := h.Receive(cvd.Report{Description: "needs info"})
	h.Do(h.Member, c.Case, cvd.VerbAsk, cvd.Input{Text: "Could you tell us more?", Missing: []string{"The version that you tested"}})
	_ = casework.Counted
	os.WriteFile(os.Getenv("CODES"), []byte(fmt.Sprintf("%s\n%s\n%s\n", a.Receipt, b.Receipt, c.Receipt)), 0o600)
	http.ListenAndServe(addr, h.Mux)
}

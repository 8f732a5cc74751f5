package desk_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"fairlead/internal/casework"
	"fairlead/internal/cvd"
)

// What came by mail is shown with what vouches for it; a mail that waits is taken or
// set aside by its buttons; a letter that came back is an alarm until somebody says how
// the reporter was reached.
func TestMailOnTheCasePage(t *testing.T) {
	h := house(t)
	ctx := context.Background()
	mail := func(from string) *cvd.Mail {
		return &cvd.Mail{
			Signature: cvd.SignatureFirst, Unfit: "expired", MessageID: from, From: from, Subject: "<script>subject</script>", At: h.Now(), Door: "smtp", Raw: []byte("From: " + from + "\n\n<script>raw</script>"),
			Proof: cvd.Proof{SPF: "fail", DKIM: "pass", Domain: "example.net", Aligned: strings.HasPrefix(from, "rea")},
		}
	}
	a, err := h.Desk.As(cvd.Stranger).Receive(ctx, casework.Submission{
		Channel: "mail", Mail: mail("rea@example.net"), Report: &cvd.Report{Description: "it breaks", Reporter: &cvd.Contact{Email: "rea@example.net"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	system := h.Desk.As(cvd.System)
	hold := func(text string) int64 {
		m := mail(text + "@example.com")
		m.Held = "no-such-reason"
		m.Files = []cvd.MailFile{{Name: "log.txt", Data: []byte("x")}}
		done, err := system.Do(ctx, a.Case, cvd.VerbHoldMail, cvd.Input{Text: text, Mail: m})
		if err != nil {
			t.Fatal(err)
		}
		return done.Events[0].Seq
	}
	one, two := hold("first-words"), hold("second-words")
	three := hold("rea-of-another-domain") // its own domain vouches for it
	if err := system.Bounced(ctx, a.Case, "", "5.1.1"); err != nil {
		t.Fatal(err)
	}
	path := "/desk/cases/" + string(a.Case)
	b := in(h, "member@example.org")
	page := b.Get(path).Check(h, http.StatusOK)
	whole(t, "case with mail", page)
	for _, want := range []string{
		"By mail from rea@example.net", "example.net vouches for it", "example.net does not vouch for it", "SPF fail, DKIM pass",
		"first-words", "second-words", "Mail that waits", "Letters to the reporter do not arrive", "log.txt",
		"signed by a key that came with it, seen for the first time", "has expired, so it is not used",
	} {
		if !strings.Contains(page.Body, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if strings.Contains(page.Body, "<script>subject") {
		t.Error("a stranger's subject is no text")
	}
	eml := b.Get(path+"/mails/1").Check(h, http.StatusOK)
	if !strings.HasSuffix(eml.Body, "<script>raw</script>") || eml.Header.Get("Content-Type") != "application/octet-stream" ||
		!strings.Contains(eml.Header.Get("Content-Disposition"), "attachment") || !strings.Contains(eml.Header.Get("Content-Disposition"), "-1.eml") || eml.Header.Get("Content-Security-Policy") != "default-src 'none'; frame-ancestors 'none'; sandbox" {
		t.Errorf("served as %v", eml.Header)
	}
	for _, gone := range []string{"/mails/0", "/mails/99", "/mails/x", "/mails/5"} {
		b.Get(path+gone).Check(h, http.StatusNotFound)
	}

	// Whom a stranger's domain vouches for is a stranger still.
	_, strangers, _ := strings.Cut(page.Body, "Mail that waits")
	strangers, _, _ = strings.Cut(strangers, "story-title")
	if strings.Count(strangers, `<span class="badge alarm">not the reporter&#39;s address</span> <span class="broken">`) != 3 || strings.Contains(strangers, "badge good") || !strings.Contains(strangers, `badge neutral">example.net vouches for it`) {
		t.Errorf("what waits is shown as %s", strangers)
	}
	// Each mail is ruled on beside its own words, not beside those that came last.
	for _, at := range []string{fmt.Sprintf("%s/do/admit?seq=%d", path, one), fmt.Sprintf("%s/do/dismiss?seq=%d", path, one)} {
		text := b.Get(at).Check(h, http.StatusOK).Text()
		for _, want := range []string{"The mail that this is about", "first-words@example.com", "not the reporter's address", "SPF fail"} {
			if !strings.Contains(text, want) {
				t.Errorf("%s does not say %q", at, want)
			}
		}
		if strings.Contains(text, "second-words") || strings.Contains(text, "Latest words") {
			t.Errorf("%s shows other words: %s", at, text)
		}
	}
	seq := func(n int64) string { return fmt.Sprint(n) }
	do(b, h, a.Case, "admit", url.Values{"seq": {seq(one)}})
	do(b, h, a.Case, "dismiss", url.Values{"seq": {seq(two)}, "reason": {"not theirs"}})
	do(b, h, a.Case, "dismiss", url.Values{"seq": {seq(three)}, "reason": {"not theirs"}})
	do(b, h, a.Case, "reached", url.Values{"note": {"by telephone"}})
	c := state(h, a.Case)
	if len(c.HeldMail) != 0 || !c.Undelivered.IsZero() || c.Files != 1 {
		t.Errorf("%v wait, %s, %d files", c.HeldMail, c.Undelivered, c.Files)
	}
	if page := b.Get(path).Check(h, http.StatusOK); strings.Contains(page.Body, "Mail that waits") || strings.Contains(page.Body, "do not arrive") || strings.Contains(page.Body, "waits for your nod") || !strings.Contains(page.Body, "Taken as the reporter") {
		t.Error("the page still asks")
	} else if text := page.Text(); !strings.Contains(text, "Milo Member took it as the reporter's words") || !strings.Contains(text, "Milo Member set it aside") {
		t.Errorf("the timeline does not say what became of the mails: %s", text)
	}

	if _, err := h.Desk.As(h.Lead).Do(ctx, a.Case, cvd.VerbInvite, cvd.Input{To: h.Fixer.ID}); err != nil {
		t.Fatal(err)
	}
	f := in(h, "fixer@example.org")
	if page := f.Get(path).Check(h, http.StatusOK); strings.Contains(page.Body, "rea@example.net") || strings.Contains(page.Body, "first-words@") {
		t.Error("who is only named on the case reads the address")
	}
	f.Get(path+"/mails/1").Check(h, http.StatusNotFound)
}

package app_test

import (
	"bytes"
	"context"
	"testing"

	"fairlead/internal/casework"
	"fairlead/internal/cvd"
)

// A case with mails checks out, before and after its reporter is forgotten, and each
// of their files is known, so that none is taken for one that belongs to nobody.
func TestACaseWithMailsChecksOut(t *testing.T) {
	c := newCellar(t)
	ctx := context.Background()
	mail := func(id string, size int) *cvd.Mail {
		return &cvd.Mail{
			Item: id, MessageID: id + "@example.net", From: "canary@example.net", Raw: append([]byte("\n\n"), bytes.Repeat([]byte("x"), size)...),
			Files: []cvd.MailFile{{Name: "f", Data: []byte(id)}},
		}
	}
	a, err := c.h.Desk.As(cvd.Stranger).Receive(ctx, casework.Submission{
		Channel: "mail", Mail: mail("one", 100<<10), Report: &cvd.Report{Description: "x", Reporter: &cvd.Contact{Email: "canary@example.net"}},
	})
	c.must(err)
	held, err := c.h.Desk.As(cvd.System).Do(ctx, a.Case, cvd.VerbHoldMail, cvd.Input{Text: "x", Mail: mail("two", 1)})
	c.must(err)
	// Let in, none waits any more: as before the first.
	c.do(a.Case, cvd.VerbAdmit, cvd.Input{Seq: held.Events[0].Seq})
	c.must(c.h.Desk.As(cvd.System).Bounced(ctx, a.Case, "", "5.1.1"))
	for _, files := range []int{3, 2} {
		if text := c.faults(false); text != "" {
			t.Errorf("the check finds\n%s", text)
		}
		out, err := c.h.CheckHistories(ctx, false)
		c.must(err)
		if len(out.Files) != files {
			t.Errorf("%d files are known, want %d", len(out.Files), files)
		}
		if files == 3 {
			c.do(a.Case, cvd.VerbForget, cvd.Input{Reason: "asked"})
		}
	}
	c.close()
	c.open()
	if text := c.faults(false); text != "" {
		t.Errorf("after a start the check finds\n%s", text)
	}
}

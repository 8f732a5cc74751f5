package notify_test

import (
	"bytes"
	"strings"
	"testing"

	"fairlead/internal/casework"
	"fairlead/internal/cvd"
	"fairlead/internal/notify"
	"fairlead/internal/store"
)

// byMail hands in a report as one that came by mail.
func (h *house) byMail(encrypted bool, key, unfit string) cvd.CaseID {
	h.Helper()
	r := &cvd.Report{Title: "Crash", Description: "zanzibar", Product: "tidewater-cli", Reporter: &cvd.Contact{Email: "rosa@example.net", PGPKey: key}}
	a := must(h.desk.As(cvd.Stranger).Receive(h.Context(), casework.Submission{
		Report: r, Channel: "mail", Received: h.now(),
		Mail: &cvd.Mail{Item: "item-1", MessageID: "first@mail.example.net", From: "rosa@example.net", Subject: "Crash on print", Encrypted: encrypted, Unfit: unfit, Raw: []byte("x")},
	}))
	return a.Case
}

// The whole way of a thread by mail: the answer at once, what the team says, and what
// the case says no more in the clear.
func TestThreadByMail(t *testing.T) {
	h := build(t)
	p := &pocket{}
	id := h.byMail(false, "", "")
	o := h.outbox(h.mail(p, door))
	h.drain(o)
	h.do(h.lead, id, cvd.VerbAcknowledge, cvd.Input{})
	h.do(h.lead, id, cvd.VerbMessage, cvd.Input{Text: "Which printer is it?"})
	h.drain(o)
	got := p.to("rosa@example.net")
	if len(got) != 3 {
		t.Fatalf("%d letters", len(got))
	}
	var before []string
	for i, want := range []struct{ subject, auto, text string }{
		{"Re: Crash on print", "auto-replied", "Code: "},
		{"Re: Crash on print", "auto-generated", "A person of the team has your report"},
		{"Re: Crash on print", "", "The team writes:\n\nWhich printer is it?"},
	} {
		r := elsewhere(t, got[i].Bytes)
		refs := strings.Fields(r.Headers["references"][0])
		if r.Headers["subject"][0] != want.subject || strings.Join(r.Headers["auto-submitted"], "") != want.auto || !strings.Contains(unflow(r.Text), want.text) {
			t.Errorf("letter %d:\n%s", i, got[i].Bytes)
		}
		if refs[0] != "<first@mail.example.net>" || strings.Join(refs[1:], " ") != strings.Join(before, " ") {
			t.Errorf("letter %d: references %v, want the first and %v", i, refs, before)
		}
		before = append(before, r.Headers["message-id"][0])
		if strings.Contains(string(got[i].Bytes), canary) || !strings.HasPrefix(got[i].From, "bounces+b.") {
			t.Errorf("letter %d, from %s:\n%s", i, got[i].From, got[i].Bytes)
		}
	}
	_, code, _ := strings.Cut(body(got[0]), "Code: ")
	code, _, _ = strings.Cut(code, "\n")
	for _, c := range h.carried(store.EffectDone) {
		if strings.Contains(c.Text, code) {
			t.Errorf("the outbox holds the code:\n%s", c.Text)
		}
	}
	claimed := must(h.desk.As(cvd.Stranger).Claim(t.Context(), code))
	if len(claimed.Cases) != 1 || claimed.Cases[0] != id {
		t.Errorf("the code opens %v", claimed.Cases)
	}
}

// Who wrote encrypted is answered encrypted or not at all, and that shows.
func TestThreadByEncryptedMail(t *testing.T) {
	own, _, _ := pair("security@example.org", 2*year)
	_, _, theirs := pair("rosa@example.net", year)
	for _, one := range []struct {
		key, unfit string
		want       int
		why        string
	}{
		{theirs, "", 2, ""},
		{theirs, "expired", 2, ""},
		{"", "", 0, "no key of the reporter is known"},
		{"", "expired", 0, "the key that came with the reporter's mail has expired"},
	} {
		want := one.want
		h := build(t)
		p := &counting{}
		id := h.byMail(true, one.key, one.unfit)
		o := h.outbox(h.mail(p, door, sealer(own)))
		h.do(h.lead, id, cvd.VerbMessage, cvd.Input{Text: canary})
		h.drain(o)
		got := p.to("rosa@example.net")
		if len(got) != want || strings.Contains(p.seen.String(), canary) {
			t.Errorf("%d letters, want %d", len(got), want)
		}
		for _, m := range got {
			if !bytes.Contains(m.Bytes, []byte("BEGIN PGP MESSAGE")) || !bytes.Contains(m.Bytes, []byte("Subject: [...]")) {
				t.Errorf("%s", m.Bytes)
			}
		}
		dead := h.carried(store.EffectDead)
		if len(dead) != 2-want {
			t.Errorf("%d given up, want %d", len(dead), 2-want)
		}
		for _, c := range dead {
			if !strings.Contains(c.Text, "may only go out encrypted: "+one.why) {
				t.Errorf("%s", c.Text)
			}
		}
	}
}

var _ notify.Sender = (*counting)(nil)

package notify_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/emersion/go-message/mail"
	"pgregory.net/rapid"

	"fairlead/internal/casework"
	"fairlead/internal/casework/notice"
	"fairlead/internal/cvd"
	"fairlead/internal/goldentest"
	"fairlead/internal/notify"
)

const (
	ref       = "fl-2026-7kq4mxz.3.abcdefghijklmnopqrstuvwxyz"
	replyTag  = "r.fl-2026-7kq4mxz.abcdefghijklmnopqrstuvwxyz"
	bounceTag = "b.fl-2026-7kq4mxz.zyxwvutsrqponmlkjihgfedcba"
)

// mailed is a notice to a reporter who writes by mail.
func mailed(template string, change ...func(m *notice.Mail)) *casework.Notice {
	n := example(cvd.EffectNotifyReporter, template, "reporter")
	n.Mail = &notice.Mail{Ref: ref, References: []string{"first@mail.example.net"}, ReplyTag: replyTag, BounceTag: bounceTag}
	for _, c := range change {
		c(n.Mail)
	}
	return n
}

// first is what the automatic answer knows.
func first(m *notice.Mail) {
	m.Subject = "Überlauf in der Druckwarteschlange"
	m.Claim, m.ClaimEnds = "kx7mq-2qpwa-5trdf-4hvnz", noon.Add(72*time.Hour)
	m.Promises = []casework.Promise{
		{Kind: cvd.ClockAcknowledge, Due: noon.Add(24 * time.Hour)},
		{Kind: cvd.ClockFollowUp, Due: noon.Add(48 * time.Hour)},
		{Kind: cvd.ClockVerify, Due: noon.Add(14 * 24 * time.Hour), Target: true},
		{Kind: cvd.ClockFix, Due: noon.Add(90 * 24 * time.Hour), Target: true},
	}
	m.Missing = []string{"version", "steps", "A proof that we can repeat"}
}

// said is what a member wrote: long lines, a quote, code, a false signature.
func said(m *notice.Mail) {
	m.Text = "Hello,\n\nthank you for the second file. With it we could see the overflow here, on the version that you named and on the one before it – grüß Gott, and thank you.\n\n" +
		"> does it also happen with a printer that was never set up by hand, one that the system found by itself on the network?\n\n" +
		"It does:\n\n    $ printq --add 'A' --trace 2>&1 | grep overflow\n-- \nFrom now on we can go by https://example.org/" + strings.Repeat("long/", 30) + "end"
}

// door is how a house is set up whose mail goes both ways.
func door(cfg *notify.Config) {
	cfg.Plus, cfg.Answered, cfg.Bounce = true, true, "bounces@example.org"
	cfg.KeyPath = func(context.Context) string { return "/.well-known/openpgp-key.asc" }
}

// letters is every kind of letter that there is to a reporter who writes by mail.
func letters() map[string]*casework.Notice {
	return map[string]*casework.Notice{
		"answer": mailed("received", first),
		"answer-quiet": mailed("received", first, func(m *notice.Mail) {
			m.Subject, m.Missing, m.Claim, m.Promises = "", nil, "", m.Promises[:1]
		}),
		"text": mailed("message", said, func(m *notice.Mail) {
			m.Subject, m.References = "RE: printer", []string{"first@mail.example.net", "fl-2026-7kq4mxz.1.ours", "second@mail.example.net"}
		}),
		"text-heading": mailed("accepted", func(m *notice.Mail) { m.Event = &cvd.Event{Head: cvd.Head{Type: cvd.EventAccepted}, Body: &cvd.Body{}} }),
		"text-closed": mailed("closed", func(m *notice.Mail) {
			m.Event = &cvd.Event{Head: cvd.Head{Type: cvd.EventClosed}, Body: &cvd.Body{Outcome: "fixed in 2.4,\nand published"}}
			m.Text = "Thank you for your patience."
		}),
		"text-late": mailed("slipped", func(m *notice.Mail) { m.Text = "The printer in question stands at another site." }),
		"bare": mailed("accepted", func(m *notice.Mail) {
			m.Bare, m.Text = "embargo", canary
			m.Event = &cvd.Event{Head: cvd.Head{Type: cvd.EventClosed}, Body: &cvd.Body{Outcome: canary}}
		}),
		"bare-claim": mailed("receipt-reissued", func(m *notice.Mail) { first(m); m.Subject = "" }),
	}
}

func TestGoldenLetters(t *testing.T) {
	for name, n := range letters() {
		m := must(compose(t, n, door))
		goldentest.Is(t, "testdata/"+name+".eml", m.Bytes)
		if strings.ContainsRune(string(m.Bytes), '⟦') || strings.Contains(string(m.Bytes), canary) {
			t.Errorf("%s: %s", name, m.Bytes)
		}
		for l := range strings.SplitSeq(string(m.Bytes), "\r\n") {
			if utf8.RuneCountInString(l) > 78 || strings.ContainsAny(l, "\r\n") {
				t.Errorf("%s: a line of %d: %q", name, utf8.RuneCountInString(l), l)
			}
		}
		if want := "bounces+" + bounceTag + "@example.org"; m.From != want || m.ID != ref+"@example.org" {
			t.Errorf("%s: envelope %s, id %s", name, m.From, m.ID)
		}
	}
}

// read is what another program, Python's own reader of mail, makes of a message.
type read struct {
	Headers map[string][]string
	Type    string
	Format  string
	Text    string
	Defects []string
	Parts   []string
}

const reader = `
import sys, json, email, email.policy
m = email.message_from_binary_file(sys.stdin.buffer, policy=email.policy.default)
headers, defects = {}, []
for k, v in m.items():
    headers.setdefault(k.lower(), []).append(str(v))
    defects += [k + ": " + repr(d) for d in v.defects]
defects += [repr(d) for p in m.walk() for d in p.defects]
text = m.get_content() if m.get_content_maintype() == "text" else ""
json.dump({"Headers": headers, "Type": m.get_content_type(), "Format": m.get_param("format") or "", "Text": text,
    "Defects": defects, "Parts": [p.get_content_type() for p in m.walk()]}, sys.stdout)
`

func elsewhere(t *testing.T, message []byte) read {
	t.Helper()
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("python3 is not installed: no other program reads the letters")
	}
	cmd := exec.Command(python, "-c", reader)
	cmd.Stdin = bytes.NewReader(message)
	var out read
	if err := json.Unmarshal(must(cmd.Output()), &out); err != nil {
		t.Fatal(err)
	}
	if len(out.Defects) > 0 {
		t.Errorf("another reader finds %v in\n%s", out.Defects, message)
	}
	return out
}

// unflow joins the lines of a flowed text (RFC 3676), as a reader does.
func unflow(s string) string {
	var b strings.Builder
	open, depth := false, 0
	for l := range strings.SplitSeq(s, "\n") {
		rest := strings.TrimLeft(l, ">")
		d := len(l) - len(rest)
		if !open || d != depth {
			b.WriteString(l[:d])
			if d > 0 {
				b.WriteByte(' ')
			}
		}
		b.WriteString(strings.TrimPrefix(rest, " "))
		if open, depth = strings.HasSuffix(l, " ") && l != "-- ", d; !open {
			b.WriteByte('\n')
		}
	}
	return b.String()
}

func TestAnotherProgramReadsTheLetters(t *testing.T) {
	all := letters()
	all["reporter"], all["team"] = example(cvd.EffectNotifyReporter, "accepted", "reporter"), example(cvd.EffectNotifyTeam, "warned", "team")
	all["long"] = mailed("received", first, func(m *notice.Mail) {
		m.Subject = strings.Repeat("Ünder the bridge ", 100)
		for i := range 50 {
			m.References = append(m.References, fmt.Sprintf("%d.%s@mail.example.net", i, strings.Repeat("x", 100)))
		}
	})
	all["long word"] = mailed("received", first, func(m *notice.Mail) { m.Subject = strings.Repeat("x", 3000) })
	for name, n := range all {
		m := must(compose(t, n, door))
		got := elsewhere(t, m.Bytes)
		if got.Type != "text/plain" || len(got.Parts) != 1 {
			t.Errorf("%s: %s, %v", name, got.Type, got.Parts)
		}
		for _, h := range []string{"from", "to", "subject", "date", "message-id", "in-reply-to", "references", "mime-version", "content-type"} {
			if len(got.Headers[h]) != 1 {
				t.Errorf("%s: %s stands %d times", name, h, len(got.Headers[h]))
			}
		}
		for l := range strings.SplitSeq(string(m.Bytes), "\r\n") {
			if len(l) > 998 {
				t.Errorf("%s: a line of %d", name, len(l))
			}
		}
		if n.Mail == nil {
			continue
		}
		refs := strings.Fields(got.Headers["references"][0])
		if len(refs) > 20 || refs[0] != "<first@mail.example.net>" || refs[len(refs)-1] != got.Headers["in-reply-to"][0] {
			t.Errorf("%s: references %v, in reply to %s", name, refs, got.Headers["in-reply-to"])
		}
		if reply := got.Headers["reply-to"]; len(reply) != 1 || reply[0] != "security+"+replyTag+"@example.org" {
			t.Errorf("%s: reply to %v", name, reply)
		}
	}
	text := elsewhere(t, must(compose(t, all["text"], door)).Bytes)
	want := strings.NewReplacer("-- \n", "--\n").Replace(all["text"].Mail.Text)
	if !strings.Contains(unflow(text.Text), want) || text.Format != "flowed" {
		t.Errorf("what was said is not what is read:\n%s\n%s", unflow(text.Text), want)
	}
	if s := text.Headers["subject"][0]; s != "RE: printer" {
		t.Errorf("subject %q", s)
	}
	if s := elsewhere(t, must(compose(t, all["answer"], door)).Bytes).Headers["subject"][0]; s != "Re: Überlauf in der Druckwarteschlange" {
		t.Errorf("subject %q", s)
	}
}

// A program's letters say so, and nobody answers them by a program; what a person
// wrote goes out as a person's, or another team's server would put it aside.
func TestWhoWrote(t *testing.T) {
	for name, want := range map[string]string{
		"answer": "auto-replied", "answer-quiet": "auto-replied", "text": "", "text-closed": "", "text-heading": "auto-generated", "text-late": "auto-generated", "bare": "auto-generated", "bare-claim": "auto-generated",
	} {
		m := must(compose(t, letters()[name], door))
		h := headers(t, m)
		auto, suppress := strings.Join(h["Auto-Submitted"], " "), strings.Join(h["X-Auto-Response-Suppress"], " ")
		if auto != want || (suppress == "All") != (want != "") {
			t.Errorf("%s: %q, %q", name, auto, suppress)
		}
		if program := strings.Contains(body(m), "by a program"); program != (want != "") {
			t.Errorf("%s: says that a program wrote it: %v", name, program)
		}
	}
}

// Where a mailbox takes no tags, or mail does not come in, no letter says otherwise.
func TestOnlyWhatIsTrue(t *testing.T) {
	for name, n := range letters() {
		m := must(compose(t, n))
		for _, word := range []string{"answer to this mail", "answer this mail and", "asc"} {
			if strings.Contains(unflow(body(m)), word) {
				t.Errorf("%s: %q in\n%s", name, word, body(m))
			}
		}
		if h := headers(t, m); m.From != "fairlead@example.org" || h["Reply-To"][0] != "<security@example.org>" {
			t.Errorf("%s: envelope %s, reply to %s", name, m.From, h["Reply-To"])
		}
	}
	past := mailed("received", first)
	for i := range past.Mail.Promises {
		past.Mail.Promises[i].Due = noon.Add(-time.Minute)
	}
	if text := body(must(compose(t, past, door))); strings.Contains(text, "promise you:") || !strings.Contains(text, "What comes next is told") {
		t.Errorf("dates that have passed:\n%s", text)
	}
}

func TestTags(t *testing.T) {
	for _, c := range []struct {
		contact, reply, tag string
	}{
		{"security@example.org", "<security+" + replyTag + "@example.org>", replyTag},
		{"security@example.org", "<security@example.org>", ""},
		{"security@example.org", "<security@example.org>", "r.\r\nBcc: x@example.com"},
		{"security@example.org", "<security@example.org>", "R.FL"},
		{"security+vdp@example.org", "<security+vdp@example.org>", replyTag},
		{strings.Repeat("s", 20) + "@example.org", "<" + strings.Repeat("s", 20) + "@example.org>", replyTag}, // 65 octets
		{strings.Repeat("s", 19) + "@example.org", "<" + strings.Repeat("s", 19) + "+" + replyTag + "@example.org>", replyTag},
	} {
		n := mailed("accepted", func(m *notice.Mail) { m.ReplyTag, m.BounceTag = c.tag, c.tag })
		n.From = c.contact
		m := must(compose(t, n, door))
		if got := headers(t, m)["Reply-To"][0]; got != c.reply || strings.ContainsAny(m.From, "\r\n") {
			t.Errorf("%s, %q: reply to %s, envelope %q", c.contact, c.tag, got, m.From)
		}
	}
	null := must(compose(t, mailed("accepted"), door, func(cfg *notify.Config) { cfg.Bounce = "<>" }))
	if null.From != "" {
		t.Errorf("the null sender became %s", null.From)
	}
}

// A letter to an address of ours would come back as a report, and be answered.
func TestNoLetterToOurselves(t *testing.T) {
	for _, to := range []string{"fairlead@example.org", "Security@example.org", "security+" + replyTag + "@EXAMPLE.org", "bounces+x@example.org"} {
		n := mailed("received", first)
		n.To[0].Email = to
		if m, err := compose(t, n, door); !permanent(err) || m.Bytes != nil {
			t.Errorf("%s: %v", to, err)
		}
	}
}

// A code that opens a case is in the mail and not in what the team can read of it.
func TestTheOutboxHoldsNoCode(t *testing.T) {
	n := mailed("received", first)
	for kept, s := range map[bool]notify.Sender{false: &pocket{}, true: notify.Keep{}} {
		m := must(notify.New(config(n, s, door)))
		text := string(must(m.Carry(t.Context(), n.Effect)))
		if strings.Contains(text, n.Mail.Claim) != kept || !strings.Contains(text, "Message-Id: <"+ref) {
			t.Errorf("kept %v:\n%s", kept, text)
		}
		if p, ok := s.(*pocket); ok && !strings.Contains(string(p.sent[0].Bytes), "Code: "+n.Mail.Claim) {
			t.Errorf("sent:\n%s", p.sent[0].Bytes)
		}
	}
	foreign := mailed("message", func(m *notice.Mail) { m.Text = "Grüße von der " + strings.Repeat("langen ", 20) + "Straße" })
	if text := string(must(must(notify.New(config(foreign, &pocket{}, door))).Carry(t.Context(), foreign.Effect))); !strings.Contains(text, "\r\nGrüße von der langen ") {
		t.Errorf("nobody can read it:\n%s", text)
	}
	p := &pocket{fail: func(notify.Message) error { return io.ErrUnexpectedEOF }}
	if text, err := must(notify.New(config(n, p, door))).Carry(t.Context(), n.Effect); err == nil || strings.Contains(string(text), n.Mail.Claim) {
		t.Errorf("%v: %s", err, text)
	}
}

// What a stranger wrote stays where it belongs, whatever it is.
func TestNoHeaderCanBeInjectedByMail(t *testing.T) {
	want := headers(t, must(compose(t, mailed("received", first), door)))
	rapid.Check(t, func(r *rapid.T) {
		part := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{
			"\r\nBcc: x@example.com", "\n\nbody", "\r", "\x00", "=?utf-8?q?=0D=0ABcc:_x?=", "\"", "<x@example.com>", "> <y@example.com", "@", "\u2028", strings.Repeat("x", 2000),
		}))
		text := rapid.Custom(func(r *rapid.T) string { return part.Draw(r, "a") + part.Draw(r, "b") + part.Draw(r, "c") })
		n := mailed(rapid.SampledFrom([]string{"received", "message", "slipped", "accepted"}).Draw(r, "template"), first, func(m *notice.Mail) {
			m.Subject, m.Ref, m.ReplyTag, m.BounceTag = text.Draw(r, "subject"), text.Draw(r, "ref"), text.Draw(r, "reply"), text.Draw(r, "bounce")
			m.References = rapid.SliceOf(text).Draw(r, "references")
			m.Text, m.Missing, m.Claim = text.Draw(r, "text"), rapid.SliceOf(text).Draw(r, "missing"), text.Draw(r, "claim")
		})
		n.Organisation = text.Draw(r, "organisation")
		m := must(compose(t, n, door))
		for name := range headers(r, m) {
			if _, ok := want[name]; !ok {
				r.Fatalf("header %q: %q", name, m.Bytes)
			}
		}
		mr := must(mail.CreateReader(bytes.NewReader(m.Bytes)))
		refs, err := mr.Header.MsgIDList("References")
		if err != nil || len(refs) == 0 || slices.Contains(refs, "x@example.com") || slices.Contains(refs, "y@example.com") {
			r.Fatalf("references %v, %v", refs, err)
		}
		if id, err := mr.Header.MessageID(); err != nil || id != m.ID || strings.ContainsAny(m.From, "\r\n <>") {
			r.Fatalf("id %q, %v; envelope %q", id, err, m.From)
		}
		for l := range strings.SplitSeq(string(m.Bytes), "\r\n") {
			if len(l) > 998 || strings.ContainsAny(l, "\r\n\x00") {
				r.Fatalf("a line of %d: %q", len(l), l)
			}
		}
	})
}

// config is that of compose, with its own sender.
func config(n *casework.Notice, s notify.Sender, change ...func(*notify.Config)) notify.Config {
	cfg := configured(n)
	cfg.Sender = s
	for _, c := range change {
		c(&cfg)
	}
	return cfg
}

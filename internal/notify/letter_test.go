package notify_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	netmail "net/mail"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/emersion/go-message/mail"
	"pgregory.net/rapid"

	"fairlead/internal/casework"
	"fairlead/internal/cvd"
	"fairlead/internal/cvd/rule"
	"fairlead/internal/goldentest"
	"fairlead/internal/notify"
	"fairlead/internal/words"
)

// told is a notice by a function.
type told func(e casework.Effect) *casework.Notice

func (t told) Notice(_ context.Context, e casework.Effect) (*casework.Notice, error) {
	return t(e), nil
}

var (
	berlin = must(time.LoadLocation("Europe/Berlin"))
	noon   = time.Date(2026, 11, 20, 11, 0, 0, 0, time.UTC)
)

// example is a notice about an invented case.
func example(kind cvd.EffectKind, template, to string) *casework.Notice {
	n := &casework.Notice{
		Effect: casework.Effect{Effect: cvd.Effect{
			Key: "FL-2026-7KQ4MXZ/3/" + string(kind) + "/" + to, Kind: kind, Case: "FL-2026-7KQ4MXZ", Seq: 3, To: to, Template: template,
		}},
		To:           []casework.Address{{Name: "Ada Lead", Email: "ada@team.example.org"}, {Name: "Ben", Email: "ben@team.example.org"}},
		Organisation: "Harbour Light Project", From: "security@example.org", PublicURL: "https://security.example.org",
		Next: &casework.Promise{Kind: cvd.ClockFollowUp, Due: noon.Add(48 * time.Hour)}, Zone: berlin, Policy: 1,
	}
	if kind == cvd.EffectNotifyReporter {
		n.To, n.ToReporter = []casework.Address{{Name: "Rosa", Email: "rosa@example.net"}}, true
	}
	return n
}

func compose(t testing.TB, n *casework.Notice, change ...func(*notify.Config)) (notify.Message, error) {
	t.Helper()
	p := &pocket{}
	cfg := configured(n)
	cfg.Sender = p
	for _, c := range change {
		c(&cfg)
	}
	m, err := notify.New(cfg)
	if err != nil {
		return notify.Message{}, err
	}
	if _, err := m.Carry(context.Background(), n.Effect); err != nil {
		return notify.Message{}, err
	}
	return p.sent[0], nil
}

func configured(n *casework.Notice) notify.Config {
	return notify.Config{
		Notices: told(func(casework.Effect) *casework.Notice { return n }), Words: must(words.Load()),
		Now: func() time.Time { return noon }, BaseURL: func() string { return "http://localhost:8080" }, From: "fairlead@example.org",
	}
}

func body(m notify.Message) string {
	_, text, _ := strings.Cut(strings.ReplaceAll(string(m.Bytes), "\r\n", "\n"), "\n\n")
	return text
}

// Every mail that tell can ask for, as it reads.
func TestGoldenTexts(t *testing.T) {
	due := func(n *casework.Notice, k cvd.ClockKind) {
		n.Clock, n.Due = k, noon.Add(5*time.Hour)
	}
	type row struct {
		kind         cvd.EffectKind
		template, to string
		change       func(n *casework.Notice)
	}
	r, g, party := cvd.EffectNotifyReporter, cvd.EffectNotifyTeam, cvd.EffectNotifyParty
	outside := func(n *casework.Notice) {
		n.ToParty, n.ToReporter, n.Next, n.Due = true, false, nil, noon.Add(5*24*time.Hour)
	}
	rows := []row{
		{r, "received", "reporter", nil},
		{r, "accepted", "reporter", nil},
		{r, "invalidated", "reporter", func(n *casework.Notice) { n.Next.Kind, n.Next.Target = cvd.ClockUpdate, true }},
		{r, "information-requested", "reporter", func(n *casework.Notice) { n.Next.Kind = cvd.ClockNeedsInfo }},
		{r, "fix-ready", "reporter", func(n *casework.Notice) { n.Next.Kind = cvd.ClockDisclose }},
		{r, "closed", "reporter", func(n *casework.Notice) { n.Closed, n.Next = true, nil }},
		{r, "message", "reporter", func(n *casework.Notice) { n.Next.Due = noon.Add(-time.Hour) }},
		{r, "slipped", "reporter", nil},
		{r, "receipt-reissued", "reporter", nil},
		{g, "received", "on-duty", nil},
		{g, "received", "on-duty", func(n *casework.Notice) { n.Place.Together = 200 }},
		{g, "message", "assignee", nil},
		{g, "appealed", "team", nil},
		{g, "warned", "assignee", func(n *casework.Notice) { due(n, cvd.ClockAcknowledge) }},
		{g, "warned", "assignee", func(n *casework.Notice) { due(n, cvd.ClockFix) }},
		{g, "warned", "assignee", func(n *casework.Notice) { due(n, cvd.ClockVerify); n.Due = noon.Add(-time.Hour) }},
		{g, "slipped", "assignee", func(n *casework.Notice) { due(n, cvd.ClockFollowUp); n.Next.Due = n.Due }},
		{g, "breached", "assignee", func(n *casework.Notice) { due(n, cvd.ClockAcknowledge) }},
		{g, "escalated", "lead", func(n *casework.Notice) { due(n, cvd.ClockAcknowledge) }},
		{g, "proceeded", "assignee", func(n *casework.Notice) { n.Next = nil }},
		{g, "ruling-proposed", "other", nil},
		{g, "emergency-opened", "team", nil},
		{g, "severity-set", "team", nil},
		{g, "after-action-reported", "team", nil},
		{g, "privacy-lane-opened", "team", nil},
		{g, "noncompliance-recorded", "team", nil},
		{g, "fixer-invited", "member/m-7f3k9q2w", nil},
		{g, "review-warned", "officers", func(n *casework.Notice) { n.Effect.Case, n.Next = "", nil; due(n, cvd.ClockReview) }},
		{party, "release-scheduled", "party-9", outside},
		{party, "release-moved", "party-9", outside},
		{party, "party-named", "party-9", outside},
		{party, "release-held", "party-9", outside},
		{party, "release-unscheduled", "party-9", func(n *casework.Notice) { outside(n); n.Due = time.Time{} }},
		{party, "release-ahead", "party-9", func(n *casework.Notice) { outside(n); n.Due = noon.Add(-time.Hour) }},
		{party, "advisory-released", "party-9", func(n *casework.Notice) { outside(n); n.Due = time.Time{} }},
		{g, "review-overdue", "lead", func(n *casework.Notice) { n.Effect.Case, n.Next = "", nil; due(n, cvd.ClockReview) }},
		{g, "openpgp-60", "team", func(n *casework.Notice) { n.Effect.Case, n.Next = "", nil }},
		{g, "openpgp-7", "team", func(n *casework.Notice) { n.Effect.Case, n.Next = "", nil }},
		{g, "openpgp-ended", "team", func(n *casework.Notice) { n.Effect.Case, n.Next = "", nil }},
		{g, "openpgp-renewed", "team", func(n *casework.Notice) { n.Effect.Case, n.Next = "", nil }},
	}
	var b bytes.Buffer
	for _, row := range rows {
		n := example(row.kind, row.template, row.to)
		if row.change != nil {
			row.change(n)
		}
		m := must(compose(t, n))
		subject := must(netmail.ReadMessage(bytes.NewReader(m.Bytes))).Header.Get("Subject")
		fmt.Fprintf(&b, "==== %s %s to %s\nSubject: %s\n\n%s\n", row.kind, row.template, row.to, subject, body(m))
		if strings.ContainsRune(string(m.Bytes), '⟦') {
			t.Errorf("%s: a text is missing", row.template)
		}
		for _, l := range strings.Split(body(m), "\n") {
			if utf8.RuneCountInString(l) > 78 {
				t.Errorf("%s: a line of %d characters", row.template, utf8.RuneCountInString(l))
			}
		}
	}
	goldentest.Is(t, "testdata/texts.golden", b.Bytes())
}

// The whole message as the relay gets it.
func TestGoldenMessages(t *testing.T) {
	n := example(cvd.EffectNotifyReporter, "accepted", "reporter")
	goldentest.Is(t, "testdata/reporter.eml", must(compose(t, n)).Bytes)
	n = example(cvd.EffectNotifyTeam, "warned", "team")
	n.Organisation = "Bünde & Söhne, Sicherheit"
	goldentest.Is(t, "testdata/team.eml", must(compose(t, n)).Bytes)
}

// Nobody on the way can tell from a reporter's mail what was decided: all but
// three kinds of event read the same.
func TestReportersMailsReadTheSame(t *testing.T) {
	own := map[cvd.EventType]bool{cvd.EventReceived: true, cvd.EventSlipped: true, cvd.EventReissued: true}
	want := must(compose(t, example(cvd.EffectNotifyReporter, "some-day", "reporter"))).Bytes
	for _, spec := range rule.Specs {
		got := must(compose(t, example(cvd.EffectNotifyReporter, string(spec.Event), "reporter"))).Bytes
		if same := bytes.Equal(want, got); same == own[spec.Event] {
			t.Errorf("%s: reads the same is %v", spec.Event, same)
		}
	}
}

func TestSender(t *testing.T) {
	n := example(cvd.EffectNotifyReporter, "accepted", "reporter")
	for _, c := range []struct {
		from, bounce, policy      string
		header, reply, env, refus string
	}{
		{"fairlead@example.org", "", "security@example.org", `"Harbour Light Project" <fairlead@example.org>`, "<security@example.org>", "fairlead@example.org", ""},
		{"Desk <fairlead@example.org>", "bounces@example.org", "security@example.org", `"Desk" <fairlead@example.org>`, "<security@example.org>", "bounces@example.org", ""},
		{"fairlead@example.org", "<>", "fairlead@example.org", `"Harbour Light Project" <fairlead@example.org>`, "", "", ""},
		{"", "", "security@example.org", `"Harbour Light Project" <security@example.org>`, "", "security@example.org", ""},
		{"", "", "", "", "", "", "no sender"},
		{"no address", "", "", "", "", "", "sender's address"},
		{"a@example.org", "a@[192.0.2.1]", "", "", "", "", "bounce address"},
	} {
		n.From = c.policy
		m, err := compose(t, n, func(cfg *notify.Config) { cfg.From, cfg.Bounce = c.from, c.bounce })
		if c.refus != "" {
			if err == nil || !strings.Contains(err.Error(), c.refus) {
				t.Errorf("%+v: %v", c, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%+v: %v", c, err)
			continue
		}
		h := must(netmail.ReadMessage(bytes.NewReader(m.Bytes))).Header
		if h.Get("From") != c.header || h.Get("Reply-To") != c.reply || m.From != c.env {
			t.Errorf("%+v: from %s, reply to %s, envelope %s", c, h.Get("From"), h.Get("Reply-To"), m.From)
		}
	}
}

func TestAddresses(t *testing.T) {
	for _, c := range []struct {
		in, out string
		utf8    bool
	}{
		{"rosa@example.net", "rosa@example.net", false},
		{"rosa+reports@mail.example.net", "rosa+reports@mail.example.net", false},
		{"rosa@bücher.example", "rosa@xn--bcher-kva.example", false},
		{"rosá@example.net", "rosá@example.net", true},
		{"", "", false},
		{"rosa", "", false},
		{"@example.net", "", false},
		{"rosa@", "", false},
		{"rosa@[192.0.2.1]", "", false},
		{"<rosa@example.net>", "", false},
		{"Rosa <rosa@example.net>", "", false},
		{"rosa@example.net, other@example.net", "", false},
		{"rosa@example.net\r\nBcc: other@example.net", "", false},
		{"rosa@example.net\nRCPT TO:<other@example.net>", "", false},
		{"\"rosa there\"@example.net", "", false},
		{"rosa @example.net", "", false},
		{"rosa@exam ple.net", "", false},
		{"rosa@example..net", "", false},
		{strings.Repeat("a", 250) + "@example.net", "", false},
	} {
		n := example(cvd.EffectNotifyReporter, "accepted", "reporter")
		n.To[0].Email = c.in
		m, err := compose(t, n)
		if (err == nil) != (c.out != "") || m.To != c.out || m.UTF8 != c.utf8 {
			t.Errorf("%q: to %q, utf8 %v, %v; want %q", c.in, m.To, m.UTF8, err, c.out)
		}
		if err != nil {
			if p, ok := err.(interface{ Permanent() bool }); !ok || !p.Permanent() {
				t.Errorf("%q: tried again for ever: %v", c.in, err)
			}
			if c.in != "" && strings.Contains(err.Error(), c.in) {
				t.Errorf("%q is echoed: %v", c.in, err)
			}
		}
	}
}

// Whatever stands in names and addresses, the message has the same headers, one
// recipient, and nothing that was typed in a place of its own.
func TestNoHeaderCanBeInjected(t *testing.T) {
	want := headers(t, must(compose(t, example(cvd.EffectNotifyReporter, "accepted", "reporter"))))
	rapid.Check(t, func(r *rapid.T) {
		part := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{
			"\r\nBcc: x@example.com", "\n\nbody", "\r", "\x00", "=?utf-8?q?=0D=0ABcc:_x?=", "\"", "<x@example.com>", "\u2028", strings.Repeat("x", 2000),
		}))
		text := rapid.Custom(func(r *rapid.T) string { return part.Draw(r, "a") + part.Draw(r, "b") + part.Draw(r, "c") })
		n := example(cvd.EffectNotifyReporter, text.Draw(r, "template"), "reporter")
		n.Organisation = text.Draw(r, "organisation")
		n.From = text.Draw(r, "contact") + "@example.org"
		n.To[0].Name = text.Draw(r, "name")
		n.To[0].Email = text.Draw(r, "mailbox") + "rosa@example.net"
		m, err := compose(t, n)
		if err != nil {
			return // refused whole
		}
		if strings.ContainsAny(m.To, "\r\n \x00<>") {
			r.Fatalf("envelope to %q", m.To)
		}
		got := headers(r, m)
		delete(got, "Reply-To")
		for name := range got {
			if _, ok := want[name]; !ok {
				r.Fatalf("header %q: %q", name, m.Bytes)
			}
		}
		mr := must(mail.CreateReader(bytes.NewReader(m.Bytes)))
		to, err := mr.Header.AddressList("To")
		if err != nil || len(to) != 1 || to[0].Address != m.To {
			r.Fatalf("to %v, %v", to, err)
		}
		if from, err := mr.Header.AddressList("From"); err != nil || len(from) != 1 || from[0].Address != "fairlead@example.org" {
			r.Fatalf("from %v, %v", from, err)
		}
	})
}

func headers(t interface{ Fatal(...any) }, m notify.Message) map[string][]string {
	msg, err := netmail.ReadMessage(bytes.NewReader(m.Bytes))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, msg.Body); err != nil {
		t.Fatal(err)
	}
	for name, values := range msg.Header {
		if len(values) != 1 {
			t.Fatal(name, "stands", len(values), "times")
		}
	}
	return msg.Header
}

// Mails about one case are one thread, and each has an id of its own that a
// second sending repeats.
func TestThreadAndID(t *testing.T) {
	a := example(cvd.EffectNotifyReporter, "accepted", "reporter")
	b := example(cvd.EffectNotifyReporter, "accepted", "reporter")
	b.Effect.Key = "FL-2026-7KQ4MXZ/4/notify-reporter/reporter"
	c := example(cvd.EffectNotifyReporter, "accepted", "reporter")
	c.Effect.Key, c.Effect.Case = "FL-2026-2222222/3/notify-reporter/reporter", "FL-2026-2222222"
	ma, again, mb, mc := headers(t, must(compose(t, a))), headers(t, must(compose(t, a))), headers(t, must(compose(t, b))), headers(t, must(compose(t, c)))
	id := func(h map[string][]string) string { return h["Message-Id"][0] }
	thread := func(h map[string][]string) string { return h["References"][0] }
	if id(ma) != id(again) || id(ma) == id(mb) || thread(ma) != thread(mb) || thread(ma) == thread(mc) || id(ma) == thread(ma) {
		t.Errorf("ids %s %s %s, threads %s %s %s", id(ma), id(again), id(mb), thread(ma), thread(mb), thread(mc))
	}
}

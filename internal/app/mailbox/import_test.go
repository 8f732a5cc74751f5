package mailbox_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"fairlead/examples"
	"fairlead/internal/app"
	"fairlead/internal/app/config"
	"fairlead/internal/app/demo"
	"fairlead/internal/app/mailbox"
	"fairlead/internal/app/wall"
	"fairlead/internal/casework"
	"fairlead/internal/casework/archive"
	"fairlead/internal/cvd"
	"fairlead/internal/mailin/imap/dovecottest"
	"fairlead/internal/store"
)

// office is a house with the policy of two people in effect.
type office struct {
	*app.House
	t     *testing.T
	clock *wall.Clock
	ask   func(method, path, contentType string, body []byte, into any) error
}

var monday = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)

func open(t *testing.T) *office {
	t.Helper()
	secret, err := app.NewOperator()
	must(t, err)
	o := &office{t: t, clock: wall.Frozen(monday)}
	o.House, err = app.Build(t.Context(), app.Config{Data: t.TempDir(), Database: app.DatabaseConfig{Engine: "sqlite"}},
		app.Options{Demo: true, Clock: o.clock, Operator: secret, Unlimited: true, BaseURL: "http://localhost"})
	must(t, err)
	t.Cleanup(func() { must(t, o.Close()) })
	_, err = demo.Seed(t.Context(), o.House, examples.TwoPersonTeam, true)
	must(t, err)
	o.clock.Set(monday) // the demo let it run
	handler, err := o.Handler(false)
	must(t, err)
	o.ask = func(method, path, contentType string, body []byte, into any) error {
		r := httptest.NewRequestWithContext(t.Context(), method, path, bytes.NewReader(body))
		r.Header.Set("Authorization", "Bearer "+secret)
		r.Header.Set("Content-Type", contentType)
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		if w.Code >= 300 {
			return fmt.Errorf("%d: %s", w.Code, w.Body)
		}
		return json.Unmarshal(w.Body.Bytes(), into)
	}
	return o
}

// bring imports and returns what was told.
func (o *office) bring(dry bool, names ...string) (mailbox.Report, bool) {
	o.t.Helper()
	var out bytes.Buffer
	im := mailbox.Import{Team: []string{"corp.example"}, Dry: dry, JSON: true, Now: o.clock.Now(), Ask: o.ask, Out: &out}
	failed, err := im.Run(o.t.Context(), names)
	must(o.t, err)
	var r mailbox.Report
	must(o.t, json.Unmarshal(out.Bytes(), &r))
	return r, failed
}

func (o *office) effects(kind cvd.EffectKind) (out []store.Effect) {
	o.t.Helper()
	must(o.t, o.Store.View(o.t.Context(), func(tx store.Tx) error {
		all, err := tx.Effects("", "", nil, 1000)
		for _, e := range all {
			if e.Kind == kind && e.Template != "policy-effective" {
				out = append(out, e)
			}
		}
		return err
	}))
	return out
}

var lead = cvd.Actor{Kind: cvd.ActorMember, ID: "lead-1", Roles: []cvd.Role{cvd.RoleLead}}

func (o *office) file(id cvd.CaseID) *casework.File {
	o.t.Helper()
	f, err := o.Desk.As(lead).Case(o.t.Context(), id)
	must(o.t, err)
	return f
}

// mails writes an mbox.
func mails(t *testing.T, all ...string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "old.mbox")
	var b strings.Builder
	for _, m := range all {
		fmt.Fprintf(&b, "From someone@example.net Sat May  2 10:00:00 2020\n%s\n", m)
	}
	must(t, os.WriteFile(name, []byte(b.String()), 0o600))
	return name
}

func letter(id, at, from, to, subject, refs, text string) string {
	head := "From: " + from + "\nTo: " + to + "\nMessage-ID: <" + id + ">\nDate: " + at + "\nSubject: " + subject + "\n"
	if refs != "" {
		head += "In-Reply-To: <" + refs + ">\nReferences: <" + refs + ">\n"
	}
	return head + "\n" + text + "\n"
}

const withFile = `Received: from mx.example.net by mx.example.org with ESMTP; Fri, 1 May 2020 10:00:00 +0200
From: Ada Finder <ada@example.net>
To: security@example.org
Message-ID: <a1@example.net>
Date: Fri, 1 May 2020 07:59:00 +0000
Subject: Overflow in the parser
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: text/plain

The parser overflows, canary-parser.
--b
Content-Type: application/octet-stream
Content-Disposition: attachment; filename=poc.bin

AAAA
--b--
`

var (
	ada2    = letter("a4@example.net", "Sun, 3 May 2020 10:00:00 +0000", "ada@example.net", "security@example.org", "Re: Overflow in the parser", "a2@example.org", "Thank you, and here is more.")
	inside  = letter("a3@corp.example", "Sat, 2 May 2020 11:00:00 +0000", "tomas@corp.example", "mara@corp.example", "Fwd: Overflow in the parser", "a1@example.net", "Between us: this is bad.")
	answer  = letter("a2@example.org", "Sat, 2 May 2020 10:00:00 +0000", "security@example.org", "ada@example.net", "Re: Overflow in the parser", "a1@example.net", "Thank you. We look into it.")
	bob     = letter("b1@example.net", "Sun, 1 Nov 2026 10:00:00 +0000", "bob@example.net", "security@example.org", "Overflow in the parser", "", "It crashes too.")
	auto    = "Auto-Submitted: auto-replied\n" + letter("c1@example.net", "Mon, 4 May 2020 10:00:00 +0000", "eve@example.net", "security@example.org", "Out of office", "", "I am away.")
	own     = letter("d1@example.org", "Mon, 4 May 2020 10:00:00 +0000", "security@example.org", "all@corp.example", "Rota", "", "Who is on duty?")
	undated = "From: x@example.net\nTo: security@example.org\nMessage-ID: <e1@example.net>\nSubject: when\n\nNobody knows.\n"
)

func TestImport(t *testing.T) {
	o := open(t)
	sent := t.TempDir()
	for _, d := range []string{"cur", "new", "tmp"} {
		must(t, os.Mkdir(filepath.Join(sent, d), 0o700))
	}
	for i, m := range []string{answer, inside, own} {
		must(t, os.WriteFile(filepath.Join(sent, "cur", fmt.Sprintf("1588400000.%d.host:2,S", i)), []byte(m), 0o600))
	}
	old := mails(t, withFile, ada2, answer, bob, auto, "", undated)
	counts := map[string]int{archive.New: 2, archive.Left: 2}

	dry, failed := o.bring(true, old, sent)
	if !failed || len(dry.Unread) != 2 || dry.Doubled != 1 || !same(dry.Counts, counts) {
		t.Fatalf("%+v", dry)
	}
	if one := dry.Threads[0]; one.Subject != "Overflow in the parser" || one.From != "ada@example.net" || one.Messages != 4 || one.Case != "" {
		t.Errorf("%+v", one)
	}
	if n, err := o.Desk.As(lead).Count(t.Context(), casework.Filter{}); err != nil || n[0] != 0 {
		t.Fatalf("a dry run made %d cases: %v", n, err)
	}

	r, _ := o.bring(false, old, sent)
	if !same(r.Counts, counts) || r.Threads[0].Done != archive.New || r.Threads[0].Subject != "" {
		t.Fatalf("%+v", r)
	}
	for _, u := range r.Unread {
		if u.File != old || u.At == 0 || u.Why == "" {
			t.Errorf("%+v", u)
		}
	}
	var cases []cvd.CaseID
	for _, one := range r.Threads {
		if one.Done == archive.New {
			cases = append(cases, one.Case)
		}
	}
	o.answered(cases[0])
	o.unanswered(cases[1])
	if n := len(o.effects(cvd.EffectNotifyReporter)) + len(o.effects(cvd.EffectNotifyTeam)); n != 0 {
		t.Errorf("%d notices for what is old", n)
	}

	again, _ := o.bring(false, old, sent)
	if !same(again.Counts, map[string]int{archive.Known: 2, archive.Left: 2}) || again.Threads[0].Case != cases[0] {
		t.Errorf("the second time: %+v", again)
	}
	late := letter("a5@example.org", "Mon, 4 May 2020 12:00:00 +0000", "security@example.org", "ada@example.net", "Re: Overflow", "a4@example.net", "Fixed.")
	more, _ := o.bring(false, mails(t, withFile, ada2, late), sent)
	if one := more.Threads[0]; one.Done != archive.Added || one.Taken != 1 || one.Case != cases[0] {
		t.Errorf("%+v", one)
	}
	if c := o.file(cases[0]).Case; c.Flags.Unread {
		t.Error("the team had the last word")
	}
	checked, err := o.CheckHistories(t.Context(), false)
	if must(t, err); len(checked.Findings) > 0 {
		t.Errorf("%+v", checked.Findings)
	}
}

func same(got, want map[string]int) bool {
	for k, n := range want {
		if got[k] != n {
			return false
		}
	}
	return len(got) == len(want)
}

// answered is the case of a thread in which the team had answered.
func (o *office) answered(id cvd.CaseID) {
	o.t.Helper()
	f := o.file(id)
	c := f.Case
	received := time.Date(2020, 5, 1, 8, 0, 0, 0, time.UTC)
	if !c.Flags.Imported || !c.Flags.Unread || c.Flags.Internal || !c.Created.Equal(received) || c.Title != "Overflow in the parser" || c.Files != 1 {
		o.t.Errorf("%+v", c)
	}
	if p := c.Participant(cvd.Reporter); p == nil || p.Contact.Email != "ada@example.net" || p.Contact.Name != "Ada Finder" {
		o.t.Errorf("%+v", p)
	}
	met := time.Date(2020, 5, 2, 10, 0, 0, 0, time.UTC)
	for _, kind := range []cvd.ClockKind{cvd.ClockAcknowledge, cvd.ClockFollowUp} {
		if k := c.Clock(kind); k == nil || !k.Met.Equal(met) || !k.Breached.IsZero() {
			o.t.Errorf("%s: %+v", kind, k)
		}
	}
	next := c.NextPromise()
	if next == nil || !next.Due.After(monday) {
		o.t.Errorf("next: %+v", next)
	}
	var said []string
	for _, ev := range f.Events {
		if !ev.At.Equal(monday) {
			o.t.Errorf("event %d claims to be of %s", ev.Seq, ev.At)
		}
		line := string(ev.Type) + " " + string(ev.Tell)
		if ev.Type == cvd.EventImported {
			line += " " + ev.Body.Author + " " + ev.Body.Mail.At.Format(time.DateOnly) + " " + ev.Body.Text
		}
		said = append(said, line)
	}
	want := []string{
		"received nobody", "attached reporter",
		"imported reporter team 2020-05-02 Thank you. We look into it.",
		"imported team team 2020-05-02 Between us: this is bad.",
		"imported reporter reporter 2020-05-03 Thank you, and here is more.",
	}
	if !slices.Equal(said, want) {
		o.t.Errorf("got\n%s\nwant\n%s", strings.Join(said, "\n"), strings.Join(want, "\n"))
	}
	thread, err := o.Desk.As(cvd.Actor{Kind: cvd.ActorReporter, Cases: []cvd.Reach{{Case: id, Participant: cvd.Reporter}}}).Thread(o.t.Context())
	must(o.t, err)
	for _, ev := range thread[0].Events {
		if ev.Body != nil && strings.Contains(ev.Body.Text, "Between us") {
			o.t.Error("the reporter reads what the team wrote among itself")
		}
	}
}

// unanswered is the case of a thread in which nobody had answered.
func (o *office) unanswered(id cvd.CaseID) {
	o.t.Helper()
	c := o.file(id).Case
	k := c.Clock(cvd.ClockAcknowledge)
	if k == nil || !k.Running() || !k.Breached.Equal(monday) || !k.Due.Before(monday) || !k.Expected.After(monday) {
		o.t.Errorf("%+v", k)
	}
}

// Whatever the clock does to an imported case, its reporter hears nothing before
// somebody has spoken; then everything.
func TestNothingIsSentToTheReporterOfAnOldThread(t *testing.T) {
	o := open(t)
	r, _ := o.bring(false, mails(t, withFile, ada2, answer, bob))
	for range 60 {
		o.clock.Advance(24 * time.Hour)
		if _, err := o.Desk.Tick(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if all := o.effects(cvd.EffectNotifyReporter); len(all) > 0 {
		t.Fatalf("%+v", all)
	}
	if len(o.effects(cvd.EffectNotifyTeam)) == 0 {
		t.Error("the clocks stand still: the team is not warned either")
	}
	id := r.Threads[0].Case
	_, err := o.Desk.As(lead).Do(t.Context(), id, cvd.VerbMessage, cvd.Input{Text: "We take this up again."})
	must(t, err)
	all := o.effects(cvd.EffectNotifyReporter)
	if len(all) != 1 || all[0].Case != id {
		t.Errorf("%+v", all)
	}
}

// The first letter goes on with the old thread, and names none of the mails that the
// team wrote among itself.
func TestTheFirstLetterAfterAnImport(t *testing.T) {
	o := open(t)
	r, _ := o.bring(false, mails(t, withFile, answer, inside, ada2))
	id := r.Threads[0].Case
	_, err := o.Desk.As(lead).Do(t.Context(), id, cvd.VerbMessage, cvd.Input{Text: "We take this up again."})
	must(t, err)
	all := o.effects(cvd.EffectNotifyReporter)
	if len(all) != 1 {
		t.Fatalf("%+v", all)
	}
	n, err := o.Desk.As(cvd.System).Notice(t.Context(), all[0])
	must(t, err)
	if want := []string{"a1@example.net", "a2@example.org", "a4@example.net"}; n.Mail == nil || !slices.Equal(n.Mail.References, want) || n.Mail.Subject != "Overflow in the parser" {
		t.Errorf("%+v", n.Mail)
	}
}

// A reply by mail to an old thread finds the case.
func TestAReplyToAnOldThread(t *testing.T) {
	o := open(t)
	r, _ := o.bring(false, mails(t, withFile, answer))
	p, err := o.Desk.As(cvd.System).Place(t.Context(), casework.Letter{ID: "new@example.net", Refs: []string{"a2@example.org"}, From: "ada@example.net"})
	must(t, err)
	if p.Case != r.Threads[0].Case || !p.Known {
		t.Errorf("%+v", p)
	}
}

// What came in otherwise is worked as it is.
func TestAThreadOfACaseThatCameByMail(t *testing.T) {
	o := open(t)
	raw := strings.ReplaceAll(bob, "\n", "\r\n")
	a, err := o.Desk.As(cvd.Stranger).Receive(t.Context(), casework.Submission{
		Report:  &cvd.Report{Description: "It crashes too.", Reporter: &cvd.Contact{Email: "bob@example.net"}},
		Channel: "mail", Mail: &cvd.Mail{MessageID: "b1@example.net", Raw: []byte(raw), At: monday, Door: "smtp"},
	})
	must(t, err)
	r, _ := o.bring(false, mails(t, bob))
	if one := r.Threads[0]; one.Done != archive.Known || one.Case != a.Case {
		t.Errorf("%+v", one)
	}
	more := letter("b2@example.org", "Mon, 2 Nov 2026 10:00:00 +0000", "security@example.org", "bob@example.net", "Re: Overflow", "b1@example.net", "Thanks.")
	r, _ = o.bring(false, mails(t, bob, more))
	if one := r.Threads[0]; one.Done != archive.Left || one.Why != archive.WhyOtherwise {
		t.Errorf("%+v", one)
	}
}

// A mailbox of an account, read as it is and left as it is.
func TestImportFromAServer(t *testing.T) {
	s := dovecottest.Start(t)
	s.Make("Sent")
	s.Deliver("INBOX", []byte(withFile), monday.AddDate(-6, 0, 0))
	s.Deliver("Sent", []byte(answer), monday.AddDate(-6, 0, 1))
	o := open(t)
	var out bytes.Buffer
	im := mailbox.Import{Now: monday, Ask: o.ask, Out: &out, Accounts: []config.IMAP{{
		Name: "old", Address: s.AddrTLS, Security: "tls", CAFile: s.CAFile, Username: dovecottest.Username, Password: dovecottest.Password,
		Mailboxes: []string{"INBOX", "Sent"}, Done: "move:Gone",
	}}}
	if failed, err := im.Run(t.Context(), []string{"imap:old"}); err != nil || failed {
		t.Fatal(failed, err)
	}
	if got := out.String(); !strings.HasPrefix(got, "new: ") || !strings.Contains(got, ": 2 messages: received 2020-05-01: answered 2020-05-02\n") {
		t.Error(got)
	}
	for _, box := range []string{"INBOX", "Sent"} {
		if seen, all := s.Seen(box); seen != 0 || all != 1 {
			t.Errorf("%s: %d of %d are marked as seen", box, seen, all)
		}
	}
	for _, name := range []string{"imap:other", "/nowhere"} {
		if _, err := im.Run(t.Context(), []string{name}); !errors.Is(err, cvd.ErrInvalid) && !errors.Is(err, cvd.ErrUnavailable) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

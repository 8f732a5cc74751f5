package casework_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"fairlead/internal/auth"
	"fairlead/internal/casework"
	"fairlead/internal/casework/post"
	"fairlead/internal/cvd"
	"fairlead/internal/store"
)

const rea = "rea.canary@example.net"

// letter is a mail as the clerk hands it in.
func letter(id, subject string, size int, files ...cvd.MailFile) *cvd.Mail {
	raw := "From: " + rea + "\r\nSubject: " + subject + "\r\n\r\n" + strings.Repeat("it breaks ", 1+size/10)
	return &cvd.Mail{
		Item: "item-" + id, MessageID: id + "@example.net", From: rea, Subject: subject, At: tuesday, Door: "smtp",
		Proof: cvd.Proof{DKIM: "pass", Domain: "example.net", Aligned: true}, Raw: []byte(raw), Files: files,
	}
}

// mailed sends a report by mail.
func (h *house) mailed(m *cvd.Mail) casework.Accepted {
	h.t.Helper()
	a, err := h.mailIn(m)
	must(h.t, err)
	return a
}

func (h *house) mailIn(m *cvd.Mail) (casework.Accepted, error) {
	return h.desk.As(cvd.Stranger).Receive(ctx, casework.Submission{
		Channel: "mail", Received: m.At, Mail: m, Once: &casework.Once{Key: m.Item, Digest: m.Item},
		Report: &cvd.Report{Title: m.Subject, Description: "it breaks", Reporter: &cvd.Contact{Name: "Rea", Email: m.From}},
	})
}

func (h *house) place(l casework.Letter) casework.Placement {
	h.t.Helper()
	p, err := h.desk.As(cvd.System).Place(ctx, l)
	must(h.t, err)
	return p
}

func types(evs []cvd.Event) string {
	var out []string
	for _, ev := range evs {
		out = append(out, string(ev.Type))
	}
	return strings.Join(out, " ")
}

func TestAMailIsAReport(t *testing.T) {
	each(t, "two-person-team.yaml", func(h *house) {
		m := letter("one", "Login bypass", 10, cvd.MailFile{Name: "../poc.py", Data: []byte("words")}, cvd.MailFile{Name: "b", Data: []byte("more")})
		m.At = h.now.Add(-48 * time.Hour)
		a := h.mailed(m)
		h.now = h.now.Add(time.Minute)
		if again := h.mailed(m); again.Case != a.Case || !again.Again {
			h.t.Errorf("the same item made %+v", again)
		}
		f := h.file(a.Case)
		if got := types(f.Events); got != "received attached attached" || f.Case.Files != 2 || len(h.blobs()) != 2 {
			h.t.Errorf("it made %s, %d files, %d blobs", got, f.Case.Files, len(h.blobs()))
		}
		first := f.Events[0].Body
		if !f.Case.Created.Equal(m.At) || first.Channel != "mail" || first.Mail == nil || first.Mail.From != rea || !bytes.Equal(first.Mail.Raw, m.Raw) {
			h.t.Errorf("received %s: %+v", f.Case.Created, first.Mail)
		}
		if p := f.Case.Participant(cvd.Reporter); p.Contact.ReplyBy != cvd.ReplyByMail {
			h.t.Errorf("answers go by %q", p.Contact.ReplyBy)
		}
		if f.Events[1].Body.File.Name != "poc.py" || f.Events[1].Body.With != 1 {
			h.t.Errorf("the file is %+v", f.Events[1].Body.File)
		}
		plain, err := h.desk.As(h.lead).Raw(ctx, a.Case, 1)
		must(h.t, err)
		if b, _ := io.ReadAll(plain); !bytes.Equal(b, m.Raw) {
			h.t.Errorf("as it came: %q", b)
		}
		h.addsUp(a.Case)
		told := map[string]int{}
		out, _, err := h.desk.As(h.lead).Outbox(ctx, "", nil, 100)
		must(h.t, err)
		for _, e := range out {
			told[e.Template+" "+e.To]++
		}
		if len(told) != 2 || told["received reporter"] != 1 || told["received on-duty"] != 1 {
			h.t.Errorf("told: %v", told)
		}
		_, err = h.desk.As(cvd.Stranger).Receive(ctx, casework.Submission{Channel: "web", Received: m.At, Report: &cvd.Report{Description: "x"}})
		if !errors.Is(err, cvd.ErrForbidden) {
			h.t.Errorf("a stranger dated a report back: %v", err)
		}
	})
}

func TestWhereAMailBelongs(t *testing.T) {
	h := newHouse(t)
	m := letter("one", "Login bypass", 10)
	a := h.mailed(m)
	h.do(h.member, a.Case, cvd.VerbMessage, cvd.Input{Text: "Which version?"})
	other := h.report()
	ref := post.Ref(h.vault, a.Case, 2) + "@mail.example.org"
	reply := "security+" + post.ReplyTag(h.vault, a.Case, cvd.Reporter) + "@example.org"
	bounce := "security+" + post.BounceTag(h.vault, a.Case, 2) + "@example.org"
	forged := strings.Replace(ref, strings.ToLower(string(a.Case)), strings.ToLower(string(other.Case)), 1)
	for name, c := range map[string]struct {
		l    casework.Letter
		want casework.Placement
	}{
		"nothing named":             {casework.Letter{ID: "x"}, casework.Placement{}},
		"our letter":                {casework.Letter{Refs: []string{"x", ref}, From: strings.ToUpper(rea)}, casework.Placement{Case: a.Case, By: "reference", Known: true}},
		"our letter, in capitals":   {casework.Letter{Refs: []string{strings.ToUpper(ref)}}, casework.Placement{Case: a.Case, By: "reference"}},
		"their own mail":            {casework.Letter{Refs: []string{m.MessageID}}, casework.Placement{Case: a.Case, By: "earlier"}},
		"the address to answer to":  {casework.Letter{To: []string{"x@example.org", reply}, Refs: []string{"x"}}, casework.Placement{Case: a.Case, By: "tag"}},
		"a letter that came back":   {casework.Letter{To: []string{bounce}}, casework.Placement{Case: a.Case, By: "tag", Effect: post.LetterKey(a.Case, 2)}},
		"the mail itself, again":    {casework.Letter{ID: m.MessageID, Digest: casework.MailDigest(m.Raw), Item: "another"}, casework.Placement{Case: a.Case, Seen: true}},
		"the item itself, again":    {casework.Letter{ID: m.MessageID, Digest: casework.MailDigest(m.Raw), Item: m.Item}, casework.Placement{Case: a.Case, Taken: true}},
		"its id with another body":  {casework.Letter{ID: m.MessageID, Digest: casework.MailDigest([]byte("\n\nx"))}, casework.Placement{}},
		"another case's mac":        {casework.Letter{Refs: []string{forged}}, casework.Placement{}},
		"a mac of another use":      {casework.Letter{Refs: []string{strings.TrimPrefix(post.BounceTag(h.vault, a.Case, 2), "b.")}}, casework.Placement{}},
		"the case's number alone":   {casework.Letter{Refs: []string{strings.ToLower(string(a.Case)), string(a.Case) + ".2."}, To: []string{"security+r." + strings.ToLower(string(a.Case)) + ".@example.org", "a+@b", "+"}}, casework.Placement{}},
		"a tag of another reporter": {casework.Letter{To: []string{"s+" + post.ReplyTag(h.vault, a.Case, "vendor") + "@example.org"}}, casework.Placement{}},
	} {
		got := h.place(c.l)
		if c.want.Case != "" {
			c.want.Participant, c.want.Lately = cvd.Reporter, 1
		}
		got.Answers = ""
		if got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
	for _, tag := range []string{reply, bounce, ref} {
		if local, _, _ := strings.Cut(tag, "@"); len(local) > 64 {
			t.Errorf("the local part has %d octets (RFC 5321 section 4.5.3.1.1)", len(local))
		}
	}
	if _, err := h.desk.As(h.lead).Place(ctx, casework.Letter{}); !errors.Is(err, cvd.ErrForbidden) {
		t.Errorf("a member places: %v", err)
	}
	h.now = h.now.Add(2 * time.Hour)
	if p := h.place(casework.Letter{Refs: []string{ref}}); p.Lately != 0 {
		t.Errorf("%d in the last hour", p.Lately)
	}
	h.do(h.member, a.Case, cvd.VerbInvalidate, cvd.Input{Reason: "x"})
	h.do(h.member, a.Case, cvd.VerbClose, cvd.Input{})
	if p := h.place(casework.Letter{Refs: []string{ref}}); !p.Closed || p.Erased {
		t.Errorf("closed: %+v", p)
	}
	h.do(h.lead, a.Case, cvd.VerbErase, cvd.Input{Reason: "asked"})
	if p := h.place(casework.Letter{Refs: []string{ref}}); !p.Erased || p.Known {
		t.Errorf("erased: %+v", p)
	}
	if p := h.place(casework.Letter{ID: m.MessageID, Refs: []string{m.MessageID}, Digest: casework.MailDigest(m.Raw)}); p != (casework.Placement{}) {
		t.Errorf("the index outlives the case: %+v", p)
	}
}

// answer lets the reporter write by mail.
func (h *house) answer(id cvd.CaseID, m *cvd.Mail) casework.Done {
	h.t.Helper()
	p := h.place(casework.Letter{To: []string{"s+" + post.ReplyTag(h.vault, id, cvd.Reporter) + "@example.org"}})
	done, err := h.desk.As(p.Actor()).Once(&casework.Once{Key: m.Item, Digest: m.Item}).Do(ctx, id, cvd.VerbMessage, cvd.Input{Text: "words by mail", Mail: m})
	must(h.t, err)
	return done
}

func TestWordsByMail(t *testing.T) {
	each(t, "two-person-team.yaml", func(h *house) {
		a := h.mailed(letter("one", "Login bypass", 10))
		h.now = h.now.Add(time.Hour)
		h.do(h.member, a.Case, cvd.VerbAsk, cvd.Input{Missing: []string{"version"}})
		m := letter("two", "Re: Login bypass", 10, cvd.MailFile{Name: "log", Data: []byte("words")})
		done := h.answer(a.Case, m)
		if got := types(done.Events); got != "information-provided attached" || done.Case.Awaiting() || !done.Case.Flags.Unread {
			h.t.Errorf("an answer did %s", got)
		}
		if again := h.answer(a.Case, m); again.Again == nil || len(h.blobs()) != 1 {
			h.t.Errorf("again: %+v, %d blobs", again, len(h.blobs()))
		}
		big := h.answer(a.Case, letter("three", "Re: Login bypass", 100<<10))
		if f := big.Events[0].Body.Mail.File; f == nil || len(h.blobs()) != 2 {
			h.t.Error("a large message stands in its event")
		}
		plain, err := h.desk.As(h.lead).Raw(ctx, a.Case, big.Events[0].Seq)
		must(h.t, err)
		if b, _ := io.ReadAll(plain); !bytes.Equal(b, letter("three", "Re: Login bypass", 100<<10).Raw) {
			h.t.Error("a large message does not come back")
		}
		h.addsUp(a.Case)
		h.do(h.member, a.Case, cvd.VerbInvalidate, cvd.Input{Reason: "x"})
		h.do(h.member, a.Case, cvd.VerbClose, cvd.Input{})
		m = letter("four", "Re: Login bypass", 10, cvd.MailFile{Name: "log", Data: []byte("words")})
		next := h.answer(a.Case, m)
		if next.Successor == nil {
			h.t.Fatal("words about a closed case opened nothing")
		}
		if again := h.answer(a.Case, m); again.Again == nil || again.Again.Case != next.Successor.Case {
			h.t.Errorf("again: %+v", again)
		}
		f := h.file(next.Successor.Case)
		if got := types(f.Events); got != "received attached" || f.Events[0].Body.Mail == nil {
			h.t.Errorf("the successor holds %s", got)
		}
		if p := h.place(casework.Letter{Refs: []string{m.MessageID}}); p.Case != next.Successor.Case {
			h.t.Errorf("what answers the last mail goes to %s", p.Case)
		}
		for _, verb := range []cvd.Verb{cvd.VerbAppeal, cvd.VerbContact, cvd.VerbWithdraw} {
			if _, err := h.try(h.place(casework.Letter{Refs: []string{m.MessageID}}).Actor(), f.Case.ID, verb, cvd.Input{Text: "x", Mail: m}); err == nil {
				h.t.Errorf("%s was done by mail", verb)
			}
		}
	})
}

func TestWhatTheCaseTakesNoMoreStaysInTheMessage(t *testing.T) {
	h := newHouse(t)
	limits := h.book.Current().Policy.Intake
	var files []cvd.MailFile
	for range limits.AttachmentsTotal + 2 {
		files = append(files, cvd.MailFile{Name: "f", Data: []byte("x")})
	}
	f := h.file(h.mailed(letter("one", "Many", 10, files...)).Case)
	if f.Case.Files != limits.AttachmentsTotal || f.Events[0].Body.Mail.Left != 2 {
		t.Errorf("%d files are kept, %d left", f.Case.Files, f.Events[0].Body.Mail.Left)
	}
}

func TestHeldMail(t *testing.T) {
	each(t, "two-person-team.yaml", func(h *house) {
		a := h.mailed(letter("one", "Login bypass", 10))
		r := h.place(casework.Letter{Refs: []string{"one@example.net"}}).Actor()
		h.do(h.member, a.Case, cvd.VerbAsk, cvd.Input{Missing: []string{"version"}})
		hold := func(id string) int64 {
			m := letter(id, "Re: Login bypass", 10, cvd.MailFile{Name: "log", Data: []byte("words of " + id)})
			m.From, m.Held = "else@example.com", "unaligned"
			in := cvd.Input{Text: "words of " + id, Mail: m}
			key := &casework.Once{Key: m.Item, Digest: m.Item}
			done, err := h.desk.As(cvd.System).Once(key).Do(ctx, a.Case, cvd.VerbHoldMail, in)
			must(h.t, err)
			again, err := h.desk.As(cvd.System).Once(key).Do(ctx, a.Case, cvd.VerbHoldMail, in)
			must(h.t, err)
			if again.Again == nil {
				h.t.Error("held twice")
			}
			for _, by := range []cvd.Actor{h.lead, r, cvd.Stranger} {
				if _, err := h.desk.As(by).Do(ctx, a.Case, cvd.VerbHoldMail, in); !errors.Is(err, cvd.ErrNotFound) {
					h.t.Errorf("%s holds a mail: %v", by.Kind, err)
				}
			}
			return done.Events[0].Seq
		}
		one, two := hold("two"), hold("three")
		f := h.file(a.Case)
		if !slices.Equal(f.Case.HeldMail, []int64{one, two}) || !f.Case.Flags.Unread || !f.Case.Awaiting() || f.Case.Files != 0 {
			h.t.Errorf("%v wait, unread %v, awaiting %v", f.Case.HeldMail, f.Case.Flags.Unread, f.Case.Awaiting())
		}
		theirs, err := h.desk.As(r).Case(ctx, a.Case)
		must(h.t, err)
		if strings.Contains(types(theirs.Events), "held") {
			h.t.Error("the reporter sees what waits")
		}
		if _, err := h.download(r, a.Case, f.Events[len(f.Events)-1].Body.Files[0].Blob); !errors.Is(err, cvd.ErrNotFound) {
			h.t.Errorf("and its file: %v", err)
		}
		h.refused(r, a.Case, cvd.VerbAdmit, cvd.Input{Seq: one}, cvd.ErrForbidden)
		h.refused(h.member, a.Case, cvd.VerbAdmit, cvd.Input{Seq: one + 7}, cvd.ErrInvalid)
		h.refused(h.member, a.Case, cvd.VerbDismiss, cvd.Input{Seq: one}, cvd.ErrInvalid)

		h.do(h.member, a.Case, cvd.VerbDismiss, cvd.Input{Seq: two, Reason: "not theirs"})
		if !h.file(a.Case).Case.Flags.Unread {
			h.t.Error("read, while a mail waits")
		}
		done := h.do(h.member, a.Case, cvd.VerbAdmit, cvd.Input{Seq: one})
		said := done.Events[0]
		if types(done.Events) != "mail-admitted attached" || said.Body.Text != "words of two" || said.Body.Mail.Admitted != h.member.Ref() || said.Body.Mail.From != "else@example.com" {
			h.t.Errorf("admitted: %s, %+v", types(done.Events), said.Body)
		}
		if done.Case.Awaiting() || done.Case.Flags.Unread || len(done.Case.HeldMail) != 0 || done.Case.Files != 1 {
			h.t.Errorf("after it: %+v", done.Case)
		}
		h.refused(h.member, a.Case, cvd.VerbAdmit, cvd.Input{Seq: one}, cvd.ErrInvalid)
		blob := done.Events[1].Body.File.Blob
		h.do(h.lead, a.Case, cvd.VerbRedact, cvd.Input{Seq: one, Reason: "x"})
		if b, err := h.download(r, a.Case, blob); err != nil || string(b) != "words of two" {
			h.t.Errorf("the file went with the mail that waited: %v", err)
		}
		h.addsUp(a.Case)

		three := hold("four")
		h.do(h.member, a.Case, cvd.VerbInvalidate, cvd.Input{Reason: "x"})
		h.do(h.member, a.Case, cvd.VerbClose, cvd.Input{})
		if done := h.do(h.member, a.Case, cvd.VerbAdmit, cvd.Input{Seq: three}); done.Successor == nil {
			h.t.Error("admitted words about a closed case opened nothing")
		}
	})
}

func TestADeliveryAlarm(t *testing.T) {
	h := newHouse(t)
	a := h.mailed(letter("one", "Login bypass", 10))
	system := h.desk.As(cvd.System)
	for range 2 {
		must(t, system.Bounced(ctx, a.Case, post.LetterKey(a.Case, 1), "5.1.1"))
	}
	f := h.file(a.Case)
	if f.Case.Undelivered.IsZero() || types(f.Events) != "received undelivered" {
		t.Errorf("the case holds %s", types(f.Events))
	}
	if err := h.desk.As(h.lead).Bounced(ctx, a.Case, "", ""); !errors.Is(err, cvd.ErrForbidden) {
		t.Errorf("a member rings: %v", err)
	}
	must(t, system.Bounced(ctx, "FL-2026-2222222", "", "5.1.1"))
	gone := h.in(cvd.RMClosed)
	h.do(h.lead, gone.Case, cvd.VerbErase, cvd.Input{Reason: "asked"})
	must(t, system.Bounced(ctx, gone.Case, "", "5.1.1"))
	h.refused(h.member, a.Case, cvd.VerbReached, cvd.Input{}, cvd.ErrInvalid)
	for name, end := range map[string]func(){
		"reached":  func() { h.do(h.member, a.Case, cvd.VerbReached, cvd.Input{Note: "by telephone"}) },
		"contact":  func() { h.do(h.member, a.Case, cvd.VerbContact, cvd.Input{Contact: &cvd.Contact{Email: rea}}) },
		"a mail":   func() { h.answer(a.Case, letter("two", "x", 1)) },
		"a lookup": nil,
	} {
		must(t, system.Bounced(ctx, a.Case, post.LetterKey(a.Case, 1), "5.1.1"))
		if end == nil {
			h.file(a.Case)
			if h.file(a.Case).Case.Undelivered.IsZero() {
				t.Errorf("%s ended it", name)
			}
			continue
		}
		if end(); !h.file(a.Case).Case.Undelivered.IsZero() {
			t.Errorf("%s does not end it", name)
		}
	}
	h.addsUp(a.Case)
}

// Whoever is forgotten cannot be found in their mails either, nor in what was kept of
// the message as it came.
func TestForgettingReachesTheMails(t *testing.T) {
	each(t, "two-person-team.yaml", func(h *house) {
		a := h.mailed(letter("one", "Login bypass", 10, cvd.MailFile{Name: "f", Data: []byte("x")}))
		h.answer(a.Case, letter("two", "Re: Login bypass", 100<<10))
		if len(h.blobs()) != 2 {
			h.t.Fatalf("%d blobs", len(h.blobs()))
		}
		must(h.t, h.st.View(ctx, func(tx store.Tx) error {
			recs, err := tx.Records(auth.RecordReceipt, "", 100)
			_ = recs
			return err
		}))
		h.do(h.member, a.Case, cvd.VerbContact, cvd.Input{Contact: &cvd.Contact{Name: "Rea", Email: "other.canary@example.net"}})
		if h.file(a.Case).Events[0].Body.Mail == nil {
			h.t.Error("another contact hides earlier mails")
		}
		h.do(h.lead, a.Case, cvd.VerbForget, cvd.Input{Reason: "asked"})
		f := h.file(a.Case)
		for _, ev := range f.Events {
			if ev.Body != nil && ev.Body.Mail != nil {
				h.t.Errorf("the mail of event %d is left", ev.Seq)
			}
		}
		if f.Events[0].Body.Report.Description != "it breaks" || len(h.blobs()) != 1 {
			h.t.Errorf("the words went too, or %d blobs are left", len(h.blobs()))
		}
		for name, b := range h.raw() {
			if bytes.Contains(bytes.ToLower(b), []byte("canary@example")) {
				h.t.Errorf("%s holds the address", name)
			}
		}
		if _, err := h.desk.As(h.lead).Raw(ctx, a.Case, 1); !errors.Is(err, cvd.ErrNotFound) {
			h.t.Errorf("as it came: %v", err)
		}
		h.answer(a.Case, letter("three", "again", 10)) // under a new key
		h.answer(a.Case, letter("four", "again", 10))
		if f = h.file(a.Case); f.Events[len(f.Events)-1].Body.Mail == nil || f.Events[0].Body.Mail != nil {
			h.t.Error("what came later is not read, or what came before is")
		}
		h.addsUp(a.Case)
	})
}

// Whoever caught an encrypted mail can send it again as a report of their own. Their
// thread must not open it for them: neither words nor names nor files.
func TestTheThreadOpensNothingThatCameEncrypted(t *testing.T) {
	h := newHouse(t)
	m := letter("caught", "secretsubject", 10, cvd.MailFile{Name: "secretname.txt", Data: []byte("secretfile")})
	m.Encrypted = true
	a := h.mailed(m)
	reporter := h.desk.As(cvd.Actor{Kind: cvd.ActorReporter, Cases: []cvd.Reach{{Case: a.Case, Participant: cvd.Reporter}}})
	f, err := reporter.Case(ctx, a.Case)
	must(t, err)
	text, err := json.Marshal(f)
	must(t, err)
	for _, word := range []string{"secretsubject", "secretname", "it breaks"} {
		if bytes.Contains(text, []byte(word)) {
			t.Errorf("the thread tells %s", word)
		}
	}
	files := 0
	for _, ev := range f.Events {
		if ev.Body == nil || ev.Body.File == nil {
			continue
		}
		files++
		if _, r, err := reporter.Attachment(ctx, a.Case, ev.Body.File.Blob); err == nil {
			_ = r.Close()
			t.Error("the thread gives the file")
		} else if !errors.Is(err, cvd.ErrNotFound) {
			t.Error(err)
		}
		if _, r, err := h.desk.As(h.lead).Attachment(ctx, a.Case, ev.Body.File.Blob); err != nil {
			t.Error(err)
		} else {
			_ = r.Close()
		}
	}
	if files != 1 {
		t.Errorf("%d files", files)
	}
	// A case that comes of it, because that one is closed, is not called by it either.
	h.do(h.lead, a.Case, cvd.VerbInvalidate, cvd.Input{Reason: "x"})
	h.do(h.lead, a.Case, cvd.VerbClose, cvd.Input{})
	done, err := reporter.Do(ctx, a.Case, cvd.VerbMessage, cvd.Input{Text: "more"})
	must(t, err)
	both := h.desk.As(cvd.Actor{Kind: cvd.ActorReporter, Cases: []cvd.Reach{{Case: a.Case, Participant: cvd.Reporter}, {Case: done.Successor.Case, Participant: cvd.Reporter}}})
	all, err := both.Thread(ctx)
	must(t, err)
	text, err = json.Marshal(all)
	must(t, err)
	if len(all) != 2 || all[0].Case.ID != done.Successor.Case || bytes.Contains(text, []byte("secretsubject")) || !bytes.Contains(text, []byte("more")) {
		t.Errorf("%d cases: %s", len(all), text)
	}
	whole, err := h.desk.As(h.lead).Case(ctx, a.Case)
	must(t, err)
	if whole.Case.Title != "secretsubject" || whole.Events[0].Body.Report.Description != "it breaks" {
		t.Errorf("the team does not see it: %+v", whole.Case)
	}
}

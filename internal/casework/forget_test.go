package casework_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"fairlead/internal/casework"
	"fairlead/internal/cvd"
	"fairlead/internal/cvd/rule"
	"fairlead/internal/store"
	"fairlead/internal/store/vault"
)

// dead fails the test unless the receipt opens nothing any more.
func (h *house) dead(a casework.Accepted) {
	h.t.Helper()
	if _, err := h.auth.Receipt(ctx, a.Receipt); !errors.Is(err, cvd.ErrUnauthenticated) {
		h.t.Errorf("the receipt of %s still opens something: %v", a.Case, err)
	}
}

func TestErase(t *testing.T) {
	each(t, "two-person-team.yaml", func(h *house) {
		a := h.report()
		r := h.reporter(a)
		f := h.attach(r, a.Case, "poc.txt", "words")
		h.do(h.member, a.Case, cvd.VerbMessage, cvd.Input{Text: "words"})
		h.refused(h.lead, a.Case, cvd.VerbErase, cvd.Input{Reason: "asked"}, cvd.ErrNotReady)
		h.do(h.member, a.Case, cvd.VerbInvalidate, cvd.Input{Reason: "words"})
		h.do(h.member, a.Case, cvd.VerbClose, cvd.Input{Text: "words"})
		h.refused(h.member, a.Case, cvd.VerbErase, cvd.Input{Reason: "asked"}, cvd.ErrForbidden)
		h.refused(h.lead, a.Case, cvd.VerbErase, cvd.Input{Reason: " "}, cvd.ErrInvalid)
		told := 0
		h.desk.Erased = func(ref store.KeyRef) error {
			if ref == (store.KeyRef{Case: a.Case, Kind: store.KeyCase}) {
				told++
			}
			return nil
		}
		was := h.file(a.Case)
		h.do(h.lead, a.Case, cvd.VerbErase, cvd.Input{Reason: "asked"})

		after := h.file(a.Case)
		if !after.Erased || len(after.Verbs) != 0 || told != 1 || len(after.Events) != len(was.Events)+1 {
			h.t.Errorf("erased %v, %d verbs, told %d times, %d events", after.Erased, len(after.Verbs), told, len(after.Events))
		}
		for _, ev := range after.Events {
			if ev.Body != nil {
				h.t.Errorf("event %d still has words", ev.Seq)
			}
		}
		c := after.Case
		if c.RM() != cvd.RMClosed || c.Title != "" || c.Participant(cvd.Reporter).Contact != nil || c.Version != was.Case.Version+1 {
			h.t.Errorf("the heads replay to %+v", c)
		}
		if kept := h.blobs(); len(kept) != 0 {
			h.t.Errorf("files are left: %v", kept)
		}
		if _, err := h.download(h.lead, a.Case, f.Blob); !errors.Is(err, cvd.ErrNotFound) {
			h.t.Errorf("its file: %v", err)
		}
		h.dead(a)
		page, err := h.desk.As(h.lead).Cases(ctx, casework.Filter{})
		must(h.t, err)
		if len(page.Rows) != 1 || !page.Rows[0].Erased || page.Rows[0].Title != "" {
			h.t.Errorf("in the list: %+v", page.Rows)
		}
		for _, spec := range rule.Specs {
			in := h.input(spec.Verb, c)
			if _, err := h.try(h.lead, a.Case, spec.Verb, in); err == nil {
				h.t.Errorf("%s was done to an erased case", spec.Verb)
			}
			if _, err := h.desk.As(h.lead).Preview(ctx, a.Case, spec.Verb, in); err == nil {
				h.t.Errorf("%s was previewed on an erased case", spec.Verb)
			}
		}
		if _, err := h.desk.Tick(ctx); err != nil {
			h.t.Error(err)
		}
		if _, _, err := h.desk.As(h.lead).Outbox(ctx, "", nil, 100); err != nil {
			h.t.Errorf("the outbox: %v", err)
		}
	})
}

func TestForgetThePersonAlone(t *testing.T) {
	each(t, "two-person-team.yaml", func(h *house) {
		a := h.report()
		h.refused(h.member, a.Case, cvd.VerbForget, cvd.Input{Reason: "asked"}, cvd.ErrForbidden)
		h.do(h.lead, a.Case, cvd.VerbForget, cvd.Input{Reason: "asked"})
		f := h.file(a.Case)
		if f.Case.Participant(cvd.Reporter).Contact != nil || f.Events[0].Body.Report.Title != "canary-title" {
			h.t.Error("more or less than the person is forgotten")
		}
		h.addsUp(a.Case)
		h.do(h.member, a.Case, cvd.VerbMessage, cvd.Input{Text: "are you there?"}) // read in the thread
		h.do(h.reporter(a), a.Case, cvd.VerbContact, cvd.Input{Contact: &cvd.Contact{Email: "new@example.net"}})
		if p := h.file(a.Case).Case.Participant(cvd.Reporter); p.Contact == nil || p.Contact.Email != "new@example.net" {
			h.t.Error("a contact given later is not known")
		}
		h.addsUp(a.Case)
	})
}

func TestRedactOneMessageAlone(t *testing.T) {
	each(t, "two-person-team.yaml", func(h *house) {
		a := h.report()
		r := h.reporter(a)
		h.do(r, a.Case, cvd.VerbMessage, cvd.Input{Text: "my password is 1234"})
		h.do(r, a.Case, cvd.VerbMessage, cvd.Input{Text: "and more"})
		h.attach(r, a.Case, "dump", "names")
		for _, seq := range []int64{0, -1, 5, 99} {
			h.refused(h.member, a.Case, cvd.VerbRedact, cvd.Input{Seq: seq, Reason: "x"}, cvd.ErrInvalid)
		}
		h.do(h.member, a.Case, cvd.VerbRedact, cvd.Input{Seq: 2, Reason: "a secret"})
		f := h.file(a.Case)
		if f.Events[1].Body != nil || f.Events[2].Body.Text != "and more" || f.Events[4].Body.Reason != "a secret" {
			h.t.Error("more or less than one message is gone")
		}
		h.do(h.member, a.Case, cvd.VerbRedact, cvd.Input{Seq: 4, Reason: "names"})
		if kept := h.blobs(); len(kept) != 0 {
			h.t.Errorf("the redacted file is left: %v", kept)
		}
		// The report is what the case is about: a member alone cannot make it go.
		h.refused(h.member, a.Case, cvd.VerbRedact, cvd.Input{Seq: 1, Reason: "all of it"}, cvd.ErrForbidden)
		if _, err := h.desk.As(h.member).Preview(ctx, a.Case, cvd.VerbRedact, cvd.Input{Seq: 1, Reason: "all of it"}); !errors.Is(err, cvd.ErrForbidden) {
			h.t.Errorf("a member is shown how the report would go: %v", err)
		}
		h.do(h.lead, a.Case, cvd.VerbRedact, cvd.Input{Seq: 1, Reason: "all of it"})
		f = h.file(a.Case)
		if f.Case.Title != "" || f.Case.Product != "" {
			h.t.Errorf("the queue still says %q", f.Case.Title)
		}
		if p := f.Case.Participant(cvd.Reporter); p.Contact == nil || p.Contact.Email != "canary@example.net" {
			h.t.Error("the reporter cannot be reached any more")
		}
		h.addsUp(a.Case)
		for _, ev := range h.file(a.Case).Events[:1] {
			if ev.Body != nil {
				h.t.Error("the report is still there")
			}
		}
	})
}

// chain is a case and two successors, each closed, under one receipt.
func (h *house) chain() (a casework.Accepted, second, third cvd.CaseID) {
	h.t.Helper()
	a = h.in(cvd.RMClosed)
	h.now = h.now.Add(time.Hour)
	done := h.do(h.reporter(a), a.Case, cvd.VerbMessage, cvd.Input{Text: "new evidence"})
	second = done.Successor.Case
	h.do(h.member, second, cvd.VerbInvalidate, cvd.Input{Reason: "words"})
	h.do(h.member, second, cvd.VerbClose, cvd.Input{})
	h.now = h.now.Add(time.Hour)
	third = h.do(h.lead, second, cvd.VerbSuccessor, cvd.Input{Text: "they called again"}).Successor.Case
	return a, second, third
}

func TestOneReceiptOpensTheWholeFamily(t *testing.T) {
	each(t, "two-person-team.yaml", func(h *house) {
		a, second, third := h.chain()
		opens := func(code string, want ...cvd.CaseID) {
			h.t.Helper()
			r, err := h.auth.Receipt(ctx, code)
			must(h.t, err)
			files, err := h.desk.As(r).Thread(ctx)
			must(h.t, err)
			var got []cvd.CaseID
			for _, f := range files {
				got = append(got, f.Case.ID)
			}
			if len(got) != len(want) {
				h.t.Fatalf("opens %v, want %v", got, want)
			}
			for i := range want {
				if got[i] != want[i] {
					h.t.Errorf("opens %v, want %v", got, want)
				}
			}
		}
		opens(a.Receipt, third, second, a.Case)
		var last string
		for _, id := range []cvd.CaseID{third, a.Case, second} { // whichever case it is asked at
			done := h.do(h.lead, id, cvd.VerbReissue, cvd.Input{Reason: "lost, checked by phone"})
			h.dead(a)
			if last != "" {
				h.dead(casework.Accepted{Case: id, Receipt: last})
			}
			last = done.Receipt
			opens(last, third, second, a.Case)
		}
		for _, id := range []cvd.CaseID{a.Case, second, third} {
			h.addsUp(id)
		}
		h.do(h.lead, a.Case, cvd.VerbErase, cvd.Input{Reason: "asked"})
		r, err := h.auth.Receipt(ctx, last)
		if err != nil {
			h.t.Fatalf("erasing the first case locked the reporter out of the last: %v", err)
		}
		h.do(r, third, cvd.VerbMessage, cvd.Input{Text: "hello"})
		h.do(h.lead, second, cvd.VerbErase, cvd.Input{Reason: "asked"})
		h.do(h.member, third, cvd.VerbInvalidate, cvd.Input{Reason: "words"})
		h.do(h.member, third, cvd.VerbClose, cvd.Input{})
		h.do(h.lead, third, cvd.VerbErase, cvd.Input{Reason: "asked"})
		h.dead(casework.Accepted{Case: third, Receipt: last})
	})
}

// carry sends every notice that is due, and keeps what was sent.
func (h *house) carry() {
	h.t.Helper()
	var due []store.Effect
	must(h.t, h.st.Update(ctx, func(tx store.Tx) (err error) {
		due, err = tx.Lease(h.now, h.now.Add(time.Hour), 500)
		return err
	}))
	for _, e := range due {
		n, err := h.desk.As(cvd.System).Notice(ctx, e)
		must(h.t, err)
		text := "sent:"
		for _, to := range n.To {
			text += " " + to.Email
		}
		e.Sealed, err = h.desk.SealSent(ctx, e, []byte(text))
		must(h.t, err)
		e.State, e.Done = store.EffectDone, h.now
		must(h.t, h.st.Update(ctx, func(tx store.Tx) error { return tx.Finish(e) }))
	}
}

// sentTo tells in how many kept notices the address stands.
func (h *house) sentTo(address string) int {
	h.t.Helper()
	all, _, err := h.desk.As(h.lead).Outbox(ctx, "", nil, 500)
	must(h.t, err)
	n := 0
	for _, c := range all {
		if strings.Contains(c.Text, address) {
			n++
		}
	}
	return n
}

func TestForgettingReachesTheFamilyAndWhatWasSent(t *testing.T) {
	each(t, "two-person-team.yaml", func(h *house) {
		a, second, third := h.chain()
		h.do(h.member, third, cvd.VerbMessage, cvd.Input{Text: "thank you"})
		h.carry()
		if h.sentTo("canary@example.net") < 3 || h.sentTo("@example.org") == 0 {
			h.t.Fatalf("only %d notices to the reporter are kept", h.sentTo("canary@example.net"))
		}
		toTeam := h.sentTo("@example.org")
		var gone []store.KeyRef
		h.desk.Erased = func(ref store.KeyRef) error { gone = append(gone, ref); return nil }
		h.do(h.lead, second, cvd.VerbForget, cvd.Input{Reason: "asked"})
		if n := h.sentTo("canary@example.net"); n != 0 {
			h.t.Errorf("%d kept notices still hold the address", n)
		}
		if n := h.sentTo("@example.org"); n != toTeam {
			h.t.Errorf("%d notices to the team are kept, want %d", n, toTeam)
		}
		for _, id := range []cvd.CaseID{a.Case, second, third} {
			if f := h.file(id); f.Case.Participant(cvd.Reporter).Contact != nil || f.Case.Participant(cvd.Reporter).ContactBox != nil {
				h.t.Errorf("%s still knows the reporter", id)
			}
			h.addsUp(id)
		}
		if len(gone) != 3 {
			h.t.Errorf("the journal heard of %v", gone)
		}
		must(h.t, h.st.View(ctx, func(tx store.Tx) error {
			for _, ref := range gone {
				rec, err := tx.Record(vault.RecordErasure, vault.ErasureID(ref))
				if err != nil || !h.vault.Erased(rec) {
					h.t.Errorf("no sealed record of %v: %v", ref, err)
				}
			}
			return nil
		}))
	})
}

func TestANewContactTakesWhatWasSentToTheOldOne(t *testing.T) {
	h := newHouse(t)
	a := h.report()
	h.do(h.member, a.Case, cvd.VerbMessage, cvd.Input{Text: "hello"})
	h.carry()
	if h.sentTo("canary@example.net") == 0 {
		t.Fatal("nothing was sent")
	}
	h.do(h.reporter(a), a.Case, cvd.VerbContact, cvd.Input{Contact: &cvd.Contact{Email: "new@example.net"}})
	h.do(h.member, a.Case, cvd.VerbMessage, cvd.Input{Text: "hello again"})
	h.carry()
	if h.sentTo("canary@example.net") != 0 || h.sentTo("new@example.net") == 0 {
		t.Errorf("kept are %d notices to the old address, %d to the new one", h.sentTo("canary@example.net"), h.sentTo("new@example.net"))
	}
}

// meanwhile makes receipts, and lets something happen before the first.
type meanwhile struct {
	casework.Receipts
	do func()
}

func (m *meanwhile) NewReceipt(reach []cvd.Reach, at time.Time) (string, store.Record, error) {
	if do := m.do; do != nil {
		m.do = nil
		do()
	}
	return m.Receipts.NewReceipt(reach, at)
}

func TestANewReceiptOpensASuccessorOfTheSameMoment(t *testing.T) {
	h := newHouse(t)
	a, second, third := h.chain()
	h.do(h.member, third, cvd.VerbInvalidate, cvd.Input{Reason: "words"})
	h.do(h.member, third, cvd.VerbClose, cvd.Input{})
	r := h.reporter(a)
	for _, id := range []cvd.CaseID{third, a.Case} { // the case itself, and a relative
		h.desk.Receipts = &meanwhile{h.auth, func() {
			h.do(r, second, cvd.VerbMessage, cvd.Input{Text: "more evidence, about " + string(id)})
		}}
		done := h.do(h.lead, id, cvd.VerbReissue, cvd.Input{Reason: "lost"})
		var err error
		r, err = h.auth.Receipt(ctx, done.Receipt)
		must(t, err)
		page, err := h.desk.As(h.lead).Cases(ctx, casework.Filter{})
		must(t, err)
		if len(r.Cases) != len(page.Rows) {
			t.Errorf("the receipt given at %s opens %d of %d cases", id, len(r.Cases), len(page.Rows))
		}
	}
}

func TestReissueTwiceAtOnceLeavesOneReceipt(t *testing.T) {
	h := newHouse(t)
	a := h.report()
	codes := make([]string, 4)
	for _, err := range together(len(codes), func(i int) error {
		done, err := h.try(h.lead, a.Case, cvd.VerbReissue, cvd.Input{Reason: "lost"})
		codes[i] = done.Receipt
		return err
	}) {
		must(t, err)
	}
	alive := 0
	for _, code := range codes {
		if _, err := h.auth.Receipt(ctx, code); err == nil {
			alive++
		}
	}
	if alive != 1 {
		t.Errorf("%d of the new receipts work", alive)
	}
	h.dead(a)
	internal, err := h.desk.As(h.member).Receive(ctx, casework.Submission{Report: &cvd.Report{Description: "x"}, Channel: "internal", Internal: true})
	must(t, err)
	h.refused(h.lead, internal.Case, cvd.VerbReissue, cvd.Input{Reason: "x"}, cvd.ErrNotReady)
	if internal.Receipt != "" || len(internal.Promises) != 0 {
		t.Errorf("our own finding has a receipt or promises: %+v", internal)
	}
}

func TestSuccessor(t *testing.T) {
	h := newHouse(t)
	a := h.in(cvd.RMClosed)
	r := h.reporter(a)
	h.refused(r, a.Case, cvd.VerbSuccessor, cvd.Input{Text: " \n"}, cvd.ErrInvalid)
	h.refused(r, h.report().Case, cvd.VerbSuccessor, cvd.Input{Text: "x"}, cvd.ErrNotFound)
	h.refused(h.lead, h.report().Case, cvd.VerbSuccessor, cvd.Input{Text: "x"}, cvd.ErrNotReady) // it is open: write there
	errs := together(4, func(int) error {
		_, err := h.try(r, a.Case, cvd.VerbMessage, cvd.Input{Text: "new evidence"})
		return err
	})
	made := 0
	for _, err := range errs {
		if err == nil {
			made++
		} else if !errors.Is(err, cvd.ErrConflict) {
			t.Error(err)
		}
	}
	files, err := h.desk.As(h.reporter(a)).Thread(ctx)
	must(t, err)
	// However many come, one case opens, and the others go on in it.
	if len(files) != 2 || len(files[len(files)-1].Case.Links) != 1 || made == 0 {
		t.Errorf("%d successors, %d in the thread, %d linked", made, len(files)-1, len(files[len(files)-1].Case.Links))
	}
	for _, f := range files {
		h.addsUp(f.Case.ID)
		if f.Case.ID != a.Case && f.Case.Participant(cvd.Reporter).Contact.Email != "canary@example.net" {
			t.Error("the successor does not know the reporter")
		}
	}
}

func TestOneAppeal(t *testing.T) {
	h := newHouse(t)
	a := h.in(cvd.RMInvalid)
	r := h.reporter(a)
	h.refused(h.lead, a.Case, cvd.VerbAppeal, cvd.Input{Text: "x"}, cvd.ErrForbidden)
	h.do(r, a.Case, cvd.VerbAppeal, cvd.Input{Text: "look again"})
	h.do(h.lead, a.Case, cvd.VerbReopen, cvd.Input{Reason: "they are right"})
	h.refused(r, a.Case, cvd.VerbAppeal, cvd.Input{Text: "again"}, cvd.ErrNotReady)
	b := h.in(cvd.RMInvalid)
	h.do(h.reporter(b), b.Case, cvd.VerbAppeal, cvd.Input{Text: "x"})
	h.refused(h.reporter(b), b.Case, cvd.VerbAppeal, cvd.Input{Text: "x"}, cvd.ErrNotReady)
}

// What the policy promises, closing does not take away: the appeal of a case that was
// closed while not valid opens the case that succeeds it, and is used up in both.
func TestAppealAfterClosing(t *testing.T) {
	each(t, "two-person-team.yaml", func(h *house) {
		a := h.in(cvd.RMInvalid)
		h.do(h.member, a.Case, cvd.VerbClose, cvd.Input{})
		r := h.reporter(a)
		h.refused(r, a.Case, cvd.VerbAppeal, cvd.Input{Text: " "}, cvd.ErrInvalid)
		if verbs := h.desk.As(r).Verbs(h.file(a.Case).Case); !slices.Contains(verbs, cvd.VerbAppeal) {
			h.t.Fatalf("the appeal is not offered: %v", verbs)
		}
		errs := together(4, func(int) error {
			_, err := h.try(r, a.Case, cvd.VerbAppeal, cvd.Input{Text: "look at line 4"})
			return err
		})
		made := 0
		for _, err := range errs {
			switch {
			case err == nil:
				made++
			case !errors.Is(err, cvd.ErrNotReady) || !strings.Contains(err.Error(), "the one appeal was used"):
				h.t.Error(err)
			}
		}
		files, err := h.desk.As(h.reporter(a)).Thread(ctx)
		must(h.t, err)
		if made != 1 || len(files) != 2 {
			h.t.Fatalf("%d appeals were taken, %d cases are there", made, len(files))
		}
		next := files[0].Case
		if next.ID == a.Case {
			next = files[1].Case
		}
		if !next.Flags.Appealed || next.RM() != cvd.RMReceived || next.NextPromise() == nil {
			h.t.Errorf("the successor: %+v, %s", next.Flags, next.RM())
		}
		if opened := h.file(next.ID).Events[0].Body.Report.Description; opened != "look at line 4" {
			h.t.Errorf("it carries %q", opened)
		}
		old := h.file(a.Case)
		if last := old.Events[len(old.Events)-1]; last.Type != cvd.EventAppealed || !old.Case.Flags.Appealed || len(old.Case.Links) != 1 {
			h.t.Errorf("the closed case: %s, %+v, %v", last.Type, old.Case.Flags, old.Case.Links)
		}
		h.addsUp(a.Case)
		h.addsUp(next.ID)
		h.do(h.member, next.ID, cvd.VerbInvalidate, cvd.Input{Reason: "still none"})
		h.do(h.member, next.ID, cvd.VerbClose, cvd.Input{})
		h.refused(h.reporter(a), next.ID, cvd.VerbAppeal, cvd.Input{Text: "again"}, cvd.ErrNotReady)
	})
}

// Where a case of the family is open already, the appeal is said there, and what may
// be appealed there stays.
func TestAppealWhereASuccessorIsOpen(t *testing.T) {
	each(t, "two-person-team.yaml", func(h *house) {
		a := h.in(cvd.RMInvalid)
		h.do(h.member, a.Case, cvd.VerbClose, cvd.Input{})
		next := h.do(h.reporter(a), a.Case, cvd.VerbMessage, cvd.Input{Text: "a second way in"}).Successor.Case
		if done := h.do(h.reporter(a), a.Case, cvd.VerbAppeal, cvd.Input{Text: "and the first was one"}); done.Case.ID != next || done.Successor != nil {
			h.t.Errorf("the appeal went to %s", done.Case.ID)
		}
		f := h.file(next)
		if last := f.Events[len(f.Events)-1]; last.Type != cvd.EventMessage || last.Body.Text != "and the first was one" || f.Case.Flags.Appealed {
			h.t.Errorf("%s %q, %+v", last.Type, last.Body.Text, f.Case.Flags)
		}
		h.refused(h.reporter(a), a.Case, cvd.VerbAppeal, cvd.Input{Text: "again"}, cvd.ErrNotReady)
		h.addsUp(a.Case)
		h.addsUp(next)
		h.do(h.lead, a.Case, cvd.VerbErase, cvd.Input{Reason: "asked for"})
		if _, err := h.try(h.reporter(a), a.Case, cvd.VerbAppeal, cvd.Input{Text: "again"}); err == nil {
			h.t.Error("an erased case was appealed")
		}
		h.do(h.member, next, cvd.VerbInvalidate, cvd.Input{Reason: "none"})
		h.do(h.reporter(a), next, cvd.VerbAppeal, cvd.Input{Text: "this one too"})
	})
}

// Where the words are gone there is no ruling left to appeal.
func TestErasedIsNotAppealed(t *testing.T) {
	each(t, "two-person-team.yaml", func(h *house) {
		alone, kin := h.in(cvd.RMInvalid), h.in(cvd.RMInvalid)
		for _, a := range []casework.Accepted{alone, kin} {
			h.do(h.member, a.Case, cvd.VerbClose, cvd.Input{})
		}
		h.do(h.reporter(kin), kin.Case, cvd.VerbMessage, cvd.Input{Text: "a second way in"})
		for _, a := range []casework.Accepted{alone, kin} {
			r := h.reporter(a)
			h.do(h.lead, a.Case, cvd.VerbErase, cvd.Input{Reason: "asked for"})
			if done, err := h.try(r, a.Case, cvd.VerbAppeal, cvd.Input{Text: "again"}); err == nil {
				h.t.Errorf("an erased case was appealed: %v", done.Case.ID)
			}
		}
		files, err := h.desk.As(h.reporter(kin)).Thread(ctx)
		must(h.t, err)
		for _, f := range files {
			if f.Erased && len(f.Verbs) > 0 {
				h.t.Errorf("an erased case offers %v", f.Verbs)
			}
		}
	})
}

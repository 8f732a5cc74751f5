package casework_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"fairlead/internal/auth"
	"fairlead/internal/casework"
	"fairlead/internal/cvd"
	"fairlead/internal/store"
)

var errDisk = fmt.Errorf("%w: the disk is full", cvd.ErrUnavailable)

// faulty is a real engine whose disk fails: at the write of that number within
// one change, or when nothing is left but to commit.
type faulty struct {
	store.Store
	at    int // 0: it works
	count int
}

func (f *faulty) Update(ctx context.Context, change func(tx store.Tx) error) error {
	return f.Store.Update(ctx, func(tx store.Tx) error {
		f.count = 0
		if err := change(&faultyTx{tx, f}); err != nil {
			return err
		}
		return f.write() // the commit
	})
}

func (f *faulty) write() error {
	if f.count++; f.count == f.at {
		return errDisk
	}
	return nil
}

type faultyTx struct {
	store.Tx
	f *faulty
}

func (t *faultyTx) PutCase(c store.Case, was int64) error {
	return errors.Join(t.f.write(), t.Tx.PutCase(c, was))
}

func (t *faultyTx) Append(e []store.Event) error { return errors.Join(t.f.write(), t.Tx.Append(e)) }

func (t *faultyTx) PutKey(k store.Key) error { return errors.Join(t.f.write(), t.Tx.PutKey(k)) }

func (t *faultyTx) DropKey(k store.KeyRef) error { return errors.Join(t.f.write(), t.Tx.DropKey(k)) }

func (t *faultyTx) Enqueue(e []store.Effect) error { return errors.Join(t.f.write(), t.Tx.Enqueue(e)) }

func (t *faultyTx) PutRecord(r store.Record, was int64) error {
	return errors.Join(t.f.write(), t.Tx.PutRecord(r, was))
}

// all is everything that the store holds of cases.
func (h *house) all() map[string]any {
	h.t.Helper()
	out := map[string]any{}
	must(h.t, h.st.View(ctx, func(tx store.Tx) error {
		rows, err := tx.Cases(store.Filter{Limit: 500})
		if err != nil {
			return err
		}
		for _, row := range rows {
			out[string(row.ID)] = row
			evs, err := tx.Events(string(row.ID), 0, 1000)
			if err != nil {
				return err
			}
			keys, err := tx.Keys(row.ID)
			if err != nil {
				return err
			}
			out[string(row.ID)+" events"], out[string(row.ID)+" keys"] = evs, keys
		}
		effects, err := tx.Effects("", "", nil, 1000)
		if err != nil {
			return err
		}
		out["effects"] = effects
		for _, kind := range []store.RecordKind{auth.RecordReceipt, "once", "fixer", "claim", "mail-seen", "mail-thread"} {
			if out[string(kind)], err = tx.Records(kind, "", 1000); err != nil {
				return err
			}
		}
		return nil
	}))
	return out
}

// A disk that fails at any write leaves no half of anything, says so, and once
// it works again the same deed is done.
func TestADiskThatFailsLeavesNothingByHalf(t *testing.T) {
	var f *faulty
	h := build(t, "two-person-team.yaml", func(t *testing.T, dir string) store.Store {
		f = &faulty{Store: onSQLite(t, dir)}
		return f
	})
	post := h.mailed(letter("claimed", "x", 1))
	open, closed, again, invalid := h.report(), h.in(cvd.RMClosed), h.in(cvd.RMClosed), h.in(cvd.RMInvalid)
	h.attach(h.lead, open.Case, "first", "x")
	do := func(by cvd.Actor, id cvd.CaseID, verb cvd.Verb, in cvd.Input) func() error {
		return func() error { _, err := h.try(by, id, verb, in); return err }
	}
	r := h.reporter(closed)
	for _, c := range []struct {
		name string
		do   func() error
	}{
		{"receive", func() error {
			_, err := h.desk.As(cvd.Stranger).Receive(ctx, casework.Submission{
				Report: &cvd.Report{Description: "x", Reporter: &cvd.Contact{Email: "x@example.net"}}, Channel: "api", Once: &casework.Once{Key: "k", Digest: "d"},
			})
			return err
		}},
		{"message", do(h.member, open.Case, cvd.VerbMessage, cvd.Input{Text: "x"})},
		{"invite", do(h.member, open.Case, cvd.VerbInvite, cvd.Input{To: h.fixer.ID})},
		{"contact", do(h.member, open.Case, cvd.VerbContact, cvd.Input{Contact: &cvd.Contact{Email: "y@example.net"}})},
		{"attach", func() error {
			before := len(h.blobs())
			_, err := h.desk.As(h.member).Attach(ctx, open.Case, "x", strings.NewReader("x"), cvd.Input{})
			if n := len(h.blobs()); err != nil && n != before {
				t.Errorf("attach: %d files more", n-before)
			}
			return err
		}},
		{"a mailed report", func() error {
			_, err := h.mailIn(letter("disk", "x", 100<<10, cvd.MailFile{Name: "f", Data: []byte("x")}))
			return err
		}},
		{"a mailed word", func() error {
			by := cvd.Actor{Kind: cvd.ActorReporter, Cases: []cvd.Reach{{Case: open.Case, Participant: cvd.Reporter}}}
			_, err := h.try(by, open.Case, cvd.VerbMessage, cvd.Input{Text: "x", Mail: letter("word", "x", 100<<10, cvd.MailFile{Name: "f", Data: []byte("x")})})
			return err
		}},
		{"a held mail", do(cvd.System, open.Case, cvd.VerbHoldMail, cvd.Input{Text: "x", Mail: letter("held", "x", 100<<10)})},
		{"a claim", func() error {
			_, err := h.desk.As(cvd.Stranger).Claim(ctx, h.letterCode(post.Case, 1))
			return err
		}},
		{"forget", do(h.lead, open.Case, cvd.VerbForget, cvd.Input{Reason: "x"})},
		{"redact", do(h.lead, open.Case, cvd.VerbRedact, cvd.Input{Seq: 2, Reason: "x"})},
		{"reissue", do(h.lead, open.Case, cvd.VerbReissue, cvd.Input{Reason: "x"})},
		{"close", do(h.lead, invalid.Case, cvd.VerbClose, cvd.Input{})},
		{"successor", do(r, closed.Case, cvd.VerbMessage, cvd.Input{Text: "x"})},
		{"erase", do(h.lead, again.Case, cvd.VerbErase, cvd.Input{Reason: "x"})},
		{"the clock", func() error {
			h.now = h.now.Add(30 * 24 * time.Hour)
			_, err := h.desk.Tick(ctx)
			return err
		}},
	} {
		failed := 0
		for f.at = 1; f.at < 12; f.at++ {
			before, blobs := h.all(), len(h.blobs())
			err := c.do()
			if err == nil {
				break
			}
			failed++
			if !errors.Is(err, cvd.ErrUnavailable) {
				t.Errorf("%s, failing at write %d: %v", c.name, f.at, err)
			}
			if c.name == "the clock" {
				break // several cases, each whole
			}
			after := h.all()
			for what := range after {
				if !reflect.DeepEqual(before[what], after[what]) || len(before) != len(after) || len(h.blobs()) != blobs {
					t.Fatalf("%s, failing at write %d, left something half done: %s", c.name, f.at, what)
				}
			}
		}
		if failed < 1 || f.at == 12 {
			t.Errorf("%s met the failing disk %d times, and then?", c.name, failed)
		}
		f.at = 0
	}
	_, err := h.desk.Tick(ctx)
	must(t, err)
	page, err := h.desk.As(h.lead).Cases(ctx, casework.Filter{})
	must(t, err)
	for _, row := range page.Rows {
		if !row.Erased {
			h.addsUp(row.ID)
		}
	}
}

// A look that cannot be written down is still given, and written down when the
// disk works again.
func TestALookIsNotHeldUp(t *testing.T) {
	var f *faulty
	h := build(t, "two-person-team.yaml", func(t *testing.T, dir string) store.Store {
		f = &faulty{Store: onSQLite(t, dir)}
		return f
	})
	a := h.report()
	f.at = 1
	_, err := h.desk.As(h.member).Case(ctx, a.Case)
	must(t, err)
	f.at = 0
	_, err = h.desk.As(h.member).Case(ctx, a.Case)
	must(t, err)
	if got := h.file(a.Case).Readers; len(got) != 1 || got[0].Actor != h.member.Ref() {
		t.Errorf("recorded %v", got)
	}
}

// A database that is gone reads as a failure, never as a case that is not
// there.
func TestADatabaseThatIsGoneIsNoMissingCase(t *testing.T) {
	h := newHouse(t)
	a := h.report()
	r := h.reporter(a)
	must(t, h.st.Close())
	_, read := h.desk.As(h.lead).Case(ctx, a.Case)
	_, list := h.desk.As(h.lead).Cases(ctx, casework.Filter{})
	_, verb := h.try(r, a.Case, cvd.VerbMessage, cvd.Input{Text: "x"})
	_, receive := h.desk.As(cvd.Stranger).Receive(ctx, casework.Submission{Report: &cvd.Report{Description: "x"}, Channel: "web"})
	_, tick := h.desk.Tick(ctx)
	for name, err := range map[string]error{"read": read, "list": list, "verb": verb, "receive": receive, "tick": tick} {
		if err == nil || errors.Is(err, cvd.ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

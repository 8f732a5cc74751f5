package casework_test

import (
	"crypto/rand"
	"fmt"
	"log/slog"
	mathrand "math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"fairlead/internal/auth"
	"fairlead/internal/casework"
	"fairlead/internal/casework/queue"
	"fairlead/internal/cvd"
)

// another is a desk that remembers nothing yet, as of another process on the
// same store.
func (h *house) another() *casework.Desk {
	return casework.New(casework.Config{
		Store: h.st, Vault: h.vault, Book: h.book, Team: h.auth, Receipts: h.auth, ReceiptKind: auth.RecordReceipt,
		Now: func() time.Time { return h.now.UTC() }, Rand: rand.Reader, Log: slog.New(slog.DiscardHandler),
	})
}

func (h *house) titled(title string) cvd.CaseID {
	h.t.Helper()
	a, err := h.desk.As(cvd.Stranger).Receive(ctx, casework.Submission{
		Channel: "api", Report: &cvd.Report{Title: title, Product: "product of " + title, Description: "words"},
	})
	must(h.t, err)
	return a.Case
}

func (h *house) lists(d *casework.Desk, by cvd.Actor, f casework.Filter) casework.Page {
	h.t.Helper()
	page, err := d.As(by).Cases(ctx, f)
	must(h.t, err)
	return page
}

func titles(p casework.Page) string {
	var out []string
	for _, r := range p.Rows {
		out = append(out, r.Title)
	}
	return strings.Join(out, ", ")
}

// What is remembered says the same as a fresh look, whoever asks for whatever at
// whatever time, and whoever changed the case.
func TestRememberedListsAreAsFreshOnes(t *testing.T) {
	each(t, "two-person-team.yaml", func(h *house) {
		seed := mathrand.Uint64()
		r := mathrand.New(mathrand.NewPCG(seed, 1))
		var ids []cvd.CaseID
		for i := range 6 {
			ids = append(ids, h.titled(fmt.Sprint("title ", i)))
			h.now = h.now.Add(7 * time.Minute)
		}
		elsewhere := h.another()
		for step := range 25 {
			id, desk := ids[r.IntN(len(ids))], h.desk
			if r.IntN(2) == 0 {
				desk = elsewhere
			}
			switch r.IntN(6) {
			case 0:
				_, _ = desk.As(h.lead).Do(ctx, id, cvd.VerbClaim, cvd.Input{To: []string{h.lead.ID, h.member.ID}[r.IntN(2)]})
			case 1:
				_, _ = desk.As(h.member).Do(ctx, id, cvd.VerbMessage, cvd.Input{Text: "a word"})
			case 2:
				_, _ = desk.As(h.lead).Do(ctx, id, cvd.VerbInvite, cvd.Input{To: []string{h.fixer.ID, h.other.ID}[r.IntN(2)]})
			case 3:
				_, _ = desk.As(h.member).Do(ctx, id, cvd.VerbValidate, cvd.Input{Text: "it is one"})
			case 4:
				h.now = h.now.Add(time.Duration(r.IntN(30)) * time.Hour)
			case 5: // only time passes, a little
				h.now = h.now.Add(time.Duration(r.IntN(100)) * time.Second)
			}
			for _, by := range []cvd.Actor{h.lead, h.member, h.fixer, h.other} {
				for _, f := range []casework.Filter{
					{Open: true, Limit: 3},
					{Open: true, Sort: casework.ByUpdated},
					{Assignees: []string{by.ID}},
					{Open: true, Sort: casework.ByUrgency, Limit: 4},
					{Open: true, Pending: true, Sort: casework.BySeverity},
					{Assignees: []string{""}, Open: true},
					{Unread: true},
					{Open: true, DueBefore: h.now},
					{Open: true, DueBefore: h.now.Add(24 * time.Hour)},
					{RM: []cvd.RM{cvd.RMValid}, DueBefore: h.now},
					{Open: true, DueFrom: h.now, DueBefore: h.now.Add(24 * time.Hour)},
					{Open: true, DueFrom: h.now, DueBefore: h.now.Truncate(24 * time.Hour).Add(24 * time.Hour)},
				} {
					fresh := h.another()
					got, want := h.lists(h.desk, by, f), h.lists(fresh, by, f)
					if d := cmp.Diff(want, got, cmpopts.IgnoreUnexported(queue.Kept{})); d != "" {
						t.Fatalf("seed %d, step %d, %s, %+v (-fresh +remembered):\n%s", seed, step, by.Name, f, d)
					}
					some, err := h.desk.As(by).Count(ctx, f)
					must(t, err)
					all, err := fresh.As(by).Count(ctx, f)
					must(t, err)
					if some[0] != all[0] {
						t.Fatalf("seed %d, step %d, %s, %+v: remembered %d, fresh %d", seed, step, by.Name, f, some[0], all[0])
					}
				}
			}
		}
	})
}

// A fixer never gets a list that was read for a lead, nor one of another fixer.
func TestAListBelongsToWhoeverMaySeeIt(t *testing.T) {
	h := newHouse(t)
	one, two := h.titled("one"), h.titled("two")
	f := casework.Filter{Open: true, Sort: casework.ByCreated}
	see := func(by cvd.Actor, want string) {
		t.Helper()
		for range 2 {
			if got := titles(h.lists(h.desk, by, f)); got != want {
				t.Errorf("%s sees %q, want %q", by.Name, got, want)
			}
		}
	}
	see(h.lead, titles(h.lists(h.another(), h.lead, f)))
	see(h.fixer, "")
	h.do(h.lead, one, cvd.VerbInvite, cvd.Input{To: h.fixer.ID})
	see(h.fixer, "one")
	see(h.other, "")
	h.do(h.lead, two, cvd.VerbInvite, cvd.Input{To: h.other.ID})
	see(h.other, "two")
	see(h.fixer, "one")
	n, err := h.desk.As(h.fixer).Count(ctx, f)
	must(t, err)
	if n[0] != 1 {
		t.Errorf("the fixer counts %d", n[0])
	}
}

// The title of an erased case is shown by no desk, and is no longer in memory of
// the one that erased it.
func TestAnErasedTitleIsForgotten(t *testing.T) {
	h := newHouse(t)
	id := h.in(cvd.RMClosed).Case
	elsewhere := h.another()
	f := casework.Filter{RM: []cvd.RM{cvd.RMClosed}, Sort: casework.ByUpdated}
	for _, d := range []*casework.Desk{h.desk, elsewhere} {
		page := h.lists(d, h.lead, f)
		if titles(page) == "" || page.Rows[0].Kept == nil {
			t.Fatal("the case has no title")
		}
		if page.Rows[0].Key != nil || page.Rows[0].Sealed != nil {
			t.Error("a row carries what is sealed")
		}
	}
	h.do(h.lead, id, cvd.VerbErase, cvd.Input{Reason: "the reporter asked"})
	for _, d := range []*casework.Desk{h.desk, elsewhere} {
		page := h.lists(d, h.lead, f)
		if len(page.Rows) != 1 || !page.Rows[0].Erased || titles(page) != "" || page.Rows[0].Product != "" || page.Rows[0].Kept != nil {
			t.Errorf("an erased case reads %+v", page.Rows)
		}
	}
}

// What falls due is counted and listed from the moment on, although nothing was
// committed, and not a moment before; and a clock that is set back counts too.
func TestWhatFallsDueIsCountedAtOnce(t *testing.T) {
	h := newHouse(t)
	h.titled("one")
	h.now = h.now.Add(20 * time.Second)
	h.titled("two")
	due := h.lists(h.desk, h.lead, casework.Filter{Open: true}).Rows[0].NextDue
	for _, c := range []struct {
		after time.Duration
		want  int
	}{
		{0, 0},
		{time.Microsecond, 1},
		{time.Second, 1},
		{20 * time.Second, 1},
		{20*time.Second + time.Millisecond, 2},
		{30 * time.Second, 2},
		{10 * time.Second, 1},
		{-time.Second, 0},
		{time.Hour, 2},
	} {
		h.now = due.Add(c.after)
		f := casework.Filter{Open: true, DueBefore: h.now}
		n, err := h.desk.As(h.lead).Count(ctx, f)
		must(t, err)
		if got := len(h.lists(h.desk, h.lead, f).Rows); n[0] != c.want || got != c.want {
			t.Errorf("%s after the date: %d counted, %d listed, want %d", c.after, n[0], got, c.want)
		}
	}
}

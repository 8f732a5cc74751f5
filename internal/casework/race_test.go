package casework_test

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"fairlead/internal/casework"
	"fairlead/internal/cvd"
	"fairlead/internal/seal"
)

// together runs all at once and returns their errors in order.
func together(n int, do func(i int) error) []error {
	errs := make([]error, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { errs[i] = do(i) })
	}
	wg.Wait()
	return errs
}

func TestOfManyAtOnceOneWinsOrAllApplyInOrder(t *testing.T) {
	each(t, "two-person-team.yaml", func(h *house) {
		a := h.report()
		for _, c := range []struct {
			verb cvd.Verb
			wins int // how many of eight
		}{{cvd.VerbNote, 8}, {cvd.VerbValidate, 1}, {cvd.VerbAccept, 1}, {cvd.VerbClaim, 1}, {cvd.VerbEmergency, 1}, {cvd.VerbClose, 1}} {
			wins := 0
			in := h.input(c.verb, h.file(a.Case).Case)
			for _, err := range together(8, func(i int) error {
				_, err := h.try(h.lead, a.Case, c.verb, in)
				return err
			}) {
				switch {
				case err == nil:
					wins++
				case !errors.Is(err, cvd.ErrNotReady):
					h.t.Errorf("%s: %v", c.verb, err)
				}
			}
			if wins != c.wins {
				h.t.Errorf("%s was done %d times, want %d", c.verb, wins, c.wins)
			}
		}
		h.addsUp(a.Case)
		claim := h.report()
		won := 0
		for _, err := range together(2, func(i int) error {
			_, err := h.try([]cvd.Actor{h.lead, h.member}[i], claim.Case, cvd.VerbClaim, cvd.Input{})
			return err
		}) {
			if err == nil {
				won++
			}
		}
		if won != 1 {
			h.t.Errorf("%d hold the case", won)
		}
	})
}

func TestARequestSentManyTimesAtOnceIsOneCase(t *testing.T) {
	each(t, "two-person-team.yaml", func(h *house) {
		sub := casework.Submission{Report: &cvd.Report{Description: "x"}, Channel: "api", Once: &casework.Once{Key: "k", Digest: "d"}}
		got := make([]casework.Accepted, 8)
		for _, err := range together(len(got), func(i int) (err error) {
			got[i], err = h.desk.As(cvd.Stranger).Receive(ctx, sub)
			return err
		}) {
			must(h.t, err)
		}
		fresh := 0
		for _, a := range got {
			if a.Case != got[0].Case || a.Receipt != got[0].Receipt {
				h.t.Errorf("answered %s and %s", a.Case, got[0].Case)
			}
			if !a.Again {
				fresh++
			}
		}
		n, err := h.desk.As(h.lead).Count(ctx, casework.Filter{})
		must(h.t, err)
		if n[0] != 1 || fresh != 1 {
			h.t.Errorf("%d cases, %d answers as new", n[0], fresh)
		}
	})
}

func TestManyReportsAtOnceAreAllThere(t *testing.T) {
	each(t, "two-person-team.yaml", func(h *house) {
		got := make([]casework.Accepted, 20)
		for _, err := range together(len(got), func(i int) (err error) {
			got[i], err = h.desk.As(cvd.Stranger).Receive(ctx, casework.Submission{Report: &cvd.Report{Description: fmt.Sprint(i)}, Channel: "web"})
			return err
		}) {
			must(h.t, err)
		}
		for i, a := range got {
			f, err := h.desk.As(h.reporter(a)).Case(ctx, a.Case)
			must(h.t, err)
			if f.Events[0].Body.Report.Description != fmt.Sprint(i) {
				h.t.Errorf("receipt %d opens another report", i)
			}
		}
	})
}

// The key-encryption key changes while the team works; afterwards the old one
// may go, and everything still opens.
func TestTheKeyIsChangedWhileVerbsRun(t *testing.T) {
	each(t, "two-person-team.yaml", func(h *house) {
		var cases []casework.Accepted
		for range 6 {
			cases = append(cases, h.report())
		}
		erased := h.in(cvd.RMClosed)
		h.do(h.lead, erased.Case, cvd.VerbErase, cvd.Input{Reason: "asked"})
		keys := h.vault.Keys()
		old := keys.PrimaryID()
		save := func(*seal.Keyring) error { return nil }
		_, err := keys.Rotate(save)
		must(h.t, err)
		for _, err := range together(8, func(i int) error {
			if i >= 6 {
				_, err := h.vault.RewrapCases(ctx, h.st, 100)
				return err
			}
			for range 5 {
				if _, err := h.try(h.member, cases[i].Case, cvd.VerbNote, cvd.Input{Note: "words"}); err != nil {
					return err
				}
			}
			return nil
		}) {
			if err != nil && !errors.Is(err, cvd.ErrConflict) { // two rewraps at once
				h.t.Error(err)
			}
		}
		n, err := h.vault.RewrapCases(ctx, h.st, 100)
		must(h.t, err)
		if n != 0 {
			h.t.Errorf("%d cases were left under the old key", n)
		}
		must(h.t, keys.Drop(old, save))
		for _, a := range cases {
			if f := h.file(a.Case); f.Case.Version != 6 || f.Events[0].Body.Report.Title != "canary-title" {
				h.t.Errorf("%s has %d events", a.Case, f.Case.Version)
			}
			h.addsUp(a.Case)
		}
		if f := h.file(erased.Case); !f.Erased {
			h.t.Error("an erased case came back")
		}
	})
}

// Of one request that comes many times at once one is done, and all are answered alike.
func TestTheSameWordManyTimesAtOnce(t *testing.T) {
	each(t, "two-person-team.yaml", func(h *house) {
		a := h.report()
		r := h.reporter(a)
		said := make([]int64, 8)
		var wg sync.WaitGroup
		for i := range said {
			wg.Go(func() {
				done, err := h.desk.As(r).Once(&casework.Once{Key: "k", Digest: "d"}).Do(ctx, a.Case, cvd.VerbMessage, cvd.Input{Text: "more"})
				switch {
				case err != nil:
					h.t.Errorf("%d: %v", i, err)
				case done.Again != nil:
					said[i] = done.Again.Seq
				default:
					said[i] = done.Events[0].Seq
				}
			})
		}
		wg.Wait()
		if f := h.file(a.Case); len(f.Events) != 2 || slices.ContainsFunc(said, func(seq int64) bool { return seq != 2 }) {
			h.t.Errorf("%d events, answers %v", len(f.Events), said)
		}
	})
}

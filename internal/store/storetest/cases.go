package storetest

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"fairlead/internal/cvd"
	"fairlead/internal/store"
)

func caseRoundTrip(t *testing.T, s store.Store) {
	full := sample("FL-2026-AAAAAAA")
	full.Band, full.Assignee, full.Cluster = cvd.BandHigh, "member-é-漢", "FL-2026-BBBBBBB"
	full.Emergency, full.Privacy, full.Paused, full.Unread, full.Breached, full.Appeal, full.Pending = true, true, true, true, true, true, true
	full.Created = day.In(time.FixedZone("far", 5*3600)).Add(789) // nanoseconds are cut, zones are not kept
	bare := store.Case{ID: "FL-2026-CCCCCCC", Version: 1, Sealed: []byte{}, Key: []byte{}}
	put(t, s, full, bare)
	full.Created = day
	bare.Sealed, bare.Key = nil, nil
	same(t, "full", stored(t, s, full.ID), full)
	same(t, "bare", stored(t, s, bare.ID), bare)

	full.Emergency, full.Privacy, full.Paused, full.Unread, full.Breached, full.Appeal, full.Pending = false, true, false, true, false, false, false
	full.NextDue, full.Wake, full.Version, full.Sealed = time.Time{}, time.Time{}, 2, make([]byte, 300_000)
	update(t, s, func(tx store.Tx) error { return tx.PutCase(full, 1) })
	same(t, "changed", stored(t, s, full.ID), full)
	refused(t, s, cvd.ErrNotFound, func(tx store.Tx) error { _, err := tx.Case("FL-2026-ZZZZZZZ"); return err })
}

func caseSwap(t *testing.T, s store.Store) {
	c := sample(caseID(1))
	refused(t, s, cvd.ErrConflict, func(tx store.Tx) error { return tx.PutCase(c, 1) })
	put(t, s, c)
	refused(t, s, cvd.ErrConflict, func(tx store.Tx) error { return tx.PutCase(c, 0) })
	next := c
	next.Version, next.Assignee = 2, "somebody"
	refused(t, s, cvd.ErrConflict, func(tx store.Tx) error { return tx.PutCase(next, 7) })
	same(t, "after conflicts", stored(t, s, c.ID), c)
	// A conflict is an answer, not the end of the transaction.
	update(t, s, func(tx store.Tx) error {
		if err := tx.PutCase(c, 0); err == nil {
			t.Error("no conflict")
		}
		return tx.PutCase(next, 1)
	})
	same(t, "swapped", stored(t, s, c.ID), next)
}

func caseKeyColumns(t *testing.T, s store.Store) {
	c := sample(caseID(1))
	put(t, s, c)
	next := c
	next.Version, next.Key, next.KEK = 2, []byte("another"), "kek-9"
	update(t, s, func(tx store.Tx) error { return tx.PutCase(next, 1) })
	next.Key, next.KEK = c.Key, c.KEK
	same(t, "case", stored(t, s, c.ID), next)
}

// population is a small world in which every filter meets something.
func population(n int) []store.Case {
	r := rand.New(rand.NewPCG(1, 2))
	pick := func(of ...string) string { return of[r.IntN(len(of))] }
	out := make([]store.Case, n)
	for i := range out {
		c := sample(cvd.CaseID(fmt.Sprintf("FL-2026-%05d%02d", r.IntN(100_000), i)))
		c.RM = cvd.RM(pick("received", "valid", "invalid", "accepted", "deferred", "closed", "closed"))
		c.Program, c.Assignee = pick("main", "main", "other"), pick("", "", "ann", "bob")
		c.Band = cvd.Band(pick("", "none", "low", "medium", "high", "critical"))
		c.Emergency, c.Privacy, c.Paused = r.IntN(6) == 0, r.IntN(6) == 0, r.IntN(3) == 0
		c.Unread, c.Breached, c.Appeal, c.Pending = r.IntN(2) == 0, r.IntN(4) == 0, r.IntN(5) == 0, r.IntN(5) == 0
		c.Created, c.Updated = at(r.IntN(20)), at(20+r.IntN(20)) // many ties
		c.NextDue = at(100 + r.IntN(10))
		if c.RM == cvd.RMClosed || r.IntN(8) == 0 {
			c.NextDue = time.Time{}
		}
		out[i] = c
	}
	return out
}

// selects is the filter's meaning, said plainly.
func selects(f *store.Filter, c *store.Case) bool {
	return (len(f.RM) == 0 || slices.Contains(f.RM, c.RM)) &&
		(!f.Open || c.RM != cvd.RMClosed) &&
		(f.Program == "" || f.Program == c.Program) &&
		(len(f.Assignees) == 0 || slices.Contains(f.Assignees, c.Assignee)) &&
		(len(f.Band) == 0 || slices.Contains(f.Band, c.Band)) &&
		(!f.Emergency || c.Emergency) && (!f.Privacy || c.Privacy) && (!f.Paused || c.Paused) &&
		(!f.Unread || c.Unread) && (!f.Breached || c.Breached) && (!f.Appeal || c.Appeal) && (!f.Pending || c.Pending) &&
		(f.DueFrom.IsZero() || c.NextDue.IsZero() || !c.NextDue.Before(f.DueFrom)) &&
		(f.DueBefore.IsZero() || !c.NextDue.IsZero() && c.NextDue.Before(f.DueBefore)) &&
		(f.IDs == nil || slices.Contains(f.IDs, c.ID))
}

// later puts what has no due date behind all that has one.
func later(a, b time.Time) int {
	if a.IsZero() != b.IsZero() {
		if a.IsZero() {
			return 1
		}
		return -1
	}
	return a.Compare(b)
}

func byDue(a, b *store.Case) int {
	return cmp.Or(later(a.NextDue, b.NextDue), a.Created.Compare(b.Created), cmp.Compare(a.ID, b.ID))
}

// ranked puts some before others, and orders each by due.
func ranked(rank func(c *store.Case) int) func(a, b *store.Case) int {
	return func(a, b *store.Case) int { return cmp.Or(rank(a)-rank(b), byDue(a, b)) }
}

func newest(of func(c *store.Case) time.Time) func(a, b *store.Case) int {
	return func(a, b *store.Case) int { return -cmp.Or(of(a).Compare(of(b)), cmp.Compare(a.ID, b.ID)) }
}

func turned(order func(a, b *store.Case) int) func(a, b *store.Case) int {
	return func(a, b *store.Case) int { return -order(a, b) }
}

var (
	byCreated = newest(func(c *store.Case) time.Time { return c.Created })
	byUpdated = newest(func(c *store.Case) time.Time { return c.Updated })
)

// orders are the meaning of the orders, said plainly.
var orders = map[store.Sort]func(a, b *store.Case) int{
	"due": byDue,
	"-due": func(a, b *store.Case) int {
		if a.NextDue.IsZero() != b.NextDue.IsZero() {
			return later(a.NextDue, b.NextDue)
		}
		return -byDue(a, b)
	},
	"urgent": ranked(func(c *store.Case) int {
		if c.Emergency {
			return 0
		}
		return 1
	}),
	"severity": ranked(func(c *store.Case) int {
		return slices.Index([]cvd.Band{"critical", "high", "medium", "low", "none", ""}, c.Band)
	}),
	"-severity": ranked(func(c *store.Case) int {
		return slices.Index([]cvd.Band{"none", "low", "medium", "high", "critical", ""}, c.Band)
	}),
	"created": byCreated, "-created": turned(byCreated),
	"updated": byUpdated, "-updated": turned(byUpdated),
}

func model(all []store.Case, f *store.Filter) []store.Case {
	var out []store.Case
	for i := range all {
		if selects(f, &all[i]) {
			out = append(out, all[i])
		}
	}
	order := orders[f.Sort]
	slices.SortFunc(out, func(a, b store.Case) int { return order(&a, &b) })
	return out
}

func drawFilter(t *rapid.T, all []store.Case) store.Filter {
	rare := func(name string) bool { return rapid.IntRange(0, 6).Draw(t, name) == 0 }
	f := store.Filter{
		Open: rapid.Bool().Draw(t, "open"), Emergency: rare("emergency"), Privacy: rare("privacy"),
		Paused: rare("paused"), Unread: rare("unread"), Breached: rare("breached"), Appeal: rare("appeal"), Pending: rare("pending"),
		Sort: rapid.SampledFrom(store.Sorts).Draw(t, "sort"),
	}
	if rare("by program") {
		f.Program = rapid.SampledFrom([]string{"main", "other", "absent"}).Draw(t, "program")
	}
	if rare("by assignee") {
		f.Assignees = rapid.SliceOfN(rapid.SampledFrom([]string{"", "ann", "bob", "nobody"}), 0, 3).Draw(t, "assignees")
	}
	if rare("by state") {
		f.RM = rapid.SliceOfN(rapid.SampledFrom([]cvd.RM{"received", "valid", "invalid", "accepted", "deferred", "closed"}), 0, 4).Draw(t, "rm")
	}
	if rare("by band") {
		f.Band = rapid.SliceOfN(rapid.SampledFrom([]cvd.Band{"", "none", "low", "high", "critical"}), 0, 3).Draw(t, "band")
	}
	if rare("due") {
		f.DueBefore = at(100 + rapid.IntRange(0, 11).Draw(t, "due before"))
	}
	if rare("due from") {
		f.DueFrom = at(100 + rapid.IntRange(0, 11).Draw(t, "the first due"))
	}
	if rare("by id") {
		f.IDs = []cvd.CaseID{}
		for _, i := range rapid.SliceOfN(rapid.IntRange(0, len(all)), 0, 20).Draw(t, "ids") {
			if i == len(all) {
				f.IDs = append(f.IDs, "FL-2026-ABSENTX")
			} else {
				f.IDs = append(f.IDs, all[i].ID)
			}
		}
	}
	return f
}

func caseFilters(t *testing.T, s store.Store) {
	all := population(90)
	put(t, s, all...)
	rapid.Check(t, func(r *rapid.T) {
		f := drawFilter(r, all)
		want := model(all, &f)
		limit := rapid.IntRange(0, 100).Draw(r, "count limit")
		view(t, s, func(tx store.Tx) error {
			got, err := tx.Cases(f)
			if err != nil {
				return err
			}
			if !slices.EqualFunc(got, want, func(a, b store.Case) bool { return a.ID == b.ID && a.NextDue.Equal(b.NextDue) }) {
				r.Fatalf("%+v selects %v, want %v", f, idsOf(got), idsOf(want))
			}
			n, err := tx.CountCases(f, limit)
			if err == nil && n != min(limit, len(want)) {
				r.Fatalf("%+v counts %d of %d, want at most %d", f, n, len(want), limit)
			}
			return err
		})
	})
}

func idsOf(cases []store.Case) []cvd.CaseID {
	out := []cvd.CaseID{}
	for _, c := range cases {
		out = append(out, c.ID)
	}
	return out
}

func casePages(t *testing.T, s store.Store) {
	all := population(90)
	put(t, s, all...)
	rapid.Check(t, func(r *rapid.T) {
		f := drawFilter(r, all)
		f.IDs = nil
		want := idsOf(model(all, &f))
		f.Limit = rapid.IntRange(1, 40).Draw(r, "limit")
		got := []cvd.CaseID{}
		view(t, s, func(tx store.Tx) error {
			for {
				page, err := tx.Cases(f)
				if err != nil || len(page) == 0 {
					return err
				}
				if len(page) > f.Limit {
					r.Fatalf("page of %d for a limit of %d", len(page), f.Limit)
				}
				got = append(got, idsOf(page)...)
				last := page[len(page)-1]
				f.After = f.Sort.Cursor(&last)
			}
		})
		if !slices.Equal(got, want) {
			r.Fatalf("%+v pages %v, want %v", f, got, want)
		}
	})
}

func caseCollation(t *testing.T, s store.Store) {
	ids := []cvd.CaseID{"B-1", "a-1", "A-1", "a_1", "A1", "é-1", "Z-1", "~", "-", "a-", "a"}
	for _, id := range ids {
		put(t, s, sample(id))
	}
	slices.Sort(ids)
	view(t, s, func(tx store.Tx) error {
		got, err := tx.Cases(store.Filter{Sort: store.ByDue})
		same(t, "order", idsOf(got), ids)
		if err != nil {
			return err
		}
		slices.Reverse(ids)
		got, err = tx.Cases(store.Filter{Sort: store.ByCreated, Open: true})
		same(t, "newest first", idsOf(got), ids)
		return err
	})
}

func caseForeign(t *testing.T, s store.Store) {
	put(t, s, sample(caseID(1)))
	view(t, s, func(tx store.Tx) error {
		for _, word := range []string{"a\x00b", "\xff\xfe"} {
			for _, f := range []store.Filter{
				{Program: word},
				{Assignees: []string{word}},
				{IDs: []cvd.CaseID{cvd.CaseID(word)}},
				{RM: []cvd.RM{cvd.RM(word)}},
				{After: &store.Cursor{At: at(0), ID: cvd.CaseID(word)}},
			} {
				if got, err := tx.Cases(f); err != nil || len(got) > 0 {
					t.Errorf("%+v: %d cases, %v", f, len(got), err)
				}
			}
		}
		for _, word := range []string{`"`, `\`, "'; DROP TABLE cases; --", "%", "_"} {
			got, err := tx.Cases(store.Filter{Program: word, IDs: []cvd.CaseID{cvd.CaseID(word), caseID(1)}})
			if err != nil || len(got) > 0 {
				t.Errorf("%q: %d cases, %v", word, len(got), err)
			}
		}
		if _, err := tx.Cases(store.Filter{Sort: "sideways"}); err == nil {
			t.Error("an unknown order was taken")
		}
		return nil
	})
}

func wake(t *testing.T, s store.Store) {
	a, b, c, never := sample(caseID(1)), sample(caseID(2)), sample(caseID(3)), sample(caseID(4))
	a.Wake, b.Wake, c.Wake, never.Wake = at(20), at(10), at(30), time.Time{}
	put(t, s, a, b, c, never)
	view(t, s, func(tx store.Tx) error {
		for _, one := range []struct {
			now   time.Time
			limit int
			want  []cvd.CaseID
		}{
			{at(9), 10, []cvd.CaseID{}},
			{at(20), 10, []cvd.CaseID{b.ID, a.ID}},
			{at(1 << 40), 10, []cvd.CaseID{b.ID, a.ID, c.ID}},
			{at(30), 1, []cvd.CaseID{b.ID}},
			{at(30), 0, []cvd.CaseID{}},
		} {
			got, err := tx.Wake(one.now, one.limit)
			if err != nil {
				return err
			}
			same(t, "wake", got, one.want)
		}
		return nil
	})
}

func stale(t *testing.T, s store.Store) {
	a, b, c, erased := sample(caseID(1)), sample(caseID(2)), sample(caseID(3)), sample(caseID(4))
	a.KEK, b.KEK, c.KEK, erased.KEK = "kek-1", "kek-2", "kek-3", "kek-1"
	put(t, s, a, b, c, erased)
	update(t, s, func(tx store.Tx) error { return tx.DropKey(store.KeyRef{Case: erased.ID, Kind: store.KeyCase}) })
	view(t, s, func(tx store.Tx) error {
		got, err := tx.Stale("kek-2", 10)
		slices.Sort(got)
		same(t, "stale", got, []cvd.CaseID{a.ID, c.ID})
		if err != nil {
			return err
		}
		got, err = tx.Stale("kek-2", 1)
		if len(got) != 1 {
			t.Errorf("limit 1: %v", got)
		}
		return err
	})
}

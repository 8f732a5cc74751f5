package watch_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"testing"
	"time"

	"fairlead/internal/casework/fixer"
	"fairlead/internal/casework/watch"
	"fairlead/internal/cvd"
	"fairlead/internal/store"
	"fairlead/internal/store/storetest/engines"
	"fairlead/internal/store/storetest/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

var (
	ctx   = context.Background()
	start = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
)

// never is a rest that no test outlives: they look by themselves.
const never = time.Hour

func board(st store.Store) *watch.Board {
	return watch.New(watch.Config{Store: st, Log: slog.New(slog.DiscardHandler), Every: never})
}

func put(t *testing.T, st store.Store, c store.Case, was int64) {
	t.Helper()
	c.Sealed, c.Key = []byte("canary words"), []byte("k")
	if err := st.Update(ctx, func(tx store.Tx) error { return tx.PutCase(c, was) }); err != nil {
		t.Fatal(err)
	}
}

func id(n int) cvd.CaseID {
	return cvd.NewCaseID("FL", 2026, [6]byte{byte(n), byte(n >> 3), 1, 2, 3, 4})
}

// told looks, and gives what the listener hears of it.
func told(t *testing.T, b *watch.Board, l *watch.Listener) watch.News {
	t.Helper()
	b.Look(ctx)
	var out watch.News
	// The board's own first look may have come between: it found nothing or the same.
	for range 2 {
		c, stop := context.WithTimeout(ctx, 50*time.Millisecond)
		n, err := l.Next(c)
		stop()
		if err != nil {
			break
		}
		out.Changes, out.Many = append(out.Changes, n.Changes...), out.Many || n.Many
	}
	return out
}

func TestChangesAreToldByKind(t *testing.T) {
	engines.Each(t, func(t *testing.T, open func(*testing.T) store.Store) {
		st := open(t)
		c := store.Case{ID: id(1), RM: cvd.RMReceived, Created: start, Updated: start, Version: 1, NextDue: start.Add(time.Hour)}
		put(t, st, c, 0)
		b := board(st)
		l := b.Listen("ann")
		defer l.Close()
		if n := told(t, b, l); len(n.Changes) > 0 || n.Many {
			t.Fatalf("what stood before is told: %+v", n)
		}
		change := func(kind watch.Kind, alter func()) {
			t.Helper()
			was := c.Version
			c.Version, c.Updated = was+1, c.Updated.Add(time.Minute)
			alter()
			put(t, st, c, was)
			n := told(t, b, l)
			if want := []watch.Change{{Case: c.ID, Kind: kind, Version: c.Version}}; !slices.Equal(n.Changes, want) || n.Many {
				t.Errorf("%+v, want %+v", n, want)
			}
			if text, _ := json.Marshal(n); len(text) > 120 {
				t.Errorf("it tells more than an id, a kind and a version: %s", text)
			}
		}
		change(watch.KindHolder, func() { c.Assignee = "m-1" })
		change(watch.KindMessage, func() { c.Unread = true })
		change(watch.KindState, func() { c.RM = cvd.RMValid })
		change(watch.KindClock, func() { c.NextDue = start.Add(2 * time.Hour) })
		change(watch.KindClock, func() { c.Breached = true })
		change(watch.KindOther, func() {})
		next := store.Case{ID: id(2), RM: cvd.RMReceived, Created: c.Updated.Add(time.Minute), Updated: c.Updated.Add(time.Minute), Version: 1}
		put(t, st, next, 0)
		if n := told(t, b, l); len(n.Changes) != 1 || n.Changes[0].Kind != watch.KindNew {
			t.Errorf("a new case is told as %+v", n)
		}
		if n := told(t, b, l); len(n.Changes) > 0 {
			t.Errorf("it is told twice: %+v", n)
		}
	})
}

// A change that was dated before another and committed after it is told too.
func TestALateCommitIsTold(t *testing.T) {
	engines.Each(t, func(t *testing.T, open func(*testing.T) store.Store) {
		st := open(t)
		for n := range 5 {
			put(t, st, store.Case{ID: id(n), RM: cvd.RMReceived, Created: start, Updated: start.Add(time.Duration(n) * time.Hour), Version: 1}, 0)
		}
		b := board(st)
		l := b.Listen("ann")
		defer l.Close()
		told(t, b, l)
		put(t, st, store.Case{ID: id(0), RM: cvd.RMValid, Created: start, Updated: start.Add(3 * time.Hour), Version: 2}, 1)
		if n := told(t, b, l); len(n.Changes) != 1 || n.Changes[0].Case != id(0) {
			t.Errorf("%+v", n)
		}
	})
}

func TestAFloodIsMany(t *testing.T) {
	engines.Each(t, func(t *testing.T, open func(*testing.T) store.Store) {
		st := open(t)
		b := board(st)
		l := b.Listen("ann")
		defer l.Close()
		told(t, b, l)
		if err := st.Update(ctx, func(tx store.Tx) error {
			for n := range 250 {
				name := cvd.CaseID(fmt.Sprintf("FL-2026-%07d", n))
				if err := tx.PutCase(store.Case{ID: name, RM: cvd.RMReceived, Created: start, Updated: start, Version: 1, Sealed: []byte("s"), Key: []byte("k")}, 0); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if n := told(t, b, l); !n.Many || len(n.Changes) > 200 {
			t.Errorf("many: %v, and %d by name", n.Many, len(n.Changes))
		}
	})
}

// Whoever is named on a case hears of that one alone, and of no other once they are
// not; who sees no case hears of none.
func TestOnlyWhatTheActorSees(t *testing.T) {
	engines.Each(t, func(t *testing.T, open func(*testing.T) store.Store) {
		st := open(t)
		b := board(st)
		if err := st.Update(ctx, func(tx store.Tx) error { return tx.PutRecord(fixer.Record("fia", id(1), start), 0) }); err != nil {
			t.Fatal(err)
		}
		changes := []watch.Change{{Case: id(1), Kind: watch.KindNew, Version: 1}, {Case: id(2), Kind: watch.KindNew, Version: 1}}
		for _, c := range []struct {
			role cvd.Role
			want int
		}{{cvd.RoleLead, 2}, {cvd.RoleMember, 2}, {cvd.RoleAuditor, 2}, {cvd.RoleFixer, 1}, {cvd.RoleOfficer, 0}, {cvd.RoleReader, 0}} {
			got, err := b.Visible(ctx, cvd.Actor{Kind: cvd.ActorMember, ID: "fia", Roles: []cvd.Role{c.role}}, changes)
			if err != nil || len(got) != c.want || (c.want == 1 && got[0].Case != id(1)) {
				t.Errorf("%s hears of %v, %v", c.role, got, err)
			}
		}
		if got, err := b.Visible(ctx, cvd.Actor{Kind: cvd.ActorReporter, Receipt: "r"}, changes); err != nil || len(got) > 0 {
			t.Errorf("a reporter hears of %v, %v", got, err)
		}
	})
}

func TestListenersAreBoundedAndEnd(t *testing.T) {
	engines.Each(t, func(t *testing.T, open func(*testing.T) store.Store) {
		b := board(open(t))
		first := b.Listen("ann")
		others := b.Listen("ben")
		for range watch.Most {
			defer b.Listen("ann").Close()
		}
		if !errors.Is(ended(first), watch.ErrCrowded) {
			t.Error("the oldest goes on")
		}
		b.Look(ctx)
		if _, err := others.Next(ctx); err != nil {
			t.Error("somebody else's was ended")
		}
		b.Close()
		if !errors.Is(ended(others), watch.ErrClosed) || !errors.Is(ended(b.Listen("eve")), watch.ErrClosed) {
			t.Error("somebody listens to what is closed")
		}
	})
}

// Whoever reads slowly is told that there was more, and holds nobody up.
func TestASlowListenerIsToldMany(t *testing.T) {
	engines.Each(t, func(t *testing.T, open func(*testing.T) store.Store) {
		st := open(t)
		b := board(st)
		l := b.Listen("ann")
		defer l.Close()
		b.Look(ctx)
		c := store.Case{ID: id(1), RM: cvd.RMReceived, Created: start, Updated: start}
		for range 30 {
			was := c.Version
			c.Version++
			put(t, st, c, was)
			b.Look(ctx)
		}
		for range 30 {
			if n, _ := l.Next(ctx); n.Many {
				return
			}
		}
		t.Error("nothing is said of what was missed")
	})
}

// ended tells how the listener ends, behind what it heard already.
func ended(l *watch.Listener) error {
	c, stop := context.WithTimeout(ctx, 10*time.Second)
	defer stop()
	for {
		if _, err := l.Next(c); err != nil {
			return err
		}
	}
}

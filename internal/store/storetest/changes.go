package storetest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"fairlead/internal/cvd"
	"fairlead/internal/store"
)

var errOwn = errors.New("the change's own error")

func exists(t *testing.T, s store.Store, id cvd.CaseID) bool {
	t.Helper()
	found := false
	view(t, s, func(tx store.Tx) error {
		_, err := tx.Case(id)
		found = err == nil
		if errors.Is(err, cvd.ErrNotFound) {
			return nil
		}
		return err
	})
	return found
}

func rollback(t *testing.T, s store.Store) {
	err := s.Update(context.Background(), func(tx store.Tx) error {
		for _, err := range []error{
			tx.PutCase(sample(caseID(1)), 0), tx.Append([]store.Event{event(string(caseID(1)), 1)}),
			tx.PutKey(participant(caseID(1), "reporter", "k")), tx.Enqueue([]store.Effect{effect(1, at(0))}),
			tx.PutRecord(record(session, "a", "", 0), 0),
		} {
			if err != nil {
				t.Error(err)
			}
		}
		if c, err := tx.Case(caseID(1)); err != nil || c.ID != caseID(1) {
			t.Errorf("the transaction does not see its own change: %v", err)
		}
		return errOwn
	})
	if err != errOwn { //nolint:errorlint // returned unchanged
		t.Errorf("got %v, want the change's own error, unchanged", err)
	}
	same(t, "case", exists(t, s, caseID(1)), false)
	same(t, "events", len(history(t, s, string(caseID(1)), 0, 9)), 0)
	same(t, "keys", len(keysOf(t, s, caseID(1))), 0)
	same(t, "effects", effectsOf(t, s, "", "", 9), []string{})
	same(t, "records", recordIDs(t, s, session, "", 9), []string{})
}

// crowd runs n changes at the same time.
func crowd(n int, one func(i int)) {
	var wg sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		wg.Go(func() {
			<-start
			one(i)
		})
	}
	close(start)
	wg.Wait()
}

func rollbackAmong(t *testing.T, s store.Store) {
	const n = 48
	crowd(n, func(i int) {
		err := s.Update(context.Background(), func(tx store.Tx) error {
			if err := tx.PutCase(sample(caseID(i)), 0); err != nil {
				return err
			}
			if err := tx.Enqueue([]store.Effect{effect(i, at(i))}); err != nil {
				return err
			}
			if i%3 == 0 {
				return fmt.Errorf("change %d: %w", i, errOwn)
			}
			return nil
		})
		if i%3 == 0 != errors.Is(err, errOwn) {
			t.Errorf("change %d: %v", i, err)
		}
	})
	for i := range n {
		same(t, fmt.Sprintf("case %d", i), exists(t, s, caseID(i)), i%3 != 0)
	}
	same(t, "effects", len(effectsOf(t, s, "", "", n)), n-n/3)
}

func panics(t *testing.T, s store.Store) {
	crowd(12, func(i int) {
		defer func() {
			if said := recover(); (said != nil) != (i%4 == 0) {
				t.Errorf("change %d: panic %v", i, said)
			}
		}()
		err := s.Update(context.Background(), func(tx store.Tx) error {
			if err := tx.PutCase(sample(caseID(i)), 0); err != nil {
				return err
			}
			if i%4 == 0 {
				panic("on purpose")
			}
			return nil
		})
		if err != nil {
			t.Errorf("change %d: %v", i, err)
		}
	})
	for i := range 12 {
		same(t, fmt.Sprintf("case %d", i), exists(t, s, caseID(i)), i%4 != 0)
	}
	func() {
		defer func() { _ = recover() }()
		_ = s.View(context.Background(), func(store.Tx) error { panic("on purpose") })
	}()
	put(t, s, sample(caseID(100)))
}

func viewWrites(t *testing.T, s store.Store) {
	for range 6 { // more often than there are readers
		view(t, s, func(tx store.Tx) error {
			for what, err := range map[string]error{
				"case": tx.PutCase(sample(caseID(1)), 0), "record": tx.PutRecord(record(session, "a", "", 0), 0),
				"event": tx.Append([]store.Event{event("x", 1)}), "effect": tx.Enqueue([]store.Effect{effect(1, at(0))}),
				"key": tx.PutKey(participant(caseID(1), "p", "k")), "drop": tx.DropKey(store.KeyRef{Kind: store.KeyCase}),
			} {
				if err == nil {
					t.Errorf("a view wrote a %s", what)
				}
			}
			_, err := tx.Cases(store.Filter{}) // and it can still read
			return err
		})
	}
	same(t, "nothing", exists(t, s, caseID(1)), false)
	if err := s.View(context.Background(), func(store.Tx) error { return errOwn }); err != errOwn { //nolint:errorlint // unchanged
		t.Errorf("got %v", err)
	}
}

func keptTx(t *testing.T, s store.Store) {
	var kept []store.Tx
	update(t, s, func(tx store.Tx) error { kept = append(kept, tx); return tx.PutCase(sample(caseID(1)), 0) })
	view(t, s, func(tx store.Tx) error { kept = append(kept, tx); return nil })
	for _, tx := range kept {
		if _, err := tx.Case(caseID(1)); err == nil {
			t.Error("a transaction works after its end")
		}
		if err := tx.PutCase(sample(caseID(2)), 0); err == nil {
			t.Error("a transaction writes after its end")
		}
	}
	same(t, "nothing", exists(t, s, caseID(2)), false)
}

func viewSnapshot(t *testing.T, s store.Store) {
	put(t, s, sample(caseID(1)))
	view(t, s, func(tx store.Tx) error {
		before, err := tx.CountCases(store.Filter{}, 10)
		if err != nil {
			return err
		}
		put(t, s, sample(caseID(2)))
		after, err := tx.CountCases(store.Filter{}, 10)
		same(t, "count", [2]int{before, after}, [2]int{1, 1})
		return err
	})
	same(t, "afterwards", exists(t, s, caseID(2)), true)
}

// Names of generations never return, and each commit, of cases or of anything
// else, makes a new one before its caller hears of it.
func generations(t *testing.T, s store.Store) {
	seen := map[string]bool{}
	next := func(what string) {
		t.Helper()
		now, err := s.Generation(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if seen[now] {
			t.Errorf("%s: the name %q was given before", what, now)
		}
		seen[now] = true
	}
	next("at first")
	for i := range 20 {
		put(t, s, sample(caseID(i)))
		next("a case was put")
		update(t, s, func(tx store.Tx) error { return tx.PutRecord(store.Record{Kind: "x", ID: fmt.Sprint(i)}, 0) })
		next("a record was put")
	}
	update(t, s, func(tx store.Tx) error { return tx.DropKey(store.KeyRef{Case: caseID(1), Kind: store.KeyCase}) })
	next("a key was dropped")
	if err := s.Ready(context.Background()); err != nil {
		t.Fatal(err)
	}
	next("a beat was put")
}

func concurrentSwap(t *testing.T, s store.Store) {
	c := sample(caseID(1))
	put(t, s, c)
	var won atomic.Int64
	crowd(16, func(i int) { // all from the same version: one wins
		next := c
		next.Version, next.Assignee = 2, fmt.Sprint("member ", i)
		err := s.Update(context.Background(), func(tx store.Tx) error { return tx.PutCase(next, 1) })
		if err == nil {
			won.Add(1)
		} else if !errors.Is(err, cvd.ErrConflict) {
			t.Errorf("got %v", err)
		}
	})
	same(t, "winners", won.Load(), int64(1))
	const n = 24
	crowd(n, func(int) { // each from what it reads: all win in the end
		for {
			err := s.Update(context.Background(), func(tx store.Tx) error {
				now, err := tx.Case(c.ID)
				if err != nil {
					return err
				}
				was := now.Version
				now.Version, now.Policy = was+1, now.Policy+1
				if err := tx.Append([]store.Event{event(string(c.ID), now.Version)}); err != nil {
					return err
				}
				return tx.PutCase(now, was)
			})
			if err == nil {
				return
			}
			if !errors.Is(err, cvd.ErrConflict) {
				t.Errorf("got %v", err)
				return
			}
		}
	})
	got := stored(t, s, c.ID)
	same(t, "version and count", [2]int64{got.Version, int64(got.Policy)}, [2]int64{2 + n, 3 + n})
	same(t, "history", len(history(t, s, string(c.ID), 0, 100)), n)
}

func cancelled(t *testing.T, s store.Store) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for what, err := range map[string]error{
		"update": s.Update(ctx, func(store.Tx) error { t.Error("an update ran"); return nil }),
		"view":   s.View(ctx, func(store.Tx) error { t.Error("a view ran"); return nil }),
	} {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s: got %v", what, err)
		}
	}
	ctx, cancel = context.WithCancel(context.Background())
	err := s.Update(ctx, func(tx store.Tx) error {
		if err := tx.PutCase(sample(caseID(1)), 0); err != nil {
			return err
		}
		cancel() // in the middle: the next statement is not run
		return tx.PutCase(sample(caseID(2)), 0)
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("in the middle: got %v", err)
	}
	same(t, "nothing", exists(t, s, caseID(1)), false)
	put(t, s, sample(caseID(3)))
}

func ready(t *testing.T, s store.Store) {
	for range 3 {
		if err := s.Ready(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
}

func backupFolder(t *testing.T, s store.Store) {
	put(t, s, sample(caseID(1)))
	dir := t.TempDir()
	if err := s.Backup(context.Background(), filepath.Join(dir, "absent")); err == nil {
		t.Error("a missing folder was taken")
	}
	if err := os.WriteFile(filepath.Join(dir, "here"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := s.Backup(context.Background(), dir); err == nil {
		t.Error("a folder with a file was taken")
	}
	if err := s.Backup(context.Background(), t.TempDir()); err != nil {
		t.Error(err)
	}
}

func closed(t *testing.T, s store.Store) {
	if err := errors.Join(s.Close(), s.Close()); err != nil {
		t.Error(err)
	}
	ctx := context.Background()
	for what, err := range map[string]error{
		"update": s.Update(ctx, func(store.Tx) error { t.Error("an update ran"); return nil }),
		"view":   s.View(ctx, func(store.Tx) error { t.Error("a view ran"); return nil }),
		"ready":  s.Ready(ctx),
		"backup": s.Backup(ctx, t.TempDir()),
		"generation": func() error {
			_, err := s.Generation(ctx)
			return err
		}(),
	} {
		if err == nil {
			t.Errorf("%s works on a closed store", what)
		}
	}
}

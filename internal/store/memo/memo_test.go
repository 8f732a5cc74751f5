package memo_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"

	"fairlead/internal/store"
	"fairlead/internal/store/memo"
	"fairlead/internal/store/storetest/engines"
	"fairlead/internal/store/storetest/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

var ctx = context.Background()

// counter is a store beside which the number of readings is counted.
type counter struct {
	st   store.Store
	memo *memo.Memo[string, int]
	read int
}

func (c *counter) get(t *testing.T, key string) int {
	t.Helper()
	got, err := c.memo.Get(ctx, key, nil, func() (n int, err error) {
		c.read++
		err = c.st.View(ctx, func(tx store.Tx) error {
			recs, err := tx.Records("thing", key, 100)
			n = len(recs)
			return err
		})
		return n, err
	})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func put(t *testing.T, st store.Store, id, owner string) {
	t.Helper()
	if err := st.Update(ctx, func(tx store.Tx) error {
		return tx.PutRecord(store.Record{Kind: "thing", ID: id, Owner: owner}, 0)
	}); err != nil {
		t.Fatal(err)
	}
}

// Every commit shows at once, and what is asked again meanwhile is not read.
func TestACommitShowsAtOnce(t *testing.T) {
	engines.Each(t, func(t *testing.T, open func(*testing.T) store.Store) {
		st := open(t)
		c := &counter{st: st, memo: memo.New[string, int](st, 10)}
		for i, id := range []string{"a", "b", "c"} {
			if got := c.get(t, "ann"); got != i {
				t.Fatalf("%d things before %s was put, want %d", got, id, i)
			}
			put(t, st, id, "ann")
		}
		if got := c.get(t, "ann"); got != 3 {
			t.Errorf("%d things, want 3", got)
		}
		if got := c.get(t, "bob"); got != 0 {
			t.Errorf("bob has %d things of ann's", got)
		}
	})
}

func TestWhatIsKeptIsNotReadAgain(t *testing.T) {
	st := engines.SQLite(t)
	c := &counter{st: st, memo: memo.New[string, int](st, 2)}
	put(t, st, "a", "ann")
	for range 5 {
		c.get(t, "ann")
	}
	if c.read != 1 {
		t.Errorf("read %d times", c.read)
	}
	c.get(t, "bob")
	c.get(t, "eve") // one too many: all go
	if got := c.get(t, "ann"); got != 1 || c.read != 4 {
		t.Errorf("%d things after %d readings", got, c.read)
	}
	c.memo.Forget()
	if c.get(t, "ann"); c.read != 5 {
		t.Errorf("read %d times after it was forgotten", c.read)
	}
}

// What held at one time need not hold at another.
func TestTimeEndsAValue(t *testing.T) {
	st := engines.SQLite(t)
	m := memo.New[string, int](st, 10)
	now := 1
	get := func() int {
		got, err := m.Get(ctx, "", func(until *int) bool { return now <= *until }, func() (int, error) { return now + 1, nil })
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	for _, one := range []struct{ now, want int }{{1, 2}, {2, 2}, {3, 4}, {4, 4}} {
		now = one.now
		if got := get(); got != one.want {
			t.Errorf("at %d: %d, want %d", now, got, one.want)
		}
	}
}

func TestAnErrorIsNotKept(t *testing.T) {
	m := memo.New[string, int](engines.SQLite(t), 10)
	broken := errors.New("broken")
	if _, err := m.Get(ctx, "", nil, func() (int, error) { return 0, broken }); !errors.Is(err, broken) {
		t.Fatal(err)
	}
	if got, err := m.Get(ctx, "", nil, func() (int, error) { return 7, nil }); got != 7 || err != nil {
		t.Errorf("%d, %v", got, err)
	}
}

// Many who want the same thing at once make one reading, and nobody gets what is
// older than the question.
func TestManyAskAtOnce(t *testing.T) {
	st := engines.SQLite(t)
	m := memo.New[string, int](st, 10)
	var read atomic.Int64
	for round := range 20 {
		put(t, st, string(rune('a'+round)), "ann")
		before := read.Load()
		var all sync.WaitGroup
		for range 16 {
			all.Go(func() {
				got, err := m.Get(ctx, "ann", nil, func() (n int, err error) {
					read.Add(1)
					err = st.View(ctx, func(tx store.Tx) error {
						recs, err := tx.Records("thing", "ann", 100)
						n = len(recs)
						return err
					})
					return n, err
				})
				if err != nil || got != round+1 {
					t.Errorf("round %d: %d, %v", round, got, err)
				}
			})
		}
		all.Wait()
		if n := read.Load() - before; n != 1 {
			t.Errorf("round %d: %d readings", round, n)
		}
	}
}

// Who holds a context reads what was there at the first question; who comes
// after a commit sees it.
func TestHeldIsAskedOnce(t *testing.T) {
	st := engines.SQLite(t)
	m := memo.New[string, int](st, 10)
	get := func(ctx context.Context) int {
		t.Helper()
		got, err := m.Get(ctx, "ann", nil, func() (n int, err error) {
			err = st.View(ctx, func(tx store.Tx) error {
				recs, err := tx.Records("thing", "ann", 100)
				n = len(recs)
				return err
			})
			return n, err
		})
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	first := memo.Hold(ctx)
	if get(first) != 0 {
		t.Fatal("there is something")
	}
	put(t, st, "a", "ann")
	if got := get(first); got != 0 {
		t.Errorf("asked again: %d", got)
	}
	if got := get(memo.Hold(ctx)); got != 1 {
		t.Errorf("whoever came later sees %d", got)
	}
	if got := get(ctx); got != 1 {
		t.Errorf("whoever holds nothing sees %d", got)
	}
	other := engines.SQLite(t)
	at, err := memo.Generation(first, other)
	if want, _ := other.Generation(ctx); err != nil || at != want {
		t.Errorf("another store is named %q, %v", at, err)
	}
}

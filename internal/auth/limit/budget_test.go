package limit_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"time"

	"pgregory.net/rapid"

	"fairlead/internal/auth/limit"
	"fairlead/internal/cvd"
)

var errNotKept = errors.New("not kept")

// send sends n bytes, which are kept unless that is said.
func send(b *limit.Budget, key string, n int, refuse bool) error {
	return b.Keep(key, strings.NewReader(strings.Repeat("x", n)), func(r io.Reader) error {
		if _, err := io.Copy(io.Discard, r); err != nil {
			return fmt.Errorf("reading: %w", err)
		}
		if refuse {
			return errNotKept
		}
		return nil
	})
}

func TestBudget(t *testing.T) {
	c := &clock{at: time.Date(2026, 3, 2, 9, 0, 30, 0, time.UTC)}
	b := limit.NewBudget(limit.Bytes{Hour: 100, Day: 250}, limit.Bytes{Hour: 150, Day: 1000}, 8, c.now)
	for i, step := range []struct {
		pass   time.Duration
		key    string
		n      int
		refuse bool // what was read is not kept
		after  time.Duration
		all    bool
		span   time.Duration
	}{
		{0, "a", 60, false, 0, false, 0},
		{0, "a", 41, false, time.Hour + 30*time.Second, false, time.Hour},                     // a whole minute counts for an hour
		{10 * time.Minute, "a", 41, false, 50*time.Minute + 30*time.Second, false, time.Hour}, // a refusal at once counts nothing
		{0, "a", 40, true, 0, false, 0},                                                       // read, so it fills the hour
		{0, "a", 1, false, 50*time.Minute + 30*time.Second, false, time.Hour},
		{0, "b", 50, false, 0, false, 0},
		{0, "c", 1, false, 50*time.Minute + 30*time.Second, true, time.Hour}, // all together
		{50*time.Minute + 29*time.Second, "a", 1, false, time.Second, false, time.Hour},
		{time.Second, "a", 60, false, 0, false, 0}, // 120 kept this day
		{2 * time.Hour, "a", 100, false, 0, false, 0},
		{2 * time.Hour, "a", 30, false, 0, false, 0}, // 250
		{2 * time.Hour, "a", 1, false, 17*time.Hour + 11*time.Minute, false, 24 * time.Hour},
	} {
		c.pass(step.pass)
		err := send(b, step.key, step.n, step.refuse)
		if step.after == 0 {
			if want := map[bool]error{true: errNotKept}[step.refuse]; !errors.Is(err, want) {
				t.Errorf("step %d: %v, want %v", i, err, want)
			}
			continue
		}
		var spent limit.Spent
		var limited limit.Limited
		switch {
		case !errors.As(err, &spent) || !errors.As(err, &limited) || !errors.Is(err, cvd.ErrLimited) || !errors.Is(err, limit.ErrSpent):
			t.Errorf("step %d: %v is no refusal", i, err)
		case spent.All != step.all || spent.Span != step.span || limited.After != step.after:
			t.Errorf("step %d: %+v after %s, want all %t, span %s, after %s", i, spent, limited.After, step.all, step.span, step.after)
		}
	}
}

// Words are paid for whole, before anything is done with them; what is not kept counts for
// the hour alone.
func TestSpend(t *testing.T) {
	c := &clock{at: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)}
	b := limit.NewBudget(limit.Bytes{Day: 100}, limit.Bytes{Day: 150}, 8, c.now)
	done := 0
	do := func() error { done++; return nil }
	if err := b.Spend("a", 60, func() error { return errNotKept }); !errors.Is(err, errNotKept) {
		t.Error(err)
	}
	if err := b.Spend("a", 100, do); err != nil {
		t.Errorf("the room was not given back: %v", err)
	}
	err := b.Spend("a", 1, do)
	var spent limit.Spent
	if !errors.As(err, &spent) || !spent.Words || spent.All || !errors.Is(err, limit.ErrSaid) || errors.Is(err, limit.ErrSpent) || !errors.Is(err, cvd.ErrLimited) {
		t.Errorf("%+v", err)
	}
	if err := b.Spend("b", 51, do); !errors.As(err, &spent) || !spent.All {
		t.Errorf("%+v", err)
	}
	if err := b.Spend("b", 50, do); err != nil || done != 2 {
		t.Errorf("%v, done %d times", err, done)
	}
	var none *limit.Budget
	if err := none.Spend("a", 1<<40, do); err != nil || done != 3 {
		t.Error(err)
	}
}

// One file is cut where the room ends, and what was read of it is no longer in the day.
func TestBudgetCutsAFile(t *testing.T) {
	c := &clock{at: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)}
	b := limit.NewBudget(limit.Bytes{Day: 100}, limit.Bytes{}, 8, c.now)
	read := 0
	err := b.Keep("a", iotest.OneByteReader(strings.NewReader(strings.Repeat("x", 101))), func(r io.Reader) error {
		n, err := io.Copy(io.Discard, r)
		read = int(n)
		return err
	})
	if !errors.Is(err, limit.ErrSpent) || read != 100 {
		t.Errorf("%d bytes, %v", read, err)
	}
	if err := send(b, "a", 100, false); err != nil {
		t.Errorf("the room was not given back: %v", err)
	}
	if until, full := b.Full(); full {
		t.Errorf("full until %s, where there is no limit of all", until)
	}
}

// A keeper that panics keeps nothing.
func TestBudgetOfAPanic(t *testing.T) {
	c := &clock{at: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)}
	b := limit.NewBudget(limit.Bytes{}, limit.Bytes{Day: 100}, 8, c.now)
	func() {
		defer func() {
			if got := recover(); got != "broken" {
				t.Errorf("what broke is not passed on: %v", got)
			}
		}()
		_ = b.Keep("a", strings.NewReader(strings.Repeat("x", 100)), func(r io.Reader) error {
			_, _ = io.Copy(io.Discard, r)
			panic("broken")
		})
	}()
	if err := send(b, "a", 100, false); err != nil {
		t.Error(err)
	}
	if _, full := b.Full(); full {
		t.Error("full, and nobody was refused")
	}
	_ = send(b, "b", 1, false)
	if until, full := b.Full(); !full || until.Sub(c.now()) != 24*time.Hour+12*time.Minute {
		t.Errorf("full %t until %s", full, until)
	}
}

func TestNoBudget(t *testing.T) {
	c := &clock{at: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)}
	for _, b := range []*limit.Budget{nil, limit.NewBudget(limit.Bytes{}, limit.Bytes{}, 1, c.now)} {
		if err := send(b, "a", 1<<20, false); err != nil {
			t.Error(err)
		}
		if _, full := b.Full(); full {
			t.Error("full")
		}
	}
}

// Whatever the steps, no hour reads and no day keeps more than its limit.
func TestBudgetHoldsOverAnySpan(t *testing.T) {
	type sent struct {
		key    string
		at     time.Time
		n      int64
		refuse bool
	}
	rapid.Check(t, func(t *rapid.T) {
		c := &clock{at: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)}
		each, all := limit.Bytes{Hour: 100, Day: 200}, limit.Bytes{Hour: 150, Day: 350}
		b := limit.NewBudget(each, all, 8, c.now)
		var log []sent
		for range rapid.IntRange(1, 80).Draw(t, "steps") {
			c.pass(time.Duration(rapid.IntRange(0, 3600).Draw(t, "seconds")) * time.Second)
			one := sent{rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "key"), c.now(), int64(rapid.IntRange(1, 100).Draw(t, "bytes")), rapid.Bool().Draw(t, "refused")}
			if err := send(b, one.key, int(one.n), one.refuse); errors.Is(err, cvd.ErrLimited) {
				var l limit.Limited
				if !errors.As(err, &l) || l.After <= 0 || l.After > 25*time.Hour {
					t.Fatalf("to be tried again in %s", l.After)
				}
				continue
			}
			log = append(log, one)
		}
		for _, last := range log {
			var hour, day, allHour, allDay int64
			for _, one := range log {
				ago := last.at.Sub(one.at)
				if ago < 0 {
					continue
				}
				if ago < time.Hour {
					allHour += one.n
					if one.key == last.key {
						hour += one.n
					}
				}
				if ago < 24*time.Hour && !one.refuse {
					allDay += one.n
					if one.key == last.key {
						day += one.n
					}
				}
			}
			if hour > each.Hour || day > each.Day || allHour > all.Hour || allDay > all.Day {
				t.Fatalf("at %s: %d and %d of one, %d and %d of all", last.at, hour, day, allHour, allDay)
			}
		}
	})
}

// Many at once keep no more than one after the other.
func TestBudgetAtOnce(t *testing.T) {
	c := &clock{at: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)}
	b := limit.NewBudget(limit.Bytes{Day: 1000}, limit.Bytes{Day: 2500}, 8, c.now)
	var kept [4]atomic.Int64
	var all sync.WaitGroup
	for i := range 200 {
		all.Go(func() {
			if err := send(b, fmt.Sprint(i%4), 30, i%3 == 0); err == nil {
				kept[i%4].Add(30)
			}
		})
	}
	all.Wait()
	sum := int64(0)
	for i := range kept {
		n := kept[i].Load()
		if sum += n; n > 1000 {
			t.Errorf("%d bytes of one", n)
		}
	}
	if sum > 2500 || sum == 0 {
		t.Errorf("%d bytes of all", sum)
	}
}

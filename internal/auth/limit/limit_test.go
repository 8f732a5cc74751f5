package limit_test

import (
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"

	"fairlead/internal/auth/limit"
)

// clock stands until it is moved.
type clock struct{ at time.Time }

func (c *clock) now() time.Time       { return c.at }
func (c *clock) pass(d time.Duration) { c.at = c.at.Add(d) }

func TestLimiter(t *testing.T) {
	c := &clock{at: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)}
	l := limit.New(6, 2, 2, c.now)
	for i, step := range []struct {
		pass time.Duration
		key  string
		ok   bool
		wait time.Duration
	}{
		{0, "a", true, 0},
		{0, "a", true, 0},
		{0, "a", false, 10 * time.Second},
		{0, "a", false, 10 * time.Second}, // a refusal does not count
		{0, "b", true, 0},
		{4 * time.Second, "a", false, 6 * time.Second},
		{6 * time.Second, "a", true, 0},
		{0, "a", false, 10 * time.Second},
		{0, "c", true, 0},                 // b is forgotten, being used least lately
		{0, "a", false, 10 * time.Second}, // a is not
		{0, "b", true, 0},
		{0, "b", true, 0}, // a fresh b has its reserve again
		{0, "b", false, 10 * time.Second},
	} {
		c.pass(step.pass)
		ok, wait := l.Allow(step.key)
		if ok != step.ok || (wait-step.wait).Abs() > time.Millisecond {
			t.Errorf("step %d: %t after %s, want %t after %s", i, ok, wait, step.ok, step.wait)
		}
	}
	free := limit.New(0, 0, 0, c.now)
	for range 1000 {
		if ok, _ := free.Allow("a"); !ok {
			t.Fatal("a limiter of nothing refuses")
		}
	}
}

// What is taken back is as if it had not been, and never more than there is at once.
func TestWhatIsTakenBack(t *testing.T) {
	c := &clock{at: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)}
	l := limit.Every(2*time.Minute, 2, 2, c.now)
	allow := func(want bool) {
		t.Helper()
		ok, wait := l.Allow("a")
		if ok != want || (!ok && (wait <= 0 || wait > 2*time.Minute)) {
			t.Errorf("%t after %s, want %t", ok, wait, want)
		}
	}
	for range 5 {
		allow(true)
		l.Back("a")
	}
	l.Back("a") // one that never was
	allow(true)
	allow(true)
	allow(false)
	c.pass(time.Minute)
	allow(false)
	l.Back("a")
	allow(true)
	c.pass(time.Minute)
	allow(true)
	allow(false)
	limit.New(0, 1, 1, c.now).Back("a") // of no limit
}

// TestLimiterNeverAllowsMore holds the limit over any span, whatever the steps.
func TestLimiterNeverAllowsMore(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := &clock{at: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)}
		perMinute, burst := rapid.IntRange(1, 60).Draw(t, "per minute"), rapid.IntRange(1, 10).Draw(t, "burst")
		l := limit.New(perMinute, burst, 4, c.now)
		start, allowed := c.now(), 0
		for range rapid.IntRange(1, 60).Draw(t, "tries") {
			c.pass(time.Duration(rapid.IntRange(0, 20_000).Draw(t, "ms")) * time.Millisecond)
			_, _ = l.Allow("other" + strconv.Itoa(allowed%3))
			ok, wait := l.Allow("key")
			if ok {
				allowed++
			} else if wait <= 0 || wait > time.Minute/time.Duration(perMinute)+time.Millisecond {
				t.Fatalf("refused, yet to be tried again in %s", wait)
			}
		}
		if most := float64(burst) + c.now().Sub(start).Minutes()*float64(perMinute) + 1e-6; float64(allowed) > most {
			t.Fatalf("%d were allowed, at most %.2f may be", allowed, most)
		}
	})
}

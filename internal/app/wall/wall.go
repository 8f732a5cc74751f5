// Package wall is the clock that a house goes by. It is the only place beside main that asks
// the machine for the time, and it never decides when something is due.
package wall

import (
	"sync"
	"time"
)

// Clock is the house's clock: the real one, one that started at another
// instant and runs on, or one that stands until it is moved.
type Clock struct {
	mu     sync.Mutex
	frozen time.Time
	offset time.Duration
}

// Real runs with the machine's.
func Real() *Clock { return &Clock{} }

// From starts at the instant and runs on.
func From(start time.Time) *Clock { return &Clock{offset: time.Until(start)} }

// Frozen stands at the instant until Set or Advance.
func Frozen(at time.Time) *Clock { return &Clock{frozen: at} }

// Now is the house's time, in UTC and to the microsecond, which is what the
// store keeps.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.frozen.IsZero() {
		return c.frozen.UTC().Truncate(time.Microsecond)
	}
	return time.Now().Add(c.offset).UTC().Truncate(time.Microsecond)
}

// Set freezes the clock at an instant.
func (c *Clock) Set(at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.frozen = at
}

// Advance moves a frozen clock.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.frozen = c.frozen.Add(d)
}

// Run lets the clock run on from an instant.
func (c *Clock) Run(from time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.frozen, c.offset = time.Time{}, time.Until(from)
}

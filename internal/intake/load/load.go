// Package load bounds what bodies of requests hold in memory, and how long they may take
// to come: in all, and for each network that sends them.
//
// It measures nothing and reads no clock: who holds something says so, and is asked
// for a time.
package load

import (
	"fmt"
	"math"
	"sync"
	"time"

	"fairlead/internal/cvd"
)

// What all large bodies may hold at once, and those of one network. Small ones are not
// counted in bytes, so most of the house goes on whoever fills it; but a network has at
// most Bodies under way, however small they are.
const (
	Bytes  = 64 << 20
	Each   = 16 << 20
	Bodies = 128
)

// Whoever sends or reads something has Patience, and a second longer for each Rate
// bytes of it.
const (
	Patience = 30 * time.Second
	Rate     = 32 << 10
)

// After is when to come again after an ErrBusy.
const After = 30 * time.Second

// ErrBusy refuses what would hold more memory than there is to share.
var ErrBusy = fmt.Errorf("%w: too much is under way at once", cvd.ErrUnavailable)

// Within is how long something of so many bytes may take.
func Within(bytes int64) time.Duration { return Patience + time.Duration(bytes/Rate)*time.Second }

const piece = 256 << 10

// Load counts the bytes that requests hold, and the bodies under way, by network. It is
// safe for concurrent use.
type Load struct {
	most, each int64
	bodies     int

	mu   sync.Mutex
	held int64
	by   map[string]network
}

type network struct {
	held   int64
	bodies int
}

// New is a load of most bytes in all, and each for one network, with so many bodies.
func New(most, each int64, bodies int) *Load {
	return &Load{most: most, each: each, bodies: bodies, by: map[string]network{}}
}

// House is what the house shares: Bytes, Each and Bodies, or without end.
func House(unlimited bool) *Load {
	if unlimited {
		return New(math.MaxInt64, math.MaxInt64, math.MaxInt)
	}
	return New(Bytes, Each, Bodies)
}

func (l *Load) take(who string, bytes int64, bodies int) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := l.by[who]
	if l.held+bytes > l.most || n.held+bytes > l.each || n.bodies+bodies > l.bodies {
		return false
	}
	l.held += bytes
	l.by[who] = network{n.held + bytes, n.bodies + bodies}
	return true
}

func (l *Load) give(who string, bytes int64, bodies int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.held -= bytes
	n := l.by[who]
	if n = (network{n.held - bytes, n.bodies - bodies}); n == (network{}) {
		delete(l.by, who)
		return
	}
	l.by[who] = n
}

// Share is what one request holds of a load. It is used by one goroutine at a time.
type Share struct {
	of         *Load
	who        string
	held, most int64
}

// Share begins a share of that network, of at most most bytes. It holds nothing yet.
func (l *Load) Share(who string, most int64) *Share { return &Share{of: l, who: who, most: most} }

// Grow makes it hold n bytes, or what is most for it, by pieces of 256 KiB; false tells
// that there is no room for them.
func (s *Share) Grow(n int64) bool {
	n = min(n, s.most)
	if n <= s.held {
		return true
	}
	more := (n - s.held + piece - 1) / piece * piece
	if !s.of.take(s.who, more, 0) {
		return false
	}
	s.held += more
	return true
}

// Free gives all of it back.
func (s *Share) Free() {
	if s.held > 0 {
		s.of.give(s.who, s.held, 0)
		s.held = 0
	}
}

// Package load counts what requests hold in memory at once, in all and by address. It
// measures nothing: who holds something says so.
package load

import "sync"

const piece = 256 << 10

// Load counts the bytes that requests hold, by address.
type Load struct {
	most, each int64

	mu   sync.Mutex
	held int64
	by   map[string]int64
}

// New is a load of most bytes in all, and each for one address.
func New(most, each int64) *Load { return &Load{most: most, each: each, by: map[string]int64{}} }

func (l *Load) take(who string, n int64) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.held+n > l.most || l.by[who]+n > l.each {
		return false
	}
	l.held += n
	l.by[who] += n
	return true
}

func (l *Load) give(who string, n int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.held -= n
	if l.by[who] -= n; l.by[who] <= 0 {
		delete(l.by, who)
	}
}

// Share is what one request holds of a load. It is used by one goroutine at a time.
type Share struct {
	of         *Load
	who        string
	held, most int64
}

// Share begins a share of that address, of at most most bytes. It holds nothing yet.
func (l *Load) Share(who string, most int64) *Share { return &Share{of: l, who: who, most: most} }

// Grow makes it hold n bytes, or what is most for it, by pieces of 256 KiB; false tells
// that there is no room for them.
func (s *Share) Grow(n int64) bool {
	n = min(n, s.most)
	if n <= s.held {
		return true
	}
	more := (n - s.held + piece - 1) / piece * piece
	if !s.of.take(s.who, more) {
		return false
	}
	s.held += more
	return true
}

// Free gives all of it back.
func (s *Share) Free() {
	if s.held > 0 {
		s.of.give(s.who, s.held)
		s.held = 0
	}
}

// Package limit says how often somebody may do something: so many times a minute
// for each key, with some in reserve; and how many bytes of files or words they may send: so
// many an hour and a day, and so many by all together.
//
// It never knows what a key stands for, reads no clock of its own, and forgets the
// keys used least lately, so that its memory is bounded.
package limit

import (
	"container/list"
	"fmt"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"fairlead/internal/cvd"
)

// Limiter allows each key so many acts a minute, with some in reserve. It keeps
// the keys used last and forgets the others, so its memory is bounded; whoever
// commands more keys than it holds is not stopped by it. It is safe for use by
// several goroutines.
type Limiter struct {
	gap         time.Duration // between two acts in the long run; 0 sets no limit
	burst, size int
	now         func() time.Time

	mu   sync.Mutex
	used *list.List // of *bucket, the one used last in front
	keys map[string]*list.Element
}

type bucket struct {
	key  string
	rate *rate.Limiter
}

// New makes a limiter of perMinute acts a minute and burst at once, for
// at most keys keys. perMinute 0 allows everything.
func New(perMinute, burst, keys int, now func() time.Time) *Limiter {
	gap := time.Duration(0)
	if perMinute > 0 {
		gap = time.Minute / time.Duration(perMinute)
	}
	return Every(gap, burst, keys, now)
}

// Every is New for one act in each gap of time.
func Every(gap time.Duration, burst, keys int, now func() time.Time) *Limiter {
	return &Limiter{
		gap: gap, burst: max(burst, 1), size: max(keys, 1), now: now,
		used: list.New(), keys: map[string]*list.Element{},
	}
}

// Allow counts one act of key. If it is one too many, it does not count, and
// retryAfter says when the next will be allowed.
func (l *Limiter) Allow(key string) (ok bool, retryAfter time.Duration) {
	if l.gap <= 0 {
		return true, 0
	}
	now := l.now()
	l.mu.Lock()
	defer l.mu.Unlock()
	r := l.bucket(key).ReserveN(now, 1)
	if wait := r.DelayFrom(now); wait > 0 {
		r.CancelAt(now)
		return false, wait
	}
	return true, 0
}

// Back takes one act of key that was allowed as if it had not been: where only those
// count that fail.
func (l *Limiter) Back(key string) {
	if l.gap <= 0 {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.bucket(key).AllowN(l.now(), -1) // never more than there is at once
}

func (l *Limiter) bucket(key string) *rate.Limiter {
	if e, ok := l.keys[key]; ok {
		l.used.MoveToFront(e)
		return e.Value.(*bucket).rate
	}
	if l.used.Len() >= l.size {
		oldest := l.used.Back()
		delete(l.keys, oldest.Value.(*bucket).key)
		l.used.Remove(oldest)
	}
	b := &bucket{key: key, rate: rate.NewLimiter(rate.Every(l.gap), l.burst)}
	l.keys[key] = l.used.PushFront(b)
	return b.rate
}

// Limited is the refusal of somebody who tries too often. It is a cvd.ErrLimited.
type Limited struct {
	After time.Duration // when to try again at the earliest, from now
}

// Error says when to try again.
func (l Limited) Error() string {
	return fmt.Sprintf("%v; try again in %s", cvd.ErrLimited, l.After.Round(time.Second))
}

// Is makes it a cvd.ErrLimited.
func (l Limited) Is(target error) bool { return target == cvd.ErrLimited }

package queue

import (
	"crypto/sha256"
	"sync"

	"fairlead/internal/cvd"
	"fairlead/internal/store"
	"fairlead/internal/store/vault"
)

// labelsKept is how many opened titles are remembered.
const labelsKept = 4096

// labels are the opened labels of cases, one for each case. They are remembered
// by the very bytes that they were opened from, so that nothing is shown that a
// fresh look would not show.
type labels struct {
	mu    sync.Mutex
	of    map[cvd.CaseID]*label
	epoch int // counts drops: what was read before one is not kept after it
}

type label struct {
	vault.Label
	sum  [sha256.Size]byte
	kept Kept
}

func sumOf(r *store.Case) [sha256.Size]byte {
	h := sha256.New()
	_, _ = h.Write(r.Key) // of one length, so the two cannot run into each other
	_, _ = h.Write(r.Sealed)
	return [sha256.Size]byte(h.Sum(nil))
}

func (l *labels) now() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.epoch
}

func (l *labels) find(id cvd.CaseID, sum [sha256.Size]byte) *label {
	l.mu.Lock()
	defer l.mu.Unlock()
	if one := l.of[id]; one != nil && one.sum == sum {
		return one
	}
	return nil
}

func (l *labels) keep(id cvd.CaseID, one *label, epoch int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if epoch != l.epoch {
		return
	}
	if l.of == nil {
		l.of = map[cvd.CaseID]*label{}
	}
	for other := range l.of { // any: the next page that needs it opens it again
		if len(l.of) < labelsKept {
			break
		}
		delete(l.of, other)
	}
	l.of[id] = one
}

func (l *labels) drop(id cvd.CaseID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.epoch++
	delete(l.of, id)
}

// Kept is a place beside an opened title, or beside a page of them, where a door
// may keep what it made of it. It is dropped with it: when the case moves on, and
// when it is erased.
type Kept struct {
	mu   sync.Mutex
	made map[any]any
}

// madeMost bounds in how many ways one thing is kept.
const madeMost = 8

// Find gives what was put under the key, or nil. A nil Kept keeps nothing.
func (k *Kept) Find(key any) any {
	if k == nil {
		return nil
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.made[key]
}

// Put keeps a value under the key. Whoever finds it must be able to tell by it
// whether it still fits.
func (k *Kept) Put(key, value any) {
	if k == nil {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.made == nil || (len(k.made) >= madeMost && k.made[key] == nil) {
		k.made = map[any]any{}
	}
	k.made[key] = value
}

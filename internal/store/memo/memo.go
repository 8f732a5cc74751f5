// Package memo keeps what was made of the store's rows for as long as nothing
// is committed: not a moment longer, whichever process commits.
//
// It never decides who may see what it keeps. Its keys must say all that a
// value depends on beside the rows, and its values must never be changed.
package memo

import (
	"context"
	"sync"
	"sync/atomic"
)

// Source tells when what was read is no longer what is stored; store.Store is
// one.
type Source interface {
	Generation(ctx context.Context) (string, error)
}

// Memo keeps values by key. It is safe for concurrent use.
type Memo[K comparable, V any] struct {
	source Source
	most   int

	mu   sync.Mutex
	at   string
	kept map[K]*entry[V]
}

// entry is one value. Whoever finds it empty reads it, while others who want
// the same wait, so that a commit does not make everybody read at once.
type entry[V any] struct {
	turn  sync.Mutex
	value atomic.Pointer[V]
}

// New makes a memo of at most so many values; over that, all go.
func New[K comparable, V any](source Source, most int) *Memo[K, V] {
	return &Memo[K, V]{source: source, most: most, kept: map[K]*entry[V]{}}
}

// Get gives the value of a key, by read if it is not kept. still tells whether a
// kept value holds at this time; nil means that time makes no difference. An
// error is not kept.
func (m *Memo[K, V]) Get(ctx context.Context, key K, still func(*V) bool, read func() (V, error)) (V, error) {
	// Asked before reading: what is read then is at least as new as its name.
	at, err := Generation(ctx, m.source)
	if err != nil {
		var none V
		return none, err
	}
	return m.At(at, key, still, read)
}

// At is Get for somebody who asked for the generation already, with nothing of
// their own committed since.
func (m *Memo[K, V]) At(at string, key K, still func(*V) bool, read func() (V, error)) (V, error) {
	e := m.entry(at, key)
	holds := func() *V {
		v := e.value.Load()
		if v != nil && still != nil && !still(v) {
			return nil
		}
		return v
	}
	if v := holds(); v != nil {
		return *v, nil
	}
	e.turn.Lock()
	defer e.turn.Unlock()
	if v := holds(); v != nil {
		return *v, nil
	}
	v, err := read()
	if err == nil {
		e.value.Store(&v)
	}
	return v, err
}

func (m *Memo[K, V]) entry(at string, key K) *entry[V] {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.at != at {
		clear(m.kept)
		m.at = at
	}
	e := m.kept[key]
	if e == nil {
		if len(m.kept) >= m.most {
			clear(m.kept)
		}
		e = &entry[V]{}
		m.kept[key] = e
	}
	return e
}

// Forget lets everything go now, before the next question would.
func (m *Memo[K, V]) Forget() {
	m.mu.Lock()
	defer m.mu.Unlock()
	clear(m.kept)
}

type heldKey struct{}

// held is what one source said within a context.
type held struct {
	mu     sync.Mutex
	source Source
	at     string
}

// Hold returns a context within which a source is asked once and no more, for
// somebody who only reads: all that is kept is then at least as new as the first
// question. What they commit themselves they would not see.
func Hold(ctx context.Context) context.Context {
	return context.WithValue(ctx, heldKey{}, &held{})
}

// Generation asks the source, or remembers what it said in a context of Hold.
func Generation(ctx context.Context, source Source) (string, error) {
	h, _ := ctx.Value(heldKey{}).(*held)
	if h == nil {
		return source.Generation(ctx)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.source == source {
		return h.at, nil
	}
	at, err := source.Generation(ctx)
	if err == nil && h.source == nil {
		h.source, h.at = source, at
	}
	return at, err
}

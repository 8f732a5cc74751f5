package proof

import (
	"context"
	"errors"
	"net"
	"sync"
	"time"
)

// How long an answer is remembered, and that there was none. Many mails of one domain
// come together, and each asks for the same records: nobody waits twice for a name
// server that is away.
const (
	keptAnswer = time.Minute
	keptAway   = 10 * time.Second
	askAtMost  = 10 * time.Second
	// What is remembered, and how many questions go on without a check that waits.
	mostKept, mostAsked = 4096, 256
)

// Memory asks a resolver, and remembers for a short time what it said. A question goes on
// when the check that asked has no more time, so that the next one has the answer. It is
// safe for concurrent use, and must not be copied.
type Memory struct {
	Resolver Resolver
	Now      func() time.Time

	mu    sync.Mutex
	known map[question]*reply
	open  int // questions that go on
}

type question struct{ kind, name string }

// reply is what a question was answered with. value and err are there once done is closed.
type reply struct {
	done  chan struct{}
	value any
	err   error
	until time.Time // zero as long as it is not there
}

// LookupTXT asks for texts.
func (m *Memory) LookupTXT(ctx context.Context, name string) ([]string, error) {
	return remembered(ctx, m, question{"TXT", name}, m.Resolver.LookupTXT)
}

// LookupMX asks for mail servers.
func (m *Memory) LookupMX(ctx context.Context, name string) ([]*net.MX, error) {
	return remembered(ctx, m, question{"MX", name}, m.Resolver.LookupMX)
}

// LookupIPAddr asks for addresses.
func (m *Memory) LookupIPAddr(ctx context.Context, host string) ([]net.IPAddr, error) {
	return remembered(ctx, m, question{"A", host}, m.Resolver.LookupIPAddr)
}

// LookupAddr asks for the names of an address.
func (m *Memory) LookupAddr(ctx context.Context, addr string) ([]string, error) {
	return remembered(ctx, m, question{"PTR", addr}, m.Resolver.LookupAddr)
}

func remembered[T any](ctx context.Context, m *Memory, q question, ask func(context.Context, string) (T, error)) (T, error) {
	r := m.join(q, func() {
		steady, cancel := context.WithTimeout(context.WithoutCancel(ctx), askAtMost)
		defer cancel()
		value, err := ask(steady, q.name)
		m.answer(q, value, err)
	})
	if r == nil { // too many at once: this one is asked as if nobody remembered
		return ask(ctx, q.name)
	}
	select {
	case <-r.done:
		value, _ := r.value.(T)
		return value, r.err
	case <-ctx.Done():
		var none T
		return none, ctx.Err()
	}
}

// join is the reply to a question, which is asked if nobody has; nil: there is no room.
func (m *Memory) join(q question, ask func()) *reply {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.Now()
	if r := m.known[q]; r != nil && (r.until.IsZero() || r.until.After(now)) {
		return r
	}
	if m.open >= mostAsked {
		return nil
	}
	if len(m.known) >= mostKept {
		m.forget()
	}
	if m.known == nil {
		m.known = map[question]*reply{}
	}
	r := &reply{done: make(chan struct{})}
	m.known[q] = r
	m.open++
	go ask()
	return r
}

// forget drops all that is answered.
func (m *Memory) forget() {
	for q, r := range m.known {
		if !r.until.IsZero() {
			delete(m.known, q)
		}
	}
}

func (m *Memory) answer(q question, value any, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.open--
	r := m.known[q]
	r.value, r.err, r.until = value, err, m.Now().Add(keptAnswer)
	if d, ok := errors.AsType[*net.DNSError](err); err != nil && (!ok || !d.IsNotFound) {
		r.until = m.Now().Add(keptAway)
	}
	close(r.done)
}

package proof_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"fairlead/internal/mailin/proof"
)

// slow answers a question about texts when it is let.
type slow struct {
	proof.Resolver
	asked atomic.Int64
	let   chan error
	began chan struct{}
}

func (s *slow) LookupTXT(ctx context.Context, name string) ([]string, error) {
	s.asked.Add(1)
	s.began <- struct{}{}
	select {
	case err := <-s.let:
		return []string{name}, err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func remember(t *testing.T) (*proof.Memory, *slow, func(time.Duration)) {
	t.Helper()
	s := &slow{let: make(chan error, 8), began: make(chan struct{}, 1000)}
	var now atomic.Int64
	m := &proof.Memory{Resolver: s, Now: func() time.Time { return time.Unix(now.Load(), 0) }}
	return m, s, func(d time.Duration) { now.Add(int64(d / time.Second)) }
}

// Mails of one domain ask once, for a minute.
func TestAnswersAreRemembered(t *testing.T) {
	m, s, pass := remember(t)
	ask := func() {
		t.Helper()
		if got, err := m.LookupTXT(t.Context(), "example.net."); err != nil || len(got) != 1 {
			t.Fatalf("%v %v", got, err)
		}
	}
	s.let <- nil
	ask()
	ask()
	pass(59 * time.Second)
	ask()
	if n := s.asked.Load(); n != 1 {
		t.Errorf("asked %d times", n)
	}
	pass(time.Second)
	s.let <- nil
	ask()
	if n := s.asked.Load(); n != 2 {
		t.Errorf("asked %d times after a minute", n)
	}
}

// A check whose time is over leaves the question to the next one.
func TestAQuestionGoesOn(t *testing.T) {
	m, s, _ := remember(t)
	over, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := m.LookupTXT(over, "example.net."); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	s.let <- nil
	if got, err := m.LookupTXT(t.Context(), "example.net."); err != nil || len(got) != 1 || s.asked.Load() != 1 {
		t.Errorf("%v %v, asked %d times", got, err, s.asked.Load())
	}
}

// That there is no such name is an answer; that nobody answered counts for seconds.
func TestFailuresAreRemembered(t *testing.T) {
	for name, c := range map[string]struct {
		err  error
		kept time.Duration
	}{
		"no such name": {&net.DNSError{IsNotFound: true}, time.Minute},
		"no answer":    {&net.DNSError{IsTemporary: true}, 10 * time.Second},
		"broken":       {errors.New("broken"), 10 * time.Second},
	} {
		m, s, pass := remember(t)
		ask := func() {
			t.Helper()
			if _, err := m.LookupTXT(t.Context(), "example.net."); !errors.Is(err, c.err) {
				t.Errorf("%s: %v", name, err)
			}
		}
		s.let <- c.err
		ask()
		pass(c.kept - time.Second)
		ask()
		if n := s.asked.Load(); n != 1 {
			t.Errorf("%s: asked %d times", name, n)
		}
		pass(time.Second)
		s.let <- c.err
		ask()
		if n := s.asked.Load(); n != 2 {
			t.Errorf("%s: asked %d times at the end", name, n)
		}
	}
}

// What nobody answers fills no memory without end: over the bound each check asks for
// itself, and ends with its own time.
func TestQuestionsAreBounded(t *testing.T) {
	const most = 256
	m, s, _ := remember(t)
	over, cancel := context.WithCancel(t.Context())
	cancel()
	ask := func(n int) {
		t.Helper()
		if _, err := m.LookupTXT(over, fmt.Sprintf("%d.example.net.", n)); !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
	}
	for n := range most {
		ask(n)
	}
	for range most {
		<-s.began
	}
	ask(0)
	if n := s.asked.Load(); n != most {
		t.Errorf("%d questions, of which %d go on", n, most)
	}
	ask(most)
	ask(most)
	if n := s.asked.Load(); n != most+2 {
		t.Errorf("%d questions: one over the bound goes on as well", n)
	}
	for range most {
		s.let <- nil
	}
}

package outbox_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"fairlead/internal/outbox"
	"fairlead/internal/store"
)

// A stop takes nothing new, and what is under way is finished.
func TestRunStopsGracefully(t *testing.T) {
	b := open(t)
	begun, goOn := make(chan struct{}), make(chan struct{})
	var once sync.Once
	cfg := b.config(func(ctx context.Context, _ store.Effect) ([]byte, error) {
		once.Do(func() { close(begun) })
		select {
		case <-goOn:
			return []byte("sent"), nil
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	})
	o := outbox.New(cfg)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { o.Run(ctx); close(ended) }()
	b.enqueue(b.effect("FL-1", 1), b.effect("FL-1", 2))
	o.Poke()
	o.Poke() // never blocks
	<-begun
	stop()
	close(goOn)
	<-ended
	for _, e := range b.all() {
		if e.State == store.EffectPending && (e.Attempts > 0 || !e.Leased.IsZero()) {
			t.Errorf("%s was neither finished nor handed back: %+v", e.Key, e)
		}
	}
	if e := b.all()["FL-1/1/notify-team/team"]; e.State != store.EffectDone {
		t.Errorf("what was under way is %s", e.State)
	}
}

// What does not end within the grace is handed back at once and not counted as
// a try.
func TestRunStopsInTheEnd(t *testing.T) {
	b := open(t)
	begun := make(chan struct{})
	cfg := b.config(func(ctx context.Context, _ store.Effect) ([]byte, error) {
		close(begun)
		<-ctx.Done()
		return nil, ctx.Err()
	})
	cfg.Grace = time.Millisecond
	o := outbox.New(cfg)
	ctx, stop := context.WithCancel(t.Context())
	b.enqueue(b.effect("FL-1", 1))
	ended := make(chan struct{})
	go func() { o.Run(ctx); close(ended) }()
	<-begun
	stop()
	<-ended
	if e := b.only(); e.State != store.EffectPending || e.Attempts != 0 || !e.Leased.IsZero() || !e.At.Equal(start) {
		t.Errorf("%+v", e)
	}
}

// A carrier that never answers is cut off and does not hold up the loop.
func TestCarrierIsCutOff(t *testing.T) {
	b := open(t)
	cfg := b.config(func(ctx context.Context, _ store.Effect) ([]byte, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	})
	cfg.Limit = time.Millisecond
	b.enqueue(b.effect("FL-1", 1))
	b.drain(outbox.New(cfg))
	if e := b.only(); e.State != store.EffectPending || e.Attempts != 1 {
		t.Errorf("%s after %d", e.State, e.Attempts)
	}
}

// faulty is a store whose commits can be made to fail, as when a process dies
// between sending and writing down that it sent.
type faulty struct {
	store.Store
	mu    sync.Mutex
	fails int
}

var errCrash = errors.New("the process died here")

func (f *faulty) Update(ctx context.Context, change func(tx store.Tx) error) error {
	f.mu.Lock()
	crash := f.fails == 1
	f.fails = max(f.fails-1, 0)
	f.mu.Unlock()
	if crash {
		return errCrash
	}
	return f.Store.Update(ctx, change)
}

// Every effect is carried at least once and never again once it is done; two
// outboxes never carry the same one at the same time; what was sent when the
// process died is sent again under the same key.
func TestAtLeastOnceAndNeverTwiceAtATime(t *testing.T) {
	b := open(t)
	run := 0
	rapid.Check(t, func(r *rapid.T) {
		run++
		var mu sync.Mutex
		carried, running := map[string]int{}, map[string]bool{}
		fate := rapid.SliceOfN(rapid.IntRange(0, 2), 4, 12).Draw(r, "failures")
		n := 0
		carry := func(_ context.Context, e store.Effect) ([]byte, error) {
			mu.Lock()
			defer mu.Unlock()
			if running[e.Key] {
				r.Errorf("%s is carried twice at a time", e.Key)
			}
			running[e.Key] = true
			mu.Unlock()
			runtime.Gosched()
			mu.Lock()
			running[e.Key] = false
			n++
			if n <= len(fate) && fate[n-1] == 0 {
				return nil, errors.New("later")
			}
			carried[e.Key]++
			return []byte(e.Key), nil
		}
		shaky := &faulty{Store: b.store, fails: rapid.IntRange(0, 6).Draw(r, "crash at commit")}
		cfg := b.config(carry)
		second := outbox.New(cfg)
		cfg.Store = shaky
		first := outbox.New(cfg)

		var keys []string
		for i := range rapid.IntRange(1, 6).Draw(r, "effects") {
			e := b.effect(fmt.Sprintf("FL-%d-%d", run, rapid.IntRange(1, 3).Draw(r, "case")), int64(i+1))
			keys = append(keys, e.Key)
			b.enqueue(e, e)
		}
		for range 24 { // twelve failures of one effect, and its backoff, fit in
			var both sync.WaitGroup
			for _, o := range []*outbox.Outbox{first, second} {
				both.Go(func() {
					if _, err := o.Drain(context.Background()); err != nil && !errors.Is(err, errCrash) {
						r.Errorf("drain: %v", err)
					}
				})
			}
			both.Wait()
			b.clock.turn(time.Hour)
		}
		all, again := b.all(), 0
		for _, key := range keys {
			if e := all[key]; e.State != store.EffectDone || carried[key] == 0 || string(e.Sealed) != key {
				r.Errorf("%s is %s, carried %d times, kept %q", key, e.State, carried[key], e.Sealed)
			}
			again += carried[key] - 1
		}
		if again > 1 { // of the one that the crash left unfinished
			r.Errorf("%d effects were carried again after they were done", again)
		}
	})
}

// What a process that died had leased is carried at once where nobody else can have it,
// in its order; what rests, rests on.
func TestRunTakesWhatADeadProcessHadLeased(t *testing.T) {
	b := open(t)
	carried := make(chan struct{})
	cfg := b.config(func(_ context.Context, e store.Effect) ([]byte, error) {
		if e.Seq == 2 {
			close(carried)
		}
		return []byte("sent"), nil
	})
	cfg.Alone = true
	b.enqueue(b.effect("FL-1", 1))
	err := b.store.Update(t.Context(), func(tx store.Tx) error {
		got, err := tx.Lease(start, start.Add(2*time.Minute), 10)
		if len(got) != 1 {
			t.Errorf("%d leased", len(got))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	resting := b.effect("FL-2", 3)
	resting.At = start.Add(time.Minute)
	b.enqueue(b.effect("FL-1", 2), resting)
	o := outbox.New(cfg)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { o.Run(ctx); close(ended) }()
	<-carried
	stop()
	<-ended
	all := b.all()
	if e := all["FL-1/1/notify-team/team"]; e.State != store.EffectDone {
		t.Errorf("it waits for its lease: %+v", e)
	}
	if e := all[resting.Key]; e.State != store.EffectPending || !e.At.Equal(resting.At) || !e.Leased.IsZero() {
		t.Errorf("what rests: %+v", e)
	}
	if err := b.store.Update(t.Context(), func(tx store.Tx) error {
		got, err := tx.Lease(start.Add(59*time.Second), start.Add(2*time.Minute), 10)
		if len(got) != 0 {
			t.Errorf("%d carried before their time", len(got))
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

package outbox_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"fairlead/internal/cvd"
	"fairlead/internal/outbox"
	"fairlead/internal/store"
	"fairlead/internal/store/sqlstore"
)

var start = time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)

// clock is turned by hand.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) turn(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// carrier is a carrier by a function.
type carrier func(ctx context.Context, e store.Effect) ([]byte, error)

func (c carrier) Carry(ctx context.Context, e store.Effect) ([]byte, error) { return c(ctx, e) }

// bench is an outbox on a real store.
type bench struct {
	*testing.T
	store store.Store
	clock *clock
	log   bytes.Buffer
}

func open(t *testing.T) *bench {
	t.Helper()
	st, err := sqlstore.OpenSQLite(t.Context(), filepath.Join(t.TempDir(), "outbox.db"), sqlstore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	return &bench{T: t, store: st, clock: &clock{at: start}}
}

// config is one whose copies are kept unsealed, as cases have their own test.
func (b *bench) config(c carrier) outbox.Config {
	return outbox.Config{
		Store: b.store, Now: b.clock.now, Log: slog.New(slog.NewTextHandler(&b.log, nil)),
		Seal:     func(_ context.Context, _ store.Effect, text []byte) ([]byte, error) { return text, nil },
		Carriers: map[cvd.EffectKind]outbox.Carrier{cvd.EffectNotifyTeam: c},
	}
}

// effect is one of the case, due at once. seq also orders.
func (b *bench) effect(id string, seq int64) store.Effect {
	return store.Effect{State: store.EffectPending, Effect: cvd.Effect{
		Key: fmt.Sprintf("%s/%d/notify-team/team", id, seq), Kind: cvd.EffectNotifyTeam,
		Case: cvd.CaseID(id), Seq: seq, To: "team", Template: "received", At: b.clock.now(),
	}}
}

func (b *bench) enqueue(effects ...store.Effect) {
	b.Helper()
	err := b.store.Update(b.Context(), func(tx store.Tx) error { return tx.Enqueue(effects) })
	if err != nil {
		b.Fatal(err)
	}
}

func (b *bench) drain(o *outbox.Outbox) int {
	b.Helper()
	n, err := o.Drain(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	return n
}

func (b *bench) all() map[string]store.Effect {
	b.Helper()
	out := map[string]store.Effect{}
	err := b.store.View(b.Context(), func(tx store.Tx) error {
		effects, err := tx.Effects("", "", nil, 10000)
		for _, e := range effects {
			out[e.Key] = e
		}
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	return out
}

func (b *bench) only() store.Effect {
	b.Helper()
	all := b.all()
	if len(all) != 1 {
		b.Fatalf("%d effects, want one", len(all))
	}
	for _, e := range all {
		return e
	}
	panic("not reached")
}

// saysSo is an error of a carrier that knows no word of this package.
type saysSo struct{ permanent bool }

func (saysSo) Error() string        { return "the relay named rosa@example.org" }
func (s saysSo) Permanent() bool    { return s.permanent }
func (saysSo) LogValue() slog.Value { return slog.StringValue("code 550") }

func TestWhatBecomesOfAnEffect(t *testing.T) {
	soon := errors.New("try later")
	for _, c := range []struct {
		name  string
		tries []error // nil: carried; the last one repeats
		turns int
		state store.EffectState
		count int
		kept  string
	}{
		{"at once", []error{nil}, 1, store.EffectDone, 1, "sent"},
		{"at the third try", []error{soon, soon, nil}, 3, store.EffectDone, 3, "sent"},
		{"not yet", []error{soon}, 2, store.EffectPending, 2, "try later\n\nsent"},
		{"never", []error{soon}, 20, store.EffectDead, 12, "try later\n\nsent"},
		{"wrapped as permanent", []error{fmt.Errorf("%w: no such person", outbox.ErrPermanent)}, 3, store.EffectDead, 1, "permanent: no such person\n\nsent"},
		{"says that it is permanent", []error{fmt.Errorf("mail: %w", saysSo{true})}, 3, store.EffectDead, 1, "mail: the relay named rosa@example.org\n\nsent"},
		{"says that it is not", []error{saysSo{false}, nil}, 2, store.EffectDone, 2, "sent"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := open(t)
			calls := 0
			o := outbox.New(b.config(func(context.Context, store.Effect) ([]byte, error) {
				calls++
				return []byte("sent"), c.tries[min(calls, len(c.tries))-1]
			}))
			b.enqueue(b.effect("FL-1", 1))
			for range c.turns {
				b.drain(o)
				b.clock.turn(6 * time.Hour)
			}
			got := b.only()
			if got.State != c.state || got.Attempts != c.count || calls != c.count || string(got.Sealed) != c.kept {
				t.Errorf("%s after %d attempts and %d calls, kept %q; want %s after %d, %q", got.State, got.Attempts, calls, got.Sealed, c.state, c.count, c.kept)
			}
			if dead := strings.Contains(b.log.String(), "level=ERROR"); (c.state == store.EffectDead) != dead {
				t.Errorf("loud is %v: %s", dead, &b.log)
			}
			if strings.Contains(b.log.String(), "rosa@") {
				t.Errorf("the log names a person: %s", &b.log)
			}
		})
	}
}

// Nothing is given up before whoever must know was told.
func TestGivenUpIsTold(t *testing.T) {
	b := open(t)
	told, calls := 0, 0
	cfg := b.config(func(context.Context, store.Effect) ([]byte, error) {
		calls++
		return nil, fmt.Errorf("%w: no such person", outbox.ErrPermanent)
	})
	cfg.GivenUp = func(_ context.Context, e store.Effect) error {
		if told++; told == 1 {
			return fmt.Errorf("%w: the disk is full", cvd.ErrUnavailable)
		}
		return nil
	}
	o := outbox.New(cfg)
	b.enqueue(b.effect("FL-1", 1))
	b.drain(o)
	if got := b.only(); got.State != store.EffectPending || !got.Done.IsZero() || !got.At.After(b.clock.now()) {
		t.Errorf("given up although nobody could be told: %s at %s", got.State, got.At)
	}
	for range 3 {
		b.clock.turn(6 * time.Hour)
		b.drain(o)
	}
	if got := b.only(); got.State != store.EffectDead || told != 2 || calls != 2 {
		t.Errorf("%s after %d calls, told %d times", got.State, calls, told)
	}
}

func TestNobodyCarriesTheKind(t *testing.T) {
	b := open(t)
	cfg := b.config(nil)
	cfg.Carriers = nil
	b.enqueue(b.effect("FL-1", 1))
	if n := b.drain(outbox.New(cfg)); n != 0 || b.only().State != store.EffectDead {
		t.Errorf("carried %d, state %s", n, b.only().State)
	}
}

func TestPanicOfACarrierStopsNothing(t *testing.T) {
	b := open(t)
	var carried []string
	o := outbox.New(b.config(func(_ context.Context, e store.Effect) ([]byte, error) {
		if e.Case == "FL-1" {
			panic("the report says canary")
		}
		carried = append(carried, e.Key)
		return nil, nil
	}))
	b.enqueue(b.effect("FL-1", 1), b.effect("FL-2", 1))
	b.drain(o)
	if len(carried) != 1 {
		t.Errorf("carried %v", carried)
	}
	e := b.all()["FL-1/1/notify-team/team"]
	if e.State != store.EffectPending || e.Attempts != 1 {
		t.Errorf("state %s after %d", e.State, e.Attempts)
	}
	if log := b.log.String(); strings.Contains(log, "canary") || !strings.Contains(log, "panicked") {
		t.Errorf("log: %s", log)
	}
}

// A later notice does not overtake an earlier one to the same people, also
// while that one waits; another case is not held up.
func TestOrderWithinACase(t *testing.T) {
	b := open(t)
	var mu sync.Mutex
	got := map[cvd.CaseID][]int64{}
	fails := 1
	cfg := b.config(func(_ context.Context, e store.Effect) ([]byte, error) {
		mu.Lock()
		defer mu.Unlock()
		if e.Case == "FL-1" && e.Seq == 9 && fails > 0 {
			fails--
			return nil, errors.New("later")
		}
		got[e.Case] = append(got[e.Case], e.Seq)
		return nil, nil
	})
	o := outbox.New(cfg)
	for _, seq := range []int64{10, 8, 11, 9} {
		b.enqueue(b.effect("FL-1", seq), b.effect("FL-2", seq))
	}
	b.drain(o)
	want := map[cvd.CaseID][]int64{"FL-1": {8}, "FL-2": {8, 9, 10, 11}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("first turn: %s", diff)
	}
	b.clock.turn(2 * time.Minute)
	b.drain(o)
	want["FL-1"] = []int64{8, 9, 10, 11}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("second turn: %s", diff)
	}
	if e := b.all()["FL-1/10/notify-team/team"]; e.Attempts != 1 {
		t.Errorf("waiting counted as a try: %d", e.Attempts)
	}
}

// What somebody leased and never finished is taken up when the lease ends, and
// not before.
func TestLeaseOfTheDead(t *testing.T) {
	b := open(t)
	calls := 0
	o := outbox.New(b.config(func(context.Context, store.Effect) ([]byte, error) { calls++; return nil, nil }))
	b.enqueue(b.effect("FL-1", 1))
	err := b.store.Update(t.Context(), func(tx store.Tx) error {
		got, err := tx.Lease(start, start.Add(2*time.Minute), 1)
		if err == nil && len(got) != 1 {
			t.Errorf("leased %d", len(got))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []int{0, 0, 1, 1} {
		b.drain(o)
		if calls != want {
			t.Errorf("at %s: %d calls, want %d", b.clock.now().Format(time.TimeOnly), calls, want)
		}
		b.clock.turn(time.Minute)
	}
}

// When carrying took longer than the lease and somebody else did it, the first
// one's result is dropped.
func TestLeaseThatRanOut(t *testing.T) {
	b := open(t)
	other := outbox.New(b.config(func(context.Context, store.Effect) ([]byte, error) { return []byte("second"), nil }))
	o := outbox.New(b.config(func(context.Context, store.Effect) ([]byte, error) {
		b.clock.turn(3 * time.Minute)
		b.drain(other)
		return nil, errors.New("too late")
	}))
	b.enqueue(b.effect("FL-1", 1))
	b.drain(o)
	if e := b.only(); e.State != store.EffectDone || string(e.Sealed) != "second" {
		t.Errorf("%s, %q", e.State, e.Sealed)
	}
}

// An effect is not begun so late that its lease could end meanwhile: it is
// handed back and leased anew.
func TestNothingStartsAtTheEndOfALease(t *testing.T) {
	b := open(t)
	var seqs []int64
	o := outbox.New(b.config(func(_ context.Context, e store.Effect) ([]byte, error) {
		if left := e.Leased.Sub(b.clock.now()); left < 45*time.Second {
			t.Errorf("event %d begun with %s left", e.Seq, left)
		}
		seqs = append(seqs, e.Seq)
		b.clock.turn(50 * time.Second)
		return nil, nil
	}))
	for seq := range int64(6) {
		b.enqueue(b.effect("FL-1", seq+1))
	}
	if n := b.drain(o); n != 6 || !slices.IsSorted(seqs) {
		t.Errorf("carried %d in the order %v", n, seqs)
	}
}

func TestDrainTellsOfTheStore(t *testing.T) {
	b := open(t)
	o := outbox.New(b.config(func(context.Context, store.Effect) ([]byte, error) { return nil, nil }))
	b.store.Close()
	if _, err := o.Drain(t.Context()); err == nil {
		t.Error("no error from a closed store")
	}
}

// What cannot be kept is still carried once only.
func TestSealFails(t *testing.T) {
	b := open(t)
	cfg := b.config(func(context.Context, store.Effect) ([]byte, error) { return []byte("sent"), nil })
	cfg.Seal = func(context.Context, store.Effect, []byte) ([]byte, error) { return nil, errors.New("no key") }
	b.enqueue(b.effect("FL-1", 1))
	b.drain(outbox.New(cfg))
	if e := b.only(); e.State != store.EffectDone || len(e.Sealed) > 0 {
		t.Errorf("%s, %q", e.State, e.Sealed)
	}
	if !strings.Contains(b.log.String(), "could not be kept") {
		t.Errorf("log: %s", &b.log)
	}
}

func TestStatus(t *testing.T) {
	b := open(t)
	o := outbox.New(b.config(func(_ context.Context, e store.Effect) ([]byte, error) {
		switch e.Case {
		case "FL-1":
			return nil, errors.New("later")
		case "FL-2":
			return nil, outbox.ErrPermanent
		}
		return nil, nil
	}))
	b.enqueue(b.effect("FL-1", 1), b.effect("FL-2", 1), b.effect("FL-3", 1))
	b.drain(o)
	b.enqueue(b.effect("FL-3", 2))
	b.clock.turn(10 * time.Second)
	got, err := o.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(outbox.Status{Pending: 2, Failing: 1, Dead: 1, Waiting: 10 * time.Second}, got); diff != "" {
		t.Error(diff)
	}
}

func TestBackoff(t *testing.T) {
	for n, want := range map[int]time.Duration{
		1: time.Minute, 2: 2 * time.Minute, 5: 16 * time.Minute, 9: 256 * time.Minute, 10: 6 * time.Hour, 11: 6 * time.Hour, 500: 6 * time.Hour,
	} {
		seen := map[time.Duration]bool{}
		for i := range 50 {
			key := fmt.Sprint("key", i)
			got := outbox.Backoff(key, n)
			seen[got] = true
			if got < want*4/5 || got > want*6/5 || got > 6*time.Hour || got != outbox.Backoff(key, n) {
				t.Errorf("try %d: %s, want about %s and always the same", n, got, want)
			}
		}
		if len(seen) < 10 {
			t.Errorf("try %d: only %d different waits in 50", n, len(seen))
		}
	}
}

// wish is a carrier's wish to be asked again.
type wish struct{ at time.Time }

func (wish) Error() string      { return "later" }
func (w wish) Until() time.Time { return w.at }

// What a carrier wants later is no try and no failure, and holds up nothing else.
func TestLaterIsNoTry(t *testing.T) {
	b := open(t)
	first, then := b.effect("FL-1", 1), b.effect("FL-1", 2)
	b.enqueue(first, then)
	o := outbox.New(b.config(func(_ context.Context, e store.Effect) ([]byte, error) {
		if e.Seq == 1 && b.clock.now().Before(start.Add(time.Hour)) {
			return nil, fmt.Errorf("wrapped: %w", wish{start.Add(time.Hour)})
		}
		return []byte("sent"), nil
	}))
	if n := b.drain(o); n != 1 {
		t.Errorf("%d carried", n)
	}
	if e := b.all()[first.Key]; e.State != store.EffectPending || e.Attempts != 0 || !e.At.Equal(start.Add(time.Hour)) || e.Sealed != nil {
		t.Errorf("put off as %+v", e)
	}
	b.clock.turn(59 * time.Minute)
	if n := b.drain(o); n != 0 {
		t.Errorf("%d carried too early", n)
	}
	b.clock.turn(time.Minute)
	if n := b.drain(o); n != 1 || b.all()[first.Key].Attempts != 1 {
		t.Errorf("%d carried in its time", n)
	}
	if b.log.Len() > 0 {
		t.Errorf("the log tells of it:\n%s", b.log.String())
	}
}

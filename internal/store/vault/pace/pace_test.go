package pace_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"fairlead/internal/cvd"
	"fairlead/internal/store"
	"fairlead/internal/store/storetest/engines"
	"fairlead/internal/store/vault/pace"
	"fairlead/internal/store/vault/vaulttest"
)

var (
	ctx  = context.Background()
	noon = time.Date(2026, 3, 3, 12, 0, 0, 0, time.UTC)
)

func open(t *testing.T, aDay int, window time.Duration) pace.Book {
	t.Helper()
	st := engines.SQLite(t)
	v := vaulttest.Open(t, st, noon)
	return pace.Book{Store: st, Vault: v, ADay: aDay, Window: window}
}

func TestAllow(t *testing.T) {
	b := open(t, 2, 0)
	for _, c := range []struct {
		address, key string
		at           time.Time
		want         bool
	}{
		{"ann@example.net", "1", noon, true},
		{"ann@example.net", "1", noon, true}, // the same again is no further one
		{"Ann+x@EXAMPLE.net", "2", noon, true},
		{"ann@example.net", "3", noon, false},
		{"ann@example.net", "2", noon, true},
		{"ben@example.net", "4", noon, true},
		{"ann@example.net", "3", noon.Add(11 * time.Hour), false},
		{"ann@example.net", "3", noon.Add(12 * time.Hour), true}, // a new day
	} {
		got, err := b.Allow(ctx, c.address, c.key, c.at)
		if err != nil || got != c.want {
			t.Errorf("%s %s at %s: %v, %v", c.address, c.key, c.at, got, err)
		}
	}
	free := open(t, 0, 0)
	for i := range 50 {
		if ok, err := free.Allow(ctx, "ann@example.net", fmt.Sprint(i), noon); err != nil || !ok {
			t.Fatalf("without a limit: %v, %v", ok, err)
		}
	}
}

// However many ask at once, no more than the limit are let through.
func TestAllowTogether(t *testing.T) {
	b := open(t, 3, 0)
	var mu sync.Mutex
	var all sync.WaitGroup
	n := 0
	for i := range 12 {
		all.Go(func() {
			ok, err := b.Allow(ctx, "ann@example.net", fmt.Sprint(i), noon)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Error(err)
			}
			if ok {
				n++
			}
		})
	}
	all.Wait()
	if n != 3 {
		t.Errorf("%d let through", n)
	}
}

func effect(n int, to string) store.Effect {
	return store.Effect{State: store.EffectPending, Effect: cvd.Effect{
		Key: fmt.Sprintf("FL-%d/1/notify-team/%s", n, to), Kind: cvd.EffectNotifyTeam, Case: cvd.CaseID(fmt.Sprintf("FL-%d", n)),
		Seq: 1, To: to, Template: "received", At: noon,
	}}
}

func TestGather(t *testing.T) {
	b := open(t, 0, 10*time.Minute)
	one, two, three, other := effect(1, "on-duty"), effect(2, "on-duty"), effect(3, "on-duty"), effect(4, "team")
	place := func(e store.Effect, at time.Time, want pace.Place) {
		t.Helper()
		got, err := b.Gather(ctx, e, at)
		if err != nil || got.Together != want.Together || !got.Later.Equal(want.Later) || !got.With.Equal(want.With) {
			t.Errorf("%s at %s: %+v, %v, want %+v", e.Key, at, got, err, want)
		}
	}
	put := func(effects ...store.Effect) {
		t.Helper()
		if err := b.Store.Update(ctx, func(tx store.Tx) error { return tx.Enqueue(effects) }); err != nil {
			t.Fatal(err)
		}
	}
	put(one)
	place(one, noon, pace.Place{Together: 1})
	put(two, other)
	later := noon.Add(10 * time.Minute)
	place(two, noon.Add(time.Minute), pace.Place{Later: later})
	place(other, noon.Add(time.Minute), pace.Place{Together: 1}) // another group has its own pace
	place(one, noon.Add(2*time.Minute), pace.Place{Together: 1}) // what failed goes as it was
	put(three)
	place(three, later.Add(-time.Second), pace.Place{Later: later})
	// One of them tells of all that wait, among them the first, which is not done.
	place(two, later, pace.Place{Together: 3})
	place(three, later.Add(time.Second), pace.Place{Together: 3, With: later})
	place(two, later.Add(time.Minute), pace.Place{Together: 3})
	put(effect(5, "on-duty"))
	place(effect(5, "on-duty"), later.Add(time.Minute), pace.Place{Later: later.Add(10 * time.Minute)})
}

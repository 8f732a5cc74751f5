package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"fairlead/internal/cvd"
	"fairlead/internal/store"
)

func event(stream string, seq int64) store.Event {
	return store.Event{
		Stream: stream, Seq: seq, Head: []byte(fmt.Sprintf(`{"seq":%d, "odd"  :"spacing"}`, seq)),
		BodyKey: []byte{0, byte(seq), 0xff}, Sealed: nasty, Leaf: []byte{byte(seq), 0},
	}
}

func history(t *testing.T, s store.Store, stream string, after int64, limit int) []store.Event {
	t.Helper()
	var out []store.Event
	view(t, s, func(tx store.Tx) (err error) {
		out, err = tx.Events(stream, after, limit)
		return err
	})
	return out
}

func eventRoundTrip(t *testing.T, s store.Store) {
	var all []store.Event
	for seq := int64(12); seq >= 1; seq-- {
		all = append(all, event("FL-2026-A", seq))
	}
	bare := store.Event{Stream: "@policy", Seq: 1}
	update(t, s, func(tx store.Tx) error { return tx.Append(all) })
	update(t, s, func(tx store.Tx) error { return tx.Append([]store.Event{bare}) })
	update(t, s, func(tx store.Tx) error { return tx.Append(nil) })
	slices.Reverse(all)
	same(t, "all", history(t, s, "FL-2026-A", 0, 100), all)
	same(t, "some", history(t, s, "FL-2026-A", 9, 2), all[9:11])
	same(t, "none", len(history(t, s, "FL-2026-A", 12, 100)), 0)
	same(t, "other stream", history(t, s, "@policy", 0, 100), []store.Event{bare})
	same(t, "no stream", len(history(t, s, "FL-2026", 0, 100)), 0)
}

func streams(t *testing.T, s store.Store) {
	update(t, s, func(tx store.Tx) error {
		return tx.Append([]store.Event{event("b", 1), event("a", 1), event("B", 1), event("a", 2), event("@policy", 1)})
	})
	for _, c := range []struct {
		after string
		limit int
		want  []string
	}{
		{"", 9, []string{"@policy", "B", "a", "b"}},
		{"", 2, []string{"@policy", "B"}},
		{"B", 9, []string{"a", "b"}},
		{"b", 9, nil},
		{"\x00", 9, nil},
	} {
		var got []string
		view(t, s, func(tx store.Tx) (err error) {
			got, err = tx.Streams(c.after, c.limit)
			return err
		})
		if !slices.Equal(got, c.want) {
			t.Errorf("after %q, %d: %v, want %v", c.after, c.limit, got, c.want)
		}
	}
}

func eventConflict(t *testing.T, s store.Store) {
	one := event("FL-2026-A", 1)
	update(t, s, func(tx store.Tx) error { return tx.Append([]store.Event{one}) })
	other := one
	other.Sealed = []byte("other")
	refused(t, s, cvd.ErrConflict, func(tx store.Tx) error { return tx.Append([]store.Event{other}) })
	refused(t, s, cvd.ErrConflict, func(tx store.Tx) error {
		return tx.Append([]store.Event{event("FL-2026-B", 1), event("FL-2026-B", 1)})
	})
	same(t, "first stays", history(t, s, "FL-2026-A", 0, 10), []store.Event{one})
	same(t, "nothing of the pair", len(history(t, s, "FL-2026-B", 0, 10)), 0)
}

func appendWhole(t *testing.T, s store.Store) {
	one := event("FL-2026-A", 2)
	update(t, s, func(tx store.Tx) error { return tx.Append([]store.Event{one}) })
	update(t, s, func(tx store.Tx) error {
		err := tx.Append([]store.Event{event("FL-2026-A", 1), event("FL-2026-A", 2), event("FL-2026-A", 3)})
		if !errors.Is(err, cvd.ErrConflict) {
			t.Errorf("got %v", err)
		}
		return nil // the caller goes on
	})
	same(t, "history", history(t, s, "FL-2026-A", 0, 10), []store.Event{one})
}

func participant(id cvd.CaseID, name, wrapped string) store.Key {
	return store.Key{KeyRef: store.KeyRef{Case: id, Kind: store.KeyParticipant, Name: name}, Wrapped: []byte(wrapped)}
}

func keysOf(t *testing.T, s store.Store, id cvd.CaseID) []store.Key {
	t.Helper()
	var out []store.Key
	view(t, s, func(tx store.Tx) (err error) {
		out, err = tx.Keys(id)
		return err
	})
	return out
}

func keysPut(t *testing.T, s store.Store) {
	c := sample(caseID(1))
	put(t, s, c)
	update(t, s, func(tx store.Tx) error {
		return errors.Join(
			tx.Append([]store.Event{event(string(c.ID), 1)}),
			tx.PutKey(participant(c.ID, "reporter", "one\x00")),
			tx.PutKey(participant(c.ID, "finder", "two")),
			tx.PutKey(participant(c.ID, "reporter", "three\x00")),
			tx.PutKey(participant(caseID(2), "reporter", "four")),
			tx.PutKey(store.Key{KeyRef: store.KeyRef{Case: c.ID, Kind: store.KeyCase}, Wrapped: []byte("rewrapped"), KEK: "kek-2"}),
			tx.PutKey(store.Key{KeyRef: store.KeyRef{Case: c.ID, Kind: store.KeyBody, Seq: 1}, Wrapped: []byte("body")}),
		)
	})
	same(t, "keys", keysOf(t, s, c.ID), []store.Key{participant(c.ID, "finder", "two"), participant(c.ID, "reporter", "three\x00")})
	c.Key, c.KEK = []byte("rewrapped"), "kek-2"
	same(t, "case", stored(t, s, c.ID), c)
	same(t, "body", history(t, s, string(c.ID), 0, 1)[0].BodyKey, []byte("body"))

	update(t, s, func(tx store.Tx) error {
		return errors.Join(tx.DropKey(store.KeyRef{Case: c.ID, Kind: store.KeyParticipant, Name: "finder"}),
			tx.DropKey(store.KeyRef{Case: c.ID, Kind: store.KeyParticipant, Name: "nobody"}),
			tx.DropKey(store.KeyRef{Case: c.ID, Kind: store.KeyBody, Seq: 1}),
			tx.DropKey(store.KeyRef{Case: c.ID, Kind: store.KeyBody, Seq: 99}))
	})
	same(t, "keys left", keysOf(t, s, c.ID), []store.Key{participant(c.ID, "reporter", "three\x00")})
	same(t, "body key gone", len(history(t, s, string(c.ID), 0, 1)[0].BodyKey), 0)
	refused(t, s, cvd.ErrInvalid, func(tx store.Tx) error { return tx.PutKey(participant(c.ID, "reporter", "")) })
	refused(t, s, cvd.ErrInvalid, func(tx store.Tx) error { return tx.DropKey(store.KeyRef{Case: c.ID, Kind: "odd"}) })
	refused(t, s, cvd.ErrNotFound, func(tx store.Tx) error {
		return tx.PutKey(store.Key{KeyRef: store.KeyRef{Case: caseID(9), Kind: store.KeyCase}, Wrapped: []byte("k")})
	})
}

func keysDropCase(t *testing.T, s store.Store) {
	c, other := sample(caseID(1)), sample(caseID(2))
	put(t, s, c, other)
	update(t, s, func(tx store.Tx) error {
		return errors.Join(
			tx.Append([]store.Event{event(string(c.ID), 1), event(string(c.ID), 2), event(string(other.ID), 1)}),
			tx.PutKey(participant(c.ID, "reporter", "r")), tx.PutKey(participant(other.ID, "reporter", "r")))
	})
	for range 2 { // the second time there is nothing left to drop
		update(t, s, func(tx store.Tx) error { return tx.DropKey(store.KeyRef{Case: c.ID, Kind: store.KeyCase}) })
	}
	c.Key, c.KEK = nil, ""
	same(t, "case", stored(t, s, c.ID), c)
	same(t, "keys", len(keysOf(t, s, c.ID)), 0)
	for _, e := range history(t, s, string(c.ID), 0, 10) {
		want := event(string(c.ID), e.Seq)
		want.BodyKey = nil
		same(t, "event", e, want)
	}
	same(t, "other case", stored(t, s, other.ID), other)
	same(t, "other event", history(t, s, string(other.ID), 0, 10), []store.Event{event(string(other.ID), 1)})
	same(t, "other keys", len(keysOf(t, s, other.ID)), 1)
}

func keysStayGone(t *testing.T, s store.Store) {
	c := sample(caseID(1))
	put(t, s, c)
	update(t, s, func(tx store.Tx) error {
		return errors.Join(tx.Append([]store.Event{event(string(c.ID), 1)}), tx.DropKey(store.KeyRef{Case: c.ID, Kind: store.KeyCase}))
	})
	for _, ref := range []store.KeyRef{{Case: c.ID, Kind: store.KeyCase}, {Case: c.ID, Kind: store.KeyBody, Seq: 1}} {
		refused(t, s, cvd.ErrNotFound, func(tx store.Tx) error {
			return tx.PutKey(store.Key{KeyRef: ref, Wrapped: []byte("k"), KEK: "kek-2"})
		})
	}
	next := c
	next.Version = 2
	update(t, s, func(tx store.Tx) error { return tx.PutCase(next, 1) })
	if got := stored(t, s, c.ID); got.Key != nil || got.KEK != "" {
		t.Errorf("the key is back")
	}
}

func effect(n int, due time.Time) store.Effect {
	return store.Effect{
		Effect: cvd.Effect{
			Key: fmt.Sprintf("effect-%03d", n), Kind: cvd.EffectNotifyReporter, Case: caseID(n % 3), Seq: int64(n), To: "reporter",
			Template: "received", At: due,
		},
		State: store.EffectPending,
	}
}

func effectsOf(t *testing.T, s store.Store, state store.EffectState, id cvd.CaseID, limit int) []string {
	t.Helper()
	out := []string{}
	view(t, s, func(tx store.Tx) error {
		all, err := tx.Effects(state, id, nil, limit)
		for _, e := range all {
			out = append(out, e.Key)
		}
		return err
	})
	return out
}

func effectsOnce(t *testing.T, s store.Store) {
	first := effect(1, at(0))
	first.Sealed, first.Attempts = nasty, 3
	again := first
	again.Template, again.At = "other", at(9)
	update(t, s, func(tx store.Tx) error { return tx.Enqueue([]store.Effect{first, again}) })
	update(t, s, func(tx store.Tx) error { return tx.Enqueue([]store.Effect{again}) })
	view(t, s, func(tx store.Tx) error {
		all, err := tx.Effects("", "", nil, 10)
		same(t, "effects", all, []store.Effect{first})
		return err
	})
}

func lease(t *testing.T, s store.Store, now, until time.Time, limit int) []store.Effect {
	t.Helper()
	var out []store.Effect
	update(t, s, func(tx store.Tx) (err error) {
		out, err = tx.Lease(now, until, limit)
		return err
	})
	return out
}

func effectsLease(t *testing.T, s store.Store) {
	update(t, s, func(tx store.Tx) error {
		return tx.Enqueue([]store.Effect{effect(1, at(3)), effect(2, at(1)), effect(3, at(2)), effect(4, at(50)), effect(5, time.Time{})})
	})
	first := lease(t, s, at(5), at(10), 3)
	want := []store.Effect{effect(5, time.Time{}), effect(2, at(1)), effect(3, at(2))}
	for i := range want {
		want[i].Leased = at(10)
	}
	same(t, "leased", first, want)
	same(t, "the rest", len(lease(t, s, at(5), at(10), 10)), 1)
	same(t, "all taken", len(lease(t, s, at(9), at(20), 10)), 0)

	done, retry := first[0], first[1]
	done.State, done.Attempts, done.Done, done.Sealed = store.EffectDone, 1, at(6), nasty
	retry.Attempts, retry.At = 1, at(30)
	update(t, s, func(tx store.Tx) error { return errors.Join(tx.Finish(done), tx.Finish(retry)) })
	// The other two were not finished in time, so others may take them; the late
	// worker has lost them.
	again := lease(t, s, at(10), at(20), 10)
	same(t, "taken over", len(again), 2)
	late := first[2]
	late.State = store.EffectDone
	refused(t, s, cvd.ErrConflict, func(tx store.Tx) error { return tx.Finish(late) })
	refused(t, s, cvd.ErrNotFound, func(tx store.Tx) error { return tx.Finish(effect(99, at(0))) })
	refused(t, s, cvd.ErrConflict, func(tx store.Tx) error { return tx.Finish(done) })
	same(t, "not yet", len(lease(t, s, at(19), at(25), 10)), 0)
	retried := lease(t, s, at(30), at(40), 10)
	same(t, "retry is back", slices.ContainsFunc(retried, func(e store.Effect) bool { return e.Key == retry.Key && e.Attempts == 1 }), true)
	view(t, s, func(tx store.Tx) error {
		all, err := tx.Effects(store.EffectDone, "", nil, 10)
		done.Leased = time.Time{}
		same(t, "done", all, []store.Effect{done})
		return err
	})
}

// What was given up can be taken up again; what is done stays done.
func effectsRevived(t *testing.T, s store.Store) {
	update(t, s, func(tx store.Tx) error { return tx.Enqueue([]store.Effect{effect(1, at(1)), effect(2, at(1))}) })
	taken := lease(t, s, at(5), at(10), 2)
	dead, done := taken[0], taken[1]
	dead.State, dead.Attempts, done.State = store.EffectDead, 12, store.EffectDone
	update(t, s, func(tx store.Tx) error { return errors.Join(tx.Finish(dead), tx.Finish(done)) })
	same(t, "nothing to carry", len(lease(t, s, at(20), at(30), 10)), 0)

	for _, e := range []*store.Effect{&dead, &done} {
		e.State, e.Attempts, e.At, e.Leased = store.EffectPending, 0, at(20), time.Time{}
	}
	update(t, s, func(tx store.Tx) error { return tx.Finish(dead) })
	refused(t, s, cvd.ErrConflict, func(tx store.Tx) error { return tx.Finish(done) })
	again := lease(t, s, at(20), at(30), 10)
	same(t, "taken up again", len(again), 1)
	same(t, "which", again[0].Key, dead.Key)
}

func effectsTwoWorkers(t *testing.T, s store.Store) {
	const n = 120
	var all []store.Effect
	for i := range n {
		all = append(all, effect(i, at(i%5)))
	}
	update(t, s, func(tx store.Tx) error { return tx.Enqueue(all) })
	var mu sync.Mutex
	taken := map[string]int{}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for {
				var got []store.Effect
				err := s.Update(context.Background(), func(tx store.Tx) (err error) {
					got, err = tx.Lease(at(10), at(20), 7)
					return err
				})
				if errors.Is(err, cvd.ErrConflict) {
					continue
				}
				if err != nil {
					t.Errorf("lease: %v", err)
					return
				}
				mu.Lock()
				for _, e := range got {
					taken[e.Key]++
				}
				left := n - len(taken)
				mu.Unlock()
				if len(got) == 0 && left == 0 {
					return
				}
			}
		})
	}
	wg.Wait()
	for key, times := range taken {
		if times != 1 {
			t.Errorf("%s was leased %d times", key, times)
		}
	}
}

func effectsList(t *testing.T, s store.Store) {
	dead := effect(4, at(4))
	dead.State = store.EffectDead
	update(t, s, func(tx store.Tx) error {
		return tx.Enqueue([]store.Effect{effect(1, at(1)), effect(2, at(3)), effect(3, at(3)), dead, effect(6, at(0))})
	})
	same(t, "all", effectsOf(t, s, "", "", 10), []string{"effect-004", "effect-003", "effect-002", "effect-001", "effect-006"})
	same(t, "limit", effectsOf(t, s, "", "", 2), []string{"effect-004", "effect-003"})
	same(t, "pending", effectsOf(t, s, store.EffectPending, "", 2), []string{"effect-003", "effect-002"})
	same(t, "dead", effectsOf(t, s, store.EffectDead, "", 10), []string{"effect-004"})
	same(t, "case", effectsOf(t, s, "", caseID(0), 10), []string{"effect-003", "effect-006"})
	same(t, "dead of case", effectsOf(t, s, store.EffectDead, caseID(1), 10), []string{"effect-004"})
	same(t, "none", effectsOf(t, s, store.EffectDone, "", 10), []string{})
	for state, want := range map[store.EffectState][]string{
		"": {"effect-004", "effect-003", "effect-002", "effect-001", "effect-006"}, store.EffectPending: {"effect-003", "effect-002", "effect-001", "effect-006"},
	} {
		got := []string{}
		var after *store.EffectCursor
		for range want {
			view(t, s, func(tx store.Tx) error {
				page, err := tx.Effects(state, "", after, 1)
				for _, e := range page {
					got = append(got, e.Key)
					after = &store.EffectCursor{At: e.At, Key: e.Key}
				}
				return err
			})
		}
		same(t, "page by page", got, want)
	}
	view(t, s, func(tx store.Tx) error {
		beyond, err := tx.Effects("", "", &store.EffectCursor{At: at(0), Key: "effect-006"}, 10)
		same(t, "beyond the last", len(beyond), 0)
		return err
	})
}

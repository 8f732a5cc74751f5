package unsent_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/url"
	"testing"
	"time"

	"fairlead/internal/casework/unsent"
	"fairlead/internal/cvd"
	"fairlead/internal/store"
	"fairlead/internal/store/storetest/engines"
	"fairlead/internal/store/storetest/pgtest"
	"fairlead/internal/store/vault/vaulttest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

var ctx = context.Background()

var start = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

func member(id string) cvd.Actor { return cvd.Actor{Kind: cvd.ActorMember, ID: id} }

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// What was typed is read again by whoever typed it, for that verb of that case, for a
// day, until it was done; the database alone tells nothing of it, and with the case's
// key it is gone.
func TestOnlyWhoTypedItReadsItAgain(t *testing.T) {
	engines.Each(t, func(t *testing.T, fresh func(*testing.T) store.Store) {
		st, now := fresh(t), start
		v := vaulttest.Open(t, st, now)
		b := unsent.New(st, v, func() time.Time { return now })
		for _, id := range []cvd.CaseID{"FL-2026-AAAAAA2", "FL-2026-BBBBBB3"} {
			key, err := v.NewCase(id)
			must(t, err)
			must(t, st.Update(ctx, func(tx store.Tx) error {
				return tx.PutCase(store.Case{ID: id, RM: cvd.RMReceived, Created: now, Updated: now, Version: 1, Sealed: []byte("s"), Key: key.Wrapped, KEK: key.KEK}, 0)
			}))
		}
		ann := unsent.Deed{By: member("ann"), Case: "FL-2026-AAAAAA2", Verb: cvd.VerbMessage}
		typed := url.Values{"text": {"the overflow is in the canary"}}
		name, err := b.Keep(ctx, ann, typed)
		must(t, err)
		if got, err := b.Read(ctx, ann, name); err != nil || got.Get("text") != typed.Get("text") {
			t.Errorf("it reads %v, %v", got, err)
		}
		if again, err := b.Keep(ctx, ann, typed); err != nil || again != name {
			t.Errorf("the same words are called %q and %q, %v", name, again, err)
		}
		other, wrong, elsewhere := ann, ann, ann
		other.By, wrong.Verb, elsewhere.Case = member("ben"), cvd.VerbClose, "FL-2026-BBBBBB3"
		for what, d := range map[string]unsent.Deed{"another member": other, "another verb": wrong, "another case": elsewhere} {
			if got, err := b.Read(ctx, d, name); !errors.Is(err, cvd.ErrNotFound) {
				t.Errorf("%s reads %v, %v", what, got, err)
			}
			must(t, b.Done(ctx, d, name))
		}
		must(t, st.View(ctx, func(tx store.Tx) error {
			recs, err := tx.Records(unsent.Kind, "", 10)
			if len(recs) != 1 || bytes.Contains(recs[0].Sealed, []byte("canary")) {
				t.Errorf("kept: %v", recs)
			}
			return err
		}))

		must(t, b.Done(ctx, ann, name))
		if got, err := b.Read(ctx, ann, name); !errors.Is(err, unsent.ErrDone) {
			t.Errorf("after it was done it reads %v, %v", got, err)
		}
		must(t, b.Done(ctx, ann, name))
		must(t, b.Done(ctx, ann, ""))

		_, err = b.Keep(ctx, ann, typed)
		must(t, err)
		now = start.Add(25 * time.Hour)
		if got, err := b.Read(ctx, ann, name); !errors.Is(err, cvd.ErrNotFound) {
			t.Errorf("the day after it reads %v, %v", got, err)
		}

		_, err = b.Keep(ctx, ann, typed)
		must(t, err)
		must(t, st.Update(ctx, func(tx store.Tx) error {
			return tx.DropKey(store.KeyRef{Case: ann.Case, Kind: store.KeyCase})
		}))
		if got, err := b.Read(ctx, ann, name); !errors.Is(err, cvd.ErrNotFound) {
			t.Errorf("of an erased case it reads %v, %v", got, err)
		}
		if _, err := b.Keep(ctx, ann, url.Values{"text": {"more"}}); err == nil {
			t.Error("words of an erased case are kept")
		}
	})
}

// The oldest make room, so that nobody fills the store by looking.
func TestTheOldestMakeRoom(t *testing.T) {
	st, now := engines.SQLite(t), start
	v := vaulttest.Open(t, st, now)
	b := unsent.New(st, v, func() time.Time { return now })
	key, err := v.NewCase("FL-2026-AAAAAA2")
	must(t, err)
	must(t, st.Update(ctx, func(tx store.Tx) error {
		return tx.PutCase(store.Case{ID: "FL-2026-AAAAAA2", RM: cvd.RMReceived, Created: now, Updated: now, Version: 1, Sealed: []byte("s"), Key: key.Wrapped, KEK: key.KEK}, 0)
	}))
	d := unsent.Deed{By: member("ann"), Case: "FL-2026-AAAAAA2", Verb: cvd.VerbMessage}
	var names []string
	for i := range 60 {
		now = now.Add(time.Minute)
		name, err := b.Keep(ctx, d, url.Values{"text": {fmt.Sprint(i)}})
		must(t, err)
		names = append(names, name)
	}
	for i, name := range names {
		got, err := b.Read(ctx, d, name)
		if kept := i >= 10; kept != (err == nil) || kept && got.Get("text") != fmt.Sprint(i) {
			t.Errorf("%d of 60: %v, %v", i, got, err)
		}
	}
}

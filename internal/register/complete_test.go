package register_test

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"fairlead/internal/advisory"
	"fairlead/internal/cvd"
	"fairlead/internal/register"
	"fairlead/internal/store"
	"fairlead/internal/store/storetest/engines"
)

// What was published while nobody spoke for the house is written again, with the
// publisher's name and signature, once somebody does; nothing else is touched.
func TestComplete(t *testing.T) {
	engines.Each(t, func(t *testing.T, open func(t *testing.T) store.Store) {
		h := newHouse(t, open(t))
		who := ""
		r := register.Open(register.Config{
			Store: h.st, Vault: h.v, Now: func() time.Time { return start }, Formats: []advisory.Format{plain},
			Publisher: func() advisory.Publisher { return advisory.Publisher{Name: who} },
			Sign: func([]byte, time.Time) ([]byte, error) {
				if who == "" {
					return nil, nil
				}
				return []byte("signed by " + who), nil
			},
		})
		other := h.register() // of the same house, in another process
		one, two := draft("EX-2026-ONE", 1), draft("EX-2026-TWO", 2)
		must(t, r.Publish(ctx, one, two))
		two = next(two)
		must(t, r.Publish(ctx, two))
		if n, err := r.Complete(ctx); n != 0 || err != nil {
			t.Fatalf("completed %d with nobody's name, %v", n, err)
		}
		d, err := r.Document(ctx, one.ID, "plain")
		must(t, err)
		if d.Signature != nil {
			t.Error("nobody signed it")
		}
		who = "Example"
		third := draft("EX-2026-THREE", 3)
		must(t, r.Publish(ctx, third))
		was, err := r.Document(ctx, third.ID, "plain")
		must(t, err)
		if n, err := r.Complete(ctx); n != 2 || err != nil {
			t.Fatalf("completed %d, %v", n, err)
		}
		for _, a := range []*cvd.Advisory{one, two} {
			d, err := other.Document(ctx, a.ID, "plain")
			must(t, err)
			var got struct {
				By     string
				Record cvd.Advisory
			}
			must(t, json.Unmarshal(d.Bytes, &got))
			if got.By != who || string(d.Signature) != "signed by Example" || d.Revision != a.Revision || got.Record.Revision != a.Revision {
				t.Errorf("%s: %+v", a.ID, d)
			}
		}
		if d, err := other.Document(ctx, third.ID, "plain"); err != nil || !d.At.Equal(was.At) || d.SHA256 != was.SHA256 {
			t.Errorf("what was complete is now %+v, %v", d, err)
		}
		generation, err := r.Generation(ctx)
		must(t, err)
		if n, err := r.Complete(ctx); n != 0 || err != nil {
			t.Errorf("completed %d once more, %v", n, err)
		}
		if again, err := r.Generation(ctx); err != nil || again != generation {
			t.Errorf("nothing was left to do, and the generation moved from %d to %d", generation, again)
		}
		must(t, r.Publish(ctx, next(two)))
		if v, err := other.Verify(ctx); err != nil || len(v.Faults) > 0 {
			t.Errorf("verified %+v, %v", v, err)
		}
	})
}

// An imported advisory may skip numbers; one of ours may not.
func TestRevisionsOfOthers(t *testing.T) {
	engines.Each(t, func(t *testing.T, open func(t *testing.T) store.Store) {
		r := newHouse(t, open(t)).register()
		a := draft("EX-2026-ONE", 1)
		a.Revision = 3
		if err := r.Publish(ctx, a); !errors.Is(err, cvd.ErrInvalid) {
			t.Errorf("ours began at 3: %v", err)
		}
		a.Source = &cvd.AdvisorySource{Format: "csaf"}
		must(t, r.Publish(ctx, a))
		b := next(a)
		b.Revision = 7
		must(t, r.Publish(ctx, b))
		if got, err := r.Record(ctx, a.ID, 0); err != nil || got.Revision != 7 {
			t.Errorf("the latest is %+v, %v", got, err)
		}
		if err := r.Publish(ctx, a); !errors.Is(err, cvd.ErrInvalid) {
			t.Errorf("an earlier number after a later one: %v", err)
		}
	})
}

package register

import (
	"context"
	"errors"
	"fmt"

	"fairlead/internal/cvd"
)

// Complete makes the documents anew of what was published while no policy said
// who publishes, as an import into a fresh house is: with the publisher's name and
// signature, and in the formats that need them. It does nothing while still nobody
// does, and touches no other advisory. It returns how many it completed.
func (r *Register) Complete(ctx context.Context) (int, error) {
	if r.Publisher().Name == "" {
		return 0, nil
	}
	done := 0
	for range attempts {
		n, err := r.complete(ctx)
		if done += n; err == nil || !errors.Is(err, cvd.ErrConflict) {
			return done, err
		}
	}
	return done, fmt.Errorf("%w: others publish all the time; try again", cvd.ErrConflict)
}

func (r *Register) complete(ctx context.Context) (int, error) {
	entries, err := r.Entries(ctx)
	if err != nil {
		return 0, err
	}
	var raw []*Entry
	for _, e := range entries {
		if e.Raw {
			raw = append(raw, e)
		}
	}
	done := 0
	for len(raw) > 0 {
		n := min(len(raw), batch)
		if err := r.again(ctx, raw[:n]); err != nil {
			return done, err
		}
		done, raw = done+n, raw[n:]
	}
	return done, nil
}

// again prints the latest revision of some advisories once more.
func (r *Register) again(ctx context.Context, entries []*Entry) error {
	p := &Publication{r: r}
	var err error
	if p.after, err = r.Generation(ctx); err != nil {
		return err
	}
	at, publisher := r.Now(), r.Publisher()
	for _, e := range entries {
		now, err := r.Entry(ctx, e.ID)
		if err != nil {
			return err
		}
		a, err := r.Record(ctx, e.ID, now.Revision)
		if err != nil {
			return err
		}
		it, err := r.prepare(a, publisher, at)
		if err != nil {
			return err
		}
		it.again = true
		p.items = append(p.items, it)
	}
	return r.Store.Update(ctx, p.Write)
}

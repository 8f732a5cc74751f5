package app

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"time"

	"fairlead/internal/cvd"
	"fairlead/internal/deadline"
	"fairlead/internal/store"
	"fairlead/internal/store/vault"
)

// Finding is one thing that a check of the house found.
type Finding struct {
	What  string `json:"what"` // ok, warning, fault
	Where string `json:"where"`
	Text  string `json:"text"`
}

// Checked is what a check of all histories found.
type Checked struct {
	Cases    int       `json:"cases"`
	Events   int       `json:"events"`
	Erased   int       `json:"erased"`
	Rebuilt  int       `json:"rebuilt"`
	Findings []Finding `json:"findings"`

	files map[string]bool // blobs that some case names
}

// CheckHistories opens every event of every case, holds it against its leaf,
// adds the history up and holds the sum against the queue's row. With repair it
// writes rows anew that differ: they are a cache of the history.
func (h *House) CheckHistories(ctx context.Context, repair bool) (Checked, error) {
	out := Checked{Findings: []Finding{}, files: map[string]bool{}}
	f := store.Filter{Sort: store.ByCreated, Limit: 200}
	for {
		var rows []store.Case
		err := h.Store.View(ctx, func(tx store.Tx) error {
			var err error
			rows, err = tx.Cases(f)
			return err
		})
		if err != nil {
			return out, err
		}
		for _, row := range rows {
			if err := h.checkCase(ctx, row, repair, &out); err != nil {
				return out, err
			}
		}
		if len(rows) < f.Limit {
			return out, nil
		}
		last := rows[len(rows)-1]
		f.After = &store.Cursor{At: last.Created, ID: last.ID}
	}
}

func (h *House) checkCase(ctx context.Context, row store.Case, repair bool, out *Checked) error {
	out.Cases++
	fault := func(format string, args ...any) {
		out.Findings = append(out.Findings, Finding{"fault", string(row.ID), fmt.Sprintf(format, args...)})
	}
	var rows []store.Event
	err := h.Store.View(ctx, func(tx store.Tx) error {
		var err error
		rows, err = tx.Events(string(row.ID), 0, 100000)
		return err
	})
	if err != nil {
		return err
	}
	key, err := h.Vault.Case(row)
	if errors.Is(err, vault.ErrErased) {
		out.Erased++
	} else if err != nil {
		fault("the case's key cannot be opened: %v", err)
		return nil
	}
	sum := &cvd.Case{}
	for _, r := range rows {
		ev, err := key.OpenCaseEvent(r)
		if err != nil {
			fault("event %d: %v", r.Seq, err)
			return nil
		}
		if err := sum.Apply(ev); err != nil {
			fault("event %d does not follow from those before: %v", r.Seq, err)
			return nil
		}
		if ev.Body != nil && ev.Body.File != nil {
			out.files[ev.Body.File.Blob] = true
		}
		out.Events++
	}
	if key == nil {
		return nil
	}
	return h.compare(ctx, row, key, sum, repair, out)
}

// compare holds a row against what its history adds up to.
func (h *House) compare(ctx context.Context, row store.Case, key *vault.Key, sum *cvd.Case, repair bool, out *Checked) error {
	state, err := key.OpenState(row.Sealed)
	if err == nil && reflect.DeepEqual(normal(state), normal(sum)) && row.Version == sum.Version && row.RM == sum.RM() {
		return nil
	}
	what := "its row does not agree with its history"
	if err != nil {
		what = "its row cannot be opened"
	}
	if !repair {
		out.Findings = append(out.Findings, Finding{"fault", string(row.ID), what + "; fairlead doctor --repair writes it anew"})
		return nil
	}
	v := h.Book.Version(sum.Policy)
	if v == nil {
		return fmt.Errorf("%w: policy version %d is not known", cvd.ErrUnavailable, sum.Policy)
	}
	fresh, err := key.SealCase(sum, deadline.Wake(sum, deadline.Terms{Policy: v.Policy, Calendar: v.Calendar}))
	if err != nil {
		return err
	}
	out.Rebuilt++
	out.Findings = append(out.Findings, Finding{"warning", string(row.ID), what + "; it was written anew"})
	return h.Store.Update(ctx, func(tx store.Tx) error { return tx.PutCase(fresh, row.Version) })
}

// orphans counts the files that no case names, and with repair removes them.
// The data folder is held, so no upload is under way.
func (h *House) orphans(ctx context.Context, named map[string]bool, repair bool) (int, error) {
	var left []string
	err := h.Blobs.List(ctx, func(name string, _ int64) error {
		if !named[name] {
			left = append(left, name)
		}
		return nil
	})
	if err != nil || !repair {
		return len(left), err
	}
	for _, name := range left {
		if err := h.Blobs.Delete(ctx, name); err != nil {
			return len(left), err
		}
	}
	return 0, nil
}

// normal brings instants and empty lists into the form they have after storage.
func normal(c *cvd.Case) cvd.Case {
	d := *c.Clone()
	for i := range d.Participants {
		d.Participants[i].Contact = nil
	}
	utc := func(t *time.Time) { *t = t.UTC() }
	utc(&d.Created)
	utc(&d.Updated)
	utc(&d.Accepted)
	for i := range d.Clocks {
		k := &d.Clocks[i]
		for _, t := range []*time.Time{&k.Started, &k.Since, &k.Due, &k.Expected, &k.Warned, &k.Breached, &k.Met, &k.Stopped, &k.Paused} {
			utc(t)
		}
	}
	if len(d.Missing) == 0 {
		d.Missing = nil
	}
	if len(d.Links) == 0 {
		d.Links = nil
	}
	return d
}

// Doctor looks at everything that can be looked at without a network.
func (h *House) Doctor(ctx context.Context, repair bool) (Checked, error) {
	out, err := h.CheckHistories(ctx, repair)
	if err != nil {
		return out, err
	}
	add := func(what, where, text string) { out.Findings = append(out.Findings, Finding{what, where, text}) }
	if err := h.Ready(ctx); err != nil {
		add("fault", "readiness", err.Error())
	}
	if s, err := h.Outbox.Status(ctx); err != nil {
		return out, err
	} else if s.Dead > 0 {
		add("fault", "outbox", fmt.Sprintf("%d notices were given up; look at the outbox on the desk", s.Dead))
	}
	if have, want, err := h.strength(ctx); err != nil {
		return out, err
	} else if have < want {
		add("warning", "team", fmt.Sprintf("%d members are active, the policy asks for %d", have, want))
	}
	if rev, ok := h.Book.Review(); ok && rev.Overdue {
		add("fault", "policy", "its review has been overdue since "+rev.Due.Format("2006-01-02"))
	}
	if h.keyBesideData() {
		add("warning", "keys", "the key file lies beside the database: whoever copies the folder has both; set keys.file to another disk")
	}
	orphans, err := h.orphans(ctx, out.files, repair)
	if err != nil {
		return out, err
	}
	if orphans > 0 {
		add("warning", "files", fmt.Sprintf("%d files belong to no case; they are left over from uploads that did not finish", orphans))
	}
	return out, nil
}

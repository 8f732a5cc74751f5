package inbox

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"fairlead/internal/store"
)

// Door is how a door is doing.
type Door struct {
	Name string // smtp, lmtp, imap/NAME
	Kind string // smtp, lmtp, imap
	Open bool   // this process listens or polls there
	// Message is when the latest message came in; zero: none yet.
	Message time.Time
	// Worked is when it was last seen to work: a message, a poll without one, a probe.
	Worked time.Time
	// Tested is when the latest self-test arrived, and Took how long that took.
	Tested time.Time
	Took   time.Duration
	// Sent is when the latest self-test was sent; one that has not arrived is later
	// than Tested.
	Sent time.Time
	// Error is what last went wrong, Failed when, and Errors how often since it
	// worked. Error is a name in the message catalogue, or a server's own words.
	Error  string
	Failed time.Time
	Errors int
	// Backlog is how many of its messages wait to be sorted, at most Counted.
	Backlog int
}

// Note is one thing that happened at a door.
type Note struct {
	Door    string
	At      time.Time     // zero: now
	Opened  bool          // it listens or polls from now on
	Closed  bool          // and no more
	Message bool          // a message came in
	Worked  bool          // it worked without one
	Sent    bool          // a self-test was sent
	Probe   time.Duration // a self-test arrived after so long; 0: none
	// Err is what went wrong, for Door.Error; empty: nothing.
	Err string
}

// door is what is kept of one.
type door struct {
	Last   time.Time     `json:"last,omitzero"`
	Worked time.Time     `json:"worked,omitzero"`
	Tested time.Time     `json:"tested,omitzero"`
	Took   time.Duration `json:"took,omitempty"`
	Sent   time.Time     `json:"sent,omitzero"`
	Error  string        `json:"error,omitempty"`
	Failed time.Time     `json:"failed,omitzero"`
	Errors int           `json:"errors,omitempty"`

	open, changed bool
}

const maxDoorError = 500

// take adds what happened.
func (d *door) take(n Note) {
	d.changed = d.changed || n.Sent || n.Message || n.Worked || n.Probe > 0 || n.Err != ""
	d.open = (d.open || n.Opened) && !n.Closed
	if n.Message {
		d.Last = later(d.Last, n.At)
	}
	if n.Sent {
		d.Sent = later(d.Sent, n.At)
	}
	if n.Probe > 0 {
		d.Tested, d.Took = n.At, n.Probe
	}
	if n.Message || n.Worked || n.Probe > 0 {
		d.Worked, d.Errors = later(d.Worked, n.At), 0
	}
	if n.Err != "" {
		d.Error, d.Failed = strings.ToValidUTF8(n.Err[:min(len(n.Err), maxDoorError)], ""), n.At
		d.Errors++
	}
}

// join adds what an earlier process wrote down.
func (d *door) join(was *door) {
	if d.Worked.IsZero() {
		d.Errors += was.Errors
	}
	d.Last, d.Worked, d.Sent = later(d.Last, was.Last), later(d.Worked, was.Worked), later(d.Sent, was.Sent)
	if was.Tested.After(d.Tested) {
		d.Tested, d.Took = was.Tested, was.Took
	}
	if was.Failed.After(d.Failed) {
		d.Error, d.Failed = was.Error, was.Failed
	}
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// NoteDoor remembers what happened at a door. It only counts: Flush writes it down.
func (b *Box) NoteDoor(n Note) {
	if n.At.IsZero() {
		n.At = b.Now()
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.door(n.Door).take(n)
}

func (b *Box) door(name string) *door {
	if b.doors == nil {
		b.doors = map[string]*door{}
	}
	d := b.doors[name]
	if d == nil {
		d = &door{}
		b.doors[name] = d
	}
	return d
}

// every is how often the doors' log is written at most.
const every = time.Minute

// Flush writes down what changed at the doors, once a minute or now.
func (b *Box) Flush(ctx context.Context, now bool) error {
	if err := b.remember(ctx); err != nil {
		return err
	}
	recs, err := b.changes(now)
	if err != nil || len(recs) == 0 {
		return err
	}
	err = b.Store.Update(ctx, func(tx store.Tx) error {
		for _, rec := range recs {
			if err := tx.PutRecord(rec, -1); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.mu.Lock()
		defer b.mu.Unlock()
		for _, rec := range recs {
			b.door(rec.ID).changed = true
		}
	}
	return err
}

// changes seals what changed at the doors since it was last written down: nothing
// within a minute of that, unless it is to be now. What cannot be sealed still counts
// as changed.
func (b *Box) changes(now bool) ([]store.Record, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	at := b.Now()
	if !now && at.Before(b.flushed.Add(every)) {
		return nil, nil
	}
	b.flushed = at
	var recs []store.Record
	for name, d := range b.doors {
		if !d.changed {
			continue
		}
		rec, err := b.Vault.Seal(store.Record{Kind: kindDoor, ID: name, At: at}, d)
		if err != nil {
			return nil, fmt.Errorf("door %s: %w", name, err)
		}
		recs = append(recs, rec)
	}
	for _, rec := range recs {
		b.door(rec.ID).changed = false
	}
	return recs, nil
}

// remember reads, once, what earlier processes wrote down of the doors.
func (b *Box) remember(ctx context.Context) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.remembered {
		return nil
	}
	was := map[string]*door{}
	err := b.Store.View(ctx, func(tx store.Tx) error {
		all, err := tx.Records(kindDoor, "", math.MaxInt32)
		for _, rec := range all {
			d := &door{}
			was[rec.ID] = d
			err = errors.Join(err, b.Vault.Read(rec, d))
		}
		return err
	})
	if err != nil {
		return err
	}
	for name, d := range was {
		b.door(name).join(d)
	}
	b.remembered = true
	return nil
}

// Doors tells how every door is doing that ever had something to tell, by name.
func (b *Box) Doors(ctx context.Context) ([]Door, error) {
	if err := b.remember(ctx); err != nil {
		return nil, err
	}
	waiting, err := b.backlog(ctx)
	if err != nil {
		return nil, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	out := make([]Door, 0, len(b.doors))
	for name, d := range b.doors {
		kind, _, _ := strings.Cut(name, "/")
		out = append(out, Door{
			Name: name, Kind: kind, Open: d.open, Message: d.Last, Worked: d.Worked, Tested: d.Tested, Took: d.Took, Sent: d.Sent,
			Error: d.Error, Failed: d.Failed, Errors: d.Errors, Backlog: waiting[name],
		})
	}
	slices.SortFunc(out, func(x, y Door) int { return cmp.Compare(x.Name, y.Name) })
	return out, nil
}

// backlog counts what waits, by door.
func (b *Box) backlog(ctx context.Context) (map[string]int, error) {
	all, err := b.List(ctx, Waiting, nil, Counted)
	out := map[string]int{}
	for _, it := range all {
		out[it.Door]++
	}
	return out, err
}

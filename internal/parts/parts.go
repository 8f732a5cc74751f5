// Package parts keeps the bills of materials of our product versions, and
// answers which of them contain a component, and whom its own project may be
// reached through.
//
// It never decides about a case: what it finds in a report is a suggestion. It
// edits nothing: adding, replacing and removing a bill are events of one history
// of their own, sealed under the server's key. It never asks the network.
package parts

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"fairlead/internal/cvd"
	"fairlead/internal/intake/sbom"
	"fairlead/internal/may"
	"fairlead/internal/store"
	"fairlead/internal/store/vault"
)

// Stream is the history of the bills and of the contacts that members recorded.
const Stream = "@components"

// recordBill holds the components of one bill, as long as it is in force.
const recordBill store.RecordKind = "bill"

// attempts bounds how often one change is decided again after losing a race.
const attempts = 16

// Config is what an inventory is kept with.
type Config struct {
	Store store.Store
	Vault *vault.Vault
	Now   func() time.Time
	Name  func() (string, error) // fresh random record names
}

// Inventory answers from memory. What it holds there is read from the store at
// the first question, and brought up to date at each later one, since another
// process may have added a bill. It is safe for concurrent use.
type Inventory struct {
	Config
	mu    sync.RWMutex
	index *index
	// reading lets one bill be read at a time: each may take a hundred MiB for a
	// moment.
	reading chan struct{}
}

// New makes an inventory. It reads nothing yet.
func New(cfg Config) *Inventory {
	return &Inventory{Config: cfg, index: newIndex(), reading: make(chan struct{}, 1)}
}

// The types of events.
const (
	typeAdded   = "bill-added"
	typeRemoved = "bill-removed"
	typeContact = "contact-recorded"
)

// head is the open part of an event: to a thief it tells how many bills there
// are, when they came and whose member id brought them.
type head struct {
	Stream   string    `json:"stream"`
	Seq      int64     `json:"seq"`
	Type     string    `json:"type"`
	V        int       `json:"v"`
	At       time.Time `json:"at"`
	Actor    string    `json:"actor"`
	Bill     string    `json:"bill,omitempty"`
	Replaces string    `json:"replaces,omitempty"`
}

// body is the sealed part.
type body struct {
	Who       string        `json:"who,omitempty"`       // the actor's name at that time
	Bill      *Bill         `json:"bill,omitempty"`      // of bill-added and bill-removed
	Reason    string        `json:"reason,omitempty"`    // of bill-removed
	Component string        `json:"component,omitempty"` // key of contact-recorded
	Name      string        `json:"name,omitempty"`      // of that component
	Contact   *sbom.Contact `json:"contact,omitempty"`
}

type event struct {
	head head
	body body
}

// enter refuses whoever the inventory does not exist for, and who may only look.
func enter(by cvd.Actor, use may.Use) error {
	switch got := may.Tend(by, may.AreaParts); {
	case got == may.Closed:
		return cvd.ErrNotFound
	case got < use:
		return fmt.Errorf("%w: leads and members keep the bills of materials", cvd.ErrForbidden)
	}
	return nil
}

// page is how many events are read at once.
const page = 1000

// fresh brings the index up to what the store holds. Where nothing is new, which
// is nearly always, nobody waits for anybody.
func (v *Inventory) fresh(ctx context.Context) error {
	v.mu.RLock()
	seq := v.index.seq
	v.mu.RUnlock()
	var news []store.Event
	look := func(tx store.Tx) (err error) {
		news, err = tx.Events(Stream, seq, 1)
		return err
	}
	if err := v.Store.View(ctx, look); err != nil || len(news) == 0 {
		return err
	}
	return v.load(ctx)
}

// load reads the events that the index does not know, and the bills that they
// leave in force.
func (v *Inventory) load(ctx context.Context) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	var news []store.Event
	var recs map[string]store.Record
	err := v.Store.View(ctx, func(tx store.Tx) error {
		news, recs = nil, map[string]store.Record{}
		for after := v.index.seq; ; after = news[len(news)-1].Seq {
			rows, err := tx.Events(Stream, after, page)
			if err != nil {
				return err
			}
			if news = append(news, rows...); len(rows) < page {
				break
			}
		}
		live, err := liveOf(news)
		if err != nil {
			return err
		}
		for id := range live {
			if recs[id], err = tx.Record(recordBill, id); err != nil {
				return fmt.Errorf("%w: the bill of materials %s cannot be read: %s", cvd.ErrUnavailable, id, err.Error())
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	l := loading{index: v.index, lines: map[string]entry{}}
	defer v.index.settle()
	for i, row := range news {
		if err := v.take(&l, row, recs, len(news)-i <= maxChanges); err != nil {
			return err
		}
	}
	return nil
}

// liveOf names the bills that the events add and none of them takes away.
func liveOf(rows []store.Event) (map[string]bool, error) {
	live := map[string]bool{}
	for _, row := range rows {
		var h head
		if err := json.Unmarshal(row.Head, &h); err != nil {
			return nil, fmt.Errorf("components history, event %d: %w", row.Seq, err)
		}
		switch h.Type {
		case typeAdded:
			delete(live, h.Replaces)
			live[h.Bill] = true
		case typeRemoved:
			delete(live, h.Bill)
		}
	}
	return live, nil
}

// take reads one event into the index. That of a bill that is gone is opened only
// where the history still shows it.
func (v *Inventory) take(l *loading, row store.Event, recs map[string]store.Record, shown bool) error {
	var ev event
	if err := json.Unmarshal(row.Head, &ev.head); err != nil {
		return err
	}
	rec, live := recs[ev.head.Bill]
	if shown || live || ev.head.Type == typeContact {
		plain, err := v.Vault.Stream(Stream).OpenEvent(row)
		if err == nil {
			err = json.Unmarshal(plain, &ev.body)
		}
		if err != nil {
			return fmt.Errorf("components history, event %d: %w", row.Seq, err)
		}
	}
	packed := ""
	if live && ev.head.Type == typeAdded {
		if err := v.Vault.Read(rec, &packed); err != nil {
			return fmt.Errorf("bill of materials %s: %w", ev.head.Bill, err)
		}
	}
	l.take(ev, packed, shown)
	return nil
}

// planned is what a decision asks for.
type planned struct {
	event  event
	record *store.Record // to put
	drop   string        // the bill whose components go
}

// change is the spine of this stream: decide on what is there, seal, write. A
// decision of nil changes nothing.
func (v *Inventory) change(ctx context.Context, by cvd.Actor, decide func(x *index, now time.Time) (*planned, error)) error {
	for range attempts {
		if err := v.fresh(ctx); err != nil {
			return err
		}
		now := v.Now()
		v.mu.RLock()
		seq := v.index.seq + 1
		p, err := decide(v.index, now)
		v.mu.RUnlock()
		if err != nil || p == nil {
			return err
		}
		h := p.event.head
		h.Stream, h.Seq, h.V, h.At, h.Actor = Stream, seq, 1, now, by.Ref()
		p.event.body.Who = by.Name
		row, err := v.seal(h, p.event.body)
		if err != nil {
			return err
		}
		err = v.Store.Update(ctx, func(tx store.Tx) error { return p.write(tx, row) })
		if errors.Is(err, cvd.ErrConflict) {
			continue
		}
		if err != nil {
			return err
		}
		return v.fresh(ctx)
	}
	return fmt.Errorf("%w: the bills of materials are being changed by somebody else; try again", cvd.ErrConflict)
}

func (p *planned) write(tx store.Tx, row store.Event) error {
	if err := tx.Append([]store.Event{row}); err != nil {
		return err
	}
	if p.record != nil {
		if err := tx.PutRecord(*p.record, 0); err != nil {
			return err
		}
	}
	if p.drop == "" {
		return nil
	}
	_, err := tx.DeleteRecords(store.Selection{Kind: recordBill, ID: p.drop})
	return err
}

func (v *Inventory) seal(h head, b body) (store.Event, error) {
	open, err := json.Marshal(h)
	if err != nil {
		return store.Event{}, err
	}
	closed, err := json.Marshal(b)
	if err != nil {
		return store.Event{}, err
	}
	return v.Vault.Stream(Stream).SealEvent(Stream, h.Seq, open, closed)
}

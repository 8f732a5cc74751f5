// Package filters keeps the filters of the queue that members made and named for
// themselves, sealed: a filter may hold words.
//
// It never looks into a filter, never applies one, and shows nobody another member's.
package filters

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"fairlead/internal/cvd"
	"fairlead/internal/may"
	"fairlead/internal/store"
	"fairlead/internal/store/memo"
	"fairlead/internal/store/vault"
)

// kind is the kind of the records kept here; their owner is the member.
const kind store.RecordKind = "filter"

// The limits of a member's filters.
const (
	Most      = 20
	NameChars = 40
	queryMost = 2000 // bytes; more than every choice at its longest
)

// Filter is one that a member kept.
type Filter struct {
	ID    string `json:"-"`
	Name  string `json:"name"`
	Query string `json:"query"` // as the queue's address holds it
}

// Book keeps filters. It is safe for concurrent use.
type Book struct {
	store store.Store
	vault *vault.Vault
	now   func() time.Time
	memo  *memo.Memo[string, []Filter]
}

// New makes a book.
func New(st store.Store, v *vault.Vault, now func() time.Time) *Book {
	return &Book{st, v, now, memo.New[string, []Filter](st, 200)}
}

// enter lets those in who have a queue.
func enter(by cvd.Actor) error {
	if may.Enter(by, may.AreaCases) < may.Look {
		return cvd.ErrNotFound
	}
	return nil
}

// Of lists the actor's own filters by name. The list is shared and must not be changed.
func (b *Book) Of(ctx context.Context, by cvd.Actor) ([]Filter, error) {
	if err := enter(by); err != nil {
		return nil, err
	}
	return b.memo.Get(ctx, by.ID, nil, func() (out []Filter, err error) {
		err = b.store.View(ctx, func(tx store.Tx) (err error) {
			out, err = b.read(tx, by.ID)
			return err
		})
		return out, err
	})
}

func (b *Book) read(tx store.Tx, member string) ([]Filter, error) {
	recs, err := tx.Records(kind, member, Most)
	if err != nil {
		return nil, err
	}
	var out []Filter
	for _, rec := range recs {
		f := Filter{ID: rec.ID}
		if err := b.vault.Read(rec, &f); err != nil {
			return nil, err
		}
		out = append(out, f)
	}
	slices.SortFunc(out, func(x, y Filter) int {
		return cmp.Or(strings.Compare(strings.ToLower(x.Name), strings.ToLower(y.Name)), strings.Compare(x.Name, y.Name))
	})
	return out, nil
}

// Keep keeps a filter under a name; one of the same name makes room for it. Errors:
// cvd.Faults of the field name.
func (b *Book) Keep(ctx context.Context, by cvd.Actor, name, query string) error {
	if err := enter(by); err != nil {
		return err
	}
	name = strings.Join(strings.Fields(name), " ")
	fault := func(problem, remedy string) error {
		return cvd.Faults{{Field: "name", Problem: problem, Remedy: remedy}}.Err()
	}
	switch {
	case name == "":
		return fault("is empty", "name the filter")
	case utf8.RuneCountInString(name) > NameChars:
		return fault(fmt.Sprintf("is over %d characters", NameChars), "choose a shorter name")
	case !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl):
		return fault("holds bytes that are no text", "type it anew")
	case len(query) > queryMost:
		return fmt.Errorf("%w: the filter is too long", cvd.ErrInvalid)
	}
	rec := store.Record{Kind: kind, ID: b.vault.Blind("casework/filter", by.ID+"/"+name), Owner: by.ID, At: b.now()}
	rec, err := b.vault.Seal(rec, Filter{Name: name, Query: query})
	if err != nil {
		return err
	}
	return b.store.Update(ctx, func(tx store.Tx) error {
		own, err := tx.Records(kind, by.ID, Most)
		if err != nil {
			return err
		}
		if len(own) >= Most && !slices.ContainsFunc(own, func(r store.Record) bool { return r.ID == rec.ID }) {
			return fault(fmt.Sprintf("would be that of filter %d, over the limit of %d", Most+1, Most), "remove one first")
		}
		return tx.PutRecord(rec, -1)
	})
}

// Drop removes one of the actor's own filters. Any other id is cvd.ErrNotFound.
func (b *Book) Drop(ctx context.Context, by cvd.Actor, id string) error {
	if err := enter(by); err != nil {
		return err
	}
	if id == "" {
		return cvd.ErrNotFound
	}
	return b.store.Update(ctx, func(tx store.Tx) error {
		n, err := tx.DeleteRecords(store.Selection{Kind: kind, ID: id, Owner: by.ID})
		if err == nil && n == 0 {
			err = cvd.ErrNotFound
		}
		return err
	})
}

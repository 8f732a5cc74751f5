// Package sent keeps what a carrier sent for an effect, or why it could not.
//
// What was sent to a participant stands under their own key, since it holds
// their address: it is gone when they are forgotten, and when they give another
// contact. It never decides who may read it.
package sent

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"time"

	"fairlead/internal/cvd"
	"fairlead/internal/store"
	"fairlead/internal/store/vault"
)

// Book is where it is kept. Stream names the key of what belongs to no case.
type Book struct {
	Store  store.Store
	Vault  *vault.Vault
	Stream string
}

// seat is the key of an effect's text. What goes to a participant begins with a
// mark, which tells one key of theirs from a later one; nobody is the mark of a
// text that names none, under the case's own key.
type seat struct {
	key, whole *vault.Key
	mark       []byte
}

var nobody = make([]byte, markSize)

const markSize = 8

// personal tells whether an effect writes to a participant, under whose own key what was
// sent is kept.
func personal(kind cvd.EffectKind) bool {
	return kind == cvd.EffectNotifyReporter || kind == cvd.EffectNotifyParty
}

func (b Book) seat(tx store.Tx, e *store.Effect) (seat, error) {
	if e.Case == "" {
		return seat{key: b.Vault.Stream(b.Stream)}, nil
	}
	row, err := tx.Case(e.Case)
	if err != nil {
		return seat{}, err
	}
	key, err := b.Vault.Case(row)
	if errors.Is(err, vault.ErrErased) {
		return seat{}, nil
	}
	if err != nil || !personal(e.Kind) {
		return seat{key: key, whole: key}, err
	}
	at := seat{whole: key}
	people, err := tx.Keys(e.Case)
	if err != nil {
		return seat{}, err
	}
	for _, p := range people {
		if p.Name == e.To {
			sum := sha256.Sum256(p.Wrapped)
			at.mark = slices.Clone(sum[:markSize])
			at.key, err = key.Person(cvd.ParticipantID(p.Name), p.Wrapped)
			return at, err
		}
	}
	return at, nil
}

// Seal seals the text of an effect. Where the key is gone it returns nil: then
// nothing is kept, unless it says only that nobody could be told.
func (b Book) Seal(ctx context.Context, e store.Effect, text []byte) ([]byte, error) {
	var at seat
	err := b.Store.View(ctx, func(tx store.Tx) error {
		var err error
		at, err = b.seat(tx, &e)
		return err
	})
	if err == nil && at.key == nil && at.whole != nil && !bytes.ContainsRune(text, '@') {
		at.key, at.mark = at.whole, nobody // there is no address in it
	}
	if err != nil || at.key == nil {
		return nil, err
	}
	box, err := at.key.SealBytes("sent/"+e.Key, text)
	return slices.Concat(at.mark, box), err
}

// Carried is one effect with what became of it.
type Carried struct {
	store.Effect
	Text string // what was sent, or why it was not; empty while pending, and once its key is gone
}

// Page lists effects, newest first, at most limit of them, and where the next page
// begins, if there is one.
func (b Book) Page(ctx context.Context, state store.EffectState, after *store.EffectCursor, limit int) ([]Carried, *store.EffectCursor, error) {
	var effects []store.Effect
	err := b.Store.View(ctx, func(tx store.Tx) error {
		var err error
		effects, err = List(tx, state, after, limit+1)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	var next *store.EffectCursor
	if len(effects) > limit {
		effects = effects[:limit]
		next = &store.EffectCursor{At: effects[limit-1].At, Key: effects[limit-1].Key}
	}
	texts, err := b.Read(ctx, effects)
	if err != nil {
		return nil, nil, err
	}
	out := make([]Carried, len(effects))
	for i, e := range effects {
		out[i] = Carried{e, texts[i]}
	}
	return out, next, nil
}

// Read opens the texts of effects, in their order; one that was not sent yet or
// whose key is gone is empty.
func (b Book) Read(ctx context.Context, effects []store.Effect) ([]string, error) {
	out := make([]string, len(effects))
	err := b.Store.View(ctx, func(tx store.Tx) error {
		seats := map[string]seat{}
		for i := range effects {
			e := &effects[i]
			name := string(e.Case) + "\n" + string(e.Kind) + "\n" + e.To
			at, known := seats[name]
			if !known {
				var err error
				if at, err = b.seat(tx, e); err != nil {
					return fmt.Errorf("effect %s: %w", e.Key, err)
				}
				seats[name] = at
			}
			if personal(e.Kind) && bytes.HasPrefix(e.Sealed, nobody) {
				at.key, at.mark = at.whole, nobody
			}
			box, ours := bytes.CutPrefix(e.Sealed, at.mark)
			if at.key == nil || len(e.Sealed) == 0 || !ours {
				continue
			}
			text, err := at.key.OpenBytes("sent/"+e.Key, box)
			if err != nil {
				return fmt.Errorf("effect %s: %w", e.Key, err)
			}
			out[i] = string(text)
		}
		return nil
	})
	return out, err
}

// List is one page of effects, newest first, without the mails that were sorted:
// those are nothing that anybody was told, and would bury it.
func List(tx store.Tx, state store.EffectState, after *store.EffectCursor, limit int) ([]store.Effect, error) {
	var out []store.Effect
	for {
		page, err := tx.Effects(state, "", after, limit)
		if err != nil {
			return nil, err
		}
		for _, e := range page {
			after = &store.EffectCursor{At: e.At, Key: e.Key}
			if e.Kind == cvd.EffectSortMail && e.State == store.EffectDone {
				continue
			}
			if out = append(out, e); len(out) == limit {
				return out, nil
			}
		}
		if len(page) < limit {
			return out, nil
		}
	}
}

// Retry takes a given-up effect up again; cvd.ErrNotFound if none of that key was.
func (b Book) Retry(ctx context.Context, key string, now time.Time) error {
	return b.Store.Update(ctx, func(tx store.Tx) error {
		var after *store.EffectCursor
		for {
			dead, err := tx.Effects(store.EffectDead, "", after, 500)
			if err != nil {
				return err
			}
			for _, e := range dead {
				after = &store.EffectCursor{At: e.At, Key: e.Key}
				if e.Key == key {
					e.State, e.Attempts, e.At = store.EffectPending, 0, now
					return tx.Finish(e)
				}
			}
			if len(dead) < 500 {
				break
			}
		}
		return fmt.Errorf("%w: no such notice was given up", cvd.ErrNotFound)
	})
}

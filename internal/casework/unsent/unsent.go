// Package unsent keeps what a member typed for a verb between its preview and its doing,
// so that a page of the preview can be read again and gone back to. It is sealed under
// the key of the case, for a day.
//
// It never shows one member what another typed, never does anything with it, and knows
// nothing of rights: whoever asks has read the case as the member first.
package unsent

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"time"

	"fairlead/internal/cvd"
	"fairlead/internal/store"
	"fairlead/internal/store/vault"
)

// Kind is the kind of the records kept here; their owner is the case.
const Kind store.RecordKind = "unsent"

// life is how long something is kept after it was typed.
const life = 24 * time.Hour

// most is how many are kept of one case; the oldest make room.
const most = 50

// ErrDone means that what was kept under the name was done since; the words are gone
// from here. It is a cvd.ErrConflict.
var ErrDone = fmt.Errorf("%w: it was done since", cvd.ErrConflict)

// Book keeps what is not sent yet. It is safe for concurrent use.
type Book struct {
	store store.Store
	vault *vault.Vault
	now   func() time.Time
}

// New makes a book.
func New(st store.Store, v *vault.Vault, now func() time.Time) *Book { return &Book{st, v, now} }

// Deed is what somebody is about to do.
type Deed struct {
	By   cvd.Actor
	Case cvd.CaseID
	Verb cvd.Verb
}

// what is bound to the sealed bytes: another member, case, verb or name opens nothing.
func (d Deed) what(name string) string {
	return fmt.Sprintf("unsent/%s/%s/%s", d.By.Ref(), d.Verb, name)
}

type kept struct {
	Typed url.Values `json:"typed,omitempty"`
	Done  bool       `json:"done,omitempty"`
}

// Keep keeps what was typed and returns the name under which it is read again. The name
// tells nothing of it, is good for this deed alone, and is no secret. The same words have
// the same name.
func (b *Book) Keep(ctx context.Context, d Deed, typed url.Values) (string, error) {
	name := b.vault.Blind("casework/unsent", d.By.Ref()+"/"+string(d.Case)+"/"+string(d.Verb)+"/"+typed.Encode())
	return name, b.put(ctx, d, name, kept{Typed: typed})
}

// Done forgets what was typed and remembers that it was done. A name of nothing is none.
func (b *Book) Done(ctx context.Context, d Deed, name string) error {
	_, err := b.Read(ctx, d, name)
	if errors.Is(err, cvd.ErrNotFound) || errors.Is(err, ErrDone) {
		return nil
	}
	if err != nil {
		return err
	}
	return b.put(ctx, d, name, kept{Done: true})
}

// Read returns what was typed: ErrDone if it was done since, cvd.ErrNotFound if nothing
// of that name is kept, or it is another's.
func (b *Book) Read(ctx context.Context, d Deed, name string) (url.Values, error) {
	var k kept
	err := b.store.View(ctx, func(tx store.Tx) error {
		rec, err := tx.Record(Kind, name)
		if err != nil {
			return err
		}
		if rec.Owner != string(d.Case) || !rec.Expires.After(b.now()) {
			return cvd.ErrNotFound
		}
		key, err := b.key(tx, d.Case)
		if err != nil {
			return err
		}
		plain, err := key.OpenBytes(d.what(name), rec.Sealed)
		if err != nil {
			return cvd.ErrNotFound // another's, or of another verb
		}
		return json.Unmarshal(plain, &k)
	})
	switch {
	case errors.Is(err, vault.ErrErased):
		return nil, cvd.ErrNotFound
	case err != nil:
		return nil, err
	case k.Done:
		return nil, ErrDone
	}
	return k.Typed, nil
}

func (b *Book) put(ctx context.Context, d Deed, name string, k kept) error {
	plain, err := json.Marshal(k)
	if err != nil {
		return err
	}
	rec := store.Record{Kind: Kind, ID: name, Owner: string(d.Case), At: b.now(), Expires: b.now().Add(life)}
	err = b.store.View(ctx, func(tx store.Tx) error {
		key, err := b.key(tx, d.Case)
		if err != nil {
			return err
		}
		rec.Sealed, err = key.SealBytes(d.what(name), plain)
		return err
	})
	if err != nil {
		return err
	}
	return b.store.Update(ctx, func(tx store.Tx) error {
		if row, err := tx.Case(d.Case); err != nil || len(row.Key) == 0 {
			return errors.Join(err, vault.ErrErased) // meanwhile: nothing of it is left behind
		}
		old, err := tx.Records(Kind, rec.Owner, most+1)
		if err != nil {
			return err
		}
		for _, one := range old[min(len(old), most-1):] {
			if one.ID == name {
				continue
			}
			if _, err := tx.DeleteRecords(store.Selection{Kind: Kind, ID: one.ID}); err != nil {
				return err
			}
		}
		return tx.PutRecord(rec, -1)
	})
}

func (b *Book) key(tx store.Tx, id cvd.CaseID) (*vault.Key, error) {
	row, err := tx.Case(id)
	if err != nil {
		return nil, err
	}
	return b.vault.Case(row)
}

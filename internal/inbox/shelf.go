package inbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"time"

	"fairlead/internal/cvd"
	"fairlead/internal/store"
)

// Item is the message with its bytes. Errors: cvd.ErrNotFound.
func (b *Box) Item(ctx context.Context, id string) (*Item, error) {
	var rec, raw store.Record
	var h *head
	err := b.Store.View(ctx, func(tx store.Tx) (err error) {
		if rec, err = tx.Record(Kind, id); err != nil {
			return err
		}
		if h, err = b.openHead(rec); err != nil || h.File != nil {
			return err
		}
		raw, err = tx.Record(kindRaw, id)
		return err
	})
	if err != nil {
		return nil, err
	}
	it := h.item(rec)
	if it.Raw, err = b.bytes(ctx, id, h, raw); err != nil {
		return nil, fmt.Errorf("mail %s: %w", id, err)
	}
	return it, nil
}

// bytes are those of a message: of its record raw, or of the blob that its head names.
func (b *Box) bytes(ctx context.Context, id string, h *head, raw store.Record) ([]byte, error) {
	if h.File == nil {
		return b.Vault.Stream("mail").OpenBytes("raw/"+id, raw.Sealed)
	}
	sealed, err := b.Blobs.Open(ctx, h.File.Blob)
	if err != nil {
		return nil, err
	}
	plain, err := b.Vault.Stream("mail").OpenFile(h.File, sealed)
	if err != nil {
		return nil, err
	}
	out, err := io.ReadAll(plain)
	return out, errors.Join(err, plain.Close())
}

// Filing is what becomes of a message.
type Filing struct {
	State State
	// Reason is why, as a name in the message catalogue.
	Reason string
	// Case is where it seems to belong, for a shelf's list.
	Case cvd.CaseID
	// From and Subject are for a shelf's list.
	From, Subject string
	// By is the member who puts it there, as in cvd.Actor.Ref, and Note what they say.
	By, Note string
}

// Life is how long a message stays in the state before it leaves by itself; 0 for
// until somebody takes it away.
func Life(s State) time.Duration { return shelfLife[s] }

// attempts bounds how often a change is made again after losing a race.
const attempts = 16

// Move puts a message elsewhere. Filed removes it, and is no error for one that is
// gone already; Waiting has it sorted once more. Any other answers cvd.ErrNotFound
// for one that is gone. Moving it twice to one place is harmless.
func (b *Box) Move(ctx context.Context, id string, f Filing) error {
	if !slices.Contains([]State{Waiting, Unsorted, Spam, Aside, Filed}, f.State) {
		return fmt.Errorf("%w: a mail has no such state", cvd.ErrInvalid)
	}
	for range attempts {
		err := b.move(ctx, id, f)
		if !errors.Is(err, cvd.ErrConflict) {
			return err
		}
	}
	return fmt.Errorf("%w: the mail is being moved by others", cvd.ErrUnavailable)
}

func (b *Box) move(ctx context.Context, id string, f Filing) error {
	rec, err := b.record(ctx, id)
	if errors.Is(err, cvd.ErrNotFound) && f.State == Filed {
		return nil
	}
	if err != nil {
		return err
	}
	h, err := b.openHead(rec)
	if err != nil {
		return err
	}
	if f.State == Filed {
		return b.remove(ctx, rec, h)
	}
	now := b.Now()
	h.Reason, h.Case, h.Author, h.Subject, h.By, h.Note = f.Reason, f.Case, f.From, f.Subject, f.By, f.Note
	to := store.Record{Kind: Kind, ID: id, Owner: string(f.State), At: rec.At}
	if life := shelfLife[f.State]; life > 0 {
		to.Expires = now.Add(life)
	}
	if to, err = b.Vault.Seal(to, h); err != nil {
		return err
	}
	again := sorting(id, fmt.Sprintf("mail/%s/%d", id, rec.Version), b.lane(h.item(rec)), b.next(now), now)
	err = b.Store.Update(ctx, func(tx store.Tx) error {
		if err := tx.PutRecord(to, rec.Version); err != nil {
			return err
		}
		if h.File == nil {
			raw, err := tx.Record(kindRaw, id)
			if err != nil {
				return err
			}
			was := raw.Version
			raw.Expires = to.Expires
			if err := tx.PutRecord(raw, was); err != nil {
				return err
			}
		}
		if f.State != Waiting || rec.Owner == string(Waiting) {
			return nil
		}
		return tx.Enqueue([]store.Effect{again})
	})
	if err == nil && f.State == Waiting {
		b.Poke()
	}
	return err
}

func (b *Box) record(ctx context.Context, id string) (rec store.Record, err error) {
	err = b.Store.View(ctx, func(tx store.Tx) error {
		rec, err = tx.Record(Kind, id)
		return err
	})
	return rec, err
}

// remove takes a message out of the database, and then its blob.
func (b *Box) remove(ctx context.Context, rec store.Record, h *head) error {
	err := b.Store.Update(ctx, func(tx store.Tx) error {
		_, err := tx.DeleteRecords(store.Selection{Kind: Kind, ID: rec.ID})
		_, err2 := tx.DeleteRecords(store.Selection{Kind: kindRaw, ID: rec.ID})
		return errors.Join(err, err2)
	})
	if err == nil && h.File != nil {
		err = b.dropBlob(ctx, h.File.Blob)
	}
	return err
}

// Cursor is where the page before ended.
type Cursor struct {
	At time.Time
	ID string
}

// before tells whether the record comes after the cursor in a list, newest first.
func (c *Cursor) before(r *store.Record) bool {
	if d := r.At.Compare(c.At); d != 0 {
		return d < 0
	}
	return strings.Compare(r.ID, c.ID) < 0
}

// List is a page of up to limit messages in a state, newest first, without their
// bytes, from behind before where that is not nil. Far back it costs as much as
// all that is newer.
func (b *Box) List(ctx context.Context, state State, before *Cursor, limit int) ([]*Item, error) {
	out := []*Item{}
	if limit <= 0 {
		return out, nil
	}
	page, err := b.page(ctx, state, before, limit)
	for _, rec := range page {
		h, err := b.openHead(rec)
		if err != nil {
			return nil, fmt.Errorf("mail %s: %w", rec.ID, err)
		}
		out = append(out, h.item(rec))
	}
	return out, err
}

func (b *Box) page(ctx context.Context, state State, before *Cursor, limit int) ([]store.Record, error) {
	for most := limit; ; most *= 4 {
		var all []store.Record
		err := b.Store.View(ctx, func(tx store.Tx) (err error) {
			all, err = tx.Records(Kind, string(state), most)
			return err
		})
		if err != nil {
			return nil, err
		}
		page := all
		if before != nil {
			if i := slices.IndexFunc(all, func(r store.Record) bool { return before.before(&r) }); i >= 0 {
				page = all[i:]
			} else {
				page = nil
			}
		}
		if len(page) >= limit || len(all) < most || most > math.MaxInt32/4 {
			return page[:min(limit, len(page))], nil
		}
	}
}

// Counted is the limit to which Count counts.
const Counted = 1000

// Count is how many messages are in the state, at most Counted+1.
func (b *Box) Count(ctx context.Context, state State) (int, error) {
	return b.counts.Get(ctx, state, nil, func() (n int, err error) {
		err = b.Store.View(ctx, func(tx store.Tx) error {
			all, err := tx.Records(Kind, string(state), Counted+1)
			n = len(all)
			return err
		})
		return n, err
	})
}

// About is how many messages in the state seem to belong to which case, of the Counted
// latest. It is shared and must not be changed.
func (b *Box) About(ctx context.Context, state State) (map[cvd.CaseID]int, error) {
	return b.about.Get(ctx, state, nil, func() (map[cvd.CaseID]int, error) {
		out := map[cvd.CaseID]int{}
		items, err := b.List(ctx, state, nil, Counted)
		for _, it := range items {
			if it.Case != "" {
				out[it.Case]++
			}
		}
		return out, err
	})
}

// adrift is after how long a blob that no message names is one that was never
// taken over.
const adrift = 24 * time.Hour

// Sweep removes what has run out on the shelves, and blobs that no message names.
func (b *Box) Sweep(ctx context.Context) error {
	now := b.Now()
	err := b.Store.Update(ctx, func(tx store.Tx) error {
		var errs []error
		for _, kind := range []store.RecordKind{Kind, kindRaw, kindOrigin} {
			_, err := tx.DeleteRecords(store.Selection{Kind: kind, ExpiredBefore: now})
			errs = append(errs, err)
		}
		return errors.Join(errs...)
	})
	if err != nil {
		return err
	}
	blobs, err := b.blobs(ctx)
	for _, rec := range blobs {
		_, err2 := b.record(ctx, rec.Owner)
		if errors.Is(err2, cvd.ErrNotFound) && rec.At.Before(now.Add(-adrift)) {
			err2 = b.dropBlob(ctx, rec.ID)
		} else if errors.Is(err2, cvd.ErrNotFound) {
			err2 = nil
		}
		err = errors.Join(err, err2)
	}
	return err
}

func (b *Box) blobs(ctx context.Context) (out []store.Record, err error) {
	err = b.Store.View(ctx, func(tx store.Tx) error {
		out, err = tx.Records(kindBlob, "", math.MaxInt32)
		return err
	})
	return out, err
}

// Files are the names of the blobs that messages may name.
func (b *Box) Files(ctx context.Context) ([]string, error) {
	all, err := b.blobs(ctx)
	out := make([]string, len(all))
	for i, rec := range all {
		out[i] = rec.ID
	}
	return out, err
}

package inbox

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"strings"
	"time"

	"fairlead/internal/cvd"
	"fairlead/internal/store"
)

// laneCount is in how many lanes mail is sorted side by side.
const laneCount = 16

// lane is the lane of a message. Those of one sender, and those of one mailbox that
// is fetched in its order, share theirs and keep their order. It tells a thief of
// the database no more than that.
func (b *Box) lane(it *Item) string {
	who := strings.ToLower(it.Envelope.From)
	switch {
	case who != "":
	case it.Origin != "":
		who = it.Door
	default:
		who = it.ID
	}
	h := fnv.New32a()
	_, _ = io.WriteString(h, b.Vault.Blind("mail-lane", who))
	return fmt.Sprintf("lane-%02d", h.Sum32()%laneCount)
}

// sealRaw seals the bytes of a message, bound to its name.
func (b *Box) sealRaw(id string, raw []byte) ([]byte, error) {
	return b.Vault.Stream("mail").SealBytes("raw/"+id, raw)
}

// row is a message as it is written down.
type row struct {
	head, raw, origin store.Record
	effect            store.Effect
	blob              string
}

// Accept takes a message over. When it returns nil, the message is sealed, synced,
// and written down to be sorted; id is its name. Door, Envelope and Raw must be
// given; Received defaults to now. One whose State is Unsorted goes to that shelf at
// once, for its Reason. A message whose Origin is known is in already, and nothing is
// stored. Errors: cvd.ErrUnavailable, and then nothing is stored.
func (b *Box) Accept(ctx context.Context, it Item) (id string, err error) {
	r, err := b.row(ctx, &it)
	if err != nil {
		return "", b.refused(&it, err)
	}
	was, err := b.write(ctx, &it, &r)
	for n := 1; errors.Is(err, cvd.ErrConflict) && n < attempts; n++ {
		was, err = b.write(ctx, &it, &r) // the same message came in beside this one
	}
	switch {
	case err != nil:
		return "", b.refused(&it, err)
	case was != "" && r.blob != "":
		return was, b.dropBlob(ctx, r.blob)
	case was != "":
		return was, nil
	}
	b.NoteDoor(Note{Door: it.Door, At: it.Received, Message: true})
	b.Poke()
	return it.ID, nil
}

// write writes the message down, unless its origin is known: was is the id under
// which it is in.
func (b *Box) write(ctx context.Context, it *Item, r *row) (was string, err error) {
	err = b.Store.Update(ctx, func(tx store.Tx) error {
		was = ""
		if it.Origin != "" {
			switch rec, err := tx.Record(kindOrigin, r.origin.ID); {
			case err == nil:
				return b.Vault.Read(rec, &was)
			case !errors.Is(err, cvd.ErrNotFound):
				return err
			}
			if err := tx.PutRecord(r.origin, 0); err != nil {
				return err
			}
		}
		if err := tx.PutRecord(r.head, 0); err != nil {
			return err
		}
		if r.blob == "" {
			if err := tx.PutRecord(r.raw, 0); err != nil {
				return err
			}
		}
		if r.effect.Key == "" {
			return nil
		}
		return tx.Enqueue([]store.Effect{r.effect})
	})
	return was, err
}

// refused writes down at its door that a message could not be taken over.
func (b *Box) refused(it *Item, err error) error {
	if !errors.Is(err, context.Canceled) {
		b.NoteDoor(Note{Door: it.Door, Err: "door.store"})
	}
	return err
}

// row seals the message, and puts a large one among the blobs.
func (b *Box) row(ctx context.Context, it *Item) (r row, err error) {
	now := b.Now()
	if it.Received.IsZero() {
		it.Received = now
	}
	if it.ID, err = b.name(); err != nil {
		return r, err
	}
	h := headOf(it)
	if len(it.Raw) > Inline {
		if r.blob, err = b.name(); err != nil {
			return r, err
		}
		if h.File, err = b.putBlob(ctx, r.blob, it, now); err != nil {
			return r, err
		}
	} else {
		r.raw = store.Record{Kind: kindRaw, ID: it.ID, At: now}
		if r.raw.Sealed, err = b.sealRaw(it.ID, it.Raw); err != nil {
			return r, err
		}
	}
	if it.Origin != "" {
		r.origin = store.Record{Kind: kindOrigin, ID: b.Vault.Blind("mail-origin", it.Origin), At: now, Expires: now.Add(originLife)}
		if r.origin, err = b.Vault.Seal(r.origin, it.ID); err != nil {
			return r, err
		}
	}
	state := Waiting
	if it.State == Unsorted { // its door knows already that it cannot be read
		state, h.Reason, h.Author, h.Subject = Unsorted, it.Reason, it.From, it.Subject
	} else {
		r.effect = sorting(it.ID, "mail/"+it.ID, b.lane(it), b.next(now), now)
	}
	r.head, err = b.Vault.Seal(store.Record{Kind: Kind, ID: it.ID, Owner: string(state), At: it.Received}, h)
	return r, err
}

// sorting is the effect by which a message is sorted. Its number keeps the order
// within a lane.
func sorting(id, key, lane string, seq int64, at time.Time) store.Effect {
	return store.Effect{State: store.EffectPending, Effect: cvd.Effect{
		Key: key, Kind: cvd.EffectSortMail, Seq: seq, To: lane, Template: id, At: at,
	}}
}

// putBlob stores the bytes of a large message as a blob under a key of its own. That
// there may be one is written down before, so that a crash leaves nothing behind
// that nobody knows of.
func (b *Box) putBlob(ctx context.Context, name string, it *Item, now time.Time) (*cvd.Attachment, error) {
	rec, err := b.Vault.Seal(store.Record{Kind: kindBlob, ID: name, Owner: it.ID, At: now}, len(it.Raw))
	if err != nil {
		return nil, err
	}
	if err := b.Store.Update(ctx, func(tx store.Tx) error { return tx.PutRecord(rec, 0) }); err != nil {
		return nil, err
	}
	return b.Vault.Stream("mail").SealFile(name, bytes.NewReader(it.Raw), func(sealed io.Reader) error {
		_, err := b.Blobs.Put(ctx, name, sealed)
		return err
	})
}

// dropBlob removes a blob and then what is known of it.
func (b *Box) dropBlob(ctx context.Context, name string) error {
	if err := b.Blobs.Delete(ctx, name); err != nil {
		return err
	}
	return b.Store.Update(ctx, func(tx store.Tx) error {
		_, err := tx.DeleteRecords(store.Selection{Kind: kindBlob, ID: name})
		return err
	})
}

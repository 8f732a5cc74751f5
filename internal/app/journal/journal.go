// Package journal keeps the list of keys that were destroyed on purpose, in a
// file beside the database. It is not part of a backup: an older copy that is
// restored is brought up to it before anybody is served.
//
// It holds ids and numbers only, never a word or a name.
package journal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"fairlead/internal/cvd"
	"fairlead/internal/store"
	"fairlead/internal/store/vault"
)

// Journal is the file at Path. Each line is one destroyed key:
//
//	case FL-2026-7KQ4MXZ
//	body FL-2026-7KQ4MXZ 3              the words of its third event
//	contact FL-2026-7KQ4MXZ reporter 7  as the seventh event forgot it
//
// A bare id is a case too.
type Journal struct {
	Path  string
	Store store.Store
}

func line(ref store.KeyRef) string {
	switch ref.Kind {
	case store.KeyBody:
		return fmt.Sprintf("body %s %d", ref.Case, ref.Seq)
	case store.KeyParticipant:
		return fmt.Sprintf("contact %s %s %d", ref.Case, ref.Name, ref.Seq)
	}
	return "case " + string(ref.Case)
}

// parse reads a line; false for one that a crash cut short, which names nothing.
func parse(text string) (store.KeyRef, bool) {
	f := strings.Fields(text)
	switch {
	case len(f) == 1:
		f = []string{"case", f[0]}
	case len(f) == 3 && f[0] == "contact": // without the event: whatever contact the case has
		f = append(f, strconv.Itoa(math.MaxInt32))
	}
	if len(f) < 2 {
		return store.KeyRef{}, false
	}
	if f[0] != "case" {
		f[0], f[1] = f[1], f[0] // as vault names it: the case, the kind, the rest
	} else {
		f = f[1:]
	}
	ref, err := vault.ParseErasure(strings.Join(f, "/"))
	return ref, err == nil
}

// Note adds a key to the file, synced to the disk.
func (j Journal) Note(ref store.KeyRef) error {
	f, err := os.OpenFile(j.Path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(f, line(ref))
	return errors.Join(err, f.Sync(), f.Close())
}

func read(path string) ([]store.KeyRef, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("%w: journal of erasures: %w", cvd.ErrUnavailable, err)
	}
	var out []store.KeyRef
	for text := range strings.Lines(string(b)) {
		if ref, ok := parse(text); ok {
			out = append(out, ref)
		}
	}
	return out, nil
}

// Refs are the keys that the file names; none if there is no file.
func (j Journal) Refs() ([]store.KeyRef, error) {
	out, err := read(j.Path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	return out, err
}

// Whole adds the keys that the database knows to be destroyed and the file does
// not: a crash came between, or a hand cut it short. A record that v did not
// seal counts for nothing. write replaces a file.
func (j Journal) Whole(ctx context.Context, v *vault.Vault, write func(path string, text []byte) error) error {
	refs, err := j.Refs()
	if err != nil {
		return err
	}
	known := map[store.KeyRef]bool{}
	for _, ref := range refs {
		known[ref] = true
	}
	whole := len(refs)
	err = j.Store.View(ctx, func(tx store.Tx) error {
		recs, err := tx.Records(vault.RecordErasure, "", math.MaxInt32)
		for _, rec := range recs {
			if ref, err := vault.ParseErasure(rec.ID); err == nil && !known[ref] && v.Erased(rec) {
				refs = append(refs, ref)
			}
		}
		return err
	})
	if err != nil || len(refs) == whole {
		return err
	}
	// Written anew as a whole: the end of the old one may be half a line.
	var text strings.Builder
	for _, ref := range refs {
		_, _ = io.WriteString(&text, line(ref)+"\n")
	}
	return write(j.Path, []byte(text.String()))
}

// Replay destroys in the restored database what the file at from names, or this
// one where from is empty, and carries a file from elsewhere on in this one. It
// returns how many keys those were. Settle does the rest once there are keys to
// seal with.
func (j Journal) Replay(ctx context.Context, from string) (int, error) {
	foreign := from != "" && filepath.Clean(from) != filepath.Clean(j.Path)
	refs, err := j.Refs()
	if foreign {
		refs, err = read(from)
	}
	if err != nil {
		return 0, err
	}
	n := 0
	for _, ref := range refs {
		done, err := j.again(ctx, ref)
		if err == nil && foreign {
			err = j.Note(ref)
		}
		if err != nil {
			return n, err
		}
		if done {
			n++
		}
	}
	return n, nil
}

// again destroys one key. A contact that was forgotten before the backup was
// made stays: it is one that the reporter gave later. A case that the backup
// does not have yet is nobody's.
func (j Journal) again(ctx context.Context, ref store.KeyRef) (done bool, err error) {
	err = j.Store.Update(ctx, func(tx store.Tx) error {
		done = false
		row, err := tx.Case(ref.Case)
		if errors.Is(err, cvd.ErrNotFound) || (err == nil && ref.Kind == store.KeyParticipant && row.Version >= ref.Seq) {
			return nil
		}
		if err != nil {
			return err
		}
		_, err = tx.Record(vault.RecordErasure, vault.ErasureID(ref))
		if err == nil {
			return tx.DropKey(ref) // the backup was made after it
		}
		if !errors.Is(err, cvd.ErrNotFound) {
			return err
		}
		done = true
		rec := store.Record{Kind: vault.RecordErasure, ID: vault.ErasureID(ref), Owner: string(ref.Case), At: row.Updated}
		return errors.Join(tx.DropKey(ref), tx.PutRecord(rec, 0))
	})
	return done, err
}

// Settle ends a replay that was done without keys: for each of its records it
// lets renew write the row of the case anew, and then seals the record. One that
// the file does not name was put there by somebody else, and is left alone.
func (j Journal) Settle(ctx context.Context, v *vault.Vault, renew func(context.Context, cvd.CaseID) error) error {
	refs, err := j.Refs()
	if err != nil || len(refs) == 0 {
		return err
	}
	for _, ref := range refs {
		var rec store.Record
		err := j.Store.View(ctx, func(tx store.Tx) error {
			var err error
			rec, err = tx.Record(vault.RecordErasure, vault.ErasureID(ref))
			return err
		})
		if errors.Is(err, cvd.ErrNotFound) || (err == nil && len(rec.Sealed) > 0) {
			continue
		}
		if err == nil {
			err = renew(ctx, ref.Case)
		}
		if err != nil {
			return err
		}
		sealed, err := v.SealErasure(ref, rec.At)
		if err != nil {
			return err
		}
		if err := j.Store.Update(ctx, func(tx store.Tx) error { return tx.PutRecord(sealed, rec.Version) }); err != nil {
			return err
		}
	}
	return nil
}

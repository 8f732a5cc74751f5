package app

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"

	"fairlead/internal/cvd"
	"fairlead/internal/seal"
	"fairlead/internal/store"
	"fairlead/internal/store/blob"
	"fairlead/internal/store/sqlstore"
	"fairlead/internal/store/vault"
)

// erasures is the journal of erased cases in the data folder. It holds case ids
// only. It is not part of a backup: an older copy that is restored is brought
// up to it before anybody is served.
const erasures = "erasures.log"

func (h *House) recordErasure(id cvd.CaseID) error {
	f, err := os.OpenFile(filepath.Join(h.Config.Data, erasures), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(f, id)
	return errors.Join(err, f.Sync(), f.Close())
}

// wholeJournal adds to the journal the erasures that the database knows and it
// does not: a crash came between, or a hand cut it short.
func (h *House) wholeJournal(ctx context.Context) error {
	path := filepath.Join(h.Config.Data, erasures)
	known := map[string]bool{}
	b, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("%w: journal of erasures: %w", cvd.ErrUnavailable, err)
	}
	for line := range strings.Lines(string(b)) {
		known[strings.TrimSpace(line)] = true
	}
	var missing []string
	err = h.Store.View(ctx, func(tx store.Tx) error {
		recs, err := tx.Records(vault.RecordErasure, "", math.MaxInt32)
		for _, rec := range recs {
			if !known[rec.ID] {
				missing = append(missing, rec.ID)
			}
		}
		return err
	})
	if err != nil || len(missing) == 0 {
		return err
	}
	// Written anew as a whole: the end of the old one may be half a line.
	var text strings.Builder
	for id := range known {
		if _, err := cvd.ParseCaseID(id); err == nil {
			fmt.Fprintln(&text, id)
		}
	}
	for _, id := range missing {
		fmt.Fprintln(&text, id)
	}
	return writeFile(path, []byte(text.String()), 0o600)
}

// Backup writes a consistent copy of database and files into dir, which must
// not exist or be empty. The key file is left out on purpose: a backup alone
// opens nothing. It may run beside the server.
func (h *House) Backup(ctx context.Context, dir string) error {
	if entries, err := os.ReadDir(dir); err == nil && len(entries) > 0 {
		return fmt.Errorf("%w: %s is not empty; name a new folder", cvd.ErrInvalid, dir)
	}
	for _, sub := range []string{"database", "blobs"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o700); err != nil {
			return fmt.Errorf("%w: %w", cvd.ErrUnavailable, err)
		}
	}
	// The database first: every file that it names was there before.
	if err := h.Store.Backup(ctx, filepath.Join(dir, "database")); err != nil {
		return err
	}
	into, err := blob.Dir(filepath.Join(dir, "blobs"))
	if err != nil {
		return err
	}
	return h.Blobs.List(ctx, func(name string, _ int64) error { return copyBlob(ctx, h.Blobs, into, name) })
}

func copyBlob(ctx context.Context, from, to blob.Store, name string) error {
	r, err := from.Open(ctx, name)
	if errors.Is(err, cvd.ErrNotFound) {
		return nil // erased meanwhile
	}
	if err != nil {
		return err
	}
	_, err = to.Put(ctx, name, r)
	return errors.Join(err, r.Close())
}

// RestoreOptions say what a restore brings back besides the data.
type RestoreOptions struct {
	From     string
	Erasures string    // a journal that is newer than the backup; default: the one in the data folder
	Identity io.Reader // the recovery identity, to make the key file anew; may be nil
}

// Restore brings a backup back into the configuration's data folder, which must
// hold no database, and replays the erasures since. It returns how many cases
// were erased again.
func Restore(ctx context.Context, cfg Config, o RestoreOptions) (int, error) {
	hold, err := Hold(cfg.Data)
	if err != nil {
		return 0, err
	}
	n, err := restore(ctx, cfg, o)
	return n, errors.Join(err, hold.Release())
}

func restore(ctx context.Context, cfg Config, o RestoreOptions) (int, error) {
	var err error
	if cfg.Database.Engine == "postgres" {
		err = sqlstore.RestorePostgres(ctx, filepath.Join(o.From, "database"), cfg.Database.DSN)
	} else {
		err = sqlstore.RestoreSQLite(ctx, filepath.Join(o.From, "database"), filepath.Join(cfg.Data, "fairlead.db"))
	}
	if err != nil {
		return 0, err
	}
	h := &House{Config: cfg, Options: Options{Clock: RealClock()}}
	n, err := 0, h.openStore(ctx)
	if err == nil {
		n, err = h.refill(ctx, o)
	}
	if err = errors.Join(err, h.Close()); err != nil {
		return n, errors.Join(err, undoRestore(cfg))
	}
	return n, nil
}

// undoRestore takes the database away that a failed restore brought, so that
// nobody serves half of it and the next attempt finds the folder as this one
// did. A server's database is left: its owner brought it there empty.
func undoRestore(cfg Config) error {
	if cfg.Database.Engine == "postgres" {
		return nil
	}
	var errs []error
	for _, suffix := range []string{"", "-wal", "-shm"} {
		err := os.Remove(filepath.Join(cfg.Data, "fairlead.db"+suffix))
		if !errors.Is(err, os.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

func (h *House) refill(ctx context.Context, o RestoreOptions) (int, error) {
	from, err := blob.Dir(filepath.Join(o.From, "blobs"))
	if err != nil {
		return 0, err
	}
	err = from.List(ctx, func(name string, _ int64) error { return copyBlob(ctx, from, h.Blobs, name) })
	if err != nil {
		return 0, err
	}
	n, err := h.replayErasures(ctx, o.Erasures)
	if err != nil || o.Identity == nil {
		return n, err
	}
	return n, h.restoreKeys(ctx, o.Identity)
}

// replayErasures drops the keys of all cases in the journal, and carries a
// journal from elsewhere on in this house's own.
func (h *House) replayErasures(ctx context.Context, path string) (int, error) {
	own := filepath.Join(h.Config.Data, erasures)
	if path == "" {
		path = own
	}
	foreign := filepath.Clean(path) != own
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) && !foreign {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("%w: journal of erasures: %w", cvd.ErrUnavailable, err)
	}
	defer f.Close()
	n := 0
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		id, err := cvd.ParseCaseID(lines.Text())
		if err != nil {
			continue // a line cut short by a crash names no case
		}
		err = h.Store.Update(ctx, func(tx store.Tx) error {
			return tx.DropKey(store.KeyRef{Case: id, Kind: store.KeyCase})
		})
		if err == nil && foreign {
			err = h.recordErasure(id)
		}
		if err != nil {
			return n, err
		}
		n++
	}
	return n, lines.Err()
}

// restoreKeys makes the key file anew from what the recovery identity opens.
func (h *House) restoreKeys(ctx context.Context, identity io.Reader) error {
	b, err := io.ReadAll(io.LimitReader(identity, 64<<10))
	if err != nil {
		return fmt.Errorf("%w: recovery identity: %w", cvd.ErrUnavailable, err)
	}
	var rec store.Record
	err = h.Store.View(ctx, func(tx store.Tx) error {
		var err error
		rec, err = tx.Record(recordRecovery, "1")
		return err
	})
	if err != nil {
		return fmt.Errorf("the backup holds no keys for a recovery identity: %w", err)
	}
	keys, err := seal.Restore(strings.TrimSpace(string(b)), rec.Sealed)
	if err != nil {
		return fmt.Errorf("%w: the recovery identity does not open this backup: %w", cvd.ErrInvalid, err)
	}
	path := h.Config.Keys.File
	if path == "" {
		path = filepath.Join(h.Config.Data, "keys", "kek.json")
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	return keys.SaveFile(path)
}

// RotateKeys makes a new primary key-encryption key, brings every case under it
// and returns how many that were. The older keys stay for reading.
func (h *House) RotateKeys(ctx context.Context) (int, error) {
	_, err := h.Vault.Keys().Rotate(func(next *seal.Keyring) error {
		if err := h.renewRecovery(ctx, next); err != nil {
			return err
		}
		return h.saveKeys(next)
	})
	if err != nil {
		return 0, err
	}
	total := 0
	for {
		n, err := h.Desk.Rewrap(ctx, 500)
		total += n
		if err != nil || n < 500 {
			return total, err
		}
	}
}

// renewRecovery seals the next ring for the recovery recipient, before it is
// used, so that no case is ever under a key that the recovery cannot open.
func (h *House) renewRecovery(ctx context.Context, next *seal.Keyring) error {
	return h.Store.Update(ctx, func(tx store.Tx) error {
		rec, err := tx.Record(recordRecovery, "1")
		if errors.Is(err, cvd.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		fresh, err := h.recoveryRecord(next, rec.Owner)
		if err != nil {
			return err
		}
		return tx.PutRecord(fresh, rec.Version)
	})
}

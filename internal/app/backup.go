package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"fairlead/internal/app/folder"
	"fairlead/internal/app/journal"
	"fairlead/internal/app/wall"
	"fairlead/internal/cvd"
	"fairlead/internal/store/blob"
	"fairlead/internal/store/sqlstore"
)

// erasures is the journal of destroyed keys in the data folder.
const erasures = "erasures.log"

func (h *House) journal() journal.Journal {
	return journal.Journal{Path: filepath.Join(h.Config.Data, erasures), Store: h.Store}
}

// wholeJournal adds to the journal what the database knows and it does not.
func (h *House) wholeJournal(ctx context.Context) error {
	return h.journal().Whole(ctx, h.Vault, func(path string, text []byte) error { return folder.Write(path, text, 0o600) })
}

// Backup writes a consistent copy of database and files into dir, which must
// not exist or be empty. The key file is left out on purpose: a backup alone
// opens nothing. It may run beside the server.
func (h *House) Backup(ctx context.Context, dir string) error {
	if entries, err := os.ReadDir(dir); err == nil && len(entries) > 0 {
		return cvd.Faults{{Field: "dir", Problem: "is not empty", Remedy: "name a new folder"}}
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
// hold no database, and replays the erasures since. It returns how many keys
// were destroyed again.
func Restore(ctx context.Context, cfg Config, o RestoreOptions) (int, error) {
	hold, err := folder.Hold(cfg.Data)
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
	h := &House{Config: cfg, Options: Options{Clock: wall.Real()}}
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
	n, err := h.journal().Replay(ctx, o.Erasures)
	if err != nil || o.Identity == nil {
		return n, err
	}
	return n, h.restoreKeys(ctx, o.Identity)
}

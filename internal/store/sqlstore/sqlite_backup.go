package sqlstore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"fairlead/internal/cvd"
)

// sqliteCopy is the name of the one file of a backup from SQLite.
const sqliteCopy = "store.sqlite"

// Backup writes one consistent file into dir while the store goes on working. It
// holds nothing that was deleted before. dir must exist and be empty.
func (s *lite) Backup(ctx context.Context, dir string) error {
	if s.closed.Load() {
		return errClosed
	}
	if err := empty(dir); err != nil {
		return err
	}
	db, err := sqliteDB(s.path, "")
	if err != nil {
		return err
	}
	defer db.Close()
	defer s.writer.nudge() // the copy was a long view
	to := filepath.Join(dir, sqliteCopy)
	if _, err := db.ExecContext(ctx, "VACUUM INTO $1", to); err != nil {
		kind, _ := sqliteFault(err)
		return fmt.Errorf("store: copying the database: %w", kind)
	}
	return errors.Join(syncFile(to), syncFile(dir))
}

// RestoreSQLite makes the database file at path, which must not exist yet, from a
// backup in dir. It checks the copy before it takes the name. Whoever serves it
// replays the erasures since the backup first.
func RestoreSQLite(ctx context.Context, dir, path string) error {
	if _, err := os.Lstat(path); err == nil {
		return fmt.Errorf("%w: the database file exists already; move it away first", cvd.ErrConflict)
	}
	from, err := os.Open(filepath.Join(dir, sqliteCopy))
	if err != nil {
		return fmt.Errorf("store: the folder holds no backup of SQLite: %w", err)
	}
	defer from.Close()
	half := path + ".restoring"
	if err := copyTo(half, from); err != nil {
		return errors.Join(err, os.Remove(half))
	}
	if err := sound(ctx, half); err != nil {
		return errors.Join(err, removeDatabase(half))
	}
	if err := os.Rename(half, path); err != nil {
		return err
	}
	return syncFile(filepath.Dir(path))
}

func copyTo(path string, from io.Reader) error {
	to, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(to, from)
	return errors.Join(err, to.Sync(), to.Close())
}

// sound checks the pages of a database file and that this program knows its
// schema. It leaves one file, without a log beside it.
func sound(ctx context.Context, path string) (err error) {
	db, err := sqliteDB(path, "")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	var answer string
	if err := db.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&answer); err != nil || answer != "ok" {
		return fmt.Errorf("%w: the backup is damaged", cvd.ErrUnreadable)
	}
	if err := sqliteSchema.migrate(ctx, db, 0); err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, "PRAGMA journal_mode = DELETE")
	return err
}

func removeDatabase(path string) error {
	var all error
	for _, end := range []string{"", "-wal", "-shm"} {
		if err := os.Remove(path + end); err != nil && !errors.Is(err, os.ErrNotExist) {
			all = errors.Join(all, err)
		}
	}
	return all
}

// empty refuses a folder for a backup that is missing or holds anything.
func empty(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("%w: the folder for the backup cannot be read: %w", cvd.ErrInvalid, err)
	}
	if len(entries) > 0 {
		return fmt.Errorf("%w: the folder for the backup is not empty", cvd.ErrConflict)
	}
	return nil
}

func syncFile(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

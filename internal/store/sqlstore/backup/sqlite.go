// Package backup writes a whole store into a folder, and fills an empty one from
// it.
//
// It never opens what is sealed, never takes a key along and never writes over
// what is there.
package backup

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"fairlead/internal/cvd"
)

// Schema brings the tables of a database to a version (0: the newest), tells
// their version, and names the kinds of the engine's errors.
type Schema interface {
	Migrate(ctx context.Context, db *sql.DB, version int64) error
	Version(ctx context.Context, db *sql.DB) (int64, error)
	Kind(err error) error
}

// sqliteCopy is the name of the one file of a backup from SQLite.
const sqliteCopy = "store.sqlite"

// SQLite writes one consistent file into dir, which must exist and be empty, while
// others work on db. It holds nothing that was deleted before.
func SQLite(ctx context.Context, engine Schema, db *sql.DB, dir string) error {
	if err := empty(dir); err != nil {
		return err
	}
	to := filepath.Join(dir, sqliteCopy)
	// SQLite copies into an empty file, too; this one is its owner's alone.
	if err := copyTo(to, strings.NewReader("")); err != nil {
		return err
	}
	if _, err := db.ExecContext(ctx, "VACUUM INTO $1", to); err != nil {
		return fmt.Errorf("store: copying the database: %w", engine.Kind(err))
	}
	return errors.Join(syncFile(to), syncFile(dir))
}

// RestoreSQLite makes the database file at path, which must not exist yet, from a
// backup in dir. It checks the copy, which open opens, before it takes the name.
func RestoreSQLite(ctx context.Context, engine Schema, dir, path string, open func(path string) (*sql.DB, error)) error {
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
	if err := sound(ctx, engine, half, open); err != nil {
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
func sound(ctx context.Context, engine Schema, path string, open func(path string) (*sql.DB, error)) (err error) {
	db, err := open(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	var answer string
	if err := db.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&answer); err != nil || answer != "ok" {
		return fmt.Errorf("%w: the backup is damaged", cvd.ErrUnreadable)
	}
	if err := engine.Migrate(ctx, db, 0); err != nil {
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

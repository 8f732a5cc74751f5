// Package migrations brings a database's tables up to date.
//
// The numbered files beside it say how, one folder for each engine with the same
// numbers. It never goes back: a database that is ahead is refused.
package migrations

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"fairlead/internal/cvd"
)

// Files are the steps; a test compares what both folders make.
//
//go:embed sqlite/*.sql postgres/*.sql
var Files embed.FS

// Schema is one engine's way to its tables.
type Schema struct {
	dialect goose.Dialect
	dir     string
	kind    func(err error) error
}

// SQLite is SQLite's; kind names the kinds of its errors.
func SQLite(kind func(err error) error) Schema { return Schema{goose.DialectSQLite3, "sqlite", kind} }

// Postgres is PostgreSQL's; kind names the kinds of its errors.
func Postgres(kind func(err error) error) Schema {
	return Schema{goose.DialectPostgres, "postgres", kind}
}

func (s Schema) provider(db *sql.DB) (*goose.Provider, error) {
	files, err := fs.Sub(Files, s.dir)
	if err != nil {
		return nil, err
	}
	var opt []goose.ProviderOption
	if s.dialect == goose.DialectPostgres {
		// Several servers may start on one database at the same time.
		locker, err := lock.NewPostgresSessionLocker()
		if err != nil {
			return nil, err
		}
		opt = append(opt, goose.WithSessionLocker(locker))
	}
	p, err := goose.NewProvider(s.dialect, db, files, opt...)
	if err != nil {
		return nil, fmt.Errorf("store: reading the migrations: %w", err)
	}
	return p, nil
}

// Migrate brings the tables to version, or to the newest that this program knows
// if version is 0, and refuses a database that is ahead of it.
func (s Schema) Migrate(ctx context.Context, db *sql.DB, version int64) error {
	if err := db.PingContext(ctx); err != nil {
		return s.Kind(err)
	}
	p, err := s.provider(db)
	if err != nil {
		return err
	}
	is, knows, err := p.GetVersions(ctx)
	if err != nil {
		return s.Kind(err)
	}
	if newest := max(is, version); newest > knows {
		return fmt.Errorf("%w: the database is at schema version %d, but this Fairlead knows only up to version %d; "+
			"start the newer Fairlead, or restore a backup that this one made", cvd.ErrNotReady, newest, knows)
	}
	if version == 0 {
		version = knows
	}
	if is >= version {
		return nil
	}
	if _, err := p.UpTo(ctx, version); err != nil {
		return fmt.Errorf("store: bringing the database from schema version %d to %d: %w", is, version, s.Kind(err))
	}
	return nil
}

// Version is the schema version of the database.
func (s Schema) Version(ctx context.Context, db *sql.DB) (int64, error) {
	p, err := s.provider(db)
	if err != nil {
		return 0, err
	}
	is, err := p.GetDBVersion(ctx)
	if err != nil {
		return 0, s.Kind(err)
	}
	return is, nil
}

// Kind names the kind of an error of the engine.
func (s Schema) Kind(err error) error { return s.kind(err) }

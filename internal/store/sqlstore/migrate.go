package sqlstore

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

// Both directories hold the same numbers; a test compares what they make.
//
//go:embed migrations/sqlite/*.sql migrations/postgres/*.sql
var migrations embed.FS

//go:generate go tool -modfile=../../../tools/go.mod sqlc generate

// schema is one engine's way to its tables.
type schema struct {
	dialect goose.Dialect
	dir     string
	fault   func(error) (error, bool)
}

var (
	sqliteSchema   = schema{goose.DialectSQLite3, "migrations/sqlite", sqliteFault}
	postgresSchema = schema{goose.DialectPostgres, "migrations/postgres", postgresFault}
)

func (s schema) provider(db *sql.DB) (*goose.Provider, error) {
	files, err := fs.Sub(migrations, s.dir)
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

// migrate brings the tables to version, or to the newest that this program knows
// if version is 0, and refuses a database that is ahead of it.
func (s schema) migrate(ctx context.Context, db *sql.DB, version int64) error {
	if err := db.PingContext(ctx); err != nil {
		return s.kind(err)
	}
	p, err := s.provider(db)
	if err != nil {
		return err
	}
	is, knows, err := p.GetVersions(ctx)
	if err != nil {
		return s.kind(err)
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
		return fmt.Errorf("store: bringing the database from schema version %d to %d: %w", is, version, s.kind(err))
	}
	return nil
}

// version is the schema version of the database.
func (s schema) version(ctx context.Context, db *sql.DB) (int64, error) {
	p, err := s.provider(db)
	if err != nil {
		return 0, err
	}
	is, err := p.GetDBVersion(ctx)
	if err != nil {
		return 0, s.kind(err)
	}
	return is, nil
}

func (s schema) kind(err error) error {
	kind, _ := s.fault(err)
	return kind
}

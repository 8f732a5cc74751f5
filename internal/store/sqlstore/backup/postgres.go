package backup

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"fairlead/internal/cvd"
)

// manifest tells what a backup from PostgreSQL holds. Each table is a file
// NAME.copy in the text format of COPY.
type manifest struct {
	Engine string      `json:"engine"`
	Schema int64       `json:"schema"`
	Tables []tableCopy `json:"tables"`
}

type tableCopy struct {
	Name    string   `json:"name"`
	Columns []string `json:"columns"`
	Rows    int64    `json:"rows"`
}

const (
	manifestName   = "manifest.json"
	enginePostgres = "postgres"
)

// tables in the order in which they are restored, each with its order of rows.
var tables = []struct{ name, by string }{
	{"cases", "id"},
	{"events", "stream, seq"},
	{"participant_keys", "case_id, name"},
	{"effects", "ref"},
	{"records", "kind, id"},
	{"pulse", "id"},
}

// Postgres writes one file for each table and a manifest into dir, which must
// exist and be empty, all from one snapshot.
func Postgres(ctx context.Context, engine Schema, db *sql.DB, dir string) error {
	if err := empty(dir); err != nil {
		return err
	}
	m := manifest{Engine: enginePostgres}
	var err error
	if m.Schema, err = engine.Version(ctx, db); err != nil {
		return err
	}
	err = raw(ctx, engine, db, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", func(on *pgx.Conn) error {
		for _, table := range tables {
			done, err := copyOut(ctx, engine, on, dir, table.name, table.by)
			if err != nil {
				return err
			}
			m.Tables = append(m.Tables, done)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("store: copying the database: %w", err)
	}
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	// The manifest comes last: a folder without one is no backup.
	if err := copyTo(filepath.Join(dir, manifestName), strings.NewReader(string(text)+"\n")); err != nil {
		return err
	}
	return syncFile(dir)
}

// raw runs f on a bare connection inside a transaction without a time limit.
func raw(ctx context.Context, engine Schema, db *sql.DB, begin string, f func(on *pgx.Conn) error) error {
	conn, err := db.Conn(ctx)
	if err != nil {
		return engine.Kind(err)
	}
	defer conn.Close()
	return conn.Raw(func(driver any) error {
		on := driver.(*stdlib.Conn).Conn()
		if _, err := on.Exec(ctx, begin+"; SET LOCAL statement_timeout = 0"); err != nil {
			return engine.Kind(err)
		}
		if err := f(on); err != nil {
			_, _ = on.Exec(context.WithoutCancel(ctx), "ROLLBACK")
			return err
		}
		if _, err := on.Exec(ctx, "COMMIT"); err != nil {
			return engine.Kind(err)
		}
		return nil
	})
}

func copyOut(ctx context.Context, engine Schema, on *pgx.Conn, dir, table, by string) (tableCopy, error) {
	done := tableCopy{Name: table}
	rows, err := on.Query(ctx, `SELECT column_name FROM information_schema.columns
		WHERE table_schema = current_schema() AND table_name = $1 ORDER BY ordinal_position`, table)
	if err != nil {
		return done, engine.Kind(err)
	}
	if done.Columns, err = pgx.CollectRows(rows, pgx.RowTo[string]); err != nil {
		return done, engine.Kind(err)
	}
	f, err := os.OpenFile(filepath.Join(dir, table+".copy"), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return done, err
	}
	tag, err := on.PgConn().CopyTo(ctx, f, "COPY (SELECT "+strings.Join(done.Columns, ", ")+" FROM "+table+" ORDER BY "+by+") TO STDOUT")
	if err != nil {
		return done, errors.Join(engine.Kind(err), f.Close())
	}
	done.Rows = tag.RowsAffected()
	return done, errors.Join(f.Sync(), f.Close())
}

// RestorePostgres fills db, which must hold no rows yet, from a backup in dir, all
// or nothing.
func RestorePostgres(ctx context.Context, engine Schema, dir string, db *sql.DB) error {
	m, err := readManifest(dir)
	if err != nil {
		return err
	}
	if err := engine.Migrate(ctx, db, m.Schema); err != nil {
		return err
	}
	err = raw(ctx, engine, db, "BEGIN", func(on *pgx.Conn) error {
		if err := vacant(ctx, engine, on); err != nil {
			return err
		}
		for _, table := range m.Tables {
			if err := copyIn(ctx, engine, on, dir, table); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("store: restoring the database: %w", err)
	}
	return engine.Migrate(ctx, db, 0)
}

func readManifest(dir string) (manifest, error) {
	var m manifest
	text, err := os.ReadFile(filepath.Join(dir, manifestName))
	if err != nil {
		return m, fmt.Errorf("store: the folder holds no whole backup of PostgreSQL: %w", err)
	}
	if err := json.Unmarshal(text, &m); err != nil || m.Engine != enginePostgres || m.Schema < 1 {
		return m, fmt.Errorf("%w: the manifest of the backup", cvd.ErrUnreadable)
	}
	known := map[string]bool{}
	for _, table := range tables {
		known[table.name] = true
	}
	for _, table := range m.Tables {
		if !known[table.Name] {
			return m, fmt.Errorf("%w: the manifest of the backup names an unknown table", cvd.ErrUnreadable)
		}
	}
	return m, nil
}

// vacant refuses a database in which anything would be overwritten.
func vacant(ctx context.Context, engine Schema, on *pgx.Conn) error {
	for _, table := range tables {
		if table.name == "pulse" {
			continue
		}
		var some bool
		if err := on.QueryRow(ctx, "SELECT EXISTS (SELECT 1 FROM "+table.name+")").Scan(&some); err != nil {
			return engine.Kind(err)
		}
		if some {
			return fmt.Errorf("%w: the database is not empty", cvd.ErrConflict)
		}
	}
	if _, err := on.Exec(ctx, "DELETE FROM pulse"); err != nil {
		return engine.Kind(err)
	}
	return nil
}

func copyIn(ctx context.Context, engine Schema, on *pgx.Conn, dir string, table tableCopy) error {
	f, err := os.Open(filepath.Join(dir, table.Name+".copy"))
	if err != nil {
		return err
	}
	defer f.Close()
	names := make([]string, len(table.Columns))
	for i, c := range table.Columns {
		names[i] = pgx.Identifier{c}.Sanitize()
	}
	tag, err := on.PgConn().CopyFrom(ctx, f, "COPY "+table.Name+" ("+strings.Join(names, ", ")+") FROM STDIN")
	if err != nil {
		return engine.Kind(err)
	}
	if tag.RowsAffected() != table.Rows {
		return fmt.Errorf("%w: a table of the backup is cut off", cvd.ErrUnreadable)
	}
	return nil
}

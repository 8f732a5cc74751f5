// Package bare writes the rows of a real database once more, by nothing but a
// loop of prepared statements: the speed that the medium and the engine allow,
// against which the whole house is measured.
//
// It never serves anything and knows no meaning of a row.
package bare

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"

	_ "modernc.org/sqlite" // the same engine, with the same settings

	"fairlead/internal/store/sqlstore"
)

// tables that a report is written to, the case first.
var tables = []string{"cases", "events", "participant_keys", "effects", "records"}

// settings are those of the real writer: synced commits, overwritten deletions.
const settings = "?_txlock=immediate&_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)" +
	"&_pragma=secure_delete(1)&_pragma=foreign_keys(1)&_pragma=temp_store(MEMORY)&_pragma=cache_size(-8000)&_pragma=wal_autocheckpoint(2000)"

// Rows are the rows of a number of reports, in memory.
type Rows struct {
	Reports int // or of other things that fill the tables evenly
	rows    map[string][][]any
}

func open(path string) (*sql.DB, error) {
	whole, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	return sql.Open("sqlite", "file:"+(&url.URL{Path: whole}).EscapedPath()+settings)
}

// Load reads all rows of the database at path.
func Load(ctx context.Context, path string) (r *Rows, err error) {
	db, err := open(path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	r = &Rows{rows: map[string][][]any{}}
	for _, table := range tables {
		if r.rows[table], err = all(ctx, db, table); err != nil {
			return nil, fmt.Errorf("%s: %w", table, err)
		}
	}
	r.Reports = len(r.rows["cases"])
	return r, nil
}

func all(ctx context.Context, db *sql.DB, table string) (out [][]any, err error) {
	//nolint:gosec // the names are those of tables, above
	rows, err := db.QueryContext(ctx, "SELECT * FROM "+table)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	names, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	for rows.Next() {
		row := make([]any, len(names))
		into := make([]any, len(names))
		for i := range row {
			into[i] = &row[i]
		}
		if err := rows.Scan(into...); err != nil {
			return nil, err
		}
		out = append(out, row)
	}
	return out, rows.Err()
}

// Prepare makes an empty database with the same tables and indexes at path and
// returns what writes the rows into it, batch reports to a synced commit.
func (r *Rows) Prepare(ctx context.Context, path string, batch int) (write func() error, done func() error, err error) {
	st, err := sqlstore.OpenSQLite(ctx, path, sqlstore.Options{})
	if err != nil {
		return nil, nil, err
	}
	if err := st.Close(); err != nil {
		return nil, nil, err
	}
	db, err := open(path)
	if err != nil {
		return nil, nil, err
	}
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, nil, errors.Join(err, db.Close())
	}
	insert := map[string]*sql.Stmt{}
	for _, table := range tables {
		if len(r.rows[table]) == 0 {
			continue
		}
		marks := strings.TrimSuffix(strings.Repeat("?,", len(r.rows[table][0])), ",")
		//nolint:gosec,sqlclosecheck // the names are those of tables, above; the connection closes what it prepared
		if insert[table], err = conn.PrepareContext(ctx, "INSERT INTO "+table+" VALUES ("+marks+")"); err != nil {
			return nil, nil, errors.Join(err, conn.Close(), db.Close())
		}
	}
	write = func() error { return r.write(ctx, conn, insert, batch) }
	return write, func() error { return errors.Join(conn.Close(), db.Close()) }, nil
}

func (r *Rows) write(ctx context.Context, conn *sql.Conn, insert map[string]*sql.Stmt, batch int) error {
	next := map[string]int{}
	for i := 0; i < r.Reports; i += batch {
		if _, err := conn.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
			return err
		}
		upTo := min(i+batch, r.Reports)
		for _, table := range tables {
			rows := r.rows[table]
			// Each batch takes its share of the table, so that the last one
			// ends it.
			end := len(rows) * upTo / r.Reports
			for ; next[table] < end; next[table]++ {
				if _, err := insert[table].ExecContext(ctx, rows[next[table]]...); err != nil {
					return err
				}
			}
		}
		if _, err := conn.ExecContext(ctx, "COMMIT"); err != nil {
			return err
		}
	}
	return nil
}

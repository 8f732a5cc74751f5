// Package fault turns the drivers' errors into the kinds of package cvd.
//
// It never hands on a driver's own words: they may hold what a row holds.
package fault

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"fairlead/internal/cvd"
)

// ErrOver means that a transaction was used after its end.
var ErrOver = errors.New("store: the transaction is over")

// shared turns the errors that both drivers have in common.
func shared(err error) error {
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return cvd.ErrNotFound
	case errors.Is(err, context.DeadlineExceeded):
		return context.DeadlineExceeded
	case errors.Is(err, context.Canceled):
		return context.Canceled
	case errors.Is(err, sql.ErrConnDone), errors.Is(err, driver.ErrBadConn):
		return fmt.Errorf("%w: the connection to the database was lost", cvd.ErrUnavailable)
	case errors.Is(err, sql.ErrTxDone):
		return ErrOver
	}
	return nil
}

// sqliteFaults says in plain words why SQLite could not work, by primary result
// code (https://sqlite.org/rescode.html).
var sqliteFaults = map[int]string{
	sqlite3.SQLITE_BUSY:     "the database is locked by another program",
	sqlite3.SQLITE_LOCKED:   "the database is locked",
	sqlite3.SQLITE_NOMEM:    "the database ran out of memory",
	sqlite3.SQLITE_READONLY: "the database file may not be written",
	sqlite3.SQLITE_IOERR:    "the disk reports an error",
	sqlite3.SQLITE_CORRUPT:  "the database file is damaged",
	sqlite3.SQLITE_FULL:     "the disk is full",
	sqlite3.SQLITE_CANTOPEN: "the database file cannot be opened",
	sqlite3.SQLITE_PROTOCOL: "the database file is locked in an unknown way",
	sqlite3.SQLITE_PERM:     "the database file may not be read",
	sqlite3.SQLITE_NOTADB:   "the file is not a database",
}

// SQLite names the kind of an error of SQLite. Nothing of it is worth another try.
func SQLite(err error) (kind error, retry bool) {
	if kind := shared(err); kind != nil {
		return kind, false
	}
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return errors.New("store: SQLite refused a statement"), false
	}
	primary := e.Code() & 0xff
	if words, ok := sqliteFaults[primary]; ok {
		return fmt.Errorf("%w: %s (SQLite code %d)", cvd.ErrUnavailable, words, e.Code()), false
	}
	if primary == sqlite3.SQLITE_TOOBIG {
		return fmt.Errorf("%w: a value is larger than a row may be", cvd.ErrTooLarge), false
	}
	return fmt.Errorf("store: SQLite refused a statement (code %d)", e.Code()), false
}

// postgresFaults says in plain words why PostgreSQL could not work, by class of
// SQLSTATE (PostgreSQL 15, appendix A).
var postgresFaults = map[string]string{
	"08": "the connection to the database was lost",
	"25": "the database does not take changes now",
	"28": "the database refused the credentials",
	"3D": "the database does not exist",
	"53": "the database has run out of disk, memory or connections",
	"54": "the database has reached a limit",
	"55": "the database is not ready for that now",
	"57": "the database is stopping, starting or cut the statement off",
	"58": "the database's disk reports an error",
	"XX": "the database is damaged",
}

// Postgres names the kind of an error of PostgreSQL; retry says that the same
// change may succeed when it is run again.
func Postgres(err error) (kind error, retry bool) {
	var e *pgconn.PgError
	if !errors.As(err, &e) {
		if kind := shared(err); kind != nil {
			return kind, false
		}
		return fmt.Errorf("%w: the database cannot be reached", cvd.ErrUnavailable), false
	}
	switch e.Code {
	case "40001", "40P01": // serialization_failure, deadlock_detected
		return fmt.Errorf("%w: another change came first", cvd.ErrConflict), true
	}
	if words, ok := postgresFaults[e.Code[:min(2, len(e.Code))]]; ok {
		return fmt.Errorf("%w: %s (SQLSTATE %s)", cvd.ErrUnavailable, words, e.Code), false
	}
	return fmt.Errorf("store: PostgreSQL refused a statement (SQLSTATE %s)", e.Code), false
}

// OfCommit makes sure that a commit which was lost is known as one.
func OfCommit(kind error) error {
	if errors.Is(kind, cvd.ErrUnavailable) {
		return kind
	}
	return fmt.Errorf("%w: the commit was lost", cvd.ErrUnavailable)
}

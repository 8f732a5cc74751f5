// Package generation names what is committed, so that what was made of it may
// be kept until the next commit, whoever makes that.
//
// It never reads a row, and its names say nothing but same or not the same.
package generation

import (
	"context"
	"database/sql"
	"errors"
	"strconv"
	"sync"
)

// Watch is a connection to a SQLite file that only looks whether others have
// committed. It is safe for concurrent use.
type Watch struct {
	db *sql.DB

	mu   sync.Mutex
	conn *sql.Conn // nil: to be connected anew
	ask  *sql.Stmt
	nth  int // connections so far: each counts from a start of its own
}

// NewWatch watches by a connection of db, which must have one to spare and must
// not write by it.
func NewWatch(db *sql.DB) *Watch { return &Watch{db: db} }

// Now names what is committed. SQLite counts for each connection how often
// others changed the file, other processes included (PRAGMA data_version).
func (w *Watch) Now(ctx context.Context) (string, error) {
	// A query that is cut off would cost the connection.
	ctx = context.WithoutCancel(ctx)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.conn == nil {
		if err := w.connect(ctx); err != nil {
			return "", err
		}
	}
	var version int64
	if err := w.ask.QueryRowContext(ctx).Scan(&version); err != nil {
		return "", errors.Join(err, w.drop())
	}
	return strconv.Itoa(w.nth) + "/" + strconv.FormatInt(version, 10), nil
}

func (w *Watch) connect(ctx context.Context) error {
	conn, err := w.db.Conn(ctx)
	if err != nil {
		return err
	}
	ask, err := conn.PrepareContext(ctx, "PRAGMA data_version")
	if err != nil {
		return errors.Join(err, conn.Close())
	}
	w.conn, w.ask = conn, ask
	w.nth++
	return nil
}

func (w *Watch) drop() error {
	if w.conn == nil {
		return nil
	}
	err := errors.Join(w.ask.Close(), w.conn.Close())
	w.conn, w.ask = nil, nil
	return err
}

// Close lets the connection go.
func (w *Watch) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.drop()
}

// Postgres names what is committed on a server: two snapshots with the same
// bounds and the same open transactions between them see the same rows.
func Postgres(ctx context.Context, db *sql.DB) (string, error) {
	var snapshot string
	err := db.QueryRowContext(ctx, "SELECT CAST(pg_current_snapshot() AS text)").Scan(&snapshot)
	return snapshot, err
}

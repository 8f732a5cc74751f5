package sqlstore

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"

	"modernc.org/sqlite"

	"fairlead/internal/cvd"
	"fairlead/internal/store"
	"fairlead/internal/store/sqlstore/backup"
	"fairlead/internal/store/sqlstore/fault"
	"fairlead/internal/store/sqlstore/generation"
	"fairlead/internal/store/sqlstore/migrations"
	"fairlead/internal/store/sqlstore/query"
	"fairlead/internal/store/sqlstore/session"
)

// Connections that read. Each sees the last commit; none waits for the writer.
const readers = 4

var sqliteEngine = &engine{
	name:    "sqlite",
	indexed: func(index string) string { return "INDEXED BY " + index },
	members: func(p string) string { return "SELECT value FROM json_each(" + p + ")" },
	fault:   fault.SQLite,
}

var sqliteSchema = migrations.SQLite(func(err error) error {
	kind, _ := fault.SQLite(err)
	return kind
})

var _ query.DBTX = (*session.Session)(nil)

// lite is a store in one SQLite file.
type lite struct {
	path   string
	opt    Options
	db     *sql.DB
	read   *sql.DB
	pool   chan *session.Session // a nil one is to be connected anew
	watch  *generation.Watch
	writer *writer
	beats  atomic.Int64
	closed atomic.Bool
	gone   chan struct{} // closed with the store, for views that wait
}

var _ store.Store = (*lite)(nil)

// sqliteSettings hold for every connection. FULL makes each commit wait for the
// disk: receipts are promises. secure_delete overwrites what is deleted.
// Temporary data stays in memory, so that nothing is written beside the file.
const sqliteSettings = "_defensive=1&_txlock=immediate" +
	"&_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=secure_delete(1)" +
	"&_pragma=foreign_keys(1)&_pragma=temp_store(MEMORY)&_pragma=trusted_schema(0)"

const (
	writerSettings = "&_pragma=cache_size(-8000)&_pragma=wal_autocheckpoint(2000)&_pragma=journal_size_limit(67108864)"
	readerSettings = "&_pragma=cache_size(-2000)&_pragma=query_only(1)"
)

func sqliteDB(path, settings string) (*sql.DB, error) {
	whole, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	name := "file:" + strings.ReplaceAll((&url.URL{Path: whole}).EscapedPath(), "?", "%3f") + "?" + sqliteSettings + settings
	connector, err := sqlite.NewConnector(name)
	if err != nil {
		return nil, err
	}
	return sql.OpenDB(connector), nil
}

// OpenSQLite opens the database file at path, makes it if need be and brings its
// tables up to date. It returns a cvd.ErrUnavailable if the file cannot be used
// and a plain error if a newer Fairlead wrote it. Only one process may write the
// file; others wait up to five seconds for it.
func OpenSQLite(ctx context.Context, path string, opt Options) (store.Store, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("%w: the database file cannot be found", cvd.ErrUnavailable)
	}
	s := &lite{path: path, opt: opt.filled(), pool: make(chan *session.Session, readers), gone: make(chan struct{})}
	if s.db, err = sqliteDB(path, writerSettings); err != nil {
		return nil, err
	}
	if err := private(path); err != nil {
		return nil, errors.Join(err, s.db.Close())
	}
	s.db.SetMaxOpenConns(1)
	if err := sqliteSchema.Migrate(ctx, s.db, 0); err != nil {
		return nil, errors.Join(err, s.db.Close())
	}
	// What a crash left in the log may be a key that was dropped.
	if _, err := s.db.ExecContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)"); err != nil {
		return nil, errors.Join(sqliteSchema.Kind(err), s.db.Close())
	}
	if s.read, err = sqliteDB(path, readerSettings); err != nil {
		return nil, errors.Join(err, s.db.Close())
	}
	s.read.SetMaxOpenConns(readers + 1) // and the watch
	s.read.SetMaxIdleConns(readers + 1)
	s.watch = generation.NewWatch(s.read)
	for range readers {
		s.pool <- nil
	}
	s.writer = newWriter(s.db, path, s.opt)
	return s, nil
}

// private makes the file for its owner alone, before SQLite would make it for
// everybody; what SQLite puts beside it gets the same mode. A file that exists is
// not opened: closing it again would drop SQLite's locks.
func private(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, os.ErrExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("%w: the database file cannot be made", cvd.ErrUnavailable)
	}
	return f.Close()
}

// View runs read in a snapshot of the last commit.
func (s *lite) View(ctx context.Context, read func(tx store.Tx) error) (err error) {
	if s.closed.Load() {
		return errClosed
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	var on *session.Session
	select {
	case on = <-s.pool:
	case <-s.gone:
		return errClosed
	case <-ctx.Done():
		return ctx.Err()
	}
	steady := context.WithoutCancel(ctx)
	defer func() {
		s.pool <- s.rested(steady, on)
		s.writer.nudge()
	}()
	if on == nil {
		if on, err = session.Open(steady, s.read); err != nil {
			return sqliteSchema.Kind(err)
		}
	}
	if err := on.Exec(steady, "BEGIN"); err != nil {
		return sqliteSchema.Kind(err)
	}
	t := newTx(ctx, steady, sqliteEngine, on, false)
	defer func() { t.over = true }()
	return t.result(read(t))
}

// rested ends the snapshot; a session that cannot is given up.
func (s *lite) rested(ctx context.Context, on *session.Session) *session.Session {
	if on == nil {
		return nil
	}
	if err := on.Exec(ctx, "ROLLBACK"); err != nil {
		s.opt.Logger.Warn("store: a reader of the database is replaced")
		on.Discard()
		return nil
	}
	return on
}

// Update runs change in a savepoint of the writer's next commit, which it may
// share with others. It runs in the caller's goroutine; a panic of it undoes the
// change and goes on there.
func (s *lite) Update(ctx context.Context, change func(tx store.Tx) error) error {
	return s.writer.update(ctx, change)
}

// Generation asks SQLite how often the file was changed.
func (s *lite) Generation(ctx context.Context) (string, error) {
	if s.closed.Load() {
		return "", errClosed
	}
	now, err := s.watch.Now(ctx)
	if err != nil {
		return "", sqliteSchema.Kind(err)
	}
	return now, nil
}

// ballast is how many bytes Ready writes, so that a full disk is noticed before the
// next report meets it.
const ballast = 64 << 10

// Ready commits a beat with as much ballast as a large report.
func (s *lite) Ready(ctx context.Context) error {
	// Bytes that change each time: SQLite does not write what stays the same.
	load := bytes.Repeat([]byte{byte(s.beats.Add(1))}, ballast)
	return s.writer.update(ctx, func(x store.Tx) error {
		t := x.(*tx)
		if err := t.q.Weigh(t.ctx, load); err != nil {
			return t.fault(err)
		}
		return t.fault(t.q.Beat(t.ctx))
	})
}

// Close waits for running changes and views, then closes the file.
func (s *lite) Close() error {
	if s.closed.Swap(true) {
		return nil
	}
	err := s.writer.close()
	for range readers {
		if on := <-s.pool; on != nil {
			err = errors.Join(err, on.Close())
		}
	}
	close(s.gone)
	if err = errors.Join(err, s.watch.Close(), s.read.Close(), s.db.Close()); err != nil {
		return fmt.Errorf("store: closing the database: %w", err)
	}
	return nil
}

// Backup writes one consistent file into dir while the store goes on working. It
// holds nothing that was deleted before. dir must exist and be empty.
func (s *lite) Backup(ctx context.Context, dir string) error {
	if s.closed.Load() {
		return errClosed
	}
	db, err := sqliteDB(s.path, "")
	if err != nil {
		return err
	}
	defer s.writer.nudge() // the copy was a long view
	return errors.Join(backup.SQLite(ctx, sqliteSchema, db, dir), db.Close())
}

// RestoreSQLite makes the database file at path, which must not exist yet, from a
// backup of SQLite in dir. It checks the copy before it takes the name. Whoever
// serves it replays the erasures since the backup first.
func RestoreSQLite(ctx context.Context, dir, path string) error {
	return backup.RestoreSQLite(ctx, sqliteSchema, dir, path, func(path string) (*sql.DB, error) { return sqliteDB(path, "") })
}

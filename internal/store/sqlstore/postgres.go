package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"fairlead/internal/cvd"
	"fairlead/internal/store"
	"fairlead/internal/store/sqlstore/backup"
	"fairlead/internal/store/sqlstore/fault"
	"fairlead/internal/store/sqlstore/generation"
	"fairlead/internal/store/sqlstore/migrations"
	"fairlead/internal/store/sqlstore/wire"
)

var postgresEngine = &engine{
	name:    "postgres",
	indexed: func(string) string { return "" },
	ordered: true,
	members: func(p string) string { return "SELECT jsonb_array_elements_text(CAST(" + p + " AS jsonb))" },
	locked:  "FOR UPDATE SKIP LOCKED",
	fault:   fault.Postgres,
}

var postgresSchema = migrations.Postgres(func(err error) error {
	kind, _ := fault.Postgres(err)
	return kind
})

// postgresSettings hold for every connection. A statement that takes longer than
// half a minute is none of ours; a commit waits for the disk.
var postgresSettings = map[string]string{
	"application_name":                    "fairlead",
	"statement_timeout":                   "30s",
	"idle_in_transaction_session_timeout": "60s",
	"synchronous_commit":                  "on",
	"timezone":                            "UTC",
}

// attempts to run a change that met another one.
const attempts = 12

// post is a store in a PostgreSQL database.
type post struct {
	opt    Options
	db     *sql.DB
	closed atomic.Bool
}

var _ store.Store = (*post)(nil)

// OpenPostgres opens the database that dsn names (a URL or key=value words, as
// libpq reads them) and brings its tables up to date. PostgreSQL 15 or newer. It
// returns a cvd.ErrUnavailable if the database cannot be reached, a cvd.ErrInvalid for a dsn
// that wire.Check refuses, and a plain error if a newer Fairlead wrote it.
//
// Changes run at the isolation level repeatable read: two that write the same row
// never both succeed by what they read before (the later one is run again), but a
// rule that spans several rows needs one row that every change of it writes.
// A key that was dropped is gone from the table at once; its bytes stay in dead
// rows and in the server's own log until those are vacuumed and recycled.
func OpenPostgres(ctx context.Context, dsn string, opt Options) (store.Store, error) {
	opt = opt.filled()
	db, err := postgresDB(dsn, opt)
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(opt.Connections)
	db.SetMaxIdleConns(opt.Connections)
	if err := postgresSchema.Migrate(ctx, db, 0); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return &post{opt: opt, db: db}, nil
}

func postgresDB(dsn string, opt Options) (*sql.DB, error) {
	conf, err := pgx.ParseConfig(dsn)
	if err != nil {
		// Its words would hold the dsn, and that a password.
		return nil, fmt.Errorf("%w: the address of the database cannot be read", cvd.ErrInvalid)
	}
	doubts, err := wire.Check(&conf.Config)
	if err != nil {
		return nil, err
	}
	for _, doubt := range doubts {
		opt.Logger.Warn("store: others on the way to the database could read or change what goes over it", "why", doubt)
	}
	for name, value := range postgresSettings {
		if _, set := conf.RuntimeParams[name]; !set {
			conf.RuntimeParams[name] = value
		}
	}
	return stdlib.OpenDB(*conf), nil
}

// View runs read in one snapshot.
func (s *post) View(ctx context.Context, read func(tx store.Tx) error) error {
	err, _ := s.try(ctx, false, read)
	return err
}

// Update runs change, again if it met another change at the same rows. If the
// connection breaks while the commit is under way, it is a cvd.ErrUnavailable
// although the change may have been stored: PostgreSQL cannot be asked any more.
// Versions of cases, keys of effects and repeated requests' keys make the
// caller's next try harmless.
func (s *post) Update(ctx context.Context, change func(tx store.Tx) error) error {
	for i := 1; ; i++ {
		err, again := s.try(ctx, true, change)
		if !again || i == attempts {
			return err
		}
		select {
		case <-time.After(time.Duration(rand.IntN(i*4000)) * time.Microsecond):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (s *post) try(ctx context.Context, writes bool, run func(tx store.Tx) error) (err error, again bool) {
	if s.closed.Load() {
		return errClosed, false
	}
	if err := ctx.Err(); err != nil {
		return err, false
	}
	conn, err := s.db.Conn(ctx)
	if err != nil {
		return fault.Postgres(err)
	}
	defer conn.Close()
	// The caller's end must not cut a commit in two; the server's own limits
	// end what hangs.
	on, err := conn.BeginTx(context.WithoutCancel(ctx), &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: !writes})
	if err != nil {
		return fault.Postgres(err)
	}
	defer func() { _ = on.Rollback() }() // does nothing after a commit
	t := newTx(ctx, ctx, postgresEngine, on, writes)
	defer func() { t.over = true }()
	own := t.result(run(t))
	if t.retry {
		return t.failed, true
	}
	if own != nil {
		return own, false
	}
	if err := on.Commit(); err != nil {
		kind, again := fault.Postgres(err)
		if !again {
			kind = fault.OfCommit(kind)
		}
		return kind, again
	}
	return nil, false
}

// Generation asks the server for the bounds of its snapshot.
func (s *post) Generation(ctx context.Context) (string, error) {
	if s.closed.Load() {
		return "", errClosed
	}
	now, err := generation.Postgres(ctx, s.db)
	if err != nil {
		kind, _ := fault.Postgres(err)
		return "", kind
	}
	return now, nil
}

// Ready commits a beat.
func (s *post) Ready(ctx context.Context) error {
	return s.Update(ctx, func(x store.Tx) error {
		t := x.(*tx)
		return t.fault(t.q.Beat(t.ctx))
	})
}

// Close waits for what is running, then lets the connections go.
func (s *post) Close() error {
	if s.closed.Swap(true) {
		return nil
	}
	return s.db.Close()
}

// Backup writes one file for each table and a manifest into dir, all from one
// snapshot. dir must exist and be empty.
func (s *post) Backup(ctx context.Context, dir string) error {
	if s.closed.Load() {
		return errClosed
	}
	return backup.Postgres(ctx, postgresSchema, s.db, dir)
}

// RestorePostgres fills the database that dsn names, which must hold no rows yet,
// from a backup of PostgreSQL in dir, all or nothing. Whoever serves it replays
// the erasures since the backup first.
func RestorePostgres(ctx context.Context, dir, dsn string) error {
	db, err := postgresDB(dsn, Options{}.filled()) // whoever serves it hears of doubts
	if err != nil {
		return err
	}
	return errors.Join(backup.RestorePostgres(ctx, postgresSchema, dir, db), db.Close())
}

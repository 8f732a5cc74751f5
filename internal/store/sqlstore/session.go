package sqlstore

import (
	"context"
	"database/sql"
	"database/sql/driver"

	"fairlead/internal/store/sqlstore/query"
)

// Statements that one session keeps prepared at most. Filters make a few dozen
// shapes; this only bounds what an odd caller can pile up.
const keptStatements = 256

// session is one connection to SQLite with the statements that were prepared on
// it. Preparing one costs several times as much as running it.
type session struct {
	conn  *sql.Conn
	stmts map[string]*sql.Stmt
}

var _ query.DBTX = (*session)(nil)

func newSession(ctx context.Context, db *sql.DB) (*session, error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	return &session{conn: conn, stmts: map[string]*sql.Stmt{}}, nil
}

func (s *session) prepared(ctx context.Context, text string) (*sql.Stmt, error) {
	if stmt, ok := s.stmts[text]; ok {
		return stmt, nil
	}
	stmt, err := s.conn.PrepareContext(ctx, text)
	if err != nil {
		return nil, err
	}
	if len(s.stmts) >= keptStatements {
		s.forget()
	}
	s.stmts[text] = stmt
	return stmt, nil
}

func (s *session) forget() {
	for _, stmt := range s.stmts {
		_ = stmt.Close()
	}
	clear(s.stmts)
}

func (s *session) close() error {
	s.forget()
	return s.conn.Close()
}

// discard ends the connection itself, with whatever is open on it; close would
// only hand it back to the pool.
func (s *session) discard() {
	s.forget()
	_ = s.conn.Raw(func(any) error { return driver.ErrBadConn })
	_ = s.conn.Close()
}

func (s *session) exec(ctx context.Context, text string) error {
	_, err := s.ExecContext(ctx, text)
	return err
}

// ExecContext runs a statement, prepared once.
func (s *session) ExecContext(ctx context.Context, text string, args ...any) (sql.Result, error) {
	stmt, err := s.prepared(ctx, text)
	if err != nil {
		return nil, err
	}
	return stmt.ExecContext(ctx, args...)
}

// PrepareContext is there for query.DBTX.
func (s *session) PrepareContext(ctx context.Context, text string) (*sql.Stmt, error) {
	return s.conn.PrepareContext(ctx, text)
}

// QueryContext runs a query, prepared once.
func (s *session) QueryContext(ctx context.Context, text string, args ...any) (*sql.Rows, error) {
	stmt, err := s.prepared(ctx, text)
	if err != nil {
		return nil, err
	}
	return stmt.QueryContext(ctx, args...)
}

// QueryRowContext runs a query for one row, prepared once.
func (s *session) QueryRowContext(ctx context.Context, text string, args ...any) *sql.Row {
	stmt, err := s.prepared(ctx, text)
	if err != nil {
		return s.conn.QueryRowContext(ctx, text, args...) // carries the error
	}
	return stmt.QueryRowContext(ctx, args...)
}

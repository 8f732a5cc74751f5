// Package session is one connection to SQLite with the statements that were prepared on
// it. Preparing one costs several times as much as running it.
//
// It never begins or ends a transaction, and knows no table.
package session

import (
	"context"
	"database/sql"
	"database/sql/driver"
)

// Statements that one session keeps prepared at most. Filters make a few dozen
// shapes; this only bounds what an odd caller can pile up.
const keptStatements = 256

// Session is one connection. Like a connection it serves one goroutine at a time.
type Session struct {
	conn  *sql.Conn
	stmts map[string]*sql.Stmt
}

// Open takes a connection out of a pool.
func Open(ctx context.Context, db *sql.DB) (*Session, error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	return &Session{conn: conn, stmts: map[string]*sql.Stmt{}}, nil
}

func (s *Session) prepared(ctx context.Context, text string) (*sql.Stmt, error) {
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

func (s *Session) forget() {
	for _, stmt := range s.stmts {
		_ = stmt.Close()
	}
	clear(s.stmts)
}

// Close hands the connection back to its pool.
func (s *Session) Close() error {
	s.forget()
	return s.conn.Close()
}

// Discard ends the connection itself, with whatever is open on it; Close would
// only hand it back to the pool.
func (s *Session) Discard() {
	s.forget()
	_ = s.conn.Raw(func(any) error { return driver.ErrBadConn })
	_ = s.conn.Close()
}

// Exec runs a statement of which nothing is to be known but that it failed.
func (s *Session) Exec(ctx context.Context, text string) error {
	_, err := s.ExecContext(ctx, text)
	return err
}

// ExecContext runs a statement, prepared once.
func (s *Session) ExecContext(ctx context.Context, text string, args ...any) (sql.Result, error) {
	stmt, err := s.prepared(ctx, text)
	if err != nil {
		return nil, err
	}
	return stmt.ExecContext(ctx, args...)
}

// PrepareContext prepares a statement that the caller keeps; query.DBTX asks for it.
func (s *Session) PrepareContext(ctx context.Context, text string) (*sql.Stmt, error) {
	return s.conn.PrepareContext(ctx, text)
}

// QueryContext runs a query, prepared once.
func (s *Session) QueryContext(ctx context.Context, text string, args ...any) (*sql.Rows, error) {
	stmt, err := s.prepared(ctx, text)
	if err != nil {
		return nil, err
	}
	return stmt.QueryContext(ctx, args...)
}

// QueryRowContext runs a query for one row, prepared once.
func (s *Session) QueryRowContext(ctx context.Context, text string, args ...any) *sql.Row {
	stmt, err := s.prepared(ctx, text)
	if err != nil {
		return s.conn.QueryRowContext(ctx, text, args...) // carries the error
	}
	return stmt.QueryRowContext(ctx, args...)
}

// Package sqlstore keeps a store.Store in SQLite or in PostgreSQL, by one set of
// statements for both.
//
// It stores and finds rows; it never opens what is sealed, never decides what may
// happen to a case, never looks at a clock, and no error of it repeats what a row
// holds. It is the only room that talks to database/sql.
package sqlstore

import (
	"errors"
	"log/slog"
)

// Options are the few things in which installations differ.
type Options struct {
	// Logger hears of what no caller hears: a connection that was replaced, a
	// log that could not be truncated yet. Nil means silence.
	Logger *slog.Logger
	// Batch is how many changes may share one synced commit of SQLite; 0 means
	// 128. PostgreSQL groups its commits itself.
	Batch int
	// Connections is how many connections to PostgreSQL are used at most; 0
	// means 16. SQLite has one writer and four readers.
	Connections int
}

func (o Options) filled() Options {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Batch <= 0 {
		o.Batch = 128
	}
	if o.Connections <= 0 {
		o.Connections = 16
	}
	return o
}

//go:generate go tool -modfile=../../../tools/go.mod sqlc generate

var (
	errClosed = errors.New("store: closed")
	errView   = errors.New("store: a view cannot write")
)

// engine is where the two databases differ.
type engine struct {
	name string
	// indexed pins a list to its index; PostgreSQL has no such clause.
	indexed func(index string) string
	// ordered says that the arms of a merged list need an order of their own.
	ordered bool
	// members turns a parameter that holds a JSON list of texts into rows.
	members func(parameter string) string
	// locked makes rows that somebody else is leasing invisible to a lease.
	locked string
	// fault turns the driver's error into one of a known kind without any
	// content of a row in it; retry says that the same change may succeed when
	// it is run again.
	fault func(err error) (kind error, retry bool)
}

// Package engines opens a fresh store on every engine, so that a test written
// once runs on all of them. It is for tests only.
package engines

import (
	"context"
	"path/filepath"
	"testing"

	"fairlead/internal/store"
	"fairlead/internal/store/sqlstore"
	"fairlead/internal/store/storetest/pgtest"
)

// Each runs test once for each engine, as the subtests "sqlite" and "postgres",
// with a function that opens a fresh, empty store; stores are closed when the
// subtest ends. Where no PostgreSQL is to be had, its subtest is skipped by name.
// Packages that use it do well to have pgtest.Main in their TestMain.
func Each(t *testing.T, test func(t *testing.T, open func(t *testing.T) store.Store)) {
	t.Run("sqlite", func(t *testing.T) { test(t, SQLite) })
	t.Run("postgres", func(t *testing.T) { test(t, Postgres) })
}

// SQLite opens a fresh store in a temporary folder.
func SQLite(t *testing.T) store.Store {
	t.Helper()
	s, err := sqlstore.OpenSQLite(context.Background(), filepath.Join(t.TempDir(), "store.sqlite"), sqlstore.Options{})
	return opened(t, s, err)
}

// Postgres opens a fresh store in a database of its own, or skips the test.
func Postgres(t *testing.T) store.Store {
	t.Helper()
	dsn := pgtest.DSN(t, func(dsn string) error {
		s, err := sqlstore.OpenPostgres(context.Background(), dsn, sqlstore.Options{})
		if err != nil {
			return err
		}
		return s.Close()
	})
	s, err := sqlstore.OpenPostgres(context.Background(), dsn, sqlstore.Options{})
	return opened(t, s, err)
}

func opened(t *testing.T, s store.Store, err error) store.Store {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/mod/modfile"

	"fairlead/internal/cvd"
	"fairlead/internal/store"
	"fairlead/internal/store/sqlstore/migrations"
	"fairlead/internal/store/storetest/pgtest"
)

func columns(t *testing.T, db *sql.DB, query string) []string {
	t.Helper()
	rows, err := db.QueryContext(background, query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var out []string
	for rows.Next() {
		var table, column string
		if err := rows.Scan(&table, &column); err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(table, "goose") && !strings.HasPrefix(table, "sqlite") {
			out = append(out, table+"."+column)
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	slices.Sort(out)
	return out
}

func TestBothEnginesHaveTheSameTables(t *testing.T) {
	lite, post := fresh(t), openPostgres(t)
	for what, queries := range map[string][2]string{
		"columns": {
			`SELECT m.name, p.name FROM sqlite_schema AS m, pragma_table_info(m.name) AS p WHERE m.type = 'table'`,
			`SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'`,
		},
		"indexes": {
			`SELECT tbl_name, name FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL`,
			`SELECT tablename, indexname FROM pg_indexes WHERE schemaname = 'public' AND indexname NOT LIKE '%_pkey'`,
		},
	} {
		a, b := columns(t, lite.read, queries[0]), columns(t, post.db, queries[1])
		if d := cmp.Diff(a, b); d != "" || len(a) < 8 {
			t.Errorf("%s (-sqlite +postgres):\n%s", what, d)
		}
	}
}

// Every text that is ordered or compared must order by bytes on PostgreSQL too.
func TestEveryTextOrdersByBytes(t *testing.T) {
	got := columns(t, openPostgres(t).db, `SELECT table_name, column_name FROM information_schema.columns
		WHERE table_schema = 'public' AND data_type = 'text' AND collation_name IS DISTINCT FROM 'C'`)
	if len(got) > 0 {
		t.Errorf("columns that order by a language: %v", got)
	}
}

func TestMigrationsHaveTheSameNumbers(t *testing.T) {
	a, errA := fs.Glob(migrations.Files, "sqlite/*.sql")
	b, errB := fs.Glob(migrations.Files, "postgres/*.sql")
	if errA != nil || errB != nil || len(a) == 0 {
		t.Fatal(errA, errB, a)
	}
	for i := range a {
		a[i] = filepath.Base(a[i])
	}
	for i := range b {
		b[i] = filepath.Base(b[i])
	}
	if d := cmp.Diff(a, b); d != "" {
		t.Error(d)
	}
}

func TestNewerDatabaseIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.sqlite")
	dsn := pgtest.DSN(t, nil)
	for name, open := range map[string]func() (store.Store, error){
		"sqlite":   func() (store.Store, error) { return OpenSQLite(background, path, Options{}) },
		"postgres": func() (store.Store, error) { return OpenPostgres(background, dsn, Options{}) },
	} {
		s, err := open()
		if err != nil {
			t.Fatal(err)
		}
		again, err := open() // the same version again
		if err != nil {
			t.Fatal(err)
		}
		if err := again.Close(); err != nil {
			t.Fatal(err)
		}
		err = s.Update(background, func(x store.Tx) error {
			tx := x.(*tx)
			_, err := tx.db.ExecContext(tx.ctx, "INSERT INTO goose_db_version (version_id, is_applied) VALUES (7, $1)", true)
			return err
		})
		if err := errors.Join(err, s.Close()); err != nil {
			t.Fatal(err)
		}
		if _, err := open(); !errors.Is(err, cvd.ErrNotReady) || !strings.Contains(err.Error(), "version 7") ||
			!strings.Contains(err.Error(), "version 3") || errors.Is(err, cvd.ErrUnavailable) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A database of before appeals and rulings were counted keeps its cases, and none of them waits.
func TestAppealsAreCountedInAnOldDatabase(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.sqlite")
	dsn := pgtest.DSN(t, nil)
	for name, open := range map[string]func() (store.Store, error){
		"sqlite":   func() (store.Store, error) { return OpenSQLite(background, path, Options{}) },
		"postgres": func() (store.Store, error) { return OpenPostgres(background, dsn, Options{}) },
	} {
		s, err := open()
		if err != nil {
			t.Fatal(err)
		}
		row := store.Case{ID: "FL-2026-AAAAAAA", RM: cvd.RMInvalid, Version: 1}
		err = s.Update(background, func(x store.Tx) error {
			tx := x.(*tx)
			if err := tx.PutCase(row, 0); err != nil {
				return err
			}
			for _, do := range []string{
				"DROP INDEX cases_appeal_due", "DROP INDEX cases_appeal_created", "DROP INDEX cases_appeal_updated",
				"DROP INDEX cases_pending_due", "DROP INDEX cases_pending_created", "DROP INDEX cases_pending_updated", "DROP INDEX cases_unrated_due",
				"ALTER TABLE cases DROP COLUMN appeal", "ALTER TABLE cases DROP COLUMN pending", "DELETE FROM goose_db_version WHERE version_id IN (2, 3)",
			} {
				if _, err := tx.db.ExecContext(tx.ctx, do); err != nil {
					return err
				}
			}
			return nil
		})
		if err := errors.Join(err, s.Close()); err != nil {
			t.Fatal(err)
		}
		if s, err = open(); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		count := func(f store.Filter) (n int) {
			err := s.View(background, func(tx store.Tx) error {
				var err error
				n, err = tx.CountCases(f, 9)
				return err
			})
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			return n
		}
		if all, waits := count(store.Filter{}), count(store.Filter{Appeal: true})+count(store.Filter{Pending: true}); all != 1 || waits != 0 {
			t.Errorf("%s: %d cases, %d appeals", name, all, waits)
		}
		row.Appeal, row.Pending, row.Version = true, true, 2
		if err := s.Update(background, func(tx store.Tx) error { return tx.PutCase(row, 1) }); err != nil {
			t.Fatal(err)
		}
		if n := count(store.Filter{Appeal: true, Pending: true, Open: true}); n != 1 {
			t.Errorf("%s: %d appeals", name, n)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestNotADatabase(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.sqlite")
	if err := os.WriteFile(path, []byte(strings.Repeat("this is no database ", 400)), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, p := range []string{path, filepath.Join(path, "below a file"), filepath.Join(t.TempDir(), "absent", "store.sqlite")} {
		if _, err := OpenSQLite(background, p, Options{}); !errors.Is(err, cvd.ErrUnavailable) {
			t.Errorf("got %v", err)
		}
	}
}

// modernc.org/sqlite works with exactly the modernc.org/libc that its own go.mod
// names; any other breaks it without a word.
func TestLibcIsTheOneThatSQLiteAsksFor(t *testing.T) {
	module := func(path string) (version, gomod string) {
		t.Helper()
		ctx, cancel := context.WithCancel(background)
		defer cancel()
		out, err := exec.CommandContext(ctx, "go", "list", "-m", "-json", path).Output()
		if err != nil {
			t.Skipf("the go command does not list the module %s here: %v", path, err)
		}
		var m struct{ Version, GoMod string }
		if err := json.Unmarshal(out, &m); err != nil {
			t.Fatal(err)
		}
		return m.Version, m.GoMod
	}
	_, gomod := module("modernc.org/sqlite")
	text, err := os.ReadFile(gomod)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := modfile.Parse(gomod, text, nil)
	if err != nil {
		t.Fatal(err)
	}
	have, _ := module("modernc.org/libc")
	for _, r := range parsed.Require {
		if r.Mod.Path != "modernc.org/libc" {
			continue
		}
		if r.Mod.Version != have {
			t.Errorf("our go.mod brings modernc.org/libc %s, but modernc.org/sqlite works only with %s: require that one, and nothing that asks for a newer",
				have, r.Mod.Version)
		}
		return
	}
	t.Error("the go.mod of modernc.org/sqlite names no modernc.org/libc")
}

package sqlstore

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fairlead/internal/cvd"
	"fairlead/internal/store"
	"fairlead/internal/store/storetest/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

func openDSN(t *testing.T, dsn string) *post {
	t.Helper()
	s, err := OpenPostgres(background, dsn, Options{Connections: 4})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s.(*post)
}

func openPostgres(t *testing.T) *post {
	t.Helper()
	return openDSN(t, pgtest.DSN(t, nil))
}

func TestBackupAndRestorePostgres(t *testing.T) {
	s := openPostgres(t)
	odd := []byte("tab\tnewline\nback\\slash\x00nul\\.")
	err := s.Update(background, func(tx store.Tx) error {
		for i := range 30 {
			id := cvd.CaseID(fmt.Sprint("case ", i))
			err := errors.Join(
				tx.PutCase(store.Case{ID: id, Version: 1, Assignee: "tab\there \\N é", Sealed: odd, Key: []byte{0}}, 0),
				tx.Append([]store.Event{{Stream: string(id), Seq: 1, Sealed: odd}}),
				tx.PutKey(store.Key{KeyRef: store.KeyRef{Case: id, Kind: store.KeyParticipant, Name: "reporter"}, Wrapped: odd}),
				tx.Enqueue([]store.Effect{{Effect: cvd.Effect{Key: string(id), Case: id}}}),
				tx.PutRecord(store.Record{Kind: "session", ID: string(id), Sealed: odd}, 0))
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := s.Backup(background, dir); err != nil {
		t.Fatal(err)
	}
	target := pgtest.DSN(t, nil)
	if err := RestorePostgres(background, dir, target); err != nil {
		t.Fatal(err)
	}
	if err := RestorePostgres(background, dir, target); !errors.Is(err, cvd.ErrConflict) {
		t.Errorf("into a database that is in use: %v", err)
	}
	again := t.TempDir()
	if err := openDSN(t, target).Backup(background, again); err != nil {
		t.Fatal(err)
	}
	files, err := os.ReadDir(dir)
	if err != nil || len(files) != 7 {
		t.Fatalf("files: %v, %v", files, err)
	}
	for _, f := range files {
		a, errA := os.ReadFile(filepath.Join(dir, f.Name()))
		b, errB := os.ReadFile(filepath.Join(again, f.Name()))
		if errA != nil || errB != nil || string(a) != string(b) {
			t.Errorf("%s differs after a restore", f.Name())
		}
	}
	cut := filepath.Join(dir, "events.copy")
	whole, err := os.ReadFile(cut)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(cut, whole[:strings.LastIndex(strings.TrimSpace(string(whole)), "\n")+1], 0o600); err != nil {
		t.Fatal(err)
	}
	third := pgtest.DSN(t, nil)
	if err := RestorePostgres(background, dir, third); !errors.Is(err, cvd.ErrUnreadable) {
		t.Errorf("a backup that is cut off: %v", err)
	}
	count(t, openDSN(t, third), 0)
}

// The server throws everybody out, as it does when it stops.
func TestConnectionLost(t *testing.T) {
	s := openPostgres(t)
	if err := insert(s, "before", nil); err != nil {
		t.Fatal(err)
	}
	err := s.Update(background, func(x store.Tx) error {
		if err := x.PutCase(store.Case{ID: "during", Version: 1}, 0); err != nil {
			return err
		}
		_, err := s.db.ExecContext(background, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
			WHERE datname = current_database() AND pid <> pg_backend_pid()`)
		if err != nil {
			t.Error(err)
		}
		return nil
	})
	if !errors.Is(err, cvd.ErrUnavailable) {
		t.Errorf("got %v", err)
	}
	if err := s.Ready(background); err != nil {
		t.Errorf("ready afterwards: %v", err)
	}
	if err := insert(s, "after", nil); err != nil {
		t.Errorf("a change afterwards: %v", err)
	}
	count(t, s, 2)
}

// Two changes that read and write each other's rows run one after the other in
// the end, and what a closure saw of a lost try is not kept.
func TestDeadlockIsRunAgain(t *testing.T) {
	s := openPostgres(t)
	if err := errors.Join(insert(s, "a", nil), insert(s, "b", nil)); err != nil {
		t.Fatal(err)
	}
	step := func(tx store.Tx, id cvd.CaseID) error {
		c, err := tx.Case(id)
		if err != nil {
			return err
		}
		was := c.Version
		c.Version++
		return tx.PutCase(c, was)
	}
	const n = 8
	done := make(chan error, 2*n)
	for range n {
		for _, order := range [][]cvd.CaseID{{"a", "b"}, {"b", "a"}} {
			go func() {
				for {
					err := s.Update(background, func(tx store.Tx) error { return errors.Join(step(tx, order[0]), step(tx, order[1])) })
					if !errors.Is(err, cvd.ErrConflict) {
						done <- err
						return
					}
				}
			}()
		}
	}
	for range 2 * n {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	err := s.View(background, func(tx store.Tx) error {
		a, errA := tx.Case("a")
		b, errB := tx.Case("b")
		if a.Version != 1+2*n || b.Version != 1+2*n {
			t.Errorf("versions %d and %d, want %d", a.Version, b.Version, 1+2*n)
		}
		return errors.Join(errA, errB)
	})
	if err != nil {
		t.Error(err)
	}
}

func TestErrorsTellNoContent(t *testing.T) {
	s := openPostgres(t)
	lite := fresh(t)
	for name, err := range map[string]error{
		"postgres, constraint": s.Update(background, func(x store.Tx) error {
			tx := x.(*tx)
			_, err := tx.db.ExecContext(tx.ctx, "INSERT INTO cases (id) VALUES ('canary')")
			return tx.fault(err)
		}),
		"postgres, syntax of a value": s.Update(background, func(x store.Tx) error {
			tx := x.(*tx)
			_, err := tx.db.ExecContext(tx.ctx, "SELECT CAST('canary' AS bigint)")
			return tx.fault(err)
		}),
		"sqlite, constraint": lite.Update(background, func(x store.Tx) error {
			tx := x.(*tx)
			_, err := tx.db.ExecContext(tx.ctx, "INSERT INTO cases (id) VALUES ('canary')")
			return tx.fault(err)
		}),
		"sqlite, syntax": lite.Update(background, func(x store.Tx) error {
			tx := x.(*tx)
			_, err := tx.db.ExecContext(tx.ctx, "SELECT canary")
			return tx.fault(err)
		}),
	} {
		if err == nil || strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: %v", name, err)
		}
	}
	t.Setenv("PGSSLMODE", "")
	if _, err := OpenPostgres(background, "host=db.example.org user=canary password=canary", Options{}); !errors.Is(err, cvd.ErrInvalid) || strings.Contains(err.Error(), "canary") {
		t.Errorf("an address that leaves TLS open: %v", err)
	}
	for _, dsn := range []string{"host=/nowhere user=canary password=canary", "postgres://canary:canary@%zz/"} {
		ctx, cancel := context.WithCancel(background)
		_, err := OpenPostgres(ctx, dsn, Options{})
		cancel()
		if err == nil || strings.Contains(err.Error(), "canary") {
			t.Errorf("opening: %v", err)
		}
	}
}

package sqlstore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"fairlead/internal/cvd"
	"fairlead/internal/store"
	"fairlead/internal/store/sqlstore/session"
)

var background = context.Background()

func open(t testing.TB, path string, opt Options) *lite {
	t.Helper()
	s, err := OpenSQLite(background, path, opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s.(*lite)
}

func fresh(t testing.TB) *lite {
	return open(t, filepath.Join(t.TempDir(), "a b?c#d.sqlite"), Options{})
}

func insert(s store.Store, id cvd.CaseID, sealed []byte) error {
	return s.Update(background, func(tx store.Tx) error {
		return tx.PutCase(store.Case{ID: id, Version: 1, Sealed: sealed, Key: []byte("wrapped-" + id), KEK: "kek-1"}, 0)
	})
}

func pragma(t *testing.T, s *lite, text string) string {
	t.Helper()
	var answer string
	err := s.Update(background, func(x store.Tx) error {
		tx := x.(*tx)
		return tx.db.QueryRowContext(tx.ctx, "PRAGMA "+text).Scan(&answer)
	})
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

func TestSettings(t *testing.T) {
	s := fresh(t)
	for name, want := range map[string]string{
		"journal_mode": "wal", "synchronous": "2", "secure_delete": "1", "foreign_keys": "1", "busy_timeout": "5000",
		"temp_store": "2", "query_only": "0", "trusted_schema": "0",
	} {
		if got := pragma(t, s, name); got != want {
			t.Errorf("writer: %s is %s, want %s", name, got, want)
		}
	}
	err := s.View(background, func(x store.Tx) error {
		tx := x.(*tx)
		if _, err := tx.db.ExecContext(tx.ctx, "DELETE FROM cases"); err == nil {
			t.Error("a reader's connection writes")
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func TestFullDisk(t *testing.T) {
	s := fresh(t)
	if err := insert(s, "before", nil); err != nil {
		t.Fatal(err)
	}
	room := pragma(t, s, "page_count")
	pragma(t, s, "max_page_count = "+room)
	errs := make([]error, 40)
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() { errs[i] = insert(s, cvd.CaseID(fmt.Sprint("during ", i)), make([]byte, 50_000)) })
	}
	wg.Wait()
	for i, err := range errs {
		if !errors.Is(err, cvd.ErrUnavailable) || !strings.Contains(err.Error(), "full") {
			t.Errorf("change %d on a full disk: %v", i, err)
		}
	}
	if err := s.Ready(background); !errors.Is(err, cvd.ErrUnavailable) {
		t.Errorf("ready on a full disk: %v", err)
	}
	count(t, s, 1)
	pragma(t, s, "max_page_count = 100000")
	if err := s.Ready(background); err != nil {
		t.Errorf("ready afterwards: %v", err)
	}
	if err := insert(s, "after", make([]byte, 50_000)); err != nil {
		t.Errorf("a change afterwards: %v", err)
	}
	count(t, s, 2)
}

func count(t *testing.T, s store.Store, want int) {
	t.Helper()
	err := s.View(background, func(tx store.Tx) error {
		n, err := tx.CountCases(store.Filter{}, 1000)
		if n != want {
			t.Errorf("%d cases, want %d", n, want)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// A commit that fails must answer everybody in it, and the next one must work.
func TestLostCommit(t *testing.T) {
	s := fresh(t)
	for round := range 3 {
		errs := make([]error, 12)
		var wg sync.WaitGroup
		for i := range errs {
			wg.Go(func() {
				errs[i] = s.Update(background, func(x store.Tx) error {
					tx := x.(*tx)
					if i%3 == 0 { // a deferred violation is found by COMMIT, not before
						if _, err := tx.db.ExecContext(tx.ctx, "PRAGMA defer_foreign_keys = 1"); err != nil {
							return err
						}
						for _, text := range []string{
							"CREATE TABLE IF NOT EXISTS parent (id INTEGER PRIMARY KEY) STRICT",
							"CREATE TABLE IF NOT EXISTS child (id INTEGER REFERENCES parent (id)) STRICT",
							"INSERT INTO child VALUES (7)",
						} {
							if _, err := tx.db.ExecContext(tx.ctx, text); err != nil {
								return err
							}
						}
					}
					return tx.PutCase(store.Case{ID: cvd.CaseID(fmt.Sprint(round, "-", i)), Version: 1}, 0)
				})
			})
		}
		wg.Wait()
		for i, err := range errs {
			if i%3 == 0 && !errors.Is(err, cvd.ErrUnavailable) {
				t.Errorf("change %d of a lost commit: %v", i, err)
			}
			stored := s.View(background, func(tx store.Tx) error {
				_, err := tx.Case(cvd.CaseID(fmt.Sprint(round, "-", i)))
				return err
			}) == nil
			if stored != (err == nil) {
				t.Errorf("change %d: answered %v, stored %v", i, err, stored)
			}
		}
	}
	if err := insert(s, "after", nil); err != nil {
		t.Error(err)
	}
}

// The writer's connection may die; whoever comes later gets a new one.
func TestWriterIsReplaced(t *testing.T) {
	s := fresh(t)
	if err := insert(s, "before", nil); err != nil {
		t.Fatal(err)
	}
	err := s.Update(background, func(x store.Tx) error {
		if err := x.PutCase(store.Case{ID: "during", Version: 1}, 0); err != nil {
			return err
		}
		x.(*tx).db.(*session.Session).Discard()
		return nil
	})
	if !errors.Is(err, cvd.ErrUnavailable) {
		t.Errorf("got %v", err)
	}
	if err := insert(s, "after", nil); err != nil {
		t.Error(err)
	}
	count(t, s, 2)
	for range 2 * readers {
		err := s.View(background, func(x store.Tx) error {
			x.(*tx).db.(*session.Session).Discard()
			_, err := x.Case("before")
			return err
		})
		if !errors.Is(err, cvd.ErrUnavailable) {
			t.Errorf("a view on a dead connection: %v", err)
		}
		count(t, s, 2)
	}
}

func TestCloseDrains(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	path := filepath.Join(t.TempDir(), "store.sqlite")
	opened, err := OpenSQLite(background, path, Options{Batch: 4})
	if err != nil {
		t.Fatal(err)
	}
	errs := make([]error, 60)
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() { errs[i] = insert(opened, cvd.CaseID(fmt.Sprint(i)), nil) })
	}
	if err := opened.Close(); err != nil {
		t.Error(err)
	}
	wg.Wait()
	acknowledged := 0
	for _, err := range errs {
		if err == nil {
			acknowledged++
		} else if !errors.Is(err, errClosed) {
			t.Error(err)
		}
	}
	again, err := OpenSQLite(background, path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	count(t, again, acknowledged)
	if err := again.Close(); err != nil {
		t.Error(err)
	}
}

// onDisk is all that lies on disk for the database, by file.
func onDisk(t *testing.T, s *lite) map[string][]byte {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(filepath.Dir(s.path), "*"))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]byte{}
	for _, f := range files {
		if info, err := os.Stat(f); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", filepath.Base(f), info.Mode(), err)
		}
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		out[filepath.Base(f)] = b
	}
	return out
}

func holding(files map[string][]byte, word string) []string {
	var out []string
	for name, b := range files {
		if bytes.Contains(b, []byte(word)) {
			out = append(out, name)
		}
	}
	return out
}

// What is written is found by searching the files, so that a search that finds
// nothing means something; and a dropped key is found nowhere.
func TestRawFiles(t *testing.T) {
	s := fresh(t)
	id := cvd.CaseID("FL-2026-CANARY2")
	err := s.Update(background, func(tx store.Tx) error {
		return errors.Join(
			tx.PutCase(store.Case{ID: id, Version: 1, Sealed: []byte("sealed-bytes-of-the-case"), Key: []byte("wrapped-case-key"), KEK: "kek"}, 0),
			tx.Append([]store.Event{{Stream: string(id), Seq: 1, Head: []byte(`{"seq":1}`), BodyKey: []byte("wrapped-body-key"), Sealed: []byte("sealed-bytes-of-the-body")}}),
			tx.PutKey(store.Key{KeyRef: store.KeyRef{Case: id, Kind: store.KeyParticipant, Name: "reporter"}, Wrapped: []byte("wrapped-person-key")}),
		)
	})
	if err != nil {
		t.Fatal(err)
	}
	keys := []string{"wrapped-case-key", "wrapped-body-key", "wrapped-person-key"}
	before := onDisk(t, s)
	for _, word := range append(keys, "sealed-bytes-of-the-case", "sealed-bytes-of-the-body", string(id)) {
		if len(holding(before, word)) == 0 {
			t.Errorf("%q was written and is not found", word)
		}
	}
	if err := s.Update(background, func(tx store.Tx) error { return tx.DropKey(store.KeyRef{Case: id, Kind: store.KeyCase}) }); err != nil {
		t.Fatal(err)
	}
	if err := insert(s, "next", nil); err != nil { // the writer has settled what it owed
		t.Fatal(err)
	}
	after := onDisk(t, s)
	for _, word := range keys {
		if in := holding(after, word); len(in) > 0 {
			t.Errorf("%q was dropped and is still in %v", word, in)
		}
	}
	if len(holding(after, "sealed-bytes-of-the-body")) == 0 {
		t.Error("the sealed body went with its key")
	}
}

// A key that another took the place of is found nowhere either.
func TestAReplacedKeyIsGoneFromTheFiles(t *testing.T) {
	s := fresh(t)
	for _, wrapped := range []string{"wrapped-first-key", "wrapped-second-key"} {
		if err := s.Update(background, func(tx store.Tx) error {
			return tx.PutKey(store.Key{KeyRef: store.KeyRef{Case: "FL-2026-CANARY2", Kind: store.KeyParticipant, Name: "reporter"}, Wrapped: []byte(wrapped)})
		}); err != nil {
			t.Fatal(err)
		}
		if len(holding(onDisk(t, s), wrapped)) == 0 {
			t.Errorf("%q was written and is not found", wrapped)
		}
	}
	if err := insert(s, "next", nil); err != nil { // the writer has settled what it owed
		t.Fatal(err)
	}
	after := onDisk(t, s)
	if in := holding(after, "wrapped-first-key"); len(in) > 0 {
		t.Errorf("the replaced key is still in %v", in)
	}
	if len(holding(after, "wrapped-second-key")) == 0 {
		t.Error("the new key is not there")
	}
}

// A reader may keep the log from being emptied; it is emptied when that ends.
func TestTruncationIsOwed(t *testing.T) {
	s := fresh(t)
	if err := insert(s, "FL-2026-CANARY2", nil); err != nil {
		t.Fatal(err)
	}
	err := s.View(background, func(tx store.Tx) error {
		if _, err := tx.Case("FL-2026-CANARY2"); err != nil {
			return err
		}
		return s.Update(background, func(tx store.Tx) error {
			return tx.DropKey(store.KeyRef{Case: "FL-2026-CANARY2", Kind: store.KeyCase})
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := insert(s, "next", nil); err != nil {
		t.Fatal(err)
	}
	if err := insert(s, "one more", nil); err != nil {
		t.Fatal(err)
	}
	if in := holding(onDisk(t, s), "wrapped-FL-2026-CANARY2"); len(in) > 0 {
		t.Errorf("the dropped key is still in %v", in)
	}
}

func TestBackupAndRestoreSQLite(t *testing.T) {
	s := fresh(t)
	for i := range 50 {
		if err := insert(s, cvd.CaseID(fmt.Sprint("case ", i)), make([]byte, 3000)); err != nil {
			t.Fatal(err)
		}
	}
	dir := t.TempDir()
	var wg sync.WaitGroup
	wg.Go(func() { // the store goes on working
		for i := range 20 {
			if err := insert(s, cvd.CaseID(fmt.Sprint("meanwhile ", i)), nil); err != nil {
				t.Error(err)
			}
		}
	})
	if err := s.Backup(background, dir); err != nil {
		t.Fatal(err)
	}
	wg.Wait()
	if info, err := os.Stat(filepath.Join(dir, "store.sqlite")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the backup: %v, %v", info, err)
	}
	path := filepath.Join(t.TempDir(), "restored.sqlite")
	if err := RestoreSQLite(background, dir, path); err != nil {
		t.Fatal(err)
	}
	if err := RestoreSQLite(background, dir, path); !errors.Is(err, cvd.ErrConflict) {
		t.Errorf("over an existing database: %v", err)
	}
	back := open(t, path, Options{})
	err := back.View(background, func(tx store.Tx) error {
		n, err := tx.CountCases(store.Filter{}, 1000)
		if n < 50 || n > 70 {
			t.Errorf("%d cases", n)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	if err := insert(back, "new", nil); err != nil {
		t.Error(err)
	}
	damaged := t.TempDir()
	b, err := os.ReadFile(filepath.Join(dir, "store.sqlite"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(damaged, "store.sqlite"), b[:len(b)/2], 0o600); err != nil {
		t.Fatal(err)
	}
	half := filepath.Join(t.TempDir(), "half.sqlite")
	if err := RestoreSQLite(background, damaged, half); err == nil {
		t.Error("half a backup was restored")
	}
	if left, err := os.ReadDir(filepath.Dir(half)); err != nil || len(left) > 0 {
		t.Errorf("a failed restore leaves %v, %v", left, err)
	}
}

// What another process writes into the file moves the generation here, and what
// is only read does not.
func TestGenerationSeesOtherProcesses(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.sqlite")
	here, there := open(t, path, Options{}), open(t, path, Options{})
	generation := func() string {
		t.Helper()
		now, err := here.Generation(background)
		if err != nil {
			t.Fatal(err)
		}
		return now
	}
	before := generation()
	for i := range 5 {
		if err := insert(there, cvd.CaseID(fmt.Sprint("case ", i)), nil); err != nil {
			t.Fatal(err)
		}
		after := generation()
		if after == before {
			t.Fatal("a commit of another writer is not seen")
		}
		before = after
		if err := here.View(background, func(tx store.Tx) error {
			_, err := tx.Case("case 0")
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if generation() != before {
			t.Error("reading moves the generation")
		}
	}
	// A connection that broke and came back counts from a start of its own.
	if err := here.watch.Close(); err != nil {
		t.Fatal(err)
	}
	if generation() == before {
		t.Error("a new connection gives an old name")
	}
}

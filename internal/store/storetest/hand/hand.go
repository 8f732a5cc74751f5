// Package hand edits an SQLite database as somebody does who has its file and
// no key. It is for tests of what notices that.
package hand

import (
	"database/sql"
	"net/url"
	"testing"

	_ "modernc.org/sqlite" // the engine of the file
)

// Edit runs one statement on the database at path, which must meet at least one
// row.
func Edit(t *testing.T, path, statement string, args ...any) {
	t.Helper()
	db := open(t, path)
	defer db.Close()
	res, err := db.Exec(statement, args...)
	if err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		t.Fatalf("%s met no row: %v", statement, err)
	}
}

// Count is the number that the query on the database at path finds.
func Count(t *testing.T, path, query string, args ...any) (n int) {
	t.Helper()
	db := open(t, path)
	defer db.Close()
	if err := db.QueryRow(query, args...).Scan(&n); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return n
}

func open(t *testing.T, path string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: path}).EscapedPath()+"?_pragma=busy_timeout(5000)")
	if err != nil {
		t.Fatal(err)
	}
	return db
}

// Package goldentest holds what a test found against a file in testdata, and rewrites
// the file when the test is run with -update. The difference in the file is then what
// is to be reviewed.
//
// It never judges what is written: whether a golden is right is a reader's matter.
package goldentest

import (
	"flag"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the goldens in testdata; read the difference, it is the review")

// Updating tells whether goldens are rewritten.
func Updating() bool { return *update }

// Is fails the test unless got stands in the file at path, to the letter.
func Is[T string | []byte](t testing.TB, path string, got T) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s differs (-golden +got); if the change is meant, run with -update:\n%s", path, diff)
	}
}

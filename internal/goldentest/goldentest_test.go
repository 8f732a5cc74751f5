package goldentest

import (
	"os"
	"path/filepath"
	"testing"
)

// witness hears what a test would have been told.
type witness struct {
	testing.TB
	failed bool
}

func (w *witness) Errorf(string, ...any) { w.failed = true }

func TestIs(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.golden")
	if err := os.WriteFile(path, []byte("one\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for got, differs := range map[string]bool{"one\n": false, "one": true, "two\n": true} {
		w := &witness{TB: t}
		Is(w, path, got)
		if w.failed != differs {
			t.Errorf("%q: %v", got, w.failed)
		}
	}
}

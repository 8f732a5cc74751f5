package sqlstore

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fairlead/internal/cvd"
)

// A database that is moved away under the running program takes no change, and
// goes on where it was once it is back.
func TestMovedFileTakesNothing(t *testing.T) {
	for _, end := range []string{"", "-wal"} {
		t.Run("fairlead.db"+end, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "fairlead.db")
			s, err := OpenSQLite(background, path, Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer func() {
				if err := s.Close(); err != nil {
					t.Error(err)
				}
			}()
			if err := insert(s, "before", nil); err != nil {
				t.Fatal(err)
			}
			if err := os.Rename(path+end, path+".aside"); err != nil {
				t.Fatal(err)
			}
			for range 2 {
				if err := insert(s, "meanwhile", nil); !errors.Is(err, cvd.ErrUnavailable) || !strings.Contains(err.Error(), "put it back") {
					t.Errorf("a change without its file: %v", err)
				}
			}
			if err := s.Ready(background); !errors.Is(err, cvd.ErrUnavailable) {
				t.Errorf("ready without its file: %v", err)
			}
			if err := os.Rename(path+".aside", path+end); err != nil {
				t.Fatal(err)
			}
			if err := s.Ready(background); err != nil {
				t.Error(err)
			}
			if err := insert(s, "after", nil); err != nil {
				t.Error(err)
			}
			count(t, s, 2)
		})
	}
}

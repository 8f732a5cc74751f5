package policyfile_test

import (
	"path/filepath"
	"testing"
	"time"

	"fairlead/internal/app/policyfile"
	"fairlead/internal/store/sqlstore"
)

// A file is published when it differs from that of the last start, also one that goes
// back to an older text; it is not when only others published meanwhile.
func TestChanged(t *testing.T) {
	st, err := sqlstore.OpenSQLite(t.Context(), filepath.Join(t.TempDir(), "fairlead.db"), sqlstore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	versions := map[string]bool{"old": true}
	for _, start := range []struct {
		file   string
		change bool
	}{{"old", false}, {"old", false}, {"new", true}, {"new", false}, {"old", true}, {"old", false}} {
		changed, err := policyfile.Changed(t.Context(), st, []byte(start.file), func(b []byte) bool { return versions[string(b)] })
		if err != nil || changed != start.change {
			t.Errorf("%s: %v, %v", start.file, changed, err)
		}
		for range 2 {
			if err := policyfile.Remember(t.Context(), st, []byte(start.file), time.Now()); err != nil {
				t.Fatal(err)
			}
		}
	}
	if changed, err := policyfile.Changed(t.Context(), st, []byte("none"), nil); err != nil || !changed {
		t.Error(changed, err)
	}
}

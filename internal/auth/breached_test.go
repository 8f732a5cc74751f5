package auth_test

import (
	"crypto/sha1"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fairlead/internal/auth"
	"fairlead/internal/auth/password"
	"fairlead/internal/cvd"
)

// A new password that stood in a breach is refused where a list is named, and none is
// taken while the list cannot be asked (ASVS 5.0.0, V6.2.12).
func TestBreachedPasswordsAreRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "list")
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(os.WriteFile(path, fmt.Appendf(nil, "%X:12\r\n", sha1.Sum([]byte(otherPassword))), 0o600))
	d := openWith(t, auth.Options{DevFastHash: true, Breached: password.Breached(path)})
	s := d.link(d.lead)
	ctx := auth.InSession(t.Context(), s)
	err := d.SetPassword(ctx, d.lead, "", otherPassword)
	if f, ok := errors.AsType[cvd.Faults](err); !ok || len(f) != 1 || f[0].Field != "password" || !strings.Contains(f[0].Problem, "breach") {
		t.Fatalf("a breached password: %v", err)
	}
	must(os.Rename(path, path+".away"))
	if err := d.SetPassword(ctx, d.lead, "", goodPassword); !errors.Is(err, cvd.ErrUnavailable) {
		t.Fatalf("without the list: %v", err)
	}
	must(os.Rename(path+".away", path))
	must(d.SetPassword(ctx, d.lead, "", goodPassword))
}

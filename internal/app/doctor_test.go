package app_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fairlead/internal/app"
	"fairlead/internal/app/config"
	"fairlead/internal/auth/password"
)

// A list of breached passwords that is gone or out of order is told by the doctor,
// since no password can be set meanwhile.
func TestTheDoctorLooksAtTheListOfBreachedPasswords(t *testing.T) {
	dir := t.TempDir()
	list := filepath.Join(dir, "list")
	h := open(t, app.Config{
		Data: filepath.Join(dir, "data"), Database: app.DatabaseConfig{Engine: "sqlite"}, Keys: app.KeysConfig{File: filepath.Join(dir, "key")},
		SignIn: config.SignIn{Breached: password.Breached(list)},
	})
	defer h.Close()
	told := func() string {
		t.Helper()
		got, err := h.Doctor(t.Context(), false)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range got.Findings {
			if f.Where == "sign_in.breached_passwords" {
				return f.What + ": " + f.Text
			}
		}
		return ""
	}
	const low, high = "0000000000000000000000000000000000000001:1\n", "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF:1\n"
	for _, c := range []struct{ text, want string }{{"", "fault: "}, {low + high, ""}, {high + low, "not sorted"}} {
		if c.text != "" {
			if err := os.WriteFile(list, []byte(c.text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if got := told(); !strings.Contains(got, c.want) || (c.want == "") != (got == "") {
			t.Errorf("%q: %q", c.text, got)
		}
	}
}

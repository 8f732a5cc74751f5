package clamav

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"fairlead/internal/cvd"
)

// TestRealDaemon asks Debian's clamd, which knows one signature that is made here.
func TestRealDaemon(t *testing.T) {
	program, err := exec.LookPath("clamd")
	if err != nil {
		program = "/usr/sbin/clamd"
		if _, err := os.Stat(program); err != nil {
			t.Skip("clamd is not installed: the protocol is spoken with a double only")
		}
	}
	// Not t.TempDir: the path of a socket must stay under 108 bytes, and the daemon, which
	// drops root, must reach it.
	folder, err := os.MkdirTemp("", "clamd")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	const sign = "a harmless sign of Fairlead's own"
	write(t, filepath.Join(folder, "ours.ndb"), fmt.Sprintf("Fairlead.Test:0:*:%x\n", sign))
	socket := filepath.Join(folder, "ctl")
	write(t, filepath.Join(folder, "clamd.conf"), fmt.Sprintf(`DatabaseDirectory %s
LocalSocket %s
Foreground yes
StreamMaxLength 1M
OfficialDatabaseOnly no
SelfCheck 0
`, folder, socket))
	if err := os.Chmod(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	daemon := exec.CommandContext(t.Context(), program, "--config-file="+filepath.Join(folder, "clamd.conf"))
	daemon.Stdout, daemon.Stderr = &said, &said
	if err := daemon.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { _ = daemon.Wait(); close(ended) }()
	t.Cleanup(func() { _ = daemon.Process.Kill(); <-ended })

	c := &Client{Network: "unix", Address: socket}
	scan := func(data string) (Verdict, error) { return c.Scan(t.Context(), strings.NewReader(data)) }
	for {
		if _, err = scan("clean"); err == nil {
			break
		}
		select {
		case <-ended:
			t.Fatalf("clamd ended: %s", &said)
		case <-time.After(50 * time.Millisecond): // it tells nobody when it is ready
		}
	}
	if v, err := scan("before " + sign + " after"); err != nil || v.Found != "Fairlead.Test.UNOFFICIAL" {
		t.Errorf("%+v, %v", v, err)
	}
	if v, err := scan(strings.Repeat("x", 3*chunk+17) + sign); err != nil || v.Found == "" {
		t.Errorf("behind three pieces: %+v, %v", v, err)
	}
	if _, err := scan(strings.Repeat("x", 2<<20)); !errors.Is(err, cvd.ErrTooLarge) {
		t.Errorf("over its limit: %v", err)
	}
	if v, err := scan(""); err != nil || v.Found != "" {
		t.Errorf("nothing at all: %+v, %v", v, err)
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

package main

import (
	"io/fs"
	"net/http"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// weight is how many bytes a folder holds by now.
func weight(dir string) int64 {
	var sum int64
	_ = filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			if info, err := d.Info(); err == nil {
				sum += info.Size()
			}
		}
		return nil
	})
	return sum
}

// A demo that is killed at any moment while it furnishes its folder comes up whole at
// the next start, with nothing there twice.
func TestADemoKilledWhileItSeedsComesUpWhole(t *testing.T) {
	killed := 0
	for kib := int64(1); kib < 4000; kib = kib*3/2 + 100 {
		data := t.TempDir()
		p := &process{cmd: exec.Command("fairlead", "demo", "--json", "--listen", "127.0.0.1:0", "--data", data), out: &transcript{}, stderr: &transcript{}}
		p.cmd.Stdout, p.cmd.Stderr = p.out, p.stderr
		if err := p.cmd.Start(); err != nil {
			t.Fatal(err)
		}
		until(func() bool { return weight(data) >= kib<<10 || p.printed() })
		if !p.printed() {
			killed++
		}
		_ = p.cmd.Process.Kill()
		_ = p.cmd.Wait()
		again := demo(t, "--data", data)
		get(t, again.URL+"/readyz", "")
		cases := string(get(t, again.URL+"/api/v1/cases?limit=100", "Bearer "+again.Token))
		for _, state := range []string{"received", "invalid", "valid", "deferred", "accepted", "closed"} {
			if !strings.Contains(cases, `"state":"`+state+`"`) {
				t.Errorf("killed at %d KiB: no case is %s", kib, state)
			}
		}
		if n := strings.Count(cases, `"case":"`); n != 17 {
			t.Errorf("killed at %d KiB: %d cases", kib, n)
		}
		status, body, err := request(http.MethodGet, again.URL+"/advisories", "", "", nil)
		if n := len(regexp.MustCompile(`href="/advisories/[A-Z0-9-]+"`).FindAll(body, -1)); err != nil || status != http.StatusOK || n != 3 {
			t.Errorf("killed at %d KiB: %d %v, %d advisories", kib, status, err, n)
		}
		again.crash()
	}
	if killed < 5 {
		t.Errorf("only %d were killed while they seeded", killed)
	}
}

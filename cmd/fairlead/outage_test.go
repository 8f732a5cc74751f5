package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// outage is a running server, what it acknowledged, and a cause that can be
// brought about and taken away.
type outage struct {
	t     *testing.T
	p     *process
	data  string
	acked []*sent
	n     int
}

// send posts a report and returns the status. What was acknowledged is kept.
func (o *outage) send(size int) (int, []byte) {
	o.t.Helper()
	o.n++
	body, err := json.Marshal(map[string]string{"description": fmt.Sprintf("Report %d. ", o.n) + strings.Repeat("x", size)})
	if err != nil {
		o.t.Fatal(err)
	}
	status, answer, err := request(http.MethodPost, o.p.URL+"/api/v1/reports", "", "application/json", bytes.NewReader(body))
	if err != nil {
		o.t.Fatalf("the server is gone: %v\n%s", err, o.p.stderr)
	}
	s := &sent{body: string(body)}
	if status == http.StatusCreated {
		if err := json.Unmarshal(answer, &s); err != nil {
			o.t.Fatal(err)
		}
		o.acked = append(o.acked, s)
	}
	return status, answer
}

func (o *outage) readyz() int {
	o.t.Helper()
	status, _, err := request(http.MethodGet, o.p.URL+"/readyz", "", "", nil)
	if err != nil {
		<-o.p.ended
		o.t.Fatalf("%v: %v\n%s", err, o.p.result, o.p.stderr)
	}
	return status
}

// down checks that nothing is acknowledged and that the refusal is plain.
func (o *outage) down(size int) {
	o.t.Helper()
	if !until(func() bool { return o.readyz() == http.StatusServiceUnavailable }) {
		o.t.Errorf("it still says that it is ready")
	}
	for range 3 {
		status, body := o.send(size)
		var p struct{ Type, Title, Detail string }
		if status != http.StatusServiceUnavailable || json.Unmarshal(body, &p) != nil || p.Type == "" {
			o.t.Fatalf("a report is answered with %d %s", status, body)
		}
		if bytes.Contains(body, []byte(o.data)) || bytes.Contains(body, []byte("sqlite")) || bytes.Contains(body, []byte("xxx")) {
			o.t.Errorf("the refusal tells of the machine, or echoes: %s", body)
		}
	}
	status, page, err := request(http.MethodGet, o.p.URL+"/healthz", "", "", nil)
	if err != nil || status != http.StatusOK {
		o.t.Errorf("healthz: %d %s %v", status, page, err)
	}
}

// up checks that it recovers by itself and holds all that was acknowledged.
func (o *outage) up() {
	o.t.Helper()
	if !until(func() bool { return o.readyz() == http.StatusOK }) {
		o.t.Fatalf("it does not become ready again:\n%s", o.p.stderr)
	}
	if status, body := o.send(10); status != http.StatusCreated {
		o.t.Fatalf("after the outage: %d %s", status, body)
	}
	for _, s := range o.acked {
		if thread := get(o.t, o.p.URL+"/api/v1/thread", "Receipt "+s.Receipt); !bytes.Contains(thread, []byte(s.Case)) {
			o.t.Errorf("%s was acknowledged: %s", s.Case, thread)
		}
	}
	if n := len(everyCase(o.t, o.p)); n != len(o.acked) {
		o.t.Errorf("%d cases, %d were acknowledged", n, len(o.acked))
	}
}

// after restarts it and looks again.
func (o *outage) after() {
	o.t.Helper()
	if err := o.p.stop(); err != nil {
		o.t.Error(err)
	}
	out, err := exec.Command("fairlead", "ledger", "verify", "--data", o.data).CombinedOutput()
	if err != nil {
		o.t.Errorf("ledger verify: %v %s", err, out)
	}
	o.p = demo(o.t, "--empty", "--unlimited", "--data", o.data)
	o.up()
}

func begin(t *testing.T, data string) *outage {
	t.Helper()
	o := &outage{t: t, data: data, p: demo(t, "--empty", "--unlimited", "--data", data)}
	for range 3 {
		if status, body := o.send(100); status != http.StatusCreated {
			t.Fatalf("%d %s", status, body)
		}
	}
	return o
}

func move(t *testing.T, from, to string) {
	t.Helper()
	if err := os.Rename(from, to); err != nil {
		t.Fatal(err)
	}
}

// The database is moved away under the running server, as by a wrong hand, and
// brought back.
func TestDatabaseTakenAway(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	o := begin(t, data)
	aside := filepath.Join(t.TempDir(), "aside")
	if err := os.Mkdir(aside, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, end := range []string{"", "-wal", "-shm"} {
		move(t, filepath.Join(data, "fairlead.db"+end), filepath.Join(aside, "fairlead.db"+end))
	}
	o.down(100)
	for _, end := range []string{"", "-wal", "-shm"} {
		move(t, filepath.Join(aside, "fairlead.db"+end), filepath.Join(data, "fairlead.db"+end))
	}
	o.up()
	o.after()
}

// Another file stands in the database's place.
func TestDatabaseReplaced(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	o := begin(t, data)
	db := filepath.Join(data, "fairlead.db")
	move(t, db, db+".true")
	if err := os.WriteFile(db, []byte("no database at all"), 0o600); err != nil {
		t.Fatal(err)
	}
	o.down(100)
	move(t, db+".true", db)
	o.up()
	o.after()
}

// The folder of files is gone: reports would come without their evidence, so
// none is taken.
func TestFilesTakenAway(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	o := begin(t, data)
	blobs := filepath.Join(data, "blobs")
	move(t, blobs, blobs+".aside")
	if !until(func() bool { return o.readyz() == http.StatusServiceUnavailable }) {
		t.Error("it still says that it is ready")
	}
	s := o.acked[0]
	if err := s.attach(o.p.URL, []byte("evidence")); err == nil || !strings.Contains(err.Error(), "503") {
		t.Errorf("a file without a place to keep it: %v", err)
	}
	move(t, blobs+".aside", blobs)
	o.up()
	if err := s.attach(o.p.URL, []byte("evidence")); err != nil {
		t.Error(err)
	}
	o.after()
	if got := get(t, o.p.URL+"/api/v1/thread/attachments/"+s.fileID, "Receipt "+s.Receipt); string(got) != "evidence" {
		t.Errorf("the file came back as %q", got)
	}
}

// The disk fills up and gets room again.
func TestDiskFull(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("needs root, to mount a small file system")
	}
	disk := t.TempDir()
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=24m", "fairlead-test", disk).CombinedOutput(); err != nil {
		t.Skipf("no small file system can be mounted here: %s", out)
	}
	t.Cleanup(func() {
		if out, err := exec.Command("umount", "-l", disk).CombinedOutput(); err != nil {
			t.Errorf("umount: %v %s", err, out)
		}
	})
	o := begin(t, filepath.Join(disk, "data"))
	// Reports and their files until one is refused, then the last bytes.
	if err := os.WriteFile(filepath.Join(disk, "ballast"), make([]byte, 8<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	full := false
	for range 500 {
		if status, _ := o.send(80_000); status != http.StatusCreated {
			full = true
			break
		}
	}
	if !full {
		t.Fatal("the disk never filled up")
	}
	filler, err := os.Create(filepath.Join(disk, "filler"))
	if err != nil {
		t.Fatal(err)
	}
	for block := make([]byte, 4096); err == nil; {
		_, err = filler.Write(block)
	}
	if err := filler.Close(); err != nil {
		t.Fatal(err)
	}
	o.down(80_000)
	if err := o.acked[0].attach(o.p.URL, bytes.Repeat([]byte("evidence"), 10_000)); err == nil || !strings.Contains(err.Error(), "503") {
		t.Errorf("a file on a full disk: %v", err)
	}
	for _, name := range []string{"filler", "ballast"} {
		if err := os.Remove(filepath.Join(disk, name)); err != nil {
			t.Fatal(err)
		}
	}
	o.up()
	o.after()
	o.p.crash()
}

// A folder that may not be written is said at start in a plain sentence.
func TestFolderNotWritable(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("fairlead", "demo", "--listen", "127.0.0.1:0", "--data", filepath.Join(file, "data")).CombinedOutput()
	if err == nil || !strings.Contains(string(out), "data folder") || strings.Contains(string(out), "goroutine") {
		t.Errorf("%v %s", err, out)
	}
	data := filepath.Join(t.TempDir(), "data")
	if err := os.MkdirAll(data, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(data, "fairlead.db"), []byte("no database at all, and long enough to be read as one"), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("fairlead", "demo", "--listen", "127.0.0.1:0", "--data", data)
	out, err = cmd.CombinedOutput()
	if err == nil || cmd.ProcessState.ExitCode() != exitOutside || strings.Contains(string(out), "goroutine") {
		t.Errorf("a file that is no database: %v %s", err, out)
	}
}

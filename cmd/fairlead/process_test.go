package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"fairlead/internal/app/folder"
)

// patience is how long a test waits for something that takes milliseconds on a
// quiet machine. It bounds a failure, it measures nothing.
const patience = 60 * time.Second

// process is a server that runs as one of its own.
type process struct {
	URL, SignIn, Token, Data, SMTP string

	cmd         *exec.Cmd
	out, stderr *transcript
	ended       chan struct{}
	result      error
}

// transcript is what a process wrote; it may be read while more comes.
type transcript struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (s *transcript) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.buf.Write(b)
}

func (s *transcript) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.buf.String()
}

// until asks again and again until done says so, for no longer than patience.
func until(done func() bool) bool {
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if done() {
			return true
		}
	}
	return done()
}

// launch starts a server and waits until it answers. data is the folder that a
// serve announces itself in; a demo prints a line.
func launch(dir, data string, args ...string) (*process, error) {
	p := &process{cmd: exec.Command("fairlead", args...), out: &transcript{}, stderr: &transcript{}, ended: make(chan struct{}), Data: data}
	p.cmd.Dir, p.cmd.Stdout, p.cmd.Stderr = dir, p.out, p.stderr
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		p.result = p.cmd.Wait()
		close(p.ended)
	}()
	ready := p.announced
	if data == "" {
		ready = p.printed
	}
	ended := false
	ok := until(func() bool {
		select {
		case <-p.ended:
			ended = true
			return true
		default:
			return ready()
		}
	})
	if ended || !ok {
		p.crash()
		return p, fmt.Errorf("did not come up (%w):\n%s%s", p.result, p.out, p.stderr)
	}
	return p, nil
}

// printed reads the demo's line.
func (p *process) printed() bool {
	line, _, ok := strings.Cut(p.out.String(), "\n")
	var r struct {
		URL, Token, Data, SMTP string
		SignIn                 string `json:"sign_in_url"`
	}
	if !ok || json.Unmarshal([]byte(line), &r) != nil {
		return false
	}
	p.URL, p.SignIn, p.Token, p.Data, p.SMTP = r.URL, r.SignIn, r.Token, r.Data, r.SMTP
	return true
}

// announced reads where a server says it answers, and asks it.
func (p *process) announced() bool {
	r, err := folder.Find(p.Data)
	if err != nil || r.PID != p.cmd.Process.Pid {
		return false
	}
	p.URL = r.URL
	res, err := http.Get(p.URL + "/healthz")
	if err != nil {
		return false
	}
	return res.Body.Close() == nil && res.StatusCode == http.StatusOK
}

// stop ends the server as an operator does.
func (p *process) stop() error {
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	select {
	case <-p.ended:
		return p.result
	case <-time.After(patience):
		p.crash()
		return errors.New("did not stop")
	}
}

// crash ends it without a word.
func (p *process) crash() {
	_ = p.cmd.Process.Kill()
	<-p.ended
}

// demo starts a demo on a free port and ends it with the test.
func demo(t testing.TB, args ...string) *process {
	t.Helper()
	p, err := launch(t.TempDir(), "", append([]string{"demo", "--json", "--listen", "127.0.0.1:0"}, args...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.crash)
	return p
}

func example(t testing.TB, name string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join("..", "..", "examples", "policies", name+".yaml"))
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// ask does one request and reads the whole answer.
func request(method, url, authorization, contentType string, body io.Reader) (int, []byte, error) {
	req, err := http.NewRequest(method, url, body)
	if err != nil {
		return 0, nil, err
	}
	if authorization != "" {
		req.Header.Set("Authorization", authorization)
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	return res.StatusCode, b, err
}

// get is ask for a page that must be there.
func get(t testing.TB, url, authorization string) []byte {
	t.Helper()
	status, body, err := request(http.MethodGet, url, authorization, "", nil)
	if err != nil || status != http.StatusOK {
		t.Fatalf("GET %s: %d %v %s", url, status, err, body)
	}
	return body
}

// memory is what the process holds resident, in bytes.
func (p *process) memory(t testing.TB) int64 {
	t.Helper()
	f, err := os.Open(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		t.Skip("no /proc here to read a process's memory from")
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var kib int64
		if _, err := fmt.Sscanf(lines.Text(), "VmHWM: %d kB", &kib); err == nil {
			return kib << 10
		}
	}
	t.Fatal("no VmHWM in /proc")
	return 0
}

// Package pgtest lends tests a PostgreSQL database of their own.
//
// It uses the server that FAIRLEAD_TEST_POSTGRES names, or else starts Debian's
// in a temporary folder, one for each test binary and without waiting for any
// disk. It never touches a database that it did not make. It is for tests only.
package pgtest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// Variable names a server whose user may create databases, as a DSN. When it is
// set, a server that cannot be reached fails the test instead of skipping it.
const Variable = "FAIRLEAD_TEST_POSTGRES"

// errMissing says that this machine has no server to start.
var errMissing = errors.New("no PostgreSQL server is installed (Debian: the package postgresql), and " + Variable + " is not set")

var (
	once   sync.Once
	shared *server
	broken error
	number atomic.Int64
)

type server struct {
	admin   string // dsn of a database from which others are made
	dir     string // empty: not ours
	process *exec.Cmd
	ended   chan struct{}

	mu       sync.Mutex
	template string
}

// Main runs the tests of a package and then stops the server that they started.
// Use it as `func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }`. Without
// it the server ends with the test binary, and only its folder stays behind.
func Main(m *testing.M) int {
	code := m.Run()
	if shared != nil {
		shared.stop()
	}
	return code
}

// DSN returns the address of a fresh database, which is dropped when the test
// ends. If prepare is not nil, it fills a template once for each test binary
// (the first caller's counts), of which the database is a copy. The test is
// skipped, with the reason, where no server is to be had.
func DSN(t testing.TB, prepare func(dsn string) error) string {
	t.Helper()
	once.Do(func() { shared, broken = start() })
	if errors.Is(broken, errMissing) {
		t.Skip(broken.Error())
	}
	if broken != nil {
		t.Fatalf("PostgreSQL for tests: %v", broken)
	}
	dsn, drop, err := shared.database(prepare)
	if err != nil {
		t.Fatalf("PostgreSQL for tests: %v", err)
	}
	t.Cleanup(func() {
		if err := drop(); err != nil {
			t.Errorf("PostgreSQL for tests: %v", err)
		}
	})
	return dsn
}

func (s *server) database(prepare func(dsn string) error) (string, func() error, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if prepare != nil && s.template == "" {
		name := fresh("template")
		if err := s.run("CREATE DATABASE " + name); err != nil {
			return "", nil, err
		}
		if err := prepare(s.in(name)); err != nil {
			return "", nil, err
		}
		s.template = name
	}
	name := fresh("test")
	text := "CREATE DATABASE " + name
	if prepare != nil {
		text += " TEMPLATE " + s.template + " STRATEGY file_copy"
	}
	if err := s.run(text); err != nil {
		return "", nil, err
	}
	return s.in(name), func() error { return s.run("DROP DATABASE " + name + " WITH (FORCE)") }, nil
}

func fresh(what string) string {
	return fmt.Sprintf("fairlead_%s_%d_%d", what, os.Getpid(), number.Add(1))
}

// in is the address of another database of the same server.
func (s *server) in(name string) string {
	conf, err := pgx.ParseConfig(s.admin)
	if err != nil {
		return s.admin
	}
	dsn := fmt.Sprintf("host='%s' port=%d user='%s' dbname='%s' sslmode=disable", conf.Host, conf.Port, conf.User, name)
	if conf.Password != "" {
		dsn += fmt.Sprintf(" password='%s'", conf.Password)
	}
	return dsn
}

func (s *server) run(text string) error {
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, s.admin)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, text)
	return err
}

func start() (*server, error) {
	if dsn := os.Getenv(Variable); dsn != "" {
		return &server{admin: dsn}, nil
	}
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil || len(found) == 0 {
		return nil, errMissing
	}
	slices.SortFunc(found, func(a, b string) int { return release(a) - release(b) })
	bin := filepath.Dir(found[len(found)-1])
	dir, err := os.MkdirTemp("", "pgtest")
	if err != nil {
		return nil, err
	}
	s := &server{
		dir: dir, ended: make(chan struct{}),
		admin: fmt.Sprintf("host='%s' port=5432 user=postgres dbname=postgres sslmode=disable", dir),
	}
	if err := s.boot(bin); err != nil {
		s.stop()
		return nil, err
	}
	return s, nil
}

func release(initdb string) int {
	n, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(initdb))))
	return n
}

// boot makes a cluster whose default order of texts is a language's, so that a
// column which forgot its collation shows.
func (s *server) boot(bin string) error {
	as, err := unprivileged(s.dir)
	if err != nil {
		return err
	}
	data := filepath.Join(s.dir, "data")
	initdb := exec.Command(filepath.Join(bin, "initdb"), "-D", data, "-U", "postgres", "-A", "trust", "--no-sync", "-E", "UTF8",
		"--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=en-US")
	initdb.SysProcAttr = &syscall.SysProcAttr{Credential: as}
	initdb.Dir = s.dir
	if out, err := initdb.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w: %s", err, out)
	}
	s.process = exec.Command(filepath.Join(bin, "postgres"), "-D", data, "-k", s.dir, "-c", "listen_addresses=", "-c", "fsync=off",
		"-c", "full_page_writes=off", "-c", "autovacuum=off", "-c", "max_connections=200", "-c", "shared_buffers=32MB")
	s.process.Dir = s.dir
	// The server must not outlive the tests, whatever ends them.
	s.process.SysProcAttr = &syscall.SysProcAttr{Credential: as, Pdeathsig: syscall.SIGQUIT}
	log, err := os.Create(filepath.Join(s.dir, "log"))
	if err != nil {
		return err
	}
	s.process.Stderr = log
	begun := make(chan error)
	go func() {
		runtime.LockOSThread() // the death signal is tied to the thread that forks
		begun <- s.process.Start()
		_ = s.process.Wait()
		_ = log.Close()
		close(s.ended)
	}()
	if err := <-begun; err != nil {
		return fmt.Errorf("postgres: %w", err)
	}
	return s.reachable(log.Name())
}

// reachable asks until the server answers, for half a minute at most.
func (s *server) reachable(log string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	for {
		conn, err := pgx.Connect(ctx, s.admin)
		if err == nil {
			return conn.Close(ctx)
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-s.ended:
			text, _ := os.ReadFile(log)
			return fmt.Errorf("postgres ended at once: %s", text)
		case <-ctx.Done():
			return err
		}
	}
}

// unprivileged is who the server runs as: PostgreSQL refuses to run as root.
func unprivileged(dir string) (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		return nil, errMissing
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	if err != nil {
		return nil, err
	}
	if err := os.Chown(dir, int(uid), int(gid)); err != nil {
		return nil, err
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
}

func (s *server) stop() {
	if s.dir == "" {
		if s.template != "" {
			_ = s.run("DROP DATABASE " + s.template + " WITH (FORCE)")
		}
		return
	}
	if s.process != nil && s.process.Process != nil {
		_ = s.process.Process.Signal(syscall.SIGQUIT)
		<-s.ended
	}
	_ = os.RemoveAll(s.dir)
}

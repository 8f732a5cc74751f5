// Package dovecottest runs Debian's dovecot as the IMAP server of tests: in a
// temporary folder, on ports of this machine, with an account of its own. Nothing
// but tests may import it.
package dovecottest

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The account of every server.
const (
	Username = "security"
	Password = "correct horse battery"
)

// Server is one dovecot. Its data outlives a Kill and a Start.
type Server struct {
	Addr    string // plain, with STARTTLS
	AddrTLS string
	TLS     *tls.Config // trusts its certificate
	CAFile  string      // holds it

	t        testing.TB
	program  string
	dir      string
	uid, gid int
	cmd      *exec.Cmd
	ended    chan struct{}
	sent     int
}

const conf = `
protocols = imap
listen = 127.0.0.1
base_dir = $Dir/run
state_dir = $Dir/state
log_path = $Dir/log
default_internal_user = $Internal
default_internal_group = $InternalGroup
default_login_user = $Login
ssl = yes
ssl_cert = <$Dir/cert.pem
ssl_key = <$Dir/key.pem
disable_plaintext_auth = no
auth_failure_delay = 0
mail_location = maildir:~/Maildir
first_valid_uid = 1
first_valid_gid = 0
service imap-login {
  chroot =
  inet_listener imap {
    port = $Port
  }
  inet_listener imaps {
    port = $PortTLS
  }
}
service anvil {
  chroot =
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
service stats {
  chroot =
}
passdb {
  driver = passwd-file
  args = $Dir/users
}
userdb {
  driver = static
  args = uid=$UID gid=$GID home=$Dir/home
}
`

// Start runs a fresh server, or skips the test where dovecot is not installed.
func Start(t testing.TB) *Server {
	t.Helper()
	s := &Server{t: t}
	for _, name := range []string{"dovecot", "/usr/sbin/dovecot"} {
		if path, err := exec.LookPath(name); err == nil {
			s.program = path
		}
	}
	if s.program == "" {
		t.Skip("dovecot is not installed: no IMAP server that is not ours is asked here (scripts/test-deps installs dovecot-imapd)")
	}
	dir, err := os.MkdirTemp("", "dovecot") // a short path: sockets stand in it
	s.must(err)
	s.dir = dir
	t.Cleanup(func() {
		s.Kill()
		if t.Failed() {
			log, _ := os.ReadFile(filepath.Join(dir, "log"))
			t.Logf("dovecot's log:\n%s", log)
		}
		_ = os.RemoveAll(dir)
	})
	s.must(os.Chmod(dir, 0o755))
	s.setUp()
	s.Again()
	return s
}

func (s *Server) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// setUp writes everything that it is started with. It serves mail under no
// privileged account, so as root the mail belongs to nobody.
func (s *Server) setUp() {
	me, err := user.Current()
	s.must(err)
	internal, group, login := me.Username, "", me.Username
	if g, err := user.LookupGroupId(me.Gid); err == nil {
		group = g.Name
	}
	s.uid, s.gid = os.Getuid(), os.Getgid()
	if s.uid == 0 {
		s.uid, s.gid = 65534, 65534
		internal, group, login = "dovecot", "dovecot", "dovenull"
	}
	s.certificate()
	s.write("users", []byte(Username+":{PLAIN}"+Password+"\n"), 0o644)
	s.folder("home")
	s.folder("home/Maildir")
	for _, d := range []string{"cur", "new", "tmp"} {
		s.folder("home/Maildir/" + d)
	}
	port, portTLS := s.port(), s.port()
	s.Addr, s.AddrTLS = fmt.Sprintf("127.0.0.1:%d", port), fmt.Sprintf("127.0.0.1:%d", portTLS)
	text := os.Expand(conf, func(name string) string {
		return map[string]string{
			"Dir": s.dir, "Internal": internal, "InternalGroup": group, "Login": login,
			"Port": strconv.Itoa(port), "PortTLS": strconv.Itoa(portTLS), "UID": strconv.Itoa(s.uid), "GID": strconv.Itoa(s.gid),
		}[name]
	})
	s.write("conf", []byte(text), 0o644)
}

// port finds one that is free.
func (s *Server) port() int {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	s.must(err)
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

func (s *Server) write(name string, b []byte, mode os.FileMode) {
	s.must(os.WriteFile(filepath.Join(s.dir, name), b, mode))
}

// folder makes one that belongs to the owner of the mail.
func (s *Server) folder(name string) {
	path := filepath.Join(s.dir, name)
	s.must(os.MkdirAll(path, 0o700))
	s.own(path)
}

func (s *Server) own(path string) {
	if os.Getuid() == 0 {
		s.must(os.Chown(path, s.uid, s.gid))
	}
}

func (s *Server) certificate() {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	s.must(err)
	tmpl := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, key.Public(), key)
	s.must(err)
	b, err := x509.MarshalPKCS8PrivateKey(key)
	s.must(err)
	cert := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	s.write("cert.pem", cert, 0o644)
	s.CAFile = filepath.Join(s.dir, "cert.pem")
	s.write("key.pem", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: b}), 0o600)
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(cert)
	s.TLS = &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
}

// Again starts it, also after a Kill, on the same ports, and waits until it answers.
func (s *Server) Again() {
	s.t.Helper()
	s.cmd = exec.Command(s.program, "-F", "-c", filepath.Join(s.dir, "conf"))
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	var out bytes.Buffer
	s.cmd.Stdout, s.cmd.Stderr = &out, &out
	s.must(s.cmd.Start())
	ended := make(chan struct{})
	s.ended = ended
	go func() {
		_ = s.cmd.Wait()
		close(ended)
	}()
	for range 200 {
		if conn, err := net.Dial("tcp", s.Addr); err == nil {
			_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
			greeting := make([]byte, 4)
			_, err = conn.Read(greeting)
			_ = conn.Close()
			if err == nil && string(greeting) == "* OK" {
				return
			}
		}
		select {
		case <-ended:
			s.t.Fatalf("dovecot ended: %s", out.String())
		case <-time.After(50 * time.Millisecond): // until it listens; nothing says when
		}
	}
	s.t.Fatal("dovecot does not answer")
}

// Kill ends it and all its children at once, as a crash does.
func (s *Server) Kill() {
	if s.cmd == nil {
		return
	}
	_ = syscall.Kill(-s.cmd.Process.Pid, syscall.SIGKILL)
	<-s.ended
	s.cmd = nil
	for range 200 { // its children end by themselves, and one of them may still listen
		conn, err := net.Dial("tcp", s.Addr)
		if errors.Is(err, syscall.ECONNREFUSED) {
			return
		}
		if err == nil {
			_ = conn.Close()
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// Maildir is the folder of a mailbox; INBOX is the root.
func (s *Server) Maildir(mailbox string) string {
	dir := filepath.Join(s.dir, "home", "Maildir")
	if mailbox != "INBOX" {
		dir = filepath.Join(dir, "."+mailbox)
	}
	return dir
}

// Make makes a mailbox.
func (s *Server) Make(mailbox string) {
	for _, d := range []string{"", "/cur", "/new", "/tmp"} {
		s.folder("home/Maildir/." + mailbox + d)
	}
}

// Deliver puts a message into a mailbox as a delivery agent does; it arrived at that
// instant. Messages get their UIDs in the order of their delivery.
func (s *Server) Deliver(mailbox string, raw []byte, at time.Time) {
	s.t.Helper()
	s.sent++
	path := filepath.Join(s.Maildir(mailbox), "new", fmt.Sprintf("%d.%06d.test", 1700000000+s.sent, s.sent))
	s.must(os.WriteFile(path, raw, 0o600))
	s.own(path)
	s.must(os.Chtimes(path, at, at))
}

// Seen counts the messages of a mailbox that are marked as seen, and All counts all.
func (s *Server) Seen(mailbox string) (seen, all int) {
	s.t.Helper()
	for _, d := range []string{"cur", "new"} {
		files, err := os.ReadDir(filepath.Join(s.Maildir(mailbox), d))
		s.must(err)
		for _, f := range files {
			all++
			if _, flags, ok := strings.Cut(f.Name(), ":2,"); ok && strings.Contains(flags, "S") {
				seen++
			}
		}
	}
	return seen, all
}

var validity = regexp.MustCompile(`^(\d+ V)(\d+)`)

// Renumber gives a mailbox another UIDVALIDITY, as a restored backup does. The server
// must not run.
func (s *Server) Renumber(mailbox string) {
	s.t.Helper()
	dir := s.Maildir(mailbox)
	path := filepath.Join(dir, "dovecot-uidlist")
	b, err := os.ReadFile(path)
	s.must(err)
	m := validity.FindSubmatch(b)
	if m == nil {
		s.t.Fatal("dovecot-uidlist holds no UIDVALIDITY")
	}
	old, err := strconv.ParseInt(string(m[2]), 10, 64)
	s.must(err)
	s.must(os.WriteFile(path, validity.ReplaceAll(b, fmt.Appendf(nil, "${1}%d", old+1)), 0o600))
	for _, name := range []string{"dovecot.index", "dovecot.index.log", "dovecot.index.cache"} {
		if err := os.Remove(filepath.Join(dir, name)); err != nil && !errors.Is(err, os.ErrNotExist) {
			s.t.Fatal(err)
		}
	}
}

package cert_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"fairlead/internal/app/cert"
	"fairlead/internal/app/config"
	"fairlead/internal/cvd"
	"fairlead/internal/seal"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

var quiet = slog.New(slog.DiscardHandler)

// pair writes a certificate for localhost that ends after life.
func pair(t *testing.T, dir string, life time.Duration) (certificate, key string) {
	t.Helper()
	certPEM, keyPEM, err := seal.SelfSigned([]string{"localhost"}, time.Now(), life)
	must(t, err)
	certificate, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	must(t, os.WriteFile(certificate, certPEM, 0o600))
	must(t, os.WriteFile(key, keyPEM, 0o600))
	return certificate, key
}

// shown is the certificate of a handshake.
func shown(t *testing.T, k *cert.Keeper) *tls.Certificate {
	t.Helper()
	one, err := k.TLS().GetCertificate(&tls.ClientHelloInfo{ServerName: "localhost"})
	must(t, err)
	return one
}

func touch(t *testing.T, at time.Time, paths ...string) {
	t.Helper()
	for _, p := range paths {
		must(t, os.Chtimes(p, at, at))
	}
}

func TestFilesAreReadAgainWhenTheyChange(t *testing.T) {
	dir := t.TempDir()
	certificate, key := pair(t, dir, time.Hour)
	k, err := cert.Open(&config.TLS{Certificate: certificate, Key: key}, "", dir, quiet)
	must(t, err)
	first := shown(t, k)
	if shown(t, k) != first {
		t.Error("files that did not change were read again")
	}
	pair(t, dir, 2*time.Hour)
	touch(t, time.Now().Add(time.Minute), certificate, key)
	second := shown(t, k)
	if second == first || !second.Leaf.NotAfter.After(first.Leaf.NotAfter) {
		t.Error("a renewed certificate is not served")
	}
	must(t, os.WriteFile(key, []byte("half a ke"), 0o600))
	touch(t, time.Now().Add(2*time.Minute), key)
	if shown(t, k) != second {
		t.Error("a broken file took the certificate away")
	}
	must(t, os.Remove(key))
	if shown(t, k) != second {
		t.Error("a missing file took the certificate away")
	}
	pair(t, dir, 3*time.Hour)
	if third := shown(t, k); third == second {
		t.Error("files that were mended are not served")
	}
}

func TestACertificateThatCannotBeHad(t *testing.T) {
	dir := t.TempDir()
	for name, c := range map[string]struct {
		tls  config.TLS
		base string
		kind error
		says string
	}{
		"no file":        {config.TLS{Certificate: dir + "/no.pem", Key: dir + "/no.key"}, "https://localhost", cvd.ErrUnavailable, "no.pem"},
		"no public name": {config.TLS{ACME: &config.ACME{}}, "https://127.0.0.1:8443", cvd.ErrInvalid, "public_url"},
		"localhost":      {config.TLS{ACME: &config.ACME{}}, "https://localhost", cvd.ErrInvalid, "public_url"},
		"no trust":       {config.TLS{ACME: &config.ACME{Hosts: []string{"security.example.org"}, CAFile: dir + "/none"}}, "", cvd.ErrUnavailable, "ca_file"},
	} {
		_, err := cert.Open(&c.tls, c.base, dir, quiet)
		if !errors.Is(err, c.kind) || !strings.Contains(fmt.Sprint(err), c.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if k, err := cert.Open(nil, "", dir, quiet); k != nil || err != nil || k.TLS() != nil || k.State() != (cert.State{}) || k.Run(t.Context()) != nil {
		t.Error("without https there is something to look after")
	}
}

// authority is an ACME server that asks localhost for its proofs.
type authority struct {
	directory, ca string
	roots         *x509.CertPool
}

// port gives a free port of loopback.
func port(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer l.Close()
	_, p, err := net.SplitHostPort(l.Addr().String())
	must(t, err)
	return p
}

func start(t *testing.T, program string, args ...string) {
	t.Helper()
	path, err := exec.LookPath(program)
	if cache, none := os.UserCacheDir(); err != nil && none == nil {
		path, err = exec.LookPath(filepath.Join(cache, "fairlead-judges", "bin", program))
	}
	if err != nil {
		t.Skipf("needs %s (scripts/test-deps builds it)", program)
	}
	cmd := exec.Command(path, args...)
	cmd.Env = append(os.Environ(), "PEBBLE_VA_NOSLEEP=1", "PEBBLE_WFE_NONCEREJECT=0")
	must(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
}

// pebble starts the ACME server that the protocol's authors test clients with.
// Names lead to loopback; proofs are asked for at the two ports.
func pebble(t *testing.T, httpPort, tlsPort string) authority {
	t.Helper()
	dir, listen, manage, dns := t.TempDir(), port(t), port(t), port(t)
	certificate, key := pair(t, dir, time.Hour)
	start(t, "pebble-challtestsrv", "-defaultIPv4", "127.0.0.1", "-defaultIPv6", "", "-dnsserver", "127.0.0.1:"+dns, "-http01", "", "-https01", "", "-tlsalpn01", "", "-doh", "", "-management", "127.0.0.1:"+port(t))
	file := filepath.Join(dir, "pebble.json")
	var h, s int
	_, _ = fmt.Sscan(httpPort, &h)
	_, _ = fmt.Sscan(tlsPort, &s)
	b, err := json.Marshal(map[string]any{"pebble": map[string]any{
		"listenAddress": "127.0.0.1:" + listen, "managementListenAddress": "127.0.0.1:" + manage,
		"certificate": certificate, "privateKey": key, "httpPort": h, "tlsPort": s, "ocspResponderURL": "",
		"profiles": map[string]any{"default": map[string]any{"description": "for tests", "validityPeriod": 7776000}},
	}})
	must(t, err)
	must(t, os.WriteFile(file, b, 0o600))
	start(t, "pebble", "-config", file, "-dnsserver", "127.0.0.1:"+dns)
	trust := x509.NewCertPool()
	own, err := os.ReadFile(certificate)
	must(t, err)
	trust.AppendCertsFromPEM(own)
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: trust}}}
	a := authority{directory: "https://localhost:" + listen + "/dir", ca: certificate, roots: x509.NewCertPool()}
	for range 200 { // until it listens
		res, err := client.Get("https://localhost:" + manage + "/roots/0")
		if err != nil {
			time.Sleep(50 * time.Millisecond)
			continue
		}
		root, err := io.ReadAll(res.Body)
		must(t, errors.Join(err, res.Body.Close()))
		a.roots.AppendCertsFromPEM(root)
		return a
	}
	t.Fatal("the authority does not answer")
	return a
}

func TestAnAuthorityGivesTheCertificate(t *testing.T) {
	plain := port(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	_, secure, err := net.SplitHostPort(l.Addr().String())
	must(t, err)
	a := pebble(t, plain, secure)
	data := t.TempDir()
	ask := &config.TLS{ACME: &config.ACME{AcceptTerms: true, Directory: a.directory, CAFile: a.ca, PlainListen: "127.0.0.1:" + plain}}
	k, err := cert.Open(ask, "https://security.example.org", data, quiet)
	must(t, err)
	ctx, stop := context.WithCancel(t.Context())
	srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, "here") })}
	go func() { _ = srv.Serve(tls.NewListener(l, k.TLS())) }()
	ended := make(chan error, 1)
	go func() { ended <- k.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		must(t, errors.Join(<-ended, srv.Close()))
	})
	there := func(name string) (*http.Response, error) {
		client := &http.Client{Timeout: time.Minute, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, Transport: &http.Transport{
			TLSClientConfig: &tls.Config{RootCAs: a.roots},
			DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
				to := "127.0.0.1:" + secure
				if strings.HasSuffix(addr, ":80") {
					to = "127.0.0.1:" + plain
				}
				return (&net.Dialer{}).DialContext(ctx, network, to)
			},
		}}
		return client.Get(name)
	}
	res, err := there("https://security.example.org/")
	must(t, err)
	must(t, res.Body.Close())
	if res.TLS.PeerCertificates[0].DNSNames[0] != "security.example.org" {
		t.Error("the certificate names", res.TLS.PeerCertificates[0].DNSNames)
	}
	if _, err := there("https://other.example.org/"); err == nil {
		t.Error("a certificate was asked for a name that nobody configured")
	}
	res, err = there("http://other.example.org/report?x=1")
	must(t, err)
	must(t, res.Body.Close())
	if got := res.Header.Get("Location"); got != "https://security.example.org/report?x=1" {
		t.Error("plain http is sent to", got)
	}
	for range 200 {
		if !k.State().Ends.IsZero() {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	if s := k.State(); s.Alarm(time.Now()) != "" || s.Alarm(s.Ends.Add(-time.Hour)) != "certificate-ends" {
		t.Errorf("the state is %+v", s)
	}
	// What was given is kept: a second start asks nobody.
	ask.ACME.Directory = "https://127.0.0.1:1/none"
	again, err := cert.Open(ask, "https://security.example.org", data, quiet)
	must(t, err)
	if _, err := again.TLS().GetCertificate(&tls.ClientHelloInfo{CipherSuites: []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256}}); err != nil {
		t.Error("a mail server, which names nobody, gets", err)
	}
}

func TestAnAuthorityThatIsAwayIsTold(t *testing.T) {
	k, err := cert.Open(&config.TLS{ACME: &config.ACME{AcceptTerms: true, Directory: "https://127.0.0.1:1/none"}}, "https://security.example.org", t.TempDir(), quiet)
	must(t, err)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- k.Run(ctx) }()
	for range 500 {
		if k.State().Trouble != "" {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	stop()
	must(t, <-ended)
	if s := k.State(); s.Alarm(time.Now()) != "certificate-missing" || !s.Ends.IsZero() {
		t.Errorf("the state is %+v", s)
	}
}

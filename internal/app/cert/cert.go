// Package cert holds the certificate that the public listener proves itself with:
// that of files, which are read again when they change, or one that an authority
// gives by ACME (RFC 8555) and that is renewed in time.
//
// It never makes up a certificate, never serves one that its files no longer hold
// without saying so, and asks an authority for no name but those it was given.
package cert

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/acme"
	"golang.org/x/crypto/acme/autocert"

	"fairlead/internal/app/config"
	"fairlead/internal/app/front"
	"fairlead/internal/cvd"
)

// Soon is how long before its end a certificate is an alarm. Whoever renews by
// ACME does so after two thirds of its life, so then something is broken.
const Soon = 10 * 24 * time.Hour

// every is how often the certificate's end is looked at.
const every = time.Hour

// Keeper gives the certificate to each handshake. It is safe for concurrent use.
type Keeper struct {
	get   func(*tls.ClientHelloInfo) (*tls.Certificate, error)
	hello []*tls.ClientHelloInfo // one for each name, as a browser says it
	acme  *autocert.Manager
	plain string // where http-01 is answered; may be empty
	base  string // where plain http is sent on to
	log   *slog.Logger
	state atomic.Pointer[State]
}

// State is how the certificate does.
type State struct {
	Ends    time.Time // zero while there is none
	Trouble string    // why there is none, or why it could not be read again; for the operator
}

// Alarm is what the team must be told of the state; empty while all is well.
func (s State) Alarm(now time.Time) string {
	switch {
	case s.Trouble != "":
		return "certificate-missing"
	case !s.Ends.IsZero() && !s.Ends.After(now.Add(Soon)):
		return "certificate-ends"
	}
	return ""
}

// Fixed keeps one certificate for as long as the server runs.
func Fixed(one *tls.Certificate) *Keeper {
	return &Keeper{get: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return one, nil }, log: slog.New(slog.DiscardHandler)}
}

// Open makes the keeper that the configuration asks for; nil where it asks for
// none. base is the public origin and data the server's folder, where what an
// authority gave is kept. A certificate of files that cannot be read is an error
// now; one that an authority refuses is told by State later, since the authority
// has to reach this server first.
func Open(c *config.TLS, base, data string, log *slog.Logger) (*Keeper, error) {
	switch {
	case c == nil:
		return nil, nil
	case c.ACME != nil:
		return byACME(c.ACME, base, data, log)
	}
	f := &files{certificate: c.Certificate, key: c.Key}
	k := &Keeper{log: log, hello: []*tls.ClientHelloInfo{{}}}
	k.get = func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
		one, err := f.look()
		if err != nil {
			k.log.Error("the certificate's files cannot be read; the one before is served", "err", err)
		}
		return one, nil
	}
	if _, err := f.look(); err != nil {
		return nil, fmt.Errorf("%w: certificate: %w", cvd.ErrUnavailable, err)
	}
	return k, nil
}

func byACME(c *config.ACME, base, data string, log *slog.Logger) (*Keeper, error) {
	hosts := c.Hosts
	if u, err := url.Parse(base); err == nil && len(hosts) == 0 {
		hosts = []string{u.Hostname()}
	}
	for _, host := range hosts {
		if host == "" || host == "localhost" || net.ParseIP(host) != nil {
			return nil, fmt.Errorf("%w: tls.acme: %q is no name that an authority vouches for; set public_url or tls.acme.hosts to the name in the DNS", cvd.ErrInvalid, host)
		}
	}
	client := &acme.Client{DirectoryURL: c.Directory, UserAgent: "fairlead"}
	if c.CAFile != "" {
		trusting, err := trusting(c.CAFile)
		if err != nil {
			return nil, err
		}
		client.HTTPClient = trusting
	}
	m := &autocert.Manager{
		Prompt: autocert.AcceptTOS, Cache: autocert.DirCache(filepath.Join(data, "acme")),
		HostPolicy: autocert.HostWhitelist(hosts...), Email: c.Email, Client: client,
	}
	k := &Keeper{acme: m, plain: c.PlainListen, base: base, log: log}
	k.get = func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
		if hello.ServerName == "" { // mail servers name nobody
			named := *hello
			named.ServerName, hello = hosts[0], &named
		}
		return m.GetCertificate(hello)
	}
	for _, host := range hosts {
		k.hello = append(k.hello, &tls.ClientHelloInfo{ServerName: host, CipherSuites: []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256}})
	}
	return k, nil
}

// strong are the cipher suites of TLS 1.2 that pages are given by: those of RFC 9325
// section 4.2, without CBC, which Go still offers. TLS 1.3 has no others.
var strong = []uint16{
	tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
	tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
	tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
}

// TLS is the listener's configuration. A nil keeper has none.
func (k *Keeper) TLS() *tls.Config {
	if k == nil {
		return nil
	}
	c := &tls.Config{GetCertificate: k.get, MinVersion: tls.VersionTLS12, CipherSuites: strong, NextProtos: []string{"http/1.1"}}
	if k.acme != nil {
		c.NextProtos = append(c.NextProtos, acme.ALPNProto)
	}
	return c
}

// State is how the certificate did when it was last looked at; zero without one
// to look after.
func (k *Keeper) State() State {
	if k == nil {
		return State{}
	}
	if s := k.state.Load(); s != nil {
		return *s
	}
	return State{}
}

// Run looks after the certificate until ctx ends: it asks for the first one at
// once, so that the first reader does not wait for it, and answers the authority
// on plain http where that is configured; all else there is sent on to https.
func (k *Keeper) Run(ctx context.Context) error {
	if k == nil || len(k.hello) == 0 {
		return nil
	}
	if k.plain != "" {
		l, err := net.Listen("tcp", k.plain)
		if err != nil {
			return fmt.Errorf("%w: tls.acme.plain_listen: %w", cvd.ErrUnavailable, err)
		}
		defer front.Beside(l, once(k.acme.HTTPHandler(http.HandlerFunc(k.onward))), k.log, "plain http")()
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		k.look()
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// once ends the connection after one answer: nobody has a second thing to ask here,
// and who walks off must hold nothing open.
func once(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Connection", "close")
		next.ServeHTTP(w, r)
	})
}

// onward sends a reader to the same page by https, under the configured name only. A
// program is refused, so that whoever wrote it sees that its credentials travelled in
// the clear.
func (k *Keeper) onward(w http.ResponseWriter, r *http.Request) {
	reads := r.Method == http.MethodGet || r.Method == http.MethodHead
	if !reads || strings.HasPrefix(r.URL.Path, "/api/") || r.Header.Get("Authorization") != "" {
		http.Error(w, "use https", http.StatusBadRequest)
		return
	}
	to, err := url.Parse(k.base)
	if err != nil {
		http.NotFound(w, r)
		return
	}
	to.Path, to.RawPath, to.RawQuery = r.URL.Path, r.URL.RawPath, r.URL.RawQuery
	http.Redirect(w, r, to.String(), http.StatusFound)
}

func (k *Keeper) look() {
	var s State
	for _, hello := range k.hello {
		one, err := k.get(hello)
		if err != nil {
			s.Trouble = err.Error()
			k.log.Error("there is no certificate", "name", hello.ServerName, "err", err)
			continue
		}
		if leaf := one.Leaf; leaf != nil && (s.Ends.IsZero() || leaf.NotAfter.Before(s.Ends)) {
			s.Ends = leaf.NotAfter
		}
	}
	k.state.Store(&s)
}

// files are a certificate that somebody else renews.
type files struct {
	certificate, key string

	mu    sync.Mutex
	of    [2]time.Time // when the files were written that one was read from
	tried [2]time.Time
	one   *tls.Certificate
}

// look gives the certificate of the files as they are now. With an error it is the
// one before, which may be nil; files that are wrong are not read again until they
// change.
func (f *files) look() (*tls.Certificate, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	now, err := written(f.certificate, f.key)
	if err != nil || now == f.of || now == f.tried {
		return f.one, err
	}
	f.tried = now
	one, err := tls.LoadX509KeyPair(f.certificate, f.key)
	if err != nil {
		return f.one, err
	}
	f.one, f.of = &one, now
	return f.one, nil
}

func written(a, b string) (out [2]time.Time, err error) {
	for i, path := range []string{a, b} {
		info, one := os.Stat(path)
		if one != nil {
			err = errors.Join(err, one)
			continue
		}
		out[i] = info.ModTime()
	}
	return out, err
}

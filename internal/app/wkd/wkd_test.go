package wkd

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"fairlead/internal/cvd"
	"fairlead/internal/pgp"
)

var now = time.Date(2026, 11, 3, 9, 0, 0, 0, time.UTC)

func key(t *testing.T, life time.Duration, mails ...string) *pgp.PublicKey {
	t.Helper()
	k, err := pgp.GenerateFor("Example", mails, now.Add(-24*time.Hour), life)
	if err != nil {
		t.Fatal(err)
	}
	pub, err := k.Public()
	if err != nil {
		t.Fatal(err)
	}
	return pub
}

func TestHash(t *testing.T) {
	for local, want := range map[string]string{
		"security": "t5s8ztdbon8yzntexy6oz5y48etqsnbb", "Security": "t5s8ztdbon8yzntexy6oz5y48etqsnbb",
		"Joe.Doe": "iy9q119eutrkn8s1mk4r39qejnbu3n5q", // the draft's example
	} {
		if got := hash(local); got != want {
			t.Errorf("%s: %s; want %s", local, got, want)
		}
	}
}

func served(pub *pgp.PublicKey) http.Handler {
	mux := http.NewServeMux()
	Server{
		Key:   func(context.Context) (*pgp.PublicKey, error) { return pub, nil },
		Mails: func() []string { return []string{"security@example.org", "psirt@example.com"} },
		Now:   func() time.Time { return now },
	}.Register(mux)
	return mux
}

func get(h http.Handler, method, host, path string, head map[string]string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "https://"+host+path, nil)
	for k, v := range head {
		r.Header.Set(k, v)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestServe(t *testing.T) {
	pub := key(t, 0, "security@example.org", "psirt@example.com")
	h := served(pub)
	security, psirt := hash("security"), hash("psirt")
	const at = "/.well-known/openpgpkey/"
	for name, c := range map[string]struct {
		host, path, address string // whose key; empty for 404
	}{
		"direct":                        {"example.org", at + "hu/" + security + "?l=security", "security@example.org"},
		"direct with a port":            {"Example.org:8443", at + "hu/" + security, "security@example.org"},
		"local part in capitals":        {"example.org", at + "hu/" + security + "?l=Security", "security@example.org"},
		"the other contact":             {"example.com", at + "hu/" + psirt, "psirt@example.com"},
		"advanced":                      {"openpgpkey.example.org", at + "example.org/hu/" + security + "?l=security", "security@example.org"},
		"direct of another domain":      {"example.com", at + "hu/" + security, ""},
		"advanced under the wrong name": {"example.org", at + "example.org/hu/" + security, ""},
		"advanced under another domain": {"openpgpkey.example.com", at + "example.org/hu/" + security, ""},
		"direct under the advanced":     {"openpgpkey.example.org", at + "hu/" + security, ""},
		"another local part":            {"example.org", at + "hu/" + security + "?l=other", ""},
		"another hash":                  {"example.org", at + "hu/" + hash("other"), ""},
		"a stranger's domain":           {"example.net", at + "hu/" + security, ""},
		"nothing":                       {"example.org", at, ""},
		"no name":                       {"example.org", at + "hu/", ""},
	} {
		w := get(h, "GET", c.host, c.path, nil)
		if w.Header().Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("%s: no CORS", name)
		}
		if c.address == "" {
			if w.Code != 404 {
				t.Errorf("%s: %d", name, w.Code)
			}
			continue
		}
		got, err := pgp.ReadCarried(w.Body.Bytes())
		if w.Code != 200 || err != nil || got.Fingerprint() != pub.Fingerprint() || !slices.Equal(got.Addresses(), []string{c.address}) {
			t.Errorf("%s: %d, %v", name, w.Code, err)
		}
		if ct := w.Header().Get("Content-Type"); ct != "application/octet-stream" {
			t.Errorf("%s: %s", name, ct)
		}
	}
	for host, path := range map[string]string{"example.org": at + "policy", "openpgpkey.example.com": at + "example.com/policy"} {
		if w := get(h, "GET", host, path, nil); w.Code != 200 || w.Body.Len() != 0 {
			t.Errorf("policy at %s: %d", host, w.Code)
		}
	}
	if w := get(h, "GET", "example.net", at+"policy", nil); w.Code != 404 {
		t.Errorf("a stranger's policy: %d", w.Code)
	}
	path := at + "hu/" + security
	w := get(h, "HEAD", "example.org", path, nil)
	tag := w.Header().Get("ETag")
	if w.Code != 200 || w.Body.Len() != 0 || tag == "" || w.Header().Get("Content-Length") == "0" {
		t.Errorf("HEAD: %d, %v", w.Code, w.Header())
	}
	if w := get(h, "GET", "example.org", path, map[string]string{"If-None-Match": tag}); w.Code != 304 {
		t.Errorf("known already: %d", w.Code)
	}
	if w := get(served(key(t, time.Hour, "security@example.org")), "GET", "example.org", path, nil); w.Code != 404 {
		t.Errorf("an expired key: %d", w.Code)
	}
}

func TestGnuPGReadsOurDirectory(t *testing.T) {
	gpg, err := exec.LookPath("gpg")
	client := "/usr/lib/gnupg/gpg-wks-client"
	if found, err := exec.LookPath("gpg-wks-client"); err == nil {
		client = found
	}
	if _, err2 := os.Stat(client); err != nil || err2 != nil {
		t.Skip("gpg and gpg-wks-client are not installed: what they find is not checked here")
	}
	home, err := os.MkdirTemp("", "gpg")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(home)
	for _, local := range []string{"security", "PSIRT", "a.b+c"} {
		out, err := exec.Command(client, "--print-wkd-hash", local+"@example.org").Output()
		if want := hash(local) + " " + strings.ToLower(local) + "@example.org"; err != nil || strings.TrimSpace(string(out)) != want {
			t.Errorf("%s: %q, %v; want %q", local, out, err, want)
		}
	}
	pub := key(t, 0, "security@example.org", "psirt@example.com")
	w := get(served(pub), "GET", "example.org", root+"hu/"+hash("security"), nil)
	c := exec.Command(gpg, "--homedir", home, "--batch", "--no-tty", "--with-colons", "--faked-system-time", now.Format("20060102T150405")+"!", "--show-keys")
	c.Stdin = w.Body
	out, err := c.Output()
	if err != nil || !bytes.Contains(out, []byte(pub.Fingerprint())) || !bytes.Contains(out, []byte("security@example.org")) || bytes.Contains(out, []byte("psirt@")) {
		t.Errorf("gpg: %v\n%s", err, out)
	}
}

func TestFetch(t *testing.T) {
	them := key(t, 0, "finder@example.org", "private@example.net")
	raw, err := them.Binary()
	if err != nil {
		t.Fatal(err)
	}
	expired, err := key(t, time.Hour, "finder@example.org").Binary()
	if err != nil {
		t.Fatal(err)
	}
	var answer http.HandlerFunc
	var asked string
	advanced := false
	srv := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = r.Host + r.RequestURI
		answer(w, r)
	}))
	srv.Config.ErrorLog = log.New(io.Discard, "", 0)
	defer srv.Close()
	roots := x509.NewCertPool()
	roots.AddCert(srv.Certificate())
	dialled := ""
	c := &Client{
		Domains: []string{"example.com"}, Now: func() time.Time { return now }, roots: roots,
		exists: func(_ context.Context, host string) (bool, error) {
			return advanced && host == "openpgpkey.example.com", nil
		},
		dial: func(ctx context.Context, network, address string) (net.Conn, error) {
			dialled = address
			return (&net.Dialer{}).DialContext(ctx, network, srv.Listener.Addr().String())
		},
	}
	write := func(b []byte) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(b) }
	}
	for name, c2 := range map[string]struct {
		email  string
		answer http.HandlerFunc
		want   error
	}{
		"no such domain":   {"finder@example.org", write(raw), cvd.ErrForbidden},
		"no address":       {"finder", write(raw), cvd.ErrInvalid},
		"another's key":    {"finder@example.com", write(raw), cvd.ErrNotFound},
		"expired":          {"finder@example.com", write(expired), cvd.ErrNotFound},
		"not found":        {"finder@example.com", http.NotFound, cvd.ErrNotFound},
		"words":            {"finder@example.com", write([]byte("hello")), cvd.ErrNotFound},
		"too large":        {"finder@example.com", write(make([]byte, pgp.MaxPublicKey+1)), cvd.ErrNotFound},
		"redirect":         {"finder@example.com", http.RedirectHandler("https://example.com/other", http.StatusFound).ServeHTTP, cvd.ErrNotFound},
		"hangs up":         {"finder@example.com", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, cvd.ErrUnavailable},
		"address literal":  {"finder@[127.0.0.1]", write(raw), cvd.ErrForbidden},
		"two keys at once": {"finder@example.com", write(append(bytes.Clone(raw), raw...)), cvd.ErrNotFound},
	} {
		answer = c2.answer
		if got, err := c.Fetch(t.Context(), c2.email); !errors.Is(err, c2.want) {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
	good, err := key(t, 0, "finder@example.com", "private@example.net").Binary()
	if err != nil {
		t.Fatal(err)
	}
	answer = write(good)
	got, err := c.Fetch(t.Context(), "Finder@Example.com")
	if err != nil || !slices.Equal(got.Addresses(), []string{"finder@example.com"}) {
		t.Errorf("fetched %v", err)
	}
	if want := "example.com/.well-known/openpgpkey/hu/" + hash("finder") + "?l=Finder"; asked != want || dialled != "example.com:443" {
		t.Errorf("asked %s of %s", asked, dialled)
	}
	advanced = true
	if _, err := c.Fetch(t.Context(), "finder@example.com"); err != nil {
		t.Error(err)
	}
	if want := "openpgpkey.example.com/.well-known/openpgpkey/example.com/hu/" + hash("finder") + "?l=finder"; asked != want {
		t.Errorf("asked %s", asked)
	}
	c.roots = x509.NewCertPool()
	if _, err := c.Fetch(t.Context(), "finder@example.com"); !errors.Is(err, cvd.ErrUnavailable) {
		t.Errorf("with a certificate that nobody vouches for: %v", err)
	}
	if _, err := (&Client{Now: c.Now}).Fetch(t.Context(), "finder@example.com"); !errors.Is(err, cvd.ErrForbidden) {
		t.Errorf("without a domain: %v", err)
	}
}

// A name that resolves to an inner address is not connected to.
func TestFetchStaysOutside(t *testing.T) {
	for addr, want := range map[string]bool{
		"93.184.216.34": true, "2606:2800:220:1::1": true,
		"127.0.0.1": false, "10.1.2.3": false, "172.16.0.1": false, "192.168.1.1": false, "169.254.169.254": false, "100.64.0.1": false,
		"0.0.0.0": false, "0.1.2.3": false, "224.0.0.1": false, "255.255.255.255": false, "240.0.0.1": false, "192.0.2.1": false, "198.18.0.1": false,
		"::1": false, "::": false, "fe80::1": false, "fc00::1": false, "fd00::1": false, "ff02::1": false, "::ffff:127.0.0.1": false, "::ffff:10.0.0.1": false,
		"64:ff9b::7f00:1": false, "2002:7f00:1::": false, "::127.0.0.1": false, "2001:db8::1": false, "2001::1": false, "fec0::1": false,
	} {
		if got := public(netip.MustParseAddr(addr)); got != want {
			t.Errorf("%s is public: %v", addr, got)
		}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for _, address := range []string{l.Addr().String(), "127.0.0.1:443", "93.184.216.34:80", "[::1]:443"} {
		if err := publicOnly("tcp", address, nil); !errors.Is(err, cvd.ErrForbidden) {
			t.Errorf("%s: %v", address, err)
		}
	}
	if err := publicOnly("tcp", "93.184.216.34:443", nil); err != nil {
		t.Error(err)
	}
	if _, err := (&net.Dialer{Control: publicOnly}).DialContext(t.Context(), "tcp", l.Addr().String()); !errors.Is(err, cvd.ErrForbidden) {
		t.Errorf("connected to %s: %v", l.Addr(), err)
	}
	c := &Client{Domains: []string{"localhost.example.com"}, Now: func() time.Time { return now }, exists: func(context.Context, string) (bool, error) { return false, errors.New("away") }}
	if _, err := c.Fetch(t.Context(), "a@localhost.example.com"); !errors.Is(err, cvd.ErrUnavailable) {
		t.Errorf("without DNS: %v", err)
	}
	for domain, want := range map[string]bool{"example.org": true, "localhost": false, "127.0.0.1": false, "[::1]": false, "ex ample.org": false, "a_b.org": false, "xn--bcher-kva.example": true, "": false, "example.org:80": false, "a/b.org": false} {
		if got := hostname(domain); got != want {
			t.Errorf("%q: %v", domain, got)
		}
	}
}

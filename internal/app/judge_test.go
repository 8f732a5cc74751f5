package app_test

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"fairlead/examples"
	"fairlead/internal/advisory/advisorytest"
	"fairlead/internal/app"
	"fairlead/internal/app/demo"
	"fairlead/internal/auth"
	"fairlead/internal/cvd"
)

// provider is a house with advisories, served over TLS on loopback.
type provider struct {
	t    *testing.T
	h    *app.House
	srv  *httptest.Server
	lead cvd.Actor
	cert string // its certificate, as a file
	// spoil changes what readers get; nil changes nothing.
	spoil func(path string, body []byte) []byte
}

func newProvider(t *testing.T) *provider {
	t.Helper()
	p := &provider{t: t}
	var handler http.Handler
	p.srv = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { p.serve(handler, w, r) }))
	h, err := app.Build(context.Background(), app.Config{Data: t.TempDir(), Database: app.DatabaseConfig{Engine: "sqlite"}},
		app.Options{Demo: true, Unlimited: true, BaseURL: "https://" + p.srv.Listener.Addr().String()})
	if err != nil {
		t.Fatal(err)
	}
	p.h = h
	t.Cleanup(func() { _ = h.Close() })
	seeded, err := demo.Seed(context.Background(), h, examples.SignedPolicy, true)
	if err != nil {
		t.Fatal(err)
	}
	p.lead = cvd.Actor{Kind: cvd.ActorMember, ID: seeded.Lead.ID, Roles: seeded.Lead.Roles}
	if handler, err = h.Handler(true); err != nil {
		t.Fatal(err)
	}
	p.srv.StartTLS()
	t.Cleanup(p.srv.Close)
	p.cert = filepath.Join(t.TempDir(), "cert.pem")
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: p.srv.Certificate().Raw})
	if err := os.WriteFile(p.cert, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return p
}

func (p *provider) serve(next http.Handler, w http.ResponseWriter, r *http.Request) {
	if p.spoil == nil {
		next.ServeHTTP(w, r)
		return
	}
	rec := httptest.NewRecorder()
	next.ServeHTTP(rec, r)
	body := p.spoil(r.URL.Path, rec.Body.Bytes())
	for name, values := range rec.Header() {
		w.Header()[name] = values
	}
	w.Header().Del("Content-Length")
	w.WriteHeader(rec.Code)
	_, _ = w.Write(body)
}

// publish publishes a copy of the example under an id and a label.
func (p *provider) publish(id cvd.AdvisoryID, label cvd.TLP) {
	p.t.Helper()
	a := advisorytest.Example()
	now := p.h.Options.Clock.Now().UTC().Truncate(time.Second)
	a.ID, a.TLP, a.Revision, a.Published, a.Modified = id, label, 1, now, now
	a.History = []cvd.AdvisoryChange{{Revision: 1, At: now, Text: "First published."}}
	if err := p.h.Register.Publish(context.Background(), a); err != nil {
		p.t.Fatal(err)
	}
}

// judge finds a program that scripts/test-deps installs, or skips by name.
func judge(t *testing.T, name string) string {
	t.Helper()
	if path, err := exec.LookPath(name); err == nil {
		return path
	}
	if cache, err := os.UserCacheDir(); err == nil {
		path := filepath.Join(cache, "fairlead-judges", "bin", name)
		if _, err := os.Stat(path); err == nil {
			return path
		}
	}
	t.Skipf("%s is not installed (scripts/test-deps does it): what it says of the provider is not checked here", name)
	return ""
}

// run runs a judge against the provider, without any proxy or configuration of
// the machine.
func (p *provider) run(name string, args ...string) []byte {
	p.t.Helper()
	c := exec.Command(judge(p.t, name), args...)
	c.Dir = p.t.TempDir()
	c.Env = []string{"SSL_CERT_FILE=" + p.cert, "HOME=" + c.Dir, "PATH=" + os.Getenv("PATH")}
	var out, errs bytes.Buffer
	c.Stdout, c.Stderr = &out, &errs
	if err := c.Run(); err != nil {
		p.t.Fatalf("%s: %v\n%s%s", name, err, out.Bytes(), errs.Bytes())
	}
	return out.Bytes()
}

// verdict is what csaf_checker writes. Its exit status says nothing.
type verdict struct {
	Domains []struct {
		Role         string `json:"role"`
		Passed       bool   `json:"passed"`
		Requirements []struct {
			Num      int    `json:"num"`
			Text     string `json:"description"`
			Messages []struct {
				Type int    `json:"type"` // 0 info, 1 warning, 2 error
				Text string `json:"text"`
			} `json:"messages"`
		} `json:"requirements"`
	} `json:"domains"`
}

// errors lists what the checker holds against a requirement.
func (v verdict) errors() map[int][]string {
	out := map[int][]string{}
	for _, r := range v.Domains[0].Requirements {
		for _, m := range r.Messages {
			if m.Type == 2 {
				out[r.Num] = append(out[r.Num], m.Text)
			}
		}
	}
	return out
}

func (p *provider) check(args ...string) verdict {
	p.t.Helper()
	file := filepath.Join(p.t.TempDir(), "report.json")
	empty := filepath.Join(p.t.TempDir(), "empty.toml")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		p.t.Fatal(err)
	}
	p.run("csaf_checker", append([]string{"-c", empty, "-o", file}, append(args, p.srv.Listener.Addr().String())...)...)
	b, err := os.ReadFile(file)
	if err != nil {
		p.t.Fatal(err)
	}
	var v verdict
	if err := json.Unmarshal(b, &v); err != nil || len(v.Domains) != 1 {
		p.t.Fatalf("the report: %v\n%s", err, b)
	}
	return v
}

// byROLIE are the requirements that a provider with feeds and security.txt need
// not meet: they are of the other ways (CSAF 2.0, section 7.2.2).
var byROLIE = map[int]bool{10: true, 11: true, 12: true, 13: true, 14: true}

func TestCheckerAcceptsTheTrustedProvider(t *testing.T) {
	judge(t, "csaf_checker")
	p := newProvider(t)
	for _, id := range []cvd.AdvisoryID{"EX-2026-ONE", "EX-2026-TWO", "EX-2026:three"} {
		p.publish(id, cvd.TLPClear)
	}
	v := p.check()
	if d := v.Domains[0]; !d.Passed || d.Role != "csaf_trusted_provider" {
		t.Errorf("passed %v as %s", d.Passed, d.Role)
	}
	for num, texts := range v.errors() {
		if !byROLIE[num] {
			t.Errorf("requirement %d: %s", num, strings.Join(texts, "; "))
		}
	}
	p.publish("EX-2026-AMBER", cvd.TLPAmber)
	secret, _, err := p.h.Auth.CreateToken(context.Background(), p.lead, tokenFor("downloads"))
	if err != nil {
		t.Fatal(err)
	}
	v = p.check("-H", "Authorization: Bearer "+secret)
	if d := v.Domains[0]; !d.Passed || len(v.errors()[5]) > 0 {
		t.Errorf("with a feed for a few: passed %v, %v", d.Passed, v.errors()[5])
	}
	p.spoil = func(path string, body []byte) []byte {
		if strings.HasSuffix(path, "/ex-2026-one.json") {
			return bytes.Replace(body, []byte("upload"), []byte("UPLOAD"), 1)
		}
		return body
	}
	v = p.check()
	if errs := v.errors(); v.Domains[0].Passed || len(errs[18]) == 0 || len(errs[19]) == 0 {
		t.Errorf("one document was changed by hand: passed %v, %v", v.Domains[0].Passed, errs)
	}
}

func TestDownloaderFetchesEverything(t *testing.T) {
	judge(t, "csaf_downloader")
	p := newProvider(t)
	for i := range 3 {
		p.publish(cvd.AdvisoryID(fmt.Sprintf("EX-2026-N%d", i)), cvd.TLPClear)
	}
	dir, log := t.TempDir(), filepath.Join(t.TempDir(), "log")
	empty := filepath.Join(t.TempDir(), "empty.toml")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	p.run("csaf_downloader", "-c", empty, "-d", dir, "-m", "strict", "--log_file", log, p.srv.Listener.Addr().String())
	got := map[string]int{}
	err := filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
		got[filepath.Ext(path)]++
		return err
	})
	text, err2 := os.ReadFile(log)
	if err != nil || err2 != nil || got[".json"] != 6 || got[".asc"] != 6 || got[".sha256"] != 6 || bytes.Contains(text, []byte("failed_validation")) {
		t.Errorf("downloaded %v, %v\n%s", got, err, text)
	}
}

func tokenFor(what string) auth.Token { return auth.Token{Name: what} }

// The archive is what a scanner reads: it finds a module that an advisory names,
// and passes the version in which it is fixed.
func TestScannerReadsTheArchive(t *testing.T) {
	program := judge(t, "osv-scanner")
	p := newProvider(t)
	p.publish("EX-2026-ONE", cvd.TLPClear)
	client := p.srv.Client()
	res, err := client.Get(p.srv.URL + "/osv/Go/all.zip")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("the archive: %d, %v", res.StatusCode, err)
	}
	cache := t.TempDir()
	db := filepath.Join(cache, "osv-scalibr", "Go")
	if err := errors.Join(os.MkdirAll(db, 0o700), os.WriteFile(filepath.Join(db, "all.zip"), b, 0o600)); err != nil {
		t.Fatal(err)
	}
	for version, vulnerable := range map[string]bool{"v1.4.1": true, "v1.4.2": false, "v2.0.5+incompatible": true, "v2.1.1+incompatible": false} {
		file := filepath.Join(t.TempDir(), "go.mod")
		text := "module example.org/app\n\ngo 1.24\n\nrequire nls.example/gateway " + version + "\n"
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		c := exec.Command(program, "scan", "source", "--offline", "-L", file)
		c.Env = []string{"XDG_CACHE_HOME=" + cache, "HOME=" + cache, "PATH=" + os.Getenv("PATH")}
		out, err := c.CombinedOutput()
		if !bytes.Contains(out, []byte("Loaded Go local db")) {
			t.Fatalf("%s: the archive was not read: %v\n%s", version, err, out)
		}
		exit := 0
		if e, ok := errors.AsType[*exec.ExitError](err); ok {
			exit = e.ExitCode()
		}
		if found := bytes.Contains(out, []byte("x_EX-2026-ONE")); found != vulnerable || exit != map[bool]int{true: 1}[vulnerable] {
			t.Errorf("%s: found %v, exit %d\n%s", version, found, exit, out)
		}
	}
}

// Package oidctest holds two identity providers for tests: a real one that is not
// ours, and a double that lies in every way on demand.
package oidctest

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"fairlead/internal/advisory/advisorytest"
)

// Real is oidc-provider of npm, run by node.
type Real struct {
	Issuer string
	t      testing.TB
}

// Client is a client as the provider knows it.
type Client struct {
	ID        string   `json:"client_id"`
	Secret    string   `json:"client_secret,omitempty"`
	Redirects []string `json:"redirect_uris"`
	Method    string   `json:"token_endpoint_auth_method"`
}

// Start starts a provider for a client with a secret, and one without; without node or
// the package the test is skipped by name.
func Start(t testing.TB, clients ...Client) *Real {
	t.Helper()
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("node is not installed")
	}
	folder, _ := advisorytest.FromNPM(t, "oidc-provider")
	given, err := json.Marshal(clients)
	if err != nil {
		t.Fatal(err)
	}
	_, here, _, _ := runtime.Caller(0)
	cmd := exec.Command(node, filepath.Join(filepath.Dir(here), "testdata", "provider.mjs"), folder, string(given))
	stdin, err1 := cmd.StdinPipe()
	stdout, err2 := cmd.StdoutPipe()
	var told strings.Builder
	cmd.Stderr = &told
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = stdin.Close()
		_ = cmd.Wait()
	})
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatalf("the provider did not start: %v\n%s", err, told.String())
	}
	return &Real{strings.TrimSpace(line), t}
}

var forms = regexp.MustCompile(`action="([^"]+)"`)

// SignIn goes where a browser would be sent, signs in as the account on the pages that
// come, agrees to what is asked, and returns the address to which the provider sends the
// browser back.
func (p *Real) SignIn(address, account string) *url.URL {
	p.t.Helper()
	jar, _ := cookiejar.New(nil)
	var back *url.URL
	browser := &http.Client{Jar: jar, CheckRedirect: func(r *http.Request, _ []*http.Request) error {
		if !strings.HasPrefix(r.URL.String(), p.Issuer) {
			back = r.URL
			return http.ErrUseLastResponse
		}
		return nil
	}}
	resp, err := browser.Get(address)
	for range 4 {
		if err != nil {
			p.t.Fatal(err)
		}
		page, _ := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if back != nil {
			return back
		}
		form := forms.FindSubmatch(page)
		if form == nil {
			p.t.Fatalf("the provider answered %d without a form:\n%s", resp.StatusCode, page)
		}
		to, err2 := resp.Request.URL.Parse(string(form[1]))
		if err2 != nil {
			p.t.Fatal(err2)
		}
		fill := url.Values{"prompt": {"consent"}}
		if strings.Contains(string(page), `name="login"`) {
			fill = url.Values{"prompt": {"login"}, "login": {account}, "password": {"any"}}
		}
		resp, err = browser.PostForm(to.String(), fill)
	}
	p.t.Fatal("the provider asked for ever")
	return nil
}

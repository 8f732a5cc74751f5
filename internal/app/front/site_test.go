package front

import (
	"bytes"
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// at is a request as it came in at a local address from a peer.
func at(local, peer, method, url string, head ...string) *http.Request {
	r := httptest.NewRequest(method, url, nil)
	r.RemoteAddr = peer + ":1234"
	for i := 0; i+1 < len(head); i += 2 {
		r.Header.Set(head[i], head[i+1])
	}
	return r.WithContext(context.WithValue(r.Context(), http.LocalAddrContextKey, &net.TCPAddr{IP: net.ParseIP(local), Port: 8080}))
}

func site(public string) *Site {
	return &Site{
		Public: func() string { return public }, Hosts: []string{"alias.example.org", "hidden.onion"}, Listen: "fairlead:8080",
		Proxies: Proxies{"10.0.0.0/8"}, Log: slog.New(slog.DiscardHandler),
	}
}

// Where the site's name is known, a request for another one gets no page, whoever makes
// that name lead here; what programs look for by number is answered all the same.
func TestAForeignHostGetsNoPage(t *testing.T) {
	const local, stranger, proxy = "192.0.2.5", "198.51.100.1", "10.0.0.1"
	for _, c := range []struct {
		local, peer, url string
		want             bool
	}{
		{local, stranger, "https://security.example.org/", true},
		{local, stranger, "https://SECURITY.example.org.:443/desk/sign-in", true},
		{local, stranger, "https://alias.example.org/", true},
		{local, stranger, "http://hidden.onion/", true},
		{local, stranger, "https://evil.example/", false},
		{local, stranger, "https://security.example.org.evil.example/", false},
		{local, stranger, "https://192.0.2.5/", false},
		{local, stranger, "https://localhost/", false},
		{local, stranger, "https://127.0.0.1/", false},
		{local, stranger, "https://fairlead/", false},
		{"127.0.0.1", "127.0.0.1", "http://127.0.0.1:8080/", true},
		{"127.0.0.1", "127.0.0.1", "http://localhost:9000/", true},
		{"::1", "::1", "http://[::1]:8080/", true},
		{"127.0.0.1", "127.0.0.1", "http://evil.example:8080/", false},
		// A proxy that hides the name calls us by ours.
		{local, proxy, "http://fairlead:8080/", true},
		{local, proxy, "http://192.0.2.5:8080/", true},
		{local, proxy, "http://evil.example/", false},
		{local, stranger, "https://192.0.2.5/healthz", true},
		{local, stranger, "https://192.0.2.5/readyz", true},
		{local, stranger, "https://example.org/.well-known/security.txt", true},
		{local, stranger, "https://192.0.2.5/healthz/x", false},
		{local, stranger, "https://192.0.2.5/api/v1/cases", false},
	} {
		w := httptest.NewRecorder()
		r := at(c.local, c.peer, http.MethodGet, c.url)
		site("https://security.example.org").Addressed(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { Word(w, http.StatusOK, "ok") })).ServeHTTP(w, r)
		if (w.Code == http.StatusOK) != c.want || (!c.want && (w.Code != http.StatusMisdirectedRequest || !strings.Contains(w.Body.String(), "https://security.example.org"))) {
			t.Errorf("%s at %s from %s: %d %s", c.url, c.local, c.peer, w.Code, w.Body)
		}
		w = httptest.NewRecorder()
		site("").Addressed(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { Word(w, http.StatusOK, "ok") })).ServeHTTP(w, r)
		if w.Code != http.StatusOK {
			t.Errorf("%s where no public name is known: %d", c.url, w.Code)
		}
	}
}

// A listener in the clear that proxies alone make good answers nobody else.
func TestAClearListenerAnswersItsProxiesAlone(t *testing.T) {
	var said bytes.Buffer
	s := site("https://security.example.org")
	s.ProxiesOnly, s.Log = true, slog.New(slog.NewTextHandler(&said, nil))
	ask := func(peer, method, url string, head ...string) int {
		w := httptest.NewRecorder()
		s.Addressed(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { Word(w, http.StatusOK, "ok") })).
			ServeHTTP(w, at("192.0.2.5", peer, method, url, head...))
		return w.Code
	}
	for _, peer := range []string{"198.51.100.1", "127.0.0.1"} {
		for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodHead, http.MethodOptions} {
			if got := ask(peer, method, "http://security.example.org/desk/sign-in", "X-Forwarded-Proto", "https"); got != http.StatusMisdirectedRequest {
				t.Errorf("%s from %s: %d", method, peer, got)
			}
		}
		if got := ask(peer, http.MethodGet, "http://security.example.org/.well-known/security.txt"); got != http.StatusMisdirectedRequest {
			t.Errorf("security.txt in the clear from %s: %d", peer, got)
		}
		for _, path := range []string{"healthz", "readyz"} {
			if got := ask(peer, http.MethodGet, "http://192.0.2.5:8080/"+path); got != http.StatusOK {
				t.Errorf("%s from %s: %d", path, peer, got)
			}
		}
	}
	if got := ask("10.0.0.1", http.MethodPost, "http://security.example.org/desk/sign-in"); got != http.StatusOK {
		t.Errorf("a named proxy is refused: %d", got)
	}
	if n := strings.Count(said.String(), "trusted_proxies"); n != 1 || strings.Contains(said.String(), "198.51.100.1") {
		t.Errorf("the log: %s", said.String())
	}
	// The operator's socket has no address.
	r := at("192.0.2.5", "x", http.MethodPost, "http://localhost/api/v1/admin/doctor")
	r.RemoteAddr = "@"
	r = r.WithContext(context.WithValue(r.Context(), http.LocalAddrContextKey, &net.UnixAddr{Name: "/run/x", Net: "unix"}))
	w := httptest.NewRecorder()
	s.Addressed(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { Word(w, http.StatusOK, "ok") })).ServeHTTP(w, r)
	if w.Code != http.StatusOK || s.Cross(r) != nil {
		t.Errorf("the operator is refused: %d, %v", w.Code, s.Cross(r))
	}
}

// What changes something comes from a page of ours or from a program: one whose browser
// says otherwise is refused, by where it says the page is from and by which name it asks
// for, and for a site of https a page in the clear is none of ours.
func TestOnlyOwnPagesAndProgramsChangeSomething(t *testing.T) {
	const here, there = "https://security.example.org/", "http://127.0.0.1:8080/"
	for name, c := range map[string]struct {
		public, local, url string
		head               []string
		want               bool
	}{
		"a program":                           {here, "192.0.2.5", here, nil, true},
		"a program that asks for another":     {here, "192.0.2.5", "https://evil.example/", nil, false},
		"a program by number":                 {here, "192.0.2.5", "https://192.0.2.5/", nil, false},
		"a page of ours":                      {here, "192.0.2.5", here, []string{"Sec-Fetch-Site", "same-origin", "Origin", "https://security.example.org"}, true},
		"a page of ours, an old browser":      {here, "192.0.2.5", here, []string{"Origin", "https://security.example.org"}, true},
		"a page of ours with its port":        {here, "192.0.2.5", here, []string{"Origin", "https://security.example.org:443"}, true},
		"a page of ours that hides":           {here, "192.0.2.5", here, []string{"Sec-Fetch-Site", "same-origin", "Origin", "null"}, true},
		"somebody who hides":                  {here, "192.0.2.5", here, []string{"Origin", "null"}, false},
		"a page of ours in the clear":         {here, "192.0.2.5", here, []string{"Origin", "http://security.example.org"}, false},
		"in the clear, says the browser":      {here, "192.0.2.5", here, []string{"Sec-Fetch-Site", "same-origin", "Origin", "http://security.example.org"}, false},
		"another port":                        {here, "192.0.2.5", here, []string{"Origin", "https://security.example.org:8443"}, false},
		"another site":                        {here, "192.0.2.5", here, []string{"Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"}, false},
		"another site, an old browser":        {here, "192.0.2.5", here, []string{"Origin", "https://evil.example"}, false},
		"a neighbour":                         {here, "192.0.2.5", here, []string{"Sec-Fetch-Site", "same-site", "Origin", "https://www.example.org"}, false},
		"another site without an origin":      {here, "192.0.2.5", here, []string{"Sec-Fetch-Site", "cross-site"}, false},
		"host and origin agree on another":    {here, "192.0.2.5", "https://evil.example/", []string{"Origin", "https://evil.example"}, false},
		"and so does the browser":             {here, "192.0.2.5", "https://evil.example/", []string{"Sec-Fetch-Site", "same-origin", "Origin", "https://evil.example"}, false},
		"no origin at all":                    {here, "192.0.2.5", here, []string{"Origin", "security.example.org"}, false},
		"an address for an origin":            {here, "192.0.2.5", here, []string{"Origin", "https://security.example.org/x"}, false},
		"another name of ours":                {here, "192.0.2.5", "https://alias.example.org/", []string{"Origin", "https://alias.example.org"}, true},
		"another name of ours in the clear":   {here, "192.0.2.5", "https://alias.example.org/", []string{"Origin", "http://alias.example.org"}, false},
		"one name from another":               {here, "192.0.2.5", here, []string{"Origin", "https://alias.example.org"}, false},
		"an onion service":                    {here, "192.0.2.5", "http://hidden.onion/", []string{"Origin", "http://hidden.onion"}, true},
		"this machine":                        {here, "127.0.0.1", there, []string{"Sec-Fetch-Site", "same-origin", "Origin", "http://127.0.0.1:8080"}, true},
		"this machine, another port":          {here, "127.0.0.1", there, []string{"Origin", "http://127.0.0.1:9090"}, false},
		"a name that leads to this machine":   {here, "127.0.0.1", "http://evil.example:8080/", []string{"Sec-Fetch-Site", "same-origin", "Origin", "http://evil.example:8080"}, false},
		"a proxy here that hides the name":    {here, "127.0.0.1", there, []string{"Origin", "https://security.example.org"}, true},
		"a proxy here, another site":          {here, "127.0.0.1", there, []string{"Origin", "https://evil.example"}, false},
		"no name is known":                    {"", "192.0.2.5", "https://some.example/", []string{"Origin", "https://some.example"}, true},
		"no name is known, a program":         {"", "192.0.2.5", "https://192.0.2.5/", nil, true},
		"no name is known, another site":      {"", "192.0.2.5", "https://some.example/", []string{"Origin", "https://evil.example"}, false},
		"no name is known, cross-site":        {"", "192.0.2.5", "https://some.example/", []string{"Sec-Fetch-Site", "cross-site"}, false},
		"no name is known, in the clear":      {"", "192.0.2.5", "https://some.example/", []string{"Origin", "http://some.example"}, false},
		"no name is known, no https either":   {"", "192.0.2.5", "http://some.example/", []string{"Origin", "http://some.example"}, true},
		"no name is known, an unnamed proxy":  {"", "127.0.0.1", "http://some.example/", []string{"Origin", "https://some.example"}, true},
		"no name is known, hidden by a proxy": {"", "127.0.0.1", there, []string{"Sec-Fetch-Site", "same-origin", "Origin", "https://some.example"}, true},
	} {
		r := at(c.local, "198.51.100.1", http.MethodPost, c.url, c.head...)
		s := site(strings.TrimSuffix(c.public, "/"))
		if err := s.Cross(r); (err == nil) != c.want {
			t.Errorf("%s: %v", name, err)
		}
		for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodOptions} {
			r.Method = method
			if err := s.Cross(r); err != nil {
				t.Errorf("%s: %s changes nothing: %v", name, method, err)
			}
		}
	}
}

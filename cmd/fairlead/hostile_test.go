package main

import (
	"archive/zip"
	"bufio"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"net/textproto"
	"net/url"
	"strings"
	"testing"
	"time"
)

// bounded is the most memory that the server may ever have held resident while
// strangers do what they can.
const bounded = 400 << 20

// surface is one address that strangers reach.
type surface struct{ method, path string }

var pages = []surface{
	{"GET", "/"},
	{"GET", "/policy"},
	{"GET", "/policy.md"},
	{"GET", "/policy/diff"},
	{"GET", "/policy/versions/1"},
	{"GET", "/policy/feedback"},
	{"GET", "/.well-known/security.txt"},
	{"GET", "/.well-known/openpgp-key.asc"},
	{"GET", "/report"},
	{"GET", "/thread"},
	{"GET", "/thread/files/x/y"},
	{"GET", "/thread/export.json"},
	{"GET", "/thread/export.txt"},
	{"GET", "/advisories"},
	{"GET", "/performance"},
	{"GET", "/ledger/"},
	{"GET", "/.well-known/csaf/"},
	{"GET", "/osv/"},
	{"GET", "/healthz"},
	{"GET", "/readyz"},
	{"GET", "/desk/"},
	{"GET", "/desk/sign-in"},
	{"GET", "/desk/cases/x"},
	{"GET", "/api/openapi.json"},
	{"GET", "/api/v1/promises"},
	{"GET", "/api/v1/policy"},
	{"GET", "/api/v1/thread"},
	{"GET", "/api/v1/thread/export"},
	{"GET", "/api/v1/thread/attachments/x"},
	{"GET", "/api/v1/cases"},
	{"GET", "/api/v1/cases/x"},
	{"GET", "/api/v1/admin/histories"},
	{"GET", "/static/x"},
}

var jsonPosts = []surface{
	{"POST", "/api/v1/reports"},
	{"POST", "/api/v1/thread/messages"},
	{"POST", "/api/v1/thread/appeal"},
	{"POST", "/api/v1/thread/contact"},
	{"POST", "/api/v1/cases"},
	{"POST", "/api/v1/cases/x/claim"},
	{"POST", "/api/v1/policy"},
	{"POST", "/api/v1/members"},
	{"POST", "/api/v1/tokens"},
	{"POST", "/api/v1/admin/backup"},
}

var formPosts = []surface{
	{"POST", "/report"},
	{"POST", "/thread/open"},
	{"POST", "/thread/message"},
	{"POST", "/thread/appeal"},
	{"POST", "/thread/withdraw"},
	{"POST", "/thread/contact"},
	{"POST", "/thread/leave"},
	{"POST", "/thread/attach"},
	{"POST", "/receipt"},
	{"POST", "/policy/feedback"},
	{"POST", "/desk/sign-in"},
	{"POST", "/desk/team"},
	{"POST", "/desk/cases/x/do/claim"},
}

// enemy sends what no honest program sends.
type enemy struct {
	t       *testing.T
	p       *process
	addr    string
	receipt string
	sent    int
	hung    []net.Conn
}

// answered checks a status: refused or done, but never the server's own fault.
func (e *enemy) answered(what string, status int) {
	e.t.Helper()
	e.sent++
	if status >= 500 && status != http.StatusNotImplemented && status != http.StatusHTTPVersionNotSupported {
		e.t.Errorf("%s: %d", what, status)
	}
}

// do sends a request that net/http can make. A connection that is cut is an
// answer too.
func (e *enemy) do(s surface, contentType string, body io.Reader, head ...string) (int, string) {
	e.t.Helper()
	req, err := http.NewRequest(s.method, e.p.URL+s.path, body)
	if err != nil {
		e.t.Fatal(err)
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	if strings.HasPrefix(s.path, "/api/v1/thread") {
		req.Header.Set("Authorization", e.receipt)
	}
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	for i := 0; i+1 < len(head); i += 2 {
		req.Header[head[i]] = []string{head[i+1]}
	}
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		return 0, ""
	}
	defer res.Body.Close()
	b, _ := io.ReadAll(res.Body)
	e.answered(fmt.Sprintf("%s %s with %s", s.method, s.path, contentType), res.StatusCode)
	return res.StatusCode, string(b)
}

// refused is do for what must be refused.
func (e *enemy) refused(why string, s surface, contentType string, body io.Reader, head ...string) {
	e.t.Helper()
	if status, answer := e.do(s, contentType, body, head...); status != 0 && status < 300 {
		e.t.Errorf("%s: %s %s was answered with %d %.200s", why, s.method, s.path, status, answer)
	}
}

// raw sends bytes as they are and returns the status, or 0 for a connection that
// was only cut.
func (e *enemy) raw(what, text string, half bool) int {
	e.t.Helper()
	c, err := net.Dial("tcp", e.addr)
	if err != nil {
		e.t.Fatalf("%s: the server is gone: %v", what, err)
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
		e.t.Fatal(err)
	}
	_, _ = io.WriteString(c, text)
	if half { // no more will come
		_ = c.(*net.TCPConn).CloseWrite()
	}
	line, err := textproto.NewReader(bufio.NewReader(c)).ReadLine()
	if err != nil {
		return 0
	}
	var status int
	_, _ = fmt.Sscanf(line, "HTTP/1.1 %d", &status)
	e.answered(what, status)
	return status
}

func (e *enemy) alive(after string) {
	e.t.Helper()
	status, _, err := request(http.MethodGet, e.p.URL+"/readyz", "", "", nil)
	if err != nil || status != http.StatusOK {
		e.t.Fatalf("after %s: %d %v\n%s", after, status, err, e.p.stderr)
	}
}

func TestHostileInput(t *testing.T) {
	p := demo(t, "--unlimited")
	s := &sent{key: "first", body: `{"description":"An honest report."}`}
	if ok, err := s.post(p.URL); !ok || err != nil {
		t.Fatal(ok, err)
	}
	u, err := url.Parse(p.URL)
	if err != nil {
		t.Fatal(err)
	}
	e := &enemy{t: t, p: p, addr: u.Host, receipt: "Receipt " + s.Receipt}
	before := len(everyCase(t, p))
	for _, step := range []struct {
		name string
		do   func()
	}{
		{"hanging connections", e.hang},
		{"broken HTTP", e.brokenHTTP},
		{"hostile JSON", e.hostileJSON},
		{"hostile forms", e.hostileForms},
		{"odd addresses and heads", e.oddHeads},
		{"too much", e.tooMuch},
	} {
		step.do()
		e.alive(step.name)
		if t.Failed() {
			t.Fatalf("stopped after %s", step.name)
		}
	}
	if n := len(everyCase(t, p)); n != before {
		t.Errorf("%d cases after, %d before: something refused was stored", n, before)
	}
	e.kept()
	e.alive("files")
	t.Logf("%d requests, at most %d MiB resident", e.sent, p.memory(t)>>20)
	if m := p.memory(t); m > bounded {
		t.Errorf("it held %d MiB resident", m>>20)
	}
	if log := p.stderr.String(); strings.Contains(log, "panic") || strings.Contains(log, "goroutine ") {
		t.Errorf("the log tells of a panic:\n%s", log)
	}
	for _, c := range e.hung { // a graceful stop waits for them
		_ = c.Close()
	}
	if err := p.stop(); err != nil {
		t.Error(err)
	}
}

// hang opens connections that send the head of a request byte by byte, or the
// body never. Others are served meanwhile.
func (e *enemy) hang() {
	for i := range 200 {
		c, err := net.Dial("tcp", e.addr)
		if err != nil {
			e.t.Fatal(err)
		}
		e.hung = append(e.hung, c)
		text := "G"
		if i%2 == 0 {
			text = "POST /api/v1/reports HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"
		}
		if _, err := io.WriteString(c, text); err != nil {
			e.t.Fatal(err)
		}
	}
	if status, _ := e.do(surface{"GET", "/report"}, "", nil); status != http.StatusOK {
		e.t.Errorf("the form answers %d while others hang", status)
	}
}

func (e *enemy) brokenHTTP() {
	post := "POST /api/v1/reports HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
	form := "POST /report HTTP/1.1\r\nHost: x\r\nSec-Fetch-Site: same-origin\r\nContent-Type: multipart/form-data; boundary=b\r\n"
	whole := `{"description":"Never stored."}`
	for name, text := range map[string]string{
		"not HTTP":              "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
		"an old version":        "GET / HTTP/0.9\r\n\r\n",
		"a long head":           "GET / HTTP/1.1\r\nHost: x\r\nX: " + strings.Repeat("a", 1<<20) + "\r\n\r\n",
		"many heads":            "GET / HTTP/1.1\r\nHost: x\r\n" + strings.Repeat("A: b\r\n", 20000) + "\r\n",
		"a long address":        "GET /" + strings.Repeat("a", 1<<20) + " HTTP/1.1\r\nHost: x\r\n\r\n",
		"no host":               "GET / HTTP/1.1\r\n\r\n",
		"a host of nonsense":    "GET / HTTP/1.1\r\nHost: <script>\"\r\n\r\n",
		"NUL in a head":         "GET / HTTP/1.1\r\nHost: x\r\nX: a\x00b\r\n\r\n",
		"a folded head":         "GET / HTTP/1.1\r\nHost: x\r\nX: a\r\n b\r\n\r\n",
		"two lengths":           post + "Content-Length: 5\r\nContent-Length: 31\r\n\r\n" + whole,
		"length and chunks":     post + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n" + whole,
		"a negative length":     post + "Content-Length: -1\r\n\r\n" + whole,
		"too short a length":    post + "Content-Length: 9\r\n\r\n" + whole,
		"a longer length":       post + "Content-Length: 999\r\n\r\n" + whole,
		"a huge length":         post + "Content-Length: 99999999999\r\n\r\n" + whole,
		"bad chunks":            post + "Transfer-Encoding: chunked\r\n\r\nXYZ\r\n" + whole + "\r\n0\r\n\r\n",
		"a chunk cut short":     post + "Transfer-Encoding: chunked\r\n\r\n1f\r\n{\"desc",
		"an unknown encoding":   post + "Transfer-Encoding: rot13\r\nContent-Length: 31\r\n\r\n" + whole,
		"a form cut short":      form + "Content-Length: 4000\r\n\r\n--b\r\nContent-Disposition: form-data; name=\"description\"\r\n\r\nNever",
		"a form without an end": form + "Content-Length: 93\r\n\r\n--b\r\nContent-Disposition: form-data; name=\"description\"\r\n\r\nNever stored, since it never ends.",
		"a file cut short": form + "Content-Length: 90000\r\n\r\n--b\r\nContent-Disposition: form-data; name=\"once\"\r\n\r\nx\r\n--b\r\n" +
			"Content-Disposition: form-data; name=\"attachments\"; filename=\"a\"\r\n\r\nNever",
	} {
		if status := e.raw(name, text, true); status >= 200 && status < 300 && !strings.Contains(text, "GET / HTTP/1.1\r\nHost") {
			e.t.Errorf("%s was answered with %d", name, status)
		}
	}
}

// deep nests n arrays in the member.
func deep(member string, n int) string {
	return `{"` + member + `":` + strings.Repeat("[", n) + strings.Repeat("]", n) + `}`
}

func (e *enemy) hostileJSON() {
	bodies := map[string]string{
		"empty": "", "NUL": "\x00", "null": "null", "an array": "[]", "a text": `"x"`, "a number": "1e999999", "cut short": `{"description":"Never`,
		"deep": deep("description", 10_000), "deep objects": strings.Repeat(`{"extra":`, 10_000) + "1" + strings.Repeat("}", 10_000),
		"deep, unknown": deep("no_such_member", 100_000), "not closed": strings.Repeat("[", 100_000),
		"twice":         `{"description":"One.","description":"Two."}`,
		"unknown":       `{"description":"Never.","__proto__":{"admin":true}}`,
		"wrong types":   `{"description":7,"urls":"x","reporter":[],"extra":3,"tools":{"a":1}}`,
		"invalid UTF-8": "{\"description\":\"\xff\xfe\xc0\xaf\"}",
		"NUL inside":    `{"description":"a\u0000b"}`, "UTF-16": "\xff\xfe{\x00}\x00", "two documents": `{"description":"a"}{"description":"b"}`,
		"control characters": `{"description":"\u001b[2J\u0007"}`, "only blanks": `{"description":" \t\u00a0\n"}`,
		"a line break in a line": `{"description":"Never.","title":"a\r\nBcc: x@example.com"}`,
		"many members":           `{"description":"Never.","extra":{` + strings.Repeat(`"a":"b",`, 50_000) + `"z":"z"}}`,
	}
	for name, body := range bodies {
		for _, s := range jsonPosts {
			if name == "empty" && s.path != "/api/v1/reports" {
				continue // some verbs need no body
			}
			e.refused(name, s, "application/json", strings.NewReader(body))
		}
	}
	whole := `{"description":"Never stored."}`
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	_, _ = io.Copy(z, io.LimitReader(zeros{}, 64<<20))
	_ = z.Close()
	for _, s := range jsonPosts {
		e.refused("another type", s, "text/plain", strings.NewReader(whole))
		e.refused("a broken type", s, "application/json; charset=\"", strings.NewReader(whole))
		e.refused("an encoded bomb", s, "application/json", bytes.NewReader(zipped.Bytes()), "Content-Encoding", "gzip")
		e.refused("over the limit", s, "application/json", strings.NewReader(`{"description":"`+strings.Repeat("x", 3<<20)+`"}`))
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func (e *enemy) hostileForms() {
	const encoded = "application/x-www-form-urlencoded"
	for _, s := range formPosts {
		for name, body := range map[string]string{
			"empty": "", "bad escapes": "description=%zz&text=%", "NUL": "description=a%00b&text=a%00b&receipt=%00&email=%00&link=%00",
			"invalid UTF-8": "description=%ff%fe&text=%c0%af&receipt=%ff&email=%ff", "semicolons": "a=1;b=2", "many": strings.Repeat("a=b&", 100_000),
			"too long": "description=" + strings.Repeat("x", 4<<20), "no form": "\x00\x01\x02",
		} {
			e.refusedPage(name, s, encoded, body)
		}
		for name, kind := range map[string]string{
			"no boundary": "multipart/form-data", "an empty boundary": `multipart/form-data; boundary=""`, "a long boundary": "multipart/form-data; boundary=" + strings.Repeat("b", 4000),
			"JSON": "application/json", "nonsense": "\x7f",
		} {
			e.refusedPage(name, s, kind, "--b\r\n\r\n")
		}
		parts := strings.Repeat("--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nx\r\n", 20_000)
		e.refusedPage("many parts", s, "multipart/form-data; boundary=b", parts+"--b--\r\n")
		e.refusedPage("a part with a long head", s, "multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\""+strings.Repeat("n", 1<<20)+"\"\r\n\r\nx\r\n--b--\r\n")
		e.refusedPage("nested parts", s, "multipart/form-data; boundary=b", "--b\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\n\r\n--c--\r\n--b--\r\n")
		// From another site.
		e.refused("from elsewhere", s, encoded, strings.NewReader("description=Never+stored.&text=x"), "Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example.com")
	}
}

// refusedPage is refused where a page may show the form again.
func (e *enemy) refusedPage(why string, s surface, contentType, body string) {
	e.t.Helper()
	if status, page := e.do(s, contentType, strings.NewReader(body)); status == http.StatusCreated || strings.Contains(page, "FL-2") {
		e.t.Errorf("%s: %s was answered with %d", why, s.path, status)
	}
}

func (e *enemy) oddHeads() {
	for _, s := range pages {
		for _, q := range []string{"?%00", "?a=%ff%fe", "?after=%00&state=%27%3B--&limit=-1&received=%00", "?case=../../x&next=//evil.example.com", "?" + strings.Repeat("a=b&", 5000)} {
			e.do(surface{s.method, s.path + q}, "", nil)
		}
		for _, end := range []string{"%00", "%ff", "/../../../etc/passwd", "%2e%2e%2f%2e%2e%2fetc%2fpasswd", "//", "\\..\\"} {
			e.raw(s.path+end, "GET "+s.path+end+" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", false)
		}
		for _, credentials := range []string{"", "Bearer", "Bearer \xff\xfe", "Receipt", "Receipt " + strings.Repeat("a-", 10_000), "Basic ////", "Receipt a\tb", "Bearer fl_" + strings.Repeat("A", 20_000)} {
			e.do(s, "", nil, "Authorization", credentials)
		}
		e.do(s, "", nil, "Cookie", "fairlead_thread=\xff; fairlead_desk="+strings.Repeat("x", 10_000)+"; __Host-x=\"")
		e.do(s, "", nil, "Range", "bytes=0-,0-,0-,0-", "Accept-Encoding", "gzip;q=nan, *;q=-1", "Accept-Language", strings.Repeat("de,", 5000), "If-None-Match", strings.Repeat("\"x\",", 3000))
		e.do(s, "", nil, "X-Forwarded-For", strings.Repeat("1.2.3.4,", 2000), "X-Forwarded-Proto", "javascript", "Forwarded", "for=\x01")
		for _, method := range []string{"PUT", "DELETE", "PATCH", "TRACE", "CONNECT", "OPTIONS", "HEAD", "M\u00d6P"} {
			e.raw(method+" "+s.path, method+" "+s.path+" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", false)
		}
	}
	e.do(surface{"POST", "/api/v1/reports"}, "application/json", strings.NewReader(`{}`), "Idempotency-Key", strings.Repeat("k", 20_000))
	e.refused("an odd key", surface{"POST", "/api/v1/reports"}, "application/json", strings.NewReader(`{"description":"Never."}`), "Idempotency-Key", "\xff\xfe")
}

// tooMuch sends bodies over every limit.
func (e *enemy) tooMuch() {
	for _, s := range []surface{{"POST", "/api/v1/thread/attachments"}, {"POST", "/api/v1/reports"}, {"POST", "/thread/attach"}, {"POST", "/thread/message"}} {
		r, w := io.Pipe()
		m := multipart.NewWriter(w)
		go func() {
			part, err := m.CreateFormFile("file", "big.bin")
			if err == nil {
				_, err = io.Copy(part, io.LimitReader(zeros{}, 60<<20))
			}
			if err == nil {
				err = m.Close()
			}
			_ = w.CloseWithError(err)
		}()
		e.refused("60 MiB", s, m.FormDataContentType(), r)
		_ = r.Close()
	}
}

// bomb is a small file that unpacks to a large one.
func bomb(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.Create("zeros")
	if err == nil {
		_, err = io.Copy(w, io.LimitReader(zeros{}, 200<<20))
	}
	if err == nil {
		err = z.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// kept sends what is allowed but odd: files that unpack to much, names that are
// paths, words that are code. It all comes back as it went in, and harmless.
func (e *enemy) kept() {
	data := bomb(e.t)
	for _, name := range []string{
		"../../../../etc/passwd", `..\..\windows\system32\x.dll`, "/etc/shadow", "C:\\con", "a\u202egnp.exe", "<img src=x onerror=alert(1)>.svg",
		strings.Repeat("n", 300), "..", ".", "", "x\r\nSet-Cookie: a=b", "nul\x00l.txt", "\xff\xfe.txt", "naïve ☃.html",
	} {
		var b bytes.Buffer
		m := multipart.NewWriter(&b)
		h := textproto.MIMEHeader{}
		h.Set("Content-Disposition", fmt.Sprintf(`form-data; name="file"; filename="%s"`, strings.NewReplacer("\\", "\\\\", `"`, "\\\"", "\r", "%0D", "\n", "%0A").Replace(name)))
		h.Set("Content-Type", "text/html")
		part, err := m.CreatePart(h)
		if err == nil {
			_, err = part.Write(data)
		}
		if err == nil {
			err = m.Close()
		}
		if err != nil {
			e.t.Fatal(err)
		}
		status, answer := e.do(surface{"POST", "/api/v1/thread/attachments"}, m.FormDataContentType(), &b)
		if status != http.StatusCreated {
			if status < 400 {
				e.t.Errorf("a file named %q: %d %s", name, status, answer)
			}
			continue
		}
		e.comesBack(name, answer, data)
		data = data[:min(len(data), 1000)] // once is enough of the large one
	}
	status, _ := e.do(surface{"POST", "/api/v1/thread/messages"}, "application/json", strings.NewReader(`{"text":"<script>alert(1)</script><img src=x onerror=alert(1)> {{.}} ${7*7} ' OR 1=1 --"}`))
	if status != http.StatusCreated {
		e.t.Errorf("words that are code: %d", status)
	}
}

func (e *enemy) comesBack(name, answer string, data []byte) {
	e.t.Helper()
	_, rest, _ := strings.Cut(answer, `"id":"`)
	id, _, _ := strings.Cut(rest, `"`)
	req, err := http.NewRequest(http.MethodGet, e.p.URL+"/api/v1/thread/attachments/"+id, nil)
	if err != nil {
		e.t.Fatal(err)
	}
	req.Header.Set("Authorization", e.receipt)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		e.t.Fatal(err)
	}
	defer res.Body.Close()
	got, err := io.ReadAll(res.Body)
	h := res.Header
	if err != nil || !bytes.Equal(got, data) || !strings.HasPrefix(h.Get("Content-Disposition"), "attachment") || h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Content-Type") != "application/octet-stream" {
		e.t.Errorf("a file named %q comes back as %d bytes with %v: %v", name, len(got), h, err)
	}
	if h.Get("Set-Cookie") != "" || strings.Contains(h.Get("Content-Disposition"), "..") || strings.ContainsAny(h.Get("Content-Disposition"), "/\\") {
		e.t.Errorf("a file named %q comes back as %q", name, h.Get("Content-Disposition"))
	}
}

// TestLimitsAreLoud sends more than the limits allow: who is over one is told
// when to come back, and everything acknowledged is there.
func TestLimitsAreLoud(t *testing.T) {
	p := demo(t, "--empty")
	acked, limited := 0, 0
	for i := range 120 {
		req, err := http.NewRequest(http.MethodPost, p.URL+"/api/v1/reports", strings.NewReader(fmt.Sprintf(`{"description":"Number %d."}`, i)))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/json")
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		switch res.StatusCode {
		case http.StatusCreated:
			acked++
		case http.StatusTooManyRequests:
			limited++
			if res.Header.Get("Retry-After") == "" {
				t.Error("a 429 does not say when to come back")
			}
		default:
			t.Errorf("report %d: %d", i, res.StatusCode)
		}
	}
	t.Logf("%d taken, %d asked to come back", acked, limited)
	if n := len(everyCase(t, p)); n != acked {
		t.Errorf("%d cases for %d acknowledgements", n, acked)
	}
	for range 40 {
		if status, _, err := request(http.MethodGet, p.URL+"/api/v1/thread", "Receipt a-b-c-d-e-f-g", "", nil); err != nil || status != http.StatusUnauthorized && status != http.StatusTooManyRequests {
			t.Fatalf("a wrong receipt: %d %v", status, err)
		}
	}
}

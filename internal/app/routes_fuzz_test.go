package app_test

import (
	"bytes"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// kinds are the types that a body may claim to be, whatever it is.
var kinds = []string{
	"application/x-www-form-urlencoded", "application/json", "multipart/form-data; boundary=b", "application/yaml",
	"text/plain", "application/json; charset=utf-16", "multipart/form-data", "application/x-www-form-urlencoded; charset=\xff", "",
}

// tag stands in seeds, and in no template: an answer in HTML that holds it as it
// came would let strangers write tags.
const tag = "<fuzz-tag>"

// FuzzRoutes sends anybody's bytes to every address of the site and the API, as
// every role: no answer is a failure of ours, none holds a word of a case that the
// reader may not see, none repeats a tag, and each page carries its headers.
func FuzzRoutes(f *testing.F) {
	m := newMatrix(f)
	m.still = true
	callers, routes := m.callers(), slices.DeleteFunc(m.routes(), ends)
	for i, route := range routes {
		r := m.request(route, m.own, callers[i%len(callers)])
		body, err := io.ReadAll(r.Body)
		if err != nil {
			f.Fatal(err)
		}
		kind := max(0, slices.Index(kinds, r.Header.Get("Content-Type")))
		f.Add(uint16(i), uint8(i), uint8(kind), r.URL.RawQuery, body)
		f.Add(uint16(i), uint8(i+1), uint8(i), "q="+tag+"&lang=de&show=%00&state="+tag, []byte(`text=`+tag+`&title=`+tag+`&name=%ff%00`))
		f.Add(uint16(i), uint8(i+2), uint8(1), "limit=-1&cursor=%F0&sort=x", []byte(`{"text":"`+tag+`","description":"`+tag+`","title":["\u0000"]}`))
		f.Add(uint16(i), uint8(i+3), uint8(2), "", []byte("--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"../"+tag+"\x00.html\"\r\n\r\n"+tag+"\r\n--b--\r\n"))
	}
	f.Fuzz(func(t *testing.T, route uint16, who, kind uint8, query string, body []byte) {
		m.t = t
		c := callers[int(who)%len(callers)]
		r := m.request(routes[int(route)%len(routes)], m.foreign, c)
		r.URL.RawQuery, r.RequestURI = query, ""
		if r.Method != http.MethodGet {
			r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
			r.Header.Set("Content-Type", kinds[int(kind)%len(kinds)])
		}
		w := m.ask(r)
		if w.Code >= 500 && w.Code != http.StatusServiceUnavailable {
			t.Fatalf("%s %s as %s: %d %s", r.Method, r.URL, c.name, w.Code, head(w.Body.String()))
		}
		if !c.reads && strings.Contains(w.Body.String(), canary) {
			t.Errorf("%s %s: %s reads a word of a foreign case", r.Method, r.URL, c.name)
		}
		if !strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") {
			return
		}
		if strings.Contains(w.Body.String(), tag) {
			t.Errorf("%s %s as %s: a tag came back as it was sent", r.Method, r.URL, c.name)
		}
		for _, name := range []string{"Content-Security-Policy", "X-Content-Type-Options", "Referrer-Policy", "Cross-Origin-Opener-Policy", "Cross-Origin-Resource-Policy", "Cache-Control"} {
			if w.Header().Get(name) == "" {
				t.Errorf("%s %s as %s: a page without %s", r.Method, r.URL, c.name, name)
			}
		}
	})
}

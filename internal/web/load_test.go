package web_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"fairlead/internal/web"
	"fairlead/internal/web/webtest"
)

// stuck is a reader who reads nothing until let go.
type stuck struct {
	*httptest.ResponseRecorder
	begun, free chan struct{}
	once        sync.Once
	until       time.Time
}

func (s *stuck) Write(p []byte) (int, error) {
	s.once.Do(func() { close(s.begun) })
	<-s.free
	return s.ResponseRecorder.Write(p)
}

func (s *stuck) SetWriteDeadline(t time.Time) error {
	s.until = t
	return nil
}

// big is a site with a page that gives back what it is sent, six times.
func big(t *testing.T) http.Handler {
	h := webtest.New(t, "two-person-team.yaml", func(c *web.Config) { c.Within = func(d time.Duration) time.Time { return webtest.Start.Add(d) } })
	pages, err := h.Site.Pages(fstest.MapFS{"templates/big.html": {Data: []byte(`{{define "main"}}<h1>Big</h1>{{range .View}}{{.}}{{end}}{{end}}`)}}, "templates")
	if err != nil {
		t.Fatal(err)
	}
	return h.Site.Private(func(w http.ResponseWriter, r *http.Request) error {
		if err := web.Form(r); err != nil {
			return err
		}
		x := r.PostForm.Get("x")
		return pages.Render(w, r, http.StatusOK, "big", &web.Page{Title: "Big"}, []string{x, x, x, x, x, x})
	})
}

func sent(from int, body io.Reader) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/big", body)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.RemoteAddr = fmt.Sprintf("192.0.2.%d:1", from)
	return r
}

// Large pages that nobody reads hold a bounded memory, each address a part of it; small
// ones are answered all the while, and what was held is free again at the end.
func TestLargePagesShareAMemory(t *testing.T) {
	site := big(t)
	form := "x=" + strings.Repeat("y", 1<<20)
	free, ended := make(chan struct{}), sync.WaitGroup{}
	answered := func(from int, body string) (*stuck, *httptest.ResponseRecorder) {
		one := &stuck{ResponseRecorder: httptest.NewRecorder(), begun: make(chan struct{}), free: free}
		done := make(chan struct{})
		ended.Go(func() {
			site.ServeHTTP(one, sent(from, strings.NewReader(body)))
			close(done)
		})
		select {
		case <-one.begun:
		case <-done:
		}
		return one, one.ResponseRecorder
	}
	held := 0
	for from := range 20 {
		for range 4 {
			one, w := answered(from, form)
			if w.Code == http.StatusOK {
				held++
			} else if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" {
				t.Errorf("put off with %d", w.Code)
			}
			if w.Code == http.StatusOK && one.until.Sub(webtest.Start) > 5*time.Minute {
				t.Errorf("its reader may take %s", one.until.Sub(webtest.Start))
			}
			if one.until.IsZero() {
				t.Fatal("its reader may take for ever")
			}
		}
		if from == 0 && held != 2 {
			t.Errorf("one address holds %d pages of 6 MiB, of 16 MiB for each", held)
		}
	}
	if held < 8 || held > 10 {
		t.Errorf("%d pages of 6 MiB are held, of 64 MiB", held)
	}
	small := httptest.NewRecorder()
	site.ServeHTTP(small, sent(7, strings.NewReader("x=little")))
	if small.Code != http.StatusOK || !strings.Contains(small.Body.String(), "little") {
		t.Errorf("a small page: %d", small.Code)
	}
	close(free)
	ended.Wait()
	again := httptest.NewRecorder()
	site.ServeHTTP(again, sent(7, strings.NewReader(form)))
	if again.Code != http.StatusOK {
		t.Errorf("once the others are gone: %d", again.Code)
	}
}

// Large forms that come slowly share a memory too: what is too much is put off with a
// date, and nobody else's form is.
func TestLargeFormsShareAMemory(t *testing.T) {
	site := big(t)
	open := []*io.PipeWriter{}
	var ended sync.WaitGroup
	begin := func(from int) (code func() int) {
		r, w := io.Pipe()
		out, done := httptest.NewRecorder(), make(chan struct{})
		ended.Go(func() {
			site.ServeHTTP(out, sent(from, r))
			_ = r.Close()
			close(done)
		})
		_, err := w.Write(bytes.Repeat([]byte("y"), 3<<20-100))
		if err == nil { // one more is taken once the others were counted
			_, err = w.Write([]byte("y"))
		}
		open = append(open, w)
		return func() int {
			if err != nil {
				<-done
				if out.Header().Get("Retry-After") == "" {
					t.Error("nobody says when to come again")
				}
				return out.Code
			}
			return 0
		}
	}
	for i := range 5 {
		if code := begin(1)(); code != 0 {
			t.Fatalf("form %d: %d", i, code)
		}
	}
	if code := begin(1)(); code != http.StatusServiceUnavailable {
		t.Errorf("one more of the same address: %d", code)
	}
	if code := begin(2)(); code != 0 {
		t.Errorf("one of another address: %d", code)
	}
	for _, w := range open {
		_ = w.Close()
	}
	ended.Wait()
	out := httptest.NewRecorder()
	site.ServeHTTP(out, sent(1, strings.NewReader("x="+strings.Repeat("y", 2<<20))))
	if out.Code != http.StatusOK {
		t.Errorf("once the others are gone: %d", out.Code)
	}
}

package front

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"fairlead/internal/intake/load"
)

// line remembers until when it would be read.
type line struct {
	*httptest.ResponseRecorder
	until []time.Time
}

func (l *line) SetReadDeadline(t time.Time) error {
	l.until = append(l.until, t)
	return nil
}

// A sender has half a minute and more for what has come, whatever was declared; not for
// the time in which the house is busy; and never more than ten minutes.
func TestABodyIsWaitedForByWhatCame(t *testing.T) {
	w := &line{ResponseRecorder: httptest.NewRecorder()}
	r := httptest.NewRequest(http.MethodPost, "/", io.MultiReader(strings.NewReader(strings.Repeat("x", 1<<20)), strings.NewReader("y")))
	r.ContentLength = 1 << 40
	begun := time.Now()
	Patient(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		for _, size := range []int64{1 << 20, 1} {
			if _, err := io.CopyN(io.Discard, r.Body, size); err != nil {
				t.Error(err)
			}
		}
		_, _ = r.Body.Read(make([]byte, 1))
	})).ServeHTTP(w, r)
	took := time.Since(begun)
	if len(w.until) < 6 || len(w.until)%2 != 0 {
		t.Fatalf("%v", w.until)
	}
	for i := 1; i < len(w.until); i += 2 {
		if !w.until[i].IsZero() {
			t.Errorf("it goes on while nobody reads: %v", w.until[i])
		}
	}
	within := func(i int, want time.Duration) {
		t.Helper()
		if d := w.until[i].Sub(begun); d < want-took || d > want+took {
			t.Errorf("deadline %d after %s, want about %s", i, d, want)
		}
	}
	within(0, 30*time.Second)
	within(len(w.until)-2, 30*time.Second+32*time.Second)

	most := &awaited{ReadCloser: io.NopCloser(strings.NewReader("x")), control: http.NewResponseController(w), end: begun.Add(bodyTimeout), read: 1 << 30}
	_, _ = most.Read(make([]byte, 1))
	if last := w.until[len(w.until)-2]; !last.Equal(begun.Add(bodyTimeout)) {
		t.Errorf("a gigabyte may take until %v", last.Sub(begun))
	}
	late := &awaited{ReadCloser: io.NopCloser(iotest.ErrReader(os.ErrDeadlineExceeded)), control: http.NewResponseController(w), end: begun.Add(bodyTimeout), waited: load.Patience}
	if _, err := late.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) || w.until[len(w.until)-1].After(time.Now()) {
		t.Errorf("%v, and may take until %v", err, w.until[len(w.until)-1])
	}
}

// After a body that broke off the connection ends, whatever the answer: what comes after
// it would be taken for a request.
func TestABrokenBodyEndsTheConnection(t *testing.T) {
	srv := httptest.NewServer(Lingering(Patient(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		Word(w, http.StatusOK, "ok")
	}))))
	defer srv.Close()
	for name, one := range map[string]struct {
		sent  string
		close bool
	}{
		"whole":   {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello", false},
		"in half": {"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nno length\r\n", true},
	} {
		c, err := net.Dial("tcp", srv.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(c, one.sent); err != nil {
			t.Fatal(err)
		}
		res, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil {
			t.Fatal(err)
		}
		if res.StatusCode != http.StatusOK || res.Close != one.close {
			t.Errorf("%s: %d, closed %t", name, res.StatusCode, res.Close)
		}
		_ = res.Body.Close()
		_ = c.Close()
	}
}

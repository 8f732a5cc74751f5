package app_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"fairlead/internal/intake"
)

// The site and the API share one memory for what is sent to them, so that nobody has it
// twice.
func TestTheDoorsShareAMemory(t *testing.T) {
	_, handler := proxiedHouse(t)
	var open []*io.PipeWriter
	var ended sync.WaitGroup
	for range 14 {
		body, w := io.Pipe()
		r := httptest.NewRequest(http.MethodPost, "/api/v1/reports", body)
		r.Header.Set("Content-Type", "application/json")
		ended.Go(func() { handler.ServeHTTP(httptest.NewRecorder(), r) })
		for _, piece := range []string{strings.Repeat(" ", intake.MaxBody-1), " "} {
			if _, err := io.WriteString(w, piece); err != nil {
				t.Fatal(err)
			}
		}
		open = append(open, w)
	}
	form := func(from string) int {
		r := httptest.NewRequest(http.MethodPost, "/report", strings.NewReader("step=preview&description="+strings.Repeat("x", 3<<20)))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if from != "" {
			r.RemoteAddr = from
		}
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		return w.Code
	}
	if code := form(""); code != http.StatusServiceUnavailable {
		t.Errorf("a form beside 14 MiB of reports: %d", code)
	}
	if code := form("198.51.100.7:1"); code == http.StatusServiceUnavailable {
		t.Error("another network is put off too")
	}
	for _, w := range open {
		_ = w.Close()
	}
	ended.Wait()
	if code := form(""); code == http.StatusServiceUnavailable {
		t.Error("what was held is not free again")
	}
}

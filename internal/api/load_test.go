package api_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http/httptest"
	"net/url"
	"runtime"
	"strings"
	"sync"
	"testing"

	"fairlead/internal/intake"
)

// waiting is a body of which nothing comes until it is let go.
type waiting struct {
	asked chan<- struct{}
	free  <-chan struct{}
}

func (w waiting) Read([]byte) (int, error) {
	w.asked <- struct{}{}
	<-w.free
	return 0, io.EOF
}

// What a head declares takes no memory before it comes: a megabyte for a line would let
// one client without an account fill all there is.
func TestADeclaredLengthHoldsNothing(t *testing.T) {
	h := open(t, true)
	const many, size = 200, intake.MaxBody
	asked, free := make(chan struct{}, many), make(chan struct{})
	var ended sync.WaitGroup
	used := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := used()
	for range many {
		r := httptest.NewRequest("POST", "/api/v1/reports", waiting{asked, free})
		r.Header.Set("Content-Type", "application/json")
		r.ContentLength = size
		ended.Go(func() { h.api.ServeHTTP(httptest.NewRecorder(), r) })
	}
	for range many {
		<-asked
	}
	if after := used(); after > before+many*size/8 {
		t.Errorf("%d requests that sent nothing hold %d KiB", many, (after-before)>>10)
	}
	close(free)
	ended.Wait()
}

// unread is a body that must not be read.
type unread struct{ t *testing.T }

func (u unread) Read([]byte) (int, error) {
	u.t.Error("the body was read")
	return 0, io.EOF
}

// Whoever tries too often is refused before a body is read, whatever is in it, and what
// is no code at all counts as a try. A code needs no long body.
func TestTriesOfCodesAreCountedBeforeTheirBody(t *testing.T) {
	h := open(t, false)
	const path = "/api/v1/thread/claim"
	h.ask("POST", path, `{"code":"`+strings.Repeat("x", 5000)+`"}`).want(t, 413)
	for range 29 {
		h.ask("POST", path, `[`).want(t, 400)
	}
	r := httptest.NewRequest("POST", path, unread{t})
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	h.api.ServeHTTP(w, r)
	answer{w}.want(t, 429)
}

// The same for the writes of a receipt.
func TestWritesAreCountedBeforeTheirBody(t *testing.T) {
	h := open(t, false)
	_, receipt := h.report(`{"description":"x"}`)
	for range 60 {
		h.ask("POST", "/api/v1/thread/messages", `[`, "Authorization", "Receipt "+receipt).want(t, 400)
	}
	for _, path := range []string{"messages", "contact", "withdraw", "appeal", "check-result", "attachments"} {
		r := httptest.NewRequest("POST", "/api/v1/thread/"+path, unread{t})
		r.Header.Set("Authorization", "Receipt "+receipt)
		w := httptest.NewRecorder()
		h.api.ServeHTTP(w, r)
		answer{w}.want(t, 429)
	}
}

// Large bodies that come slowly share a memory: what is too much is put off with a time
// to come again, nobody else is, and what was held is free at the end.
func TestLargeBodiesShareAMemory(t *testing.T) {
	h := open(t, false)
	open := []*io.PipeWriter{}
	var ended sync.WaitGroup
	begin := func(from int) (refused *httptest.ResponseRecorder) {
		body, w := io.Pipe()
		r := httptest.NewRequest("POST", "/api/v1/reports", body)
		r.Header.Set("Content-Type", "application/json")
		r.RemoteAddr = fmt.Sprintf("192.0.2.%d:1", from)
		out, done := httptest.NewRecorder(), make(chan struct{})
		ended.Go(func() {
			h.api.ServeHTTP(out, r)
			_ = body.Close()
			close(done)
		})
		open = append(open, w)
		_, err := w.Write([]byte(strings.Repeat(" ", intake.MaxBody-1)))
		if err == nil { // one more is taken once the others were counted
			_, err = w.Write([]byte(" "))
		}
		if err != nil {
			<-done
			return out
		}
		return nil
	}
	for i := range 16 {
		if out := begin(1); out != nil {
			t.Fatalf("body %d: %d %s", i, out.Code, out.Body)
		}
	}
	out := begin(1)
	if out == nil {
		t.Fatal("one more of the same network is taken")
	}
	answer{out}.want(t, 503)
	if out.Header().Get("Retry-After") != "30" || !strings.Contains(out.Body.String(), "urn:fairlead:problem:unavailable") {
		t.Errorf("%v %s", out.Header(), out.Body)
	}
	if begin(2) != nil {
		t.Error("another network is put off too")
	}
	for _, w := range open {
		_ = w.Close()
	}
	ended.Wait()
	if h.Log.String() == "" || strings.Contains(h.Log.String(), "level=ERROR") {
		t.Errorf("the log reads %s", h.Log)
	}
	h.ask("POST", "/api/v1/reports", `{"description":"`+strings.Repeat("x", 90_000)+`"}`).want(t, 201)
}

// A hundred faults are told of a body and of a query, and no more are put into words:
// words cost a hundred times what it costs to send a wrong name.
func TestFaultsBeyondTheHundredCostNothing(t *testing.T) {
	h := open(t, true)
	_, receipt := h.report(`{"description":"x"}`)
	var names strings.Builder
	for i := range 40_000 {
		fmt.Fprintf(&names, `"%x":1,`, i)
	}
	body := `{` + names.String() + `"text":"x"}`
	query := "/api/v1/policy?" + strings.TrimSuffix(junk(7800), "&")
	told := func(a answer) {
		t.Helper()
		if n := len(fieldsOf(problemOf(t, a.want(t, 422)))); n != intake.MaxFaults {
			t.Errorf("%d faults are told", n)
		}
	}
	for name, one := range map[string]struct {
		parse func() // what reading alone costs
		ask   func()
	}{
		"body": {func() {
			var m map[string]json.RawMessage
			if err := json.Unmarshal([]byte(body), &m); err != nil {
				t.Error(err)
			}
			_ = intake.Scan([]byte(body))
		}, func() {
			told(h.ask("POST", "/api/v1/thread/messages", body, "Authorization", "Receipt "+receipt))
		}},
		"query": {func() {
			u, err := url.Parse(query)
			if err != nil {
				t.Error(err)
			}
			_ = u.Query()
		}, func() { told(h.ask("GET", query, "")) }},
	} {
		read, all := testing.AllocsPerRun(2, one.parse), testing.AllocsPerRun(2, one.ask)
		if all > 2*read+20_000 {
			t.Errorf("%s: %.0f allocations, of which reading takes %.0f", name, all, read)
		}
	}
}

func junk(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "%x&", i)
	}
	return b.String()
}

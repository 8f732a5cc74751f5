package desk_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"fairlead/internal/store/memo"
	"fairlead/internal/web/desk"
	"fairlead/internal/web/webtest"
)

// BenchmarkQueuePage is the first page of the queue when nothing is committed between two
// looks, without the connection: what docs/benchmarks.md measures with it.
func BenchmarkQueuePage(b *testing.B) {
	h := webtest.New(b, "signed-policy.yaml", nil, desk.Register)
	for range 60 {
		h.Receive(full())
	}
	br := in(h, "lead@example.org")
	b.ReportAllocs()
	for b.Loop() {
		r := httptest.NewRequest(http.MethodGet, "/desk/", nil)
		br.Carry(r)
		r = r.WithContext(memo.Hold(r.Context()))
		w := httptest.NewRecorder()
		h.Mux.ServeHTTP(w, r)
		if w.Code != 200 {
			b.Fatal(w.Code)
		}
	}
}

package bench

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"fairlead/internal/app"
	"fairlead/internal/cvd"
)

// furnished is a house with so many cases and a lead's session, without a
// network.
func furnished(b *testing.B, cases int) (http.Handler, string, cvd.CaseID) {
	b.Helper()
	ctx := context.Background()
	h, err := app.Build(ctx, app.Config{Data: b.TempDir(), Database: app.DatabaseConfig{Engine: "sqlite"}}, app.Options{Demo: true, Unlimited: true})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = h.Close() })
	id, err := fillHouse(ctx, h, cases)
	if err != nil {
		b.Fatal(err)
	}
	handler, err := h.Handler(false)
	if err != nil {
		b.Fatal(err)
	}
	members, err := h.Auth.Members(ctx)
	if err != nil {
		b.Fatal(err)
	}
	for _, m := range members {
		if m.Is(cvd.RoleLead) {
			code, err := h.Auth.NewLink(ctx, m.ID, time.Hour)
			if err != nil {
				b.Fatal(err)
			}
			r := httptest.NewRequest("POST", "/desk/sign-in", strings.NewReader(url.Values{"link": {code}}.Encode()))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, r)
			for _, c := range w.Result().Cookies() {
				return handler, c.Name + "=" + c.Value, id
			}
		}
	}
	b.Fatal("nobody could sign in")
	return nil, "", ""
}

func serve(b *testing.B, handler http.Handler, cookie, path string) {
	b.Helper()
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		r := httptest.NewRequest("GET", path, nil)
		r.Header.Set("Cookie", cookie)
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		if w.Code != http.StatusOK {
			b.Fatalf("%s answered %d", path, w.Code)
		}
	}
}

// BenchmarkQueuePage is the first page of the queue among 20,000 cases.
func BenchmarkQueuePage(b *testing.B) {
	handler, cookie, _ := furnished(b, 20000)
	serve(b, handler, cookie, "/desk/")
}

// BenchmarkCasePage is the page of a case with thirty messages.
func BenchmarkCasePage(b *testing.B) {
	handler, cookie, id := furnished(b, 0)
	serve(b, handler, cookie, "/desk/cases/"+string(id))
}

// BenchmarkIntake is a report through the API from thirty-two clients at once,
// without a network.
func BenchmarkIntake(b *testing.B) {
	handler, _, _ := furnished(b, 0)
	var n atomic.Int64
	b.SetParallelism(32 / runtime.GOMAXPROCS(0))
	b.ReportAllocs()
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			r := httptest.NewRequest("POST", "/api/v1/reports", bytes.NewReader(report(n.Add(1))))
			r.Header.Set("Content-Type", "application/json")
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, r)
			if w.Code != http.StatusCreated {
				b.Fatalf("a report was answered with %d", w.Code)
			}
		}
	})
}

package api_test

import (
	"strings"
	"testing"
)

// What the door adds to the durable intake of a 2 KB report.
func BenchmarkReport(b *testing.B) {
	h := open(b, true)
	body := `{"title":"Overread","product":"none","description":"` + strings.Repeat("the parser reads past its end ", 64) + `"}`
	b.SetParallelism(16)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if a := h.ask("POST", "/api/v1/reports", body); a.Code != 201 {
				b.Errorf("%d %s", a.Code, a.Body)
			}
		}
	})
}

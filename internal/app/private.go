package app

import (
	"context"
	"net/http"
	"net/http/pprof"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"fairlead/internal/casework"
	"fairlead/internal/cvd"
)

// Private is what operators see and strangers never: metrics and profiles. It
// holds counts only, no id and no word of a case.
func (h *House) Private() http.Handler {
	reg := prometheus.NewRegistry()
	reg.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	gauge := func(name, help string, read func(context.Context) (float64, error)) {
		reg.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Namespace: "fairlead", Name: name, Help: help}, func() float64 {
			ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
			defer cancel()
			v, err := read(ctx)
			if err != nil {
				return -1
			}
			return v
		}))
	}
	count := func(f casework.Filter) func(context.Context) (float64, error) {
		return func(ctx context.Context) (float64, error) {
			n, err := h.Desk.As(cvd.System).Count(ctx, f)
			if err != nil {
				return 0, err
			}
			return float64(n[0]), nil
		}
	}
	gauge("cases_open", "Cases that are not closed, counted up to 1001.", count(casework.Filter{Open: true}))
	gauge("cases_broken_promise", "Open cases with a broken promise, counted up to 1001.", count(casework.Filter{Open: true, Breached: true}))
	gauge("cases_unowned", "Open cases that nobody holds, counted up to 1001.", count(casework.Filter{Open: true, Unassigned: true}))
	gauge("outbox_pending", "Notices not carried yet.", func(ctx context.Context) (float64, error) {
		s, err := h.Outbox.Status(ctx)
		return float64(s.Pending), err
	})
	gauge("outbox_dead", "Notices given up.", func(ctx context.Context) (float64, error) {
		s, err := h.Outbox.Status(ctx)
		return float64(s.Dead), err
	})
	gauge("ready", "1 when a report sent now would be kept.", func(ctx context.Context) (float64, error) {
		if h.Ready(ctx) != nil {
			return 0, nil
		}
		return 1, nil
	})
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(reg, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	return mux
}

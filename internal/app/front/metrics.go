package front

import (
	"context"
	"net/http"
	"net/http/pprof"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// readTimeout is how long a gauge may be read.
const readTimeout = 5 * time.Second

// Gauge is a number that operators watch. One that cannot be read is -1.
type Gauge struct {
	Name, Help string
	Read       func(context.Context) (float64, error)
}

// Metrics is what operators see and strangers never: numbers and profiles.
func Metrics(gauges []Gauge) http.Handler {
	reg := prometheus.NewRegistry()
	reg.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	for _, g := range gauges {
		reg.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Namespace: "fairlead", Name: g.Name, Help: g.Help}, func() float64 {
			ctx, cancel := context.WithTimeout(context.Background(), readTimeout)
			defer cancel()
			v, err := g.Read(ctx)
			if err != nil {
				return -1
			}
			return v
		}))
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(reg, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	return mux
}

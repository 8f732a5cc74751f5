package app

import (
	"context"
	"net/http"

	"fairlead/internal/app/front"
	"fairlead/internal/casework"
	"fairlead/internal/cvd"
)

// Private is what operators see and strangers never: metrics and profiles. It
// holds counts only, no id and no word of a case.
func (h *House) Private() http.Handler {
	count := func(f casework.Filter) func(context.Context) (float64, error) {
		return func(ctx context.Context) (float64, error) {
			n, err := h.Desk.As(cvd.System).Count(ctx, f)
			if err != nil {
				return 0, err
			}
			return float64(n[0]), nil
		}
	}
	return front.Metrics([]front.Gauge{
		{Name: "cases_open", Help: "Cases that are not closed, counted up to 1001.", Read: count(casework.Filter{Open: true})},
		{Name: "cases_broken_promise", Help: "Open cases with a broken promise, counted up to 1001.", Read: count(casework.Filter{Open: true, Breached: true})},
		{Name: "cases_unowned", Help: "Open cases that nobody holds, counted up to 1001.", Read: count(casework.Filter{Open: true, Assignees: []string{""}})},
		{Name: "outbox_pending", Help: "Notices not carried yet.", Read: func(ctx context.Context) (float64, error) {
			s, err := h.Outbox.Status(ctx)
			return float64(s.Pending), err
		}},
		{Name: "outbox_dead", Help: "Notices given up.", Read: func(ctx context.Context) (float64, error) {
			s, err := h.Outbox.Status(ctx)
			return float64(s.Dead), err
		}},
		{Name: "ready", Help: "1 when a report sent now would be kept.", Read: func(ctx context.Context) (float64, error) {
			if h.Ready(ctx) != nil {
				return 0, nil
			}
			return 1, nil
		}},
	})
}

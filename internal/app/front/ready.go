package front

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"time"
)

// Limits of the answer to readiness. It costs a synced write, so strangers who
// ask often get the one of a moment ago.
const (
	readyFor  = 2 * time.Second
	readyWait = 5 * time.Second
)

// Lately remembers the last answer. Its zero value has none. It is safe for use by
// several goroutines.
type Lately struct {
	mu  sync.Mutex
	at  time.Time
	err error
}

// Ask gives the answer of a moment ago, or a new one. Whoever asks meanwhile
// waits for that one.
func (l *Lately) Ask(ctx context.Context, ready func(context.Context) error) (err error, fresh bool) { //nolint:revive // the error is the answer here
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.at.IsZero() && time.Since(l.at) < readyFor {
		return l.err, false
	}
	// Others use the answer too, so it does not end with the one who asked.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), readyWait)
	defer cancel()
	l.err, l.at = ready(ctx), time.Now()
	return l.err, true
}

// Handler answers with a word or three: whether a report sent now would be kept, and
// whether files would.
func (l *Lately) Handler(ready func(context.Context) error, full func() bool, log *slog.Logger) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		err, fresh := l.Ask(r.Context(), ready)
		switch {
		case err == nil && full():
			Word(w, http.StatusOK, "ready without files")
		case err == nil:
			Word(w, http.StatusOK, "ready")
		default:
			if fresh {
				log.Warn("not ready", "err", err)
			}
			Word(w, http.StatusServiceUnavailable, "unavailable")
		}
	}
}

package app

import (
	"context"
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

// lately remembers the last answer. It goes by the machine's own clock, whatever
// the house's shows.
type lately struct {
	mu  sync.Mutex
	at  time.Time
	err error
}

// ask gives the answer of a moment ago, or a new one. Whoever asks meanwhile
// waits for that one.
func (l *lately) ask(ctx context.Context, ready func(context.Context) error) (err error, fresh bool) { //nolint:revive // the error is the answer here
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

// readyz is one word: whether a report sent now would be kept.
func (h *House) readyz(last *lately) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		err, fresh := last.ask(r.Context(), h.Ready)
		if err == nil {
			oneWord(w, http.StatusOK, "ready")
			return
		}
		if fresh {
			h.Options.Log.Warn("not ready", "err", err)
		}
		oneWord(w, http.StatusServiceUnavailable, "unavailable")
	}
}

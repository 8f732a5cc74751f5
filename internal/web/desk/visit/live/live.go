// Package live is the line by which an open page of the desk hears which cases changed:
// server-sent events (WHATWG HTML, section 9.2).
//
// It never sends a word of a case, never tells of one that the reader may not see at
// that moment, and never keeps a session alive. Pages work without it.
package live

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"time"

	"fairlead/internal/casework/watch"
	"fairlead/internal/cvd"
	"fairlead/internal/may"
	"fairlead/internal/web/desk/visit"
)

// Routes lists the addresses of this part.
func Routes(shared *visit.Desk) []visit.Route {
	return []visit.Route{{Pattern: "GET /desk/events", Area: may.AreaCases, Use: may.Look, Quiet: true, Do: desk{shared}.events}}
}

type desk struct{ *visit.Desk }

const (
	// alive is after how many looks something is sent and the session looked at, though
	// nothing changed.
	alive = 15
	// patience is how long one reader may take to take what is sent.
	patience = 15 * time.Second
	// opening asks the browser to wait a little before it connects anew.
	opening = "retry: 5000\nevent: ready\ndata: {}\n\n"
	// ending asks it not to.
	ending = "event: end\ndata: {}\n\n"
	// out says beside that nobody who may see the page is signed in any more.
	out = "event: end\ndata: {\"out\":true}\n\n"
)

// line is one reader's stream.
type line struct {
	io.Writer
	control *http.ResponseController
	within  func(time.Duration) time.Time
}

func (l line) send(text string) error {
	if l.within != nil {
		if err := l.control.SetWriteDeadline(l.within(patience)); err != nil && !errors.Is(err, http.ErrNotSupported) {
			return err
		}
	}
	if _, err := io.WriteString(l, text); err != nil {
		return err
	}
	return l.control.Flush()
}

func (d desk) events(w http.ResponseWriter, r *http.Request, v *visit.Visit) error {
	if d.Site.Watch == nil {
		return cvd.ErrNotFound
	}
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("X-Accel-Buffering", "no") // proxies pass it on at once
	to := line{w, http.NewResponseController(w), d.Site.Within}
	if err := to.control.SetReadDeadline(time.Time{}); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	w.WriteHeader(http.StatusOK)
	if r.Method == http.MethodHead {
		return nil
	}
	heard := d.Site.Watch.Listen(v.Actor.ID)
	defer heard.Close()
	// What the request's own context remembers of the store is as old as the request.
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	defer context.AfterFunc(r.Context(), stop)()
	err := to.send(opening)
	for nth := 1; err == nil; nth++ {
		var news watch.News
		if news, err = heard.Next(ctx); err == nil {
			err = d.tell(ctx, r, to, news, nth%alive == 0)
		}
	}
	switch {
	case errors.Is(err, cvd.ErrUnauthenticated), errors.Is(err, cvd.ErrNotFound):
		_ = to.send(out)
	case errors.Is(err, watch.ErrCrowded):
		_ = to.send(ending)
	}
	return nil // the answer has begun: all that can be said is its end
}

// tell sends what of the news is the reader's. Whoever is signed out meanwhile, or may
// no longer see any case, hears nothing more.
func (d desk) tell(ctx context.Context, r *http.Request, to line, news watch.News, beat bool) error {
	if !beat && !news.Many && len(news.Changes) == 0 {
		return nil
	}
	s, err := d.Glance(r.WithContext(ctx))
	if err != nil {
		return err
	}
	if may.Enter(s.Actor, may.AreaCases) < may.Look {
		return cvd.ErrNotFound
	}
	news.Changes, err = d.Site.Watch.Visible(ctx, s.Actor, news.Changes)
	switch {
	case err != nil:
		return err
	case len(news.Changes) > 0, news.Many && may.Of(s.Actor, cvd.VerbRead) == may.All:
		text, err := json.Marshal(map[string]any{"changes": news.Changes, "many": news.Many})
		if err != nil {
			return err
		}
		return to.send("event: news\ndata: " + string(text) + "\n\n")
	case beat:
		return to.send(":\n\n")
	}
	return nil
}

// Package storybook serves the page that shows every component of the site, and
// nothing else: no case, no policy, no store stands behind it.
package storybook

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"time"

	"fairlead/internal/app/front"
	"fairlead/internal/cvd"
	"fairlead/internal/web"
	"fairlead/internal/web/advisories"
	"fairlead/internal/web/desk"
	"fairlead/internal/web/public/promise"
	"fairlead/internal/web/public/report"
	"fairlead/internal/web/public/thread"
	"fairlead/internal/web/storybook"
	"fairlead/internal/words"
)

// shown is the instant at which all invented data stands.
var shown = time.Date(2026, time.September, 16, 14, 0, 0, 0, time.UTC)

// Shelves are the rooms of the site whose pages the storybook shows.
func Shelves() []storybook.Shelf {
	return []storybook.Shelf{
		{Name: "promise", Files: promise.Templates},
		{Name: "report", Files: report.Templates},
		{Name: "thread", Files: thread.Templates},
		{Name: "advisories", Files: advisories.Templates},
		{Name: "desk", Files: desk.Templates, Desk: true},
	}
}

// Handler is the storybook of these shelves.
func Handler(log *slog.Logger, shelves ...storybook.Shelf) (http.Handler, error) {
	book, err := words.Load()
	if err != nil {
		return nil, err
	}
	site, err := web.New(web.Config{
		Words: book, Log: log, Now: func() time.Time { return shown }, Unlimited: true,
		BaseURL: func(r *http.Request) string { return "http://" + r.Host },
	})
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	web.Register(mux, site)
	return mux, storybook.Register(mux, site, shelves...)
}

// Run serves the storybook until ctx ends, and tells where.
func Run(ctx context.Context, listen string, tell io.Writer) error {
	log := slog.New(slog.NewTextHandler(tell, &slog.HandlerOptions{Level: slog.LevelWarn}))
	handler, err := Handler(log, Shelves()...)
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", listen)
	if err != nil {
		return fmt.Errorf("%w: cannot listen on %s: %w; choose another address with --listen", cvd.ErrUnavailable, listen, err)
	}
	quiet := front.Beside(l, handler, log, "storybook")
	defer quiet()
	if _, err := fmt.Fprintf(tell, "The storybook: http://%s/\n", l.Addr()); err != nil {
		return err
	}
	<-ctx.Done()
	return nil
}

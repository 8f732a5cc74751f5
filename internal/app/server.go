package app

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"runtime/debug"
	"strings"
	"time"

	"fairlead/internal/api"
	"fairlead/internal/app/cert"
	"fairlead/internal/app/config/exposure"
	"fairlead/internal/app/front"
	"fairlead/internal/app/wkd"
	"fairlead/internal/auth/toll"
	"fairlead/internal/casework/filters"
	"fairlead/internal/casework/unsent"
	"fairlead/internal/cvd"
	"fairlead/internal/intake/load"
	"fairlead/internal/store/memo"
	"fairlead/internal/web"
	"fairlead/internal/web/advisories"
	"fairlead/internal/web/desk"
	"fairlead/internal/web/public/promise"
	"fairlead/internal/web/public/report"
	"fairlead/internal/web/public/thread"
)

// stopTimeout is how long requests under way may take to end when the server stops.
const stopTimeout = 20 * time.Second

// Handler is the public face: site, desk, API, health. secure says that all its
// readers come by https; else it is told for each request.
func (h *House) Handler(secure bool) (http.Handler, error) {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { front.Word(w, http.StatusOK, "ok") })
	mux.HandleFunc("GET /readyz", (&front.Lately{}).Handler(h.Ready, h.full, h.Options.Log))
	base := func(*http.Request) string { return h.Base() }
	https := func(r *http.Request) bool { return secure || h.secured(r) }
	face, bodies := h.face(), load.House(h.Options.Unlimited)
	rest, err := api.New(api.Config{
		Desk: h.Desk, Book: h.Book, Auth: h.Auth, Parts: h.Parts, Mail: h.Clerks.Room, Words: h.Words, Now: h.Options.Clock.Now,
		BaseURL: base, From: h.proxies().Client, Log: h.Options.Log, Unlimited: h.Options.Unlimited, Uploads: h.uploads, Texts: h.texts, Bodies: bodies, Cross: face.Cross,
	})
	if err != nil {
		return nil, err
	}
	mux.Handle("/api/", rest)
	h.admin(mux)
	var site *web.Site
	site, err = web.New(web.Config{
		Bodies: bodies, Cross: face.Cross,
		Desk: h.Desk, Book: h.Book, Register: h.Register, Auth: h.Auth, Ways: h.Ways, Invites: h.Invites, Parts: h.Parts, Mail: h.Clerks.Room, Channels: h.Clerks.Board, Words: h.Words, Log: h.Options.Log, Now: h.Options.Clock.Now,
		Work:    toll.New(func(text string) string { return h.Vault.Blind("web/work", text) }, h.Options.Clock.Now),
		BaseURL: base, Origin: front.Origin(h.Options.Demo, base, https), SecondFactor: h.Config.SignIn.SecondFactor, Secure: https, Unlimited: h.Options.Unlimited, Uploads: h.uploads, Texts: h.texts, Address: h.proxies().Client,
		SecurityTxt: func(r *http.Request) ([]byte, error) { return h.SecurityTxt(r.Context(), base(r)) },
		PublicKey:   func() []byte { key, _ := h.PublicKey(context.Background()); return key },
		Fingerprint: func() string { return h.signing.Shown(context.Background()) },
		Alarms:      func(r *http.Request) []web.Notice { return h.alarms(r, site.Voice(r)) },
		Filters:     filters.New(h.Store, h.Vault, h.Options.Clock.Now), Unsent: unsent.New(h.Store, h.Vault, h.Options.Clock.Now), Watch: h.Watch, Within: func(d time.Duration) time.Time { return time.Now().Add(d) },
	})
	if err != nil {
		return nil, err
	}
	web.Register(mux, site)
	for _, add := range []func(*http.ServeMux, *web.Site) error{promise.Register, report.Register, thread.Register, advisories.Register} {
		if err := add(mux, site); err != nil {
			return nil, err
		}
	}
	if err := h.publish(mux); err != nil {
		return nil, err
	}
	wkd.Server{Key: h.signing.Public, Mails: h.signing.Mails, Now: h.Options.Clock.Now}.Register(mux)
	if err := desk.Register(mux, site); err != nil {
		return nil, err
	}
	return front.Lingering(front.Patient(h.proxies().Only(front.Guarded(https, func() string { return front.HSTS(h.Base(), h.Config.HSTSSubdomains) }, face.Addressed(steady(mux)))))), nil
}

// steady lets a request that only reads ask the store once what is committed,
// however many things it reads.
func steady(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet || r.Method == http.MethodHead {
			r = r.WithContext(memo.Hold(r.Context()))
		}
		next.ServeHTTP(w, r)
	})
}

// Ready tells whether a report sent now would be kept; the error says why not.
func (h *House) Ready(ctx context.Context) error {
	if err := h.Store.Ready(ctx); err != nil {
		return err
	}
	if err := h.Blobs.Ready(ctx); err != nil {
		return err
	}
	if h.Book.Current() == nil {
		return fmt.Errorf("%w: no version of the policy is in effect", cvd.ErrUnavailable)
	}
	return nil
}

// secured tells whether the request's reader came by https: to us, to a named
// proxy before us, or to an address that is public as https. A demo is never behind
// the address that its policy names, so there the request alone tells.
func (h *House) secured(r *http.Request) bool {
	return h.proxies().Secured(r) || (!h.Options.Demo && strings.HasPrefix(h.Base(), "https://"))
}

// face is who may ask, and under which names: in a demo under any, and in this process
// by way of nobody.
func (h *House) face() *front.Site {
	named := h.named
	if h.Options.Demo {
		named = func() string { return "" }
	}
	return &front.Site{
		Public: named, Hosts: h.Config.Names(), Listen: h.Config.Listen, Proxies: h.proxies(), Log: h.Options.Log,
		ProxiesOnly: exposure.ProxiesOnly(&h.Config) && !h.Options.Alone,
	}
}

func (h *House) proxies() front.Proxies { return h.Config.TrustedProxies }

// garbage is how much of it may pile up, in hundredths of what is in use, before
// it is collected. What a server uses is little and what a request leaves is much,
// so twice Go's own value costs some memory under load and spares a tenth of the
// processor.
const garbage = 200

// spare sets when garbage is collected, unless the environment does; undo sets it
// back.
func spare() (undo func()) {
	if os.Getenv("GOGC") != "" {
		return func() {}
	}
	was := debug.SetGCPercent(garbage)
	return func() { debug.SetGCPercent(was) }
}

// Serve answers on the listener and turns the clock until ctx ends, then stops
// gracefully: requests under way are finished, effects under way are carried.
func (h *House) Serve(ctx context.Context, l net.Listener, kept *cert.Keeper) error {
	defer spare()()
	handler, err := h.Handler(kept != nil)
	if err != nil {
		return err
	}
	srv := front.Server(handler)
	srv.RegisterOnShutdown(h.Watch.Close)
	h.cert = kept
	if !h.Options.Unlimited {
		l = front.NewGate(l, h.proxies(), h.Options.Log)
	}
	if kept != nil {
		l = tls.NewListener(l, kept.TLS())
	}
	clock, stop := context.WithCancel(context.WithoutCancel(ctx))
	turning := make(chan struct{})
	go func() {
		defer close(turning)
		h.Run(clock)
	}()
	quiet, err := h.serveOperator(handler)
	if err != nil {
		stop()
		<-turning
		return err
	}
	defer quiet()
	noMore := h.takeMail(ctx)
	serving := make(chan error, 2)
	go func() { serving <- srv.Serve(l) }()
	beside := make(chan struct{})
	go func() {
		defer close(beside)
		if err := kept.Run(clock); err != nil {
			serving <- err
		}
	}()
	select {
	case err = <-serving:
	case <-ctx.Done():
		end, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
		defer cancel()
		err = srv.Shutdown(end)
		if errors.Is(err, context.DeadlineExceeded) {
			err = srv.Close()
		}
	}
	noMore()
	stop()
	<-turning
	<-beside
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// serveOperator answers on the operator's socket: the same handler, and whoever
// may open the file is the operator. The secret for that never leaves the
// process. quiet ends it.
func (h *House) serveOperator(next http.Handler) (quiet func(), err error) {
	if h.Options.Socket == "" {
		return func() {}, nil
	}
	l, err := net.Listen("unix", h.Options.Socket)
	if err != nil {
		return nil, fmt.Errorf("%w: operator's socket: %w", cvd.ErrUnavailable, err)
	}
	return front.Beside(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Header.Set("Authorization", "Bearer "+h.Options.Operator)
		next.ServeHTTP(w, r)
	}), h.Options.Log, "operator"), nil
}

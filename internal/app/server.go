package app

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"fairlead/internal/api"
	"fairlead/internal/app/config"
	"fairlead/internal/cvd"
	"fairlead/internal/web"
	"fairlead/internal/web/desk"
	"fairlead/internal/web/public"
)

// Limits of the public listener. A report of many files takes a while over a
// slow line, so only the head of a request is bounded tightly; bodies are
// bounded by size in the doors.
const (
	headTimeout  = 10 * time.Second
	readTimeout  = 10 * time.Minute
	writeTimeout = 10 * time.Minute
	idleTimeout  = 2 * time.Minute
	maxHead      = 32 << 10
	stopTimeout  = 20 * time.Second
)

// Handler is the public face: site, desk, API, health.
func (h *House) Handler(secure bool) (http.Handler, error) {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { oneWord(w, http.StatusOK, "ok") })
	mux.HandleFunc("GET /readyz", h.readyz)
	base := func(r *http.Request) string { return h.baseOf(r, secure) }
	rest, err := api.New(api.Config{
		Desk: h.Desk, Book: h.Book, Auth: h.Auth, Words: h.Words, Now: h.Options.Clock.Now,
		BaseURL: base, From: h.address, Log: h.Options.Log, Unlimited: h.Options.Unlimited,
	})
	if err != nil {
		return nil, err
	}
	mux.Handle("/api/", rest)
	h.admin(mux)
	site, err := web.New(web.Config{
		Desk: h.Desk, Book: h.Book, Auth: h.Auth, Words: h.Words, Log: h.Options.Log, Now: h.Options.Clock.Now,
		BaseURL: base, Secure: secure, Unlimited: h.Options.Unlimited, Address: h.address,
		SecurityTxt: func(r *http.Request) ([]byte, error) { return h.SecurityTxt(r.Context(), base(r)) },
		PublicKey:   func() []byte { key, _ := h.PublicKey(context.Background()); return key },
		Alarms:      h.alarms,
	})
	if err != nil {
		return nil, err
	}
	web.Register(mux, site)
	if err := public.Register(mux, site); err != nil {
		return nil, err
	}
	if err := desk.Register(mux, site); err != nil {
		return nil, err
	}
	return lingering(h.proxied(mux)), nil
}

func oneWord(w http.ResponseWriter, status int, word string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(word + "\n"))
}

// readyz is one word: whether a report sent now would be kept.
func (h *House) readyz(w http.ResponseWriter, r *http.Request) {
	if err := h.Ready(r.Context()); err != nil {
		h.Options.Log.Warn("not ready", "err", err)
		oneWord(w, http.StatusServiceUnavailable, "unavailable")
		return
	}
	oneWord(w, http.StatusOK, "ready")
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

// baseOf is the origin that links in an answer start with. A configured one
// wins; else the request's own host, which only the demo trusts.
func (h *House) baseOf(r *http.Request, secure bool) string {
	if cur := h.Book.Current(); cur != nil && cur.Policy.PublicURL != "" {
		return cur.Policy.PublicURL
	}
	if h.Config.PublicURL != "" {
		return h.Config.PublicURL
	}
	if h.Options.Demo && r.Host != "" && validHost(r.Host) {
		if secure {
			return "https://" + r.Host
		}
		return "http://" + r.Host
	}
	return h.Options.BaseURL
}

func validHost(host string) bool {
	return len(host) < 256 && !strings.ContainsFunc(host, func(r rune) bool {
		return !(r == '.' || r == '-' || r == ':' || r == '[' || r == ']' ||
			(r >= '0' && r <= '9') || (r >= 'a' && r <= 'z') || (r >= 'A' && r <= 'Z'))
	})
}

// proxied takes X-Forwarded-* away from everybody but the named proxies.
func (h *House) proxied(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !h.fromProxy(r) {
			r.Header.Del("X-Forwarded-For")
			r.Header.Del("X-Forwarded-Proto")
			r.Header.Del("Forwarded")
		}
		next.ServeHTTP(w, r)
	})
}

func (h *House) fromProxy(r *http.Request) bool {
	addr, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return false
	}
	for _, p := range h.Config.TrustedProxies {
		if net, err := config.ParseProxy(p); err == nil && net.Contains(addr.Addr().Unmap()) {
			return true
		}
	}
	return false
}

// address is whom limits are counted for: the peer, or behind a named proxy the
// last address that this proxy added. Of IPv6 it is the network of a customer,
// who has all its addresses.
func (h *House) address(r *http.Request) string {
	if chain := r.Header.Get("X-Forwarded-For"); chain != "" && h.fromProxy(r) {
		parts := strings.Split(chain, ",")
		if addr, err := netip.ParseAddr(strings.TrimSpace(parts[len(parts)-1])); err == nil {
			return network(addr)
		}
	}
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return network(peer.Addr())
}

// customerBits is the size of the IPv6 network that one customer gets.
const customerBits = 64

func network(addr netip.Addr) string {
	addr = addr.Unmap().WithZone("")
	if addr.Is4() {
		return addr.String()
	}
	net, err := addr.Prefix(customerBits)
	if err != nil {
		return addr.String()
	}
	return net.String()
}

// Serve answers on the listener and turns the clock until ctx ends, then stops
// gracefully: requests under way are finished, effects under way are carried.
func (h *House) Serve(ctx context.Context, l net.Listener, cert *tls.Certificate) error {
	secure := cert != nil || strings.HasPrefix(h.Base(), "https://")
	handler, err := h.Handler(secure)
	if err != nil {
		return err
	}
	srv := &http.Server{
		Handler: handler, ReadHeaderTimeout: headTimeout, ReadTimeout: readTimeout,
		WriteTimeout: writeTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: maxHead,
	}
	if cert != nil {
		l = tls.NewListener(l, &tls.Config{Certificates: []tls.Certificate{*cert}, MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"}})
	}
	clock, stop := context.WithCancel(context.WithoutCancel(ctx))
	turning := make(chan struct{})
	go func() {
		defer close(turning)
		h.Run(clock)
	}()
	serving := make(chan error, 1)
	go func() { serving <- srv.Serve(l) }()
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
	stop()
	<-turning
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

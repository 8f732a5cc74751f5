package front

import (
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"time"
)

// Site is who may ask: under which names, by way of whom, and from which pages. It must
// not be copied.
type Site struct {
	// Public is the origin under which readers reach the site; empty where nobody named
	// one, and then any name is answered.
	Public func() string
	// Hosts are further names of the site, without ports.
	Hosts []string
	// Listen is the address that was asked for, by which a named proxy may call us.
	Listen  string
	Proxies Proxies
	// ProxiesOnly says that the listener is in the clear, and nobody but a named proxy
	// is answered there.
	ProxiesOnly bool
	Log         *slog.Logger

	told atomic.Int64 // when the log last said that somebody else was refused
}

var errCross = errors.New("a page of another site, or a name that is not ours")

// Addressed answers what is addressed to the site, and says to all else where it is (RFC
// 9110 section 15.5.20). That changes something goes on to the doors, which ask Cross.
// No redirect: a proxy that hides the name would be sent round in circles.
func (s *Site) Addressed(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		public := s.Public()
		why := ""
		switch {
		case r.URL.Path == "/healthz", r.URL.Path == "/readyz": // asked by number
		case s.ProxiesOnly && !local(r) && !s.Proxies.from(r):
			why = "this server is reached by its proxy alone" // whose key it is stands in the log
			now, last := time.Now().Unix(), s.told.Load()
			if now-last >= int64(tellEvery.Seconds()) && s.told.CompareAndSwap(last, now) {
				s.Log.Warn("requests in the clear are refused, which no proxy of trusted_proxies passed on")
			}
		case strings.HasPrefix(r.URL.Path, "/.well-known/"): // asked under names of mail domains
		case safe(r) && public != "" && !s.owns(r, public):
			why = "this is not the name of the site"
		}
		switch {
		case why == "":
			next.ServeHTTP(w, r)
		case public == "":
			Word(w, http.StatusMisdirectedRequest, "misdirected: "+why)
		default:
			Word(w, http.StatusMisdirectedRequest, "misdirected: "+why+"; the site is at "+public)
		}
	})
}

// Cross refuses to let a page of another site change something, or one that makes a name
// of its own lead here. Programs, and browsers of text, say nothing of where they come
// from and go on. Beyond http.CrossOriginProtection it holds the origin against ours, its
// scheme too, rather than against whatever host was asked for.
func (s *Site) Cross(r *http.Request) error {
	if safe(r) {
		return nil
	}
	public := s.Public()
	if public != "" && !s.owns(r, public) {
		return errCross
	}
	told := r.Header.Get("Sec-Fetch-Site")
	if told != "" && told != "same-origin" && told != "none" {
		return errCross
	}
	origin := r.Header.Get("Origin")
	if origin == "" || (origin == "null" && told != "") { // a page that hides where it is from, whose browser vouches for it
		return nil
	}
	o, err := url.Parse(origin)
	switch {
	case err != nil || o.Host == "" || (o.Scheme != "https" && o.Scheme != "http") || o.Scheme+"://"+o.Host != origin:
		return errCross
	case public != "" && same(o, public):
		return nil
	case o.Scheme == "http" && s.Proxies.Secured(r):
		return errCross
	case public == "" && told != "": // where a proxy hides the name, the host says nothing
		return nil
	case !strings.EqualFold(o.Host, r.Host), public != "" && hostOf(r.Host) == host(public):
		return errCross
	}
	return nil
}

// owns tells whether the request's name is one of the site's: the public one, one of the
// further ones, this machine's own where it came in there, or that by which a named proxy
// calls us.
func (s *Site) owns(r *http.Request, public string) bool {
	asked := hostOf(r.Host)
	switch {
	case asked == "":
		return false
	case asked == host(public), slices.ContainsFunc(s.Hosts, func(h string) bool { return hostOf(h) == asked }):
		return true
	case asked == "localhost" || loops(asked):
		return inside(r)
	}
	return s.Proxies.from(r) && (asked == hostOf(s.Listen) || reached(r, asked))
}

// safe tells whether a request changes nothing (RFC 9110 section 9.2.1).
func safe(r *http.Request) bool {
	return r.Method == http.MethodGet || r.Method == http.MethodHead || r.Method == http.MethodOptions
}

// same tells whether an origin is that of the public address (RFC 6454 section 5).
func same(o *url.URL, public string) bool {
	p, err := url.Parse(public)
	return err == nil && o.Scheme == p.Scheme && hostOf(o.Host) == hostOf(p.Host) && port(o) == port(p)
}

func port(u *url.URL) string {
	switch {
	case u.Port() != "":
		return u.Port()
	case u.Scheme == "https":
		return "443"
	}
	return "80"
}

// host is the name in an origin.
func host(origin string) string {
	u, err := url.Parse(origin)
	if err != nil {
		return ""
	}
	return hostOf(u.Host)
}

// inside tells whether the request came in at an address of this machine alone.
func inside(r *http.Request) bool {
	here, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	if !ok {
		return true
	}
	tcp, ok := here.(*net.TCPAddr)
	return !ok || tcp.IP.IsLoopback()
}

// local tells whether the request came by no network at all: by a socket of this machine.
func local(r *http.Request) bool {
	here, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	return ok && here.Network() == "unix"
}

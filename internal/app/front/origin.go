package front

import (
	"net"
	"net/http"
)

// Origin is what a reader's browser shows as the site's address. A demo answers to
// any name, so there the request alone tells; otherwise it is the public one, also
// behind a proxy that hides the name.
func Origin(demo bool, base func(*http.Request) string, secure func(*http.Request) bool) func(*http.Request) string {
	if !demo {
		return base
	}
	return func(r *http.Request) string {
		if secure(r) {
			return "https://" + r.Host
		}
		return "http://" + r.Host
	}
}

// OriginOf is the origin of the listener as a person on this machine types it.
func OriginOf(addr net.Addr, asked string, secure bool) string {
	host, _, err := net.SplitHostPort(asked)
	_, port, err2 := net.SplitHostPort(addr.String())
	if err != nil || err2 != nil {
		return "http://" + addr.String()
	}
	if ip := net.ParseIP(host); host == "" || (ip != nil && ip.IsUnspecified()) {
		host = "localhost"
	}
	scheme := "http://"
	if secure {
		scheme = "https://"
	}
	return scheme + net.JoinHostPort(host, port)
}

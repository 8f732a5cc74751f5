package front

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// Named answers only those who call the listener by a name of this machine's own: a
// loopback address, localhost, the address that was reached, or the host of the address
// that was asked for. A page of a stranger that makes its own name lead here (DNS
// rebinding) gets nothing (RFC 9110 section 15.5.20).
func Named(listen string, next http.Handler) http.Handler {
	own := hostOf(listen)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := hostOf(r.Host)
		if host != "" && (host == own || host == "localhost" || loops(host) || reached(r, host)) {
			next.ServeHTTP(w, r)
			return
		}
		Word(w, http.StatusMisdirectedRequest, "misdirected")
	})
}

// hostOf is the host of an authority, without a port.
func hostOf(authority string) string {
	host, _, err := net.SplitHostPort(authority)
	if err != nil {
		host = strings.TrimSuffix(strings.TrimPrefix(authority, "["), "]")
	}
	return strings.TrimSuffix(strings.ToLower(host), ".")
}

func loops(host string) bool {
	a, err := netip.ParseAddr(host)
	return err == nil && a.Unmap().IsLoopback()
}

// reached tells whether the host is the address at which the connection came in.
func reached(r *http.Request, host string) bool {
	local, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	if !ok {
		return false
	}
	here, err1 := netip.ParseAddrPort(local.String())
	named, err2 := netip.ParseAddr(host)
	return err1 == nil && err2 == nil && here.Addr().Unmap().WithZone("") == named.Unmap().WithZone("")
}

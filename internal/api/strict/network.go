package strict

import (
	"net"
	"net/http"
	"net/netip"
)

// Network is the address of the connection; of IPv6 the /64 that one customer
// commonly has.
func Network(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	ip, err := netip.ParseAddr(host)
	if err != nil {
		return host
	}
	if ip = ip.Unmap(); ip.Is6() {
		if p, err := ip.Prefix(64); err == nil {
			return p.String()
		}
	}
	return ip.WithZone("").String()
}

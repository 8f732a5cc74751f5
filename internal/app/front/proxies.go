package front

import (
	"net/http"
	"net/netip"
	"strings"

	"fairlead/internal/app/config"
)

// Proxies are the addresses and networks whose X-Forwarded-* is believed.
type Proxies []string

// Secured tells whether the request's reader came by https to us, or to a named
// proxy before us.
func (p Proxies) Secured(r *http.Request) bool {
	return r.TLS != nil || (p.from(r) && strings.EqualFold(lastOf(r.Header, "X-Forwarded-Proto"), "https"))
}

// Only takes X-Forwarded-* away from everybody but the named proxies.
func (p Proxies) Only(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !p.from(r) {
			r.Header.Del("X-Forwarded-For")
			r.Header.Del("X-Forwarded-Proto")
			r.Header.Del("Forwarded")
		}
		next.ServeHTTP(w, r)
	})
}

func (p Proxies) from(r *http.Request) bool {
	addr, err := netip.ParseAddrPort(r.RemoteAddr)
	return err == nil && p.holds(addr.Addr().Unmap())
}

func (p Proxies) holds(addr netip.Addr) bool {
	for _, one := range p {
		if net, err := config.ParseProxy(one); err == nil && net.Contains(addr) {
			return true
		}
	}
	return false
}

// Client is whom limits are counted for: the peer, or behind a named proxy the last
// address that this proxy added. Of IPv6 it is the network of a customer, who has
// all its addresses.
func (p Proxies) Client(r *http.Request) string {
	if p.from(r) {
		if addr, err := netip.ParseAddr(lastOf(r.Header, "X-Forwarded-For")); err == nil {
			return network(addr)
		}
	}
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return network(peer.Addr())
}

// lastOf is the last value of a header that is a list. A proxy may add a line of
// its own (RFC 9110, section 5.3), so all lines count as one list.
func lastOf(h http.Header, name string) string {
	list := strings.Join(h.Values(name), ",")
	return strings.TrimSpace(list[strings.LastIndexByte(list, ',')+1:])
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

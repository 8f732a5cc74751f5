package front

import (
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"golang.org/x/net/publicsuffix"
)

// What a browser is told with every answer, whichever door gives it. A door may
// set a header of its own over one of these.
const (
	strictest = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
	twoYears  = "max-age=63072000"
	below     = "; includeSubDomains"
)

// Guarded has every answer say that it is what it says it is, is shown in no frame,
// loads nothing, is nobody else's to show and is kept by no cache, also where no door
// gives it, as when the multiplexer leads on to a cleaner path; and over https what hsts
// says, that there is nothing here without. What net/http writes itself to bytes that are
// no request it can take (400, 417, 431) comes before any handler and has none of these.
func Guarded(https func(*http.Request) bool, hsts func() string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", strictest)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		if https(r) {
			h.Set("Strict-Transport-Security", hsts())
		}
		next.ServeHTTP(w, r)
	})
}

// HSTS is the Strict-Transport-Security (RFC 6797) of a site at the public address
// base: two years. It holds for the names below as well where subdomains says so, or,
// where that says nothing, if the host itself lies below a domain that can be
// registered: names below security.example.org are the site's, those below example.org
// may be anybody's in the house, and some of them may know no https.
func HSTS(base string, subdomains *bool) string {
	all := ownsNames(base)
	if subdomains != nil {
		all = *subdomains
	}
	if all {
		return twoYears + below
	}
	return twoYears
}

// ownsNames tells whether the host of an address lies below a domain that can be
// registered. Numbers and names without a dot do not.
func ownsNames(base string) bool {
	u, err := url.Parse(base)
	if err != nil {
		return false
	}
	host := strings.TrimSuffix(strings.ToLower(u.Hostname()), ".")
	if _, err := netip.ParseAddr(host); err == nil {
		return false
	}
	domain, err := publicsuffix.EffectiveTLDPlusOne(host)
	return err == nil && domain != host
}

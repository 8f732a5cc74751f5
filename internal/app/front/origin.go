package front

import "net/http"

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

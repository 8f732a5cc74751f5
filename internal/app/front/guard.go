package front

import "net/http"

// What a browser is told with every answer, whichever door gives it. A door may
// set a header of its own over one of these.
const (
	strictest = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
	twoYears  = "max-age=63072000"
)

// Guarded has every answer say that it is what it says it is, is shown in no frame
// and loads nothing; and over https, that there is nothing here without.
func Guarded(https func(*http.Request) bool, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", strictest)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		if https(r) {
			h.Set("Strict-Transport-Security", twoYears)
		}
		next.ServeHTTP(w, r)
	})
}

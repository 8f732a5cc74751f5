package web

import (
	"crypto/rand"
	"errors"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"fairlead/internal/auth"
	"fairlead/internal/auth/refusal"
	"fairlead/internal/cvd"
	"fairlead/internal/intake/load"
)

// Handler answers a request, or says by its error what is wrong; the error is
// then shown as a page, unless an answer was begun.
type Handler func(w http.ResponseWriter, r *http.Request) error

// FormLimit is the most bytes of a form without files. A form's text grows up to
// threefold on its way, so this is more than the fields may hold.
const FormLimit = load.Form

// Open makes a route for strangers: its pages may be kept for a moment and are
// compressed.
func (s *Site) Open(do Handler) http.Handler { return s.route(false, false, FormLimit, do) }

// Private makes a route whose pages belong to one reader: never kept by a cache
// and never compressed beside a secret.
func (s *Site) Private(do Handler) http.Handler { return s.route(true, false, FormLimit, do) }

// Upload makes a private route that reads its body itself, up to limit bytes, and
// answers one that declares more: what came first is still read.
func (s *Site) Upload(limit func() int64, do Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.route(true, true, limit(), do).ServeHTTP(w, r)
	})
}

func (s *Site) route(private, uploads bool, limit int64, do Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := s.Now()
		out := &answer{ResponseWriter: w}
		r = r.WithContext(auth.WithOrigin(withAsked(r, private), s.From(r), clip(r.UserAgent(), 200)))
		s.headers(out.Header(), r, private)
		defer func() { s.finish(out, r, start, recover()) }()
		if err := s.Cross(r); err != nil {
			s.Fail(out, r, refusal.ErrCrossSite)
			return
		}
		if r.ContentLength > limit {
			// The rest is never read: say so, and end the connection. On the desk and where
			// files are sent the page itself says it, so that what came first is kept.
			out.Header().Set("Connection", "close")
			if !uploads && !strings.HasPrefix(r.URL.Path, "/desk/") {
				s.Fail(out, r, cvd.ErrTooLarge)
				return
			}
		}
		body := s.Bodies.Body(r.Body, s.From(r), r.Header.Get("Content-Type"))
		defer body.Free()
		r.Body = http.MaxBytesReader(out, body, limit)
		if err := do(out, r); err != nil {
			s.Fail(out, r, err)
		}
	})
}

// finish logs the request and whether it was refused, and turns a panic into a page. Neither address line
// nor header nor body is logged: only the route.
func (s *Site) finish(out *answer, r *http.Request, start time.Time, caught any) {
	if err, ok := caught.(error); ok && errors.Is(err, http.ErrAbortHandler) {
		panic(caught)
	}
	if caught != nil {
		id := NewID()
		s.Log.Error("a page broke", "id", id, "route", r.Pattern, "panic", caught, "stack", string(debug.Stack()))
		s.failWith(out, r, row{status: http.StatusInternalServerError, id: "internal"}, nil, id)
	}
	if a := askedOf(r); a != nil {
		if a.refused == nil {
			a.refused = refusal.Of(out.status)
		}
		refusal.Log(s.Log, r, a.by, a.refused)
	}
	s.Log.LogAttrs(r.Context(), slog.LevelInfo, "request",
		slog.String("method", r.Method), slog.String("route", r.Pattern),
		slog.Int("status", out.status), slog.Int64("bytes", out.bytes), slog.Duration("took", s.Now().Sub(start)))
}

// answer remembers what was sent.
type answer struct {
	http.ResponseWriter
	status int
	bytes  int64
}

func (a *answer) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
	a.ResponseWriter.WriteHeader(status)
}

func (a *answer) Write(b []byte) (int, error) {
	if a.status == 0 {
		a.status = http.StatusOK
	}
	n, err := a.ResponseWriter.Write(b)
	a.bytes += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController reach the connection.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

func begun(w http.ResponseWriter) bool {
	a, ok := w.(*answer)
	return ok && a.status != 0
}

// csp is the policy of every page. Nothing comes from elsewhere, nothing is
// inline (W3C Content Security Policy Level 3).
const csp = "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"

func (s *Site) headers(h http.Header, r *http.Request, private bool) {
	h.Set("Content-Security-Policy", csp)
	if strings.HasPrefix(r.URL.Path, "/desk") { // its pages hear what changes
		h.Set("Content-Security-Policy", csp+"; connect-src 'self'")
	}
	h.Set("X-Content-Type-Options", "nosniff")
	// Not no-referrer: with it, browsers send "Origin: null" from an origin
	// without https, and every form post would be refused.
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Permissions-Policy", "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), magnetometer=(), microphone=(), payment=(), usb=()")
	h.Set("Cache-Control", "no-cache")
	if private {
		h.Set("Cache-Control", "no-store")
	}
}

// NewID is a short random name for something that is logged and shown.
func NewID() string { return rand.Text()[:10] }

// See sends the reader on to another page of the site after a change, in the
// language that they chose.
func See(w http.ResponseWriter, r *http.Request, path string) error {
	//nolint:gosec // path is the caller's own, and what is chosen is one of words.Languages
	http.Redirect(w, r, InLanguage(path, Chosen(r)), http.StatusSeeOther)
	return nil
}

// Form reads the request's form. A body over the limit is a cvd.ErrTooLarge, a
// broken one a cvd.ErrUnreadable, however often it is read.
func Form(r *http.Request) error {
	a := askedOf(r)
	if a != nil && a.broken != nil {
		return a.broken
	}
	if err := r.ParseForm(); err != nil {
		err = BodyError(err)
		if a != nil {
			a.broken = err
		}
		return err
	}
	Choose(r, r.PostForm.Get(langParam))
	return nil
}

// BodyError turns what went wrong in reading a body into one of our kinds.
func BodyError(err error) error {
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return cvd.ErrTooLarge
	}
	if errors.Is(err, cvd.ErrTooLarge) || errors.Is(err, cvd.ErrInvalid) || errors.Is(err, cvd.ErrUnavailable) {
		return err
	}
	return cvd.ErrUnreadable
}

func clip(s string, n int) string {
	if len(s) > n {
		return s[:n]
	}
	return s
}

// Package publish is the door for other people's programs that read what is
// published: the CSAF trusted provider, the OSV export, feeds, and each advisory
// in every format, with hashes and signatures.
//
// It never decides what is published and never writes anything: it asks the
// register, and makes lists and archives when they are read. What is for a few
// never shows in what is for everybody: not in a list, a count, an ETag, nor in
// how an address answers.
package publish

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"fairlead/internal/advisory"
	"fairlead/internal/auth"
	"fairlead/internal/auth/refusal"
	"fairlead/internal/cvd"
	"fairlead/internal/may"
	"fairlead/internal/register"
	"fairlead/internal/words"
)

// Config is what the door is built from. All of it is needed unless it says
// otherwise.
type Config struct {
	Register *register.Register
	Auth     *auth.Auth
	Words    *words.Book
	// Languages are those of the policy, in which feeds are titled; nil is English.
	Languages func() []string
	Now       func() time.Time
	// Publisher is who publishes now.
	Publisher func() advisory.Publisher
	// Keys are those that signatures are checked with, the one in use first.
	Keys func(ctx context.Context) ([]Key, error)
	// Since is from when the provider is as it is now, beside its advisories.
	Since func() time.Time
	// From names the network a request comes from, for the limits.
	From func(*http.Request) string
	Log  *slog.Logger // nil logs nothing
	// Unlimited lifts the limits against abuse, for load tests.
	Unlimited bool
}

// Key is a public OpenPGP key.
type Key struct {
	Fingerprint string // upper-case hexadecimal
	Armored     []byte
}

// Limits against guessing tokens, in acts a minute of one network.
const (
	wrongAMinute = 30
	networksKept = 1 << 14
)

// door serves it all.
type door struct {
	Config
	wrong *auth.Limiter
	shelf shelf
	osv   osvIndex
}

// Register adds the door's addresses to the mux.
func Register(mux *http.ServeMux, cfg Config) error {
	switch {
	case cfg.Register == nil, cfg.Auth == nil, cfg.Words == nil, cfg.Now == nil, cfg.Publisher == nil, cfg.Keys == nil,
		cfg.Since == nil, cfg.From == nil:
		return fmt.Errorf("%w: the publishing door needs all of its configuration", cvd.ErrInvalid)
	}
	if cfg.Languages == nil {
		cfg.Languages = func() []string { return nil }
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	limit := wrongAMinute
	if cfg.Unlimited {
		limit = 0
	}
	d := &door{Config: cfg, wrong: auth.NewLimiter(limit, limit, networksKept, cfg.Now)}
	for pattern, do := range map[string]handler{
		// A pattern that ends in a slash redirects what lacks it, and the standard
		// wants no redirects (CSAF 2.0, section 7.1.6); so both stand here.
		"GET /.well-known/csaf":                        d.nothing,
		"GET /.well-known/csaf/{$}":                    d.index,
		"GET /.well-known/csaf/{path...}":              d.nothing,
		"GET /.well-known/csaf/provider-metadata.json": d.metadata,
		"GET /.well-known/csaf/service.json":           d.service,
		"GET /.well-known/csaf/openpgp/{file}":         d.key,
		"GET /.well-known/csaf/{label}/{file}":         d.feed,
		"GET /.well-known/csaf/{label}/{year}/{file}":  d.csaf,
		"GET /osv":                       d.nothing,
		"GET /osv/{$}":                   d.osvList,
		"GET /osv/{file}":                d.osvFile,
		"GET /osv/{ecosystem}/{file}":    d.osvOf,
		"GET /advisories/feed.atom":      d.atom,
		"GET /advisories/feed.json":      d.jsonFeed,
		"GET /advisories/{id}/{file...}": d.document,
	} {
		mux.Handle(pattern, d.handle(do))
	}
	return nil
}

// handler answers a request, or says by its error why not.
type handler func(w http.ResponseWriter, r *http.Request, by cvd.Actor) error

// errWrong is an answer to wrong credentials that came too often.
var errWrong = fmt.Errorf("%w: too many wrong tokens", cvd.ErrLimited)

func (d *door) handle(do handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; sandbox")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Vary", "Accept-Encoding")
		by, err := d.who(r)
		if err == nil {
			err = do(w, r, by)
		}
		if err != nil {
			refusal.Log(d.Log, r, by, err)
			d.refuse(w, r, err)
		}
	})
}

// who asks. Without a token it is a stranger; a wrong token is nobody, so that a
// recipient whose token ended learns of it. A network whose tokens come wrong again
// and again is asked to wait; a right one opens all the same.
func (d *door) who(r *http.Request) (cvd.Actor, error) {
	secret, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok {
		return cvd.Stranger, nil
	}
	by, err := d.Auth.Token(r.Context(), strings.TrimSpace(secret))
	if errors.Is(err, cvd.ErrUnauthenticated) {
		if ok, _ := d.wrong.Allow(d.From(r)); !ok {
			return cvd.Actor{}, errWrong
		}
	}
	return by, err
}

// refuse answers in a plain line. Nothing of the request is repeated.
func (d *door) refuse(w http.ResponseWriter, r *http.Request, err error) {
	h := w.Header()
	status := http.StatusInternalServerError
	switch {
	case errors.Is(err, cvd.ErrNotFound):
		status = http.StatusNotFound
	case errors.Is(err, cvd.ErrUnauthenticated):
		status = http.StatusUnauthorized
		h.Set("WWW-Authenticate", `Bearer realm="advisories"`)
	case errors.Is(err, cvd.ErrLimited):
		status = http.StatusTooManyRequests
		h.Set("Retry-After", "60")
	case errors.Is(err, cvd.ErrUnavailable):
		status = http.StatusServiceUnavailable
	}
	if status >= http.StatusInternalServerError && r.Context().Err() == nil {
		d.Log.Error("something published could not be read", "route", r.Pattern, "err", err)
	}
	h.Set("Content-Type", "text/plain; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = fmt.Fprintln(w, http.StatusText(status))
	}
}

// nothing is what no address answers: there are no listings (CSAF 2.0, section
// 7.1.15 stands in for 7.1.14).
func (d *door) nothing(http.ResponseWriter, *http.Request, cvd.Actor) error { return cvd.ErrNotFound }

// reads tells whether the actor may read what is published under the labels.
func reads(by cvd.Actor, labels []cvd.TLP) bool {
	for _, t := range labels {
		if !may.ReadAdvisory(by, t) {
			return false
		}
	}
	return true
}

// say speaks the language of the policy: what programs fetch is one document for all.
func (d *door) say(id string, pairs ...any) string {
	return d.Words.In(d.Languages()...).Say(id, pairs...)
}

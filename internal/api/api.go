// Package api is the door for programs: the verbs of the house as JSON, with
// their OpenAPI 3.1 text made from the same table that serves them.
//
// It never decides anything: it reads, asks casework as somebody, and writes
// down the answer. It never takes a cookie as a credential, never repeats what
// was submitted in an error, and no word of a case leaves it but to those whom
// casework shows it to.
package api

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"path"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"fairlead/internal/api/openapi"
	"fairlead/internal/api/problem"
	"fairlead/internal/api/strict"
	"fairlead/internal/api/view"
	"fairlead/internal/auth"
	"fairlead/internal/auth/limit"
	"fairlead/internal/auth/refusal"
	"fairlead/internal/casework"
	"fairlead/internal/casework/mailroom"
	"fairlead/internal/cvd"
	"fairlead/internal/intake"
	"fairlead/internal/intake/load"
	"fairlead/internal/may"
	"fairlead/internal/parts"
	"fairlead/internal/rulebook"
	"fairlead/internal/words"
)

// Config is what the door is built from. Everything but From, Log, Unlimited,
// Uploads, Cross and Bodies must be given.
type Config struct {
	Desk  *casework.Desk
	Book  *rulebook.Book
	Auth  *auth.Auth
	Parts *parts.Inventory
	Words *words.Book
	// Mail is what came by mail and stands in no case; nil where none comes in.
	Mail *mailroom.Room
	Now  func() time.Time
	// BaseURL is the origin under which the client reaches the site, without a
	// slash at its end.
	BaseURL func(*http.Request) string
	// From names the network a request comes from, for the limits. The default
	// is the address of the connection; behind a proxy app hands in better.
	From func(*http.Request) string
	Log  *slog.Logger
	// Unlimited lifts the limits against abuse. For load tests only.
	Unlimited bool
	// Uploads is how many bytes of files reporters may send; nil sets no limit.
	Uploads *limit.Budget
	// Texts is how many bytes of words strangers and reporters may send; nil sets no limit.
	Texts *limit.Budget
	// Cross refuses what a page of another site sent; nil goes by the browser's word alone.
	Cross func(*http.Request) error
	// Bodies is what the bodies of requests hold, shared with the other doors; nil makes
	// one of the door's own.
	Bodies *load.Load
}

// Limits against abuse, in acts a minute. Reports in flood are kept rather than
// refused as long as a person could have sent them.
const (
	reportsAMinute = 60 // of one network
	wrongAMinute   = 30 // wrong credentials of one network
	writesAMinute  = 60 // of one receipt
	networksKept   = 1 << 14
)

// api is the door.
type api struct {
	Config
	strict.Reader
	views    view.Show
	mux      *http.ServeMux
	routes   []route
	reports  *auth.Limiter
	wrong    *auth.Limiter
	writes   *auth.Limiter
	document func() ([]byte, error)
}

// New builds the handler of everything under /api/.
func New(cfg Config) (http.Handler, error) {
	switch {
	case cfg.Desk == nil, cfg.Book == nil, cfg.Auth == nil, cfg.Parts == nil, cfg.Words == nil, cfg.Now == nil, cfg.BaseURL == nil:
		return nil, fmt.Errorf("%w: the API needs a desk, a book, auth, the components, words, a clock and its address", cvd.ErrInvalid)
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.From == nil {
		cfg.From = strict.Network
	}
	if cfg.Cross == nil {
		cfg.Cross = http.NewCrossOriginProtection().Check
	}
	if cfg.Bodies == nil {
		cfg.Bodies = load.House(cfg.Unlimited)
	}
	voice := cfg.Words.In("en")
	a := &api{Config: cfg, Reader: strict.Reader{Voice: voice}, views: view.Show{Voice: voice}, mux: http.NewServeMux()}
	limit := func(perMinute, burst int) *auth.Limiter {
		if cfg.Unlimited {
			perMinute = 0
		}
		return auth.NewLimiter(perMinute, burst, networksKept, cfg.Now)
	}
	a.reports = limit(reportsAMinute, reportsAMinute)
	a.wrong = limit(wrongAMinute, wrongAMinute)
	a.writes = limit(writesAMinute, writesAMinute)
	a.routes = routes()
	a.document = sync.OnceValues(a.describe)
	a.mount()
	return a, nil
}

// mount puts the routes on the mux, and under each path an answer for the
// methods that it does not have.
func (a *api) mount() {
	methods := map[string][]string{}
	for _, r := range a.routes {
		methods[r.Path] = append(methods[r.Path], r.Method)
		a.mux.HandleFunc(r.Method+" "+r.Path, func(w http.ResponseWriter, req *http.Request) { a.serve(w, req, &r) })
	}
	for p, ms := range methods {
		allow := strings.Join(ms, ", ")
		a.mux.HandleFunc(p, func(w http.ResponseWriter, req *http.Request) {
			w.Header().Set("Allow", allow)
			a.refuse(w, req, cvd.Stranger, problem.ErrMethod)
		})
	}
	a.mux.HandleFunc("/", func(w http.ResponseWriter, req *http.Request) { a.refuse(w, req, cvd.Stranger, cvd.ErrNotFound) })
}

// ServeHTTP answers one request.
func (a *api) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Referrer-Policy", "no-referrer")
	defer func() {
		if p := recover(); p != nil {
			if p == http.ErrAbortHandler { //nolint:errorlint // a panic value that is compared, not an error that is wrapped
				panic(p)
			}
			a.refuse(w, r, cvd.Stranger, fmt.Errorf("panic: %v\n%s", p, debug.Stack()))
		}
	}()
	// The mux would answer these with a redirect that repeats the path.
	if r.URL.Path != path.Clean(r.URL.Path) {
		a.refuse(w, r, cvd.Stranger, cvd.ErrNotFound)
		return
	}
	a.mux.ServeHTTP(w, r)
}

// describe makes the OpenAPI text of the routes.
func (a *api) describe() ([]byte, error) {
	d := openapi.Document{Voice: a.Voice, Problem: problem.Problem{}, Problems: map[int]string{}, Preview: view.Preview{}, Limit: limitOf}
	for _, k := range append(slices.Clone(problem.Kinds), problem.Internal) {
		d.Problems[k.Status] += fmt.Sprintf("`%s%s`: %s. ", problem.URN, k.Name, a.Voice.Say("api.problem."+k.Name))
	}
	for i := range a.routes {
		d.Operations = append(d.Operations, &a.routes[i].Operation)
	}
	return d.JSON()
}

// limitOf is how much a member of a body takes, as it is enforced.
func limitOf(of any, member string) (chars, items int) {
	switch of.(type) {
	case cvd.Report, recordedReport:
		return intake.Most(member), intake.MostItems(member)
	case cvd.Contact:
		return intake.Most("reporter." + member), intake.MostItems("reporter." + member)
	}
	return strict.MaxText, strict.MaxItems
}

// showDocument serves the OpenAPI text. It holds nothing that is not public.
func (c *call) showDocument() error {
	b, err := c.document()
	if err != nil {
		return err
	}
	h := c.w.Header()
	h.Set("Cache-Control", "public, max-age=300")
	h.Set("Content-Type", typeJSON)
	_, _ = c.w.Write(b)
	return nil
}

// call is one request to one route.
type call struct {
	*api
	w     http.ResponseWriter
	r     *http.Request
	route *route
	actor cvd.Actor
	// found is what is wrong with the request so far. Nothing is done while there is
	// something in it: whoever judges the rest tells it along.
	found cvd.Faults
	raw   []byte // the body, once it was read
}

func (a *api) serve(w http.ResponseWriter, r *http.Request, to *route) {
	body := a.Bodies.Body(r.Body, a.From(r), r.Header.Get("Content-Type"))
	defer body.Free()
	r.Body = body
	c := &call{api: a, w: w, r: r, route: to}
	// Whatever it carries: a page of another site sets no token without asking first, and
	// is not told that it may.
	err := a.Cross(r)
	if err != nil {
		err = refusal.ErrCrossSite
	}
	if err == nil {
		err = c.identify()
	}
	if err == nil {
		err = may.Hold(c.actor, to.Scope())
	}
	if err == nil {
		err = c.note(c.checkQuery())
	}
	if err == nil && to.Body == nil && len(to.Query) == 0 {
		err = c.found.Err() // nothing else could be wrong
	}
	if err == nil && to.Body != nil {
		err = c.limit() // before it is read
	}
	if err == nil {
		err = to.do(c)
	}
	if err != nil {
		a.refuse(w, r, c.actor, err)
	}
}

// note keeps what is wrong with the request, to be told with the rest. What ends it
// at once comes back.
func (c *call) note(err error) error {
	var more cvd.Faults
	if !errors.As(err, &more) {
		return err
	}
	c.found = intake.Join(c.found, more)
	return nil
}

// desk is the desk as the caller may use it.
func (c *call) desk() *casework.Session { return c.Desk.As(c.actor) }

// answer writes v as JSON.
func (c *call) answer(status int, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	c.w.Header().Set("Content-Type", "application/json")
	c.w.WriteHeader(status)
	_, _ = c.w.Write(b) // the client went away; there is nobody to tell
	return nil
}

// Limits of bodies, in bytes.
const (
	maxReport = intake.MaxBody
	maxBody   = 512 << 10
	maxClaim  = 4 << 10
	maxPolicy = 1 << 20
)

const typeJSON = "application/json"

// body reads the whole body of one of the media types.
func (c *call) body(limit int64, types ...string) (_ []byte, err error) {
	c.raw, err = c.Body(c.w, c.r, limit, types...)
	return c.raw, err
}

// read takes a JSON object as body into the struct that v points to, and notes what
// is wrong with it. Where empty is set, a body may be left out.
func (c *call) read(v any, empty bool) error { return c.readUpTo(maxBody, v, empty) }

func (c *call) readUpTo(limit int64, v any, empty bool) error {
	raw, err := c.body(limit, typeJSON)
	if err != nil {
		return err
	}
	if empty && len(bytes.TrimSpace(raw)) == 0 {
		return nil
	}
	if err := c.note(intake.Scan(raw)); err != nil {
		return err
	}
	return c.note(c.Object(v, raw).Err())
}

// flag reads a query that is true or false.
func (c *call) flag(name string) bool { return c.r.URL.Query().Get(name) == "true" }

func newID() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never returns an error
	return hex.EncodeToString(b[:])
}

package web

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"

	"fairlead/internal/auth"
	"fairlead/internal/auth/refusal"
	"fairlead/internal/cvd"
	"fairlead/internal/intake/load"
)

var (
	errNoPage = fmt.Errorf("%w: no such page", cvd.ErrNotFound)
	// ErrMethod refuses a method that an address does not take.
	ErrMethod = errors.New("method not allowed")
)

// row is how one kind of error is answered.
type row struct {
	kind   error
	status int
	id     string // in the catalogue: error.<id>.title and error.<id>.text
	// plain says that the error's own words were written for the reader.
	plain bool
}

// rows is the one table from kinds of error to pages. The first that fits
// counts.
var rows = []row{
	{refusal.ErrCrossSite, http.StatusForbidden, "cross-site", false},
	{ErrMethod, http.StatusMethodNotAllowed, "method", false},
	{cvd.ErrNotFound, http.StatusNotFound, "not-found", false},
	{cvd.ErrUnauthenticated, http.StatusUnauthorized, "unauthenticated", false},
	{cvd.ErrForbidden, http.StatusNotFound, "not-found", false}, // a missing role reads like what does not exist
	{cvd.ErrUnreadable, http.StatusBadRequest, "unreadable", true},
	{cvd.ErrTooLarge, http.StatusRequestEntityTooLarge, "too-large", true},
	{cvd.ErrLimited, http.StatusTooManyRequests, "limited", false},
	{cvd.ErrConflict, http.StatusConflict, "conflict", true},
	{cvd.ErrNotReady, http.StatusConflict, "not-ready", true},
	{cvd.ErrEmbargoed, http.StatusConflict, "embargoed", true},
	{cvd.ErrInvalid, http.StatusUnprocessableEntity, "invalid", true},
	{cvd.ErrFull, http.StatusInsufficientStorage, "full", false},
	{load.ErrBusy, http.StatusServiceUnavailable, "busy", false},
	{cvd.ErrUnavailable, http.StatusServiceUnavailable, "unavailable", false},
}

func rowOf(err error) row {
	for _, one := range rows {
		if errors.Is(err, one.kind) {
			return one
		}
	}
	return row{status: http.StatusInternalServerError, id: "internal"}
}

// Status is the HTTP status of an error.
func Status(err error) int { return rowOf(err).status }

// Plain is what an error says to its reader, without the name of its kind; empty
// if it was not written for readers.
func Plain(err error) string {
	one := rowOf(err)
	if _, faults := errors.AsType[cvd.Faults](err); !one.plain || faults || err.Error() == one.kind.Error() {
		return ""
	}
	text := err.Error()
	if i := strings.LastIndex(text, one.kind.Error()+": "); i >= 0 {
		text = text[i+len(one.kind.Error())+2:]
	}
	return text
}

// Failure is the view of the error page.
type Failure struct {
	Title  string
	Text   string
	Detail string
	Faults []cvd.Fault
	ID     string // of the log line, for what we must look into
}

// Fail shows an error as a page. What exists but may not be seen must come as
// cvd.ErrNotFound already; an error of no kind shows only the id under which it
// was logged. If an answer was begun it is only logged.
func (s *Site) Fail(w http.ResponseWriter, r *http.Request, err error) {
	if errors.Is(err, context.Canceled) && r.Context().Err() != nil {
		return // the reader left
	}
	Refused(r, err)
	one, id := rowOf(err), ""
	if errors.Is(err, load.ErrBusy) {
		RetryAfter(w, auth.Limited{After: load.After})
		s.Log.Warn("a large request was put off", "route", r.Pattern)
	} else if one.status >= 500 {
		id = NewID()
		s.Log.Error("a request failed", "id", id, "route", r.Pattern, "err", err)
	}
	var limited auth.Limited
	if errors.As(err, &limited) {
		RetryAfter(w, limited)
	}
	s.failWith(w, r, one, err, id)
}

// Refused says why a page that a handler shows by itself is a refusal, for the log.
func Refused(r *http.Request, err error) {
	if a := askedOf(r); a != nil {
		a.refused = err
	}
}

// RetryAfter tells a program when to try again, and returns after how many seconds.
func RetryAfter(w http.ResponseWriter, l auth.Limited) int {
	seconds := max(1, int(math.Ceil(l.After.Seconds())))
	w.Header().Set("Retry-After", strconv.Itoa(seconds))
	return seconds
}

func (s *Site) failWith(w http.ResponseWriter, r *http.Request, one row, err error, id string) {
	if begun(w) {
		return
	}
	v := s.Voice(r)
	if r.URL.Path == "/receipt" && one.id == "unauthenticated" { // strangers have no account
		one.id = "receipt"
	}
	f := Failure{Title: v.Say("error." + one.id + ".title"), Text: v.Say("error." + one.id + ".text"), ID: id}
	if err != nil {
		f.Detail = Plain(err)
		if faults, ok := errors.AsType[cvd.Faults](err); ok {
			f.Faults = faults
		}
	}
	page := s.Page(r, f.Title)
	page.Tongues = nameless(page.Tongues)
	if err := s.errors.Render(w, r, one.status, "error", page, f); err != nil {
		s.Log.Error("the error page broke", "err", err)
		http.Error(w, f.Title, one.status)
	}
}

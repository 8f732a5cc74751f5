// Package problem is the API's one table from kinds of error to answers, and what an
// answer says of an error (RFC 9457).
//
// It never writes an answer, and never repeats what was sent.
package problem

import (
	"context"
	"errors"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"fairlead/internal/api/strict"
	"fairlead/internal/auth"
	"fairlead/internal/auth/refusal"
	"fairlead/internal/cvd"
	"fairlead/internal/may"
	"fairlead/internal/policy"
)

// ErrMethod is a refusal that only a door for HTTP knows.
var ErrMethod = errors.New("method not allowed")

// ErrCode goes with a refusal of the code of a letter, for which no header helps.
var ErrCode = errors.New("the code of a letter opens nothing")

// Kind is one row of the door's table of refusals. Its name is part of a stable
// URN and never changes.
type Kind struct {
	Name   string
	Status int
	Err    error
	// Fixed kinds tell every asker the same sentence, so that the answer for a
	// foreign case is the one for a case that does not exist, and nothing of the
	// machine shows.
	Fixed bool
}

// Kinds is the one table from kinds of error to answers. The first that fits
// counts.
var Kinds = []Kind{
	{"not-signed-in", http.StatusUnauthorized, cvd.ErrUnauthenticated, true},
	{"cross-site", http.StatusForbidden, refusal.ErrCrossSite, true},
	{"insufficient-scope", http.StatusForbidden, may.ErrScope, false}, // told before anything is looked up
	{"not-found", http.StatusNotFound, cvd.ErrNotFound, true},
	{"not-found", http.StatusNotFound, cvd.ErrForbidden, true}, // a missing role reads like what does not exist
	{"too-large", http.StatusRequestEntityTooLarge, cvd.ErrTooLarge, false},
	{"unreadable", http.StatusBadRequest, cvd.ErrUnreadable, false},
	{"method-not-allowed", http.StatusMethodNotAllowed, ErrMethod, true},
	{"unsupported-media-type", http.StatusUnsupportedMediaType, strict.ErrMedia, false},
	{"invalid", http.StatusUnprocessableEntity, cvd.ErrInvalid, false},
	{"under-embargo", http.StatusConflict, cvd.ErrEmbargoed, false},
	{"not-ready", http.StatusConflict, cvd.ErrNotReady, false},
	{"changed-meanwhile", http.StatusConflict, cvd.ErrConflict, false},
	{"too-many-requests", http.StatusTooManyRequests, cvd.ErrLimited, true},
	{"unavailable", http.StatusServiceUnavailable, cvd.ErrUnavailable, true},
}

// Internal is the answer to an error of no kind.
var Internal = Kind{"internal", http.StatusInternalServerError, nil, true}

// URN opens the type of every problem.
const URN = "urn:fairlead:problem:"

// Problem is an RFC 9457 problem detail.
type Problem struct {
	Type     string  `json:"type" doc:"Stable name of the kind of problem."`
	Title    string  `json:"title" doc:"The kind of problem in words."`
	Status   int     `json:"status" doc:"The HTTP status."`
	Detail   string  `json:"detail,omitempty" doc:"What to do about it. Never repeats what was sent."`
	Instance string  `json:"instance,omitempty" doc:"Number of an internal error, as it stands in the server's log."`
	Errors   []Fault `json:"errors,omitempty" doc:"Everything that is wrong with the request."`
}

// Fault is one thing wrong with a request.
type Fault struct {
	Field   string `json:"field" doc:"The member, header or query it is about; a clause for a policy file."`
	Problem string `json:"problem" doc:"What is wrong, with the limit."`
	Remedy  string `json:"remedy,omitempty" doc:"What to do about it."`
	Line    int    `json:"line,omitempty" doc:"Line of a policy file, from 1."`
	Column  int    `json:"column,omitempty" doc:"Column of a policy file, from 1."`
}

// Of finds the row for an error.
func Of(err error) Kind {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return Kind{"unavailable", http.StatusServiceUnavailable, cvd.ErrUnavailable, true}
	}
	for _, k := range Kinds {
		if errors.Is(err, k.Err) {
			return k
		}
	}
	return Internal
}

// Faults lists what an error says is wrong, field by field.
func Faults(err error) []Fault {
	var out []Fault
	var list cvd.Faults
	var lines policy.Faults
	if errors.As(err, &list) {
		for _, f := range list {
			out = append(out, Fault{Field: f.Field, Problem: f.Problem, Remedy: f.Remedy})
		}
	}
	if errors.As(err, &lines) {
		for _, f := range lines {
			out = append(out, Fault{f.Clause, f.Problem, f.Remedy, f.Line, f.Column})
		}
	}
	if text, ok := strings.CutPrefix(err.Error(), cvd.ErrUnreadable.Error()+": "); ok && errors.Is(err, cvd.ErrUnreadable) {
		one := Fault{Field: "body"}
		if errors.Is(err, strict.ErrQuery) {
			one.Field = "query"
		}
		one.Problem, one.Remedy, _ = strings.Cut(strings.TrimPrefix(text, "the "+one.Field+" "), "; ")
		out = append(out, one)
	}
	return out
}

// RetryAfter is the value of that header: whole seconds, at least one.
func RetryAfter(err error) string {
	after := time.Minute
	var l auth.Limited
	if errors.As(err, &l) {
		after = l.After
	}
	return strconv.Itoa(max(1, int(math.Ceil(after.Seconds()))))
}

package api

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"fairlead/internal/api/strict"
	"fairlead/internal/auth"
	"fairlead/internal/cvd"
	"fairlead/internal/policy"
)

// errMethod is a refusal that only a door for HTTP knows.
var errMethod = errors.New("method not allowed")

// kind is one row of the door's table of refusals. Its name is part of a stable
// URN and never changes.
type kind struct {
	name   string
	status int
	err    error
	// fixed kinds tell every asker the same sentence, so that the answer for a
	// foreign case is the one for a case that does not exist, and nothing of the
	// machine shows.
	fixed bool
}

// kinds is the one table from kinds of error to answers. The first that fits
// counts.
var kinds = []kind{
	{"not-signed-in", http.StatusUnauthorized, cvd.ErrUnauthenticated, true},
	{"not-found", http.StatusNotFound, cvd.ErrNotFound, true},
	{"not-found", http.StatusNotFound, cvd.ErrForbidden, true}, // a missing role reads like what does not exist
	{"too-large", http.StatusRequestEntityTooLarge, cvd.ErrTooLarge, false},
	{"unreadable", http.StatusBadRequest, cvd.ErrUnreadable, false},
	{"method-not-allowed", http.StatusMethodNotAllowed, errMethod, true},
	{"unsupported-media-type", http.StatusUnsupportedMediaType, strict.ErrMedia, false},
	{"invalid", http.StatusUnprocessableEntity, cvd.ErrInvalid, false},
	{"under-embargo", http.StatusConflict, cvd.ErrEmbargoed, false},
	{"not-ready", http.StatusConflict, cvd.ErrNotReady, false},
	{"changed-meanwhile", http.StatusConflict, cvd.ErrConflict, false},
	{"too-many-requests", http.StatusTooManyRequests, cvd.ErrLimited, true},
	{"unavailable", http.StatusServiceUnavailable, cvd.ErrUnavailable, true},
}

// internal is the answer to an error of no kind.
var internal = kind{"internal", http.StatusInternalServerError, nil, true}

// problemURN opens the type of every problem.
const problemURN = "urn:fairlead:problem:"

// problem is an RFC 9457 problem detail.
type problem struct {
	Type     string  `json:"type" doc:"Stable name of the kind of problem."`
	Title    string  `json:"title" doc:"The kind of problem in words."`
	Status   int     `json:"status" doc:"The HTTP status."`
	Detail   string  `json:"detail,omitempty" doc:"What to do about it. Never repeats what was sent."`
	Instance string  `json:"instance,omitempty" doc:"Number of an internal error, as it stands in the server's log."`
	Errors   []fault `json:"errors,omitempty" doc:"Everything that is wrong with the request."`
}

// fault is one thing wrong with a request.
type fault struct {
	Field   string `json:"field" doc:"The member, header or query it is about; a clause for a policy file."`
	Problem string `json:"problem" doc:"What is wrong, with the limit."`
	Remedy  string `json:"remedy,omitempty" doc:"What to do about it."`
	Line    int    `json:"line,omitempty" doc:"Line of a policy file, from 1."`
	Column  int    `json:"column,omitempty" doc:"Column of a policy file, from 1."`
}

// kindOf finds the row for an error.
func kindOf(err error) kind {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return kind{"unavailable", http.StatusServiceUnavailable, cvd.ErrUnavailable, true}
	}
	for _, k := range kinds {
		if errors.Is(err, k.err) {
			return k
		}
	}
	return internal
}

// refuse answers an error. What it is not known for is logged under a number,
// and only the number is told.
func (a *api) refuse(w http.ResponseWriter, r *http.Request, err error) {
	k := kindOf(err)
	p := problem{
		Type: problemURN + k.name, Status: k.status,
		Title: a.Voice.Say("api.problem." + k.name), Detail: a.detail(k, err), Errors: faultsOf(err),
	}
	h := w.Header()
	switch k.status {
	case http.StatusInternalServerError, http.StatusServiceUnavailable:
		id := newID()
		p.Instance = "urn:fairlead:error:" + id
		if !errors.Is(err, context.Canceled) {
			a.Log.Error("a request to the API failed", "id", id, "method", r.Method, "route", r.Pattern, "err", err)
		}
		if k.status == http.StatusServiceUnavailable {
			h.Set("Retry-After", "5")
		}
	case http.StatusTooManyRequests:
		h.Set("Retry-After", retryAfter(err))
	case http.StatusUnauthorized:
		if h.Get("WWW-Authenticate") == "" {
			h.Set("WWW-Authenticate", `Bearer realm="fairlead"`)
		}
	}
	b, err := json.Marshal(p)
	if err != nil {
		b = []byte(`{}`)
	}
	h.Set("Content-Type", "application/problem+json")
	w.WriteHeader(k.status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(b)
	}
}

// detail is the sentence below the title.
func (a *api) detail(k kind, err error) string {
	if !k.fixed {
		text := strings.TrimPrefix(err.Error(), k.err.Error()+": ")
		if text != k.err.Error() && !errors.Is(err, cvd.ErrInvalid) {
			return text
		}
	}
	return a.Voice.Say("api.problem." + k.name + ".detail")
}

func faultsOf(err error) []fault {
	var out []fault
	var list cvd.Faults
	var lines policy.Faults
	if errors.As(err, &list) {
		for _, f := range list {
			out = append(out, fault{Field: f.Field, Problem: f.Problem, Remedy: f.Remedy})
		}
	}
	if errors.As(err, &lines) {
		for _, f := range lines {
			out = append(out, fault{f.Clause, f.Problem, f.Remedy, f.Line, f.Column})
		}
	}
	if text, ok := strings.CutPrefix(err.Error(), cvd.ErrUnreadable.Error()+": "); ok && errors.Is(err, cvd.ErrUnreadable) {
		one := fault{Field: "body"}
		if errors.Is(err, strict.ErrQuery) {
			one.Field = "query"
		}
		one.Problem, one.Remedy, _ = strings.Cut(strings.TrimPrefix(text, "the "+one.Field+" "), "; ")
		out = append(out, one)
	}
	return out
}

func retryAfter(err error) string {
	after := time.Minute
	var l auth.Limited
	if errors.As(err, &l) {
		after = l.After
	}
	return strconv.Itoa(max(1, int(math.Ceil(after.Seconds()))))
}

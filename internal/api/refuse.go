package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"fairlead/internal/api/problem"
	"fairlead/internal/auth"
	"fairlead/internal/auth/limit"
	"fairlead/internal/auth/refusal"
	"fairlead/internal/cvd"
	"fairlead/internal/intake/load"
	"fairlead/internal/may"
)

// refuse answers an error. What it is not known for is logged under a number,
// and only the number is told.
func (a *api) refuse(w http.ResponseWriter, r *http.Request, by cvd.Actor, err error) {
	k := problem.Of(err)
	refusal.Log(a.Log, r, by, errors.Join(err, refusal.Of(k.Status)))
	p := problem.Problem{
		Type: problem.URN + k.Name, Status: k.Status,
		Title: a.Voice.Say("api.problem." + k.Name), Detail: a.detail(k, err, r.Method == http.MethodGet || r.Method == http.MethodHead), Errors: problem.Faults(err),
	}
	h := w.Header()
	switch k.Status {
	case http.StatusInternalServerError, http.StatusServiceUnavailable:
		id := newID()
		p.Instance = "urn:fairlead:error:" + id
		busy := errors.Is(err, load.ErrBusy)
		if !busy && !errors.Is(err, context.Canceled) {
			a.Log.Error("a request to the API failed", "id", id, "method", r.Method, "route", r.Pattern, "err", err)
		}
		if k.Status == http.StatusServiceUnavailable {
			h.Set("Retry-After", "5")
			if busy {
				h.Set("Retry-After", problem.RetryAfter(auth.Limited{After: load.After}))
			}
		}
	case http.StatusTooManyRequests:
		h.Set("Retry-After", problem.RetryAfter(err))
	case http.StatusForbidden:
		if k.Err != may.ErrScope { //nolint:errorlint // a row of the table, not an error that is wrapped
			break
		}
		h.Set("WWW-Authenticate", `Bearer realm="fairlead", error="insufficient_scope"`) // RFC 6750 section 3.1
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
	w.WriteHeader(k.Status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(b)
	}
}

// detail is the sentence below the title. What only reads stores nothing anyway.
func (a *api) detail(k problem.Kind, err error, reads bool) string {
	if errors.Is(err, problem.ErrCode) {
		return a.Voice.Say("api.problem.code.detail")
	}
	if spent, ok := errors.AsType[limit.Spent](err); ok {
		id := "api.problem.spent."
		if spent.Words {
			id += "words."
		}
		if spent.All {
			id += "all"
		} else {
			id += "network"
		}
		return a.Voice.Say(id, "mib", int(spent.Most>>20), "count", int(spent.Span.Hours()))
	}
	if !k.Fixed {
		text := strings.TrimPrefix(err.Error(), k.Err.Error()+": ")
		if text != k.Err.Error() && !errors.Is(err, cvd.ErrInvalid) {
			return text
		}
	}
	if reads && k.Name == "invalid" {
		return a.Voice.Say("api.problem.invalid.read")
	}
	return a.Voice.Say("api.problem." + k.Name + ".detail")
}

// Package operator is what the operator of the machine may do about members, and how
// the operator is answered: whoever may read the server's data folder, and nobody
// else.
package operator

import (
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"fairlead/internal/auth"
	"fairlead/internal/auth/onetime"
	"fairlead/internal/cvd"
)

// linkLife is how long a member has who was let in anew.
const linkLife = 24 * time.Hour

// Members adds the requests about members. handle lets the operator through alone.
func Members(handle func(pattern string, do func(*http.Request) (any, error)), team *auth.Auth, base func() string, now func() time.Time) {
	handle("POST /api/v1/admin/members/{member}/reset", func(r *http.Request) (any, error) {
		id := r.PathValue("member")
		code, err := team.ResetMember(r.Context(), auth.Operator, id, linkLife)
		if err != nil {
			return nil, err
		}
		return map[string]any{"id": id, "until": now().Add(linkLife).UTC(), "sign_in_url": base() + onetime.SignIn(code)}, nil
	})
	handle("POST /api/v1/admin/members/{member}/roles", func(r *http.Request) (any, error) {
		var in struct {
			Roles   []cvd.Role
			Offices []string
		}
		if err := json.NewDecoder(http.MaxBytesReader(nil, r.Body, 64<<10)).Decode(&in); err != nil {
			return nil, cvd.ErrUnreadable
		}
		m, err := team.Member(r.Context(), r.PathValue("member"))
		if err != nil {
			return nil, err
		}
		m.Roles, m.Offices = in.Roles, in.Offices
		if err := team.ChangeMember(r.Context(), auth.Operator, m); err != nil {
			return nil, err
		}
		return team.Member(r.Context(), m.ID)
	})
}

// Answer writes what was asked for, or why not.
func Answer(w http.ResponseWriter, v any, err error) {
	status := http.StatusOK
	w.Header().Set("Content-Type", "application/json")
	if err != nil {
		w.Header().Set("Content-Type", "application/problem+json")
		status = http.StatusServiceUnavailable
		for kind, code := range map[error]int{
			cvd.ErrNotFound: 404, cvd.ErrInvalid: 422, cvd.ErrUnreadable: 400, cvd.ErrNotReady: 409,
		} {
			if errors.Is(err, kind) {
				status = code
			}
		}
		var faults cvd.Faults
		errors.As(err, &faults)
		v = map[string]any{"type": "about:blank", "title": http.StatusText(status), "status": status, "detail": err.Error(), "errors": faults}
	}
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}

package refusal

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"fairlead/internal/cvd"
	"fairlead/internal/may"
)

// Each kind of refusal is an event of its own name, with who asked by id alone, and
// what is no refusal is none.
func TestEachRefusalIsAnEvent(t *testing.T) {
	member := cvd.Actor{Kind: cvd.ActorMember, ID: "m-1", Name: "Ada Quill", Token: "t-1"}
	reporter := cvd.Actor{Kind: cvd.ActorReporter, Receipt: "digest-of-a-receipt"}
	for _, c := range []struct {
		by                           cvd.Actor
		err                          error
		event, refusal, actor, level string
	}{
		{member, cvd.ErrForbidden, "right-refused", "forbidden", "member/m-1", "WARN"},
		{member, may.ErrScope, "right-refused", "scope", "member/m-1", "WARN"},
		{member, fmt.Errorf("a case: %w", cvd.ErrNotFound), "right-refused", "not-found", "member/m-1", "WARN"},
		{reporter, cvd.ErrNotFound, "right-refused", "not-found", "reporter", "WARN"},
		{cvd.Actor{}, cvd.ErrForbidden, "right-refused", "forbidden", "stranger", "WARN"},
		{cvd.Actor{}, ErrCrossSite, "cross-site-refused", "cross-site", "stranger", "WARN"},
		{cvd.Actor{}, cvd.ErrUnauthenticated, "credential-refused", "unauthenticated", "stranger", "WARN"},
		{cvd.Actor{}, cvd.ErrLimited, "limit-hit", "limited", "stranger", "WARN"},
		{member, cvd.Faults{{Field: "x", Problem: "y"}}, "input-refused", "invalid", "member/m-1", "INFO"},
		{member, cvd.ErrTooLarge, "input-refused", "too-large", "member/m-1", "INFO"},
		{member, cvd.ErrUnreadable, "input-refused", "unreadable", "member/m-1", "INFO"},
		{member, cvd.ErrEmbargoed, "rule-refused", "embargoed", "member/m-1", "INFO"},
		{member, cvd.ErrNotReady, "rule-refused", "not-ready", "member/m-1", "INFO"},
		{member, cvd.ErrConflict, "rule-refused", "conflict", "member/m-1", "INFO"},
		{cvd.Actor{}, cvd.ErrNotFound, "", "", "", ""},
		{member, cvd.ErrUnavailable, "", "", "", ""},
		{member, errors.New("our own fault"), "", "", "", ""},
		{member, nil, "", "", "", ""},
	} {
		var out bytes.Buffer
		r := httptest.NewRequest(http.MethodPost, "/desk/cases/FL-2026-SECRET?word=secret", nil)
		r.Pattern = "POST /desk/cases/{id}"
		Log(slog.New(slog.NewJSONHandler(&out, nil)), r, c.by, c.err)
		if c.event == "" {
			if out.Len() > 0 {
				t.Errorf("%v of %v is logged: %s", c.err, c.by.Kind, &out)
			}
			continue
		}
		var line map[string]string
		if err := json.Unmarshal(out.Bytes(), &line); err != nil {
			t.Errorf("%v of %v: %q, %v", c.err, c.by.Kind, &out, err)
			continue
		}
		delete(line, "time")
		want := map[string]string{
			"level": c.level, "msg": "refused", "event": c.event, "refusal": c.refusal, "actor": c.actor,
			"method": "POST", "route": "POST /desk/cases/{id}",
		}
		if c.by.Token != "" {
			want["token"] = c.by.Token
		}
		if fmt.Sprint(line) != fmt.Sprint(want) {
			t.Errorf("%v of %v: %v, want %v", c.err, c.by.Kind, line, want)
		}
	}
}

// An answer that a page gave by itself is told by its status.
func TestOf(t *testing.T) {
	for status, want := range map[int]error{200: nil, 303: nil, 500: nil, 401: cvd.ErrUnauthenticated, 429: cvd.ErrLimited, 422: cvd.ErrInvalid, 404: cvd.ErrNotFound} {
		if got := Of(status); !errors.Is(got, want) || (want == nil) != (got == nil) {
			t.Errorf("%d: %v", status, got)
		}
	}
}

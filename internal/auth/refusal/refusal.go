// Package refusal writes a line of the log for a request that was refused, so that
// refused rights, and attempts to get around a control, stand apart from everything
// else that is logged (ASVS 5.0.0, V16.3.2 and V16.3.3).
//
// It refuses nobody. It never sees an address, a header or a body, and names who asked
// by the id of a member or of a token alone: never by a name, a mail address or a
// receipt.
package refusal

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"

	"fairlead/internal/auth/limit"
	"fairlead/internal/cvd"
	"fairlead/internal/may"
)

// Event is the attribute "event" of the line. The names are for good: other systems
// look for them.
type Event string

// The events.
const (
	// Right: somebody who is known asked for what they may not do or see, or for what
	// is not there, which the answer does not tell apart.
	Right Event = "right-refused"
	// Credential: a session, a token, a receipt, a code or a password that opens nothing.
	Credential Event = "credential-refused"
	// CrossSite: a form that a page of another site sent.
	CrossSite Event = "cross-site-refused"
	// Limit: somebody tried more often than is allowed, or sent more.
	Limit Event = "limit-hit"
	// Input: what was sent breaks the rules of its form.
	Input Event = "input-refused"
	// Rule: the state of the case, an embargo or somebody else's change forbids it.
	Rule Event = "rule-refused"
)

// ErrCrossSite refuses what a page of another site sent.
var ErrCrossSite = fmt.Errorf("%w: cross-site", cvd.ErrForbidden)

// kinds say which event each kind of error is; the first that fits counts.
var kinds = []struct {
	err   error
	name  string
	event Event
}{
	{ErrCrossSite, "cross-site", CrossSite},
	{may.ErrScope, "scope", Right},
	{cvd.ErrUnauthenticated, "unauthenticated", Credential},
	{cvd.ErrForbidden, "forbidden", Right},
	{cvd.ErrNotFound, "not-found", Right},
	{limit.ErrSpent, "uploads", Limit},
	{limit.ErrSaid, "words", Limit},
	{cvd.ErrLimited, "limited", Limit},
	{cvd.ErrTooLarge, "too-large", Input},
	{cvd.ErrUnreadable, "unreadable", Input},
	{cvd.ErrEmbargoed, "embargoed", Rule},
	{cvd.ErrNotReady, "not-ready", Rule},
	{cvd.ErrConflict, "conflict", Rule},
	{cvd.ErrInvalid, "invalid", Input},
}

// statuses are those of answers that a door gave without an error.
var statuses = map[int]error{
	http.StatusBadRequest: cvd.ErrUnreadable, http.StatusUnauthorized: cvd.ErrUnauthenticated,
	http.StatusNotFound: cvd.ErrNotFound, http.StatusConflict: cvd.ErrConflict, http.StatusRequestEntityTooLarge: cvd.ErrTooLarge,
	http.StatusUnsupportedMediaType: cvd.ErrUnreadable, http.StatusUnprocessableEntity: cvd.ErrInvalid, http.StatusTooManyRequests: cvd.ErrLimited,
}

// Of is the error that an answer of this status stands for, where the door has none;
// nil if it refuses nothing, or, as 403 does where it asks for a proof of the moment, not
// by itself.
func Of(status int) error { return statuses[status] }

// Log writes the line, if the error is a refusal: one that nobody in particular met at
// an address where nothing is, or that is our own fault, is none. r is asked for its
// method and the pattern of its route.
func Log(log *slog.Logger, r *http.Request, by cvd.Actor, err error) {
	if err == nil {
		return
	}
	if by.Kind == "" {
		by = cvd.Stranger
	}
	for _, k := range kinds {
		if !errors.Is(err, k.err) {
			continue
		}
		if k.name == "not-found" && by.Kind == cvd.ActorStranger {
			return
		}
		level := slog.LevelWarn
		if k.event == Input || k.event == Rule {
			level = slog.LevelInfo // people mistype
		}
		write(r.Context(), log, level, slog.String("event", string(k.event)), slog.String("refusal", k.name),
			slog.String("actor", by.Ref()), slog.String("token", by.Token), slog.String("method", r.Method), slog.String("route", r.Pattern))
		return
	}
}

// write leaves out what is empty.
func write(ctx context.Context, log *slog.Logger, level slog.Level, attrs ...slog.Attr) {
	given := attrs[:0]
	for _, a := range attrs {
		if a.Value.String() != "" {
			given = append(given, a)
		}
	}
	log.LogAttrs(ctx, level, "refused", given...)
}

// Package asked is one request as the API hands it to a part of it that stands in a
// room of its own.
//
// It never answers by itself.
package asked

import (
	"context"
	"net/http"

	"fairlead/internal/api/openapi"
	"fairlead/internal/api/strict"
	"fairlead/internal/cvd"
	"fairlead/internal/words"
)

// Request is one request, whose credentials were looked at.
type Request struct {
	W     http.ResponseWriter
	R     *http.Request
	Actor cvd.Actor
	Voice *words.Voice
	// Found is what is wrong with the request so far; whoever judges the rest tells it
	// along.
	Found func() cvd.Faults
	// Read reads the body into v; an empty one is right where that is said.
	Read func(v any, empty bool) error
	// File reads a body with a file and these fields.
	File func(fields ...string) (*strict.Upload, map[string]string, error)
	// Answer writes v as JSON.
	Answer func(status int, v any) error
}

// Reason is why something is taken away.
type Reason struct {
	Reason string `json:"reason" doc:"Kept in the history."`
}

// Away is the work of an operation that takes away what a part of its path names, for
// the reason that its body gives. It answers that nothing is left.
func Away[T any](named string, take func(on T, ctx context.Context, by cvd.Actor, id, why string, wrong ...cvd.Fault) error) func(T, *Request) error {
	return func(on T, q *Request) error {
		var in Reason
		if err := q.Read(&in, false); err != nil {
			return err
		}
		if err := take(on, q.R.Context(), q.Actor, q.R.PathValue(named), in.Reason, q.Found()...); err != nil {
			return err
		}
		q.W.WriteHeader(http.StatusNoContent)
		return nil
	}
}

// Route is one operation of a part that works on a T.
type Route[T any] struct {
	openapi.Operation
	Do func(on T, q *Request) error
}

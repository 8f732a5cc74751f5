// Package asked is one request as the API hands it to a part of it that stands in a
// room of its own.
//
// It never answers by itself.
package asked

import (
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

// Route is one operation of a part that works on a T.
type Route[T any] struct {
	openapi.Operation
	Do func(on T, q *Request) error
}

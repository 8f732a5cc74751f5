// Package ask is how the command line asks the API: over the network, over the
// operator's socket, or inside this process.
//
// It never goes past the API, and keeps nothing of what it was told.
package ask

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"fairlead/internal/cvd"
)

// Asker does one request of the API and decodes the answer; into may be nil, or
// a *[]byte for the raw answer. What the API refuses is an error of its kind in
// cvd, with its faults.
type Asker func(method, path, contentType string, body []byte, into any) error

// Within asks a handler without a network, as whoever has the secret.
func Within(ctx context.Context, handler http.Handler, secret string) Asker {
	return func(method, path, contentType string, body []byte, into any) error {
		req, err := http.NewRequestWithContext(ctx, method, "http://localhost"+path, bytes.NewReader(body))
		if err != nil {
			return err
		}
		req.RemoteAddr = "127.0.0.1:0"
		req.Header.Set("Authorization", "Bearer "+secret)
		if contentType != "" {
			req.Header.Set("Content-Type", contentType)
		}
		w := &captured{status: http.StatusOK, head: http.Header{}}
		handler.ServeHTTP(w, req)
		return decode(w.status, w.body.Bytes(), into)
	}
}

// captured is an answer that goes nowhere but into memory.
type captured struct {
	status int
	head   http.Header
	body   bytes.Buffer
}

func (c *captured) Header() http.Header         { return c.head }
func (c *captured) WriteHeader(status int)      { c.status = status }
func (c *captured) Write(b []byte) (int, error) { return c.body.Write(b) }

// Socket is a client that reaches a running server over its operator's socket.
func Socket(path string) *http.Client {
	return &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", path)
	}}}
}

// Over asks a server by its address, without a slash at its end, and a token, which
// may be empty. An answer takes a minute at most.
func Over(ctx context.Context, client *http.Client, base, token string) Asker {
	return func(method, path, contentType string, body []byte, into any) error {
		ctx, cancel := context.WithTimeout(ctx, time.Minute)
		defer cancel()
		req, err := http.NewRequestWithContext(ctx, method, base+path, bytes.NewReader(body))
		if err != nil {
			return fmt.Errorf("%w: --url: %w", cvd.ErrInvalid, err)
		}
		if token != "" {
			req.Header.Set("Authorization", "Bearer "+token)
		}
		if contentType != "" {
			req.Header.Set("Content-Type", contentType)
		}
		res, err := client.Do(req)
		if err != nil {
			return fmt.Errorf("%w: %w", cvd.ErrUnavailable, err)
		}
		defer res.Body.Close()
		b, err := io.ReadAll(io.LimitReader(res.Body, 64<<20))
		if err != nil {
			return fmt.Errorf("%w: %w", cvd.ErrUnavailable, err)
		}
		return decode(res.StatusCode, b, into)
	}
}

// problem is an error of the API (RFC 9457).
type problem struct {
	Title  string      `json:"title"`
	Detail string      `json:"detail"`
	Errors []cvd.Fault `json:"errors"`
}

func decode(status int, body []byte, into any) error {
	if status < 400 {
		if raw, ok := into.(*[]byte); ok {
			*raw = body
			return nil
		}
		if into == nil || len(body) == 0 {
			return nil
		}
		return json.Unmarshal(body, into)
	}
	var p problem
	if err := json.Unmarshal(body, &p); err != nil {
		return fmt.Errorf("%w: the server answered %d", cvd.ErrUnavailable, status)
	}
	if len(p.Errors) > 0 {
		return cvd.Faults(p.Errors)
	}
	kind := map[int]error{
		401: cvd.ErrUnauthenticated, 403: cvd.ErrForbidden, 404: cvd.ErrNotFound, 409: cvd.ErrNotReady,
		413: cvd.ErrTooLarge, 422: cvd.ErrInvalid, 429: cvd.ErrLimited, 400: cvd.ErrUnreadable,
	}[status]
	if kind == nil {
		kind = cvd.ErrUnavailable
	}
	text := strings.TrimPrefix(p.Detail, kind.Error()+": ")
	if text == "" {
		text = p.Title
	}
	return fmt.Errorf("%w: %s", kind, text)
}

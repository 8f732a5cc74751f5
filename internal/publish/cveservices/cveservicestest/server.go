// Package cveservicestest is a double of CVE Services: what a CNA may ask of them,
// with their states, quota, pages and refusals, in memory. It serves tests only,
// knows no secretariat, and keeps nothing.
//
// It follows the OpenAPI text of version 2.3.3. Tests hold it against the
// published schemas and let Debian's cve command work with it.
package cveservicestest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// The organisation and user that the double knows.
const (
	Org   = "nls"
	OrgID = "8254265b-2729-46b6-b9e3-3dfca2d5bfca"
	User  = "fairlead@nls.example"
	Key   = "QNWH3VA-44N4Y4Z-P3TB2DQ-FEPRHK9" // of nobody
)

// Server is one double.
type Server struct {
	// URL is the address of the API, without a slash at its end.
	URL string
	// Page is how many ids a page of a list holds.
	Page int

	mu       sync.Mutex
	now      time.Time
	quota    int
	stock    int // how many ids there are to give; -1 is enough
	ids      []*id
	seen     []Request
	failures []int // answers that the next requests get
	lost     int   // how many next answers are lost after the act was done
}

// id is an id with its record.
type id struct {
	cve, user          string
	year               int
	state              string
	reserved, modified time.Time
	published          time.Time
	record             string // PUBLISHED or REJECTED; empty: none
	cna                json.RawMessage
}

// Request is what somebody asked.
type Request struct {
	Method, Path string
	Query        map[string][]string
	Body         []byte
	Status       int
	Answer       []byte
}

// New starts a double that ends with the test. It gives ids until quota are
// reserved at a time.
func New(t testing.TB, quota int) *Server {
	t.Helper()
	s, stop := Start(quota)
	t.Cleanup(stop)
	return s
}

// Start is New for those who stop it themselves.
func Start(quota int) (s *Server, stop func()) {
	s = &Server{Page: 500, quota: quota, stock: -1, now: time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)}
	srv := httptest.NewServer(http.HandlerFunc(s.serve))
	s.URL = srv.URL + "/api"
	return s, srv.Close
}

// Now is the double's clock; it moves a second with each request.
func (s *Server) Now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

// Fail lets the next requests be answered with these statuses, and nothing done.
func (s *Server) Fail(statuses ...int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failures = append(s.failures, statuses...)
}

// Lose does what the next n requests that change something ask, and cuts the line
// before they hear of it.
func (s *Server) Lose(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lost = n
}

// Stock says how many ids are left to give.
func (s *Server) Stock(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stock = n
}

// Requests are those that were answered so far, and forgets them.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := s.seen
	s.seen = nil
	return out
}

// States lists what became of every id.
func (s *Server) States() map[string]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := map[string]string{}
	for _, one := range s.ids {
		out[one.cve] = one.state
		if one.record != "" {
			out[one.cve] += " with record"
		}
	}
	return out
}

// answer is a status and what is sent with it.
type answer struct {
	status int
	body   any
}

func refuse(status int, code, format string, args ...any) answer {
	return answer{status, map[string]any{"error": code, "message": fmt.Sprintf(format, args...)}}
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = s.now.Add(time.Second)
	body := []byte(readAll(r))
	a := s.route(r, body)
	if s.lost > 0 && r.Method != http.MethodGet {
		s.lost--
		if h, ok := w.(http.Hijacker); ok {
			if conn, _, err := h.Hijack(); err == nil {
				_ = conn.Close()
			}
		}
		return
	}
	b, err := json.Marshal(a.body)
	if err != nil {
		a.status = http.StatusInternalServerError
	}
	s.seen = append(s.seen, Request{r.Method, strings.TrimPrefix(r.URL.Path, "/api"), r.URL.Query(), body, a.status, b})
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	if a.status == http.StatusTooManyRequests {
		w.Header().Set("Retry-After", "7")
	}
	w.WriteHeader(a.status)
	_, _ = w.Write(b)
}

func (s *Server) route(r *http.Request, body []byte) answer {
	parts := strings.Split(strings.Trim(strings.TrimPrefix(r.URL.Path, "/api"), "/"), "/")
	if len(s.failures) > 0 {
		status := s.failures[0]
		s.failures = s.failures[1:]
		return refuse(status, "SERVICE_FAILED", "this one fails")
	}
	at := func(method, pattern string) bool {
		ok, err := path.Match(pattern, strings.Join(parts, "/"))
		return r.Method == method && ok && err == nil
	}
	switch {
	case at("GET", "health-check"):
		return answer{http.StatusOK, nil}
	case at("GET", "cve/*"):
		return s.getRecord(parts[1])
	}
	if a, ok := authorised(r); !ok {
		return a
	}
	switch {
	case at("POST", "cve-id"):
		return s.reserve(r)
	case at("GET", "cve-id"):
		return s.list(r)
	case at("GET", "cve-id/*"):
		return s.getID(parts[1])
	case at("PUT", "cve-id/*"):
		return s.moveID(parts[1], r)
	case at("POST", "cve/*/cna"), at("PUT", "cve/*/cna"):
		return s.putRecord(parts[1], r.Method, "PUBLISHED", body)
	case at("POST", "cve/*/reject"), at("PUT", "cve/*/reject"):
		return s.putRecord(parts[1], r.Method, "REJECTED", body)
	case at("GET", "org/*/id_quota"):
		return s.getQuota(parts[1])
	case at("GET", "org/*"):
		return answer{http.StatusOK, map[string]any{"name": "Northern Lights Software", "short_name": Org, "UUID": OrgID}}
	}
	return refuse(http.StatusNotFound, "NOT_FOUND", "there is no such path")
}

func authorised(r *http.Request) (answer, bool) {
	for _, h := range []string{"CVE-API-ORG", "CVE-API-USER", "CVE-API-KEY"} {
		if r.Header.Get(h) == "" {
			return refuse(http.StatusBadRequest, "BAD_REQUEST", "%s header field required.", h), false
		}
	}
	if r.Header.Get("CVE-API-ORG") != Org || r.Header.Get("CVE-API-USER") != User || r.Header.Get("CVE-API-KEY") != Key {
		return refuse(http.StatusUnauthorized, "UNAUTHORIZED", "Unauthorized"), false
	}
	return answer{}, true
}

func (s *Server) find(cve string) *id {
	for _, one := range s.ids {
		if one.cve == cve {
			return one
		}
	}
	return nil
}

func instant(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

func (one *id) view() map[string]any {
	return map[string]any{
		"cve_id": one.cve, "cve_year": strconv.Itoa(one.year), "state": one.state, "owning_cna": Org, "reserved": instant(one.reserved),
		"requested_by": map[string]any{"cna": Org, "user": one.user},
		"time":         map[string]any{"created": instant(one.reserved), "modified": instant(one.modified)},
	}
}

func (s *Server) reservedNow() int {
	n := 0
	for _, one := range s.ids {
		if one.state == "RESERVED" {
			n++
		}
	}
	return n
}

func (s *Server) getQuota(org string) answer {
	if org != Org {
		return refuse(http.StatusForbidden, "NOT_ORG_MEMBER", "not yours")
	}
	n := s.reservedNow()
	return answer{http.StatusOK, map[string]any{"id_quota": s.quota, "total_reserved": n, "available": s.quota - n}}
}

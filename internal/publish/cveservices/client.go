// Package cveservices is the client of the CVE Programme's own services: a CNA
// reserves ids there, publishes and updates their records, and rejects what it
// does not use.
//
// It never decides that an id is needed or that a record may go out, never sends
// anything that changes something unless it is told to be live, and never tries
// again by itself: its errors say whether somebody may. Every act looks at what
// there is before it is done, so that doing it twice is harmless.
package cveservices

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"fairlead/internal/cvd"
)

// Environment is one of the services' three installations.
type Environment string

// The environments. What is published in the last two reaches nobody.
const (
	Production  Environment = "production"
	Test        Environment = "test"
	Development Environment = "development"
)

var bases = map[Environment]string{
	Production: "https://cveawg.mitre.org/api", Test: "https://cveawg-test.mitre.org/api", Development: "https://cveawg-dev.mitre.org/api",
}

// Config is how the services are reached. Org, User and Key are needed.
type Config struct {
	Environment Environment // empty is Test
	// Base overrides the environment's address; plain http is taken for a loopback
	// address only.
	Base string
	Org  string // short name
	User string // its user, best one that nobody else works with
	// Key reads the user's secret; it is asked at each request and not kept.
	Key func(ctx context.Context) (string, error)
	// Live lets requests out that change something. Without it each act says what it
	// would send, and sends nothing at all.
	Live   bool
	Keeper Keeper // for Reserve
	Now    func() time.Time
	// Transport sends requests; nil is the standard one.
	Transport http.RoundTripper
}

// Client speaks for one organisation. It is safe for concurrent use.
type Client struct {
	cfg  Config
	base string
	http *http.Client
	// reserving lets one reservation go at a time: two that mend what a crash left
	// would take each other's ids.
	reserving sync.Mutex
}

// The most of an answer, in bytes, and of a request's time.
const (
	maxAnswer = 32 << 20
	timeout   = 40 * time.Second
)

// New checks the configuration. Faults name its members.
func New(cfg Config) (*Client, error) {
	var faults cvd.Faults
	need := func(ok bool, field, problem, remedy string) {
		if !ok {
			faults = append(faults, cvd.Fault{Field: field, Problem: problem, Remedy: remedy})
		}
	}
	if cfg.Environment == "" {
		cfg.Environment = Test
	}
	base, known := bases[cfg.Environment]
	need(known, "environment", "is not known", "use production, test or development")
	need(cfg.Org != "" && plain(cfg.Org), "org", "is missing or holds what no header can", "give the CNA's short name")
	need(cfg.User != "" && plain(cfg.User), "user", "is missing or holds what no header can", "give the user's name at CVE Services")
	need(cfg.Key != nil, "key", "is missing", "give the user's API key")
	if cfg.Base != "" {
		base = strings.TrimSuffix(cfg.Base, "/")
		need(safe(base), "base", "is no https address", "use https; plain http is taken for a loopback address only")
	}
	if err := faults.Err(); err != nil {
		return nil, err
	}
	return &Client{cfg: cfg, base: base, http: &http.Client{
		Transport: cfg.Transport, Timeout: timeout,
		// A redirect would carry the key to somebody else.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

func plain(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > '~' })
}

func safe(base string) bool {
	u, err := url.Parse(base)
	if err != nil || u.Host == "" {
		return false
	}
	addr, err := netip.ParseAddr(u.Hostname())
	return u.Scheme == "https" || (u.Scheme == "http" && (u.Hostname() == "localhost" || (err == nil && addr.IsLoopback())))
}

// Problem is an answer that refuses. It is one of the kinds of errors of cvd, and
// Permanent tells whether the same request may be sent again later.
type Problem struct {
	Status int
	Code   string // the services' own name for it, such as CVE_RECORD_EXISTS
	Text   string // the services' own words
	// After is how long they ask to wait; 0 is not said.
	After time.Duration
	// Details name what of the request was wrong.
	Details []string
}

func (p *Problem) Error() string {
	s := fmt.Sprintf("CVE Services answered %d", p.Status)
	if p.Code != "" {
		s += " " + p.Code
	}
	if p.Text != "" {
		s += ": " + p.Text
	}
	for _, d := range p.Details {
		s += "; " + d
	}
	return s
}

// Permanent tells that no further try can mend it: all but too many requests and
// failures of the services themselves.
func (p *Problem) Permanent() bool {
	return p.Status != http.StatusTooManyRequests && p.Status != http.StatusRequestTimeout && p.Status < 500
}

// Is gives each status its kind.
func (p *Problem) Is(target error) bool {
	switch p.Status {
	case http.StatusUnauthorized:
		return target == cvd.ErrUnauthenticated
	case http.StatusForbidden:
		return target == cvd.ErrForbidden
	case http.StatusNotFound:
		return target == cvd.ErrNotFound
	case http.StatusTooManyRequests:
		return target == cvd.ErrLimited
	}
	if p.Permanent() {
		return target == cvd.ErrInvalid
	}
	return target == cvd.ErrUnavailable
}

// call sends one request and decodes the answer; into may be nil.
func (c *Client) call(ctx context.Context, method, path string, query url.Values, body []byte, into any) error {
	at := c.base + path
	if len(query) > 0 {
		at += "?" + query.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, method, at, bytes.NewReader(body))
	if err != nil {
		return err
	}
	key, err := c.cfg.Key(ctx)
	if err != nil {
		return fmt.Errorf("%w: the key for CVE Services: %w", cvd.ErrUnavailable, err)
	}
	req.Header.Set("CVE-API-ORG", c.cfg.Org)
	req.Header.Set("CVE-API-USER", c.cfg.User)
	req.Header.Set("CVE-API-KEY", key)
	req.Header.Set("Accept", "application/json")
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := c.http.Do(req)
	if err != nil {
		return fmt.Errorf("%w: CVE Services: %w", cvd.ErrUnavailable, err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer+1))
	switch {
	case err != nil:
		return fmt.Errorf("%w: CVE Services: %w", cvd.ErrUnavailable, err)
	case len(answer) > maxAnswer:
		return fmt.Errorf("%w: CVE Services answered with over %d MiB", cvd.ErrUnavailable, maxAnswer>>20)
	case res.StatusCode >= 300:
		return refusal(res, answer)
	case into == nil:
		return nil
	}
	if err := json.Unmarshal(answer, into); err != nil {
		return fmt.Errorf("%w: CVE Services answered with no JSON of theirs", cvd.ErrUnavailable)
	}
	return nil
}

// refusal reads an error. Words of others are shortened and kept to one line.
func refusal(res *http.Response, body []byte) error {
	p := &Problem{Status: res.StatusCode}
	if n, err := strconv.Atoi(res.Header.Get("Retry-After")); err == nil && n > 0 {
		p.After = time.Duration(n) * time.Second
	}
	var in struct {
		Error   string          `json:"error"`
		Message string          `json:"message"`
		Details json.RawMessage `json:"details"`
	}
	if json.Unmarshal(body, &in) != nil {
		return p // not in their own words; the status says enough
	}
	p.Code, p.Text = line(in.Error, 80), line(in.Message, 300)
	var details []struct {
		Param   string `json:"param"`
		Message string `json:"msg"`
		Path    string `json:"instancePath"`
		Why     string `json:"message"`
	}
	var nested struct {
		Errors json.RawMessage `json:"errors"` // what the schema has against a record
	}
	if json.Unmarshal(in.Details, &nested) == nil && len(nested.Errors) > 0 {
		in.Details = nested.Errors
	}
	if json.Unmarshal(in.Details, &details) == nil {
		for i, d := range details {
			if i == 20 {
				break
			}
			p.Details = append(p.Details, line(strings.TrimSpace(d.Param+d.Path+" "+d.Message+d.Why), 200))
		}
	}
	return p
}

func line(s string, limit int) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, s)
	if len(s) > limit {
		s = strings.ToValidUTF8(s[:limit], "") + "…"
	}
	return s
}

// code tells whether an error is the services' own of that name.
func code(err error, name string) bool {
	var p *Problem
	return errors.As(err, &p) && p.Code == name
}

// Health tells whether the services answer at all; it needs no key.
func (c *Client) Health(ctx context.Context) error {
	return c.call(ctx, http.MethodGet, "/health-check", nil, nil, nil)
}

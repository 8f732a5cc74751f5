package cveservices_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"fairlead/internal/advisory/advisorytest"
	"fairlead/internal/advisory/cve5"
	"fairlead/internal/cvd"
	"fairlead/internal/publish/cveservices"
	"fairlead/internal/publish/cveservices/cveservicestest"
)

var ctx = context.Background()

// keeper keeps ids in memory.
type keeper struct {
	since map[string]time.Time
	ids   map[string][]string
	fail  int // how many next Keeps fail, as a process that is killed
}

func newKeeper() *keeper { return &keeper{since: map[string]time.Time{}, ids: map[string][]string{}} }

func (k *keeper) Intend(_ context.Context, key string, now time.Time) (time.Time, []string, bool, error) {
	_, again := k.since[key]
	if !again {
		k.since[key] = now
	}
	return k.since[key], slices.Clone(k.ids[key]), again, nil
}

func (k *keeper) Keep(_ context.Context, key string, ids []string) error {
	if k.fail > 0 {
		k.fail--
		return errors.New("killed")
	}
	for other, has := range k.ids {
		if other != key && slices.ContainsFunc(ids, func(id string) bool { return slices.Contains(has, id) }) {
			return fmt.Errorf("%w: the id is another's", cvd.ErrConflict)
		}
	}
	for _, id := range ids {
		if !slices.Contains(k.ids[key], id) {
			k.ids[key] = append(k.ids[key], id)
		}
	}
	return nil
}

func (k *keeper) Unknown(_ context.Context, ids []string) ([]string, error) {
	return slices.DeleteFunc(slices.Clone(ids), func(id string) bool {
		for _, has := range k.ids {
			if slices.Contains(has, id) {
				return true
			}
		}
		return false
	}), nil
}

func config(s *cveservicestest.Server, k *keeper) cveservices.Config {
	return cveservices.Config{
		Base: s.URL, Org: cveservicestest.Org, User: cveservicestest.User, Live: true, Keeper: k, Now: s.Now,
		Key: func(context.Context) (string, error) { return cveservicestest.Key, nil },
	}
}

func client(t testing.TB, cfg cveservices.Config) *cveservices.Client {
	t.Helper()
	c, err := cveservices.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func must[T any](t testing.TB) func(v T, err error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func TestNew(t *testing.T) {
	s := cveservicestest.New(t, 1)
	for name, spoil := range map[string]func(c *cveservices.Config){
		"environment": func(c *cveservices.Config) { c.Base, c.Environment = "", "staging" },
		"org":         func(c *cveservices.Config) { c.Org = "a\r\nb" },
		"user":        func(c *cveservices.Config) { c.User = "" },
		"key":         func(c *cveservices.Config) { c.Key = nil },
		"base":        func(c *cveservices.Config) { c.Base = "http://cve.example/api" },
	} {
		cfg := config(s, nil)
		spoil(&cfg)
		var faults cvd.Faults
		if _, err := cveservices.New(cfg); !errors.As(err, &faults) || len(faults) != 1 || faults[0].Field != name {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Each environment has its own address, and nothing said is never the real one.
func TestEnvironments(t *testing.T) {
	for env, want := range map[cveservices.Environment]string{
		"": "cveawg-test.mitre.org", cveservices.Test: "cveawg-test.mitre.org", cveservices.Development: "cveawg-dev.mitre.org", cveservices.Production: "cveawg.mitre.org",
	} {
		asked := ""
		cfg := config(cveservicestest.New(t, 1), nil)
		cfg.Base, cfg.Environment = "", env
		cfg.Transport = transport(func(r *http.Request) (*http.Response, error) {
			asked = r.URL.String()
			return nil, errors.New("no network in tests")
		})
		if err := client(t, cfg).Health(ctx); !errors.Is(err, cvd.ErrUnavailable) || asked != "https://"+want+"/api/health-check" {
			t.Errorf("%q asks %s: %v", env, asked, err)
		}
	}
}

type transport func(r *http.Request) (*http.Response, error)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestReserve(t *testing.T) {
	s := cveservicestest.New(t, 30)
	k := newKeeper()
	c := client(t, config(s, k))
	one := must[cveservices.Reservation](t)(c.Reserve(ctx, cveservices.Request{Key: "FL-1", Year: 2026, Amount: 1}))
	if diff := cmp.Diff(cveservices.Reservation{IDs: []string{"CVE-2026-20000"}, Left: 29}, one); diff != "" {
		t.Error(diff)
	}
	// The same request again is the same id, and nothing is sent that reserves.
	s.Requests()
	again := must[cveservices.Reservation](t)(c.Reserve(ctx, cveservices.Request{Key: "FL-1", Year: 2026, Amount: 1}))
	if diff := cmp.Diff(one.IDs, again.IDs); diff != "" || len(s.Requests()) != 0 {
		t.Error(diff)
	}
	// More ids than the services give at once, if they are not to follow each other.
	many := must[cveservices.Reservation](t)(c.Reserve(ctx, cveservices.Request{Key: "FL-2", Year: 2027, Amount: 12}))
	if len(many.IDs) != 12 || many.Left != 17 || many.Missing != 0 {
		t.Errorf("%+v", many)
	}
	if n := len(s.Requests()); n != 2 {
		t.Errorf("%d requests", n)
	}
	q := must[cveservices.Quota](t)(c.Quota(ctx))
	if q != (cveservices.Quota{Quota: 30, Reserved: 13, Available: 17}) {
		t.Errorf("%+v", q)
	}
	// Fewer than asked: what there is, and later the rest.
	s.Stock(2)
	part := must[cveservices.Reservation](t)(c.Reserve(ctx, cveservices.Request{Key: "FL-3", Year: 2026, Amount: 5, Sequential: true}))
	if len(part.IDs) != 2 || part.Missing != 3 || part.Left != -1 {
		t.Errorf("%+v", part)
	}
	s.Stock(-1)
	rest := must[cveservices.Reservation](t)(c.Reserve(ctx, cveservices.Request{Key: "FL-3", Year: 2026, Amount: 5, Sequential: true}))
	if len(rest.IDs) != 5 || rest.Missing != 0 || !slices.Equal(rest.IDs[:2], part.IDs) {
		t.Errorf("%+v", rest)
	}
	if _, err := c.Reserve(ctx, cveservices.Request{Key: "FL-4", Year: 2026, Amount: 20, Sequential: true}); !errors.Is(err, cvd.ErrForbidden) || !strings.Contains(err.Error(), "EXCEEDED_ID_QUOTA") {
		t.Errorf("over the quota: %v", err)
	}
	var faults cvd.Faults
	if _, err := c.Reserve(ctx, cveservices.Request{}); !errors.As(err, &faults) || len(faults) != 3 {
		t.Errorf("an empty request: %v", err)
	}
}

// Whatever befalls a reservation, repeated until it works it has the ids that were
// asked for, all of them kept, and each id belongs to one key.
func TestReserveAfterAnything(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		k := newKeeper()
		s, stop := cveservicestest.Start(1000)
		defer stop()
		s.Page = rapid.IntRange(1, 5).Draw(t, "page")
		c, err := cveservices.New(config(s, k))
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]int{}
		for i := range rapid.IntRange(1, 4).Draw(t, "keys") {
			want[fmt.Sprintf("FL-%d", i)] = rapid.IntRange(1, 13).Draw(t, "amount")
		}
		for step := 0; len(want) > 0; step++ {
			key := rapid.SampledFrom(sorted(want)).Draw(t, "key")
			if step < 12 {
				switch rapid.SampledFrom([]string{"", "", "lose", "kill", "fail", "short"}).Draw(t, "trouble") {
				case "lose":
					s.Lose(1)
				case "kill":
					k.fail = 1
				case "fail":
					s.Fail(rapid.SampledFrom([]int{429, 500, 503}).Draw(t, "status"))
				case "short":
					s.Stock(rapid.IntRange(0, 4).Draw(t, "stock"))
				}
			} else {
				s.Stock(-1)
				s.Lose(0)
				k.fail = 0
			}
			out, err := c.Reserve(ctx, cveservices.Request{Key: key, Year: 2026, Amount: want[key]})
			s.Stock(-1)
			if err == nil && out.Missing == 0 {
				if len(out.IDs) != want[key] || !slices.Equal(out.IDs, k.ids[key]) {
					t.Fatalf("%s has %v, kept %v, asked for %d", key, out.IDs, k.ids[key], want[key])
				}
				delete(want, key)
			}
		}
		seen := map[string]bool{}
		for _, ids := range k.ids {
			for _, id := range ids {
				if seen[id] {
					t.Fatalf("%s was given twice", id)
				}
				seen[id] = true
			}
		}
	})
}

func sorted(m map[string]int) []string {
	var out []string
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// A request whose answer was lost takes up what it had reserved, and reserves
// nothing more.
func TestReserveTakesUpWhatWasLost(t *testing.T) {
	s := cveservicestest.New(t, 100)
	k := newKeeper()
	c := client(t, config(s, k))
	for name, trouble := range map[string]func(){"lost": func() { s.Lose(1) }, "killed": func() { k.fail = 1 }} {
		before := len(s.States())
		trouble()
		if _, err := c.Reserve(ctx, cveservices.Request{Key: name, Year: 2026, Amount: 3}); err == nil {
			t.Fatalf("%s: nothing happened", name)
		}
		out := must[cveservices.Reservation](t)(c.Reserve(ctx, cveservices.Request{Key: name, Year: 2026, Amount: 3}))
		if len(out.IDs) != 3 || len(s.States()) != before+3 {
			t.Errorf("%s: %+v, of %v", name, out, s.States())
		}
	}
}

func container(t testing.TB, cve string, change func(a *cvd.Advisory)) []byte {
	t.Helper()
	a := advisorytest.Example()
	a.Vulnerabilities[0].CVE = cve
	if change != nil {
		change(a)
	}
	return must[[]byte](t)(cve5.Container(a, cve, advisorytest.Publisher))
}

func did(t testing.TB, want string) func(r cveservices.Result, err error) {
	return func(r cveservices.Result, err error) {
		t.Helper()
		if err != nil || r.Did != want {
			t.Errorf("%s: %v, want %s", r.Did, err, want)
		}
	}
}

func TestPublish(t *testing.T) {
	s := cveservicestest.New(t, 10)
	c := client(t, config(s, newKeeper()))
	ids := must[cveservices.Reservation](t)(c.Reserve(ctx, cveservices.Request{Key: "FL-1", Year: 2026, Amount: 4})).IDs
	first := container(t, ids[0], nil)
	did(t, cveservices.Created)(c.Publish(ctx, ids[0], first))
	did(t, cveservices.Unchanged)(c.Publish(ctx, ids[0], first))
	second := container(t, ids[0], func(a *cvd.Advisory) { a.Vulnerabilities[0].Description = "Said better." })
	did(t, cveservices.Updated)(c.Publish(ctx, ids[0], second))
	did(t, cveservices.Unchanged)(c.Publish(ctx, ids[0], second))

	// What was done before the answer was lost is not done again.
	s.Lose(1)
	if _, err := c.Publish(ctx, ids[1], container(t, ids[1], nil)); !errors.Is(err, cvd.ErrUnavailable) {
		t.Errorf("the line was cut: %v", err)
	}
	did(t, cveservices.Unchanged)(c.Publish(ctx, ids[1], container(t, ids[1], nil)))

	no := must[[]byte](t)(cve5.Rejected("It was no vulnerability.", nil, advisorytest.Publisher))
	did(t, cveservices.Created)(c.Reject(ctx, ids[2], no))
	did(t, cveservices.Unchanged)(c.Reject(ctx, ids[2], no))
	did(t, cveservices.Updated)(c.Reject(ctx, ids[1], no)) // it had a record
	if _, err := c.Publish(ctx, ids[2], container(t, ids[2], nil)); !errors.Is(err, cvd.ErrNotReady) {
		t.Errorf("a rejected id was published: %v", err)
	}
	did(t, cveservices.Updated)(c.Release(ctx, ids[3]))
	did(t, cveservices.Unchanged)(c.Release(ctx, ids[3]))
	did(t, cveservices.Updated)(c.Restore(ctx, ids[3]))
	if _, err := c.Restore(ctx, ids[0]); !errors.Is(err, cvd.ErrNotReady) {
		t.Errorf("a published id was restored: %v", err)
	}
	want := map[string]string{ids[0]: "PUBLISHED with record", ids[1]: "REJECTED with record", ids[2]: "REJECTED with record", ids[3]: "RESERVED"}
	if diff := cmp.Diff(want, s.States()); diff != "" {
		t.Error(diff)
	}
	if _, err := c.Publish(ctx, "CVE-2026-99999", first); !errors.Is(err, cvd.ErrNotFound) {
		t.Errorf("an id nobody reserved: %v", err)
	}
	if _, err := c.Publish(ctx, "CVE-2026-1/../x", first); !errors.Is(err, cvd.ErrInvalid) {
		t.Errorf("no id at all: %v", err)
	}
	if _, err := c.Publish(ctx, ids[3], []byte("no JSON")); !errors.Is(err, cvd.ErrUnreadable) {
		t.Errorf("no container: %v", err)
	}
	if _, err := c.Publish(ctx, ids[3], []byte(`{"title":"t"}`)); !errors.Is(err, cvd.ErrInvalid) || !strings.Contains(err.Error(), "descriptions") {
		t.Errorf("an incomplete container: %v", err)
	}
	if all := must[[]cveservices.ID](t)(c.List(ctx, cveservices.Filter{State: cveservices.Rejected})); len(all) != 2 {
		t.Errorf("%+v", all)
	}
}

// Somebody else made the record between the look and the request.
func TestPublishCrossed(t *testing.T) {
	s := cveservicestest.New(t, 10)
	cfg := config(s, newKeeper())
	id := must[cveservices.Reservation](t)(client(t, cfg).Reserve(ctx, cveservices.Request{Key: "FL-1", Year: 2026, Amount: 1})).IDs[0]
	other := client(t, cfg)
	raced := false
	cfg.Transport = transport(func(r *http.Request) (*http.Response, error) {
		if r.Method == http.MethodPost && !raced {
			raced = true
			did(t, cveservices.Created)(other.Publish(ctx, id, container(t, id, nil)))
		}
		return http.DefaultTransport.RoundTrip(r)
	})
	did(t, cveservices.Updated)(client(t, cfg).Publish(ctx, id, container(t, id, func(a *cvd.Advisory) { a.Vulnerabilities[0].Description = "Other words." })))
}

// Without Live nothing is sent, and what would be is said whole.
func TestDryRun(t *testing.T) {
	s := cveservicestest.New(t, 10)
	k := newKeeper()
	cfg := config(s, k)
	cfg.Live = false
	c := client(t, cfg)
	r := must[cveservices.Reservation](t)(c.Reserve(ctx, cveservices.Request{Key: "FL-1", Year: 2026, Amount: 2, Sequential: true}))
	if len(r.IDs) != 0 || r.Planned == nil || r.Planned.Path != "/cve-id?amount=2&batch_type=sequential&cve_year=2026&short_name=nls" {
		t.Errorf("%+v", r)
	}
	p, err := c.Publish(ctx, "CVE-2026-20000", container(t, "CVE-2026-20000", nil))
	if err != nil || p.Did != cveservices.Planned || p.Act.Method != "POST" || p.Act.Path != "/cve/CVE-2026-20000/cna" || !strings.Contains(string(p.Act.Body), `"cnaContainer"`) {
		t.Errorf("%+v, %v", p, err)
	}
	did(t, cveservices.Planned)(c.Reject(ctx, "CVE-2026-20000", []byte(`{"rejectedReasons":[]}`)))
	did(t, cveservices.Planned)(c.Release(ctx, "CVE-2026-20000"))
	if sent := s.Requests(); len(sent) != 0 || len(k.since) != 0 {
		t.Errorf("sent %v", sent)
	}
}

// Who carries the act is told by the error whether to try again.
func TestErrors(t *testing.T) {
	s := cveservicestest.New(t, 10)
	c := client(t, config(s, newKeeper()))
	for status, want := range map[int]struct {
		kind      error
		permanent bool
	}{
		400: {cvd.ErrInvalid, true}, 401: {cvd.ErrUnauthenticated, true}, 403: {cvd.ErrForbidden, true}, 404: {cvd.ErrNotFound, true},
		429: {cvd.ErrLimited, false}, 500: {cvd.ErrUnavailable, false}, 503: {cvd.ErrUnavailable, false},
	} {
		s.Fail(status)
		_, err := c.Quota(ctx)
		var p *cveservices.Problem
		if !errors.Is(err, want.kind) || !errors.As(err, &p) || p.Permanent() != want.permanent || p.Code != "SERVICE_FAILED" {
			t.Errorf("%d is %v", status, err)
		}
		if status == 429 && p.After != 7*time.Second {
			t.Errorf("asked to wait %s", p.After)
		}
	}
	wrong := config(s, nil)
	wrong.Key = func(context.Context) (string, error) { return "wrong", nil }
	if _, err := client(t, wrong).Quota(ctx); !errors.Is(err, cvd.ErrUnauthenticated) || strings.Contains(err.Error(), "wrong") {
		t.Errorf("a wrong key: %v", err)
	}
	wrong.Key = func(context.Context) (string, error) { return "", errors.New("locked") }
	if _, err := client(t, wrong).Quota(ctx); !errors.Is(err, cvd.ErrUnavailable) {
		t.Errorf("no key: %v", err)
	}
}

// Nobody but who shows a certificate that this machine trusts is told the key (ASVS
// 5.0.0, V12.3.2).
func TestAnUnknownCertificateGetsNoKey(t *testing.T) {
	asked := 0
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"id_quota":10,"total_reserved":1,"available":9}`)
	}))
	srv.Config.ErrorLog = log.New(io.Discard, "", 0)
	srv.StartTLS()
	defer srv.Close()
	cfg := cveservices.Config{
		Base: srv.URL, Org: cveservicestest.Org, User: cveservicestest.User, Live: true, Keeper: newKeeper(), Now: time.Now,
		Key: func(context.Context) (string, error) { return cveservicestest.Key, nil },
	}
	if _, err := client(t, cfg).Quota(ctx); !errors.Is(err, cvd.ErrUnavailable) || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("an unknown certificate: %v", err)
	}
	if asked > 0 {
		t.Error("it was asked")
	}
	cfg.Transport = srv.Client().Transport
	if _, err := client(t, cfg).Quota(ctx); err != nil || asked != 1 {
		t.Errorf("a known certificate: %v", err)
	}
}

// The key goes to the services alone, and what answers in their place is not
// believed.
func TestStrangeAnswers(t *testing.T) {
	leaked := false
	elsewhere := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { leaked = leaked || r.Header.Get("CVE-API-KEY") != "" }))
	defer elsewhere.Close()
	for name, handler := range map[string]http.HandlerFunc{
		"redirect": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, elsewhere.URL, http.StatusTemporaryRedirect)
		},
		"page":    func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>") },
		"error":   func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "<html>", http.StatusBadGateway) },
		"endless": func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"cve_ids":[],"nextPage":2}`) },
	} {
		t.Run(name, func(t *testing.T) {
			srv := httptest.NewServer(handler)
			defer srv.Close()
			cfg := config(cveservicestest.New(t, 1), nil)
			cfg.Base = srv.URL
			if _, err := client(t, cfg).List(ctx, cveservices.Filter{}); err == nil {
				t.Error("it was believed")
			}
		})
	}
	if leaked {
		t.Error("a redirect was given the key")
	}
}

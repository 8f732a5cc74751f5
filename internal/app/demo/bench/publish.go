package bench

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"

	"fairlead/examples"
	"fairlead/internal/app"
	"fairlead/internal/app/demo"
	"fairlead/internal/cvd"
)

// tries is how many publications are timed at each size of the register.
const tries = 40

// Publish measures one publication, with all its formats, signatures and the
// synced commit, while the register grows; then what its first readers wait for.
// A second house that stays small publishes by turns with it, so that the quotient
// of the two leaves the noise of the machine out.
func Publish(ctx context.Context, o Options) ([]Result, error) {
	return inFolder(func(dir string) ([]Result, error) {
		small, err := publisher(ctx, filepath.Join(dir, "small"))
		if err != nil {
			return nil, err
		}
		large, err := publisher(ctx, filepath.Join(dir, "large"))
		if err != nil {
			return nil, errors.Join(err, small.Close())
		}
		out, err := publishing(ctx, small, large, o.Advisories)
		return out, errors.Join(err, small.Close(), large.Close())
	})
}

func publisher(ctx context.Context, data string) (*app.House, error) {
	h, err := app.Build(ctx, app.Config{Data: data, Database: app.DatabaseConfig{Engine: "sqlite"}},
		app.Options{Demo: true, Unlimited: true, BaseURL: "https://localhost"})
	if err != nil {
		return nil, err
	}
	if _, err := demo.Seed(ctx, h, examples.SignedPolicy, true); err != nil {
		return nil, errors.Join(err, h.Close())
	}
	return h, nil
}

func publishing(ctx context.Context, small, large *app.House, most int) ([]Result, error) {
	var out []Result
	count, few := 0, 0
	one := func(h *app.House, n *int, times *[]time.Duration) error {
		a := published(h, *n)
		*n++
		began := time.Now()
		err := h.Register.Publish(ctx, a)
		*times = append(*times, time.Since(began))
		return err
	}
	for _, size := range []int{10, 100, 1000, 5000, 10000} {
		if size > most {
			break
		}
		var batch []*cvd.Advisory
		for ; count < size-tries/2; count++ {
			batch = append(batch, published(large, count))
		}
		if err := large.Register.Publish(ctx, batch...); err != nil {
			return nil, err
		}
		var bare, times []time.Duration
		spent := processor()
		for range tries {
			if err := errors.Join(one(small, &few, &bare), one(large, &count, &times)); err != nil {
				return nil, err
			}
		}
		spent = (processor() - spent) / (2 * tries)
		slices.Sort(bare)
		slices.Sort(times)
		out = append(out,
			Result{fmt.Sprintf("publish, %d published, p50", size), percentile(times, 0.5), "ms", fmt.Sprintf("%d us of processor each", spent.Microseconds())},
			Result{fmt.Sprintf("publish, %d published, of a small house's", size), 100 * percentile(times, 0.5) / percentile(bare, 0.5), "%", fmt.Sprintf("p50 of %d published, by turns: %.1f ms", few, percentile(bare, 0.5))})
	}
	reads, err := reading(ctx, large, count)
	return append(out, reads...), err
}

// processor is the time that this process kept processors busy, which a noisy
// machine hardly changes.
func processor() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// reading measures what readers wait for when nothing was made yet, when it was,
// and after one more publication.
func reading(ctx context.Context, h *app.House, count int) ([]Result, error) {
	handler, err := h.Handler(true)
	if err != nil {
		return nil, err
	}
	var out []Result
	ask := func(what, path string) error {
		w := &counter{header: http.Header{}}
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://localhost"+path, nil)
		if err != nil {
			return err
		}
		r.RemoteAddr = "127.0.0.1:1"
		r.Header.Set("Accept-Encoding", "gzip")
		began, spent := time.Now(), processor()
		handler.ServeHTTP(w, r)
		took := time.Since(began)
		spent = processor() - spent
		if w.status != http.StatusOK {
			return fmt.Errorf("%s answered %d", path, w.status)
		}
		out = append(out, Result{what, float64(took.Microseconds()) / 1000, "ms", fmt.Sprintf("%s, %d KiB, %.1f ms of processor", path, w.bytes>>10, float64(spent.Microseconds())/1000)})
		return nil
	}
	for _, when := range []string{"first", "again", "one more"} {
		if when == "one more" {
			if err := h.Register.Publish(ctx, published(h, count)); err != nil {
				return nil, err
			}
		}
		for _, one := range [][2]string{
			{"feed", "/.well-known/csaf/white/csaf-feed-tlp-white.json"},
			{"archive", "/osv/all.zip"},
			{"list", "/advisories"},
			{"document", "/.well-known/csaf/white/" + fmt.Sprint(h.Options.Clock.Now().UTC().Year()) + "/bench-2026-000001.json"},
		} {
			if err := ask(one[0]+", "+when, one[1]); err != nil {
				return nil, err
			}
		}
	}
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return append(out, Result{"heap with all of it read", float64(m.HeapAlloc) / (1 << 20), "MiB", fmt.Sprintf("%d advisories", count+1)}), nil
}

// counter is a reader who keeps nothing.
type counter struct {
	header http.Header
	status int
	bytes  int
}

func (c *counter) Header() http.Header { return c.header }

func (c *counter) WriteHeader(status int) { c.status = status }

func (c *counter) Write(b []byte) (int, error) {
	if c.status == 0 {
		c.status = http.StatusOK
	}
	c.bytes += len(b)
	return len(b), nil
}

// published is an advisory of common size.
func published(h *app.House, n int) *cvd.Advisory {
	now := h.Options.Clock.Now().UTC().Truncate(time.Second)
	id := fmt.Sprintf("BENCH-2026-%06d", n)
	return &cvd.Advisory{
		ID: cvd.AdvisoryID(id), Revision: 1, Title: fmt.Sprintf("Flaw %d of the gateway", n), Published: now, Modified: now,
		Overview: strings.Repeat("What is wrong, in a few words. ", 5), Details: strings.Repeat("How it came about and how it was found. ", 30),
		Products: []cvd.AdvisoryProduct{{
			ID: "gateway", Name: "Northlake Gateway", PURL: "pkg:golang/northlake.example.com/gateway", Ecosystem: "Go", Package: "northlake.example.com/gateway",
		}},
		Vulnerabilities: []cvd.Vulnerability{{
			CVE: fmt.Sprintf("CVE-2026-%06d", 100000+n), Title: "Numbers are believed", CWE: []string{"CWE-639"}, Description: "The number in the address is believed.",
			Scores: []cvd.AdvisoryScore{{Vector: "CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:U/C:H/I:N/A:N"}},
			Affects: []cvd.Affect{{Product: "gateway", Status: cvd.StatusAffected, Ranges: []cvd.VersionRange{{
				Kind: cvd.RangeSemver, Events: []cvd.VersionEvent{{Introduced: "0"}, {Fixed: "5.1.2"}},
			}}}},
			Remedies: []cvd.Remedy{{Kind: cvd.RemedyFix, Text: "Install 5.1.2."}},
		}},
		References: []cvd.Reference{{Kind: "FIX", URL: "https://git.northlake.example.com/gateway/commit/0a1b2c3d"}},
		Credits:    []cvd.AdvisoryCredit{{Name: "A. Finder", Kind: "FINDER"}},
		History:    []cvd.AdvisoryChange{{Revision: 1, At: now, Text: "First published."}},
	}
}

// Package bench measures this machine with the program itself: a server in a
// process of its own, clients in this one, over loopback.
//
// It judges nothing: it prints what it measured, beside a bound of the same run
// where there is one.
package bench

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"fairlead/internal/auth/onetime"
)

// Result is one measured line.
type Result struct {
	What   string  `json:"what"`
	Value  float64 `json:"value"`
	Unit   string  `json:"unit"`
	Detail string  `json:"detail,omitempty"`
}

// Options bound a measurement.
type Options struct {
	Clients int
	For     time.Duration
	Cases   int
	// Advisories is how many are published in the end.
	Advisories int
	Program    string // the binary that is measured
}

// server is the measured process.
type server struct {
	cmd    *exec.Cmd
	URL    string        `json:"url"`
	SignIn string        `json:"sign_in_url"`
	Token  string        `json:"token"`
	Data   string        `json:"data"`
	SMTP   string        `json:"smtp"`
	ready  time.Duration // from the start of the process to the first 200
}

// start runs the demo on a data folder and waits for its first answer.
func start(ctx context.Context, o Options, data string, flags ...string) (*server, error) {
	began := time.Now()
	args := append([]string{"demo", "--json", "--unlimited", "--empty", "--listen", "127.0.0.1:0", "--data", data}, flags...)
	//nolint:gosec // the program is this very one
	cmd := exec.CommandContext(ctx, o.Program, args...)
	cmd.Stderr = io.Discard
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 30 * time.Second
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	s := &server{cmd: cmd}
	line, err := bufio.NewReader(out).ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, s)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("the measured server did not start: %w", err), s.stop())
	}
	for {
		res, err := http.Get(s.URL + "/healthz")
		if err == nil {
			_ = res.Body.Close()
			if res.StatusCode == http.StatusOK {
				s.ready = time.Since(began)
				return s, nil
			}
		}
		if time.Since(began) > time.Minute {
			return nil, errors.Join(errors.New("the measured server does not answer"), s.stop())
		}
		time.Sleep(time.Millisecond)
	}
}

func (s *server) stop() error {
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	return s.cmd.Wait()
}

// pss is the server's share of memory in MiB (Linux).
func (s *server) pss() (float64, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", s.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(b)) {
		if rest, ok := strings.CutPrefix(line, "Pss:"); ok {
			kb, err := strconv.ParseFloat(strings.Fields(rest)[0], 64)
			return kb / 1024, err
		}
	}
	return 0, errors.New("no Pss in smaps_rollup")
}

// browser is a client with the lead's session.
func (s *server) browser(clients int) (*http.Client, error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	c := &http.Client{Jar: jar, Transport: &http.Transport{MaxIdleConnsPerHost: clients, MaxConnsPerHost: clients}}
	res, err := c.PostForm(s.URL+onetime.SignInPath, url.Values{"link": {s.SignIn}})
	if err != nil {
		return nil, err
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("signing in answered %d", res.StatusCode)
	}
	return c, nil
}

func get(c *http.Client, url string) ([]byte, error) {
	res, err := c.Get(url)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s answered %d", url, res.StatusCode)
	}
	return b, err
}

// load runs do by so many clients for so long and returns each one's time.
func load(ctx context.Context, clients int, d time.Duration, do func(n int64) error) ([]time.Duration, time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	var n atomic.Int64
	var wg sync.WaitGroup
	times := make([][]time.Duration, clients)
	errs := make([]error, clients)
	began := time.Now()
	for i := range clients {
		wg.Go(func() {
			for ctx.Err() == nil {
				t := time.Now()
				if err := do(n.Add(1)); err != nil {
					errs[i] = err
					return
				}
				times[i] = append(times[i], time.Since(t))
			}
		})
	}
	wg.Wait()
	elapsed := time.Since(began)
	all := slices.Concat(times...)
	slices.Sort(all)
	if err := errors.Join(errs...); err != nil {
		return nil, 0, err
	}
	if len(all) == 0 {
		return nil, 0, errors.New("nothing was answered in time")
	}
	return all, elapsed, nil
}

func percentile(sorted []time.Duration, p float64) float64 {
	i := int(float64(len(sorted)-1) * p)
	return float64(sorted[i].Microseconds()) / 1000
}

// spread is the percentiles of a load as results.
func spread(what string, times []time.Duration, elapsed time.Duration, detail string) []Result {
	return []Result{
		{what + ", rate", float64(len(times)) / elapsed.Seconds(), "1/s", detail},
		{what + ", p50", percentile(times, 0.50), "ms", ""},
		{what + ", p99", percentile(times, 0.99), "ms", ""},
	}
}

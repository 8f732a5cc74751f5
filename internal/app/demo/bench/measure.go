package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"fairlead/examples"
	"fairlead/internal/app"
	"fairlead/internal/app/demo"
	"fairlead/internal/casework"
	"fairlead/internal/cvd"
	"fairlead/internal/cvd/rule"
	"fairlead/internal/deadline"
	"fairlead/internal/store"
	"fairlead/internal/store/sqlstore/bare"
)

// inFolder runs measure in a temporary folder.
func inFolder(measure func(dir string) ([]Result, error)) (out []Result, err error) {
	dir, err := os.MkdirTemp("", "fairlead-bench-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	return measure(dir)
}

// report is a submission of about two KiB.
func report(n int64) []byte {
	b, _ := json.Marshal(map[string]any{
		"title": fmt.Sprintf("Report %d", n), "product": "Northlake Gateway", "version": "5.1",
		"description": strings.Repeat("What was found, where, and how it can be seen again. ", 30),
		"steps":       strings.Repeat("Open the page; change the number. ", 6),
		"cwe":         "CWE-639",
		"reporter":    map[string]string{"name": "A. Finder", "email": "finder@example.net", "credit": "anonymous"},
	})
	return b
}

// Intake measures durable reports a second through the JSON API, and the bare
// rate of writing the same rows.
func Intake(ctx context.Context, o Options) ([]Result, error) {
	return inFolder(func(dir string) ([]Result, error) {
		data := filepath.Join(dir, "data")
		s, err := start(ctx, o, data)
		if err != nil {
			return nil, err
		}
		client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: o.Clients}}
		times, elapsed, err := load(ctx, o.Clients, o.For, func(n int64) error {
			res, err := client.Post(s.URL+"/api/v1/reports", "application/json", bytes.NewReader(report(n)))
			if err != nil {
				return err
			}
			_, err = io.Copy(io.Discard, res.Body)
			if err == nil && res.StatusCode != http.StatusCreated {
				err = fmt.Errorf("a report was answered with %d", res.StatusCode)
			}
			return errors.Join(err, res.Body.Close())
		})
		if err != nil {
			return nil, errors.Join(err, s.stop())
		}
		if err := s.stop(); err != nil {
			return nil, err
		}
		out := spread("intake", times, elapsed, fmt.Sprintf("%d clients, %d-byte reports, synced commits", o.Clients, len(report(1))))
		rows, err := bare.Load(ctx, filepath.Join(data, "fairlead.db"))
		if err != nil {
			return nil, err
		}
		rate, err := bareRate(ctx, rows, filepath.Join(dir, "bare.db"), o.Clients)
		if err != nil {
			return nil, err
		}
		return append(out,
			Result{"bare SQLite, rate", rate, "1/s", fmt.Sprintf("the same rows, %d reports a commit", o.Clients)},
			Result{"intake of bare", 100 * out[0].Value / rate, "%", ""}), nil
	})
}

func bareRate(ctx context.Context, rows *bare.Rows, to string, batch int) (float64, error) {
	write, done, err := rows.Prepare(ctx, to, batch)
	if err != nil {
		return 0, err
	}
	began := time.Now()
	if err := write(); err != nil {
		return 0, errors.Join(err, done())
	}
	return float64(rows.Reports) / time.Since(began).Seconds(), done()
}

// fill makes a data folder with so many open cases, and one with thirty
// messages, whose id it returns.
func fill(ctx context.Context, data string, cases int) (cvd.CaseID, error) {
	h, err := app.Build(ctx, app.Config{Data: data, Database: app.DatabaseConfig{Engine: "sqlite"}}, app.Options{Demo: true, Unlimited: true})
	if err != nil {
		return "", err
	}
	long, err := fillHouse(ctx, h, cases)
	return long, errors.Join(err, h.Close())
}

func fillHouse(ctx context.Context, h *app.House, cases int) (cvd.CaseID, error) {
	seeded, err := demo.Seed(ctx, h, examples.SignedPolicy, true)
	if err != nil {
		return "", err
	}
	long, err := longCase(ctx, h, seeded)
	if err != nil {
		return "", err
	}
	const batch = 500
	for i := 0; i < cases; i += batch {
		var rows []store.Case
		var events []store.Event
		for j := i; j < min(i+batch, cases); j++ {
			row, ev, err := one(h, j)
			if err != nil {
				return "", err
			}
			rows, events = append(rows, row), append(events, ev)
		}
		err := h.Store.Update(ctx, func(tx store.Tx) error {
			for _, row := range rows {
				if err := tx.PutCase(row, 0); err != nil {
					return err
				}
			}
			return tx.Append(events)
		})
		if err != nil {
			return "", err
		}
	}
	return long, nil
}

// one makes the rows of one received case, as casework would.
func one(h *app.House, n int) (store.Case, store.Event, error) {
	now := h.Options.Clock.Now()
	cur := h.Book.Current()
	var random [6]byte
	for i, rest := 0, n; i < len(random); i, rest = i+1, rest/31 {
		random[i] = byte(rest % 31) // the id's alphabet has 31 characters
	}
	id := cvd.NewCaseID("FL", now.Year(), random)
	r := &cvd.Report{Title: fmt.Sprintf("Report %d of many", n), Product: "Northlake Gateway", Description: strings.Repeat("What was found. ", 40)}
	evs, err := rule.Open(rule.Opening{
		ID: id, Program: cur.Policy.Programs[0].ID, Policy: cur.Number, Report: r,
		Received: now.Add(-time.Duration(n) * 50 * time.Millisecond), Channel: "api", By: cvd.Stranger,
	}, now)
	if err != nil {
		return store.Case{}, store.Event{}, err
	}
	ev, c := evs[0], &cvd.Case{}
	t := deadline.Terms{Policy: cur.Policy, Calendar: cur.Calendar}
	if ev.Clocks, err = deadline.Clocks(c, &ev, t); err != nil {
		return store.Case{}, store.Event{}, err
	}
	if err := c.Apply(ev); err != nil {
		return store.Case{}, store.Event{}, err
	}
	key, err := h.Vault.NewCase(id)
	if err != nil {
		return store.Case{}, store.Event{}, err
	}
	sealed, err := key.SealCaseEvent(&ev)
	if err != nil {
		return store.Case{}, store.Event{}, err
	}
	row, err := key.SealCase(c, deadline.Wake(c, t))
	return row, sealed, err
}

// longCase is one case with thirty messages, half of them from the reporter.
func longCase(ctx context.Context, h *app.House, s *demo.Seeded) (cvd.CaseID, error) {
	a, err := h.Desk.As(cvd.Stranger).Receive(ctx, casework.Submission{
		Channel: "api", Report: &cvd.Report{Title: "A long conversation", Description: "It took a while."},
	})
	if err != nil {
		return "", err
	}
	reporter, err := h.Auth.Receipt(ctx, a.Receipt)
	if err != nil {
		return "", err
	}
	for i := range 30 {
		by := reporter
		if i%2 == 1 {
			by = cvd.Actor{Kind: cvd.ActorMember, ID: s.Lead.ID, Name: s.Lead.Name, Roles: s.Lead.Roles}
		}
		in := cvd.Input{Text: fmt.Sprintf("Message %d. %s", i, strings.Repeat("A few words more about it. ", 10))}
		if _, err := h.Desk.As(by).Do(ctx, a.Case, cvd.VerbMessage, in); err != nil {
			return "", err
		}
	}
	_, err = h.Outbox.Drain(ctx)
	return a.Case, err
}

// Queue measures the first page of the team's queue.
func Queue(ctx context.Context, o Options) ([]Result, error) {
	return page(ctx, o, "queue page", func(*server, cvd.CaseID) string { return "/desk/" })
}

// Case measures the page of a case with thirty messages.
func Case(ctx context.Context, o Options) ([]Result, error) {
	return page(ctx, o, "case page", func(_ *server, id cvd.CaseID) string { return "/desk/cases/" + string(id) })
}

func page(ctx context.Context, o Options, what string, path func(*server, cvd.CaseID) string) ([]Result, error) {
	return inFolder(func(dir string) ([]Result, error) {
		data := filepath.Join(dir, "data")
		id, err := fill(ctx, data, o.Cases)
		if err != nil {
			return nil, err
		}
		s, err := start(ctx, o, data)
		if err != nil {
			return nil, err
		}
		out, err := pageOf(ctx, o, s, what, s.URL+path(s, id))
		return out, errors.Join(err, s.stop())
	})
}

func pageOf(ctx context.Context, o Options, s *server, what, url string) ([]Result, error) {
	c, err := s.browser(o.Clients)
	if err != nil {
		return nil, err
	}
	body, err := get(c, url)
	if err != nil {
		return nil, err
	}
	var out []Result
	for _, clients := range []int{1, o.Clients} {
		times, elapsed, err := load(ctx, clients, o.For, func(int64) error {
			_, err := get(c, url)
			return err
		})
		if err != nil {
			return nil, err
		}
		out = append(out, spread(fmt.Sprintf("%s, %d clients", what, clients), times, elapsed, fmt.Sprintf("%d cases", o.Cases))...)
	}
	return append(out, Result{what + ", size", float64(len(body)) / 1024, "KiB", ""}), nil
}

// Start measures the time to the first 200 and the memory at rest, on a fresh
// folder and on a full one.
func Start(ctx context.Context, o Options) ([]Result, error) {
	return inFolder(func(dir string) ([]Result, error) {
		var out []Result
		for _, n := range []int{0, o.Cases} {
			data := filepath.Join(dir, fmt.Sprint(n))
			name := "fresh"
			if n > 0 {
				name = fmt.Sprintf("%d cases", n)
				if _, err := fill(ctx, data, n); err != nil {
					return nil, err
				}
			}
			s, err := start(ctx, o, data)
			if err != nil {
				return nil, err
			}
			out = append(out, Result{"start, " + name, float64(s.ready.Microseconds()) / 1000, "ms", "process start to first 200"})
			time.Sleep(2 * time.Second)
			mem, err := s.pss()
			if err := errors.Join(err, s.stop()); err != nil {
				return nil, err
			}
			out = append(out, Result{"idle memory, " + name, mem, "MiB", "PSS after two seconds"})
		}
		return out, nil
	})
}

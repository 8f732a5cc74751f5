package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"text/tabwriter"
	"time"

	"fairlead/internal/cvd"
)

type caseCmd struct {
	List   caseListCmd   `cmd:"" help:"List cases, newest first."`
	Show   caseShowCmd   `cmd:"" help:"Show one case with its history."`
	Export caseExportCmd `cmd:"" help:"Write one case, history and thread included, as JSON; or its report to hand on."`
	Do     caseDoCmd     `cmd:"" help:"Do a verb to a case, such as: case do FL-2026-… message --text …"`
}

type caseListCmd struct {
	remote
	State    string `help:"Only this state: received, invalid, valid, deferred, accepted, closed."`
	Assignee string `help:"Only this member's, or none."`
	Sort     string `enum:"created,due,updated" default:"created" help:"created, due or updated."`
	Limit    int    `default:"50" help:"At most so many, up to 200."`
	After    string `help:"Go on after the cursor that the page before printed as next."`
	JSON     bool   `name:"json" help:"Print the API's answer."`
}

type listed struct {
	Cases []struct {
		Case     string    `json:"case"`
		Title    string    `json:"title"`
		State    string    `json:"state"`
		Severity string    `json:"severity"`
		Assignee string    `json:"assignee"`
		NextDue  time.Time `json:"next_due"`
		NextKind string    `json:"next_kind"`
	} `json:"cases"`
	Next string `json:"next"`
}

func (c *caseListCmd) Run(e *env) error {
	ask, done, err := c.connect(e)
	if err != nil {
		return err
	}
	defer done()
	q := url.Values{"sort": {c.Sort}, "limit": {fmt.Sprint(c.Limit)}}
	for name, v := range map[string]string{"state": c.State, "assignee": c.Assignee, "after": c.After} {
		if v != "" {
			q.Set(name, v)
		}
	}
	var raw []byte
	if err := ask("GET", "/api/v1/cases?"+q.Encode(), "", nil, &raw); err != nil {
		return err
	}
	if c.JSON {
		_, err := e.out.Write(append(raw, '\n'))
		return err
	}
	var l listed
	if err := json.Unmarshal(raw, &l); err != nil {
		return err
	}
	w := tabwriter.NewWriter(e.out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "CASE\tSTATE\tSEVERITY\tNEXT DUE\tTITLE")
	for _, one := range l.Cases {
		due := "-"
		if !one.NextDue.IsZero() {
			due = one.NextDue.Format("2006-01-02 15:04 MST") + " " + one.NextKind
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", one.Case, one.State, one.Severity, due, one.Title)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if l.Next != "" {
		fmt.Fprintf(e.err, "more: --after %s\n", l.Next)
	}
	return nil
}

type caseShowCmd struct {
	Case string `arg:"" help:"Case id."`
	remote
	JSON bool `name:"json" help:"Print the API's answer."`
}

func (c *caseShowCmd) Run(e *env) error {
	raw, err := fetchCase(e, c.remote, c.Case, "")
	if err != nil {
		return err
	}
	if c.JSON {
		_, err := e.out.Write(append(raw, '\n'))
		return err
	}
	return printJSON(e, json.RawMessage(raw))
}

func fetchCase(e *env, r remote, id, part string) ([]byte, error) {
	ask, done, err := r.connect(e)
	if err != nil {
		return nil, err
	}
	defer done()
	var raw []byte
	err = ask("GET", "/api/v1/cases/"+url.PathEscape(id)+part, "", nil, &raw)
	return raw, err
}

type caseExportCmd struct {
	Case string `arg:"" help:"Case id."`
	remote
	Format string `enum:"json,csaf-report" default:"json" help:"json, or csaf-report: the report alone, to hand on, as CSAF 2.1 (a draft), TLP:AMBER; the reporter's name only if they agreed."`
	Out    string `help:"File to write, readable by you only; without it standard output." type:"path"`
}

func (c *caseExportCmd) Run(e *env) error {
	raw, err := fetchCase(e, c.remote, c.Case, map[string]string{"csaf-report": "/report.csaf.json"}[c.Format])
	if err != nil {
		return err
	}
	raw = append(bytes.TrimSpace(raw), '\n')
	if c.Out == "" {
		_, err := e.out.Write(raw)
		return err
	}
	f, err := os.OpenFile(c.Out, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("%w: %w", cvd.ErrUnavailable, err)
	}
	if _, err := f.Write(raw); err != nil {
		_ = f.Close()
		return fmt.Errorf("%w: %w", cvd.ErrUnavailable, err)
	}
	return f.Close()
}

package main

import (
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"fairlead/internal/cvd"
	"fairlead/internal/cvd/rule"
	"fairlead/internal/may"
)

type caseCmd struct {
	List   caseListCmd   `cmd:"" help:"List cases, newest first."`
	Show   caseShowCmd   `cmd:"" help:"Show one case with its history."`
	Export caseExportCmd `cmd:"" help:"Write one case, history and thread included, as JSON."`
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
	raw, err := fetchCase(e, c.remote, c.Case)
	if err != nil {
		return err
	}
	if c.JSON {
		_, err := e.out.Write(append(raw, '\n'))
		return err
	}
	var pretty any
	if err := json.Unmarshal(raw, &pretty); err != nil {
		return err
	}
	return printJSON(e, pretty)
}

func fetchCase(e *env, r remote, id string) ([]byte, error) {
	ask, done, err := r.connect(e)
	if err != nil {
		return nil, err
	}
	defer done()
	var raw []byte
	err = ask("GET", "/api/v1/cases/"+url.PathEscape(id), "", nil, &raw)
	return raw, err
}

type caseExportCmd struct {
	Case string `arg:"" help:"Case id."`
	remote
	Out string `help:"File to write, readable by you only; without it standard output." type:"path"`
}

func (c *caseExportCmd) Run(e *env) error {
	raw, err := fetchCase(e, c.remote, c.Case)
	if err != nil {
		return err
	}
	raw = append(raw, '\n')
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

type caseDoCmd struct {
	Case    string   `arg:"" help:"Case id."`
	Verb    string   `arg:"" help:"Verb, as the API names it."`
	Text    string   `help:"To the reporter."`
	Note    string   `help:"To the team only."`
	Reason  string   `help:"Why."`
	Silent  string   `help:"Tell the reporter nothing, for this reason."`
	Clauses []string `help:"Clause ids of the policy."`
	Missing []string `help:"What is asked for." sep:"none"`
	Vector  string   `help:"CVSS vector."`
	To      string   `help:"Whom it is handed to, or which member."`
	Outcome string   `help:"How the case ended."`
	Clock   string   `help:"Which promise moves."`
	Until   string   `help:"To when, RFC 3339."`
	Preview bool     `help:"Only say what the reporter would be told."`
	JSON    bool     `name:"json" help:"Print the API's answer; without it a short line."`
	remote
}

// verbs are what a member may do to a case without a file.
func verbs() []string {
	var out []string
	team := cvd.Actor{Kind: cvd.ActorMember, Roles: cvd.Roles}
	for _, spec := range rule.Specs {
		if v := spec.Verb; v != cvd.VerbReceive && v != cvd.VerbAttach && may.Of(team, v) != may.Nowhere {
			out = append(out, string(v))
		}
	}
	return out
}

func (c *caseDoCmd) Run(e *env) error {
	if list := verbs(); !slices.Contains(list, c.Verb) {
		return usage("no such verb; a case takes %s", strings.Join(list, ", "))
	}
	in := cvd.Input{
		Text: c.Text, Note: c.Note, Reason: c.Reason, Silent: c.Silent, Clauses: c.Clauses, Missing: c.Missing,
		Vector: c.Vector, To: c.To, Outcome: c.Outcome, Clock: cvd.ClockKind(c.Clock),
	}
	if c.Until != "" {
		at, err := time.Parse(time.RFC3339, c.Until)
		if err != nil {
			return usage("--until: not an instant; write RFC 3339 with a zone")
		}
		in.Until = at
	}
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	ask, done, err := c.connect(e)
	if err != nil {
		return err
	}
	defer done()
	path := "/api/v1/cases/" + url.PathEscape(c.Case) + "/" + url.PathEscape(c.Verb)
	if c.Preview {
		path += "?preview=true"
	}
	var out map[string]any
	if err := ask("POST", path, "application/json", body, &out); err != nil {
		return err
	}
	if c.JSON || c.Preview {
		return printJSON(e, out)
	}
	fmt.Fprintf(e.out, "%s: %s, the case is %v\n", c.Case, c.Verb, out["state"])
	for _, name := range []string{"receipt", "successor"} {
		if v, ok := out[name]; ok && v != "" && v != nil {
			fmt.Fprintf(e.out, "%s: %v\n", name, v)
		}
	}
	return nil
}

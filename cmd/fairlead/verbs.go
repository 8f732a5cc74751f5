package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"
	"time"

	"fairlead/internal/app/exchange"
	"fairlead/internal/cvd"
	"fairlead/internal/cvd/rule"
	"fairlead/internal/may"
)

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
	Seq     int64    `help:"Number of the event that is meant, such as that of a draft. Without it advise, schedule and publish take the latest draft that was saved."`
	CVE     string   `name:"cve" help:"A CVE id."`
	Contact string   `placeholder:"FILE" help:"JSON file with how the reporter is reached, - for standard input."`
	// The record is whole, as the API gives and takes it.
	Advisory string `placeholder:"FILE" help:"JSON file with the whole record of an advisory, - for standard input: the record of GET /api/v1/cases/CASE/advisory."`
	Others   bool   `help:"Whom the draft credits are other people than the reporter, who does not wish to be named."`
	Preview  bool   `help:"Only say what the reporter would be told."`
	JSON     bool   `name:"json" help:"Print the API's answer; without it a short line."`
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

// input gathers what was given for the verb.
func (c *caseDoCmd) input(e *env) (cvd.Input, error) {
	in := cvd.Input{
		Text: c.Text, Note: c.Note, Reason: c.Reason, Silent: c.Silent, Clauses: c.Clauses, Missing: c.Missing,
		Vector: c.Vector, To: c.To, Outcome: c.Outcome, Clock: cvd.ClockKind(c.Clock), Seq: c.Seq, CVE: c.CVE, Others: c.Others,
	}
	if c.Until != "" {
		at, err := time.Parse(time.RFC3339, c.Until)
		if err != nil {
			return in, usage("--until: not an instant; write RFC 3339 with a zone")
		}
		in.Until = at
	}
	var err error
	if c.Contact != "" {
		err = readRecord(e, "--contact", c.Contact, &in.Contact)
	}
	if c.Advisory != "" && err == nil {
		err = readRecord(e, "--advisory", c.Advisory, &in.Advisory)
	}
	return in, err
}

// readRecord reads the one JSON object of a flag's file.
func readRecord[T any](e *env, flag, path string, into **T) error {
	b, err := readInput(e, path)
	if err != nil {
		return err
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil || *into == nil || d.More() {
		return usage("%s: not one JSON object with the members that the API has; see what it gives of a case or at /api/openapi.json", flag)
	}
	return nil
}

// readInput reads a file, or standard input for "-", no further than its limit.
func readInput(e *env, path string) ([]byte, error) {
	if path != "-" {
		b, err := exchange.ReadFile(path)
		if err != nil && !errors.Is(err, cvd.ErrTooLarge) {
			err = fmt.Errorf("%w: %w", cvd.ErrUnavailable, err)
		}
		return b, err
	}
	b, err := io.ReadAll(io.LimitReader(e.in, exchange.MaxFile+1))
	if err == nil && len(b) > exchange.MaxFile {
		err = fmt.Errorf("%w: over %d MiB", cvd.ErrTooLarge, exchange.MaxFile>>20)
	}
	return b, err
}

// ofDraft tells whether a verb names a draft: the one to send out, or to replace.
func ofDraft(verb string) bool {
	return verb == string(cvd.VerbSchedule) || verb == string(cvd.VerbPublish) || verb == string(cvd.VerbAdvise)
}

// latestDraft asks which draft of the case's advisory was saved last, for the verb. Only
// advise goes without one.
func latestDraft(ask asker, id, verb string) (int64, error) {
	var d struct{ Seq int64 }
	if err := ask("GET", "/api/v1/cases/"+url.PathEscape(id)+"/advisory", "", nil, &d); err != nil {
		return 0, err
	}
	if d.Seq == 0 && verb != string(cvd.VerbAdvise) {
		return 0, usage("--seq: no draft of the advisory was saved yet; save one with advise --advisory FILE")
	}
	return d.Seq, nil
}

func (c *caseDoCmd) Run(e *env) error {
	if list := verbs(); !slices.Contains(list, c.Verb) {
		return usage("no such verb; a case takes %s", strings.Join(list, ", "))
	}
	in, err := c.input(e)
	if err != nil {
		return err
	}
	ask, done, err := c.connect(e)
	if err != nil {
		return err
	}
	defer done()
	if in.Seq == 0 && ofDraft(c.Verb) {
		if in.Seq, err = latestDraft(ask, c.Case, c.Verb); err != nil {
			return err
		}
	}
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
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

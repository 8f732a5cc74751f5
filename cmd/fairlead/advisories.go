package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strings"

	"fairlead/internal/advisory"
	"fairlead/internal/app"
	"fairlead/internal/app/exchange"
	"fairlead/internal/app/folder"
	"fairlead/internal/cvd"
)

type advisoryCmd struct {
	Import   advisoryImportCmd   `cmd:"" help:"Bring advisories of others into the register: CSAF, OSV, CVE and GitHub's JSON."`
	Export   advisoryExportCmd   `cmd:"" help:"Write the published advisories into a folder, one file each."`
	Validate advisoryValidateCmd `cmd:"" help:"Check advisory documents. Prints every fault."`
}

// A request of an import holds as many files as stay below these.
const (
	importFiles = 100
	importBytes = 8 << 20
)

// noDocument refuses folders in which there is nothing to look at.
func noDocument(passed []string) error {
	if len(passed) == 0 {
		return usage("no .json file is there")
	}
	return usage("no .json file is there; %d files of other names were passed over", len(passed))
}

// printPassed names files that were not looked at.
func printPassed(e *env, passed []string) {
	for _, path := range passed {
		fmt.Fprintf(e.out, "%s: passed over, its name does not end in .json\n", path)
	}
}

type advisoryImportCmd struct {
	Files []string `arg:"" name:"file" help:"Documents, or folders of them."`
	operated
	JSON bool `name:"json" help:"Print the result of each file."`
}

// imported is what an import prints as JSON.
type imported struct {
	app.Imported
	Passed []string       `json:"passed_over"` // files of folders that are not named .json
	Counts map[string]int `json:"counts"`
}

func (c *advisoryImportCmd) Run(e *env) error {
	ask, done, err := c.open(e)
	if err != nil {
		return err
	}
	defer done()
	out := imported{Counts: map[string]int{}}
	take := func(results []exchange.Result) {
		for _, r := range results {
			out.Counts[r.Done]++
			if c.JSON {
				out.Files = append(out.Files, r)
				continue
			}
			printResult(e, r)
		}
	}
	var files []exchange.File
	size := 0
	send := func() error {
		if len(files) == 0 {
			return nil
		}
		body, err := json.Marshal(map[string]any{"files": files})
		if err != nil {
			return err
		}
		files, size = nil, 0
		var in app.Imported
		if err := ask("POST", "/api/v1/admin/advisories", "application/json", body, &in); err != nil {
			return err
		}
		take(in.Files)
		return nil
	}
	out.Passed, err = exchange.Walk(c.Files, func(path string, err error) error {
		var doc []byte
		if err == nil {
			doc, err = exchange.ReadFile(path)
		}
		if err != nil {
			if err := send(); err != nil {
				return err
			}
			take([]exchange.Result{{File: path, Done: exchange.Refused, Why: err.Error()}})
			return nil
		}
		if len(files) == importFiles || (size+len(doc) > importBytes && len(files) > 0) {
			if err := send(); err != nil {
				return err
			}
		}
		files, size = append(files, exchange.File{Name: path, Doc: doc}), size+len(doc)
		return nil
	})
	if err = errors.Join(err, send()); err != nil {
		return err
	}
	return c.finish(e, out)
}

// open reaches the register; unlike other verbs it makes the data folder.
func (c *advisoryImportCmd) open(e *env) (asker, func(), error) {
	r, err := c.remote()
	if err != nil {
		return nil, nil, err
	}
	cfg, err := r.config()
	if err != nil {
		return nil, nil, err
	}
	hold, err := folder.Hold(cfg.Data)
	if err != nil {
		if errors.Is(err, folder.ErrHeld) {
			return r.connect(e)
		}
		return nil, nil, err
	}
	return r.inside(e, cfg, hold)
}

func printResult(e *env, r exchange.Result) {
	line := r.File + ": "
	if r.ID != "" {
		line += string(r.ID) + ": "
	}
	line += r.Done
	if r.Format != "" {
		line += " (" + r.Format + ")"
	}
	if r.Why != "" {
		line += ": " + r.Why
	}
	to := e.out
	if r.Done == exchange.Refused {
		to = e.err
	}
	fmt.Fprintln(to, line)
	for _, f := range r.Faults {
		fmt.Fprintf(to, "  %s: %s (%s)\n", f.Field, f.Problem, f.Remedy)
	}
	for _, u := range r.Unpublished {
		for _, f := range u.Faults {
			fmt.Fprintf(to, "  not published as %s: %s: %s (%s)\n", u.Format, f.Field, f.Problem, f.Remedy)
		}
	}
	for _, l := range r.Lost {
		fmt.Fprintf(to, "  not held: %s: %s\n", l.Pointer, l.Why)
	}
}

func (c *advisoryImportCmd) finish(e *env, out imported) error {
	total := 0
	for _, n := range out.Counts {
		total += n
	}
	if total == 0 {
		return noDocument(out.Passed)
	}
	if c.JSON {
		if err := printJSON(e, out); err != nil {
			return err
		}
	} else {
		var parts []string
		for _, what := range []string{exchange.New, exchange.Revised, exchange.Unchanged, exchange.Older, exchange.Refused} {
			parts = append(parts, fmt.Sprintf("%d %s", out.Counts[what], what))
		}
		if n := out.Counts[exchange.Copy]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d other documents of these", n))
		}
		fmt.Fprintln(e.out, strings.Join(parts, ", "))
		printPassed(e, out.Passed)
	}
	if out.Counts[exchange.Refused] > 0 {
		return errQuiet
	}
	return nil
}

type advisoryExportCmd struct {
	Format string `required:"" help:"One of the formats in which advisories are published, such as csaf, osv or cve5."`
	Out    string `required:"" type:"path" help:"Folder to write into; it is made if need be."`
	operated
	JSON bool `name:"json" help:"Print what was written."`
}

type exported struct {
	Files   []string           `json:"files"`
	Skipped []exchange.Skipped `json:"skipped"`
	Doubled []exchange.Doubled `json:"doubled,omitempty"` // files with an advisory's id in their name
	Left    []exchange.Left    `json:"left,omitempty"`    // CVE ids without a file
}

func (c *advisoryExportCmd) Run(e *env) error {
	if known := app.Documents().Writes(); !slices.Contains(known, c.Format) {
		return usage("--format: not a format; one of %s", strings.Join(known, ", "))
	}
	ask, done, err := c.connect(e)
	if err != nil {
		return err
	}
	defer done()
	if err := os.MkdirAll(c.Out, 0o750); err != nil {
		return fmt.Errorf("%w: %w", cvd.ErrUnavailable, err)
	}
	out, names := exported{Files: []string{}, Skipped: []exchange.Skipped{}}, exchange.Names{}
	for after := cvd.AdvisoryID(""); ; {
		var page exchange.Page
		path := "/api/v1/admin/advisories/" + url.PathEscape(c.Format) + "?after=" + url.QueryEscape(string(after))
		if err := ask("GET", path, "", nil, &page); err != nil {
			return err
		}
		for _, d := range page.Documents {
			name, mode := names.Of(d), os.FileMode(0o600) // what is not public is its owner's
			if d.Public {
				mode = 0o644
			}
			if err := folder.Place(c.Out, name, d.Doc, mode); err != nil {
				return fmt.Errorf("%w: %w", cvd.ErrUnavailable, err)
			}
			out.Files = append(out.Files, name)
		}
		out.Skipped, out.Left = append(out.Skipped, page.Skipped...), append(out.Left, page.Left...)
		if after = page.Next; after == "" {
			break
		}
	}
	out.Doubled, out.Left = names.Doubled, names.Without(out.Left)
	if c.JSON {
		err = printJSON(e, out)
	} else {
		err = c.tell(e, out)
	}
	if err == nil && len(out.Files) == 0 && len(out.Skipped) > 0 {
		return errQuiet
	}
	return err
}

func (c *advisoryExportCmd) tell(e *env, out exported) error {
	for _, s := range out.Skipped {
		fmt.Fprintf(e.err, "%s: not as %s: %s\n", s.ID, c.Format, s.Why)
	}
	for _, d := range out.Doubled {
		fmt.Fprintf(e.err, "%s: %s is the document of %s; this one is in %s\n", d.ID, d.As, d.With, d.File)
	}
	for _, l := range out.Left {
		fmt.Fprintf(e.err, "%s: no file for %s: %s\n", l.ID, l.CVE, l.Why)
	}
	left := ""
	if len(out.Left) > 0 {
		left = fmt.Sprintf(", %d CVE ids have no file", len(out.Left))
	}
	_, err := fmt.Fprintf(e.out, "%d files written to %s, %d advisories cannot be said as %s%s\n", len(out.Files), c.Out, len(out.Skipped), c.Format, left)
	return err
}

type advisoryValidateCmd struct {
	Files []string `arg:"" name:"file" help:"Documents, or folders of them."`
	JSON  bool     `name:"json" help:"Print a list of results."`
}

// validated is what is said of one document.
type validated struct {
	File     string             `json:"file"`
	Format   string             `json:"format,omitempty"`
	Valid    bool               `json:"valid"`
	Findings []advisory.Finding `json:"findings"`
}

func (c *advisoryValidateCmd) Run(e *env) error {
	all := []validated{}
	bad, seen := false, 0
	known := app.Documents()
	for _, path := range c.Files {
		if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
			return usage("%s: there is no such file", path)
		}
	}
	passed, err := exchange.Walk(c.Files, func(path string, err error) error {
		seen++
		r := validated{File: path, Valid: true, Findings: []advisory.Finding{}}
		var doc []byte
		if err == nil {
			doc, err = exchange.ReadFile(path)
		}
		if err != nil {
			r.Findings = append(r.Findings, advisory.Finding{Level: advisory.LevelError, Rule: "file", Fault: cvd.Fault{
				Problem: err.Error(), Remedy: "name a file that can be read",
			}})
		} else if format, found := known.CheckFile(path, doc); true {
			r.Format, r.Findings = format, append(r.Findings, found...)
		}
		for _, f := range r.Findings {
			r.Valid = r.Valid && f.Level != advisory.LevelError
		}
		bad = bad || !r.Valid
		if c.JSON {
			all = append(all, r)
		} else {
			printValidated(e, r)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if seen == 0 {
		return noDocument(passed)
	}
	if c.JSON {
		if err := printJSON(e, all); err != nil {
			return err
		}
	} else {
		printPassed(e, passed)
	}
	if bad {
		return errQuiet
	}
	return nil
}

func printValidated(e *env, r validated) {
	for _, f := range r.Findings {
		where := f.Field
		if where == "" {
			where = "document"
		}
		fmt.Fprintf(e.err, "%s: %s %s: %s: %s (%s)\n", r.File, f.Level, f.Rule, where, f.Problem, f.Remedy)
	}
	if r.Valid {
		fmt.Fprintf(e.out, "%s: valid (%s)\n", r.File, r.Format)
	}
}

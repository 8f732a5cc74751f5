package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"fairlead/internal/cvd"
	"fairlead/internal/policy"
	"fairlead/internal/policy/diff"
	"fairlead/internal/policy/page"
	"fairlead/internal/words"
)

type policyCmd struct {
	Check    policyCheckCmd    `cmd:"" help:"Check policy files. Prints every fault with its line."`
	Render   policyRenderCmd   `cmd:"" help:"Show a policy file as a page, as Markdown or as security.txt."`
	Schema   policySchemaCmd   `cmd:"" help:"Print the JSON Schema of policy files."`
	Diff     policyDiffCmd     `cmd:"" help:"Say what two policy files differ in."`
	Promises policyPromisesCmd `cmd:"" help:"Say what a report received at an instant would be promised."`
	Publish  policyPublishCmd  `cmd:"" help:"Bring a new version into a running server, where it waits for its sign-offs."`
}

func readFile(path string) ([]byte, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", cvd.ErrUnavailable, err)
	}
	return b, nil
}

func readPolicy(path string) (*policy.Policy, error) {
	b, err := readFile(path)
	if err != nil {
		return nil, err
	}
	return policy.Parse(path, b)
}

func printJSON(e *env, v any) error {
	enc := json.NewEncoder(e.out)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

type policyCheckCmd struct {
	Files []string `arg:"" name:"file" help:"Policy files."`
	JSON  bool     `name:"json" help:"Print a list of results."`
}

type checked struct {
	File     string        `json:"file"`
	Valid    bool          `json:"valid"`
	Faults   policy.Faults `json:"faults"`
	Warnings policy.Faults `json:"warnings"`
}

func (c *policyCheckCmd) Run(e *env) error {
	var all []checked
	bad := false
	for _, path := range c.Files {
		b, err := readFile(path)
		if err != nil {
			return err
		}
		_, faults, warnings := policy.Check(path, b)
		r := checked{path, len(faults) == 0, append(policy.Faults{}, faults...), append(policy.Faults{}, warnings...)}
		all = append(all, r)
		bad = bad || !r.Valid
		if c.JSON {
			continue
		}
		for _, f := range faults {
			fmt.Fprintln(e.err, f)
		}
		for _, w := range warnings {
			fmt.Fprintln(e.err, "warning:", w)
		}
		if r.Valid {
			fmt.Fprintf(e.out, "%s: valid\n", path)
		}
	}
	if c.JSON {
		if err := printJSON(e, all); err != nil {
			return err
		}
	}
	if bad {
		return errQuiet
	}
	return nil
}

type policyRenderCmd struct {
	File    string `arg:"" help:"Policy file."`
	Format  string `enum:"html,md,security.txt" default:"md" help:"html, md or security.txt."`
	BaseURL string `name:"base-url" help:"Origin of the site, for links and for security.txt."`
	Lang    string `enum:"en,de,fr" default:"en" help:"Language of the reader: en, de or fr. What the policy does not say in it stays as it is."`
}

func (c *policyRenderCmd) Run(e *env) error {
	p, err := readPolicy(c.File)
	if err != nil {
		return err
	}
	now := time.Now()
	base := c.BaseURL
	if base == "" {
		base = p.PublicURL
	}
	book, err := words.Load()
	if err != nil {
		return err
	}
	view := page.View{Voice: book.In(c.Lang), Now: now, BaseURL: base}
	var out []byte
	switch c.Format {
	case "html":
		body, err2 := page.HTMLBody(p, view)
		out, err = []byte(body), err2
	case "md":
		out = page.Markdown(p, view)
	default:
		if base == "" {
			base = "https://security.example.org"
			fmt.Fprintln(e.err, "no --base-url and no public_url in the policy: shown for", base)
		}
		out, err = policy.SecurityTxt(p, policy.SecurityTxtView{BaseURL: base, Now: now, Expires: now.Add(180 * 24 * time.Hour).Truncate(time.Second)})
	}
	if err != nil {
		return err
	}
	_, err = e.out.Write(out)
	return err
}

type policySchemaCmd struct {
	File string `arg:"" optional:"" help:"Also check this file against it."`
}

func (c *policySchemaCmd) Run(e *env) error {
	if _, err := e.out.Write(policy.Schema()); err != nil {
		return err
	}
	if c.File == "" {
		return nil
	}
	_, err := readPolicy(c.File)
	return err
}

type policyDiffCmd struct {
	From string `arg:"" help:"The older file."`
	To   string `arg:"" help:"The newer file."`
	JSON bool   `name:"json" help:"Print a list of changes."`
}

func (c *policyDiffCmd) Run(e *env) error {
	a, errA := readPolicy(c.From)
	b, errB := readPolicy(c.To)
	if err := errors.Join(errA, errB); err != nil {
		return err
	}
	changes := diff.Between(a, b)
	if c.JSON {
		return printJSON(e, append([]diff.Change{}, changes...))
	}
	for _, ch := range changes {
		fmt.Fprintf(e.out, "%s\n  - %s\n  + %s\n", ch.Path, ch.From, ch.To)
	}
	return nil
}

type policyPromisesCmd struct {
	File     string `arg:"" help:"Policy file."`
	Received string `required:"" help:"Instant of receipt, RFC 3339 with a zone."`
	Lang     string `enum:"en,de,fr" default:"en" help:"Language of the words: en, de or fr."`
	JSON     bool   `name:"json" help:"Print a list."`
}

func (c *policyPromisesCmd) Run(e *env) error {
	at, err := time.Parse(time.RFC3339, c.Received)
	if err != nil {
		return usage("--received: not an instant; write RFC 3339 with a zone, such as 2026-03-02T10:00:00+01:00")
	}
	p, err := readPolicy(c.File)
	if err != nil {
		return err
	}
	book, err := words.Load()
	if err != nil {
		return err
	}
	dues, err := p.PromisedAt(book.In(c.Lang), at)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(e, dues)
	}
	for _, d := range dues {
		target := ""
		if d.Target {
			target = " (target)"
		}
		fmt.Fprintf(e.out, "%-18s %s  %s%s\n", d.Kind, d.Due.Format(time.RFC3339), d.Basis, target)
	}
	return nil
}

type policyPublishCmd struct {
	File string `arg:"" help:"Policy file."`
	remote
	JSON bool `name:"json" help:"Print the result."`
}

func (c *policyPublishCmd) Run(e *env) error {
	b, err := readFile(c.File)
	if err != nil {
		return err
	}
	if _, err := policy.Parse(c.File, b); err != nil {
		return err
	}
	ask, done, err := c.connect(e)
	if err != nil {
		return err
	}
	defer done()
	var out map[string]any
	if err := ask("POST", "/api/v1/policy", "text/yaml", b, &out); err != nil {
		return err
	}
	if c.JSON {
		return printJSON(e, out)
	}
	fmt.Fprintf(e.out, "version %v is recorded, digest %v\n", out["number"], out["digest"])
	if missing, ok := out["missing"].([]any); ok && len(missing) > 0 {
		fmt.Fprintln(e.out, "it takes effect when these have signed it on the desk:")
		for _, m := range missing {
			one, _ := m.(map[string]any)
			fmt.Fprintf(e.out, "  %v (%v)\n", one["office"], one["act"])
		}
	} else {
		fmt.Fprintln(e.out, "it is in effect")
	}
	return nil
}

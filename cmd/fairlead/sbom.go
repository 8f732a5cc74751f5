package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"mime/multipart"
	"net/url"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"fairlead/internal/cvd"
)

type sbomCmd struct {
	Add    sbomAddCmd    `cmd:"" help:"Add the bill of materials of a product version: CycloneDX or SPDX 2."`
	List   sbomListCmd   `cmd:"" help:"List the bills of materials in force."`
	Find   sbomFindCmd   `cmd:"" help:"Say which of our versions contain a component; exit code 1 if none does."`
	Remove sbomRemoveCmd `cmd:"" help:"Take a bill of materials out of force."`
}

const componentsPath = "/api/v1/components"

type sbomAddCmd struct {
	File    string `arg:"" help:"The bill of materials." type:"existingfile"`
	Product string `required:"" help:"Product, as the policy names it."`
	Version string `required:"" help:"The one version that the file is the bill of."`
	remote
	JSON bool `name:"json" help:"Print the API's answer."`
}

// addedBill is what the API answers of a bill.
type addedBill struct {
	ID         string      `json:"id"`
	Product    string      `json:"product"`
	Version    string      `json:"version"`
	Format     string      `json:"format"`
	Components int         `json:"components"`
	Notes      []cvd.Fault `json:"notes"`
	At         time.Time   `json:"at"`
	Replaced   string      `json:"replaced"`
	Same       bool        `json:"same"`
}

func (c *sbomAddCmd) Run(e *env) error {
	b, err := readFile(c.File)
	if err != nil {
		return err
	}
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for _, f := range [][2]string{{"product", c.Product}, {"version", c.Version}} {
		if err := form.WriteField(f[0], f[1]); err != nil {
			return err
		}
	}
	part, err := form.CreateFormFile("file", filepath.Base(c.File))
	if err != nil {
		return err
	}
	_, _ = part.Write(b) // into memory, which takes it
	if err := form.Close(); err != nil {
		return err
	}
	ask, done, err := c.connect(e)
	if err != nil {
		return err
	}
	defer done()
	var raw []byte
	if err := ask("POST", componentsPath, form.FormDataContentType(), body.Bytes(), &raw); err != nil {
		return err
	}
	if c.JSON {
		_, err := e.out.Write(append(raw, '\n'))
		return err
	}
	var a addedBill
	if err := json.Unmarshal(raw, &a); err != nil {
		return err
	}
	what := "added"
	switch {
	case a.Same:
		what = "there already, nothing changed"
	case a.Replaced != "":
		what = "replaced the one before"
	}
	fmt.Fprintf(e.out, "%s %s: %d components, %s, %s\n", a.Product, a.Version, a.Components, a.Format, what)
	for _, n := range a.Notes {
		fmt.Fprintf(e.err, "%s: %s; %s\n", n.Field, n.Problem, n.Remedy)
	}
	return nil
}

type sbomListCmd struct {
	remote
	JSON bool `name:"json" help:"Print the API's answer."`
}

func (c *sbomListCmd) Run(e *env) error {
	ask, done, err := c.connect(e)
	if err != nil {
		return err
	}
	defer done()
	var raw []byte
	if err := ask("GET", componentsPath+"/bills", "", nil, &raw); err != nil {
		return err
	}
	if c.JSON {
		_, err := e.out.Write(append(raw, '\n'))
		return err
	}
	var l struct {
		Bills []addedBill `json:"bills"`
	}
	if err := json.Unmarshal(raw, &l); err != nil {
		return err
	}
	w := tabwriter.NewWriter(e.out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "BILL\tPRODUCT\tVERSION\tCOMPONENTS\tFORMAT\tADDED")
	for _, b := range l.Bills {
		fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%s\t%s\n", b.ID, b.Product, b.Version, b.Components, b.Format, b.At.Format("2006-01-02 15:04 MST"))
	}
	return w.Flush()
}

type sbomFindCmd struct {
	Component string `arg:"" help:"A package URL, or words of a name."`
	Versions  string `help:"Only these versions of it, such as '>=2.0 <2.17.1'."`
	remote
	JSON bool `name:"json" help:"Print the API's answer."`
}

func (c *sbomFindCmd) Run(e *env) error {
	q := url.Values{"name": {c.Component}}
	if strings.HasPrefix(strings.ToLower(c.Component), "pkg:") {
		q = url.Values{"purl": {c.Component}}
	}
	if c.Versions != "" {
		q.Set("versions", c.Versions)
	}
	ask, done, err := c.connect(e)
	if err != nil {
		return err
	}
	defer done()
	var raw []byte
	if err := ask("GET", componentsPath+"?"+q.Encode(), "", nil, &raw); err != nil {
		return err
	}
	var l struct {
		Components []struct {
			Name     string `json:"name"`
			Products []struct {
				Product  string `json:"product"`
				Versions string `json:"versions"`
			} `json:"products"`
		} `json:"components"`
		More bool `json:"more"`
	}
	if err := json.Unmarshal(raw, &l); err != nil {
		return err
	}
	if c.JSON {
		if _, err := e.out.Write(append(raw, '\n')); err != nil {
			return err
		}
	} else {
		w := tabwriter.NewWriter(e.out, 0, 4, 2, ' ', 0)
		for _, one := range l.Components {
			for _, p := range one.Products {
				fmt.Fprintf(w, "%s\t%s\t%s\n", one.Name, p.Product, p.Versions)
			}
		}
		if err := w.Flush(); err != nil {
			return err
		}
	}
	if l.More {
		fmt.Fprintln(e.err, "there are more; ask more narrowly")
	}
	if len(l.Components) == 0 {
		return errQuiet
	}
	return nil
}

type sbomRemoveCmd struct {
	Bill   string `arg:"" help:"Bill, as list prints it."`
	Reason string `required:"" help:"Why it no longer holds."`
	remote
}

func (c *sbomRemoveCmd) Run(e *env) error {
	body, err := json.Marshal(map[string]string{"reason": c.Reason})
	if err != nil {
		return err
	}
	ask, done, err := c.connect(e)
	if err != nil {
		return err
	}
	defer done()
	if err := ask("POST", componentsPath+"/bills/"+url.PathEscape(c.Bill)+"/remove", "application/json", body, nil); err != nil {
		return err
	}
	fmt.Fprintf(e.out, "%s: removed\n", c.Bill)
	return nil
}

package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"fairlead/internal/app"
	"fairlead/internal/cvd"
)

type ledgerCmd struct {
	Verify ledgerVerifyCmd `cmd:"" help:"Hold every event against its leaf, and every case against its history."`
}

type ledgerVerifyCmd struct {
	operated
	JSON bool `name:"json" help:"Print the result."`
}

func (c *ledgerVerifyCmd) Run(e *env) error {
	return c.check(e, "GET", "/api/v1/admin/histories", c.JSON)
}

func (r operated) check(e *env, method, path string, asJSON bool) error {
	ask, done, err := r.connect(e)
	if err != nil {
		return err
	}
	defer done()
	var out app.Checked
	if err := ask(method, path, "", nil, &out); err != nil {
		return err
	}
	if asJSON {
		err = printJSON(e, out)
	} else {
		for _, f := range out.Findings {
			fmt.Fprintf(e.out, "%s: %s: %s\n", f.What, f.Where, f.Text)
		}
		_, err = fmt.Fprintf(e.out, "checked cases: %d, events: %d, revisions of advisories: %d; erased cases: %d; rebuilt rows: %d\n", out.Cases, out.Events, out.Published, out.Erased, out.Rebuilt)
	}
	if err != nil {
		return err
	}
	for _, f := range out.Findings {
		if f.What == "fault" {
			return errQuiet
		}
	}
	return nil
}

type doctorCmd struct {
	operated
	Repair bool `help:"Write derived data anew where it differs, and remove leftover files; only while no server runs."`
	JSON   bool `name:"json" help:"Print the result."`
}

func (c *doctorCmd) Run(e *env) error {
	path := "/api/v1/admin/doctor"
	if c.Repair {
		path += "?repair=true"
	}
	return c.check(e, "POST", path, c.JSON)
}

type backupCmd struct {
	Dir string `arg:"" type:"path" help:"New or empty folder."`
	operated
	JSON bool `name:"json" help:"Print the result."`
}

func (c *backupCmd) Run(e *env) error {
	dir, err := filepath.Abs(c.Dir)
	if err != nil {
		return usage("%v", err)
	}
	ask, done, err := c.connect(e)
	if err != nil {
		return err
	}
	defer done()
	body, err := json.Marshal(map[string]string{"dir": dir})
	if err != nil {
		return err
	}
	if err := ask("POST", "/api/v1/admin/backup", "application/json", body, nil); err != nil {
		return err
	}
	if c.JSON {
		return printJSON(e, map[string]string{"dir": dir})
	}
	_, err = fmt.Fprintf(e.out, "backup written to %s; the key file is not in it, keep that elsewhere\n", dir)
	return err
}

type restoreCmd struct {
	Dir      string `arg:"" type:"path" help:"Folder of the backup."`
	Data     string `type:"path" help:"Data folder to fill; it must hold no database."`
	Config   string `type:"path" help:"Configuration of the server to fill."`
	Erasures string `type:"path" help:"Journal of erasures that is newer than the backup; default: the one in the data folder."`
	Identity string `type:"path" help:"File with the recovery identity, to make the key file anew."`
	JSON     bool   `name:"json" help:"Print the result."`
}

func (c *restoreCmd) Run(e *env) error {
	if c.Data == "" && c.Config == "" {
		return usage("restore needs --data or --config")
	}
	cfg, err := remote{Data: c.Data, Config: c.Config}.config()
	if err != nil {
		return err
	}
	o := app.RestoreOptions{From: c.Dir, Erasures: c.Erasures}
	if c.Identity != "" {
		f, err := os.Open(c.Identity)
		if err != nil {
			return fmt.Errorf("%w: %w", cvd.ErrUnavailable, err)
		}
		defer f.Close()
		o.Identity = f
	}
	n, err := app.Restore(e.ctx, cfg, o)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(e, map[string]any{"data": cfg.Data, "erased_again": n})
	}
	_, err = fmt.Fprintf(e.out, "restored into %s; erasures done again: %d\n", cfg.Data, n)
	return err
}

package main

import (
	"context"
	"fmt"
	"os"
	"text/tabwriter"
	"time"

	"fairlead/internal/app/demo/bench"
)

type benchCmd struct {
	What    string        `arg:"" enum:"intake,queue,case,start,publish,mail" help:"intake, queue, case, start, publish or mail."`
	Clients int           `default:"32" help:"How many at once."`
	For     time.Duration `default:"5s" help:"How long each load runs."`
	Cases   int           `default:"100000" help:"How many cases the full folder holds."`
	// Advisories bounds how far the register grows.
	Advisories int  `default:"10000" help:"How many advisories are published in the end."`
	JSON       bool `name:"json" help:"Print a list."`
}

func (c *benchCmd) Run(e *env) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	measure := map[string]func(context.Context, bench.Options) ([]bench.Result, error){
		"intake": bench.Intake, "queue": bench.Queue, "case": bench.Case, "start": bench.Start, "publish": bench.Publish, "mail": bench.Mail,
	}[c.What]
	out, err := measure(e.ctx, bench.Options{Clients: c.Clients, For: c.For, Cases: c.Cases, Advisories: c.Advisories, Program: self})
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(e, out)
	}
	w := tabwriter.NewWriter(e.out, 0, 4, 2, ' ', tabwriter.AlignRight)
	for _, r := range out {
		fmt.Fprintf(w, "%s\t%.1f\t%s\t  %s\n", r.What, r.Value, r.Unit, r.Detail)
	}
	return w.Flush()
}

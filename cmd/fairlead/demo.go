package main

import (
	"fmt"
	"time"

	appdemo "fairlead/internal/app/demo"
)

type demoCmd struct {
	Listen    string `default:"127.0.0.1:8080" help:"Address to answer on; port 0 picks a free one."`
	Data      string `type:"path" help:"Folder to keep the data in; without it a temporary one."`
	Policy    string `type:"path" help:"Policy file; without it the signed example, or what a used folder has in effect. In a used folder another one becomes its next version."`
	Empty     bool   `help:"No cases."`
	Unlimited bool   `help:"Lift the limits against abuse, for load tests."`
	TLS       bool   `name:"tls" help:"Serve https with a certificate made at start (DATA/tls/cert.pem)."`
	SMTP      string `name:"smtp" help:"Take mail by SMTP at this address, for the addresses that the policy names; port 0 picks a free one. Without it nothing listens for mail."`
	Clock     string `help:"Start the clock at this instant, RFC 3339; it then runs on."`
	JSON      bool   `name:"json" help:"Print one JSON line on standard output when ready."`
}

func (c *demoCmd) Run(e *env) error {
	o := appdemo.Options{
		Listen: c.Listen, Data: c.Data, Empty: c.Empty,
		Unlimited: c.Unlimited, TLS: c.TLS, SMTP: c.SMTP, JSON: c.JSON,
	}
	if err := listenable(c.Listen); err != nil {
		return err
	}
	if c.Policy != "" {
		b, err := readFile(c.Policy)
		if err != nil {
			return err
		}
		if _, err := readPolicy(c.Policy); err != nil {
			return err
		}
		o.Policy = b
	}
	if c.Clock != "" {
		at, err := time.Parse(time.RFC3339, c.Clock)
		if err != nil {
			return usage("--clock: not an instant; write RFC 3339 with a zone, such as 2026-03-02T10:00:00+01:00")
		}
		o.Clock = at
	}
	return appdemo.Run(e.ctx, o, e.out, e.err)
}

type versionCmd struct {
	JSON bool `name:"json" help:"Print an object."`
}

func (c *versionCmd) Run(e *env) error {
	if c.JSON {
		return printJSON(e, map[string]string{"version": version})
	}
	_, err := fmt.Fprintln(e.out, "fairlead", version)
	return err
}

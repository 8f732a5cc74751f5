package main

import (
	"fmt"
	"os"

	"fairlead/internal/app"
	"fairlead/internal/app/config"
	"fairlead/internal/app/config/exposure"
)

type serveCmd struct {
	Config       string `type:"path" help:"Configuration file."`
	Data         string `type:"path" help:"Data folder; wins over the file's."`
	Listen       string `help:"Address to answer on; wins over the file's."`
	ConfigSchema bool   `name:"config-schema" help:"Print the JSON Schema of configuration files, which explains each key."`
	Check        bool   `help:"Only read the configuration and say whether it is sound."`
	ShowSecrets  bool   `name:"show-secrets" help:"Show the recovery identity and the first sign-in link although standard error is no terminal: make sure that nothing keeps them."`
}

// onTerminal tells whether somebody reads standard error and nothing keeps it,
// as a service's journal would.
func onTerminal() bool {
	is, err := os.Stderr.Stat()
	if err != nil || is.Mode()&os.ModeCharDevice == 0 {
		return false
	}
	null, err := os.Stat(os.DevNull)
	return err == nil && !os.SameFile(is, null)
}

func (c *serveCmd) Run(e *env) error {
	if c.ConfigSchema {
		_, err := e.out.Write(config.Schema())
		return err
	}
	if c.Config == "" {
		return usage("serve needs --config FILE; fairlead demo needs none")
	}
	if c.Listen != "" {
		if err := listenable(c.Listen); err != nil {
			return err
		}
	}
	cfg, err := config.Read(c.Config)
	if err != nil {
		return err
	}
	if c.Data != "" {
		cfg.Data = c.Data
	}
	if c.Listen != "" {
		cfg.Listen = c.Listen
	}
	open := exposure.Of(&cfg)
	if err := open.Err(); err != nil {
		return fmt.Errorf("%s: %w", c.Config, err)
	}
	if c.Check {
		for _, one := range open.Warnings() {
			fmt.Fprintf(e.out, "%s: %s: %s\n", c.Config, one.What, one)
		}
		if err := cfg.SignIn.Breached.Check(); err != nil {
			return fmt.Errorf("%s: sign_in.breached_passwords: %w", c.Config, err)
		}
		_, err := fmt.Fprintf(e.out, "%s: valid\n", c.Config)
		return err
	}
	return app.Serve(e.ctx, cfg, e.err, c.ShowSecrets || onTerminal())
}

package main

import (
	"fmt"
	"log/slog"
	"os"

	"fairlead/internal/app"
	"fairlead/internal/app/cert"
	"fairlead/internal/app/config"
	"fairlead/internal/app/config/exposure"
	"fairlead/internal/cvd"
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
		if err := c.readable(&cfg); err != nil {
			return err
		}
		_, err := fmt.Fprintf(e.out, "%s: valid\n", c.Config)
		return err
	}
	return app.Serve(e.ctx, cfg, e.err, c.ShowSecrets || onTerminal())
}

// readable tells whether what the configuration names is there and can be used: what a start
// would read before it answers.
func (c *serveCmd) readable(cfg *config.Config) error {
	if err := cfg.SignIn.Breached.Check(); err != nil {
		return fmt.Errorf("%s: sign_in.breached_passwords: %w", c.Config, err)
	}
	if err := listenable(cfg.Listen); err != nil {
		return fmt.Errorf("%s: listen: %s is no address to listen on; write HOST:PORT, such as 127.0.0.1:8080, with a port up to 65535 (%w)", c.Config, cfg.Listen, cvd.ErrInvalid)
	}
	if cfg.TLS != nil && cfg.TLS.ACME == nil {
		if _, err := cert.Open(cfg.TLS, "", "", slog.New(slog.DiscardHandler)); err != nil {
			return fmt.Errorf("%s: tls: %w", c.Config, err)
		}
	}
	_, err := readPolicy(cfg.Policy)
	return err
}

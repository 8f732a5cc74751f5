package main

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"fairlead/cmd/fairlead/ask"
	"fairlead/cmd/fairlead/keys"
	"fairlead/cmd/fairlead/team"
	"fairlead/internal/app"
	"fairlead/internal/app/config"
	"fairlead/internal/app/folder"
)

// remote reaches the cases.
type remote ask.Server

// operated reaches the machine.
type operated ask.Operated

func (o operated) remote() (remote, error) {
	r := remote{Data: o.Data, Config: o.Config}
	switch {
	case o.URL != "" || o.Token != "":
		return r, usage("this is the operator's, whom no --url and no --token makes; run it as the server's user with --data or --config, whether the server runs or not")
	case o.Data == "" && o.Config == "":
		return r, usage("say which server: --data with its data folder, or --config with its configuration")
	}
	return r, nil
}

func (o operated) connect(e *env) (asker, func(), error) {
	r, err := o.remote()
	if err != nil {
		return nil, nil, err
	}
	return r.connect(e)
}

// operate reaches the machine for the commands that stand in a folder of their own.
func (e *env) operate(w keys.Where) (asker, func(), error) { return operated(w.Operated).connect(e) }

// reach finds a server for the commands about the team.
func (e *env) reach(s team.Server) (asker, func(), error) { return remote(s).connect(e) }

// asker does one request of the API and decodes the answer.
type asker = ask.Asker

// connect finds the server. done gives everything free.
func (r remote) connect(e *env) (asker, func(), error) {
	switch {
	case r.URL != "":
		if u, err := url.Parse(r.URL); err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
			return nil, nil, usage("--url: not an address; write it as https://security.example.org")
		}
		return ask.Over(e.ctx, http.DefaultClient, strings.TrimSuffix(r.URL, "/"), r.Token), func() {}, nil
	case r.Data == "" && r.Config == "":
		return nil, nil, usage("say which server: --url with --token, or --data with its data folder")
	}
	cfg, err := r.config()
	if err != nil {
		return nil, nil, err
	}
	if err := folder.Holds(cfg.Data, cfg.Database.Engine); err != nil {
		return nil, nil, err
	}
	hold, err := folder.Hold(cfg.Data)
	if errors.Is(err, folder.ErrHeld) {
		running, err := folder.Find(cfg.Data)
		if err != nil {
			return nil, nil, err
		}
		return ask.Over(e.ctx, ask.Socket(running.Socket), "http://localhost", ""), func() {}, nil
	}
	if err != nil {
		return nil, nil, err
	}
	return r.inside(e, cfg, hold)
}

func (r remote) config() (app.Config, error) {
	if r.Config != "" {
		cfg, err := config.Read(r.Config)
		if r.Data != "" {
			cfg.Data = r.Data
		}
		return cfg, err
	}
	return app.Config{Data: r.Data, Database: app.DatabaseConfig{Engine: "sqlite"}}, nil
}

// inside opens the data folder in this process and asks its API without a
// network: the same way in as for everybody else.
func (r remote) inside(e *env, cfg app.Config, hold *folder.Held) (asker, func(), error) {
	done := func() { report(e, hold.Release()) }
	secret, err := app.NewOperator()
	if err != nil {
		done()
		return nil, nil, err
	}
	h, err := app.Build(e.ctx, cfg, app.Options{Operator: secret, Alone: true, Unlimited: true, BaseURL: "http://localhost"})
	if err != nil {
		done()
		return nil, nil, err
	}
	done = func() { report(e, h.Close()); report(e, hold.Release()) }
	handler, err := h.Handler(false)
	if err != nil {
		done()
		return nil, nil, err
	}
	return ask.Within(e.ctx, handler, secret), done, nil
}

func report(e *env, err error) {
	if err != nil {
		fmt.Fprintln(e.err, "fairlead:", err)
	}
}

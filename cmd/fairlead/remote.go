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

// remote is how a command reaches the cases: a running server by its address
// and a token, or a data folder, whose running server is asked if there is one
// and which is opened here if there is none.
type remote struct {
	URL    string `name:"url" env:"FAIRLEAD_URL" help:"Address of a running server."`
	Token  string `env:"FAIRLEAD_TOKEN" help:"API token for --url."`
	Data   string `env:"FAIRLEAD_DATA" type:"path" help:"Data folder; its running server is asked, or it is opened here."`
	Config string `type:"path" help:"Configuration of the server whose data folder is meant."`
}

// operated is how a command reaches the machine: a data folder alone, since no token
// of a member makes an operator.
type operated struct {
	Data   string `env:"FAIRLEAD_DATA" type:"path" help:"Data folder; its running server is asked, or it is opened here."`
	Config string `type:"path" help:"Configuration of the server whose data folder is meant."`
	URL    string `name:"url" hidden:""`
	Token  string `hidden:""`
}

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
func (e *env) operate(w keys.Where) (keys.Asker, func(), error) {
	do, done, err := operated{Data: w.Data, Config: w.Config, URL: w.URL, Token: w.Token}.connect(e)
	return keys.Asker(do), done, err
}

// reach finds a server for the commands about the team.
func (e *env) reach(s team.Server) (team.Asker, func(), error) {
	do, done, err := remote(s).connect(e)
	return team.Asker(do), done, err
}

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

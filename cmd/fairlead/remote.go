package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"fairlead/cmd/fairlead/keys"
	"fairlead/cmd/fairlead/team"
	"fairlead/internal/app"
	"fairlead/internal/app/config"
	"fairlead/internal/app/folder"
	"fairlead/internal/cvd"
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
	ask, done, err := operated{Data: w.Data, Config: w.Config, URL: w.URL, Token: w.Token}.connect(e)
	return keys.Asker(ask), done, err
}

// reach finds a server for the commands about the team.
func (e *env) reach(s team.Server) (team.Asker, func(), error) {
	ask, done, err := remote(s).connect(e)
	return team.Asker(ask), done, err
}

// asker does one request of the API and decodes the answer; into may be nil, or
// a *[]byte for the raw answer.
type asker func(method, path, contentType string, body []byte, into any) error

// connect finds the server. done gives everything free.
func (r remote) connect(e *env) (ask asker, done func(), err error) {
	switch {
	case r.URL != "":
		if u, err := url.Parse(r.URL); err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
			return nil, nil, usage("--url: not an address; write it as https://security.example.org")
		}
		return asking(e.ctx, http.DefaultClient, strings.TrimSuffix(r.URL, "/"), r.Token), func() {}, nil
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
		return asking(e.ctx, operatorOf(running), "http://localhost", ""), func() {}, nil
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
	ask := func(method, path, contentType string, body []byte, into any) error {
		req, err := http.NewRequestWithContext(e.ctx, method, "http://localhost"+path, bytes.NewReader(body))
		if err != nil {
			return err
		}
		req.RemoteAddr = "127.0.0.1:0"
		req.Header.Set("Authorization", "Bearer "+secret)
		if contentType != "" {
			req.Header.Set("Content-Type", contentType)
		}
		w := &captured{status: http.StatusOK, head: http.Header{}}
		handler.ServeHTTP(w, req)
		return decode(w.status, w.body.Bytes(), into)
	}
	return ask, done, nil
}

// captured is an answer that goes nowhere but into memory.
type captured struct {
	status int
	head   http.Header
	body   bytes.Buffer
}

func (c *captured) Header() http.Header         { return c.head }
func (c *captured) WriteHeader(status int)      { c.status = status }
func (c *captured) Write(b []byte) (int, error) { return c.body.Write(b) }

func report(e *env, err error) {
	if err != nil {
		fmt.Fprintln(e.err, "fairlead:", err)
	}
}

// operatorOf reaches a running server over its operator's socket.
func operatorOf(r folder.Running) *http.Client {
	return &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", r.Socket)
	}}}
}

func asking(ctx context.Context, client *http.Client, base, token string) asker {
	return func(method, path, contentType string, body []byte, into any) error {
		ctx, cancel := context.WithTimeout(ctx, time.Minute)
		defer cancel()
		req, err := http.NewRequestWithContext(ctx, method, base+path, bytes.NewReader(body))
		if err != nil {
			return usage("--url: %v", err)
		}
		if token != "" {
			req.Header.Set("Authorization", "Bearer "+token)
		}
		if contentType != "" {
			req.Header.Set("Content-Type", contentType)
		}
		res, err := client.Do(req)
		if err != nil {
			return fmt.Errorf("%w: %w", cvd.ErrUnavailable, err)
		}
		defer res.Body.Close()
		b, err := io.ReadAll(io.LimitReader(res.Body, 64<<20))
		if err != nil {
			return fmt.Errorf("%w: %w", cvd.ErrUnavailable, err)
		}
		return decode(res.StatusCode, b, into)
	}
}

// problem is an error of the API (RFC 9457).
type problem struct {
	Title  string      `json:"title"`
	Detail string      `json:"detail"`
	Errors []cvd.Fault `json:"errors"`
}

func decode(status int, body []byte, into any) error {
	if status < 400 {
		if raw, ok := into.(*[]byte); ok {
			*raw = body
			return nil
		}
		if into == nil || len(body) == 0 {
			return nil
		}
		return json.Unmarshal(body, into)
	}
	var p problem
	if err := json.Unmarshal(body, &p); err != nil {
		return fmt.Errorf("%w: the server answered %d", cvd.ErrUnavailable, status)
	}
	if len(p.Errors) > 0 {
		return cvd.Faults(p.Errors)
	}
	kind := map[int]error{
		401: cvd.ErrUnauthenticated, 403: cvd.ErrForbidden, 404: cvd.ErrNotFound, 409: cvd.ErrNotReady,
		413: cvd.ErrTooLarge, 422: cvd.ErrInvalid, 429: cvd.ErrLimited, 400: cvd.ErrUnreadable,
	}[status]
	if kind == nil {
		kind = cvd.ErrUnavailable
	}
	text := strings.TrimPrefix(p.Detail, kind.Error()+": ")
	if text == "" {
		text = p.Title
	}
	return fmt.Errorf("%w: %s", kind, text)
}

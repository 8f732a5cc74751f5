package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"fairlead/internal/app/cert"
	"fairlead/internal/app/config/exposure"
	"fairlead/internal/app/folder"
	"fairlead/internal/app/front"
	"fairlead/internal/app/policyfile"
	"fairlead/internal/auth/onetime"
	"fairlead/internal/cvd"
	"fairlead/internal/rulebook"
)

// firstLink is how long the first lead's link works: long enough to walk over
// to a browser, and no longer.
const firstLink = 30 * time.Minute

// Serve runs the server of a configuration until ctx ends. Its log goes to tell.
// What an operator must see once, the recovery identity and the first sign-in
// link, goes there too if secrets is set: when somebody reads it and nothing
// keeps it.
func Serve(ctx context.Context, cfg Config, tell io.Writer, secrets bool) (err error) {
	log := cfg.Log.Logger(tell)
	if err := exposure.Start(&cfg, log); err != nil {
		return err
	}
	l, err := net.Listen("tcp", cfg.Listen)
	if err != nil {
		return fmt.Errorf("%w: cannot listen on %s: %w", cvd.ErrUnavailable, cfg.Listen, err)
	}
	defer l.Close()
	hold, err := folder.Hold(cfg.Data)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, hold.Release()) }()
	base := front.OriginOf(l.Addr(), cfg.Listen, cfg.TLS != nil)
	socket, err := hold.Announce(base)
	if err != nil {
		return err
	}
	secret, err := NewOperator()
	if err != nil {
		return err
	}
	h, err := Build(ctx, cfg, Options{Log: log, BaseURL: base, Operator: secret, Socket: socket})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, h.Close()) }()
	if err := h.prepare(ctx, tell, secrets); err != nil {
		return err
	}
	kept, err := cert.Open(cfg.TLS, h.Base(), cfg.Data, log)
	if err != nil {
		return err
	}
	stop, err := h.servePrivate(cfg.PrivateListen)
	if err != nil {
		return err
	}
	defer stop()
	if _, err := h.OpenDoors(kept); err != nil {
		return err
	}
	log.Info("serving", "listen", l.Addr().String(), "public", h.Base())
	return h.Serve(ctx, l, kept)
}

// prepare does what a start needs: warn, make the recovery identity, publish a
// changed policy file, make the first lead.
func (h *House) prepare(ctx context.Context, tell io.Writer, secrets bool) error {
	if h.keyBesideData() {
		h.Options.Log.Warn("the key file lies beside the database: whoever copies the folder has both; set keys.file to another disk")
	}
	if err := h.showRecovery(ctx, tell, secrets); err != nil {
		return err
	}
	if err := h.Config.SignIn.Breached.Check(); err != nil {
		h.Options.Log.Error("no password can be set until sign_in.breached_passwords is put right", "err", err)
	}
	source, err := os.ReadFile(h.Config.Policy)
	if err != nil {
		return fmt.Errorf("%w: policy: %w", cvd.ErrUnavailable, err)
	}
	v, err := h.publishFile(ctx, source)
	if err != nil {
		return fmt.Errorf("policy %s: %w", h.Config.Policy, err)
	}
	if missing := v.Missing(); v.Effective.IsZero() {
		for _, m := range missing {
			h.Options.Log.Warn("the policy version waits for a sign-off on the desk", "version", v.Number, "office", m.Office, "act", m.Act)
		}
		if h.Book.Current() == nil {
			h.Options.Log.Warn("no version is in effect yet, so no report can be taken")
		}
	}
	return h.firstLead(ctx, tell, secrets)
}

// publishFile makes a version of the policy's file if it changed since the last start.
// One that did not change never undoes what was published from the desk meanwhile.
func (h *House) publishFile(ctx context.Context, source []byte) (*rulebook.Version, error) {
	all := h.Book.Versions().All
	changed, err := policyfile.Changed(ctx, h.Store, source, func(b []byte) bool {
		return slices.ContainsFunc(all, func(v *rulebook.Version) bool { return bytes.Equal(v.Source, b) })
	})
	if err != nil {
		return nil, err
	}
	var v *rulebook.Version
	if len(all) > 0 {
		v = all[len(all)-1]
	}
	if changed || v == nil {
		if v, err = h.Book.Publish(ctx, cvd.System, source); err != nil {
			return nil, err
		}
	}
	return v, policyfile.Remember(ctx, h.Store, source, h.Options.Clock.Now())
}

// showRecovery makes the recovery identity where it can be shown: one that went
// to a journal would be no secret, and one that nobody saw no recovery.
func (h *House) showRecovery(ctx context.Context, tell io.Writer, secrets bool) error {
	if !secrets {
		err := h.CheckRecovery(ctx)
		if errors.Is(err, cvd.ErrNotFound) {
			h.Options.Log.Warn("there is no recovery identity yet, and it is shown in a terminal only: when the key file is lost, everything is; start the server there once")
			return nil
		}
		if errors.Is(err, errRecovery) {
			h.Options.Log.Error("the recovery identity is in doubt", "err", err)
			return nil
		}
		return err
	}
	identity, err := h.Recovery(ctx)
	if identity != "" && err == nil {
		fmt.Fprintf(tell, "\nRecovery identity, shown this once. Print it and lock it away: with it and a backup\nthe cases can be read again when the key file is lost.\n\n%s\n\n", identity)
	}
	return err
}

func (h *House) firstLead(ctx context.Context, tell io.Writer, secrets bool) error {
	members, err := h.Auth.Members(ctx)
	if err != nil || len(members) > 0 {
		return err
	}
	first := h.Config.FirstLead
	if first == nil {
		fmt.Fprintf(tell, "\nNobody can sign in yet. Make the first lead:\n  fairlead member add --data %s --name NAME --email ADDRESS --role lead\n\n", h.Config.Data)
		return nil
	}
	m, err := h.Auth.AddMember(ctx, cvd.System, cvd.Member{Name: first.Name, Email: first.Email, Roles: []cvd.Role{cvd.RoleLead}, Active: true})
	if err != nil {
		return fmt.Errorf("first_lead: %w", err)
	}
	if !secrets {
		fmt.Fprintf(tell, "\n%s is the first lead. A link to sign in is not written to a log; get one with:\n  fairlead member link %s --data %s\n\n", m.Name, m.ID, h.Config.Data)
		return nil
	}
	code, err := h.Auth.NewLink(ctx, m.ID, firstLink)
	if err != nil {
		return err
	}
	fmt.Fprintf(tell, "\nFirst sign-in for %s, works once and for %s:\n  %s\n\n", m.Name, firstLink, h.Base()+onetime.SignIn(code))
	return nil
}

// keyBesideData tells whether the key file stands in the data folder, open.
func (h *House) keyBesideData() bool {
	if h.Config.Keys.PassphraseFile != "" || h.Config.Keys.AgeIdentityFile != "" {
		return false
	}
	rel, err := filepath.Rel(h.Config.Data, h.keyPath)
	return err == nil && !strings.HasPrefix(rel, "..")
}

// servePrivate answers on the private listener; stop ends it.
func (h *House) servePrivate(addr string) (stop func(), err error) {
	if addr == "" {
		return func() {}, nil
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("%w: private_listen: %w", cvd.ErrUnavailable, err)
	}
	return front.Beside(l, front.Named(addr, h.Private()), h.Options.Log, "private"), nil
}

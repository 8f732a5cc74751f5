package app_test

import (
	"context"
	"io"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"fairlead/internal/app"
	"fairlead/internal/app/config"
	"fairlead/internal/auth"
	"fairlead/internal/casework"
	"fairlead/internal/cvd"
	"fairlead/internal/notify"
)

// relay takes mail over, but for addresses that hold "gone".
type relay struct {
	mu  sync.Mutex
	got map[string]string // all that each recipient was sent
}

// call is one connection to it.
type call struct {
	*relay
	to string
}

func (r *relay) NewSession(*smtp.Conn) (smtp.Session, error) { return &call{relay: r}, nil }
func (c *call) Reset()                                       {}
func (c *call) Logout() error                                { return nil }
func (c *call) Mail(string, *smtp.MailOptions) error         { return nil }

func (c *call) Rcpt(to string, _ *smtp.RcptOptions) error {
	if c.to = to; strings.Contains(to, "gone") {
		return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such mailbox"}
	}
	return nil
}

func (c *call) Data(body io.Reader) error {
	b, err := io.ReadAll(body)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.got[c.to] += string(b)
	return err
}

func (r *relay) take() map[string]string {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := r.got
	r.got = map[string]string{}
	return out
}

func openRelay(t *testing.T) (*relay, string) {
	t.Helper()
	r := &relay{got: map[string]string{}}
	s := smtp.NewServer(r)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = s.Serve(l) }()
	t.Cleanup(func() { _ = s.Close() })
	return r, l.Addr().String()
}

// What is done to members' access arrives at a relay, at the address of before too, and
// holds no word of a case; that somebody who was let go takes no mail is no alarm, that a
// member takes none is. A demo sends nothing to the people whom it invents.
func TestLettersAboutAccountsArrive(t *testing.T) {
	for _, demo := range []bool{false, true} {
		r, addr := openRelay(t)
		cfg := app.Config{
			Data: filepath.Join(t.TempDir(), "data"), Database: app.DatabaseConfig{Engine: "sqlite"},
			Mail: &config.Mail{Relay: addr, Security: notify.TLSNone, From: "fairlead@example.org"},
		}
		h, err := app.Build(t.Context(), cfg, app.Options{Clock: app.FrozenClock(time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)), Demo: demo, BaseURL: origin})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = h.Close() })
		at := &accounts{t, h, map[string]cvd.Member{}}
		for name, role := range map[string]cvd.Role{"Ada": cvd.RoleLead, "Ed": cvd.RoleLead, "Bo": cvd.RoleMember, "Gone": cvd.RoleMember} {
			at.add(cvd.System, name, role)
		}
		at.want(r, nil)
		ctx := auth.WithOrigin(t.Context(), "192.0.2.7", "")
		ada := at.actor("Ada")
		if _, err := h.Auth.NewLink(auth.AskedBy(ctx, ada), at.who["Bo"].ID, time.Hour); err != nil {
			t.Fatal(err)
		}
		first := map[string][]string{"bo@example.org": {"A link was made that signs in as you", "By: Ada", "From the address: 192.0.2.7", origin + "/desk/me"}}
		if demo {
			first = nil
		}
		at.want(r, first)
		at.add(ada, "Nia", cvd.RoleMember)
		all := map[string][]string{}
		for _, lead := range []string{"ada@example.org", "ed@example.org"} {
			all[lead] = []string{"Nia was added to the team.", "By: Ada", origin + "/desk/team"}
		}
		bo := at.who["Bo"]
		bo.Email, bo.Language = "bo@example.net", "de"
		at.change(ctx, ada, bo)
		all["bo@example.net"] = []string{"Ihre Adresse wurde ge"}
		all["bo@example.org"] = []string{"Ihre Adresse wurde ge"}
		gone := at.who["Gone"]
		gone.Active = false
		at.change(ctx, auth.Operator, gone)
		if demo {
			all = nil
		}
		at.want(r, all)
		if s, err := h.Outbox.Status(ctx); err != nil || s.Dead != 0 || s.Pending != 0 {
			t.Errorf("demo %v: %+v, %v", demo, s, err)
		}
		nia := at.who["Nia"]
		nia.Email = "nia.gone@example.org"
		at.change(ctx, ada, nia)
		delete(at.who, "Nia")
		if _, err := h.Outbox.Drain(ctx); err != nil {
			t.Fatal(err)
		}
		if s, err := h.Outbox.Status(ctx); err != nil || (s.Dead == 1) == demo {
			t.Errorf("demo %v: %+v, %v", demo, s, err)
		}
		sent, _, err := h.Desk.As(cvd.System).Outbox(ctx, casework.EffectState(""), nil, 100)
		if err != nil || len(sent) != 8 {
			t.Errorf("demo %v: %d letters, %v", demo, len(sent), err)
		}
	}
}

// accounts are the people of a house.
type accounts struct {
	t   *testing.T
	h   *app.House
	who map[string]cvd.Member
}

func (a *accounts) actor(name string) cvd.Actor {
	m := a.who[name]
	return cvd.Actor{Kind: cvd.ActorMember, ID: m.ID, Name: m.Name, Roles: m.Roles}
}

func (a *accounts) add(by cvd.Actor, name string, role cvd.Role) {
	a.t.Helper()
	m, err := a.h.Auth.AddMember(a.t.Context(), by, cvd.Member{Name: name, Email: strings.ToLower(name) + "@example.org", Roles: []cvd.Role{role}})
	if err != nil {
		a.t.Fatal(err)
	}
	a.who[name] = m
}

func (a *accounts) change(ctx context.Context, by cvd.Actor, m cvd.Member) {
	a.t.Helper()
	if err := a.h.Auth.ChangeMember(ctx, by, m); err != nil {
		a.t.Fatal(err)
	}
}

// want carries what waits: exactly these recipients got letters, which say all that.
func (a *accounts) want(r *relay, all map[string][]string) {
	a.t.Helper()
	if _, err := a.h.Outbox.Drain(a.t.Context()); err != nil {
		a.t.Fatal(err)
	}
	got := r.take()
	for to, text := range got {
		if all[to] == nil {
			a.t.Errorf("%s was sent\n%s", to, text)
		}
	}
	for to, said := range all {
		for _, words := range said {
			if !strings.Contains(got[to], words) {
				a.t.Errorf("%s was not told %q:\n%s", to, words, got[to])
			}
		}
	}
}

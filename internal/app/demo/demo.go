// Package demo runs the whole house with no configuration: invented people and
// cases, worked through the same verbs as any other.
//
// It never takes a way into a case that the doors do not have.
package demo

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"time"

	"fairlead/internal/app"
	"fairlead/internal/app/cert"
	"fairlead/internal/app/folder"
	"fairlead/internal/app/front"
	"fairlead/internal/app/wall"
	"fairlead/internal/auth"
	"fairlead/internal/auth/onetime"
	"fairlead/internal/cvd"
	"fairlead/internal/seal"
)

// Options are the flags of the demo.
type Options struct {
	Listen    string
	Data      string // empty: a temporary folder, removed at the end
	Policy    []byte // the file's bytes; nil: see Seed
	Empty     bool
	Unlimited bool
	TLS       bool
	SMTP      string
	Clock     time.Time // zero: the real time
	Still     bool      // the clock stands at that instant
	JSON      bool
}

// ready is the one line that a script reads.
type ready struct {
	URL       string `json:"url"`
	SignInURL string `json:"sign_in_url"`
	Token     string `json:"token"`
	Data      string `json:"data"`
	SMTP      string `json:"smtp"`
}

// demoLink is how long the printed sign-in link of a demo works.
const demoLink = 12 * time.Hour

// Run runs the whole house with no configuration until ctx ends. out gets the
// JSON line if asked for; everything else goes to tell.
func Run(ctx context.Context, o Options, out, tell io.Writer) (err error) {
	log := slog.New(slog.NewTextHandler(tell, &slog.HandlerOptions{Level: slog.LevelWarn}))
	if o.Data == "" {
		if o.Data, err = os.MkdirTemp("", "fairlead-demo-"); err != nil {
			return fmt.Errorf("%w: temporary folder: %w", cvd.ErrUnavailable, err)
		}
		defer func() { err = errors.Join(err, os.RemoveAll(o.Data)) }()
	}
	l, err := net.Listen("tcp", o.Listen)
	if err != nil {
		return fmt.Errorf("%w: cannot listen on %s: %w; choose another address with --listen", cvd.ErrUnavailable, o.Listen, err)
	}
	defer l.Close()
	clock := wall.Real()
	switch {
	case o.Still:
		clock = wall.Frozen(o.Clock)
	case !o.Clock.IsZero():
		clock = wall.From(o.Clock)
	}
	var kept *cert.Keeper
	if o.TLS {
		if kept, err = demoCertificate(o.Data); err != nil {
			return err
		}
	}
	base := front.OriginOf(l.Addr(), o.Listen, o.TLS)
	return o.inHouse(ctx, app.Options{Clock: clock, Log: log, Demo: true, Unlimited: o.Unlimited, BaseURL: base, SMTP: o.SMTP}, func(ctx context.Context, h *app.House) error {
		if o.Still {
			clock.Set(o.Clock) // it ran on once the house was furnished
		}
		seeded, err := Seed(ctx, h, o.Policy, o.Empty)
		if err != nil {
			return err
		}
		line, err := readyLine(ctx, h, seeded, base)
		if err != nil {
			return err
		}
		if line.SMTP, err = h.OpenDoors(kept); err != nil {
			return err
		}
		if o.JSON {
			if err := json.NewEncoder(out).Encode(line); err != nil {
				return err
			}
		}
		greet(tell, line, seeded.Lead.ID)
		warn(tell, l.Addr())
		return h.Serve(ctx, l, kept)
	})
}

// inHouse builds the house, holds its data folder, and closes it at the end.
func (o Options) inHouse(ctx context.Context, opt app.Options, do func(context.Context, *app.House) error) (err error) {
	hold, err := folder.Hold(o.Data)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, hold.Release()) }()
	if opt.Socket, err = hold.Announce(opt.BaseURL); err != nil {
		return err
	}
	if opt.Operator, err = app.NewOperator(); err != nil {
		return err
	}
	if err := o.furnish(ctx, opt); err != nil {
		return err
	}
	h, err := app.Build(ctx, config(o.Data), opt)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, h.Close()) }()
	return do(ctx, h)
}

func readyLine(ctx context.Context, h *app.House, s *Seeded, base string) (ready, error) {
	code, err := h.Auth.NewLink(ctx, s.Lead.ID, demoLink)
	if err != nil {
		return ready{}, err
	}
	token, _, err := h.Auth.CreateToken(ctx, cvd.System, auth.Token{Name: "demo " + h.Options.Clock.Now().Format(time.RFC3339), Member: s.Lead.ID})
	if err != nil {
		return ready{}, err
	}
	return ready{URL: base, SignInURL: base + onetime.SignIn(code), Token: token, Data: h.Config.Data}, nil
}

func greet(w io.Writer, r ready, lead string) {
	door := ""
	if r.SMTP != "" {
		door = "\n  Mail door     " + r.SMTP + " (SMTP, for the addresses that the policy names)"
	}
	fmt.Fprintf(w, `
Fairlead demo

  Public site   %s/
  Team desk     %s
                (a one-time link; it signs you in as the lead)
  Data          %s%s
  Another link  fairlead member link %s --data %s

Try this:
  1. Send a report at %s/report and keep the receipt.
  2. Sign in at the desk, open the case, acknowledge it, write an answer.
  3. Read the answer at %s/thread with the receipt.
  4. Look at the outbox on the desk: notices stay there, none is sent.

Stop with Ctrl-C.
`, r.URL, r.SignInURL, r.Data, door, lead, r.Data, r.URL, r.URL)
}

// warn says loudly that others reach a demo, where they do.
func warn(w io.Writer, at net.Addr) {
	if tcp, ok := at.(*net.TCPAddr); !ok || tcp.IP.IsLoopback() {
		return
	}
	fmt.Fprintf(w, `
WARNING: this demo answers others on your network, at %s.
  Whoever reads its sign-in link above, on this screen or in a log, is the lead of it.
  Its cases are invented and its key lies beside them: keep no true report here.
  For yourself alone: --listen 127.0.0.1:8080. For reporters: fairlead serve (docs/operate.md).
`, at)
}

// demoCertificate makes a fresh certificate for this machine. Its time is the
// machine's, since browsers check it against theirs.
func demoCertificate(data string) (*cert.Keeper, error) {
	certPEM, keyPEM, err := seal.SelfSigned([]string{"localhost", "127.0.0.1", "::1"}, time.Now(), 30*24*time.Hour)
	if err != nil {
		return nil, err
	}
	dir := filepath.Join(data, "tls")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	if err := errors.Join(os.WriteFile(filepath.Join(dir, "cert.pem"), certPEM, 0o600), os.WriteFile(filepath.Join(dir, "key.pem"), keyPEM, 0o600)); err != nil {
		return nil, err
	}
	one, err := tls.X509KeyPair(certPEM, keyPEM)
	return cert.Fixed(&one), err
}

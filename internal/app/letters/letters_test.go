package letters_test

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"fairlead/internal/app/config"
	"fairlead/internal/app/letters"
	"fairlead/internal/casework"
	"fairlead/internal/casework/notice"
	"fairlead/internal/cvd"
	"fairlead/internal/notify"
	"fairlead/internal/pgp"
	"fairlead/internal/words"
)

var noon = time.Date(2026, 11, 20, 11, 0, 0, 0, time.UTC)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

type one struct{ n *casework.Notice }

func (o one) Notice(context.Context, casework.Effect) (*casework.Notice, error) { return o.n, nil }

// told is a notice of what the team wrote to somebody by mail.
func told(change func(m *notice.Mail)) *casework.Notice {
	n := &casework.Notice{
		Effect: casework.Effect{Effect: cvd.Effect{Key: "FL-2026-7KQ4MXZ/3/x", Kind: cvd.EffectNotifyReporter, Case: "FL-2026-7KQ4MXZ", Seq: 3, Template: "message"}},
		To:     []casework.Address{{Email: "rosa@example.net"}}, ToReporter: true, Organisation: "Harbour Light", From: "security@example.org",
		Mail: &notice.Mail{Ref: "fl-2026-7kq4mxz.3.a", ReplyTag: "r.fl-2026-7kq4mxz.b", BounceTag: "b.fl-2026-7kq4mxz.c", Text: "zanzibar"},
	}
	if change(n.Mail); n.Mail.Claim != "" {
		n.Effect.Template = "received" // the answer to a report
	}
	return n
}

// post is a relay in this process that keeps what it took.
type post struct {
	mu   sync.Mutex
	from []string
	got  []string
}

func (p *post) NewSession(*smtp.Conn) (smtp.Session, error) { return p, nil }
func (p *post) Reset()                                      {}
func (p *post) Logout() error                               { return nil }
func (p *post) Rcpt(string, *smtp.RcptOptions) error        { return nil }

func (p *post) Mail(from string, _ *smtp.MailOptions) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.from = append(p.from, from)
	return nil
}

func (p *post) Data(r io.Reader) error {
	b, err := io.ReadAll(r)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.got = append(p.got, string(b))
	return err
}

func relay(t *testing.T) (*post, string) {
	t.Helper()
	p := &post{}
	s := smtp.NewServer(p)
	ln := must(net.Listen("tcp", "127.0.0.1:0"))
	go s.Serve(ln)
	t.Cleanup(func() { s.Close() })
	return p, ln.Addr().String()
}

func keyFile() string {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		panic(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: must(x509.MarshalPKCS8PrivateKey(key))}))
}

func wire(n *casework.Notice, m *config.Mail, change ...func(c *letters.Config)) letters.Config {
	own := must(pgp.Generate("Harbour Light", "security@example.org", noon.Add(-time.Hour), 0))
	c := letters.Config{
		Mail: m, Notices: one{n}, Words: must(words.Load()), Now: func() time.Time { return noon },
		BaseURL: func() string { return "https://report.example.org" },
		Key:     func(context.Context) (*pgp.PrivateKey, error) { return own, nil }, KeyPath: "/key.asc",
	}
	for _, do := range change {
		do(&c)
	}
	return c
}

func in(c *letters.Config) { c.In = true }

// What the operator configured is what a letter has when it leaves.
func TestOpen(t *testing.T) {
	p, addr := relay(t)
	no := false
	theirs := must(must(must(pgp.Generate("Rosa", "rosa@example.net", noon.Add(-time.Hour), 0)).Public()).Armor())
	answer := func(m *notice.Mail) { m.Claim, m.ClaimEnds = "a-b", noon.Add(time.Hour) }
	plain, sealed := func(*notice.Mail) {}, func(m *notice.Mail) { m.Sealed, m.Key = true, string(theirs) }
	mail := func(change func(m *config.Mail)) *config.Mail {
		m := &config.Mail{Relay: addr, Security: notify.TLSNone, From: "Harbour Light <fairlead@example.org>", Bounce: "Harbour Light <fairlead@example.org>"}
		change(m)
		return m
	}
	for name, c := range map[string]struct {
		mail     *config.Mail
		how      func(c *letters.Config)
		letter   func(m *notice.Mail)
		from     string
		has, not []string
	}{
		"only out": {mail(func(*config.Mail) {}), func(*letters.Config) {}, plain, "fairlead@example.org", []string{"zanzibar", "Reply-To: <security@example.org>"}, []string{"DKIM-Signature", "key.asc", "answer to this mail"}},
		"both ways": {
			mail(func(m *config.Mail) { m.Bounce = "bounces@example.org" }), in, answer, "bounces+b.fl-2026-7kq4mxz.c@example.org",
			[]string{"Reply-To: <security+r.fl-2026-7kq4mxz.b@example.org>", "https://report.example.org/key.asc", "answer to this mail"},
			[]string{"DKIM-Signature"},
		},
		"no tags": {mail(func(m *config.Mail) { m.Plus = &no }), in, plain, "fairlead@example.org", []string{"Reply-To: <security@example.org>", "answer to this mail"}, nil},
		"signed": {
			mail(func(m *config.Mail) { m.DKIM = &config.DKIM{Domain: "example.org", Selector: "s1", Key: keyFile()} }),
			in, plain, "fairlead+b.fl-2026-7kq4mxz.c@example.org",
			[]string{"DKIM-Signature: ", "a=ed25519-sha256", "d=example.org", "s=s1"},
			nil,
		},
		"sealed": {mail(func(*config.Mail) {}), in, sealed, "fairlead+b.fl-2026-7kq4mxz.c@example.org", []string{"BEGIN PGP MESSAGE", "Autocrypt: addr=fairlead@example.org"}, []string{"zanzibar"}},
	} {
		p.from, p.got = nil, nil
		n := told(c.letter)
		carrier, sender, err := letters.Open(wire(n, c.mail, c.how))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if _, sends := sender.(notify.SMTP); !sends {
			t.Errorf("%s: nothing is sent", name)
		}
		if _, err := carrier.Carry(t.Context(), n.Effect); err != nil || len(p.got) != 1 || p.from[0] != c.from {
			t.Errorf("%s: %v, %d mails, from %v", name, err, len(p.got), p.from)
			continue
		}
		for _, word := range c.has {
			if !strings.Contains(p.got[0], word) {
				t.Errorf("%s: %q is missing in\n%s", name, word, p.got[0])
			}
		}
		for _, word := range c.not {
			if strings.Contains(p.got[0], word) {
				t.Errorf("%s: %q stands in\n%s", name, word, p.got[0])
			}
		}
	}
}

// A demo, and a house with doors in alone, keep their letters; a sealed one shows
// that it was sealed.
func TestKept(t *testing.T) {
	theirs := must(must(must(pgp.Generate("Rosa", "rosa@example.net", noon.Add(-time.Hour), 0)).Public()).Armor())
	for name, c := range map[string]struct {
		mail *config.Mail
		demo bool
	}{"nothing": {nil, false}, "demo": {&config.Mail{Relay: "192.0.2.1:25", From: "a@example.org"}, true}, "only in": {&config.Mail{LMTP: "/run/x"}, false}} {
		for sealed, want := range map[bool]string{false: "zanzibar", true: "Encrypted to the reporter's key "} {
			n := told(func(m *notice.Mail) { m.Sealed, m.Key = sealed, string(theirs) })
			carrier, sender, err := letters.Open(wire(n, c.mail, in, func(w *letters.Config) { w.Demo = c.demo }))
			if _, keeps := sender.(notify.Keep); err != nil || !keeps {
				t.Fatalf("%s: %v, %T", name, err, sender)
			}
			text := string(must(carrier.Carry(t.Context(), n.Effect)))
			if !strings.Contains(text, want) || !strings.Contains(text, "It would have gone to rosa@example.net.") || strings.Contains(text, "zanzibar") == sealed {
				t.Errorf("%s, sealed %v:\n%s", name, sealed, text)
			}
		}
	}
}

func TestNotSealedWithoutOurKey(t *testing.T) {
	p, addr := relay(t)
	theirs := must(must(must(pgp.Generate("Rosa", "rosa@example.net", noon.Add(-time.Hour), 0)).Public()).Armor())
	n := told(func(m *notice.Mail) { m.Sealed, m.Key = true, string(theirs) })
	away := func(c *letters.Config) {
		c.Key = func(context.Context) (*pgp.PrivateKey, error) { return nil, errors.New("the key is away") }
	}
	carrier, _, err := letters.Open(wire(n, &config.Mail{Relay: addr, Security: notify.TLSNone, From: "a@example.org"}, in, away))
	if err != nil {
		t.Fatal(err)
	}
	if kept, err := carrier.Carry(t.Context(), n.Effect); err == nil || len(p.got) > 0 || strings.Contains(string(kept), "zanzibar") {
		t.Errorf("%v, %d sent, kept %q", err, len(p.got), kept)
	}
}

func TestRefusals(t *testing.T) {
	for name, c := range map[string]struct {
		from string
		dkim config.DKIM
		want string
	}{
		"another domain": {"a@example.com", config.DKIM{Domain: "example.org", Selector: "s", Key: keyFile()}, "mail.dkim.domain"},
		"no sender":      {"", config.DKIM{Domain: "example.org", Selector: "s", Key: keyFile()}, "mail.from"},
		"no key":         {"a@example.org", config.DKIM{Domain: "example.org", Selector: "s", Key: "zanzibar"}, "mail.dkim.key_file"},
		"no domain":      {"a@example.org", config.DKIM{Selector: "s", Key: keyFile()}, "mail.dkim"},
	} {
		m := &config.Mail{Relay: "127.0.0.1:25", Security: notify.TLSNone, From: c.from, DKIM: &c.dkim}
		_, _, err := letters.Open(wire(told(func(*notice.Mail) {}), m))
		if !errors.Is(err, cvd.ErrInvalid) || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "zanzibar") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

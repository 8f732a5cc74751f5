package notify_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	verifier "github.com/emersion/go-msgauth/dkim"
	"github.com/emersion/go-smtp"

	"fairlead/internal/casework"
	"fairlead/internal/casework/notice"
	"fairlead/internal/goldentest"
	"fairlead/internal/notify"
	"fairlead/internal/notify/dkim"
	"fairlead/internal/pgp"
	pgpletter "fairlead/internal/pgp/letter"
	"fairlead/internal/seal/mailkey"
)

const year = 365 * 24 * time.Hour

// pair makes a key that is a month old at noon.
func pair(email string, life time.Duration) (*pgp.PrivateKey, *pgp.PublicKey, string) {
	k := must(pgp.Generate("Example", email, noon.Add(-30*24*time.Hour), life))
	pub := must(k.Public())
	return k, pub, string(must(pub.Armor()))
}

// sealer encrypts as the house does.
func sealer(own *pgp.PrivateKey) func(*notify.Config) {
	return func(cfg *notify.Config) {
		cfg.Seal = func(_ context.Context, clear []byte, to *pgp.PublicKey) ([]byte, error) {
			return pgpletter.Seal(clear, []*pgp.PublicKey{to}, own, noon)
		}
	}
}

// secretive is a letter with canaries in everything that must not be read on its way.
func secretive(template, key string, change ...func(m *notice.Mail)) *casework.Notice {
	return mailed(template, append([]func(m *notice.Mail){func(m *notice.Mail) {
		m.Sealed, m.Key, m.Bare = true, key, "embargo"
		m.Subject, m.Text = canary+" in the printer queue", "The "+canary+" is confirmed – thank you."
	}}, change...)...)
}

// second is the second part of a message of two, as another program cuts it.
const second = `
import sys, email, email.policy
m = email.message_from_binary_file(sys.stdin.buffer, policy=email.policy.default)
parts = list(m.iter_parts())
assert len(parts) == 2 and parts[0].get_content().strip() in (b"Version: 1", "Version: 1"), parts
sys.stdout.buffer.write(parts[1].get_payload(decode=True))
`

// A sealed letter is read by GnuPG and by another reader of mail; on its way nothing
// of it can be read, and the domain's signature holds.
func TestSealedLetter(t *testing.T) {
	program, err := exec.LookPath("gpg")
	if err != nil {
		t.Skip("gpg is not installed: no other program opens the letters")
	}
	home := must(os.MkdirTemp("", "gpg")) // short, for the agent's socket
	t.Cleanup(func() {
		_ = exec.Command("gpgconf", "--homedir", home, "--kill", "all").Run()
		_ = os.RemoveAll(home)
	})
	gpg := func(in []byte, args ...string) ([]byte, string) {
		t.Helper()
		all := []string{
			"--homedir", home, "--batch", "--no-tty", "--status-fd", "2", "--pinentry-mode", "loopback", "--passphrase", "",
			"--trust-model", "always", "--faked-system-time", noon.Format("20060102T150405") + "!",
		}
		c := exec.Command(program, append(all, args...)...)
		var out, errs bytes.Buffer
		c.Stdin, c.Stdout, c.Stderr = bytes.NewReader(in), &out, &errs
		if err := c.Run(); err != nil {
			t.Fatalf("gpg %v: %v\n%s", args, err, errs.String())
		}
		return out.Bytes(), errs.String()
	}
	gpg(nil, "--quick-generate-key", "Rosa <rosa@example.net>", "default", "default", "2y")
	theirs, _ := gpg(nil, "--armor", "--export", "rosa@example.net")
	own, _, armored := pair("security@example.org", 2*year)
	gpg([]byte(armored), "--import")

	_, domainKey, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer := must(dkim.New("example.org", "fairlead2026", domainKey))
	r := start(t, notify.TLSStart)
	n := secretive("message", string(theirs))
	m := must(notify.New(config(n, r.sender(""), door, sealer(own), func(cfg *notify.Config) { cfg.Sign = signer.Sign })))
	kept := string(must(m.Carry(t.Context(), n.Effect)))
	if len(r.got) != 1 {
		t.Fatalf("%d mails", len(r.got))
	}
	sent := r.got[0]
	if r.got[0].From != "bounces+"+bounceTag+"@example.org" || !strings.Contains(kept, "Encrypted to the reporter's key ") || strings.Contains(kept, "BEGIN PGP") {
		t.Errorf("from %s, kept\n%s", sent.From, kept)
	}
	for _, text := range []string{string(sent.Bytes), kept} {
		if strings.Contains(strings.ToLower(text), canary) {
			t.Errorf("the canary shows in\n%s", text)
		}
	}
	vs, err := verifier.VerifyWithOptions(bytes.NewReader(sent.Bytes), &verifier.VerifyOptions{LookupTXT: func(string) ([]string, error) {
		return []string{must(mailkey.Record(domainKey))}, nil
	}})
	if err != nil || len(vs) != 1 || vs[0].Err != nil {
		t.Errorf("the domain's signature: %v, %+v", err, vs)
	}

	outer := elsewhere(t, sent.Bytes)
	if outer.Type != "multipart/encrypted" || !slices.Equal(outer.Parts, []string{"multipart/encrypted", "application/pgp-encrypted", "application/octet-stream"}) ||
		outer.Headers["subject"][0] != "[...]" || outer.Headers["in-reply-to"][0] != "<first@mail.example.net>" {
		t.Errorf("%+v", outer)
	}
	cut := exec.Command("python3", "-c", second)
	cut.Stdin = bytes.NewReader(sent.Bytes)
	plain, status := gpg(must(cut.Output()), "--decrypt")
	if !strings.Contains(status, "VALIDSIG "+own.Fingerprint()) {
		t.Errorf("gpg does not find our signature valid:\n%s", status)
	}
	inner := elsewhere(t, plain)
	if inner.Headers["subject"][0] != "Re: "+canary+" in the printer queue" || inner.Format != "flowed" || !strings.Contains(unflow(inner.Text), n.Mail.Text) {
		t.Errorf("inside:\n%s", plain)
	}
	goldentest.Is(t, "testdata/sealed-inside.eml", plain)
}

// counting keeps every byte that it is handed, and refuses as it is told.
type counting struct {
	pocket
	seen bytes.Buffer
}

func (c *counting) Send(ctx context.Context, m notify.Message) error {
	c.seen.WriteString(fmt.Sprint(m))
	c.seen.Write(m.Bytes)
	return c.pocket.Send(ctx, m)
}

// Whatever goes wrong, nothing that must be encrypted is handed on in the clear; and
// what no further try can mend is given up with a reason.
func TestSealedOrNotAtAll(t *testing.T) {
	own, _, ourArmor := pair("security@example.org", 2*year)
	_, _, good := pair("rosa@example.net", year)
	_, _, expired := pair("rosa@example.net", 24*time.Hour)
	leak := func(make func(clear []byte) ([]byte, error)) func(*notify.Config) {
		return func(cfg *notify.Config) {
			cfg.Seal = func(_ context.Context, clear []byte, _ *pgp.PublicKey) ([]byte, error) { return make(clear) }
		}
	}
	broken := errors.New("the key is away")
	for name, c := range map[string]struct {
		key   string
		came  string // what is wrong with the key that came
		seal  func(*notify.Config)
		sign  func([]byte) ([]byte, error)
		relay error
		final bool
		why   string // empty: it is sent
	}{
		"all is well":               {key: good, seal: sealer(own)},
		"no key":                    {key: "", seal: sealer(own), final: true, why: "no key of the reporter is known"},
		"an expired key":            {key: expired, seal: sealer(own), final: true, why: "has expired"},
		"an expired key that came":  {came: "expired", seal: sealer(own), final: true, why: "the key that came with the reporter's mail has expired"},
		"a key that cannot encrypt": {came: "unfit", seal: sealer(own), final: true, why: "the key that came with the reporter's mail is not made for encryption"},
		"a word that nobody knows":  {came: canary, seal: sealer(own), final: true, why: "no key of the reporter is known"},
		"no key at all":             {key: canary, seal: sealer(own), final: true, why: "cannot be read"},
		"half a key":                {key: ourArmor[:len(ourArmor)/2], seal: sealer(own), final: true, why: "cannot be read"},
		"nobody to encrypt":         {key: good, seal: leak(nil), why: "cannot encrypt"},
		"our key is away":           {key: good, seal: leak(func([]byte) ([]byte, error) { return nil, broken }), why: "the key is away"},
		"an error beside the text":  {key: good, seal: leak(func(b []byte) ([]byte, error) { return b, broken }), why: "the key is away"},
		"not encrypted":             {key: good, seal: leak(func(b []byte) ([]byte, error) { return b, nil }), why: "no encrypted letter"},
		"signed instead": {key: good, seal: leak(func(b []byte) ([]byte, error) {
			signature, err := own.SignDetached(b, noon)
			return append([]byte("Content-Type: multipart/signed; protocol=\"application/pgp-signature\"; boundary=\"b\"\r\n\r\n--b\r\n"+string(b)+"\r\n--b\r\nContent-Type: application/pgp-signature\r\n\r\n"), append(signature, "\r\n--b--\r\n"...)...), err
		}), why: "no encrypted letter"},
		"with its subject":         {key: good, seal: leak(func(b []byte) ([]byte, error) { return append([]byte("Subject: "+canary+"\r\n"), b...), nil }), why: "no encrypted letter"},
		"nothing":                  {key: good, seal: leak(func([]byte) ([]byte, error) { return nil, nil }), why: "no encrypted letter"},
		"no body":                  {key: good, seal: leak(func([]byte) ([]byte, error) { return []byte("Subject: x"), nil }), why: "no encrypted letter"},
		"no signature of a domain": {key: good, seal: sealer(own), sign: func(b []byte) ([]byte, error) { return b, broken }, why: "the key is away"},
		"the relay is away":        {key: good, seal: sealer(own), relay: broken, why: "the key is away"},
		"the relay refuses":        {key: good, seal: sealer(own), relay: &notify.Failure{Stage: notify.StageContent, Code: 554, Final: true}, final: true, why: "554"},
	} {
		for _, template := range []string{"received", "message", "slipped", "receipt-reissued", "accepted"} {
			n := secretive(template, c.key, func(m *notice.Mail) {
				m.Unfit = c.came
				if template == "received" {
					m.Claim, m.ClaimEnds, m.Missing = canary, noon.Add(time.Hour), []string{canary}
				}
			})
			s := &counting{pocket: pocket{fail: func(notify.Message) error { return c.relay }}}
			m := must(notify.New(config(n, s, door, c.seal, func(cfg *notify.Config) {
				if cfg.Sign = c.sign; name == "nobody to encrypt" {
					cfg.Seal = nil
				}
			})))
			kept, err := m.Carry(t.Context(), n.Effect)
			if (err == nil) != (c.why == "") || (err != nil && (permanent(err) != c.final || !strings.Contains(err.Error(), c.why))) {
				t.Errorf("%s, %s: %v", name, template, err)
			}
			if sent := len(s.sent) == 1; sent != (c.why == "") {
				t.Errorf("%s, %s: sent is %v", name, template, sent)
			}
			for _, text := range []string{s.seen.String(), string(kept), fmt.Sprint(err)} {
				if strings.Contains(strings.ToLower(text), canary) {
					t.Errorf("%s, %s: the canary shows in\n%s", name, template, text)
				}
			}
		}
	}
}

// A plain letter whose notice has a reason against the text stays bare, whoever
// filled the text in.
func TestAReasonCountsMoreThanTheText(t *testing.T) {
	_, _, good := pair("rosa@example.net", year)
	n := secretive("message", good, func(m *notice.Mail) { m.Sealed, m.Subject = false, "" })
	m := must(compose(t, n, door))
	if strings.Contains(string(m.Bytes), canary) || !strings.Contains(body(m), "There is news about your report.\n") {
		t.Errorf("%s", m.Bytes)
	}
}

// What arrives is what was signed, of each letter: the relay's own way of handing a
// message on changes nothing that counts.
func TestSignedLettersArrive(t *testing.T) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer := must(dkim.New("example.org", "fairlead2026", key))
	r := start(t, notify.TLSDirect)
	for name, n := range letters() {
		m := must(notify.New(config(n, r.sender(notify.TLSDirect), door, func(cfg *notify.Config) { cfg.Sign = signer.Sign })))
		must(m.Carry(t.Context(), n.Effect))
		got := r.got[len(r.got)-1].Bytes
		vs, err := verifier.VerifyWithOptions(bytes.NewReader(got), &verifier.VerifyOptions{LookupTXT: func(string) ([]string, error) {
			return []string{must(mailkey.Record(key))}, nil
		}})
		if err != nil || len(vs) != 1 || vs[0].Err != nil || vs[0].Domain != "example.org" {
			t.Errorf("%s: %v, %+v", name, err, vs)
		}
		elsewhere(t, got)
	}
	r.set(func(stage, _ string) error {
		if stage == "data" {
			return &smtp.SMTPError{Code: 554, EnhancedCode: smtp.NoEnhancedCode, Message: "no"}
		}
		return nil
	})
	n := letters()["answer"]
	m := must(notify.New(config(n, r.sender(notify.TLSDirect), door, func(cfg *notify.Config) { cfg.Sign = signer.Sign })))
	if kept, err := m.Carry(t.Context(), n.Effect); !permanent(err) || strings.Contains(string(kept), n.Mail.Claim) {
		t.Errorf("%v\n%s", err, kept)
	}
}

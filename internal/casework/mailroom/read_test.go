package mailroom_test

import (
	"bytes"
	"crypto/x509"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"fairlead/internal/casework/mailroom"
	"fairlead/internal/cvd"
	"fairlead/internal/intake/mail"
	"fairlead/internal/pgp/letter"
	"fairlead/internal/pgp/letter/smime"
)

// openssl works in a folder with an authority, and certificates of the team and of
// finder@example.org under it.
func openssl(t *testing.T) (run func(in string, args ...string) string, read func(name string) []byte) {
	t.Helper()
	program, err := exec.LookPath("openssl")
	if err != nil {
		t.Skip("openssl is not installed: no S/MIME of others is read here")
	}
	dir := t.TempDir()
	run = func(in string, args ...string) string {
		t.Helper()
		c := exec.Command(program, args...)
		var out, errs bytes.Buffer
		c.Dir, c.Stdin, c.Stdout, c.Stderr = dir, strings.NewReader(in), &out, &errs
		if err := c.Run(); err != nil {
			t.Fatalf("openssl %v: %v\n%s", args, err, errs.String())
		}
		return out.String()
	}
	read = func(name string) []byte {
		t.Helper()
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	if err := os.WriteFile(filepath.Join(dir, "mail.cnf"), []byte("extendedKeyUsage=emailProtection\nsubjectAltName=email:finder@example.org\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	run("", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=Example CA", "-days", "3", "-keyout", "ca.key", "-out", "ca.pem")
	for _, name := range []string{"team", "finder"} {
		run("", "req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN="+name, "-keyout", name+".key", "-out", name+".csr")
		run("", "x509", "-req", "-in", name+".csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "3", "-extfile", "mail.cnf", "-out", name+".pem")
	}
	return run, read
}

func TestSMIME(t *testing.T) {
	run, file := openssl(t)
	now := time.Now().Add(time.Minute) // OpenSSL knows no other instant
	own, err := smime.ReadOwn(file("team.pem"), file("team.key"))
	if err != nil {
		t.Fatal(err)
	}
	ca, err := smime.ReadCertificates(file("ca.pem"))
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(ca[0])
	certified := &mailroom.Reader{SMIME: func(p letter.Parts, now time.Time) (*smime.Opened, error) { return smime.Open(p, own, roots, now) }}
	const entity = "Content-Type: text/plain\r\n\r\nThe words.\r\n"
	head := func(from string) []string {
		return []string{"-from", from, "-to", "security@example.org", "-subject", "A report"}
	}
	sign := func(from string, more ...string) string {
		return run(entity, append(append([]string{"cms", "-sign", "-signer", "finder.pem", "-inkey", "finder.key"}, head(from)...), more...)...)
	}
	seal := func(in string, more ...string) string {
		return run(in, append(append([]string{"cms", "-encrypt", "-aes256"}, head("finder@example.org")...), more...)...)
	}
	inside := run(entity, "cms", "-sign", "-signer", "finder.pem", "-inkey", "finder.key")
	for name, c := range map[string]struct {
		reader    *mailroom.Reader
		raw       string
		words     bool
		encrypted bool
		lock      mailroom.Lock
		signature cvd.SignatureState
	}{
		"encrypted":               {certified, seal(entity, "team.pem"), true, true, mailroom.Unlocked, ""},
		"signed and encrypted":    {certified, seal(inside, "team.pem"), true, true, mailroom.Unlocked, cvd.SignatureGood},
		"signed":                  {certified, sign("finder@example.org"), true, false, mailroom.Unlocked, cvd.SignatureGood},
		"signed, opaque":          {certified, sign("finder@example.org", "-nodetach"), true, false, mailroom.Unlocked, cvd.SignatureGood},
		"signed by somebody else": {certified, sign("other@example.org"), true, false, mailroom.Unlocked, cvd.SignatureUnknown},
		"changed on the way":      {certified, strings.Replace(sign("finder@example.org"), "The words.", "The words!", 1), true, false, mailroom.Unlocked, cvd.SignatureBad},
		"to another":              {certified, seal(entity, "finder.pem"), false, true, mailroom.NoKey, ""},
		"of a kind unknown":       {certified, run(entity, append([]string{"cms", "-encrypt", "-aes-256-gcm"}, append(head("finder@example.org"), "team.pem")...)...), false, true, mailroom.SMIME, ""},
		"without a certificate":   {&mailroom.Reader{}, seal(entity, "team.pem"), false, true, mailroom.SMIME, ""},
		"signed, nobody looks":    {&mailroom.Reader{}, sign("finder@example.org"), true, false, mailroom.Unlocked, ""},
	} {
		read := c.reader.Parse([]byte(c.raw), mail.Envelope{})
		if read.Message == nil {
			t.Errorf("%s: %v", name, read.Problem)
			continue
		}
		read, err := c.reader.Open(t.Context(), read, "", now)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := strings.Contains(read.Message.Text, "The words"); got != c.words || read.Encrypted != c.encrypted || read.Lock != c.lock || read.Signature != c.signature {
			t.Errorf("%s: %q, encrypted %v, lock %q, signature %q; doubts %q", name, read.Message.Text, read.Encrypted, read.Lock, read.Signature, read.Message.Doubts)
		}
		if read.Message.Subject != "A report" {
			t.Errorf("%s: subject %q", name, read.Message.Subject)
		}
	}
}

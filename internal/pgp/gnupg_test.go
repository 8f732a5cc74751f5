package pgp

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// gnupg is a GnuPG with a home of its own, at the tests' instant.
type gnupg struct{ program, home string }

func newGnupg(t *testing.T) gnupg {
	t.Helper()
	program, err := exec.LookPath("gpg")
	if err != nil {
		t.Skip("gpg is not installed: what it accepts and makes is not checked here")
	}
	// Not t.TempDir: the agent's socket lies in it, and its path must stay under 108 bytes.
	home, err := os.MkdirTemp("", "gpg")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stop := exec.Command("gpgconf", "--homedir", home, "--kill", "all")
		_ = stop.Run()
		_ = os.RemoveAll(home)
	})
	return gnupg{program, home}
}

func (g gnupg) run(t *testing.T, in []byte, args ...string) (stdout []byte, status string) {
	t.Helper()
	all := []string{
		"--homedir", g.home, "--batch", "--no-tty", "--status-fd", "2", "--pinentry-mode", "loopback", "--passphrase", "",
		"--faked-system-time", now.UTC().Format("20060102T150405") + "!",
	}
	c := exec.Command(g.program, append(all, args...)...)
	var out, errs bytes.Buffer
	c.Stdin, c.Stdout, c.Stderr = bytes.NewReader(in), &out, &errs
	if err := c.Run(); err != nil {
		t.Fatalf("gpg %s: %v\n%s", strings.Join(args, " "), err, errs.String())
	}
	return out.Bytes(), errs.String()
}

const sample = "# security.txt\n- a dash\n-----BEGIN\n\nContact: mailto:security@example.org  \nFrom: Zoë\n"

const sampleTrimmed = "# security.txt\n- a dash\n-----BEGIN\n\nContact: mailto:security@example.org\nFrom: Zoë\n"

func TestGnuPGVerifiesOurs(t *testing.T) {
	g, k := newGnupg(t), generated(t)
	armored, err := public(t, k).Armor()
	g.run(t, text(t, armored, err), "--import")
	signed, err := k.ClearSign([]byte(sample), now)
	path := filepath.Join(t.TempDir(), "security.txt")
	if err := os.WriteFile(path, text(t, signed, err), 0o600); err != nil {
		t.Fatal(err)
	}
	_, status := g.run(t, nil, "--verify", path)
	if !strings.Contains(status, "VALIDSIG "+k.Fingerprint()) {
		t.Errorf("gpg does not find the signature valid:\n%s", status)
	}
	out, _ := g.run(t, signed, "--decrypt")
	if got := strings.ReplaceAll(string(out), "\r\n", "\n"); got != sampleTrimmed {
		t.Errorf("gpg reads %q", got)
	}
}

func TestWeVerifyGnuPGs(t *testing.T) {
	g := newGnupg(t)
	g.run(t, nil, "--quick-generate-key", "Example Finder <finder@example.org>", "default", "default", "2y")
	armored, _ := g.run(t, nil, "--armor", "--export", "finder@example.org")
	pub, err := ReadPublic(armored)
	if err != nil {
		t.Fatal(err)
	}
	if !pub.CanEncrypt(now) {
		t.Error("a default GnuPG key cannot encrypt")
	}
	if _, ok := pub.Expires(); !ok {
		t.Error("a GnuPG key of two years does not expire")
	}
	signed, _ := g.run(t, []byte(sample), "--clear-sign")
	got, err := VerifyClear(signed, pub, now)
	if err != nil || string(got) != sampleTrimmed {
		t.Errorf("verified as %q, %v", got, err)
	}
	secret, _ := g.run(t, nil, "--armor", "--export-secret-keys", "finder@example.org")
	k, err := ReadPrivate(secret)
	if err != nil {
		t.Fatal(err)
	}
	if k.Fingerprint() != pub.Fingerprint() {
		t.Errorf("fingerprints %s and %s", k.Fingerprint(), pub.Fingerprint())
	}
	ours, err := k.ClearSign([]byte(sample), now)
	if _, status := g.run(t, text(t, ours, err), "--verify"); !strings.Contains(status, "VALIDSIG") {
		t.Errorf("gpg does not know its own key's signature:\n%s", status)
	}
}

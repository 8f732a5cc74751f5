package pgp

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestDetached(t *testing.T) {
	k := generated(t)
	doc := []byte("{\"a\":1}\r\n trailing \t\n\x00\xff")
	sig, err := k.SignDetached(doc, now)
	sig = text(t, sig, err)
	if !bytes.HasPrefix(sig, []byte(signatureBegin+"\n")) || !bytes.HasSuffix(sig, []byte("\n"+clearEnd+"\n")) || !bytes.Contains(sig, []byte("\n=")) {
		t.Errorf("no armor with a check sum:\n%s", sig)
	}
	pub := public(t, k)
	if got := Verify(doc, sig, []*PublicKey{pub}, now); got.State != Good {
		t.Errorf("%+v", got)
	}
	for name, c := range map[string]struct {
		doc, sig []byte
		pub      *PublicKey
		at       time.Time
	}{
		"another text":      {append(bytes.Clone(doc), '\n'), sig, pub, now},
		"a line end less":   {bytes.ReplaceAll(doc, []byte("\r"), nil), sig, pub, now},
		"another key":       {doc, sig, public(t, generated(t)), now},
		"no signature":      {doc, nil, pub, now},
		"half a signature":  {doc, sig[:len(sig)/2], pub, now},
		"before it is made": {doc, sig, pub, now.Add(-48 * time.Hour)},
	} {
		if got := Verify(c.doc, c.sig, []*PublicKey{c.pub}, c.at); got.State == Good {
			t.Errorf("%s: %+v", name, got)
		}
	}
	for _, at := range []time.Time{born.Add(-time.Hour), born.Add(life + time.Hour)} {
		if _, err := k.SignDetached(doc, at); !errors.Is(err, ErrKey) {
			t.Errorf("signing at %s: %v", at, err)
		}
	}
}

func detachedFiles(t *testing.T, doc []byte) (dir string, k *PrivateKey) {
	t.Helper()
	k = generated(t)
	armored, err := public(t, k).Armor()
	armored = text(t, armored, err)
	sig, err := k.SignDetached(doc, now)
	dir = t.TempDir()
	for name, b := range map[string][]byte{"doc": doc, "doc.asc": text(t, sig, err), "key.asc": armored} {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir, k
}

func TestGnuPGVerifiesOurDetached(t *testing.T) {
	g := newGnupg(t)
	dir, k := detachedFiles(t, []byte("{\"a\": \"Zoë\"}\n \n"))
	g.run(t, nil, "--import", filepath.Join(dir, "key.asc"))
	_, status := g.run(t, nil, "--verify", filepath.Join(dir, "doc.asc"), filepath.Join(dir, "doc"))
	if !strings.Contains(status, "VALIDSIG "+k.Fingerprint()) {
		t.Errorf("gpg does not find the signature valid:\n%s", status)
	}
}

func TestSequoiaVerifiesOurDetached(t *testing.T) {
	program, err := exec.LookPath("sqop")
	if err != nil {
		t.Skip("sqop is not installed: what Sequoia accepts is not checked here")
	}
	doc := []byte("{\"a\": \"Zoë\"}\n \n")
	dir, k := detachedFiles(t, doc)
	verify := func(in []byte) (string, error) {
		c := exec.Command(program, "verify", "--not-after", now.Add(time.Hour).UTC().Format(time.RFC3339), filepath.Join(dir, "doc.asc"), filepath.Join(dir, "key.asc"))
		c.Stdin = bytes.NewReader(in)
		out, err := c.CombinedOutput()
		return string(out), err
	}
	if out, err := verify(doc); err != nil || !strings.Contains(out, k.Fingerprint()) {
		t.Errorf("sqop: %v\n%s", err, out)
	}
	if out, err := verify(append(doc, ' ')); err == nil {
		t.Errorf("sqop accepts another text:\n%s", out)
	}
}

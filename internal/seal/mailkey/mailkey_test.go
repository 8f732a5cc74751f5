package mailkey_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"fairlead/internal/cvd"
	"fairlead/internal/seal/mailkey"
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func file(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}

func pkcs8(key any) []byte { return file("PRIVATE KEY", must(x509.MarshalPKCS8PrivateKey(key))) }

func TestRead(t *testing.T) {
	_, ed, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	large := must(rsa.GenerateKey(rand.Reader, 2048))
	small := must(rsa.GenerateKey(rand.Reader, 1024))
	for name, c := range map[string]struct {
		file  []byte
		key   crypto.Signer
		fault string
	}{
		"ed25519":          {pkcs8(ed), ed, ""},
		"rsa, PKCS #8":     {pkcs8(large), large, ""},
		"rsa, PKCS #1":     {file("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(large)), large, ""},
		"too short":        {pkcs8(small), nil, "2048 to 4096 bits, this one 1024"},
		"another curve":    {pkcs8(must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))), nil, "RSA and Ed25519"},
		"encrypted":        {file("ENCRYPTED PRIVATE KEY", []byte("x")), nil, "without a passphrase"},
		"a public key":     {file("PUBLIC KEY", []byte("x")), nil, "something else"},
		"no PEM":           {[]byte("zanzibar"), nil, "no PEM"},
		"nothing":          {nil, nil, "no PEM"},
		"damaged, PKCS #8": {file("PRIVATE KEY", []byte("zanzibar")), nil, "cannot be read"},
	} {
		key, err := mailkey.Read(c.file)
		if c.fault == "" {
			type equal interface{ Equal(crypto.PublicKey) bool }
			if err != nil || !c.key.Public().(equal).Equal(key.Public()) {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if !errors.Is(err, cvd.ErrInvalid) || !strings.Contains(err.Error(), c.fault) || strings.Contains(err.Error(), "zanzibar") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The commands that docs/operate.md gives make a key that is read, and its record.
func TestAsTheOperatorDoesIt(t *testing.T) {
	if _, err := exec.LookPath("openssl"); err != nil {
		t.Skip("openssl is not installed: the commands of docs/operate.md are not tried")
	}
	page := string(must(os.ReadFile("../../../docs/operate.md")))
	for kind, algorithm := range map[string]string{"rsa": "-algorithm RSA -pkeyopt rsa_keygen_bits:2048", "ed25519": "-algorithm ed25519"} {
		make := "openssl genpkey " + algorithm + " -out dkim.pem"
		_, show, ok := strings.Cut(page, "printf 'v=DKIM1; k="+kind)
		show, _, _ = strings.Cut(show, "\n")
		if !ok || !strings.Contains(page, make) {
			t.Errorf("%s: the page has no such command", kind)
			continue
		}
		sh := exec.Command("sh", "-ec", make+" 2>/dev/null\nprintf 'v=DKIM1; k="+kind+show)
		sh.Dir = t.TempDir()
		out := must(sh.Output())
		key := must(mailkey.Read(must(os.ReadFile(filepath.Join(sh.Dir, "dkim.pem")))))
		if want := must(mailkey.Record(key)) + "\n"; string(out) != want {
			t.Errorf("%s: the command prints %q, want %q", kind, out, want)
		}
	}
}

// The example of RFC 8463 appendix A.2.
func TestRecord(t *testing.T) {
	seed := []byte("\x9d\x61\xb1\x9d\xef\xfd\x5a\x60\xba\x84\x4a\xf4\x92\xec\x2c\xc4\x44\x49\xc5\x69\x7b\x32\x69\x19\x70\x3b\xac\x03\x1c\xae\x7f\x60")
	got := must(mailkey.Record(ed25519.NewKeyFromSeed(seed)))
	if want := "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if got, err := mailkey.Record(must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))); err == nil {
		t.Errorf("a record for a key that DKIM does not know: %s", got)
	}
}

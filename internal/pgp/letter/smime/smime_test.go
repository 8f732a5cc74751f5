package smime

import (
	"bytes"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"fairlead/internal/cvd"
	"fairlead/internal/pgp"
	"fairlead/internal/pgp/letter"
)

const words = "Content-Type: text/plain\r\n\r\nwords of a case\r\n"

// authority is an OpenSSL with a folder of keys and certificates: ca, team, finder and stranger (whom nobody vouches for).
type authority struct {
	program, dir string
	now          time.Time
}

func newAuthority(t testing.TB) authority {
	t.Helper()
	program, err := exec.LookPath("openssl")
	if err != nil {
		t.Skip("openssl is not installed: no S/MIME of others is read here")
	}
	a := authority{program: program, dir: t.TempDir()}
	a.write(t, "mail.cnf", []byte("[mail]\nbasicConstraints=CA:FALSE\nkeyUsage=digitalSignature,keyEncipherment\nextendedKeyUsage=emailProtection\nsubjectAltName=email:Finder@example.org\n[web]\nextendedKeyUsage=serverAuth\n"))
	a.run(t, nil, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=Example CA", "-days", "30", "-keyout", "ca.key", "-out", "ca.pem")
	for name, use := range map[string]string{"team": "mail", "former": "mail", "finder": "mail", "web": "web"} {
		a.run(t, nil, "req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN="+name, "-keyout", name+".key", "-out", name+".csr")
		a.run(t, nil, "x509", "-req", "-in", name+".csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "10", "-extfile", "mail.cnf", "-extensions", use, "-out", name+".pem")
	}
	a.run(t, nil, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=Stranger", "-days", "30", "-keyout", "stranger.key", "-out", "stranger.pem")
	a.run(t, nil, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=Curve", "-days", "30", "-keyout", "curve.key", "-out", "curve.pem")
	a.now = time.Now().Add(time.Minute) // OpenSSL knows no other instant
	return a
}

func (a authority) write(t testing.TB, name string, b []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(a.dir, name), b, 0o600); err != nil {
		t.Fatal(err)
	}
}

func (a authority) read(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(a.dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func (a authority) run(t testing.TB, in []byte, args ...string) []byte {
	t.Helper()
	c := exec.Command(a.program, args...)
	c.Dir, c.Stdin = a.dir, bytes.NewReader(in)
	var out, errs bytes.Buffer
	c.Stdout, c.Stderr = &out, &errs
	if err := c.Run(); err != nil {
		t.Fatalf("openssl %s: %v\n%s", strings.Join(args, " "), err, errs.String())
	}
	return out.Bytes()
}

func (a authority) own(t testing.TB, names ...string) []Own {
	t.Helper()
	var certs, keys []byte
	for _, n := range names {
		certs, keys = append(certs, a.read(t, n+".pem")...), append(keys, a.read(t, n+".key")...)
	}
	own, err := ReadOwn(certs, keys)
	if err != nil {
		t.Fatal(err)
	}
	return own
}

func (a authority) roots(t testing.TB) *x509.CertPool {
	t.Helper()
	certs, err := ReadCertificates(a.read(t, "ca.pem"))
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(certs[0])
	return pool
}

func (a authority) encrypted(t testing.TB, in string, more ...string) []byte {
	t.Helper()
	return a.run(t, []byte(in), append([]string{"cms", "-encrypt", "-binary", "-outform", "DER"}, more...)...)
}

func (a authority) signed(t testing.TB, in, by string, more ...string) []byte {
	t.Helper()
	return a.run(t, []byte(in), append([]string{"cms", "-sign", "-binary", "-outform", "DER", "-signer", by + ".pem", "-inkey", by + ".key"}, more...)...)
}

func wrapped(der []byte) string {
	return "Content-Type: application/pkcs7-mime; smime-type=x; name=smime.p7m\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64.StdEncoding.EncodeToString(der) + "\r\n"
}

func multi(entity string, signature []byte) string {
	b := fmt.Sprintf("b%d", len(entity))
	return "Content-Type: multipart/signed; protocol=\"application/pkcs7-signature\"; boundary=" + b + "\r\n\r\n--" + b + "\r\n" + entity +
		"\r\n--" + b + "\r\nContent-Type: application/pkcs7-signature\r\nContent-Transfer-Encoding: base64\r\n\r\n" +
		base64.StdEncoding.EncodeToString(signature) + "\r\n--" + b + "--\r\n"
}

func TestOpen(t *testing.T) {
	a := newAuthority(t)
	own, roots := a.own(t, "team", "former"), a.roots(t)
	opaque := a.signed(t, words, "finder", "-nodetach", "-md", "sha256")
	detached := a.signed(t, words, "finder", "-md", "sha256")
	lf := strings.ReplaceAll(words, "\r\n", "\n")
	deep := words
	for range maxLayers + 1 {
		deep = wrapped(a.signed(t, deep, "finder", "-nodetach"))
	}
	for name, c := range map[string]struct {
		in        letter.Parts
		entity    string
		encrypted bool
		state     pgp.State
		err       error
	}{
		"encrypted":               {letter.Parts{Sealed: a.encrypted(t, words, "-aes256", "team.pem")}, words, true, pgp.Unsigned, nil},
		"encrypted in pieces":     {letter.Parts{Sealed: a.encrypted(t, words, "-aes128", "-stream", "team.pem")}, words, true, pgp.Unsigned, nil},
		"by OAEP":                 {letter.Parts{Sealed: a.encrypted(t, words, "-aes256", "-recip", "team.pem", "-keyopt", "rsa_padding_mode:oaep", "-keyopt", "rsa_oaep_md:sha256")}, words, true, pgp.Unsigned, nil},
		"to a former one":         {letter.Parts{Sealed: a.encrypted(t, words, "-aes256", "former.pem")}, words, true, pgp.Unsigned, nil},
		"to two":                  {letter.Parts{Sealed: a.encrypted(t, words, "-aes256", "finder.pem", "team.pem")}, words, true, pgp.Unsigned, nil},
		"to others":               {letter.Parts{Sealed: a.encrypted(t, words, "-aes256", "finder.pem")}, "", false, "", ErrNotForUs},
		"to a curve":              {letter.Parts{Sealed: a.encrypted(t, words, "-aes256", "curve.pem")}, "", false, "", ErrUnsupported},
		"by key id":               {letter.Parts{Sealed: a.encrypted(t, words, "-aes256", "-keyid", "team.pem")}, "", false, "", ErrUnsupported},
		"authenticated":           {letter.Parts{Sealed: a.encrypted(t, words, "-aes-256-gcm", "team.pem")}, "", false, "", ErrUnsupported},
		"opaque":                  {letter.Parts{Sealed: opaque}, words, false, pgp.Good, nil},
		"detached":                {letter.Parts{Signed: []byte(words), Signature: detached}, words, false, pgp.Good, nil},
		"detached, bare LF":       {letter.Parts{Signed: []byte(lf), Signature: detached}, lf, false, pgp.Good, nil},
		"changed":                 {letter.Parts{Signed: []byte(strings.Replace(words, "case", "cave", 1)), Signature: detached}, strings.Replace(words, "case", "cave", 1), false, pgp.Bad, nil},
		"no signature":            {letter.Parts{Signed: []byte(words), Signature: []byte("x")}, words, false, pgp.Unknown, nil},
		"nobody vouches":          {letter.Parts{Sealed: a.signed(t, words, "stranger", "-nodetach")}, words, false, pgp.Unknown, nil},
		"a certificate for sites": {letter.Parts{Sealed: a.signed(t, words, "web", "-nodetach")}, words, false, pgp.Unknown, nil},
		"SHA-1":                   {letter.Parts{Sealed: a.signed(t, words, "finder", "-nodetach", "-md", "sha1")}, words, false, pgp.Unknown, nil},
		"without attributes":      {letter.Parts{Sealed: a.signed(t, words, "finder", "-nodetach", "-noattr")}, words, false, pgp.Unknown, nil},
		"without certificate":     {letter.Parts{Sealed: a.signed(t, words, "finder", "-nodetach", "-nocerts")}, words, false, pgp.Unknown, nil},
		"PSS":                     {letter.Parts{Sealed: a.signed(t, words, "finder", "-nodetach", "-keyopt", "rsa_padding_mode:pss")}, words, false, pgp.Unknown, nil},
		"signed, then encrypted":  {letter.Parts{Sealed: a.encrypted(t, multi(words, detached), "-aes256", "team.pem")}, words, true, pgp.Good, nil},
		"opaque, then encrypted":  {letter.Parts{Sealed: a.encrypted(t, wrapped(opaque), "-aes256", "team.pem")}, words, true, pgp.Good, nil},
		"signed around":           {letter.Parts{Sealed: a.signed(t, wrapped(a.encrypted(t, words, "-aes256", "team.pem")), "finder", "-nodetach")}, words, true, pgp.Unsigned, nil},
		"around itself":           {letter.Parts{Sealed: []byte(a.signed(t, deep, "finder", "-nodetach"))}, "", false, "", cvd.ErrTooLarge},
		"nothing":                 {letter.Parts{}, "", false, "", cvd.ErrUnreadable},
		"words":                   {letter.Parts{Sealed: []byte("hello")}, "", false, "", ErrDamaged},
		"more after it":           {letter.Parts{Sealed: append(bytes.Clone(opaque), 0)}, "", false, "", ErrDamaged},
		"cut":                     {letter.Parts{Sealed: opaque[:len(opaque)-9]}, "", false, "", ErrDamaged},
		"very deep":               {letter.Parts{Sealed: bytes.Repeat([]byte{0x30, 0x80}, 1<<20)}, "", false, "", cvd.ErrTooLarge},
		"very many":               {letter.Parts{Sealed: append([]byte{0x30, 0x80}, bytes.Repeat([]byte{5, 0}, 1<<20)...)}, "", false, "", cvd.ErrTooLarge},
		"too large":               {letter.Parts{Sealed: make([]byte, pgp.MaxMessage+1)}, "", false, "", cvd.ErrTooLarge},
	} {
		o, err := Open(c.in, own, roots, a.now)
		if !errors.Is(err, c.err) {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if c.err != nil {
			continue
		}
		if string(o.Entity) != c.entity || o.Encrypted != c.encrypted || o.Signature.State != c.state {
			t.Errorf("%s: %q, %v, %+v", name, o.Entity, o.Encrypted, o.Signature)
		}
		if good := c.state == pgp.Good; good != slices.Equal(o.Signer, []string{"finder@example.org"}) || (good && (len(o.Signature.Fingerprint) != 64 || o.Signature.Made.IsZero())) {
			t.Errorf("%s: signer %q, %+v", name, o.Signer, o.Signature)
		}
	}
	o, err := Open(letter.Parts{Sealed: opaque}, own, nil, a.now)
	if err != nil || o.Signature.State != pgp.Unknown {
		t.Errorf("without roots: %+v, %v", o, err)
	}
	if o, err := Open(letter.Parts{Sealed: opaque}, own, roots, a.now.AddDate(1, 0, 0)); err != nil || o.Signature.State != pgp.Unknown {
		t.Errorf("with an expired certificate: %+v, %v", o, err)
	}
	if _, err := Open(letter.Parts{Sealed: a.encrypted(t, words, "-aes256", "team.pem")}, nil, roots, a.now); !errors.Is(err, ErrNotForUs) {
		t.Errorf("without a certificate of ours: %v", err)
	}
}

// Whichever byte is changed: no panic, no other text under a good signature.
func TestChangedSignatureIsNotBelieved(t *testing.T) {
	a := newAuthority(t)
	own, roots := a.own(t, "team"), a.roots(t)
	opaque, sealed := a.signed(t, words, "finder", "-nodetach"), a.encrypted(t, words, "-aes256", "team.pem")
	for _, der := range [][]byte{opaque, sealed} {
		for i := 0; i < len(der); i += 3 {
			changed := bytes.Clone(der)
			changed[i] ^= 1
			if o, err := Open(letter.Parts{Sealed: changed}, own, roots, a.now); err == nil && o.Signature.State == pgp.Good && string(o.Entity) != words {
				t.Errorf("byte %d changed: %q", i, o.Entity)
			}
			if _, err := Open(letter.Parts{Sealed: der[:i]}, own, roots, a.now); err == nil {
				t.Errorf("cut at %d and it opened", i)
			}
		}
	}
}

func TestReadOwn(t *testing.T) {
	a := newAuthority(t)
	team, key := a.read(t, "team.pem"), a.read(t, "team.key")
	for name, c := range map[string]struct{ certs, keys []byte }{
		"no certificate": {nil, key},
		"no key":         {team, nil},
		"another's key":  {team, a.read(t, "finder.key")},
		"a curve":        {a.read(t, "curve.pem"), a.read(t, "curve.key")},
		"mixed up":       {key, team},
		"locked":         {team, a.run(t, key, "rsa", "-aes256", "-passout", "pass:secret")},
	} {
		if _, err := ReadOwn(c.certs, c.keys); !errors.Is(err, cvd.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	own := a.own(t, "team", "former")
	if len(own) != 2 || own[0].Until().Before(a.now) {
		t.Errorf("%d certificates", len(own))
	}
	if old, err := ReadOwn(team, a.run(t, key, "rsa", "-traditional")); err != nil || len(old) != 1 {
		t.Errorf("PKCS #1: %v", err)
	}
	modulus := own[0].key().D.String()
	for _, verb := range []string{"%v", "%+v", "%#v", "%x"} {
		if strings.Contains(fmt.Sprintf(verb, own), modulus) || strings.Contains(fmt.Sprintf(verb, own), fmt.Sprintf("%x", own[0].key().D)) {
			t.Errorf("%s shows the key", verb)
		}
	}
}

func FuzzOpen(f *testing.F) {
	a := newAuthority(f)
	own, roots := a.own(f, "team"), a.roots(f)
	for _, seed := range [][]byte{a.signed(f, words, "stranger", "-nodetach"), a.signed(f, words, "stranger"), a.encrypted(f, words, "-aes256", "team.pem"), a.encrypted(f, words, "-aes256", "-stream", "team.pem"), {0x30, 0x80}} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		for _, p := range []letter.Parts{{Sealed: in}, {Signed: []byte(words), Signature: in}} {
			if o, err := Open(p, own, roots, a.now); err == nil && o.Signature.State == pgp.Good {
				t.Errorf("%x was signed, it seems", in)
			}
		}
	})
}

package letter

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/mail"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"fairlead/internal/cvd"
	"fairlead/internal/pgp"
)

var (
	born = time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)
	now  = born.Add(24 * time.Hour)
)

const words = "From: Example team <security@example.org>\r\nTo: finder@example.org\r\nSubject: Crash in the parser\r\n" +
	"Message-ID: <1@example.org>\r\nDate: Tue, 03 Nov 2026 09:00:00 +0000\r\nReferences: <0@example.org>\r\n <a@example.org>\r\nKeywords: crash\r\n" +
	"Autocrypt: addr=other@example.org; keydata=AAAA\r\nMIME-Version: 1.0\r\nContent-Type: text/plain;\r\n charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n" +
	"Hello,\r\n\r\nZo=C3=AB found it.=20\r\n--\r\nthe team\r\n"

func key(t testing.TB, email string) (*pgp.PrivateKey, *pgp.PublicKey) {
	t.Helper()
	k, err := pgp.Generate("Example", email, born, 400*24*time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	pub, err := k.Public()
	if err != nil {
		t.Fatal(err)
	}
	return k, pub
}

func got[T any](t testing.TB, v T, err error) T {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// taken reads a letter as another program does: header, and the two parts of a multipart/encrypted or signed.
func taken(t testing.TB, letter []byte) (mail.Header, Parts) {
	t.Helper()
	m, err := mail.ReadMessage(bytes.NewReader(letter))
	if err != nil {
		t.Fatal(err)
	}
	media, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	body := got(t, must(io.ReadAll(m.Body)), nil)
	two, whole := parts(body, params["boundary"])
	if !whole || len(two) != 2 {
		t.Fatalf("%d parts in\n%s", len(two), letter)
	}
	var contents [][]byte
	r := multipart.NewReader(bytes.NewReader(body), params["boundary"])
	for {
		part, err := r.NextRawPart()
		if errors.Is(err, io.EOF) {
			break
		}
		contents = append(contents, must(io.ReadAll(got(t, part, err))))
	}
	if len(contents) != 2 {
		t.Fatalf("%d parts", len(contents))
	}
	switch media {
	case "multipart/encrypted":
		if v := strings.TrimSpace(string(contents[0])); v != "Version: 1" || params["protocol"] != "application/pgp-encrypted" {
			t.Errorf("control part %q, %v", v, params)
		}
		return m.Header, Parts{Sealed: contents[1]}
	case "multipart/signed":
		if params["protocol"] != "application/pgp-signature" {
			t.Errorf("%v", params)
		}
		return m.Header, Parts{Signed: two[0], Signature: contents[1]}
	}
	t.Fatalf("a letter of type %s", media)
	return nil, Parts{}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func TestSeal(t *testing.T) {
	team, ours := key(t, "security@example.org")
	reporter, theirs := key(t, "finder@example.org")
	sealed, err := Seal([]byte(words), []*pgp.PublicKey{theirs}, team, now)
	sealed = got(t, sealed, err)
	if bytes.Contains(sealed, []byte("Crash")) || bytes.Contains(sealed, []byte("crash")) {
		t.Errorf("the subject shows:\n%s", sealed)
	}
	header, p := taken(t, sealed)
	for name, want := range map[string]string{
		"From": "Example team <security@example.org>", "To": "finder@example.org", "Subject": "[...]", "Message-ID": "<1@example.org>",
		"Date": "Tue, 03 Nov 2026 09:00:00 +0000", "References": "<0@example.org> <a@example.org>", "Keywords": "", "Mime-Version": "1.0",
	} {
		if v := header.Get(name); v != want {
			t.Errorf("%s: %q; want %q", name, v, want)
		}
	}
	if all := header["Autocrypt"]; len(all) != 1 || !strings.HasPrefix(all[0], "addr=security@example.org; prefer-encrypt=mutual; keydata=") {
		t.Errorf("Autocrypt: %q", all)
	} else if k, err := pgp.ReadCarried(decode(t, all[0])); err != nil || k.Fingerprint() != team.Fingerprint() {
		t.Errorf("the carried key: %v", err)
	}
	o, err := Open(p, []*pgp.PrivateKey{reporter}, []*pgp.PublicKey{ours}, now)
	o = got(t, o, err)
	if !o.Encrypted || o.Signature.State != pgp.Good || o.Signature.Fingerprint != team.Fingerprint() {
		t.Errorf("opened as %v, %+v", o.Encrypted, o.Signature)
	}
	inner, err := mail.ReadMessage(bytes.NewReader(o.Entity))
	inner = got(t, inner, err)
	for name, want := range map[string]string{"Subject": "Crash in the parser", "Keywords": "crash", "Message-ID": "<1@example.org>", "Autocrypt": ""} {
		if v := inner.Header.Get(name); v != want {
			t.Errorf("inside %s: %q; want %q", name, v, want)
		}
	}
	if _, params, err := mime.ParseMediaType(inner.Header.Get("Content-Type")); err != nil || params["hp"] != "cipher" || params["charset"] != "utf-8" {
		t.Errorf("inside: %v, %v", params, err)
	}
	outer := strings.Join(inner.Header["Hp-Outer"], "\n")
	if !strings.Contains(outer, "Subject: [...]") || !strings.Contains(outer, "To: finder@example.org") || strings.Contains(outer, "Keywords") {
		t.Errorf("HP-Outer: %s", outer)
	}
	if body := must(io.ReadAll(inner.Body)); !strings.HasSuffix(words, "\r\n\r\n"+string(body)) {
		t.Errorf("body %q", body)
	}
	again, err := Open(p, []*pgp.PrivateKey{team}, nil, now)
	if !errors.Is(err, pgp.ErrNotForUs) || again != nil {
		t.Errorf("opened by another key: %v", err)
	}
}

func decode(t *testing.T, autocrypt string) []byte {
	t.Helper()
	_, data, _ := strings.Cut(autocrypt, "keydata=")
	_, out, err := Content([]byte("Content-Type: x/y\r\nContent-Transfer-Encoding: base64\r\n\r\n" + strings.ReplaceAll(data, " ", "")))
	return got(t, out, err)
}

func TestSealWithoutSigner(t *testing.T) {
	reporter, theirs := key(t, "finder@example.org")
	sealed, err := Seal([]byte("Subject: a\n\nb\n"), []*pgp.PublicKey{theirs}, nil, now)
	header, p := taken(t, got(t, sealed, err))
	if header.Get("Autocrypt") != "" {
		t.Error("it carries a key")
	}
	o, err := Open(p, []*pgp.PrivateKey{reporter}, nil, now)
	if o = got(t, o, err); o.Signature.State != pgp.Unsigned || !bytes.HasSuffix(o.Entity, []byte("\r\n\r\nb\n")) {
		t.Errorf("%+v, %q", o.Signature, o.Entity)
	}
	for _, bad := range []string{"no header\n", " folded\n\nb", "a b: c\n\n"} {
		if _, err := Seal([]byte(bad), []*pgp.PublicKey{theirs}, nil, now); !errors.Is(err, cvd.ErrUnreadable) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

// What others sign and do not encrypt is read, however its lines end, and a change shows.
func TestSigned(t *testing.T) {
	team, ours := key(t, "security@example.org")
	part := "Content-Type: text/plain; hp=\"clear\"\r\nSubject: Crash in the parser\r\n\r\nWe found it.\r\n"
	signature, err := team.SignDetached([]byte(part), now)
	second := "Content-Type: application/pgp-signature\r\n\r\n" + string(got(t, signature, err))
	_, p := taken(t, []byte("Subject: Crash in the parser\r\n"+multi("signed", "application/pgp-signature", part, second)))
	o, err := Open(p, nil, []*pgp.PublicKey{ours}, now)
	if o = got(t, o, err); o.Encrypted || o.Signature.State != pgp.Good || !bytes.Contains(o.Entity, []byte("Subject: Crash")) {
		t.Errorf("%+v\n%s", o.Signature, o.Entity)
	}
	p.Signed = bytes.ReplaceAll(p.Signed, []byte("\r\n"), []byte("\n"))
	if o, err := Open(p, nil, []*pgp.PublicKey{ours}, now); err != nil || o.Signature.State != pgp.Good {
		t.Errorf("with bare LF: %+v, %v", o, err)
	}
	p.Signed = bytes.Replace(p.Signed, []byte("found"), []byte("lost"), 1)
	if o, err := Open(p, nil, []*pgp.PublicKey{ours}, now); err != nil || o.Signature.State != pgp.Bad {
		t.Errorf("changed: %+v, %v", o, err)
	}
}

// multi builds a multipart as other programs write it.
func multi(subtype, protocol, first, second string) string {
	b := boundaryOf([]byte(first + second))
	return fmt.Sprintf("Content-Type: multipart/%s; boundary=\"%s\";\r\n\tprotocol=\"%s\"\r\n\r\npreamble\r\n--%s\r\n%s\r\n--%s\r\n%s\r\n--%s--\r\n", subtype, b, protocol, b, first, b, second, b)
}

func TestOpenNests(t *testing.T) {
	team, ours := key(t, "security@example.org")
	them, theirs := key(t, "finder@example.org")
	to, keys, known := []*pgp.PublicKey{ours}, []*pgp.PrivateKey{team}, []*pgp.PublicKey{theirs}
	const entity = "Content-Type: text/plain\r\n\r\nwords\r\n"
	signedBy := func(k *pgp.PrivateKey, e string) string {
		sig, err := k.SignDetached([]byte(e), now)
		return multi("signed", "application/pgp-signature", e, "Content-Type: application/pgp-signature\r\n\r\n"+string(got(t, sig, err)))
	}
	encrypted := func(e string, signer *pgp.PrivateKey) []byte {
		b, err := pgp.Encrypt([]byte(e), to, nil, signer, now)
		return got(t, b, err)
	}
	wrapped := func(b []byte) string {
		return multi("encrypted", "application/pgp-encrypted", "Content-Type: application/pgp-encrypted\r\n\r\nVersion: 1", "Content-Type: application/octet-stream\r\n\r\n"+string(b))
	}
	deep := entity
	for range maxLayers + 1 {
		deep = signedBy(them, deep)
	}
	clear, err := them.ClearSign([]byte("words\n"), now)
	clear = got(t, clear, err)
	inline := string(entityOf([]byte("words\n")))
	for name, c := range map[string]struct {
		in        Parts
		entity    string
		encrypted bool
		state     pgp.State
		err       error
	}{
		"signed inside":                  {Parts{Sealed: encrypted(signedBy(them, entity), nil)}, entity, true, pgp.Good, nil},
		"signed inside by a stranger":    {Parts{Sealed: encrypted(signedBy(team, entity), nil)}, entity, true, pgp.Unknown, nil},
		"signed inside and changed":      {Parts{Sealed: encrypted(strings.Replace(signedBy(them, entity), "words", "other", 1), nil)}, strings.Replace(entity, "words", "other", 1), true, pgp.Bad, nil},
		"both":                           {Parts{Sealed: encrypted(signedBy(team, entity), them)}, entity, true, pgp.Good, nil},
		"signed around encrypted":        {Parts{Signed: []byte(wrapped(encrypted(entity, nil))), Signature: []byte("none")}, entity, true, pgp.Unsigned, nil},
		"encrypted twice":                {Parts{Sealed: encrypted(wrapped(encrypted(entity, them)), nil)}, entity, true, pgp.Good, nil},
		"inner one is not ours":          {Parts{Sealed: encrypted(wrapped(must(pgp.Encrypt([]byte(entity), known, nil, nil, now))), nil)}, "", false, "", pgp.ErrNotForUs},
		"around itself":                  {Parts{Sealed: encrypted(deep, nil)}, "", false, "", cvd.ErrTooLarge},
		"inline":                         {Parts{Sealed: encrypted("words\n", them), Inline: true}, inline, true, pgp.Good, nil},
		"clear":                          {Parts{Clear: clear}, inline, false, pgp.Good, nil},
		"nothing":                        {Parts{}, "", false, "", cvd.ErrUnreadable},
		"an encrypted part among others": {Parts{Sealed: encrypted("Content-Type: multipart/mixed; boundary=b1\r\n\r\n--b1\r\n\r\na\r\n--b1\r\n"+wrapped(encrypted(entity, nil))+"\r\n--b1--\r\n", nil)}, "Content-Type: multipart/mixed; boundary=b1\r\n\r\n--b1\r\n\r\na\r\n--b1\r\nContent-Type: multipart/encrypted", true, pgp.Unsigned, nil},
	} {
		o, err := Open(c.in, keys, known, now)
		if !errors.Is(err, c.err) {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if c.err == nil && (!strings.HasPrefix(string(o.Entity), c.entity) || o.Encrypted != c.encrypted || o.Signature.State != c.state) {
			t.Errorf("%s: %v, %+v\n%s", name, o.Encrypted, o.Signature, o.Entity)
		}
	}
	for text, want := range map[string]string{"Zoë": "utf-8", "Zo\xeb": "windows-1252", "a\x00b": "octet-stream"} {
		if e := string(entityOf([]byte(text))); !strings.Contains(e, want) || !strings.HasSuffix(e, text) {
			t.Errorf("%q became %q", text, e)
		}
	}
}

// What is sealed comes out as it was: each field and every byte of the body.
func TestAnyLetterComesBack(t *testing.T) {
	team, ours := key(t, "security@example.org")
	reporter, theirs := key(t, "finder@example.org")
	rapid.Check(t, func(rt *rapid.T) {
		body := rapid.SliceOf(rapid.Byte()).Draw(rt, "body")
		subject := rapid.StringMatching(`[ -~]{0,80}`).Draw(rt, "subject")
		end := rapid.SampledFrom([]string{"\n", "\r\n"}).Draw(rt, "end")
		in := append([]byte("From: security@example.org"+end+"Subject: "+subject+end+"Content-Type: application/x"+end+end), body...)
		sealed, err := Seal(in, []*pgp.PublicKey{theirs}, team, now)
		if err != nil {
			rt.Fatal(err)
		}
		_, p := taken(t, sealed)
		o, err := Open(p, []*pgp.PrivateKey{reporter}, []*pgp.PublicKey{ours}, now)
		if err != nil || o.Signature.State != pgp.Good {
			rt.Fatalf("%+v, %v", o, err)
		}
		fields, inner, err := split(o.Entity)
		if err != nil || !bytes.Equal(inner, body) {
			rt.Fatalf("%q became %q, %v", body, inner, err)
		}
		if v := fields[1].value(); fields[1].name != "subject" || v != strings.TrimSpace(subject) {
			rt.Fatalf("subject %q became %q", subject, v)
		}
	})
}

// Whichever byte of the encrypted part is changed, it stays shut or says what it said.
func TestChangedLetterStaysShut(t *testing.T) {
	team, ours := key(t, "security@example.org")
	reporter, theirs := key(t, "finder@example.org")
	sealed, err := Seal([]byte(words), []*pgp.PublicKey{theirs}, team, now)
	_, p := taken(t, got(t, sealed, err))
	keys, known := []*pgp.PrivateKey{reporter}, []*pgp.PublicKey{ours}
	o, err := Open(p, keys, known, now)
	want, opened := got(t, o, err).Entity, 0
	for i := range p.Sealed {
		changed := bytes.Clone(p.Sealed)
		changed[i] ^= 1
		o, err := Open(Parts{Sealed: changed}, keys, known, now)
		if err != nil {
			continue
		}
		if opened++; !bytes.Equal(o.Entity, want) || o.Signature.State != pgp.Good {
			t.Errorf("byte %d changed: %+v %q", i, o.Signature, o.Entity)
		}
	}
	if opened > len(p.Sealed)/10 {
		t.Errorf("%d changes of %d meant nothing", opened, len(p.Sealed))
	}
}

func FuzzOpen(f *testing.F) {
	team, ours := key(f, "security@example.org")
	for _, seed := range []string{words, "", "a: b\n\nc", multi("signed", "application/pgp-signature", "a: b\r\n\r\nc", "Content-Type: application/pgp-signature\r\n\r\nx"), "Content-Type: multipart/encrypted; boundary=b; protocol=application/pgp-encrypted\n\n--b\n\n--b\nContent-Type: application/octet-stream\nContent-Transfer-Encoding: base64\n\nAAAA\n--b--"} {
		f.Add([]byte(seed))
	}
	// What is encrypted is new each time, which would keep the fuzzer from learning: it begins behind that.
	f.Fuzz(func(t *testing.T, in []byte) {
		keys, known := []*pgp.PrivateKey{team}, []*pgp.PublicKey{ours}
		opened := []*Opened{{}}
		if o, err := unwrapped(&Opened{Entity: in}, keys, known, now); err == nil {
			opened = append(opened, o)
		}
		for _, p := range []Parts{{Signed: in, Signature: in}, {Clear: in}, {Sealed: in}} {
			if o, err := Open(p, keys, known, now); err == nil {
				opened = append(opened, o)
			}
		}
		for _, o := range opened {
			if o.Signature.State == pgp.Good {
				t.Errorf("%q was signed by us, it seems", in)
			}
		}
		entityOf(in)
		if fields, _, err := split(in); err == nil {
			outside, inside := protect(fields)
			for _, part := range [][]byte{outside, inside} {
				if _, body, err := split(part); err != nil || len(body) > 0 {
					t.Errorf("%q became the header %q, %v", in, part, err)
				}
			}
		}
	})
}

// gnupg runs GnuPG in a home of its own, at the tests' instant.
func gnupg(t *testing.T) func(in []byte, args ...string) (string, string) {
	t.Helper()
	program, err := exec.LookPath("gpg")
	if err != nil {
		t.Skip("gpg is not installed: what it accepts and makes is not checked here")
	}
	home := got(t, must(os.MkdirTemp("", "gpg")), nil) // short, for the agent's socket
	t.Cleanup(func() {
		stop := exec.Command("gpgconf", "--homedir", home, "--kill", "all")
		_ = stop.Run()
		_ = os.RemoveAll(home)
	})
	return func(in []byte, args ...string) (string, string) {
		t.Helper()
		all := []string{"--homedir", home, "--batch", "--no-tty", "--status-fd", "2", "--pinentry-mode", "loopback", "--passphrase", "", "--trust-model", "always", "--faked-system-time", now.Format("20060102T150405") + "!"}
		c := exec.Command(program, append(all, args...)...)
		var out, errs bytes.Buffer
		c.Stdin, c.Stdout, c.Stderr = bytes.NewReader(in), &out, &errs
		if err := c.Run(); err != nil {
			t.Fatalf("gpg %v: %v\n%s", args, err, errs.String())
		}
		return out.String(), errs.String()
	}
}

func TestGnuPGAndWe(t *testing.T) {
	gpg := gnupg(t)
	team, ours := key(t, "security@example.org")
	gpg(got(t, must(ours.Armor()), nil), "--import")
	gpg(nil, "--quick-generate-key", "Finder <finder@example.org>", "default", "default", "2y")
	exported, _ := gpg(nil, "--armor", "--export", "finder@example.org")
	theirs, err := pgp.ReadPublic([]byte(exported))
	known := []*pgp.PublicKey{got(t, theirs, err)}

	sealed, err := Seal([]byte(words), known, team, now)
	_, p := taken(t, got(t, sealed, err))
	out, status := gpg(p.Sealed, "--decrypt")
	if !strings.Contains(status, "VALIDSIG "+team.Fingerprint()) || !strings.Contains(out, "Subject: Crash in the parser") || !strings.HasSuffix(out, "the team\r\n") {
		t.Errorf("gpg reads\n%s\n%s", out, status)
	}

	const entity = "Content-Type: text/plain; charset=utf-8; protected-headers=\"v1\"\r\nSubject: real\r\n\r\nwords\r\n"
	byGPG, _ := gpg([]byte(entity), "--armor", "--sign", "--encrypt", "--recipient", team.Fingerprint())
	detached, _ := gpg([]byte(entity), "--armor", "--detach-sign")
	nested, _ := gpg([]byte(multi("signed", "application/pgp-signature", entity, "Content-Type: application/pgp-signature\r\n\r\n"+detached)), "--encrypt", "--armor", "--recipient", team.Fingerprint())
	for name, p := range map[string]Parts{"combined": {Sealed: []byte(byGPG)}, "nested": {Sealed: []byte(nested)}, "signed": {Signed: []byte(entity), Signature: []byte(detached)}} {
		o, err := Open(p, []*pgp.PrivateKey{team}, known, now)
		if err != nil || string(o.Entity) != entity || o.Signature.State != pgp.Good {
			t.Errorf("%s: %+v, %v", name, o, err)
		}
	}
	inline, _ := gpg([]byte("words\n"), "--armor", "--sign", "--encrypt", "--recipient", team.Fingerprint())
	clear, _ := gpg([]byte("words\n"), "--clear-sign")
	for name, p := range map[string]Parts{"inline": {Sealed: []byte(inline), Inline: true}, "clear": {Clear: []byte(clear)}} {
		o, err := Open(p, []*pgp.PrivateKey{team}, known, now)
		if err != nil || !strings.HasSuffix(string(o.Entity), "\r\n\r\nwords\n") || o.Signature.State != pgp.Good {
			t.Errorf("%s: %+v, %v", name, o, err)
		}
	}
}

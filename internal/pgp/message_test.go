package pgp

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp/packet"
	"github.com/ProtonMail/gopenpgp/v3/crypto"
	"github.com/ProtonMail/gopenpgp/v3/profile"
	"pgregory.net/rapid"

	"fairlead/internal/cvd"
)

func finder(t testing.TB) *PrivateKey {
	t.Helper()
	k, err := Generate("Example Finder", "finder@example.org", born, life)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestSealedRoundTrip(t *testing.T) {
	team, former, them, other := generated(t), generated(t), finder(t), finder(t)
	late := born.Add(life + 24*time.Hour) // the team's keys have expired
	for name, c := range map[string]struct {
		to, hidden []*PublicKey
		signer     *PrivateKey
		keys       []*PrivateKey
		known      []*PublicKey
		at         time.Time
		state      State
		signed     string
	}{
		"signed":            {to: []*PublicKey{public(t, team)}, signer: them, keys: []*PrivateKey{team}, known: []*PublicKey{public(t, them)}, at: now, state: Good, signed: them.Fingerprint()},
		"several to choose": {to: []*PublicKey{public(t, team)}, signer: them, keys: []*PrivateKey{former, team}, known: []*PublicKey{public(t, other), public(t, them)}, at: now, state: Good, signed: them.Fingerprint()},
		"several readers":   {to: []*PublicKey{public(t, other), public(t, team)}, signer: them, keys: []*PrivateKey{team}, known: []*PublicKey{public(t, them)}, at: now, state: Good, signed: them.Fingerprint()},
		"former key":        {to: []*PublicKey{public(t, former)}, keys: []*PrivateKey{team, former}, at: late, state: Unsigned},
		"hidden":            {hidden: []*PublicKey{public(t, team)}, keys: []*PrivateKey{former, team}, at: now, state: Unsigned},
		"one of them seen":  {to: []*PublicKey{public(t, other)}, hidden: []*PublicKey{public(t, team)}, keys: []*PrivateKey{team}, at: now, state: Unsigned},
		"unknown signer":    {to: []*PublicKey{public(t, team)}, signer: them, keys: []*PrivateKey{team}, known: []*PublicKey{public(t, other)}, at: now, state: Unknown, signed: them.Fingerprint()},
		"nobody known":      {to: []*PublicKey{public(t, team)}, signer: them, keys: []*PrivateKey{team}, at: now, state: Unknown, signed: them.Fingerprint()},
		// The library verifies with the keys that decrypt, too.
		"signed by ourselves": {to: []*PublicKey{public(t, team)}, signer: team, keys: []*PrivateKey{team}, known: []*PublicKey{public(t, them)}, at: now, state: Unknown, signed: team.Fingerprint()},
		"signed too early":    {to: []*PublicKey{public(t, team)}, signer: them, keys: []*PrivateKey{team}, known: []*PublicKey{public(t, them)}, at: now.Add(-time.Hour), state: Bad, signed: them.Fingerprint()},
		"clock a bit ahead":   {to: []*PublicKey{public(t, team)}, signer: them, keys: []*PrivateKey{team}, known: []*PublicKey{public(t, them)}, at: now.Add(-time.Minute), state: Good, signed: them.Fingerprint()},
	} {
		t.Run(name, func(t *testing.T) {
			want := []byte("Content-Type: text/plain\r\n\r\nZoë \r\n\x00")
			sealed, err := Encrypt(want, c.to, c.hidden, c.signer, now)
			sealed = text(t, sealed, err)
			plain, err := Decrypt(sealed, c.keys, c.known, c.at)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(plain.Data, want) {
				t.Errorf("decrypted to %q", plain.Data)
			}
			if s := plain.Signature; s.State != c.state || s.Fingerprint != c.signed {
				t.Errorf("signature %+v; want %q of %q", s, c.state, c.signed)
			}
			if _, err := Decrypt(sealed, []*PrivateKey{them}, nil, now); !errors.Is(err, ErrNotForUs) {
				t.Errorf("with a stranger's key: %v", err)
			}
		})
	}
}

func TestEncryptRefuses(t *testing.T) {
	team := generated(t)
	if _, err := Encrypt([]byte("a"), nil, nil, team, now); !errors.Is(err, cvd.ErrInvalid) {
		t.Errorf("without a recipient: %v", err)
	}
	if _, err := Encrypt([]byte("a"), []*PublicKey{public(t, team)}, nil, nil, born.Add(life+time.Hour)); !errors.Is(err, cvd.ErrInvalid) {
		t.Errorf("to an expired key: %v", err)
	}
	old, err := Generate("Old", "old@example.org", born, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Encrypt([]byte("a"), []*PublicKey{public(t, team)}, nil, old, now); !errors.Is(err, ErrKey) {
		t.Errorf("signed with an expired key: %v", err)
	}
}

// Whatever is encrypted comes out the same, byte for byte.
func TestAnyBytesComeBack(t *testing.T) {
	team, them := generated(t), finder(t)
	to, known := []*PublicKey{public(t, team)}, []*PublicKey{public(t, them)}
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.SliceOf(rapid.Byte()).Draw(t, "text")
		sealed, err := Encrypt(want, to, nil, them, now)
		if err != nil {
			t.Fatal(err)
		}
		plain, err := Decrypt(sealed, []*PrivateKey{team}, known, now)
		if err != nil || !bytes.Equal(plain.Data, want) || plain.Signature.State != Good {
			t.Fatalf("%q became %+v, %v", want, plain, err)
		}
	})
}

// Whichever byte of the ciphertext is changed, nothing comes out, or exactly what was encrypted: a few bits of the
// recipient's part and of lengths mean nothing.
func TestChangedMessageStaysShut(t *testing.T) {
	team, them := generated(t), finder(t)
	known := []*PublicKey{public(t, them)}
	want, opened := bytes.Repeat([]byte("words of a case "), 20), 0
	sealed, err := Encrypt(want, []*PublicKey{public(t, team)}, nil, them, now)
	raw, err := unarmored(text(t, sealed, err), "PGP MESSAGE")
	raw = text(t, raw, err)
	for i := range raw {
		for _, bit := range []byte{1, 0x80} {
			changed := bytes.Clone(raw)
			changed[i] ^= bit
			if plain, err := Decrypt(changed, []*PrivateKey{team}, known, now); err == nil {
				if opened++; !bytes.Equal(plain.Data, want) || plain.Signature.State != Good {
					t.Errorf("byte %d of %d changed and it opened to %q, signature %q", i, len(raw), plain.Data, plain.Signature.State)
				}
			} else if !errors.Is(err, cvd.ErrUnreadable) && !errors.Is(err, cvd.ErrTooLarge) {
				t.Errorf("byte %d: %v", i, err)
			}
		}
	}
	if opened > 12 {
		t.Errorf("%d changes of %d meant nothing", opened, 2*len(raw))
	}
	for i := range raw {
		if _, err := Decrypt(raw[:i], []*PrivateKey{team}, known, now); err == nil {
			t.Errorf("cut at %d and it opened", i)
		}
	}
	for name, in := range map[string][]byte{"twice": append(bytes.Clone(raw), raw...), "a byte more": append(bytes.Clone(raw), 0xd3)} {
		if _, err := Decrypt(in, []*PrivateKey{team}, known, now); !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// crafted wraps packets into a message that is encrypted to the key, protected or not.
func crafted(t *testing.T, k *PrivateKey, protected bool, content []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	session := bytes.Repeat([]byte{7}, 32)
	k.g().with(func(key *crypto.Key) {
		sub, ok := key.GetEntity().EncryptionKey(now, nil)
		if !ok {
			t.Fatal("no key to encrypt to")
		}
		if err := packet.SerializeEncryptedKey(&out, sub.PublicKey, packet.CipherAES256, session, nil); err != nil {
			t.Fatal(err)
		}
	})
	w, err := packet.SerializeSymmetricallyEncrypted(&out, packet.CipherAES256, false, packet.CipherSuite{}, session, nil)
	if err != nil {
		t.Fatal(err)
	}
	before := out.Len()
	_, err = w.Write(content)
	if err := errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	raw := out.Bytes()
	if !protected { // the same bytes under the tag of a packet without MDC
		at := bytes.LastIndexByte(raw[:before], 0xd2)
		if at < 0 {
			t.Fatal("no protected packet was made")
		}
		raw[at] = 0xc9
	}
	return raw
}

func literal(t *testing.T, content []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := packet.SerializeLiteral(nopCloser{&out}, true, "", 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = w.Write(content)
	if err := errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

type nopCloser struct{ *bytes.Buffer }

func (nopCloser) Close() error { return nil }

func compressed(t *testing.T, content []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := packet.SerializeCompressed(nopCloser{&out}, packet.CompressionZLIB, nil)
	if err != nil {
		t.Fatal(err)
	}
	_, err = w.Write(content)
	if err := errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestDecryptRefuses(t *testing.T) {
	team, them := generated(t), finder(t)
	keys := []*PrivateKey{team}
	lit := literal(t, []byte("text"))
	if plain, err := Decrypt(crafted(t, team, true, lit), keys, nil, now); err != nil || string(plain.Data) != "text" {
		t.Fatalf("the crafted message is no message: %v", err)
	}
	if plain, err := Decrypt(crafted(t, team, true, compressed(t, lit)), keys, nil, now); err != nil || string(plain.Data) != "text" {
		t.Fatalf("the compressed message is no message: %v", err)
	}
	var ops bytes.Buffer
	if err := (&packet.OnePassSignature{Version: 3, SigType: packet.SigTypeBinary, Hash: 8 - 3, PubKeyAlgo: packet.PubKeyAlgoEdDSA, KeyId: 1}).Serialize(&ops); err != nil {
		t.Fatal(err)
	}
	nested := lit
	for range maxLayers + 2 {
		nested = compressed(t, nested)
	}
	signer, err := crypto.PGP().Sign().SigningKey(them.g().key).SignTime(now.Unix()).New()
	if err != nil {
		t.Fatal(err)
	}
	signedOnly, err := signer.Sign([]byte("text"), crypto.Bytes)
	signedOnly = text(t, signedOnly, err)
	var passphrase bytes.Buffer
	if _, err := packet.SerializeSymmetricKeyEncrypted(&passphrase, []byte("secret"), nil); err != nil {
		t.Fatal(err)
	}
	keyPacket := crafted(t, team, true, nil)
	keyPacket = keyPacket[:bytes.LastIndexByte(keyPacket[:len(keyPacket)-30], 0xd2)]
	for name, c := range map[string]struct {
		in   []byte
		want error
	}{
		"no MDC":                  {crafted(t, team, false, lit), ErrUnprotected},
		"not encrypted":           {lit, ErrDamaged},
		"compressed only":         {compressed(t, lit), ErrDamaged},
		"signed only":             {signedOnly, ErrDamaged},
		"empty":                   {nil, ErrDamaged},
		"words":                   {[]byte("hello"), ErrDamaged},
		"another armor":           {[]byte(publicBegin + "\n\nAAAA\n" + publicEnd), ErrDamaged},
		"nothing inside":          {crafted(t, team, true, nil), ErrDamaged},
		"text twice inside":       {crafted(t, team, true, slices.Concat(lit, lit)), ErrDamaged},
		"too large":               {make([]byte, MaxMessage+1), cvd.ErrTooLarge},
		"bomb":                    {crafted(t, team, true, compressed(t, literal(t, make([]byte, MaxMessage+1)))), cvd.ErrTooLarge},
		"layers":                  {crafted(t, team, true, nested), cvd.ErrTooLarge},
		"a hundred thousand sigs": {crafted(t, team, true, compressed(t, bytes.Repeat(ops.Bytes(), 100_000))), cvd.ErrTooLarge},
		"many readers":            {append(bytes.Repeat(keyPacket, maxSessionKeys), crafted(t, team, true, lit)...), cvd.ErrTooLarge},
		"to a passphrase":         {append(passphrase.Bytes(), crafted(t, them, true, lit)...), ErrNotForUs},
	} {
		if _, err := Decrypt(c.in, keys, nil, now); !errors.Is(err, c.want) {
			t.Errorf("%s: %v; want %v", name, err, c.want)
		}
	}
	if _, err := Decrypt(crafted(t, team, true, lit), nil, nil, now); !errors.Is(err, ErrNotForUs) {
		t.Errorf("without a key: %v", err)
	}
}

func TestWeakKeysAreNotEncryptedTo(t *testing.T) {
	g := newGnupg(t)
	g.run(t, nil, "--quick-generate-key", "Weak <weak@example.org>", "rsa1024", "default", "2y")
	g.run(t, nil, "--quick-generate-key", "Sign only <sign@example.org>", "ed25519", "sign", "2y")
	g.run(t, nil, "--quick-generate-key", "DSA <dsa@example.org>", "dsa1024", "sign", "2y")
	for _, who := range []string{"weak@example.org", "sign@example.org", "dsa@example.org"} {
		armored, _ := g.run(t, nil, "--armor", "--export", who)
		pub, err := ReadPublic(armored)
		if err != nil {
			continue // refused earlier, as well
		}
		if pub.CanEncrypt(now) {
			t.Errorf("%s (%s) can be encrypted to", who, pub.Algorithm())
		}
	}
}

func TestVerify(t *testing.T) {
	them := finder(t)
	doc := []byte("Content-Type: text/plain\r\n\r\na\r\n")
	sig, err := them.SignDetached(doc, now)
	sig = text(t, sig, err)
	raw, err := unarmored(sig, "PGP SIGNATURE")
	raw = text(t, raw, err)
	known := []*PublicKey{public(t, generated(t)), public(t, them)}
	short, err := Generate("Example", "finder@example.org", born, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		doc, sig []byte
		known    []*PublicKey
		want     State
	}{
		"good":            {doc, sig, known, Good},
		"binary":          {doc, raw, known, Good},
		"twice":           {doc, append(bytes.Clone(raw), raw...), known, Good},
		"changed":         {append(bytes.Clone(doc), '\n'), sig, known, Bad},
		"unknown":         {doc, sig, known[:1], Unknown},
		"nobody known":    {doc, sig, nil, Unknown},
		"no signature":    {doc, nil, known, Unknown},
		"words":           {doc, []byte("hello"), known, Unknown},
		"cut":             {doc, raw[:len(raw)/2], known, Unknown},
		"very many":       {doc, bytes.Repeat(raw, maxSigners+1), known, Unknown},
		"more than fits":  {doc, bytes.Repeat([]byte{0x88}, maxSignature+1), known, Unknown},
		"of another name": {doc, sig, []*PublicKey{public(t, short)}, Unknown},
	} {
		if got := Verify(c.doc, c.sig, c.known, now); got.State != c.want {
			t.Errorf("%s: %+v", name, got)
		} else if c.want == Good && (got.Fingerprint != them.Fingerprint() || !got.Made.Equal(now)) {
			t.Errorf("%s: %+v", name, got)
		}
	}
	old, err := crypto.PGP().Sign().SigningKey(short.g().key).SignTime(born.Unix()).Detached().New()
	if err != nil {
		t.Fatal(err)
	}
	early, err := old.Sign(doc, crypto.Armor)
	if got := Verify(doc, text(t, early, err), []*PublicKey{public(t, short)}, now); got.State != Good {
		t.Errorf("a key that expired since: %+v", got)
	}
}

func TestReadClear(t *testing.T) {
	them := finder(t)
	signed, err := them.ClearSign([]byte("- a\ntext\n"), now)
	signed = text(t, signed, err)
	for name, c := range map[string]struct {
		in    []byte
		known []*PublicKey
		want  State
		fails bool
	}{
		"good":     {signed, []*PublicKey{public(t, them)}, Good, false},
		"unknown":  {signed, nil, Unknown, false},
		"changed":  {bytes.Replace(signed, []byte("text"), []byte("TEXT"), 1), []*PublicKey{public(t, them)}, Bad, false},
		"before":   {append([]byte("x\n"), signed...), nil, "", true},
		"after":    {append(bytes.Clone(signed), 'x', '\n'), nil, "", true},
		"no block": {[]byte("text"), nil, "", true},
		"empty":    {[]byte(clearBegin + "\n\n" + clearEnd), nil, "", true},
	} {
		got, s, err := ReadClear(c.in, c.known, now)
		if (err != nil) != c.fails || s.State != c.want {
			t.Errorf("%s: %q, %+v, %v", name, got, s, err)
		}
		if c.want == Good && string(got) != "- a\ntext\n" {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func TestFactsOfKeys(t *testing.T) {
	k := generated(t)
	pub := public(t, k)
	if !pub.HasAddress("Security@Example.org", now) || pub.HasAddress("finder@example.org", now) || pub.HasAddress("", now) {
		t.Errorf("addresses %q", pub.Addresses())
	}
	if got := pub.Algorithm(); got != "Ed25519" {
		t.Errorf("algorithm %q", got)
	}
	if !k.CanDecrypt() || !k.Made().Equal(born) {
		t.Errorf("can decrypt %v, made %v", k.CanDecrypt(), k.Made())
	}
	if got := Spaced("0123456789"); got != "0123 4567 89" {
		t.Errorf("spaced %q", got)
	}
	raw, err := pub.Binary()
	raw = text(t, raw, err)
	armored, err := pub.Armor()
	for _, in := range [][]byte{raw, text(t, armored, err)} {
		back, err := ReadCarried(in)
		if err != nil || back.Fingerprint() != k.Fingerprint() {
			t.Errorf("read back: %v", err)
		}
	}
	for name, in := range map[string][]byte{"two": append(bytes.Clone(raw), raw...), "cut": raw[:40], "none": nil, "large": bytes.Repeat([]byte{0x99}, MaxPublicKey+1)} {
		if _, err := ReadCarried(in); err == nil {
			t.Errorf("%s keys were read as one", name)
		}
	}
}

func TestGnuPGReadsOurMessages(t *testing.T) {
	g, them := newGnupg(t), generated(t)
	armored, err := public(t, them).Armor()
	g.run(t, text(t, armored, err), "--import")
	for _, algo := range []string{"default", "future-default"} {
		who := algo + "@example.org"
		usage := "default"
		g.run(t, nil, "--quick-generate-key", "Example <"+who+">", algo, usage, "2y")
		armored, _ := g.run(t, nil, "--armor", "--export", who)
		pub, err := ReadPublic(armored)
		if err != nil {
			t.Fatal(err)
		}
		if !pub.CanEncrypt(now) {
			t.Fatalf("%s cannot be encrypted to", algo)
		}
		for _, hidden := range []bool{false, true} {
			to, secret := []*PublicKey{pub}, []*PublicKey(nil)
			if hidden {
				to, secret = nil, to
			}
			sealed, err := Encrypt([]byte(sample), to, secret, them, now)
			out, status := g.run(t, text(t, sealed, err), "--decrypt")
			if string(out) != sample || !bytes.Contains([]byte(status), []byte("VALIDSIG "+them.Fingerprint())) || !bytes.Contains([]byte(status), []byte("GOODMDC")) {
				t.Errorf("%s, hidden %v: gpg reads %q\n%s", algo, hidden, out, status)
			}
		}
	}
}

func TestWeReadGnuPGsMessages(t *testing.T) {
	g, team := newGnupg(t), generated(t)
	armored, err := public(t, team).Armor()
	g.run(t, text(t, armored, err), "--import")
	g.run(t, nil, "--quick-generate-key", "Example Finder <finder@example.org>", "default", "default", "2y")
	exported, _ := g.run(t, nil, "--armor", "--export", "finder@example.org")
	pub, err := ReadPublic(exported)
	if err != nil {
		t.Fatal(err)
	}
	keys, known := []*PrivateKey{generated(t), team}, []*PublicKey{pub}
	for name, args := range map[string][]string{
		"armored": {"--armor", "--recipient", team.Fingerprint()},
		"binary":  {"--recipient", team.Fingerprint()},
		"hidden":  {"--armor", "--hidden-recipient", team.Fingerprint()},
		"both":    {"--armor", "--recipient", "finder@example.org", "--recipient", team.Fingerprint(), "--compress-algo", "zip"},
	} {
		for _, sign := range []bool{true, false} {
			all := append([]string{"--trust-model", "always", "--encrypt"}, args...)
			want := Unsigned
			if sign {
				all, want = append([]string{"--sign", "--local-user", "finder@example.org"}, all...), Good
			}
			sealed, _ := g.run(t, []byte(sample), all...)
			plain, err := Decrypt(sealed, keys, known, now)
			if err != nil {
				t.Errorf("%s: %v", name, err)
			} else if string(plain.Data) != sample || plain.Signature.State != want {
				t.Errorf("%s: %q, %+v", name, plain.Data, plain.Signature)
			}
		}
	}
	sealed, _ := g.run(t, []byte(sample), "--trust-model", "always", "--rfc2440", "--disable-mdc", "--cipher-algo", "CAST5", "--encrypt", "--recipient", "finder@example.org")
	secret, _ := g.run(t, nil, "--armor", "--export-secret-keys", "finder@example.org")
	k, err := ReadPrivate(secret)
	if err != nil {
		t.Fatal(err)
	}
	if plain, err := Decrypt(sealed, []*PrivateKey{k}, nil, now); !errors.Is(err, ErrUnprotected) {
		t.Errorf("a message without MDC: %+v, %v", plain, err)
	}
	detached, _ := g.run(t, []byte(sample), "--armor", "--detach-sign", "--local-user", "finder@example.org")
	if s := Verify([]byte(sample), detached, known, now); s.State != Good {
		t.Errorf("detached: %+v", s)
	}
	clear, _ := g.run(t, []byte(sample), "--clear-sign", "--local-user", "finder@example.org")
	if got, s, err := ReadClear(clear, known, now); err != nil || s.State != Good || string(got) != sampleTrimmed {
		t.Errorf("clear-signed: %q, %+v, %v", got, s, err)
	}
}

func TestSequoiaAndWe(t *testing.T) {
	program, err := exec.LookPath("sqop")
	if err != nil {
		t.Skip("sqop is not installed: what Sequoia encrypts and reads is not checked here")
	}
	dir := t.TempDir()
	file := func(name string, b []byte, err error) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, text(t, b, err), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	run := func(in []byte, args ...string) []byte {
		c := exec.Command(program, args...)
		c.Stdin = bytes.NewReader(in)
		out, err := c.Output()
		if err != nil {
			var exit *exec.ExitError
			errors.As(err, &exit)
			t.Fatalf("sqop %v: %v\n%s", args, err, exit.Stderr)
		}
		return out
	}
	at := time.Now() // sqop knows no other instant
	team, err := Generate("Example", "security@example.org", at.Add(-time.Hour), life)
	if err != nil {
		t.Fatal(err)
	}
	them := run(nil, "generate-key", "Finder <finder@example.org>")
	theirs, err := ReadPrivate(them)
	if err != nil {
		t.Fatal(err)
	}
	secret := file("finder.key", them, nil)
	armored, err := public(t, team).Armor()
	ours := file("team.cert", armored, err)
	sealed := run([]byte(sample), "encrypt", "--sign-with", secret, ours)
	plain, err := Decrypt(sealed, []*PrivateKey{team}, []*PublicKey{public(t, theirs)}, at)
	if err != nil || string(plain.Data) != sample || plain.Signature.State != Good {
		t.Errorf("we read %+v, %v", plain, err)
	}
	mine, err := Encrypt([]byte(sample), []*PublicKey{public(t, theirs)}, nil, team, at)
	verdict := filepath.Join(dir, "verdict")
	out := run(text(t, mine, err), "decrypt", "--verify-with", ours, "--verifications-out", verdict, secret)
	said, err := os.ReadFile(verdict)
	if string(out) != sample || !bytes.Contains(text(t, said, err), []byte(team.Fingerprint())) {
		t.Errorf("sqop reads %q and says %q", out, said)
	}
}

// What a reader's key does not advertise is not used, and what it does is read by us too.
func TestNewerPacketsOnlyForThoseWhoReadThem(t *testing.T) {
	key, err := crypto.PGPWithProfile(profile.RFC9580()).KeyGeneration().GenerationTime(born.Unix()).AddUserId("New", "new@example.org").New().GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	newer, older := private(key), generated(t)
	if read, err := ReadCarried(binaryOf(t, public(t, newer))); err != nil || !read.CanEncrypt(now) || read.Fingerprint() != newer.Fingerprint() {
		t.Fatalf("a key of version 6: %v", err)
	}
	for name, c := range map[string]struct {
		to      []*PublicKey
		keys    []*PrivateKey
		version int
	}{
		"newer": {[]*PublicKey{public(t, newer)}, []*PrivateKey{newer}, 2},
		"older": {[]*PublicKey{public(t, older)}, []*PrivateKey{older}, 1},
		"both":  {[]*PublicKey{public(t, newer), public(t, older)}, []*PrivateKey{older}, 1},
	} {
		sealed, err := Encrypt([]byte("text"), c.to, nil, older, now)
		raw, err := unarmored(text(t, sealed, err), "PGP MESSAGE")
		packets := packet.NewReader(bytes.NewReader(text(t, raw, err)))
		for {
			p, err := packets.Next()
			if err != nil {
				t.Fatal(err)
			}
			if data, ok := p.(*packet.SymmetricallyEncrypted); ok {
				if data.Version != c.version {
					t.Errorf("%s: packets of version %d", name, data.Version)
				}
				break
			}
		}
		for _, k := range c.keys {
			if plain, err := Decrypt(sealed, []*PrivateKey{k}, []*PublicKey{public(t, older)}, now); err != nil || string(plain.Data) != "text" || plain.Signature.State != Good {
				t.Errorf("%s: %+v, %v", name, plain, err)
			}
		}
	}
}

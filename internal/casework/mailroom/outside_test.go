package mailroom_test

import (
	"context"
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"fairlead/internal/casework/mailroom"
	"fairlead/internal/cvd"
	"fairlead/internal/pgp"
	"fairlead/internal/pgp/letter"
)

func armor(t *testing.T, k *pgp.PublicKey) string {
	t.Helper()
	b, err := k.Armor()
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func teamReader(t *testing.T) (*mailroom.Reader, *pgp.PublicKey) {
	t.Helper()
	team, public := key(t, "security@example.org")
	return &mailroom.Reader{Keys: func(context.Context) ([]*pgp.PrivateKey, error) { return []*pgp.PrivateKey{team}, nil }}, public
}

const head = "From: Ann <ann@example.net>\nTo: security@example.org\nSubject: x\nMIME-Version: 1.0\n"

// What stands around an encrypted text is kept, marked, and vouched for by nobody.
func TestWordsAroundAnInlineMessage(t *testing.T) {
	r, team := teamReader(t)
	ann, annPublic := key(t, "ann@example.net")
	sealed, err := pgp.Encrypt([]byte("The quetzal.\n"), []*pgp.PublicKey{team}, nil, ann, pgpNow)
	if err != nil {
		t.Fatal(err)
	}
	block, known := string(sealed), armor(t, annPublic)
	broken := strings.Replace(block, "-----END PGP MESSAGE-----", "", 1)
	html := "Content-Type: text/html\n\n<pre>" + block + "</pre>"
	for name, c := range map[string]struct {
		raw       string
		lock      mailroom.Lock
		signature cvd.SignatureState
		has       []string
	}{
		"alone":           {"Content-Type: text/plain\n\n" + block, "", cvd.SignatureGood, []string{"The quetzal."}},
		"words before":    {"Content-Type: text/plain\n\nHi,\n\n" + block, "", cvd.SignatureUnknown, []string{"| Hi,", "The quetzal."}},
		"words after":     {"Content-Type: text/plain\n\n" + block + "\n-- \nA list\n", "", cvd.SignatureUnknown, []string{"The quetzal.", "| A list"}},
		"a footer part":   {"Content-Type: multipart/mixed; boundary=b\n\n--b\n\n" + block + "\n--b\n\nA list\n--b--\n", "", cvd.SignatureUnknown, []string{"The quetzal.", "| A list"}},
		"quoted before":   {"Content-Type: text/plain\n\n> -----BEGIN PGP MESSAGE-----\n> x\n\n" + block, "", cvd.SignatureUnknown, []string{"| > -----BEGIN", "The quetzal."}},
		"a file beside":   {"Content-Type: multipart/mixed; boundary=b\n\n--b\n\n" + block + "\n--b\nContent-Type: text/x-patch\n\nx\n--b--\n", "", cvd.SignatureUnknown, []string{"The quetzal."}},
		"both renditions": {"Content-Type: multipart/alternative; boundary=b\n\n--b\n\n" + block + "\n--b\n" + html + "\n--b--\n", "", cvd.SignatureGood, []string{"The quetzal."}},
		"two":             {"Content-Type: text/plain\n\n" + block + "\n" + block, mailroom.Part, "", []string{"BEGIN PGP"}},
		"two parts":       {"Content-Type: multipart/mixed; boundary=b\n\n--b\n\n" + block + "\n--b\n\n" + block + "\n--b--\n", mailroom.Part, "", []string{"BEGIN PGP"}},
		"broken":          {"Content-Type: text/plain\n\nHi,\n" + broken, mailroom.Part, "", []string{"Hi,"}},
		"in HTML":         {html, mailroom.Part, "", []string{"BEGIN PGP"}},
		"damaged":         {"Content-Type: text/plain\n\nHi,\n" + block[:len(block)-130] + "AAAA" + block[len(block)-126:], mailroom.Broken, "", []string{"Hi,"}},
	} {
		got := readPGP(t, r, head+c.raw, known)
		if !got.Encrypted || got.Lock != c.lock || got.Signature != c.signature {
			t.Errorf("%s: encrypted %v, lock %q, signature %q", name, got.Encrypted, got.Lock, got.Signature)
		}
		for _, want := range c.has {
			if !strings.Contains(got.Message.Text, want) {
				t.Errorf("%s: %q misses %q", name, got.Message.Text, want)
			}
		}
		if strings.Contains(got.Message.Text, "quetzal") != (c.lock == mailroom.Unlocked) {
			t.Errorf("%s: %q", name, got.Message.Text)
		}
	}
}

// A part that is encrypted is not opened, and the mail counts as encrypted.
func TestEncryptedPartsAreLabelled(t *testing.T) {
	r, team := teamReader(t)
	ann, _ := key(t, "ann@example.net")
	sealed, err := letter.Seal([]byte(plain), []*pgp.PublicKey{team}, ann, pgpNow)
	if err != nil {
		t.Fatal(err)
	}
	whole := string(sealed)
	entity := whole[strings.Index(whole, "Content-Type: multipart/encrypted"):]
	signed := func(e string) string {
		e = strings.ReplaceAll(strings.ReplaceAll(e, "\r\n", "\n"), "\n", "\r\n")
		sig, err := ann.SignDetached([]byte(e), pgpNow)
		if err != nil {
			t.Fatal(err)
		}
		return "Content-Type: multipart/signed; boundary=s; protocol=\"application/pgp-signature\"\n\n--s\n" + e + "\n--s\nContent-Type: application/pgp-signature\n\n" + string(sig) + "\n--s--\n"
	}
	footer := "Content-Type: multipart/mixed; boundary=b\n\n--b\n" + entity + "\n--b\n\nA list\n--b--\n"
	for name, c := range map[string]struct {
		raw  string
		lock mailroom.Lock
	}{
		"a list's footer":     {footer, mailroom.Part},
		"an alternative":      {"Content-Type: multipart/alternative; boundary=b\n\n--b\n\nread me\n--b\n" + entity + "\n--b--\n", mailroom.Part},
		"signed with others":  {signed(footer), mailroom.Part},
		"signed, as a whole":  {signed(entity), mailroom.Unlocked},
		"without its version": {strings.Replace(entity, "Version: 1", "Version: 7", 1), mailroom.Part},
	} {
		got := readPGP(t, r, head+c.raw, "")
		if !got.Encrypted || got.Lock != c.lock || strings.Contains(got.Message.Text, "quetzal") != (c.lock == mailroom.Unlocked) {
			t.Errorf("%s: encrypted %v, lock %q: %q", name, got.Encrypted, got.Lock, got.Message.Text)
		}
	}
}

// A signature is checked by the sender's own key if that came with the mail and no
// other is pinned. It gives no more rights than an unknown one.
func TestSignedByAKeySeenFirst(t *testing.T) {
	r, team := teamReader(t)
	ann, annPublic := key(t, "ann@example.net")
	eve, evePublic := key(t, "eve@example.net")
	entity := func(k *pgp.PublicKey) string {
		return "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nThe words.\r\n--b\r\nContent-Type: application/pgp-keys\r\nContent-Transfer-Encoding: base64\r\n\r\n" +
			base64.StdEncoding.EncodeToString([]byte(armor(t, k))) + "\r\n--b--\r\n"
	}
	signed := func(e string, by *pgp.PrivateKey) string {
		sig, err := by.SignDetached([]byte(e), pgpNow)
		if err != nil {
			t.Fatal(err)
		}
		return "Content-Type: multipart/signed; boundary=s; protocol=\"application/pgp-signature\"\n\n--s\n" + e + "\n--s\nContent-Type: application/pgp-signature\n\n" + string(sig) + "\n--s--\n"
	}
	sealed := func(in string) string {
		b, err := pgp.Encrypt([]byte(strings.ReplaceAll(in, "\r\n", "\n")), []*pgp.PublicKey{team}, nil, nil, pgpNow)
		if err != nil {
			t.Fatal(err)
		}
		return "Content-Type: multipart/encrypted; boundary=e; protocol=\"application/pgp-encrypted\"\n\n--e\nContent-Type: application/pgp-encrypted\n\nVersion: 1\n--e\nContent-Type: application/octet-stream\n\n" + string(b) + "\n--e--\n"
	}
	carry, err := letter.Autocrypt(annPublic, "ann@example.net", pgpNow)
	if err != nil {
		t.Fatal(err)
	}
	bare := "Content-Type: text/plain\r\n\r\nThe words.\r\n"
	alter := func(s string) string { return strings.Replace(s, "The words.", "Other words.", 1) }
	for name, c := range map[string]struct {
		raw, known string
		want       cvd.SignatureState
	}{
		"attached":             {signed(entity(annPublic), ann), "", cvd.SignatureFirst},
		"attached, altered":    {alter(signed(entity(annPublic), ann)), "", cvd.SignatureBad},
		"Autocrypt":            {carry + signed(bare, ann), "", cvd.SignatureFirst},
		"Autocrypt, altered":   {carry + alter(signed(bare, ann)), "", cvd.SignatureBad},
		"somebody else's key":  {signed(entity(evePublic), eve), "", cvd.SignatureUnknown},
		"by another than that": {signed(entity(annPublic), eve), "", cvd.SignatureUnknown},
		"no key":               {signed(bare, ann), "", cvd.SignatureUnknown},
		"another is pinned":    {signed(entity(annPublic), ann), armor(t, evePublic), cvd.SignatureUnknown},
		"it is pinned":         {signed(entity(annPublic), ann), armor(t, annPublic), cvd.SignatureGood},
		"encrypted":            {sealed(signed(entity(annPublic), ann)), "", cvd.SignatureFirst},
		"encrypted, altered":   {sealed(alter(signed(entity(annPublic), ann))), "", cvd.SignatureBad},
	} {
		got := readPGP(t, r, head+c.raw, c.known)
		if got.Lock != mailroom.Unlocked || got.Signature != c.want || (c.want == cvd.SignatureFirst && got.Signer != ann.Fingerprint()) {
			t.Errorf("%s: lock %q, signature %q by %q", name, got.Lock, got.Signature, got.Signer)
		}
	}
}

// What is wrong with a key that came is told; a good one beside it is used.
func TestKeysThatCannotBeUsed(t *testing.T) {
	old, err := pgp.Generate("Ann", "ann@example.net", pgpNow.Add(-48*time.Hour), 24*time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	expired, err := old.Public()
	if err != nil {
		t.Fatal(err)
	}
	_, good := key(t, "ann@example.net")
	with := func(keys ...*pgp.PublicKey) string {
		out := head + "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nhello\n"
		for _, k := range keys {
			out += "--b\nContent-Type: application/pgp-keys\n\n" + armor(t, k) + "\n"
		}
		return out + "--b--\n"
	}
	if got := readPGP(t, &mailroom.Reader{}, with(expired), ""); got.Unfit != "expired" || got.Key != "" {
		t.Errorf("expired: %q, key %q", got.Unfit, got.Key)
	}
	if got := readPGP(t, &mailroom.Reader{}, with(expired, good), ""); got.Unfit != "" || got.Key != armor(t, good) {
		t.Errorf("expired and good: %q, key %q", got.Unfit, got.Key)
	}
}

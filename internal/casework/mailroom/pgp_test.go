package mailroom_test

import (
	"context"
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"fairlead/internal/casework/mailroom"
	"fairlead/internal/cvd"
	"fairlead/internal/intake/mail"
	"fairlead/internal/pgp"
	"fairlead/internal/pgp/letter"
)

var pgpNow = time.Date(2026, time.March, 3, 15, 0, 0, 0, time.UTC)

func key(t *testing.T, email string) (*pgp.PrivateKey, *pgp.PublicKey) {
	t.Helper()
	private, err := pgp.Generate("Somebody", email, pgpNow.Add(-time.Hour), 24*time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	public, err := private.Public()
	if err != nil {
		t.Fatal(err)
	}
	return private, public
}

func readPGP(t *testing.T, r *mailroom.Reader, raw, known string) mailroom.Read {
	t.Helper()
	got, err := r.Open(context.Background(), r.Parse([]byte(strings.ReplaceAll(strings.ReplaceAll(raw, "\r\n", "\n"), "\n", "\r\n")), mail.Envelope{}), known, pgpNow)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

const plain = "From: Ann <ann@example.net>\r\nTo: security@example.org\r\nSubject: Login bypass\r\nMessage-ID: <a@example.net>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nThe quetzal.\r\n"

// Only the pinned key makes a signature good; without one, that of the mail itself is told apart.
func TestWhoSignedWhatWasEncrypted(t *testing.T) {
	team, teamPublic := key(t, "security@example.org")
	ann, annPublic := key(t, "ann@example.net")
	_, evePublic := key(t, "eve@example.net")
	sealed, err := letter.Seal([]byte(plain), []*pgp.PublicKey{teamPublic}, ann, pgpNow)
	if err != nil {
		t.Fatal(err)
	}
	armored := func(k *pgp.PublicKey) string {
		b, err := k.Armor()
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	r := &mailroom.Reader{Keys: func(context.Context) ([]*pgp.PrivateKey, error) { return []*pgp.PrivateKey{team}, nil }}
	for _, c := range []struct {
		name, known string
		want        cvd.SignatureState
	}{{"the pinned key", armored(annPublic), cvd.SignatureGood}, {"another key", armored(evePublic), cvd.SignatureUnknown}, {"the one that came with it", "", cvd.SignatureFirst}} {
		got := readPGP(t, r, string(sealed), c.known)
		if got.Lock != mailroom.Unlocked || !got.Encrypted || got.Signature != c.want || got.Message.Subject != "Login bypass" || !strings.Contains(got.Message.Text, "quetzal") {
			t.Errorf("%s: %+v %+v", c.name, got, got.Message)
		}
		if got.Key != armored(annPublic) || got.How != mailroom.ByAutocrypt {
			t.Errorf("%s: the sender's key is not learned: %q by %s", c.name, got.Key, got.How)
		}
	}
	if got := readPGP(t, &mailroom.Reader{}, string(sealed), ""); got.Lock != mailroom.NoKey || strings.Contains(got.Message.Text, "quetzal") {
		t.Errorf("without our key: %+v", got)
	}
	at := strings.Index(string(sealed), "-----END PGP MESSAGE") - 100
	broken := string(sealed[:at]) + "AAAA" + string(sealed[at+4:])
	if got := readPGP(t, r, broken, ""); got.Lock != mailroom.Broken {
		t.Errorf("damaged: %+v", got)
	}
}

// A key is learned from the mail of whom it names, if there is exactly one.
func TestWhichKeyIsLearned(t *testing.T) {
	_, ann := key(t, "ann@example.net")
	_, other := key(t, "ann@example.net")
	_, eve := key(t, "eve@example.net")
	part := func(k *pgp.PublicKey) string {
		b, err := k.Armor()
		if err != nil {
			t.Fatal(err)
		}
		return "--b\nContent-Type: application/pgp-keys; name=key.asc\nContent-Disposition: attachment; filename=key.asc\nContent-Transfer-Encoding: base64\n\n" + base64.StdEncoding.EncodeToString(b)[:] + "\n"
	}
	with := func(parts ...string) string {
		return "From: ann@example.net\nTo: security@example.org\nSubject: x\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\nhello\n" + strings.Join(parts, "") + "--b--\n"
	}
	for _, c := range []struct {
		name, raw string
		learned   bool
	}{
		{"theirs", with(part(ann)), true},
		{"theirs, twice", with(part(ann), part(ann)), true},
		{"theirs and somebody's", with(part(eve), part(ann)), true},
		{"two of theirs", with(part(ann), part(other)), false},
		{"somebody's", with(part(eve)), false},
		{"none", with(), false},
	} {
		got := readPGP(t, &mailroom.Reader{}, c.raw, "")
		if (got.Key != "") != c.learned || (c.learned && got.How != mailroom.ByFile) {
			t.Errorf("%s: %q by %q", c.name, got.Key, got.How)
		}
	}
}

// What cannot be read says so, and nothing of it is guessed.
func TestSMIMEWithoutACertificate(t *testing.T) {
	// A CMS structure that says it is enveloped data, and no more.
	cms := base64.StdEncoding.EncodeToString([]byte{0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x03, 0xa0, 0x00})
	got := readPGP(t, &mailroom.Reader{}, "From: ann@example.net\nTo: security@example.org\nSubject: x\nMIME-Version: 1.0\nContent-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m\nContent-Transfer-Encoding: base64\n\n"+cms+"\n", "")
	if got.Lock != mailroom.SMIME || !got.Encrypted {
		t.Errorf("%+v", got)
	}
}

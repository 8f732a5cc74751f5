package mailroom_test

import (
	"encoding/base64"
	"strings"
	"testing"

	"fairlead/internal/casework/mailroom"
	"fairlead/internal/pgp"
)

// A file that is an encrypted message makes the mail an encrypted one: it is answered so,
// or not at all. What our key opens stands beside it.
func TestEncryptedFiles(t *testing.T) {
	r, team := teamReader(t)
	_, stranger := key(t, "else@example.com")
	seal := func(to *pgp.PublicKey) string {
		b, err := pgp.Encrypt([]byte("The quetzal.\n"), []*pgp.PublicKey{to}, nil, nil, pgpNow)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	ours, theirs := seal(team), seal(stranger)
	quoted := "> " + strings.ReplaceAll(strings.TrimSpace(ours), "\n", "\n> ") + "\n"
	with := func(header, body string) string {
		return head + "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\nSee the file.\n--b\n" + header + "\n\n" + body + "\n--b--\n"
	}
	coded := "\nContent-Transfer-Encoding: base64"
	in64 := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
	for name, c := range map[string]struct {
		raw       string
		encrypted bool
		opened    string // the file that came out
	}{
		"by its name":        {with("Content-Type: text/plain; name=report.txt.asc\nContent-Disposition: attachment; filename=report.txt.asc", ours), true, "report.txt"},
		"by its type":        {with("Content-Type: application/pgp-encrypted; name=\"report.pdf.pgp\"", ours), true, "report.pdf"},
		"by its beginning":   {with("Content-Type: application/octet-stream; name=blob"+coded, in64(ours)), true, "decrypted-blob"},
		"to somebody else":   {with("Content-Type: application/octet-stream; name=report.txt.asc", theirs), true, ""},
		"damaged":            {with("Content-Type: application/octet-stream; name=report.txt.asc", ours[:len(ours)-130]+"AAAA"+ours[len(ours)-126:]), true, ""},
		"many":               {with("Content-Type: application/octet-stream; name=x.asc", theirs) + strings.Repeat("\n--b\nContent-Type: application/octet-stream; name=x.asc\n\n"+theirs, 3), true, ""},
		"a key":              {with("Content-Type: application/pgp-keys; name=key.asc", armor(t, team)), false, ""},
		"a file that quotes": {with("Content-Type: text/x-log; name=run.log", "it printed\n"+ours), false, ""},
		"quoted words":       {head + "Content-Type: text/plain\n\nYou wrote:\n" + quoted + "\nWhat is that?\n", false, ""},
		"a picture":          {with("Content-Type: image/png; name=x.png"+coded, in64("\x89PNG\r\n")), false, ""},
	} {
		got := readPGP(t, r, c.raw, "")
		if got.Encrypted != c.encrypted || got.Lock != mailroom.Unlocked || (c.encrypted && got.Message.Text != "See the file.") {
			t.Errorf("%s: encrypted %v, lock %q, %q", name, got.Encrypted, got.Lock, got.Message.Text)
		}
		opened := ""
		for _, f := range got.Message.Files {
			if string(f.Data) == "The quetzal.\n" {
				opened = f.Name
			}
		}
		if opened != c.opened {
			t.Errorf("%s: %q came out, want %q", name, opened, c.opened)
		}
	}
}

// A binary message is known by its type or name and by its packets.
func TestEncryptedBinaryFiles(t *testing.T) {
	r, team := teamReader(t)
	sealed, err := pgp.Encrypt([]byte("The quetzal.\n"), []*pgp.PublicKey{team}, nil, nil, pgpNow)
	if err != nil {
		t.Fatal(err)
	}
	_, body, _ := strings.Cut(string(sealed), "\n\n")
	body, _, _ = strings.Cut(body, "\n-----END")
	if i := strings.LastIndex(body, "\n="); i >= 0 {
		body = body[:i]
	}
	for name, want := range map[string]bool{"report.txt.gpg": true, "report.txt": false} {
		got := readPGP(t, r, head+"Content-Type: multipart/mixed; boundary=b\n\n--b\n\nSee the file.\n--b\nContent-Type: application/octet-stream; name="+name+
			"\nContent-Transfer-Encoding: base64\n\n"+body+"\n--b--\n", "")
		if got.Encrypted != want || (len(got.Message.Files) == 2) != want {
			t.Errorf("%s: encrypted %v, %d files", name, got.Encrypted, len(got.Message.Files))
		}
	}
}

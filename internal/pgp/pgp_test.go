package pgp

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/ProtonMail/gopenpgp/v3/crypto"
	"pgregory.net/rapid"

	"fairlead/internal/cvd"
)

var (
	born = time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)
	life = 400 * 24 * time.Hour
	now  = born.Add(24 * time.Hour)
)

func generated(t testing.TB) *PrivateKey {
	t.Helper()
	k, err := Generate("Example Security Team", "security@example.org", born, life)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func public(t testing.TB, k *PrivateKey) *PublicKey {
	t.Helper()
	p, err := k.Public()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func text(t testing.TB, armored []byte, err error) []byte {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return armored
}

func TestKeyRoundTrip(t *testing.T) {
	k := generated(t)
	secret, err := k.Armor()
	back, err := ReadPrivate(text(t, secret, err))
	if err != nil {
		t.Fatal(err)
	}
	open, err := public(t, k).Armor()
	read, err := ReadPublic(text(t, open, err))
	if err != nil {
		t.Fatal(err)
	}
	if f := k.Fingerprint(); len(f) != 40 || f != strings.ToUpper(f) || f != back.Fingerprint() || f != read.Fingerprint() {
		t.Errorf("fingerprints %s, %s, %s", k.Fingerprint(), back.Fingerprint(), read.Fingerprint())
	}
	if at, ok := back.Expires(); !ok || !at.Equal(born.Add(life)) {
		t.Errorf("expires %v, %v; want %v", at, ok, born.Add(life))
	}
	if at, ok := read.Expires(); !ok || !at.Equal(born.Add(life)) {
		t.Errorf("the public key expires %v, %v", at, ok)
	}
	for at, want := range map[time.Time]bool{
		born.Add(-time.Hour): false, born: true, now: true, born.Add(life - time.Second): true, born.Add(life + time.Second): false,
	} {
		if got := read.CanEncrypt(at); got != want {
			t.Errorf("can encrypt at %v: %v", at, got)
		}
	}
	signed, err := back.ClearSign([]byte("text\n"), now)
	if got, err := VerifyClear(text(t, signed, err), read, now); err != nil || string(got) != "text\n" {
		t.Errorf("verified as %q, %v", got, err)
	}
	for _, wrong := range [][]byte{nil, []byte("nonsense"), open, secret[:len(secret)/2]} {
		if _, err := ReadPrivate(wrong); !errors.Is(err, ErrKey) {
			t.Errorf("%.30q read as a private key: %v", wrong, err)
		}
	}
	locked, err := crypto.PGP().LockKey(k.g().key, []byte("passphrase"))
	if err != nil {
		t.Fatal(err)
	}
	armored, err := locked.Armor()
	if _, err := ReadPrivate(text(t, []byte(armored), err)); !errors.Is(err, ErrKey) || !strings.Contains(err.Error(), "passphrase") {
		t.Errorf("a locked key: %v", err)
	}
}

func TestGenerate(t *testing.T) {
	for _, bad := range []time.Duration{-time.Hour, time.Millisecond, 69 * 366 * 24 * time.Hour} {
		if _, err := Generate("Example", "security@example.org", born, bad); err == nil {
			t.Errorf("a life of %v was accepted", bad)
		}
	}
	if _, err := Generate("", "", born, life); err == nil {
		t.Error("a key without a name was made")
	}
	if _, err := Generate("Example <team>", "security@example.org", born, life); err == nil {
		t.Error("a name with brackets was accepted")
	}
	k, err := Generate("Example", "security@example.org", born, 0)
	if err != nil {
		t.Fatal(err)
	}
	if at, ok := k.Expires(); ok {
		t.Errorf("a key without an end expires %v", at)
	}
}

func TestClearSign(t *testing.T) {
	k := generated(t)
	pub, other := public(t, k), public(t, generated(t))
	tests := []struct{ name, text, want string }{
		{"line", "one line\n", "one line\n"},
		{"no line end", "one line", "one line\n"},
		{"dashes", "- a\n-- b\n-----BEGIN PGP SIGNATURE-----\n-\n", "- a\n-- b\n-----BEGIN PGP SIGNATURE-----\n-\n"},
		{"blanks at the end", "a \t\nb  \n", "a\nb\n"},
		{"carriage returns", "a\r\nb\r\n", "a\nb\n"},
		{"empty lines", "\n\na\n\n\n", "\n\na\n\n\n"},
		{"letters", "Zoë, 日本語\nFrom the team\n", "Zoë, 日本語\nFrom the team\n"},
		{"empty", "", "\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			signed, err := k.ClearSign([]byte(tt.text), now)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.HasPrefix(signed, []byte(clearBegin+"\nHash: SHA")) || !bytes.HasSuffix(signed, []byte("\n"+clearEnd+"\n")) {
				t.Errorf("signed text is framed wrong:\n%s", signed)
			}
			if !regexp.MustCompile(`\n=[A-Za-z0-9+/]{4}\n-----END`).Match(signed) {
				t.Errorf("the armor has no check sum:\n%s", signed)
			}
			for _, form := range [][]byte{signed, bytes.ReplaceAll(signed, []byte("\n"), []byte("\r\n")), bytes.TrimSpace(signed)} {
				got, err := VerifyClear(form, pub, now)
				if err != nil || string(got) != tt.want {
					t.Errorf("verified as %q, %v; want %q", got, err, tt.want)
				}
			}
			if _, err := VerifyClear(signed, other, now); !errors.Is(err, ErrSignature) {
				t.Errorf("verified by another key: %v", err)
			}
		})
	}
	if _, err := k.ClearSign([]byte("a\xff"), now); !errors.Is(err, cvd.ErrInvalid) {
		t.Errorf("text that is not UTF-8: %v", err)
	}
	for _, at := range []time.Time{born.Add(-time.Hour), born.Add(life + time.Hour)} {
		if _, err := k.ClearSign([]byte("a\n"), at); !errors.Is(err, ErrKey) {
			t.Errorf("signed at %v: %v", at, err)
		}
	}
}

func TestAnyTextSignedVerifies(t *testing.T) {
	k := generated(t)
	pub := public(t, k)
	line := rapid.StringMatching(`(- |-)?[ -~äß€]{0,20}`)
	rapid.Check(t, func(t *rapid.T) {
		var in, want strings.Builder
		for _, l := range rapid.SliceOfN(line, 1, 6).Draw(t, "lines") {
			in.WriteString(l + rapid.SampledFrom([]string{"\n", "\r\n", " \n"}).Draw(t, "end"))
			want.WriteString(strings.TrimRight(l, " \t") + "\n")
		}
		signed, err := k.ClearSign([]byte(in.String()), now)
		if err != nil {
			t.Fatal(err)
		}
		got, err := VerifyClear(signed, pub, now)
		if err != nil || string(got) != want.String() {
			t.Fatalf("%q verified as %q, %v", in.String(), got, err)
		}
	})
}

// Whatever byte is changed, no other text is ever taken for signed.
func TestChangedClearTextIsNotBelieved(t *testing.T) {
	k := generated(t)
	pub := public(t, k)
	const want = "- Contact\nof the team\n"
	signed, err := k.ClearSign([]byte(want), now)
	signed = text(t, signed, err)
	refused := 0
	for i := range signed {
		changed := bytes.Clone(signed)
		changed[i] ^= 2
		got, err := VerifyClear(changed, pub, now)
		switch {
		case err != nil:
			refused++
		case string(got) != want:
			t.Errorf("byte %d changed: verified as %q", i, got)
		}
	}
	if refused < len(signed)/2 {
		t.Errorf("only %d of %d changes were refused", refused, len(signed))
	}
}

func TestVerifyClearRefuses(t *testing.T) {
	k := generated(t)
	pub := public(t, k)
	signed, err := k.ClearSign([]byte("Contact: mailto:security@example.org\n"), now)
	good := string(text(t, signed, err))
	tests := []struct {
		name, in string
		at       time.Time
		want     error
	}{
		{"changed", strings.Replace(good, "security@", "security2@", 1), now, ErrSignature},
		{"line added", strings.Replace(good, "\n-----BEGIN PGP SIG", "\nmore\n-----BEGIN PGP SIG", 1), now, ErrSignature},
		{"text before", "Contact: mailto:thief@example.com\n" + good, now, cvd.ErrUnreadable},
		{"blank line before", "\n" + good, now, cvd.ErrUnreadable},
		{"text after", good + "Contact: mailto:thief@example.com\n", now, cvd.ErrUnreadable},
		{"second message after", good + good, now, cvd.ErrUnreadable},
		{"unsigned header", strings.Replace(good, "\nHash:", "\nContact: mailto:thief@example.com\nHash:", 1), now, cvd.ErrUnreadable},
		{"cut", good[:len(good)/2], now, cvd.ErrUnreadable},
		{"unsigned", "Contact: mailto:security@example.org\n", now, cvd.ErrUnreadable},
		{"no signature", clearBegin + "\n\ntext\n" + clearEnd, now, cvd.ErrUnreadable},
		{"empty", "", now, cvd.ErrUnreadable},
		{"too large", strings.Repeat("a", MaxClear+1), now, cvd.ErrTooLarge},
		{"before the signature was made", good, now.Add(-10 * 24 * time.Hour), ErrSignature},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got, err := VerifyClear([]byte(tt.in), pub, tt.at); !errors.Is(err, tt.want) {
				t.Errorf("verified as %q, %v; want %v", got, err, tt.want)
			}
		})
	}
}

// A key that expires does not undo what it signed in its time.
func TestSignatureOutlivesKey(t *testing.T) {
	k := generated(t)
	signed, err := k.ClearSign([]byte("text\n"), now)
	if _, err := VerifyClear(text(t, signed, err), public(t, k), born.Add(life+time.Hour)); err != nil {
		t.Errorf("after the key expired: %v", err)
	}
}

func TestPrivateKeyDoesNotShowItself(t *testing.T) {
	k := generated(t)
	secret, err := k.g().key.Serialize()
	if err != nil {
		t.Fatal(err)
	}
	type holder struct {
		in *PrivateKey
		by PrivateKey
	}
	var out strings.Builder
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		fmt.Fprintf(&out, verb+verb+verb, k, *k, holder{k, *k})
	}
	slog.New(slog.NewTextHandler(&out, nil)).Info("key", "key", k, "holder", holder{k, *k})
	encoded, err := json.Marshal(k)
	out.Write(text(t, encoded, err))
	if !strings.Contains(out.String(), hidden) {
		t.Error("the test printed nothing")
	}
	// The secret scalar of the primary key stands right before its two-byte check sum, behind the public part.
	for _, form := range []string{"%x", "%d", "%X"} {
		if s := strings.Trim(fmt.Sprintf(form, secret[56:64]), "[]"); strings.Contains(out.String(), s) {
			t.Errorf("a printed key shows its secret as %s", form)
		}
	}
}

func binaryOf(t testing.TB, p *PublicKey) []byte {
	t.Helper()
	raw, err := p.g.key.Serialize()
	return text(t, raw, err)
}

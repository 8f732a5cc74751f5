package pgp

import (
	"bytes"
	"testing"
)

func FuzzReadPublic(f *testing.F) {
	raw := binaryOf(f, public(f, generated(f)))
	for _, seed := range [][]byte{nil, raw, raw[:60], bytes.Repeat([]byte{0xff}, 40), append(bytes.Clone(raw), raw...), hugeKey(f)} {
		f.Add(seed, true)
	}
	f.Add(publicBlock(f, raw), false)
	f.Add([]byte(publicBegin+"\n\n"+publicEnd), false)
	f.Fuzz(func(t *testing.T, in []byte, wrap bool) {
		if wrap {
			in = publicBlock(t, in)
		}
		key, err := ReadPublic(in)
		if err != nil {
			return
		}
		key.CanEncrypt(now)
		key.Expires()
		again, err := key.Armor()
		if err != nil {
			t.Fatalf("read but not written: %v", err)
		}
		back, err := ReadPublic(again)
		if err != nil || back.Fingerprint() != key.Fingerprint() {
			t.Fatalf("written and not read again: %v", err)
		}
	})
}

func FuzzVerifyClear(f *testing.F) {
	k := generated(f)
	pub := public(f, k)
	signed, err := k.ClearSign([]byte("- a text\n\nof lines\n"), now)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(signed)
	f.Add(signed[:len(signed)-10])
	f.Add([]byte(clearBegin + "\nHash: SHA256\n\ntext\n-----BEGIN PGP SIGNATURE-----\n\n" + clearEnd))
	f.Add([]byte(clearBegin + "\n" + clearEnd))
	f.Fuzz(func(t *testing.T, in []byte) {
		// The key is new in each process: nothing but the first seed can carry its signature.
		if got, err := VerifyClear(in, pub, now); err == nil && string(got) != "- a text\n\nof lines\n" {
			t.Errorf("%q verified as %q", in, got)
		}
	})
}

func FuzzDecrypt(f *testing.F) {
	team := generated(f)
	sealed, err := Encrypt([]byte("text"), []*PublicKey{public(f, team)}, nil, team, now)
	f.Add(text(f, sealed, err))
	raw, err := unarmored(sealed, "PGP MESSAGE")
	f.Add(text(f, raw, err))
	f.Add(raw[:len(raw)-4])
	f.Add([]byte{0xc9, 1, 0})
	f.Fuzz(func(t *testing.T, in []byte) {
		if plain, err := Decrypt(in, []*PrivateKey{team}, []*PublicKey{public(t, team)}, now); err == nil && string(plain.Data) != "text" {
			t.Errorf("%q opened to %q", in, plain.Data)
		}
		Verify([]byte("text"), in, []*PublicKey{public(t, team)}, now)
	})
}

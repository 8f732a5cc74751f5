package pgp

import (
	"bytes"
	"crypto/rsa"
	"encoding/binary"
	"errors"
	"io"
	"math/big"
	"strings"
	"testing"

	"github.com/ProtonMail/go-crypto/openpgp/armor"
	"github.com/ProtonMail/go-crypto/openpgp/packet"

	"fairlead/internal/cvd"
)

func TestReadPublicRefuses(t *testing.T) {
	k := generated(t)
	secret, err := k.Armor()
	secret = text(t, secret, err)
	raw, other := binaryOf(t, public(t, k)), binaryOf(t, public(t, generated(t)))
	good := publicBlock(t, raw)
	secretRaw, err := k.g().key.Serialize()
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		in   []byte
		want string
	}{
		{"empty", nil, "does not start"},
		{"too large", bytes.Repeat([]byte("a"), MaxPublicKey+1), "256 KiB"},
		{"private", secret, "is a private key"},
		{"private after public", append(bytes.Clone(good), secret...), "is a private key"},
		{"private called public", publicBlock(t, secretRaw), "holds a private key"},
		{"two blocks", append(bytes.Clone(good), good...), "one whole block"},
		{"text before", append([]byte("my key:\n"), good...), "does not start"},
		{"text after", append(bytes.Clone(good), []byte("bye")...), "one whole block"},
		{"cut", good[:len(good)/2], "one whole block"},
		{"two keys", publicBlock(t, append(bytes.Clone(raw), other...)), "holds 2 keys"},
		{"no key", publicBlock(t, nil), "holds 0 keys"},
		{"noise", publicBlock(t, bytes.Repeat([]byte{0xff}, 100)), "holds 0 keys"},
		{"half a packet", publicBlock(t, raw[:20]), "cannot be read"},
		{"a good key and one of an unknown kind", publicBlock(t, append(bytes.Clone(raw), 0xc6, 6, 4, 0, 0, 0, 0, 99)), "holds 2 keys"},
		{"signature of its own changed", publicBlock(t, flipSelfSignature(t, k)), "no good signature"},
		{"huge modulus", publicBlock(t, hugeKey(t)), "8192 bits"},
		{"too many signatures", publicBlock(t, manySignatures(t, k)), "more than 200 signatures"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := ReadPublic(tt.in)
			var faults cvd.Faults
			if !errors.As(err, &faults) || !errors.Is(err, cvd.ErrInvalid) || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("read with %v, want %q", err, tt.want)
			}
			if faults[0].Field != keyField || faults[0].Remedy == "" {
				t.Errorf("fault %+v", faults[0])
			}
		})
	}
	if _, err := ReadPublic(good); err != nil {
		t.Errorf("the key itself: %v", err)
	}
}

func TestSignOnlyKeyCannotEncrypt(t *testing.T) {
	k := generated(t)
	k.g().key.GetEntity().Subkeys = nil
	read, err := ReadPublic(publicBlock(t, binaryOf(t, public(t, k))))
	if err != nil {
		t.Fatal(err)
	}
	if read.CanEncrypt(now) {
		t.Error("a key that only signs was taken for encryption")
	}
}

func publicBlock(t testing.TB, raw []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := armor.Encode(&out, "PGP PUBLIC KEY BLOCK", nil)
	if err != nil {
		t.Fatal(err)
	}
	_, err = w.Write(raw)
	if err = errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func flipSelfSignature(t testing.TB, k *PrivateKey) []byte {
	t.Helper()
	raw := binaryOf(t, public(t, k))
	packets, at := packet.NewReader(bytes.NewReader(raw)), 0
	for {
		p, err := packets.Next()
		if errors.Is(err, io.EOF) {
			return raw
		}
		if err != nil {
			t.Fatal(err)
		}
		var one bytes.Buffer
		switch p := p.(type) {
		case *packet.PublicKey:
			err = p.Serialize(&one)
		case *packet.UserId:
			err = p.Serialize(&one)
		case *packet.Signature:
			err = p.Serialize(&one)
			if p.SigType == packet.SigTypePositiveCert {
				raw[at+one.Len()-1] ^= 1
			}
		}
		if err != nil {
			t.Fatal(err)
		}
		at += one.Len()
	}
}

func hugeKey(t testing.TB) []byte {
	t.Helper()
	n := new(big.Int).SetBit(big.NewInt(1), 16000, 1)
	key := packet.NewRSAPublicKey(born, &rsa.PublicKey{N: n, E: 65537})
	var out bytes.Buffer
	err := errors.Join(key.Serialize(&out), packet.NewUserId("Slow", "", "slow@example.com").Serialize(&out))
	// A signature packet (RFC 4880 section 5.2.3) that claims to be the key's own, so that checking it would be tried.
	sig := []byte{4, 0x13, 1, 8, 0, 6, 5, 2, 0x69, 0, 0, 0, 0, 10, 9, 16}
	sig = binary.BigEndian.AppendUint64(sig, key.KeyId)
	sig = append(sig, 0, 0, 0, 8, 0xff)
	out.Write(append([]byte{0xc2, byte(len(sig))}, sig...))
	return text(t, out.Bytes(), err)
}

func manySignatures(t testing.TB, k *PrivateKey) []byte {
	t.Helper()
	entity := public(t, k).g.key.GetEntity()
	for _, id := range entity.Identities {
		for range maxSignatures {
			id.SelfCertifications = append(id.SelfCertifications, id.SelfCertifications[0])
		}
	}
	var out bytes.Buffer
	err := entity.Serialize(&out)
	return text(t, out.Bytes(), err)
}

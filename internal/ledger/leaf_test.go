package ledger

import (
	"bytes"
	"encoding/hex"
	"testing"

	"pgregory.net/rapid"
)

// The frozen vector: if this test fails, every leaf ever recorded has become unverifiable. Never change the values.
func TestLeafIsFrozen(t *testing.T) {
	salt := make([]byte, SaltSize)
	for i := range salt {
		salt[i] = byte(i)
	}
	tests := []struct{ name, head, body, want string }{
		{"head and body", `{"type":"received","v":1}`, "the body", "40f57d582b55f926bc80f484a2f99b60e750a6a0fe3d13a1944c1b9cdcea63d0"},
		{"empty body", `{"type":"received","v":1}`, "", "d5ce7b865d66784073a29509e3e252bd37470ed4ec7c37bbdbdc908ab68b8885"},
		{"nothing", "", "", "53b2fb655fe24a1396bfa0f36f3a1880c98a15da1da0ee8e3642625e63593f10"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := Leaf(salt, []byte(tt.head), []byte(tt.body))
			if hex.EncodeToString(got[:]) != tt.want {
				t.Errorf("leaf is %x, want %s", got, tt.want)
			}
		})
	}
}

func TestFramingIsUnambiguous(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		salt := rapid.SliceOfN(rapid.Byte(), SaltSize, SaltSize).Draw(t, "salt")
		all := rapid.SliceOfN(rapid.Byte(), 1, 64).Draw(t, "bytes")
		i := rapid.IntRange(0, len(all)).Draw(t, "cut")
		j := rapid.IntRange(0, len(all)).Filter(func(j int) bool { return j != i }).Draw(t, "other cut")
		if Leaf(salt, all[:i], all[i:]) == Leaf(salt, all[:j], all[j:]) {
			t.Fatalf("cutting %x at %d and at %d gives one leaf", all, i, j)
		}
	})
}

func TestAnyChangeIsSeen(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		parts := [][]byte{
			rapid.SliceOfN(rapid.Byte(), SaltSize, SaltSize).Draw(t, "salt"),
			rapid.SliceOfN(rapid.Byte(), 1, 40).Draw(t, "head"),
			rapid.SliceOfN(rapid.Byte(), 1, 40).Draw(t, "body"),
		}
		leaf := Leaf(parts[0], parts[1], parts[2])
		if !Verify(leaf, parts[0], parts[1], parts[2]) {
			t.Fatal("a leaf does not fit its own event")
		}
		which := rapid.IntRange(0, 2).Draw(t, "part")
		at := rapid.IntRange(0, len(parts[which])-1).Draw(t, "at")
		parts[which] = bytes.Clone(parts[which])
		parts[which][at] ^= rapid.ByteRange(1, 255).Draw(t, "change")
		if Verify(leaf, parts[0], parts[1], parts[2]) {
			t.Fatalf("a change in part %d at %d went unseen", which, at)
		}
	})
}

func TestSalt(t *testing.T) {
	a, err := NewSalt()
	if err != nil {
		t.Fatal(err)
	}
	b, err := NewSalt()
	if err != nil {
		t.Fatal(err)
	}
	if len(a) != SaltSize || len(b) != SaltSize || bytes.Equal(a, b) {
		t.Fatalf("salts %x and %x", a, b)
	}
	leaf := Leaf(a, []byte("head"), []byte("body"))
	for _, salt := range [][]byte{nil, {}, a[:31], append(bytes.Clone(a), 0), b} {
		if Verify(leaf, salt, []byte("head"), []byte("body")) {
			t.Errorf("a wrong salt of %d bytes fits", len(salt))
		}
	}
	defer func() {
		if recover() == nil {
			t.Error("a leaf was made under a short salt")
		}
	}()
	Leaf(a[:16], nil, nil)
}

// Package ledger makes the leaf of one event: a hash that fixes the exact bytes of the event and tells nothing about them.
// Whoever keeps the leaf can check later, given the salt and the bytes, that the event is the one that was recorded; once the
// salt is destroyed the leaf fits anything and nothing, so an erased case leaves no trace of its words.
//
// There is no tree here yet: a leaf alone proves neither order nor completeness, and nothing may claim that it does. The room
// keeps nothing, knows no case and no clock.
package ledger

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
)

// SaltSize is the length of a leaf's salt in bytes.
const SaltSize = 32

// leafDomain keeps leaves apart from every other use of HMAC-SHA256 and from later kinds of leaf. It never changes.
const leafDomain = "fairlead ledger leaf 1\x00"

// NewSalt returns SaltSize fresh random bytes. Each event has its own, sealed together with the event's body.
func NewSalt() ([]byte, error) {
	salt := make([]byte, SaltSize)
	if _, err := rand.Read(salt); err != nil {
		return nil, fmt.Errorf("making a salt: %w", err)
	}
	return salt, nil
}

// Leaf is HMAC-SHA256 (RFC 2104) keyed with salt over a fixed domain, then head and body, each behind its length as eight
// bytes big endian, so that no other head and body make the same input. head and body are the bytes as stored, never
// marshalled again. The salt must be SaltSize bytes from NewSalt; any other length is a fault of the program and panics,
// since a leaf under a short salt would give the body away to a guess.
func Leaf(salt, head, body []byte) [32]byte {
	if len(salt) != SaltSize {
		panic(fmt.Sprintf("ledger: a salt has %d bytes, not %d", SaltSize, len(salt)))
	}
	mac := hmac.New(sha256.New, salt)
	mac.Write([]byte(leafDomain))
	var size [8]byte
	for _, part := range [][]byte{head, body} {
		binary.BigEndian.PutUint64(size[:], uint64(len(part)))
		mac.Write(size[:])
		mac.Write(part)
	}
	var leaf [32]byte
	mac.Sum(leaf[:0])
	return leaf
}

// Verify says whether leaf was made from exactly this salt, head and body. It takes the same time wherever they differ. A
// salt of another length, as of an erased case, fits no leaf.
func Verify(leaf [32]byte, salt, head, body []byte) bool {
	if len(salt) != SaltSize {
		return false
	}
	want := Leaf(salt, head, body)
	return hmac.Equal(leaf[:], want[:])
}

// Package seal keeps words unreadable at rest. A Keyring holds the key-encryption keys of one server; under it stand data
// keys, one per case, and under those further keys for whatever must be forgettable alone: a participant's contact data, a
// redacted body, a blob. Destroying a wrapped key destroys everything sealed under it.
//
// The room is a tool: it never sees a store or a clock, never picks a label by itself, and never prints, logs or marshals
// a key. The only files it touches are key files named by the caller.
//
// Every value it makes starts with one byte that names the format, so that a later format can stand beside this one.
package seal

import (
	"errors"
	"fmt"
)

// ErrKey says that the key asked for is wrong or missing: a key-encryption key the keyring does not hold, an identity or a
// passphrase that does not fit, a key that was destroyed.
var ErrKey = errors.New("the key is wrong or missing")

// ErrTampered says that sealed bytes are not what was sealed: changed, cut short, moved to another place (the associated
// data or the label differs), or sealed under another key. These cannot be told apart, by design of authenticated encryption.
var ErrTampered = errors.New("sealed bytes were changed, cut short, or belong to another place or key")

// formatOne is the first byte of everything sealed, wrapped or streamed by this version of the room.
const formatOne byte = 1

// hidden is what a key shows of itself in every printed or encoded form.
const hidden = "[key]"

// framed puts the format byte in front of a ciphertext.
func framed(ciphertext []byte) []byte {
	out := make([]byte, 1+len(ciphertext))
	out[0] = formatOne
	copy(out[1:], ciphertext)
	return out
}

// unframed takes the format byte off. An unknown format is refused like any other change of the bytes, but named, since the
// usual cause is a database written by a newer version.
func unframed(sealed []byte) ([]byte, error) {
	if len(sealed) == 0 {
		return nil, fmt.Errorf("%w: nothing is there", ErrTampered)
	}
	if sealed[0] != formatOne {
		return nil, fmt.Errorf("%w: format %d is unknown to this version", ErrTampered, sealed[0])
	}
	return sealed[1:], nil
}

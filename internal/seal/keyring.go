package seal

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// Keyring holds the key-encryption keys: one primary that wraps new data keys, and older ones kept for reading. It is a
// Tink keyset of XChaCha20-Poly1305 keys, whose 192-bit nonces set no limit to the number of wrapped keys. A Keyring is
// safe for use by several goroutines, during a rotation too.
type Keyring struct {
	now  atomic.Pointer[ring]
	turn sync.Mutex // one change at a time
}

// ring is one state of the keyring; a change makes a new one.
type ring struct {
	handle  *keyset.Handle
	aead    tink.AEAD
	primary string
	held    map[string]bool
}

// labelPrefix keeps the wrapping of data keys apart from any other use a key-encryption key may ever get.
const labelPrefix = "fairlead data key\x00"

// NewKeyring makes a keyring with one fresh key.
func NewKeyring() (*Keyring, error) {
	handle, err := keyset.NewHandle(aead.XChaCha20Poly1305KeyTemplate())
	if err != nil {
		return nil, fmt.Errorf("making a keyring: %w", err)
	}
	return keyringOf(handle)
}

func keyringOf(handle *keyset.Handle) (*Keyring, error) {
	primitive, err := aead.New(handle)
	if err != nil {
		return nil, fmt.Errorf("%w: the keyring cannot be used for encryption", ErrKey)
	}
	primary, err := handle.Primary()
	if err != nil {
		return nil, fmt.Errorf("%w: the keyring has no primary key", ErrKey)
	}
	r := &ring{handle: handle, aead: primitive, primary: keyID(primary.KeyID()), held: map[string]bool{}}
	for i := range handle.Len() {
		entry, err := handle.Entry(i)
		if err != nil {
			return nil, fmt.Errorf("%w: entry %d of the keyring cannot be read", ErrKey, i)
		}
		if entry.KeyStatus() == keyset.Enabled {
			r.held[keyID(entry.KeyID())] = true
		}
	}
	k := &Keyring{}
	k.now.Store(r)
	return k, nil
}

func keyID(id uint32) string { return fmt.Sprintf("%08x", id) }

func (k *Keyring) ring() (*ring, error) {
	if k == nil {
		return nil, ErrKey
	}
	r := k.now.Load()
	if r == nil {
		return nil, ErrKey
	}
	return r, nil
}

// PrimaryID is the id of the key that wraps new data keys, 8 hexadecimal digits. Store it beside each wrapped key (or ask
// WrappedBy), so that a rotation finds what is still under an older one.
func (k *Keyring) PrimaryID() string {
	r, err := k.ring()
	if err != nil {
		return ""
	}
	return r.primary
}

// Holds says whether the keyring can read what the key with this id has wrapped.
func (k *Keyring) Holds(id string) bool {
	r, err := k.ring()
	return err == nil && r.held[id]
}

// Rotate adds a new primary key and keeps the older ones for reading. save is handed the coming keyring and must write it
// down for good, and renew what Recover made, before it returns nil: only then is the first data key wrapped under the new
// primary, so that no crash can leave cases under a key that exists nowhere. If save fails, nothing changes. Readers and
// writers go on meanwhile. The new primary's id is returned.
func (k *Keyring) Rotate(save func(next *Keyring) error) (string, error) {
	return k.change(save, func(m *keyset.Manager, _ *ring) error {
		id, err := m.Add(aead.XChaCha20Poly1305KeyTemplate())
		if err != nil {
			return err
		}
		return m.SetPrimary(id)
	})
}

// Drop removes an older key for good, once Rewrap has moved every data key off it; what is still under it can never be read
// again. The primary is refused. save works as for Rotate.
func (k *Keyring) Drop(id string, save func(next *Keyring) error) error {
	_, err := k.change(save, func(m *keyset.Manager, r *ring) error {
		if id == r.primary {
			return fmt.Errorf("key %s is the primary: rotate first, then move the data keys, then drop it", id)
		}
		if !r.held[id] {
			return fmt.Errorf("%w: the keyring holds no key %s", ErrKey, id)
		}
		raw, err := hex.DecodeString(id)
		if err != nil {
			return err
		}
		return m.Delete(binary.BigEndian.Uint32(raw))
	})
	return err
}

func (k *Keyring) change(save func(*Keyring) error, edit func(*keyset.Manager, *ring) error) (string, error) {
	if save == nil {
		return "", errors.New("changing a keyring: the new state must be saved, no way to save was given")
	}
	k.turn.Lock()
	defer k.turn.Unlock()
	r, err := k.ring()
	if err != nil {
		return "", err
	}
	m := keyset.NewManagerFromHandle(r.handle)
	if err := edit(m, r); err != nil {
		return "", fmt.Errorf("changing a keyring: %w", err)
	}
	handle, err := m.Handle()
	if err != nil {
		return "", fmt.Errorf("changing a keyring: %w", err)
	}
	next, err := keyringOf(handle)
	if err != nil {
		return "", err
	}
	if err := save(next); err != nil {
		return "", fmt.Errorf("changing a keyring, nothing was changed: %w", err)
	}
	k.now.Store(next.now.Load())
	return next.PrimaryID(), nil
}

// NewKey makes a data key. label is the place it belongs to in the words of the field, such as "case/FL-2026-7KQ4MXZ"; it
// is bound to wrapped but not stored in it. wrapped (78 bytes) is what to keep: dropping it erases all that key sealed.
func (k *Keyring) NewKey(label string) (key *Key, wrapped []byte, err error) {
	r, err := k.ring()
	if err != nil {
		return nil, nil, err
	}
	key = newKey()
	wrapped, err = r.wrap(label, key.m().root[:])
	if err != nil {
		return nil, nil, err
	}
	return key, wrapped, nil
}

// Unwrap reads back a key made by NewKey with the same label. Errors: ErrKey if the keyring does not hold the key it was
// wrapped under, ErrTampered if the bytes or the label differ.
func (k *Keyring) Unwrap(label string, wrapped []byte) (*Key, error) {
	r, err := k.ring()
	if err != nil {
		return nil, err
	}
	root, err := r.unwrap(label, wrapped)
	if err != nil {
		return nil, err
	}
	return keyFrom(root)
}

// Rewrap moves a wrapped data key under the present primary. The data key stays the same, so nothing sealed is touched, and
// the old wrapping stays readable until the old key is dropped.
func (k *Keyring) Rewrap(label string, wrapped []byte) ([]byte, error) {
	r, err := k.ring()
	if err != nil {
		return nil, err
	}
	root, err := r.unwrap(label, wrapped)
	if err != nil {
		return nil, err
	}
	return r.wrap(label, root)
}

// WrappedBy reads from a wrapped data key (of NewKey or Rewrap, not of Key.Wrap) which key of the keyring it is under.
func WrappedBy(wrapped []byte) (string, error) {
	ciphertext, err := unframed(wrapped)
	if err != nil {
		return "", err
	}
	// The output prefix of Tink: one byte 0x01, then the key id, big endian.
	if len(ciphertext) < 5 || ciphertext[0] != 1 {
		return "", ErrTampered
	}
	return hex.EncodeToString(ciphertext[1:5]), nil
}

func (r *ring) wrap(label string, root []byte) ([]byte, error) {
	ciphertext, err := r.aead.Encrypt(root, []byte(labelPrefix+label))
	if err != nil {
		return nil, fmt.Errorf("wrapping a key: %w", err)
	}
	return framed(ciphertext), nil
}

func (r *ring) unwrap(label string, wrapped []byte) ([]byte, error) {
	id, err := WrappedBy(wrapped)
	if err != nil {
		return nil, err
	}
	if !r.held[id] {
		return nil, fmt.Errorf("%w: wrapped under key %s, which this keyring does not hold", ErrKey, id)
	}
	root, err := r.aead.Decrypt(wrapped[1:], []byte(labelPrefix+label))
	if err != nil {
		return nil, ErrTampered
	}
	return root, nil
}

// keyringHeader opens the text form of a keyring; after it come one line of base64 and one with the SHA-256 of what that
// line encodes, so that a damaged key file is named as such and not taken for a tampered database.
const keyringHeader = "fairlead keyring 1"

// maxKeyring is the most bytes a keyring is read from; one key takes about 130.
const maxKeyring = 256 << 10

func (k *Keyring) encode() ([]byte, error) {
	r, err := k.ring()
	if err != nil {
		return nil, err
	}
	var raw bytes.Buffer
	if err := insecurecleartextkeyset.Write(r.handle, keyset.NewBinaryWriter(&raw)); err != nil {
		return nil, fmt.Errorf("writing a keyring: %w", err)
	}
	sum := sha256.Sum256(raw.Bytes())
	return fmt.Appendf(nil, "%s\n%s\n%x\n", keyringHeader, base64.StdEncoding.EncodeToString(raw.Bytes()), sum), nil
}

func decode(text []byte) (*Keyring, error) {
	lines := strings.Fields(strings.TrimPrefix(string(text), keyringHeader))
	if !bytes.HasPrefix(text, []byte(keyringHeader+"\n")) || len(lines) != 2 {
		return nil, fmt.Errorf("%w: this is not a whole keyring", ErrKey)
	}
	raw, err := base64.StdEncoding.DecodeString(lines[0])
	if err != nil {
		return nil, fmt.Errorf("%w: the keyring is damaged", ErrKey)
	}
	if sum := sha256.Sum256(raw); hex.EncodeToString(sum[:]) != lines[1] {
		return nil, fmt.Errorf("%w: the keyring is damaged, its check sum differs", ErrKey)
	}
	handle, err := insecurecleartextkeyset.Read(keyset.NewBinaryReader(bytes.NewReader(raw)))
	if err != nil {
		return nil, fmt.Errorf("%w: the keyring cannot be read", ErrKey)
	}
	return keyringOf(handle)
}

// String never shows a key.
func (k *Keyring) String() string { return hidden }

// GoString never shows a key.
func (k *Keyring) GoString() string { return hidden }

// Format never shows a key, whatever the verb.
func (k *Keyring) Format(s fmt.State, _ rune) { _, _ = s.Write([]byte(hidden)) }

// LogValue never shows a key.
func (k *Keyring) LogValue() slog.Value { return slog.StringValue(hidden) }

// MarshalJSON never shows a key.
func (k *Keyring) MarshalJSON() ([]byte, error) { return json.Marshal(hidden) }

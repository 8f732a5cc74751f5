package seal

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"log/slog"
	"sync"

	"github.com/tink-crypto/tink-go/v2/aead/subtle"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// keySize is the length of a data key in bytes.
const keySize = 32

// The purposes a data key is split into (HKDF-Expand, RFC 5869 section 2.3). They never change: a changed purpose is
// another key, and what was sealed under the old one is lost.
const (
	purposeValue  = "fairlead seal 1 value"
	purposeWrap   = "fairlead seal 1 wrap"
	purposeStream = "fairlead seal 1 stream"
	purposeBlind  = "fairlead seal 1 blind"
)

// Key is one data key. It is 32 random bytes that are never used themselves: each purpose gets a key derived from them on
// first use, which keeps making a key cheap. A Key is safe for use by several goroutines. A nil Key stands for one that was
// destroyed; using it answers ErrKey.
//
// One key may seal up to 2^32 values (random 96-bit nonces of AES-GCM, NIST SP 800-38D section 8.3).
type Key struct {
	// A function, because fmt looks through pointers in fields it may not call methods on, and would print the bytes.
	m func() *material
}

type material struct {
	root   [keySize]byte
	value  cipher
	wrap   cipher
	blind  sync.Once
	blinds []byte
}

// cipher is an AES-256-GCM built on first use from the subkey of one purpose.
type cipher struct {
	once sync.Once
	aead tink.AEAD
	err  error
}

func (c *cipher) of(root []byte, purpose string) (tink.AEAD, error) {
	c.once.Do(func() {
		sub, err := subkey(root, purpose)
		if err != nil {
			c.err = err
			return
		}
		c.aead, c.err = subtle.NewAESGCM(sub)
	})
	return c.aead, c.err
}

func subkey(root []byte, purpose string) ([]byte, error) {
	sub, err := hkdf.Expand(sha256.New, root, purpose, keySize)
	if err != nil {
		return nil, fmt.Errorf("deriving a key: %w", err)
	}
	return sub, nil
}

func newKey() *Key {
	m := &material{}
	// crypto/rand.Read never returns an error: it ends the program when the system has no randomness to give.
	_, _ = rand.Read(m.root[:])
	return keyOf(m)
}

func keyOf(m *material) *Key { return &Key{m: func() *material { return m }} }

func keyFrom(root []byte) (*Key, error) {
	if len(root) != keySize {
		return nil, fmt.Errorf("%w: a data key has %d bytes, not %d", ErrTampered, keySize, len(root))
	}
	m := &material{}
	copy(m.root[:], root)
	return keyOf(m), nil
}

func (k *Key) material() (*material, error) {
	if k == nil || k.m == nil {
		return nil, ErrKey
	}
	return k.m(), nil
}

// Seal encrypts plain. ad is the place it belongs to in the words of the field (kind, case id, event number), never a table
// or a column; it is not stored, and Open needs the same. The result is 29 bytes longer than plain and differs each time.
func (k *Key) Seal(plain []byte, ad string) ([]byte, error) {
	m, err := k.material()
	if err != nil {
		return nil, err
	}
	return sealWith(&m.value, m.root[:], purposeValue, plain, ad)
}

// Open decrypts what Seal made under the same key with the same ad. Errors: ErrTampered, ErrKey for a nil Key.
func (k *Key) Open(sealed []byte, ad string) ([]byte, error) {
	m, err := k.material()
	if err != nil {
		return nil, err
	}
	return openWith(&m.value, m.root[:], purposeValue, sealed, ad)
}

// Wrap makes a new key under k, for something that must be forgettable alone. label is its place, as ad is for Seal. Keep
// wrapped and drop it to forget; the sub key itself is never stored.
func (k *Key) Wrap(label string) (sub *Key, wrapped []byte, err error) {
	m, err := k.material()
	if err != nil {
		return nil, nil, err
	}
	sub = newKey()
	wrapped, err = sealWith(&m.wrap, m.root[:], purposeWrap, sub.m().root[:], label)
	if err != nil {
		return nil, nil, err
	}
	return sub, wrapped, nil
}

// UnwrapSub reads back a key made by Wrap under k with the same label. Errors: ErrTampered, ErrKey for a nil Key.
func (k *Key) UnwrapSub(label string, wrapped []byte) (*Key, error) {
	m, err := k.material()
	if err != nil {
		return nil, err
	}
	root, err := openWith(&m.wrap, m.root[:], purposeWrap, wrapped, label)
	if err != nil {
		return nil, err
	}
	return keyFrom(root)
}

func sealWith(c *cipher, root []byte, purpose string, plain []byte, ad string) ([]byte, error) {
	a, err := c.of(root, purpose)
	if err != nil {
		return nil, err
	}
	ciphertext, err := a.Encrypt(plain, []byte(ad))
	if err != nil {
		return nil, fmt.Errorf("sealing: %w", err)
	}
	return framed(ciphertext), nil
}

func openWith(c *cipher, root []byte, purpose string, sealed []byte, ad string) ([]byte, error) {
	ciphertext, err := unframed(sealed)
	if err != nil {
		return nil, err
	}
	a, err := c.of(root, purpose)
	if err != nil {
		return nil, err
	}
	plain, err := a.Decrypt(ciphertext, []byte(ad))
	if err != nil {
		return nil, ErrTampered
	}
	return plain, nil
}

// blindSize is the length of a blind index value in bytes before it is written as text: 128 bits.
const blindSize = 16

// Blind gives a stand-in for value that is always the same under one key and one domain, and tells nothing to who does not
// hold the key: 22 characters of base64url (RFC 4648 section 5, no padding), from HMAC-SHA256 (RFC 2104) cut to 128 bits.
// Who sees many stand-ins still sees which are equal and how often. domain keeps kinds of values apart (a search word is
// not a mail address). The key must not be nil: a blind index without a key would be no secret, so that is a panic.
func (k *Key) Blind(domain, value string) string {
	m, err := k.material()
	if err != nil {
		panic("seal: blind index asked of a missing key")
	}
	m.blind.Do(func() {
		sub, err := subkey(m.root[:], purposeBlind)
		if err != nil {
			panic("seal: " + err.Error())
		}
		m.blinds = sub
	})
	mac := hmac.New(sha256.New, m.blinds)
	frame := make([]byte, 0, 8+len(domain)+len(value))
	frame = binary.BigEndian.AppendUint64(frame, uint64(len(domain)))
	frame = append(frame, domain...)
	frame = append(frame, value...)
	mac.Write(frame)
	var sum [sha256.Size]byte
	return base64.RawURLEncoding.EncodeToString(mac.Sum(sum[:0])[:blindSize])
}

// String never shows the key.
func (k Key) String() string { return hidden }

// GoString never shows the key.
func (k Key) GoString() string { return hidden }

// Format never shows the key, whatever the verb.
func (k Key) Format(s fmt.State, _ rune) { _, _ = s.Write([]byte(hidden)) }

// LogValue never shows the key.
func (k Key) LogValue() slog.Value { return slog.StringValue(hidden) }

// MarshalJSON never shows the key.
func (k Key) MarshalJSON() ([]byte, error) { return json.Marshal(hidden) }

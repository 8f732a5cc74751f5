// Package pgp makes and reads OpenPGP keys, encrypted messages, clear-signed text and detached signatures (RFC 4880, which
// RFC 9580 keeps readable). It is a tool: it keeps no key, knows no clock, fetches nothing from any key server, and trusts no key for being
// readable. Who a key belongs to is decided elsewhere.
package pgp

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"strings"
	"sync"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp/packet"
	"github.com/ProtonMail/gopenpgp/v3/constants"
	"github.com/ProtonMail/gopenpgp/v3/crypto"
	"github.com/ProtonMail/gopenpgp/v3/profile"
)

// ErrKey says that a key of our own cannot be used: it cannot be read, is locked, or has expired.
var ErrKey = errors.New("the OpenPGP key cannot be used")

// ErrSignature says that a text does not carry a good signature of the key asked about.
var ErrSignature = errors.New("no good signature of this key")

// hidden is what a private key shows of itself in every printed or encoded form.
const hidden = "[private key]"

// guarded is a key behind a lock, since the library verifies self-signatures when first asked and notes the outcome inside.
type guarded struct {
	mu  sync.Mutex
	key *crypto.Key
}

func (g *guarded) with(use func(*crypto.Key)) {
	g.mu.Lock()
	defer g.mu.Unlock()
	use(g.key)
}

// PrivateKey is a key of our own, unlocked. Safe for use by several goroutines.
type PrivateKey struct {
	// A function, because fmt looks through pointers in fields it may not call methods on, and would print the secret.
	g func() *guarded
}

// PublicKey is a key that others sign with or that we encrypt to. Safe for use by several goroutines.
type PublicKey struct{ g *guarded }

// Generate makes an Ed25519 signing key with a Curve25519 encryption subkey in version 4 packets, which GnuPG reads since
// 2.1. life is counted from now in whole seconds, at most 68 years; zero means that the key does not expire. name and email
// must not both be empty, nor hold the characters ( ) < >.
func Generate(name, email string, now time.Time, life time.Duration) (*PrivateKey, error) {
	return GenerateFor(name, []string{email}, now, life)
}

// GenerateFor makes a key as Generate does, with a user id for each of the addresses, the first being the primary one.
func GenerateFor(name string, emails []string, now time.Time, life time.Duration) (*PrivateKey, error) {
	if life < 0 || life/time.Second > math.MaxInt32 || (life > 0 && life < time.Second) {
		return nil, fmt.Errorf("making an OpenPGP key: a life of %v is not between one second and 68 years", life)
	}
	b := crypto.PGP().KeyGeneration().GenerationTime(now.Unix()).Lifetime(int32(life / time.Second))
	for _, email := range emails {
		b = b.AddUserId(name, email)
	}
	key, err := b.New().GenerateKey()
	if err != nil {
		return nil, fmt.Errorf("making an OpenPGP key: %w", err)
	}
	return private(key), nil
}

// With is the key with one more user id, signed at now and good for as long as the key is. The key itself stays as it was.
// Errors: ErrKey if the key has ended at now or its own secret is not here.
func (k *PrivateKey) With(name, email string, now time.Time) (*PrivateKey, error) {
	end, ends := k.Expires()
	if ends && !end.After(now) {
		return nil, fmt.Errorf("%w: it has ended, so it gets no further user id", ErrKey)
	}
	var more *crypto.Key
	var err error
	k.g().with(func(key *crypto.Key) { more, err = key.Copy() })
	if err != nil || more.GetEntity().PrivateKey.Dummy() {
		return nil, fmt.Errorf("%w: it cannot sign a user id", ErrKey)
	}
	config := profile.Default().KeyGenerationConfig(constants.StandardSecurity)
	config.Time = func() time.Time { return now }
	if ends { // counted from the key's own beginning
		config.KeyLifetimeSecs = uint32(end.Sub(more.GetEntity().PrimaryKey.CreationTime) / time.Second)
	}
	if err := more.GetEntity().AddUserId(name, "", email, config); err != nil {
		return nil, fmt.Errorf("%w: a user id cannot be added: %w", ErrKey, err)
	}
	return private(more), nil
}

// ReadPrivate reads what Armor wrote, or a key made elsewhere without a passphrase on it. Errors: ErrKey.
func ReadPrivate(armored []byte) (*PrivateKey, error) {
	// The library's error is left out: it may quote what it could not read.
	key, err := crypto.NewKeyFromArmored(string(armored))
	switch {
	case err != nil:
		return nil, fmt.Errorf("%w: this is not one armored private key", ErrKey)
	case !key.IsPrivate():
		return nil, fmt.Errorf("%w: this is a public key, a private one is needed", ErrKey)
	}
	if locked, err := key.IsLocked(); err != nil || locked {
		return nil, fmt.Errorf("%w: it is locked with a passphrase; remove the passphrase first", ErrKey)
	}
	return private(key), nil
}

func private(key *crypto.Key) *PrivateKey {
	g := &guarded{key: key}
	return &PrivateKey{g: func() *guarded { return g }}
}

// Armor writes the private key as text without any protection: seal it before it is kept.
func (k *PrivateKey) Armor() ([]byte, error) { return armored(k.g()) }

// Public is the public half.
func (k *PrivateKey) Public() (*PublicKey, error) {
	var public *crypto.Key
	var err error
	k.g().with(func(key *crypto.Key) { public, err = key.ToPublic() })
	if err != nil {
		return nil, fmt.Errorf("%w: it has no public half", ErrKey)
	}
	return &PublicKey{g: &guarded{key: public}}, nil
}

// Fingerprint is the key's fingerprint in upper-case hexadecimal without blanks (RFC 4880 section 12.2).
func (k *PrivateKey) Fingerprint() string { return fingerprint(k.g()) }

// Expires gives the instant from which the key is no longer good, and false if it has none.
func (k *PrivateKey) Expires() (time.Time, bool) { return expires(k.g()) }

// Armor writes the public key as text, to be published or kept.
func (k *PublicKey) Armor() ([]byte, error) { return armored(k.g) }

// Fingerprint is the key's fingerprint in upper-case hexadecimal without blanks (RFC 4880 section 12.2).
func (k *PublicKey) Fingerprint() string { return fingerprint(k.g) }

// Expires gives the instant from which the key is no longer good, and false if it has none.
func (k *PublicKey) Expires() (time.Time, bool) { return expires(k.g) }

// CanEncrypt says whether mail can be encrypted to the key at this instant: it or a subkey is made for that, strong enough,
// and neither revoked nor expired.
func (k *PublicKey) CanEncrypt(now time.Time) bool {
	var can bool
	k.g.with(func(key *crypto.Key) { can = key.CanEncrypt(now.Unix()) })
	return can
}

func armored(g *guarded) ([]byte, error) {
	var text string
	var err error
	g.with(func(key *crypto.Key) { text, err = key.Armor() })
	if err != nil {
		return nil, fmt.Errorf("%w: it cannot be written", ErrKey)
	}
	return []byte(strings.TrimRight(text, "\n") + "\n"), nil
}

func fingerprint(g *guarded) string {
	var hex string
	g.with(func(key *crypto.Key) { hex = key.GetFingerprint() })
	return strings.ToUpper(hex)
}

func expires(g *guarded) (at time.Time, ok bool) {
	g.with(func(key *crypto.Key) {
		entity := key.GetEntity()
		// The zero time asks for the newest self-signature without judging whether it is in force.
		sig, err := entity.PrimarySelfSignature(time.Time{}, &packet.Config{})
		if err != nil || sig.KeyLifetimeSecs == nil || *sig.KeyLifetimeSecs == 0 {
			return
		}
		at = entity.PrimaryKey.CreationTime.Add(time.Duration(*sig.KeyLifetimeSecs) * time.Second)
		ok = true
	})
	return at, ok
}

// String never shows the key.
func (k PrivateKey) String() string { return hidden }

// GoString never shows the key.
func (k PrivateKey) GoString() string { return hidden }

// Format never shows the key, whatever the verb.
func (k PrivateKey) Format(s fmt.State, _ rune) { _, _ = s.Write([]byte(hidden)) }

// LogValue never shows the key.
func (k PrivateKey) LogValue() slog.Value { return slog.StringValue(hidden) }

// MarshalJSON never shows the key.
func (k PrivateKey) MarshalJSON() ([]byte, error) { return json.Marshal(hidden) }

package pgp

import (
	"bytes"
	"fmt"
	"net/mail"
	"sort"
	"strings"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp/packet"
	"github.com/ProtonMail/gopenpgp/v3/crypto"

	"fairlead/internal/cvd"
)

// HasAddress tells whether a name of the key that it signed itself, and has not taken back at now, holds this mail address,
// without regard to the case of letters. It does not prove that the key is that person's: anybody can make such a key.
func (k *PublicKey) HasAddress(email string, now time.Time) bool {
	var has bool
	k.g.with(func(key *crypto.Key) { has = len(namesFor(key, email, now)) > 0 })
	return has
}

// Trouble is why nothing can be encrypted to a key.
type Trouble string

// Why nothing can be encrypted to a key.
const (
	Usable  Trouble = ""
	Expired Trouble = "expired" // the key, or all that it has for encryption
	Revoked Trouble = "revoked"
	Unfit   Trouble = "unfit" // it is not made for encryption, too weak for it, or not good yet
)

// Trouble is why nothing can be encrypted to the key at now; Usable if CanEncrypt.
func (k *PublicKey) Trouble(now time.Time) Trouble {
	if k.CanEncrypt(now) {
		return Usable
	}
	out := Unfit
	k.g.with(func(key *crypto.Key) {
		entity := key.GetEntity()
		if key.IsRevoked(now.Unix()) {
			out = Revoked
			return
		}
		// A part for encryption was good when it was made, unless it never could.
		for _, sub := range entity.Subkeys {
			if at := sub.PublicKey.CreationTime; at.Before(now) && key.CanEncrypt(at.Unix()) {
				out = Expired
			}
		}
		if at := entity.PrimaryKey.CreationTime; at.Before(now) && key.CanEncrypt(at.Unix()) {
			out = Expired
		}
	})
	return out
}

// Addresses are the mail addresses in the key's names, in lower case, sorted, each once.
func (k *PublicKey) Addresses() []string {
	seen := map[string]bool{}
	k.g.with(func(key *crypto.Key) {
		for name := range key.GetEntity().Identities {
			if a := addressIn(name); a != "" {
				seen[a] = true
			}
		}
	})
	out := make([]string, 0, len(seen))
	for a := range seen {
		out = append(out, a)
	}
	sort.Strings(out)
	return out
}

// addressIn is the mail address of a user id (RFC 4880 section 5.11: a name and a mail address by convention), in lower case.
func addressIn(userID string) string {
	if at := strings.LastIndexByte(userID, '<'); at >= 0 && strings.HasSuffix(userID, ">") {
		userID = userID[at+1 : len(userID)-1]
	}
	a, err := mail.ParseAddress("<" + strings.TrimSpace(userID) + ">")
	if err != nil {
		return ""
	}
	return strings.ToLower(a.Address)
}

// namesFor are the user ids with this address whose self-signature is good at now.
func namesFor(key *crypto.Key, email string, now time.Time) []string {
	var out []string
	for name, identity := range key.GetEntity().Identities {
		if addressIn(name) != strings.ToLower(strings.TrimSpace(email)) {
			continue
		}
		sig, err := identity.LatestValidSelfCertification(now, &packet.Config{})
		if err == nil && sig != nil && !identity.Revoked(sig, now, &packet.Config{}) {
			out = append(out, name)
		}
	}
	sort.Strings(out)
	return out
}

// Only is the key in binary with no other name than those that hold this address (Web Key Directory, section 3.1). Errors:
// cvd.ErrNotFound if the key has no such name at now.
func (k *PublicKey) Only(email string, now time.Time) ([]byte, error) {
	var out bytes.Buffer
	var err error
	k.g.with(func(key *crypto.Key) {
		names := namesFor(key, email, now)
		if len(names) == 0 {
			err = fmt.Errorf("%w: the key has no name with that address", cvd.ErrNotFound)
			return
		}
		var one *crypto.Key
		if one, err = key.Copy(); err != nil {
			return
		}
		keep := map[string]bool{}
		for _, n := range names {
			keep[n] = true
		}
		entity := one.GetEntity()
		for n := range entity.Identities {
			if !keep[n] {
				delete(entity.Identities, n)
			}
		}
		err = entity.Serialize(&out)
	})
	if err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// Binary is the public key without armor, for an Autocrypt header or another program.
func (k *PublicKey) Binary() ([]byte, error) {
	var out bytes.Buffer
	var err error
	k.g.with(func(key *crypto.Key) { err = key.GetEntity().Serialize(&out) })
	if err != nil {
		return nil, fmt.Errorf("%w: it cannot be written", ErrKey)
	}
	return out.Bytes(), nil
}

// Algorithm names the primary key's algorithm and its size for people, such as Ed25519 or RSA 3072.
func (k *PublicKey) Algorithm() string { return algorithm(k.g) }

// Algorithm names the primary key's algorithm and its size for people, such as Ed25519 or RSA 3072.
func (k *PrivateKey) Algorithm() string { return algorithm(k.g()) }

func algorithm(g *guarded) string {
	var name string
	g.with(func(key *crypto.Key) {
		primary := key.GetEntity().PrimaryKey
		bits, err := primary.BitLength()
		switch primary.PubKeyAlgo {
		case packet.PubKeyAlgoRSA, packet.PubKeyAlgoRSASignOnly, packet.PubKeyAlgoRSAEncryptOnly:
			name = "RSA"
		case packet.PubKeyAlgoDSA:
			name = "DSA"
		case packet.PubKeyAlgoEdDSA, packet.PubKeyAlgoEd25519:
			name, bits = "Ed25519", 0
		case packet.PubKeyAlgoEd448:
			name, bits = "Ed448", 0
		case packet.PubKeyAlgoECDSA:
			name = "ECDSA"
		default:
			name, bits = fmt.Sprintf("algorithm %d", primary.PubKeyAlgo), 0
		}
		if err == nil && bits > 0 {
			name += fmt.Sprintf(" %d", bits)
		}
	})
	return name
}

// Made is the instant from which the key counts.
func (k *PrivateKey) Made() time.Time {
	var at time.Time
	k.g().with(func(key *crypto.Key) { at = key.GetEntity().PrimaryKey.CreationTime.UTC() })
	return at
}

// CanDecrypt says whether the key opens anything at all: it has a subkey for encryption whose secret is here. Expiry does
// not matter: what was encrypted stays readable.
func (k *PrivateKey) CanDecrypt() bool {
	var can bool
	k.g().with(func(key *crypto.Key) {
		for _, one := range key.GetEntity().DecryptionKeys(0, time.Time{}, &packet.Config{}) {
			can = can || (one.PrivateKey != nil && !one.PrivateKey.Dummy())
		}
	})
	return can
}

// Spaced writes a fingerprint for people, in groups of four.
func Spaced(fingerprint string) string {
	var out strings.Builder
	for i := 0; i < len(fingerprint); i += 4 {
		if i > 0 {
			out.WriteByte(' ')
		}
		out.WriteString(fingerprint[i:min(i+4, len(fingerprint))])
	}
	return out.String()
}

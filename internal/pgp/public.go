package pgp

import (
	"bytes"
	"crypto/dsa"
	"crypto/rsa"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp/armor"
	"github.com/ProtonMail/go-crypto/openpgp/packet"
	"github.com/ProtonMail/gopenpgp/v3/crypto"

	"fairlead/internal/cvd"
)

// MaxPublicKey is the most bytes an uploaded public key may have.
const MaxPublicKey = 256 << 10

// Limits on what checking one stranger's key may cost us.
const (
	maxModulus    = 8192 // bits of an RSA or DSA modulus
	maxExponent   = 512  // bits of the order of a DSA group
	maxSignatures = 200  // self-signatures over names and subkeys, each of which is verified
)

// The lines around an armored public key (RFC 4880 section 6.2).
const (
	publicBegin  = "-----BEGIN PGP PUBLIC KEY BLOCK-----"
	publicEnd    = "-----END PGP PUBLIC KEY BLOCK-----"
	privateBegin = "-----BEGIN PGP PRIVATE KEY BLOCK-----"
)

// keyField is the name of the key in faults; a door that calls it otherwise renames it.
const keyField = "pgp_key"

// ReadPublic reads one armored public key that a stranger uploaded: at most MaxPublicKey bytes, nothing before or after the
// block, exactly one key in it, its own signatures good. A key that has expired or cannot encrypt is read: ask CanEncrypt.
// Errors: cvd.Faults naming the limit and the remedy.
func ReadPublic(armored []byte) (*PublicKey, error) {
	if len(armored) > MaxPublicKey {
		return nil, unfit(fmt.Sprintf("is larger than %d KiB", MaxPublicKey>>10), "export the key without the signatures of others")
	}
	raw, fault := dearmor(bytes.TrimSpace(armored))
	if fault != nil {
		return nil, fault
	}
	return readPublic(raw)
}

// ReadCarried reads one public key that came with a mail, armored or binary, by the rules of ReadPublic: an attached
// application/pgp-keys, the key data of an Autocrypt header, or an answer of a Web Key Directory. Whoever learns it asks
// CanEncrypt and HasAddress first. Errors: cvd.Faults.
func ReadCarried(b []byte) (*PublicKey, error) {
	if len(b) == 0 || b[0]&0x80 == 0 {
		return ReadPublic(b)
	}
	if len(b) > MaxPublicKey {
		return nil, unfit(fmt.Sprintf("is larger than %d KiB", MaxPublicKey>>10), "export the key without the signatures of others")
	}
	return readPublic(b)
}

func readPublic(raw []byte) (*PublicKey, error) {
	if fault := countKeys(raw); fault != nil {
		return nil, fault
	}
	key, err := crypto.NewKeyFromReaderExplicit(bytes.NewReader(raw), crypto.Bytes)
	if err != nil {
		return nil, unfit("cannot be read as an OpenPGP key", "export it again with a current program")
	}
	if fault := affordable(key); fault != nil {
		return nil, fault
	}
	if _, err := key.GetEntity().PrimarySelfSignature(time.Time{}, &packet.Config{}); err != nil {
		return nil, unfit("carries no good signature of its own on any name", "export it again, whole and with at least one name")
	}
	return &PublicKey{g: &guarded{key: key}}, nil
}

func unfit(problem, remedy string) cvd.Faults {
	return cvd.Faults{{Field: keyField, Problem: problem, Remedy: remedy}}
}

// dearmor returns cvd.Faults as its own type, which callers compare with nil before they widen it to error.
func dearmor(text []byte) ([]byte, cvd.Faults) {
	switch {
	case bytes.Contains(text, []byte(privateBegin)):
		return nil, unfit("is a private key", "send the public key, and make a new key if this one left your hands")
	case !bytes.HasPrefix(text, []byte(publicBegin)):
		return nil, unfit("does not start with "+publicBegin, "send the armored public key alone")
	case bytes.Count(text, []byte("-----BEGIN ")) != 1, !bytes.HasSuffix(text, []byte(publicEnd)):
		return nil, unfit("is not one whole block", "send one key, from the BEGIN line to the END line")
	}
	block, err := armor.Decode(bytes.NewReader(text))
	if err != nil {
		return nil, unfit("is damaged in its armor", "send the text as it was exported, line for line")
	}
	raw, err := io.ReadAll(block.Body)
	if err != nil {
		return nil, unfit("is damaged in its armor", "send the text as it was exported, line for line")
	}
	return raw, nil
}

// countKeys makes sure that there is one key and no secret, before anything is verified; the library alone would skip over
// a second key it cannot read.
func countKeys(raw []byte) cvd.Faults {
	packets, keys := packet.NewReader(bytes.NewReader(raw)), 0
	for {
		p, err := packets.NextWithUnsupported()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return unfit("cannot be read as an OpenPGP key", "export it again with a current program")
		}
		if u, ok := p.(*packet.UnsupportedPacket); ok {
			p = u.IncompletePacket
		}
		switch p := p.(type) {
		case *packet.PrivateKey:
			return unfit("holds a private key", "send the public key, and make a new key if this one left your hands")
		case *packet.PublicKey:
			if !p.IsSubkey {
				keys++
			}
		}
	}
	if keys != 1 {
		return unfit(fmt.Sprintf("holds %d keys", keys), "send exactly one")
	}
	return nil
}

// affordable refuses keys made to be slow to verify. Nothing has been verified when it runs.
func affordable(key *crypto.Key) cvd.Faults {
	entity := key.GetEntity()
	signatures := len(entity.Revocations) + len(entity.DirectSignatures)
	for _, id := range entity.Identities {
		signatures += len(id.SelfCertifications) + len(id.Revocations)
	}
	small := numbersFit(entity.PrimaryKey)
	for _, sub := range entity.Subkeys {
		signatures += len(sub.Bindings) + len(sub.Revocations)
		small = small && numbersFit(sub.PublicKey)
	}
	switch {
	case !small:
		return unfit(fmt.Sprintf("is over %d bits", maxModulus), "use a key of common size")
	case signatures > maxSignatures:
		return unfit(fmt.Sprintf("carries more than %d signatures of its own", maxSignatures), "export a minimal key")
	}
	return nil
}

func numbersFit(key *packet.PublicKey) bool {
	switch k := key.PublicKey.(type) {
	case *rsa.PublicKey:
		return k.N.BitLen() <= maxModulus
	case *dsa.PublicKey:
		return max(k.P.BitLen(), k.G.BitLen(), k.Y.BitLen()) <= maxModulus && k.Q.BitLen() <= maxExponent
	default:
		return true
	}
}

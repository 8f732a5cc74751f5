package pgp

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp/packet"
	"github.com/ProtonMail/gopenpgp/v3/crypto"
)

// SignDetached makes an armored signature over exactly these bytes, made at now in whole seconds, to lie in a file beside
// them (RFC 4880 section 11.4; CSAF 2.0 section 7.1.19). The armor carries its check sum. Errors: ErrKey if the key is
// expired or not yet made at now.
func (k *PrivateKey) SignDetached(b []byte, now time.Time) ([]byte, error) {
	var signed []byte
	var err error
	k.g().with(func(key *crypto.Key) {
		var signer crypto.PGPSign
		if signer, err = crypto.PGP().Sign().SigningKey(key).SignTime(now.Unix()).Detached().New(); err == nil {
			signed, err = signer.Sign(b, crypto.Armor)
		}
	})
	if err != nil {
		return nil, fmt.Errorf("%w: signing at %s: %w", ErrKey, now.UTC().Format(time.RFC3339), err)
	}
	return summed(signed)
}

// VerifyDetached checks that signature, armored, was made by pub over exactly these bytes, not later than now and while the
// key was good. Errors: ErrSignature.
func VerifyDetached(b, signature []byte, pub *PublicKey, now time.Time) error {
	var result *crypto.VerifyResult
	var err error
	pub.g.with(func(key *crypto.Key) {
		var verifier crypto.PGPVerify
		if verifier, err = crypto.PGP().Verify().VerificationKey(key).VerifyTime(now.Unix()).New(); err == nil {
			result, err = verifier.VerifyDetached(b, signature, crypto.Armor)
		}
	})
	if err != nil {
		return fmt.Errorf("%w: it cannot be read", ErrSignature)
	}
	if err := result.SignatureError(); err != nil {
		return fmt.Errorf("%w: %w", ErrSignature, err)
	}
	return nil
}

// HashOf names the hash of a signature, armored or binary, as micalg does after "pgp-" (RFC 3156 section 5): sha256 or its
// like; empty if it cannot be read.
func HashOf(signature []byte) string {
	raw, err := unarmored(signature, "PGP SIGNATURE")
	if err != nil {
		return ""
	}
	p, err := packet.Read(bytes.NewReader(raw))
	if sig, ok := p.(*packet.Signature); ok && err == nil {
		return strings.ReplaceAll(strings.ToLower(sig.Hash.String()), "-", "")
	}
	return ""
}

package pgp

import (
	"fmt"
	"time"

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

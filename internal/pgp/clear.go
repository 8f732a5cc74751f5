package pgp

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"time"
	"unicode/utf8"

	"github.com/ProtonMail/go-crypto/openpgp/armor"
	"github.com/ProtonMail/gopenpgp/v3/crypto"

	"fairlead/internal/cvd"
)

// MaxClear is the most bytes of clear-signed text that VerifyClear reads.
const MaxClear = 1 << 20

// The lines around the parts of a clear-signed text (RFC 4880 sections 6.2 and 7).
const (
	clearBegin     = "-----BEGIN PGP SIGNED MESSAGE-----"
	signatureBegin = "-----BEGIN PGP SIGNATURE-----"
	clearEnd       = "-----END PGP SIGNATURE-----"
)

// ClearSign puts a signature made at now around text (cleartext signature framework, RFC 4880 section 7, with dash
// escaping). The result starts with the armor header and ends with the line of the signature's end and one LF. text must be
// UTF-8; its lines come out ending in LF, and blanks at the end of a line are dropped, since the signature does not cover
// them. Errors: cvd.ErrInvalid for text that is not UTF-8, ErrKey if the key is expired or not yet made at now.
func (k *PrivateKey) ClearSign(text []byte, now time.Time) ([]byte, error) {
	if !utf8.Valid(text) {
		return nil, fmt.Errorf("%w: a text to be signed must be UTF-8", cvd.ErrInvalid)
	}
	var signed []byte
	var err error
	k.g().with(func(key *crypto.Key) {
		var signer crypto.PGPSign
		if signer, err = crypto.PGP().Sign().SigningKey(key).SignTime(now.Unix()).New(); err == nil {
			// The framework's last line end belongs to the armor, not to the text.
			signed, err = signer.SignCleartext(bytes.TrimSuffix(text, []byte("\n")))
		}
	})
	if err != nil {
		return nil, fmt.Errorf("%w: signing at %s: %w", ErrKey, now.UTC().Format(time.RFC3339), err)
	}
	return summed(signed)
}

// summed writes the armor of the signature anew with its check sum (RFC 4880 section 6.1). The library leaves it out, as
// RFC 9580 advises, but GnuPG 2.2 then fails on a signature whose base64 needs no padding: hardly ever one of an Ed25519
// key, but each one of an RSA key of 3072 bits.
func summed(signed []byte) ([]byte, error) {
	// Dash escaping keeps this line out of the text.
	at := bytes.Index(signed, []byte("\n"+signatureBegin)) + 1
	block, err := armor.Decode(bytes.NewReader(signed[at:]))
	if err != nil {
		return nil, fmt.Errorf("armoring a signature: %w", err)
	}
	raw, err := io.ReadAll(block.Body)
	if err != nil {
		return nil, fmt.Errorf("armoring a signature: %w", err)
	}
	out := bytes.NewBuffer(bytes.Clone(signed[:at]))
	w, err := armor.Encode(out, "PGP SIGNATURE", nil)
	if err != nil {
		return nil, fmt.Errorf("armoring a signature: %w", err)
	}
	_, err = w.Write(raw)
	if err = errors.Join(err, w.Close()); err != nil {
		return nil, fmt.Errorf("armoring a signature: %w", err)
	}
	return append(bytes.TrimRight(out.Bytes(), "\r\n"), '\n'), nil
}

// VerifyClear checks that the whole of signed is one text clear-signed by pub, not later than now and while the key was good
// (a key that expired since does not undo it: ask Expires), and returns the text: what was signed and nothing else, each line ending in LF, without the blanks at line ends. Anything before the armor header or after
// the signature is refused, since it would look signed and is not. Errors: cvd.ErrTooLarge, cvd.ErrUnreadable, ErrSignature.
func VerifyClear(signed []byte, pub *PublicKey, now time.Time) (text []byte, err error) {
	if len(signed) > MaxClear {
		return nil, fmt.Errorf("%w: a signed text has at most %d bytes", cvd.ErrTooLarge, MaxClear)
	}
	if !bytes.HasPrefix(signed, []byte(clearBegin)) {
		return nil, fmt.Errorf("%w: a signed text starts with %s", cvd.ErrUnreadable, clearBegin)
	}
	if !bytes.HasSuffix(bytes.TrimRight(signed, " \t\r\n"), []byte(clearEnd)) {
		return nil, fmt.Errorf("%w: a signed text ends with %s", cvd.ErrUnreadable, clearEnd)
	}
	var result *crypto.VerifyCleartextResult
	pub.g.with(func(key *crypto.Key) {
		var verifier crypto.PGPVerify
		if verifier, err = crypto.PGP().Verify().VerificationKey(key).VerifyTime(now.Unix()).New(); err == nil {
			result, err = verifier.VerifyCleartext(signed)
		}
	})
	if err != nil {
		return nil, fmt.Errorf("%w: the signed text is malformed", cvd.ErrUnreadable)
	}
	if err := result.SignatureError(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSignature, err)
	}
	return append(bytes.Clone(result.Cleartext()), '\n'), nil
}

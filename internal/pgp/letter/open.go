package letter

import (
	"bytes"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"fairlead/internal/cvd"
	"fairlead/internal/pgp"
)

// maxLayers is how many times a message may be encrypted and signed around itself.
const maxLayers = 4

// Parts are what of a letter is protected, as it came. One of Sealed, Signed and Clear stands; Sealed comes first.
type Parts struct {
	// Sealed is an encrypted message, armored or binary: the second part of a multipart/encrypted that is the whole letter
	// (RFC 3156 section 4), or an armored message that is its whole text.
	Sealed []byte
	// Inline says that Sealed was a text, so that a text comes out and no MIME entity.
	Inline bool
	// Signed and Signature are the two parts of a multipart/signed (RFC 3156 section 5): the octets that were signed, with
	// the header of the part, and the detached signature.
	Signed, Signature []byte
	// Clear is a text that is clear-signed as a whole.
	Clear []byte
}

// Opened is what came out.
type Opened struct {
	// Entity is the MIME entity inside all encryption and signatures, with its header. Of an inline text one is made. Its
	// header may hold the protected fields of the letter (RFC 9788): they count only as much as the signature.
	Entity []byte
	// Encrypted says that Entity was readable to nobody on the way.
	Encrypted bool
	// Signature covers exactly Entity. One around the encryption is not told: whoever made it need not know what is inside.
	Signature pgp.Signature
}

// Open takes the protection off a letter: it decrypts with whichever of keys fits (give it the former ones too) and judges
// the signature by the known keys at now, inside the encryption, in a multipart/signed inside of it, or clear-signed. A
// signature that is bad or of an unknown key is no error. Errors, with nothing opened: pgp.ErrNotForUs, pgp.ErrUnprotected,
// pgp.ErrDamaged, cvd.ErrTooLarge, cvd.ErrUnreadable.
func Open(p Parts, keys []*pgp.PrivateKey, known []*pgp.PublicKey, now time.Time) (*Opened, error) {
	var o *Opened
	var err error
	switch {
	case len(p.Sealed) > 0:
		o, err = decrypted(p.Sealed, keys, known, now)
		if err == nil && p.Inline {
			o.Entity = entityOf(o.Entity)
			return o, nil
		}
	case len(p.Signed) > 0:
		o = &Opened{Entity: p.Signed, Signature: verified(p.Signed, p.Signature, known, now)}
	case len(p.Clear) > 0:
		var text []byte
		o = &Opened{}
		text, o.Signature, err = pgp.ReadClear(p.Clear, known, now)
		o.Entity = entityOf(text)
		if err == nil {
			return o, nil
		}
	default:
		return nil, fmt.Errorf("%w: nothing of the letter is encrypted or signed", cvd.ErrUnreadable)
	}
	if err != nil {
		return nil, err
	}
	return unwrapped(o, keys, known, now)
}

func decrypted(sealed []byte, keys []*pgp.PrivateKey, known []*pgp.PublicKey, now time.Time) (*Opened, error) {
	plain, err := pgp.Decrypt(sealed, keys, known, now)
	if err != nil {
		return nil, err
	}
	return &Opened{Entity: plain.Data, Encrypted: true, Signature: plain.Signature}, nil
}

// unwrapped goes on with what stands inside: a signed entity in an encrypted one (RFC 3156 section 6.1), an encrypted one
// in a signed one. Only the whole entity counts: protection of one part among others is left as it is, for a person to open.
func unwrapped(o *Opened, keys []*pgp.PrivateKey, known []*pgp.PublicKey, now time.Time) (*Opened, error) {
	for range maxLayers {
		if signed, signature, ok := Signed(o.Entity, "application/pgp-signature"); ok {
			// What the outer signature says stays if it is worth more: it covers the inner entity as well.
			if s := verified(signed, signature, known, now); o.Signature.State != pgp.Good {
				o.Signature = s
			}
			o.Entity = signed
			continue
		}
		media, params, two := halves(o.Entity)
		if media != "multipart/encrypted" || two == nil || !strings.EqualFold(params["protocol"], "application/pgp-encrypted") {
			return o, nil
		}
		kind, sealed, err := Content(two[1])
		if err == nil && kind != "application/octet-stream" {
			err = fmt.Errorf("%w: the encrypted part is of another type", cvd.ErrUnreadable)
		}
		if err != nil {
			return nil, err
		}
		if o, err = decrypted(sealed, keys, known, now); err != nil {
			return nil, err
		}
	}
	return nil, fmt.Errorf("%w: the letter is encrypted and signed around itself more than %d times", cvd.ErrTooLarge, maxLayers)
}

// verified judges the octets as they came, and if they came with bare LF, as they were signed.
func verified(signed, signature []byte, known []*pgp.PublicKey, now time.Time) pgp.Signature {
	s := pgp.Verify(signed, signature, known, now)
	if s.State == pgp.Bad {
		if c := Canonical(signed); !bytes.Equal(c, signed) {
			return pgp.Verify(c, signature, known, now)
		}
	}
	return s
}

// entityOf makes an entity of a text that came without header: one of words, else a file.
func entityOf(text []byte) []byte {
	header := "Content-Type: application/octet-stream\r\nContent-Disposition: attachment\r\nContent-Transfer-Encoding: binary\r\n\r\n"
	switch {
	case bytes.IndexByte(text, 0) >= 0:
	case utf8.Valid(text):
		header = "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
	default: // inline armor comes from old programs
		header = "Content-Type: text/plain; charset=windows-1252\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
	}
	return append([]byte(header), text...)
}

package pgp

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp/armor"
	pgperrors "github.com/ProtonMail/go-crypto/openpgp/errors"
	"github.com/ProtonMail/go-crypto/openpgp/packet"
	"github.com/ProtonMail/gopenpgp/v3/crypto"

	"fairlead/internal/cvd"
)

// MaxMessage is the most bytes that an encrypted message may have, and the most that may come out of it: what is compressed
// inside is not inflated further.
const MaxMessage = 64 << 20

// Limits on what one stranger's message may cost us.
const (
	maxSessionKeys = 100 // recipients, each of whom may be hidden and is then tried with every key of ours
	maxSigners     = 16  // signatures over one message, each of which hashes it whole
	maxLayers      = 8   // packets before the text that are neither signatures nor known
)

// What may be wrong with an encrypted message. All are told apart before anything of its content is seen.
var (
	// ErrNotForUs says that none of our keys, current or former, opens the message.
	ErrNotForUs = fmt.Errorf("%w: the message is not encrypted to a key of ours", cvd.ErrUnreadable)
	// ErrUnprotected says that the message has no protection against changes (RFC 9580 section 5.7; no MDC): what it
	// decrypts to may have been put together by anybody, so it is not decrypted.
	ErrUnprotected = fmt.Errorf("%w: the encrypted message is not protected against changes", cvd.ErrUnreadable)
	// ErrDamaged says that the message was changed, cut, or made against the grammar of RFC 9580 section 10.3.
	ErrDamaged = fmt.Errorf("%w: the encrypted message is damaged", cvd.ErrUnreadable)
)

// Plain is what an encrypted message says.
type Plain struct {
	Data      []byte // exactly the bytes that were encrypted
	Signature Signature
}

// Decrypt opens message, armored or binary, with whichever of keys it is encrypted to, expired ones too, and judges a
// signature inside by known at now. Recipients may be hidden (key id zero). It returns all of the text or none. A signature
// that is missing, bad or of an unknown key is no error: see Plain.Signature. Errors: ErrNotForUs, ErrUnprotected,
// ErrDamaged, cvd.ErrTooLarge; none quotes the message.
func Decrypt(message []byte, keys []*PrivateKey, known []*PublicKey, now time.Time) (*Plain, error) {
	if len(message) > MaxMessage {
		return nil, fmt.Errorf("%w: an encrypted message has at most %d MiB", cvd.ErrTooLarge, MaxMessage>>20)
	}
	raw, err := unarmored(message, "PGP MESSAGE")
	if err != nil {
		return nil, ErrDamaged
	}
	own, err := ringOf(keys)
	if err != nil {
		return nil, err
	}
	if own.CountEntities() == 0 {
		return nil, ErrNotForUs
	}
	// Before the library reads it: it takes as many signatures as there are, and what is not encrypted at all.
	if err := affordableMessage(raw, own); err != nil {
		return nil, err
	}
	others, err := ringOf(known)
	if err != nil {
		return nil, err
	}
	// The limit on inflating only backs up the one below, whose error says what is wrong.
	opener, err := crypto.PGP().Decryption().DecryptionKeys(own).VerificationKeys(others).VerifyTime(judged(now)).
		MaxDecompressedMessageSize(2 * MaxMessage).DisableAutomaticTextSanitize().New()
	if err != nil {
		return nil, fmt.Errorf("%w: preparing to decrypt", ErrKey)
	}
	reader, err := opener.DecryptingReader(bytes.NewReader(raw), crypto.Bytes)
	if err != nil {
		return nil, undecrypted(err)
	}
	data, err := io.ReadAll(io.LimitReader(reader, MaxMessage+1))
	if err != nil {
		return nil, undecrypted(err)
	}
	if len(data) > MaxMessage {
		return nil, fmt.Errorf("%w: an encrypted message may hold at most %d MiB", cvd.ErrTooLarge, MaxMessage>>20)
	}
	verified, err := reader.VerifySignature()
	if err != nil {
		return nil, ErrDamaged
	}
	return &Plain{Data: data, Signature: signatureOf(verified, known)}, nil
}

// undecrypted names what is wrong without the library's words, which may tell a forger what a changed message decrypts to.
func undecrypted(err error) error {
	var unsupported pgperrors.UnsupportedError
	switch {
	case errors.Is(err, pgperrors.ErrKeyIncorrect):
		return ErrNotForUs
	case errors.Is(err, pgperrors.ErrMessageTooLarge):
		return fmt.Errorf("%w: an encrypted message may hold at most %d MiB", cvd.ErrTooLarge, MaxMessage>>20)
	case errors.As(err, &unsupported) && string(unsupported) == "message is not integrity protected":
		return ErrUnprotected
	default:
		return ErrDamaged
	}
}

// unarmored takes the armor off, if there is one. Bytes before and after the block are refused with it: they would look as if
// they came out of it.
func unarmored(text []byte, kind string) ([]byte, error) {
	trimmed := bytes.TrimSpace(text)
	if len(trimmed) > 0 && trimmed[0]&0x80 != 0 { // each packet begins with that bit, no armor does
		return text, nil
	}
	if !bytes.HasPrefix(trimmed, []byte("-----BEGIN "+kind+"-----")) || !bytes.HasSuffix(trimmed, []byte("-----END "+kind+"-----")) ||
		bytes.Count(trimmed, []byte("-----BEGIN ")) != 1 {
		return nil, cvd.ErrUnreadable
	}
	block, err := armor.Decode(bytes.NewReader(trimmed))
	if err != nil || block.Type != kind {
		return nil, cvd.ErrUnreadable
	}
	return io.ReadAll(block.Body)
}

// Tags of packets (RFC 9580 section 5).
const (
	tagSessionKey  = 1
	tagPassphrase  = 3
	tagUnprotected = 9
	tagMarker      = 10
	tagProtected   = 18
	tagAEAD        = 20
)

func tagOf(first byte) byte {
	if first&0x40 != 0 {
		return first & 0x3f
	}
	return first & 0x3f >> 2
}

// affordableMessage reads the packets up to the text with a count, so that a small message made of very many signatures or
// recipients is refused before each of them costs something.
func affordableMessage(raw []byte, own *crypto.KeyRing) error {
	rest := bytes.NewReader(raw)
	var keys []*packet.EncryptedKey
	for count := 0; ; count++ {
		first, err := rest.ReadByte()
		if err != nil || first&0x80 == 0 || rest.UnreadByte() != nil {
			return ErrDamaged
		}
		tag := tagOf(first)
		if tag == tagUnprotected {
			return ErrUnprotected
		}
		if tag == tagProtected || tag == tagAEAD {
			break
		}
		if tag != tagSessionKey && tag != tagPassphrase && tag != tagMarker {
			return ErrDamaged // a text that is not encrypted, or no message at all
		}
		if count == maxSessionKeys {
			return fmt.Errorf("%w: a message has at most %d recipients", cvd.ErrTooLarge, maxSessionKeys)
		}
		p, err := packet.Read(rest)
		if key, ok := p.(*packet.EncryptedKey); ok && err == nil {
			keys = append(keys, key)
		}
		var unknown pgperrors.UnsupportedError
		if err != nil && !errors.As(err, &unknown) {
			return ErrDamaged
		}
	}
	p, err := packet.Read(rest)
	sealed, ok := p.(packet.EncryptedDataPacket)
	if err != nil || !ok {
		return ErrDamaged
	}
	content, err := unseal(sealed, keys, own)
	if err != nil {
		return err
	}
	return affordableContent(content)
}

// unseal opens the data with the first key that fits.
func unseal(sealed packet.EncryptedDataPacket, keys []*packet.EncryptedKey, own *crypto.KeyRing) (io.Reader, error) {
	for _, wrapped := range keys {
		for _, key := range own.GetKeys() {
			for _, private := range key.GetEntity().DecryptionKeys(wrapped.KeyId, time.Time{}, &packet.Config{}) {
				if private.PrivateKey == nil || wrapped.Decrypt(private.PrivateKey, &packet.Config{}) != nil {
					continue
				}
				content, err := sealed.Decrypt(wrapped.CipherFunc, wrapped.Key)
				if err == nil && content != nil {
					return content, nil
				}
				if err != nil && !errors.Is(err, pgperrors.ErrKeyIncorrect) {
					return nil, ErrDamaged
				}
			}
		}
	}
	return nil, ErrNotForUs
}

func affordableContent(content io.Reader) error {
	packets := packet.NewReader(content)
	limit, signatures, layers := int64(2*MaxMessage), 0, 0
	for {
		p, err := packets.NextWithUnsupported()
		if err != nil {
			return ErrDamaged
		}
		switch p := p.(type) {
		case *packet.LiteralData:
			return nil
		case *packet.OnePassSignature, *packet.Signature:
			signatures++
		case *packet.Compressed:
			layers++
			if packets.Push(p.LimitedBodyReader(&limit)) != nil {
				return ErrDamaged
			}
		default:
			layers++
		}
		if signatures > maxSigners || layers > maxLayers {
			return fmt.Errorf("%w: a message has at most %d signatures", cvd.ErrTooLarge, maxSigners)
		}
	}
}

// Encrypt encrypts plain to every key of to, and to every key of hidden without naming it in the message, and signs it
// inside at now unless signer is nil. The result is armored. Unless all recipients advertise more, the packets are those of
// RFC 4880 with MDC, which every program reads. Errors: ErrKey if signer cannot sign at now, cvd.ErrInvalid without a
// recipient or with one whose key cannot be encrypted to at now (CanEncrypt).
func Encrypt(plain []byte, to, hidden []*PublicKey, signer *PrivateKey, now time.Time) ([]byte, error) {
	for _, key := range append(append([]*PublicKey(nil), to...), hidden...) {
		if !key.CanEncrypt(now) {
			return nil, fmt.Errorf("%w: nothing can be encrypted to the key %s at %s", cvd.ErrInvalid, key.Fingerprint(), now.UTC().Format(time.RFC3339))
		}
	}
	if len(to)+len(hidden) == 0 {
		return nil, fmt.Errorf("%w: nobody to encrypt to", cvd.ErrInvalid)
	}
	// Each copy has a lock of its own to do without.
	open, err := ringOf(to)
	if err != nil {
		return nil, err
	}
	secret, err := ringOf(hidden)
	if err != nil {
		return nil, err
	}
	b := crypto.PGP().Encryption().Recipients(open).HiddenRecipients(secret).EncryptionTime(now.Unix()).SignTime(now.Unix())
	if signer != nil {
		signers, err := ringOf([]*PrivateKey{signer})
		if err != nil {
			return nil, err
		}
		b = b.SigningKeys(signers)
	}
	e, err := b.New()
	if err != nil {
		return nil, fmt.Errorf("encrypting: %w", err)
	}
	message, err := e.Encrypt(plain)
	if err != nil {
		return nil, fmt.Errorf("%w: encrypting and signing at %s: %w", ErrKey, now.UTC().Format(time.RFC3339), err)
	}
	return rearmored(message.Bytes(), "PGP MESSAGE")
}

// rearmored writes armor with its check sum (RFC 4880 section 6.1), which GnuPG 2.2 needs at times: see summed.
func rearmored(raw []byte, kind string) ([]byte, error) {
	var out bytes.Buffer
	w, err := armor.Encode(&out, kind, nil)
	if err != nil {
		return nil, fmt.Errorf("armoring: %w", err)
	}
	_, err = w.Write(raw)
	if err = errors.Join(err, w.Close()); err != nil {
		return nil, fmt.Errorf("armoring: %w", err)
	}
	return append(bytes.TrimRight(out.Bytes(), "\r\n"), '\n'), nil
}

// holder is a key of either half.
type holder interface{ lock() *guarded }

func (k *PrivateKey) lock() *guarded { return k.g() }
func (k *PublicKey) lock() *guarded  { return k.g }

// ringOf copies keys into a ring of their own, which nobody else changes while it is used.
func ringOf[K holder](keys []K) (*crypto.KeyRing, error) {
	ring, err := crypto.NewKeyRing(nil)
	if err != nil {
		return nil, fmt.Errorf("%w: a ring of keys cannot be made", ErrKey)
	}
	for _, k := range keys {
		var one *crypto.Key
		k.lock().with(func(key *crypto.Key) { one, err = key.Copy() })
		if err == nil {
			err = ring.AddKey(one)
		}
		if err != nil {
			return nil, fmt.Errorf("%w: it cannot be copied", ErrKey)
		}
	}
	return ring, nil
}

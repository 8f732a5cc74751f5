package seal

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"filippo.io/age"
	"filippo.io/age/armor"
)

// scryptWork is the base-2 logarithm of the scrypt cost of a passphrase: about one second and 256 MiB, once at start.
const scryptWork = 18

// SealPassphrase writes the keyring as text that only the passphrase opens (age-encryption.org/v1, scrypt recipient). The
// passphrase is taken byte for byte; an empty one is refused.
func (k *Keyring) SealPassphrase(passphrase string) ([]byte, error) {
	return k.sealPassphrase(passphrase, scryptWork)
}

func (k *Keyring) sealPassphrase(passphrase string, work int) ([]byte, error) {
	if passphrase == "" {
		return nil, errors.New("sealing the keyring: the passphrase is empty")
	}
	recipient, err := age.NewScryptRecipient(passphrase)
	if err != nil {
		return nil, fmt.Errorf("sealing the keyring: %w", err)
	}
	recipient.SetWorkFactor(work)
	return k.sealTo(recipient)
}

// OpenPassphrase reads what SealPassphrase wrote. Errors: ErrKey for a wrong passphrase, ErrTampered for changed text.
func OpenPassphrase(passphrase string, sealed []byte) (*Keyring, error) {
	if passphrase == "" {
		return nil, fmt.Errorf("%w: the passphrase is empty", ErrKey)
	}
	identity, err := age.NewScryptIdentity(passphrase)
	if err != nil {
		return nil, ErrKey
	}
	identity.SetMaxWorkFactor(scryptWork)
	return openWithAny(sealed, identity)
}

// SealTo writes the keyring as text that the holder of any of the recipients' identities opens (age-encryption.org/v1).
// Recipients are age1… (X25519) or age1pq1… (hybrid), not mixed.
func (k *Keyring) SealTo(recipients ...string) ([]byte, error) {
	rs, err := age.ParseRecipients(strings.NewReader(strings.Join(recipients, "\n")))
	if err != nil {
		return nil, fmt.Errorf("sealing the keyring: %w", err)
	}
	return k.sealTo(rs...)
}

// OpenWith reads what SealTo wrote, with an AGE-SECRET-KEY-… identity; blanks and line breaks around it do no harm. Errors:
// ErrKey for an identity that does not fit or is none, ErrTampered for changed text.
func OpenWith(identity string, sealed []byte) (*Keyring, error) {
	// The library's error may quote the line it could not read, and that line is a secret: it is left out.
	ids, err := age.ParseIdentities(strings.NewReader(strings.TrimSpace(identity)))
	if err != nil {
		return nil, fmt.Errorf("%w: this is no identity (AGE-SECRET-KEY-…)", ErrKey)
	}
	return openWithAny(sealed, ids...)
}

// NewRecovery makes the pair for the day the key file is lost: identity is shown once and kept offline by people, recipient
// is kept by the server and given to Recover. The pair is hybrid (ML-KEM-768 with X25519), since the sealed keyring lies in
// each backup for years.
func NewRecovery() (identity, recipient string, err error) {
	id, err := age.GenerateHybridIdentity()
	if err != nil {
		return "", "", fmt.Errorf("making a recovery identity: %w", err)
	}
	return id.String(), id.Recipient().String(), nil
}

// Recover seals the whole keyring to the recovery recipient, to be stored in the database and renewed at each rotation.
func (k *Keyring) Recover(recipient string) ([]byte, error) { return k.SealTo(recipient) }

// Restore brings the keyring back from what Recover made. Errors as for OpenWith.
func Restore(identity string, sealed []byte) (*Keyring, error) { return OpenWith(identity, sealed) }

func (k *Keyring) sealTo(recipients ...age.Recipient) ([]byte, error) {
	text, err := k.encode()
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	armoured := armor.NewWriter(&out)
	w, err := age.Encrypt(armoured, recipients...)
	if err != nil {
		return nil, fmt.Errorf("sealing the keyring: %w", err)
	}
	_, err = w.Write(text)
	if err = errors.Join(err, w.Close(), armoured.Close()); err != nil {
		return nil, fmt.Errorf("sealing the keyring: %w", err)
	}
	return out.Bytes(), nil
}

func openWithAny(sealed []byte, identities ...age.Identity) (*Keyring, error) {
	if len(sealed) > 2*maxKeyring {
		return nil, fmt.Errorf("%w: larger than %d bytes, this is no sealed keyring", ErrTampered, 2*maxKeyring)
	}
	plain, err := age.Decrypt(armor.NewReader(bytes.NewReader(sealed)), identities...)
	if err != nil {
		var none *age.NoIdentityMatchError
		if errors.As(err, &none) {
			return nil, ErrKey
		}
		return nil, ErrTampered
	}
	text, err := io.ReadAll(io.LimitReader(plain, maxKeyring+1))
	if err != nil || len(text) > maxKeyring {
		return nil, ErrTampered
	}
	return decode(text)
}

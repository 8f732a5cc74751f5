package mailroom

import (
	"context"
	"errors"
	"time"

	"fairlead/internal/cvd"
	"fairlead/internal/intake/mail"
)

// Lock is why an encrypted mail could not be opened.
type Lock string

// Why an encrypted mail could not be opened.
const (
	Unlocked Lock = ""
	NoKey    Lock = "no-key"  // it is to a key that we do not hold
	Exposed  Lock = "exposed" // nothing protects it from being changed on the way (EM-9)
	Broken   Lock = "broken"  // the encrypted part is damaged
	SMIME    Lock = "smime"   // S/MIME, which is not read here
)

// Read is what could be read of a mail.
type Read struct {
	// Message is nil only if nothing at all can be made of the mail.
	Message *mail.Message
	// Problem is why Message is nil: cvd.ErrUnreadable or cvd.ErrTooLarge.
	Problem error
	Lock    Lock
	// Encrypted says that it came encrypted, opened or not.
	Encrypted bool
	// Signature and Signer are what an OpenPGP signature says. It is good only by the
	// key that was handed in.
	Signature cvd.SignatureState
	Signer    string
	// Key is the sender's own key as the mail brings it, armored; empty if it brings
	// none or several.
	Key string
}

// Reader reads mail: its structure, its encryption and its signature.
type Reader struct {
	// Open decrypts and verifies a parsed mail with the team's keys. known is the
	// armored key that is pinned for whom the mail is from, or empty.
	Open func(ctx context.Context, m *mail.Message, known string, now time.Time) (Read, error)
}

// Read reads a mail. It never fails: what it cannot read it says.
func (r *Reader) Read(ctx context.Context, raw []byte, env mail.Envelope, known string, now time.Time) Read {
	m, err := mail.Parse(raw, env)
	if err != nil {
		return Read{Problem: err}
	}
	return Read{Message: m}
}

var _ = errors.Is

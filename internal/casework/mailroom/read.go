package mailroom

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"fairlead/internal/cvd"
	"fairlead/internal/intake/mail"
	"fairlead/internal/pgp"
	"fairlead/internal/pgp/letter"
)

// Lock is why an encrypted mail could not be opened.
type Lock string

// Why an encrypted mail could not be opened.
const (
	Unlocked Lock = ""
	NoKey    Lock = "no-key"  // it is to a key that we do not hold
	Exposed  Lock = "exposed" // nothing protects it from being changed on the way (EM-9)
	Broken   Lock = "broken"  // the encrypted part is damaged, or holds too much
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
	// Key is the sender's own key as the mail brings it, armored, and How by what:
	// autocrypt or attached. Empty if it brings none, or several.
	Key, How string
}

// Reader reads mail: its structure, its encryption and its signature.
type Reader struct {
	// Keys are the keys that mail to the team is encrypted to, former ones too; nil:
	// none.
	Keys func(ctx context.Context) ([]*pgp.PrivateKey, error)
}

// Parse reads the structure alone, from which a mail's place can be told.
func (r *Reader) Parse(raw []byte, env mail.Envelope) Read {
	m, err := mail.Parse(raw, env)
	if err != nil {
		return Read{Problem: err}
	}
	return Read{Message: m}
}

// Open takes encryption and signature off what Parse read. known is the armored key
// that is pinned for whom the mail is from, or empty. Its error says that the team's
// keys cannot be had now; what cannot be read of the mail is no error.
func (r *Reader) Open(ctx context.Context, read Read, known string, now time.Time) (Read, error) {
	outer := read.Message
	if outer == nil {
		return read, nil
	}
	if err := r.unwrap(ctx, &read, known, now); err != nil {
		return read, err
	}
	learn(&read, outer, now)
	return read, nil
}

func (r *Reader) unwrap(ctx context.Context, read *Read, known string, now time.Time) error {
	outer := read.Message
	parts := letter.Parts{}
	switch outer.Cipher {
	case mail.CipherPGP, mail.CipherPGPInline:
		parts.Sealed, parts.Inline = outer.Sealed, outer.Cipher == mail.CipherPGPInline
		read.Encrypted = true
	case mail.CipherPGPSigned:
		parts.Signed, parts.Signature = outer.Signed, outer.Signature
	case mail.CipherPGPClear:
		parts.Clear = outer.Sealed
	case mail.CipherCMS:
		read.Encrypted, read.Lock = true, SMIME
		return nil
	default:
		return nil
	}
	keys, err := r.keys(ctx)
	if err != nil {
		return err
	}
	var pinned []*pgp.PublicKey
	if key, err := pgp.ReadPublic([]byte(known)); known != "" && err == nil {
		pinned = append(pinned, key)
	}
	opened, err := letter.Open(parts, keys, pinned, now)
	if err != nil {
		read.shut(err)
		return nil
	}
	read.Signature, read.Signer = cvd.SignatureState(opened.Signature.State), opened.Signature.Fingerprint
	inner, err := within(outer, opened.Entity)
	if err != nil {
		read.shut(err)
		return nil
	}
	read.Message = inner
	return nil
}

// shut says why a protected mail stays as it is. Of one that is only signed the words
// can be read all the same.
func (r *Read) shut(err error) {
	switch {
	case !r.Encrypted:
		r.Signature = cvd.SignatureBad
	case errors.Is(err, pgp.ErrNotForUs):
		r.Lock = NoKey
	case errors.Is(err, pgp.ErrUnprotected):
		r.Lock = Exposed
	default:
		r.Lock = Broken
	}
}

// within is the mail with what was inside its protection. Files beside an inline text
// stay with it.
func within(outer *mail.Message, entity []byte) (*mail.Message, error) {
	o := *outer
	inline := o.Cipher == mail.CipherPGPInline || o.Cipher == mail.CipherPGPClear
	if inline {
		o.Cipher = mail.CipherPGP // what comes out is an entity
	}
	m, err := mail.Inner(&o, entity)
	if err == nil && inline {
		m.Files = slices.Concat(m.Files, outer.Files)
	}
	return m, err
}

func (r *Reader) keys(ctx context.Context) ([]*pgp.PrivateKey, error) {
	if r.Keys == nil {
		return nil, nil
	}
	return r.Keys(ctx)
}

// The ways by which a mail brings its sender's key.
const (
	ByAutocrypt = "autocrypt"
	ByFile      = "attached"
)

// learn finds the sender's own key in the mail: an attached one before that of the
// header, which programs add by themselves. Whoever sends several is asked.
func learn(read *Read, outer *mail.Message, now time.Time) {
	if len(outer.From) != 1 {
		return
	}
	found := map[string]*pgp.PublicKey{}
	take := func(b []byte) {
		key, err := pgp.ReadCarried(b)
		if err == nil && key.CanEncrypt(now) && key.HasAddress(outer.From[0].Email, now) {
			found[key.Fingerprint()] = key
		}
	}
	for _, f := range read.Message.Files {
		if isKey(&f) {
			take(f.Data)
		}
	}
	how := ByFile
	if len(found) == 0 && outer.Autocrypt != nil {
		how = ByAutocrypt
		take(outer.Autocrypt)
	}
	if len(found) != 1 {
		return
	}
	for _, key := range found {
		if armored, err := key.Armor(); err == nil {
			read.Key, read.How = string(armored), how
		}
	}
}

// isKey tells whether a file is meant as an OpenPGP public key (RFC 3156 section 7).
func isKey(f *mail.File) bool {
	return len(f.Data) <= pgp.MaxPublicKey &&
		(strings.EqualFold(f.Type, "application/pgp-keys") || bytes.Contains(f.Data, []byte("-----BEGIN PGP PUBLIC KEY BLOCK-----")))
}

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
	"fairlead/internal/pgp/letter/smime"
)

// Lock is why an encrypted mail could not be opened.
type Lock string

// Why an encrypted mail could not be opened.
const (
	Unlocked Lock = ""
	NoKey    Lock = "no-key"  // it is to a key that we do not hold
	Exposed  Lock = "exposed" // nothing protects it from being changed on the way (EM-9)
	Broken   Lock = "broken"  // the encrypted part is damaged, or holds too much
	SMIME    Lock = "smime"   // S/MIME of a kind that is not read here, or without a certificate of ours
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
	// Signature and Signer are what the signature says: OpenPGP is good only by the key
	// that was handed in; S/MIME by a certificate for the sender's address that an
	// authority of the operator's vouches for. Only the first is a participant's own key.
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
	// SMIME takes S/MIME off (smime.Open); nil: it stays as it is.
	SMIME func(parts letter.Parts, now time.Time) (*smime.Opened, error)
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
	case mail.CipherCMS, mail.CipherCMSSigned:
		r.certified(read, now)
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

// certified takes S/MIME off. What is only signed can be read all the same.
func (r *Reader) certified(read *Read, now time.Time) {
	outer := read.Message
	read.Encrypted = outer.Cipher == mail.CipherCMS
	if r.SMIME == nil {
		if read.Encrypted {
			read.Lock = SMIME
		}
		return
	}
	opened, err := r.SMIME(letter.Parts{Sealed: outer.Sealed, Signed: outer.Signed, Signature: outer.Signature}, now)
	if err == nil {
		read.Encrypted = opened.Encrypted // smime-type is the sender's word alone
		read.Signature, read.Signer = cvd.SignatureState(opened.Signature.State), opened.Signature.Fingerprint
		if len(outer.From) != 1 || !slices.Contains(opened.Signer, strings.ToLower(outer.From[0].Email)) {
			read.Signature = unvouched(read.Signature)
		}
		o := *outer
		o.Cipher = mail.CipherCMS // what comes out is an entity, and the structure is no file any more
		var inner *mail.Message
		if inner, err = mail.Inner(&o, opened.Entity); err == nil {
			read.Message = inner
			return
		}
	}
	if errors.Is(err, smime.ErrUnsupported) && read.Encrypted {
		read.Lock = SMIME
		return
	}
	read.shut(err)
}

// unvouched is what a signature is worth that somebody else than the sender made.
func unvouched(s cvd.SignatureState) cvd.SignatureState {
	if s == cvd.SignatureGood {
		return cvd.SignatureUnknown
	}
	return s
}

// shut says why a protected mail stays as it is. Of one that is only signed the words
// can be read all the same.
func (r *Read) shut(err error) {
	switch {
	case !r.Encrypted:
		r.Signature = cvd.SignatureBad
	case errors.Is(err, pgp.ErrNotForUs), errors.Is(err, smime.ErrNotForUs):
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
	ByDirectory = "wkd" // not by the mail: the sender's domain was asked
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

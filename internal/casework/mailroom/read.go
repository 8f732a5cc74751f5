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
	Part     Lock = "part"    // something in it is encrypted, but not the mail as a whole (mail.Message.Closed)
)

// Read is what could be read of a mail.
type Read struct {
	// Message is nil only if nothing at all can be made of the mail.
	Message *mail.Message
	// Problem is why Message is nil: cvd.ErrUnreadable or cvd.ErrTooLarge, of which
	// mail.ErrHeader is one. Glimpse then holds sender and subject, if they can be seen.
	Problem error
	Glimpse *mail.Message
	Lock    Lock
	// Encrypted says that it came encrypted, opened or not.
	Encrypted bool
	// Signature and Signer are what the signature says: OpenPGP is good only by the key
	// that was handed in, and first by one of the sender's own that came with the mail
	// where none was; S/MIME is good by a certificate for the sender's address that an
	// authority of the operator's vouches for. Only the first is a participant's own key.
	Signature cvd.SignatureState
	Signer    string
	// Key is the sender's own key as the mail brings it, armored, and How by what:
	// autocrypt or attached. Empty if it brings none, or several.
	Key, How string
	// Unfit is why the sender's own key that came with the mail cannot be encrypted to
	// (pgp.Trouble); empty where one can, or none came.
	Unfit string
}

// Says tells whether a person can read words in it: of what stays encrypted, those
// that stand around it.
func (r *Read) Says() bool {
	return r.Message != nil && (r.Lock == Unlocked || !cvd.Blank(r.Message.Text))
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
		return Read{Problem: err, Glimpse: mail.Glimpse(raw)}
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
	read.Encrypted = outer.Closed
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
		read.settle(outer, false)
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
	opened, inner, err := open(outer, parts, keys, pinned, now)
	if err != nil {
		read.shut(err)
		return nil
	}
	read.Encrypted = read.Encrypted || opened.Encrypted
	read.Signature, read.Signer = cvd.SignatureState(opened.Signature.State), opened.Signature.Fingerprint
	if len(pinned) == 0 && read.Signature == cvd.SignatureUnknown {
		read.first(outer, inner, parts, keys, now)
	}
	if beside(outer) {
		read.Signature = unvouched(read.Signature)
	}
	read.settle(inner, opened.Encrypted)
	return nil
}

// open takes encryption and signature off, and reads what comes out.
func open(outer *mail.Message, parts letter.Parts, keys []*pgp.PrivateKey, known []*pgp.PublicKey, now time.Time) (*letter.Opened, *mail.Message, error) {
	opened, err := letter.Open(parts, keys, known, now)
	if err != nil {
		return nil, nil, err
	}
	inner, err := within(outer, opened.Entity)
	return opened, inner, err
}

// first judges a signature by the sender's own keys that came with the mail. That one
// fits shows that nobody changed the text who did not change the key as well.
func (r *Read) first(outer, inner *mail.Message, parts letter.Parts, keys []*pgp.PrivateKey, now time.Time) {
	var own []*pgp.PublicKey
	for _, one := range carried(outer, inner, now) {
		own = append(own, one.key)
	}
	if len(own) == 0 {
		return
	}
	opened, err := letter.Open(parts, keys, own, now)
	if err != nil {
		return
	}
	r.Signer = opened.Signature.Fingerprint
	switch opened.Signature.State {
	case pgp.Good:
		r.Signature = cvd.SignatureFirst
	case pgp.Bad:
		r.Signature = cvd.SignatureBad
	}
}

// settle is what there is to read now; opened says that it was encrypted as a whole
// and is not any more. Where something in the mail still is, the mail counts as
// encrypted, and is opened no further.
func (r *Read) settle(m *mail.Message, opened bool) {
	r.Message = m
	sealed := slices.Contains([]mail.Cipher{mail.CipherPGP, mail.CipherPGPInline, mail.CipherCMS}, m.Cipher)
	if (m.Closed || sealed) && !opened || sealed && m.Text == "" {
		r.Encrypted, r.Lock = true, Part
	}
}

// beside tells whether there are words or files beside an inline text, which its
// signature does not cover. Keys say nothing.
func beside(outer *mail.Message) bool {
	if outer.Cipher != mail.CipherPGPInline && outer.Cipher != mail.CipherPGPClear {
		return false
	}
	return outer.Before != "" || outer.After != "" || slices.ContainsFunc(outer.Files, func(f mail.File) bool { return !isKey(&f) })
}

// certified takes S/MIME off. What is only signed can be read all the same.
func (r *Reader) certified(read *Read, now time.Time) {
	outer := read.Message
	read.Encrypted = outer.Cipher == mail.CipherCMS
	if r.SMIME == nil {
		if read.settle(outer, false); outer.Cipher == mail.CipherCMS {
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
			read.settle(inner, opened.Encrypted)
			return
		}
	}
	if errors.Is(err, smime.ErrUnsupported) && read.Encrypted {
		read.Lock = SMIME
		return
	}
	closed := !read.Encrypted && outer.Closed
	if read.shut(err); closed {
		read.Encrypted, read.Lock = true, Part
	}
}

// unvouched is what a signature is worth that somebody else than the sender made.
func unvouched(s cvd.SignatureState) cvd.SignatureState {
	if s == cvd.SignatureGood || s == cvd.SignatureFirst {
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

// learn takes the sender's own key from the mail, if there is one of it that can be
// used. Whoever sends several is asked; what is wrong with one that cannot be used is
// told.
func learn(read *Read, outer *mail.Message, now time.Time) {
	var usable []own
	for _, one := range carried(outer, read.Message, now) {
		switch trouble := one.key.Trouble(now); {
		case trouble == "":
			usable = append(usable, one)
		case read.Unfit == "":
			read.Unfit = string(trouble)
		}
	}
	if len(usable) > 0 {
		read.Unfit = ""
	}
	if len(usable) != 1 {
		return
	}
	if armored, err := usable[0].key.Armor(); err == nil {
		read.Key, read.How = string(armored), usable[0].how
	}
}

// own is a key with the sender's address, and by what it came.
type own struct {
	key *pgp.PublicKey
	how string
}

// mostCarried is how many keys of a sender are looked at in one mail.
const mostCarried = 8

// carried are the sender's own keys in a mail, each once: attached ones, else that of
// the header, which programs add by themselves.
func carried(outer, inner *mail.Message, now time.Time) []own {
	if len(outer.From) != 1 {
		return nil
	}
	var out []own
	take := func(b []byte, how string) {
		key, err := pgp.ReadCarried(b)
		if err != nil || !key.HasAddress(outer.From[0].Email, now) || len(out) >= mostCarried {
			return
		}
		if !slices.ContainsFunc(out, func(o own) bool { return o.key.Fingerprint() == key.Fingerprint() }) {
			out = append(out, own{key, how})
		}
	}
	for _, f := range inner.Files {
		if isKey(&f) {
			take(f.Data, ByFile)
		}
	}
	if len(out) == 0 && outer.Autocrypt != nil {
		take(outer.Autocrypt, ByAutocrypt)
	}
	return out
}

// isKey tells whether a file is meant as an OpenPGP public key (RFC 3156 section 7).
func isKey(f *mail.File) bool {
	return len(f.Data) <= pgp.MaxPublicKey &&
		(strings.EqualFold(f.Type, "application/pgp-keys") || bytes.Contains(f.Data, []byte("-----BEGIN PGP PUBLIC KEY BLOCK-----")))
}

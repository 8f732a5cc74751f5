package pgp

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp/packet"
	"github.com/ProtonMail/gopenpgp/v3/crypto"

	"fairlead/internal/cvd"
)

// skew is how far a sender's clock may be ahead of ours.
const skew = 10 * time.Minute

func judged(now time.Time) int64 { return now.Add(skew).Unix() }

// maxSignature is the most bytes of a detached signature.
const maxSignature = 64 << 10

// State is what is known of a signature.
type State string

// The states of a signature. Only Good says anything about the text.
const (
	Unsigned State = ""        // there is none
	Good     State = "good"    // made over all of the text by one of the known keys while that was good
	Bad      State = "bad"     // of a known key, and it does not fit: the text was changed, or the key was not good then
	Unknown  State = "unknown" // of a key that is not among the known ones, or made in a way that nobody can check
)

// Signature is what a text's signature is worth.
type Signature struct {
	State State
	// Fingerprint is that of the known key, of a good or bad one (the primary key's, upper-case hexadecimal); of an unknown
	// one what the signature itself claims, which may be empty or false.
	Fingerprint string
	// Made is the instant that the signature gives for itself; zero if unknown.
	Made time.Time
}

// Verify judges a detached signature, armored or binary, over exactly these bytes by the known keys at now. There is no
// error: what cannot be read as a signature is Unknown.
func Verify(data, signature []byte, known []*PublicKey, now time.Time) Signature {
	raw, ok := oneSignature(signature)
	if !ok {
		return Signature{State: Unknown}
	}
	ring, err := ringOf(known)
	if err != nil {
		return Signature{State: Unknown}
	}
	verifier, err := crypto.PGP().Verify().VerificationKeys(ring).VerifyTime(judged(now)).New()
	if err != nil {
		return Signature{State: Unknown}
	}
	result, err := verifier.VerifyDetached(data, raw, crypto.Bytes)
	if err != nil {
		return Signature{State: Unknown}
	}
	return signatureOf(result, known)
}

// oneSignature takes the armor off and makes sure that there are only a few signatures: each hashes the whole text.
func oneSignature(signature []byte) ([]byte, bool) {
	if len(signature) > maxSignature {
		return nil, false
	}
	raw, err := unarmored(signature, "PGP SIGNATURE")
	if err != nil {
		return nil, false
	}
	packets, count := packet.NewOpaqueReader(bytes.NewReader(raw)), 0
	for {
		_, err := packets.Next()
		if err == io.EOF { //nolint:errorlint // the reader gives it bare
			return raw, count > 0
		}
		if count++; err != nil || count > maxSigners {
			return nil, false
		}
	}
}

// ReadClear reads a text that is clear-signed as a whole and judges its signature by the known keys at now. What comes back
// is what was signed and nothing else, each line ending in LF, without the blanks at line ends. Errors: cvd.ErrTooLarge,
// cvd.ErrUnreadable if it is not one whole clear-signed text.
func ReadClear(signed []byte, known []*PublicKey, now time.Time) ([]byte, Signature, error) {
	trimmed := bytes.TrimSpace(signed)
	switch {
	case len(trimmed) > MaxClear:
		return nil, Signature{}, fmt.Errorf("%w: a signed text has at most %d bytes", cvd.ErrTooLarge, MaxClear)
	case !bytes.HasPrefix(trimmed, []byte(clearBegin)) || !bytes.HasSuffix(trimmed, []byte(clearEnd)):
		return nil, Signature{}, fmt.Errorf("%w: it is not one whole clear-signed text", cvd.ErrUnreadable)
	}
	at := bytes.LastIndex(trimmed, []byte("\n"+signatureBegin)) + 1
	if _, ok := oneSignature(trimmed[at:]); at == 0 || !ok {
		return nil, Signature{}, fmt.Errorf("%w: the signed text carries no signature that can be read", cvd.ErrUnreadable)
	}
	ring, err := ringOf(known)
	if err != nil {
		return nil, Signature{}, err
	}
	verifier, err := crypto.PGP().Verify().VerificationKeys(ring).VerifyTime(judged(now)).New()
	if err != nil {
		return nil, Signature{}, fmt.Errorf("%w: preparing to verify", ErrKey)
	}
	result, err := verifier.VerifyCleartext(trimmed)
	if err != nil {
		return nil, Signature{}, fmt.Errorf("%w: the signed text is malformed", cvd.ErrUnreadable)
	}
	return append(bytes.Clone(result.Cleartext()), '\n'), signatureOf(&result.VerifyResult, known), nil
}

// signatureOf picks, among several signatures, a good one of a known key, else a bad one, else any. The library counts our
// own keys among those it verifies with; here only the known ones count.
func signatureOf(result *crypto.VerifyResult, known []*PublicKey) Signature {
	owners := map[uint64]string{} // by key id, of primary keys and subkeys
	for _, k := range known {
		k.g.with(func(key *crypto.Key) {
			entity := key.GetEntity()
			name := strings.ToUpper(key.GetFingerprint())
			owners[entity.PrimaryKey.KeyId] = name
			for _, sub := range entity.Subkeys {
				owners[sub.PublicKey.KeyId] = name
			}
		})
	}
	rank := map[State]int{Unknown: 1, Bad: 2, Good: 3}
	best := Signature{}
	for _, one := range result.Signatures {
		if s := judge(one, owners); rank[s.State] > rank[best.State] {
			best = s
		}
	}
	return best
}

func judge(one *crypto.VerifiedSignature, owners map[uint64]string) Signature {
	s := Signature{State: Unknown}
	if one.Signature == nil {
		return s
	}
	s.Made = one.Signature.CreationTime.UTC()
	s.Fingerprint = strings.ToUpper(hex.EncodeToString(one.Signature.IssuerFingerprint))
	if one.Signature.IssuerKeyId == nil {
		return s
	}
	owner, ours := owners[*one.Signature.IssuerKeyId]
	if !ours {
		return s
	}
	s.State, s.Fingerprint = Bad, owner
	if one.SignatureError == nil && one.SignedBy != nil && strings.EqualFold(one.SignedBy.GetFingerprint(), owner) {
		s.State = Good
	}
	return s
}

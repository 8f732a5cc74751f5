// Package smime takes S/MIME off mail (RFC 8551): it decrypts what was encrypted to a certificate of ours and judges
// signatures by roots that the operator names.
//
// It never writes S/MIME, never fetches a certificate or a revocation list, and never trusts a root that it was not handed.
// What it cannot read (AuthEnvelopedData, keys on elliptic curves, RSA-PSS) it says so; whoever calls it keeps the bytes.
package smime

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/smallstep/pkcs7"

	"fairlead/internal/cvd"
	"fairlead/internal/pgp"
	"fairlead/internal/pgp/letter"
)

// maxLayers is how many times a message may be encrypted and signed around itself; three is common (RFC 2634 section 1.1).
const maxLayers = 4

// What may be wrong with an encrypted message.
var (
	// ErrUnsupported says that the message is of a kind that cannot be read here.
	ErrUnsupported = fmt.Errorf("%w: this kind of S/MIME cannot be read here", cvd.ErrUnreadable)
	// ErrNotForUs says that it is not encrypted to a certificate of ours.
	ErrNotForUs = fmt.Errorf("%w: the message is not encrypted to a certificate of ours", cvd.ErrUnreadable)
	// ErrDamaged says that it is no whole CMS structure, or does not decrypt.
	ErrDamaged = fmt.Errorf("%w: the S/MIME message is damaged", cvd.ErrUnreadable)
)

// Content types (RFC 5652 sections 5 and 6, RFC 5083).
var (
	oidSigned        = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 2}
	oidEnveloped     = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 3}
	oidAuthEnveloped = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 1, 23}
)

// Own is a certificate of ours with its private key. It never prints the key.
type Own struct {
	cert *x509.Certificate
	key  func() *rsa.PrivateKey
}

// Until is the instant after which the certificate is not valid.
func (o Own) Until() time.Time { return o.cert.NotAfter }

// ReadOwn reads our certificates and their private keys, each file holding one PEM block or several: a renewed certificate
// stands beside the former one, which goes on reading. Keys are RSA, PKCS #1 or #8, without a passphrase. Every certificate
// needs its key. Errors: cvd.ErrInvalid, without anything of the files.
func ReadOwn(certificates, keys []byte) ([]Own, error) {
	certs, err := ReadCertificates(certificates)
	if err != nil {
		return nil, err
	}
	var private []*rsa.PrivateKey
	for {
		var block *pem.Block
		if block, keys = pem.Decode(keys); block == nil {
			break
		}
		key, err := privateOf(block)
		if err != nil {
			return nil, err
		}
		private = append(private, key)
	}
	var out []Own
	for _, cert := range certs {
		found := false
		for _, key := range private {
			if public, ok := cert.PublicKey.(*rsa.PublicKey); ok && public.Equal(&key.PublicKey) {
				out, found = append(out, Own{cert, func() *rsa.PrivateKey { return key }}), true
			}
		}
		if !found {
			return nil, fmt.Errorf("%w: a certificate has no RSA private key among those given", cvd.ErrInvalid)
		}
	}
	return out, nil
}

func privateOf(block *pem.Block) (*rsa.PrivateKey, error) {
	if key, err := x509.ParsePKCS1PrivateKey(block.Bytes); err == nil {
		return key, nil
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if rsaKey, ok := key.(*rsa.PrivateKey); ok && err == nil {
		return rsaKey, nil
	}
	return nil, fmt.Errorf("%w: a private key is not RSA in PKCS #1 or #8 without a passphrase", cvd.ErrInvalid)
}

// ReadCertificates reads PEM certificates, at least one. Errors: cvd.ErrInvalid.
func ReadCertificates(text []byte) ([]*x509.Certificate, error) {
	var out []*x509.Certificate
	for {
		var block *pem.Block
		if block, text = pem.Decode(text); block == nil {
			break
		}
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil || block.Type != "CERTIFICATE" {
			return nil, fmt.Errorf("%w: a PEM block is no certificate", cvd.ErrInvalid)
		}
		out = append(out, cert)
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%w: there is no PEM certificate", cvd.ErrInvalid)
	}
	return out, nil
}

// Opened is what came out.
type Opened struct {
	letter.Opened
	// Signer are the mail addresses in the signer's certificate, in lower case, of a good signature.
	Signer []string
}

// Open takes S/MIME off a letter: Sealed is a CMS structure, Signed and Signature are the parts of a multipart/signed. It
// decrypts with whichever of own fits, expired ones too, and goes on inside. A signature is Good only if it fits, its
// certificate is for mail, is valid at now and leads to one of roots; Fingerprint is then the SHA-256 of the certificate. Nil
// roots vouch for nobody. EnvelopedData has no protection against changes (RFC 8551 section 6): what comes out of it without
// a good signature inside may have been altered on the way. Errors: ErrUnsupported, ErrNotForUs, ErrDamaged, cvd.ErrTooLarge.
func Open(p letter.Parts, own []Own, roots *x509.CertPool, now time.Time) (*Opened, error) {
	o := &Opened{}
	switch {
	case len(p.Sealed) > 0:
		if err := o.structure(p.Sealed, own, roots, now); err != nil {
			return nil, err
		}
	case len(p.Signed) > 0:
		o.signed(p.Signed, p.Signature, roots, now)
	default:
		return nil, fmt.Errorf("%w: nothing of the letter is encrypted or signed", cvd.ErrUnreadable)
	}
	for range maxLayers {
		if signed, signature, ok := letter.Signed(o.Entity, "application/pkcs7-signature", "application/x-pkcs7-signature"); ok {
			o.signed(signed, signature, roots, now)
			continue
		}
		media, body, err := letter.Content(o.Entity)
		if err != nil || (media != "application/pkcs7-mime" && media != "application/x-pkcs7-mime") {
			return o, nil //nolint:nilerr // words without a header are an entity as well; who reads it says what it lacks
		}
		if err := o.structure(body, own, roots, now); err != nil {
			return nil, err
		}
	}
	return nil, fmt.Errorf("%w: the letter is encrypted and signed around itself more than %d times", cvd.ErrTooLarge, maxLayers)
}

// structure takes one CMS structure off.
func (o *Opened) structure(der []byte, own []Own, roots *x509.CertPool, now time.Time) error {
	kind, err := bounded(der)
	if err != nil {
		return err
	}
	switch {
	case kind.Equal(oidAuthEnveloped):
		return ErrUnsupported
	case kind.Equal(oidEnveloped):
		plain, err := decrypted(der, own)
		if err != nil {
			return err
		}
		// Whoever signed around the encryption need not know what is inside.
		*o = Opened{Opened: letter.Opened{Entity: plain, Encrypted: true}}
		return nil
	case kind.Equal(oidSigned):
		p7, err := parsed(der)
		if err != nil || len(p7.Content) == 0 {
			return ErrDamaged
		}
		o.Entity = p7.Content
		o.judge(p7, roots, now)
		return nil
	default:
		return ErrUnsupported
	}
}

// decrypted opens EnvelopedData with the first certificate that it names.
func decrypted(der []byte, own []Own) (plain []byte, err error) {
	p7, err := parsed(der)
	if err != nil {
		return nil, ErrUnsupported // recipients that are named by key or agree on one, most likely
	}
	// The library does not expect every malformed content.
	defer func() {
		if recover() != nil {
			plain, err = nil, ErrDamaged
		}
	}()
	for _, one := range own {
		plain, err = p7.Decrypt(one.cert, unwrapper{one.key})
		switch {
		case err == nil:
			return plain, nil
		case strings.Contains(err.Error(), "no enveloped recipient"):
		case errors.Is(err, pkcs7.ErrUnsupportedAlgorithm), errors.Is(err, pkcs7.ErrUnsupportedAsymmetricEncryptionAlgorithm):
			return nil, ErrUnsupported
		default:
			return nil, ErrDamaged
		}
	}
	return nil, ErrNotForUs
}

// unwrapper decrypts session keys. Where PKCS #1 v1.5 does not decrypt it gives a key of chance, so that nobody learns from
// our answers which ciphertexts are well-formed (RFC 3218).
type unwrapper struct{ key func() *rsa.PrivateKey }

func (u unwrapper) Public() crypto.PublicKey { return &u.key().PublicKey }

func (u unwrapper) Decrypt(random io.Reader, wrapped []byte, opts crypto.DecrypterOpts) ([]byte, error) {
	plain, err := u.key().Decrypt(random, wrapped, opts)
	if _, padded := opts.(*rsa.OAEPOptions); err != nil && !padded {
		plain, err = make([]byte, 32), nil
		if _, err := rand.Read(plain); err != nil {
			return nil, err
		}
	}
	return plain, err
}

func parsed(der []byte) (p7 *pkcs7.PKCS7, err error) {
	defer func() {
		if recover() != nil {
			p7, err = nil, ErrDamaged
		}
	}()
	return pkcs7.Parse(der)
}

// signed judges a detached signature over an entity, and goes on with that.
func (o *Opened) signed(entity, signature []byte, roots *x509.CertPool, now time.Time) {
	o.Entity = entity
	kind, err := bounded(signature)
	if err != nil || !kind.Equal(oidSigned) {
		o.take(pgp.Signature{State: pgp.Unknown}, nil)
		return
	}
	for _, octets := range [][]byte{entity, letter.Canonical(entity)} {
		p7, err := parsed(signature)
		if err != nil || len(p7.Content) > 0 {
			o.take(pgp.Signature{State: pgp.Unknown}, nil)
			return
		}
		p7.Content = octets
		if o.judge(p7, roots, now); o.Signature.State != pgp.Bad {
			return
		}
	}
}

// take keeps a signature unless one around it already vouches for the same words.
func (o *Opened) take(s pgp.Signature, signer []string) {
	if o.Signature.State != pgp.Good {
		o.Signature, o.Signer = s, signer
	}
}

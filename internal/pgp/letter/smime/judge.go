package smime

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/smallstep/pkcs7"

	"fairlead/internal/pgp"
)

// digests are the hashes that a signature may use (RFC 8551 section 2.1); SHA-1 and MD5 prove nothing any more.
var digests = []asn1.ObjectIdentifier{pkcs7.OIDDigestAlgorithmSHA256, pkcs7.OIDDigestAlgorithmSHA384, pkcs7.OIDDigestAlgorithmSHA512}

// judge says what the signature of a structure is worth.
func (o *Opened) judge(p7 *pkcs7.PKCS7, roots *x509.CertPool, now time.Time) {
	s, signer := judged(p7, roots, now)
	o.take(s, signer)
}

func judged(p7 *pkcs7.PKCS7, roots *x509.CertPool, now time.Time) (s pgp.Signature, signer []string) {
	s.State = pgp.Unknown
	defer func() {
		if recover() != nil { // the library does not expect every malformed signature
			s, signer = pgp.Signature{State: pgp.Unknown}, nil
		}
	}()
	cert := p7.GetOnlySigner()
	if cert == nil {
		return s, nil
	}
	sum := sha256.Sum256(cert.Raw)
	s.Fingerprint = strings.ToUpper(hex.EncodeToString(sum[:]))
	by := p7.Signers[0]
	uses := func(oid asn1.ObjectIdentifier) bool { return oid.Equal(by.DigestAlgorithm.Algorithm) }
	// Without signed attributes their encoding could itself be passed off as a content.
	if !slices.ContainsFunc(digests, uses) || len(by.AuthenticatedAttributes) == 0 {
		return s, nil
	}
	var kind asn1.ObjectIdentifier
	if p7.UnmarshalSignedAttribute(pkcs7.OIDAttributeContentType, &kind) != nil || !kind.Equal(pkcs7.OIDData) {
		return s, nil
	}
	if err := p7.VerifyWithChainAtTime(nil, now); err != nil {
		if !unsupported(err) {
			s.State = pgp.Bad
		}
		return s, nil
	}
	var made time.Time
	if p7.UnmarshalSignedAttribute(pkcs7.OIDAttributeSigningTime, &made) == nil {
		s.Made = made.UTC()
	}
	if roots == nil || !vouched(cert, p7.Certificates, roots, now) {
		return s, nil
	}
	s.State = pgp.Good
	for _, a := range cert.EmailAddresses {
		signer = append(signer, strings.ToLower(a))
	}
	return s, signer
}

func unsupported(err error) bool {
	var insecure x509.InsecureAlgorithmError
	return errors.Is(err, pkcs7.ErrUnsupportedAlgorithm) || errors.Is(err, x509.ErrUnsupportedAlgorithm) || errors.As(err, &insecure) ||
		strings.Contains(err.Error(), "unsupported")
}

func vouched(cert *x509.Certificate, beside []*x509.Certificate, roots *x509.CertPool, now time.Time) bool {
	between := x509.NewCertPool()
	for _, c := range beside {
		between.AddCert(c)
	}
	_, err := cert.Verify(x509.VerifyOptions{
		Roots: roots, Intermediates: between, CurrentTime: now, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageEmailProtection},
	})
	return err == nil
}

// Package mailkey reads the private key by which an installation's mails are signed
// for DKIM (RFC 6376), and writes the DNS record that makes its public half known.
//
// It never keeps the key, never signs, and never shows any of it but the public half.
package mailkey

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"

	"fairlead/internal/cvd"
)

// Smallest and Largest are the lengths that an RSA key may have, in bits: shorter
// ones are weak, and nobody has to accept a signature by a longer one (RFC 8301
// section 3.2).
const (
	Smallest = 2048
	Largest  = 4096
)

// Read reads one unencrypted key in PEM: RSA (PKCS #1 or #8) or Ed25519 (PKCS #8,
// RFC 8463). Errors wrap cvd.ErrInvalid and hold nothing of the file.
func Read(file []byte) (crypto.Signer, error) {
	block, _ := pem.Decode(file)
	if block == nil {
		return nil, fmt.Errorf("%w: the DKIM key is no PEM file; give a private key as openssl genpkey writes it", cvd.ErrInvalid)
	}
	var key any
	var err error
	switch block.Type {
	case "PRIVATE KEY":
		key, err = x509.ParsePKCS8PrivateKey(block.Bytes)
	case "RSA PRIVATE KEY":
		key, err = x509.ParsePKCS1PrivateKey(block.Bytes)
	case "ENCRYPTED PRIVATE KEY":
		return nil, fmt.Errorf("%w: the DKIM key is encrypted; give it without a passphrase, in a file that only the service may read", cvd.ErrInvalid)
	default:
		return nil, fmt.Errorf("%w: the DKIM key file begins with something else; give a private key, RSA or Ed25519", cvd.ErrInvalid)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: the DKIM key cannot be read; give it as openssl genpkey writes it", cvd.ErrInvalid)
	}
	switch k := key.(type) {
	case ed25519.PrivateKey:
		return k, nil
	case *rsa.PrivateKey:
		if n := k.N.BitLen(); n < Smallest || n > Largest {
			return nil, fmt.Errorf("%w: an RSA key for DKIM has %d to %d bits, this one %d", cvd.ErrInvalid, Smallest, Largest, n)
		}
		return k, nil
	}
	return nil, fmt.Errorf("%w: DKIM knows RSA and Ed25519 keys only", cvd.ErrInvalid)
}

// Record is the text of the TXT record at SELECTOR._domainkey.DOMAIN (RFC 6376
// section 3.6.1; RFC 8463 section 4), in one piece; a name server may want it in
// strings of 255 bytes.
func Record(key crypto.Signer) (string, error) {
	switch pub := key.Public().(type) {
	case ed25519.PublicKey:
		return "v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(pub), nil
	case *rsa.PublicKey:
		der, err := x509.MarshalPKIXPublicKey(pub)
		if err != nil {
			return "", fmt.Errorf("%w: the DKIM key's public half cannot be written", cvd.ErrInvalid)
		}
		return "v=DKIM1; k=rsa; p=" + base64.StdEncoding.EncodeToString(der), nil
	}
	return "", fmt.Errorf("%w: DKIM knows RSA and Ed25519 keys only", cvd.ErrInvalid)
}

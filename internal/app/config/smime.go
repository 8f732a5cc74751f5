package config

import (
	"crypto/x509"
	"os"

	"fairlead/internal/pgp/letter/smime"
	"fairlead/internal/policy/source"
)

// SMIME names the files for reading S/MIME; they are read at start.
type SMIME struct {
	Certificate string `yaml:"certificate"`
	KeyFile     string `yaml:"key_file"`
	Roots       string `yaml:"roots"`

	Own     []smime.Own    `yaml:"-"` // what the first two hold
	Vouched *x509.CertPool `yaml:"-"` // what the last holds; nil for nobody
}

// open reads the files.
func (s *SMIME) open(file *source.File) {
	read := func(at, path string) []byte {
		b, err := os.ReadFile(path)
		if err != nil {
			file.Fault(at, "cannot be read", "name a file that the server may read")
		}
		return b
	}
	certificate, key := read("mail.smime.certificate", s.Certificate), read("mail.smime.key_file", s.KeyFile)
	if certificate != nil && key != nil {
		own, err := smime.ReadOwn(certificate, key)
		if err != nil {
			file.Fault("mail.smime", "holds no certificate whose RSA private key is in key_file", "name PEM files: certificates, and their keys without a passphrase")
		}
		s.Own = own
	}
	if s.Roots == "" {
		return
	}
	if b := read("mail.smime.roots", s.Roots); b != nil {
		certs, err := smime.ReadCertificates(b)
		if err != nil {
			file.Fault("mail.smime.roots", "holds no certificate", "name a PEM file with the certificates of the authorities that vouch for senders")
			return
		}
		s.Vouched = x509.NewCertPool()
		for _, c := range certs {
			s.Vouched.AddCert(c)
		}
	}
}

package cert_test

import (
	"crypto/tls"
	"crypto/x509"
	"net"
	"os"
	"testing"
	"time"

	"fairlead/internal/app/cert"
	"fairlead/internal/app/config"
)

// By certificate files, readers are met with TLS 1.3, or with 1.2 and a suite that
// encrypts and authenticates at once; nothing older and nothing weaker is agreed to,
// whatever they offer (ASVS 5.0.0, V12.1.1 and V12.1.2).
func TestOnlyStrongTLSIsSpoken(t *testing.T) {
	certificate, key := pair(t, t.TempDir(), time.Hour)
	k, err := cert.Open(&config.TLS{Certificate: certificate, Key: key}, "https://localhost", t.TempDir(), quiet)
	must(t, err)
	roots := x509.NewCertPool()
	pem, err := os.ReadFile(certificate)
	must(t, err)
	roots.AppendCertsFromPEM(pem)
	var all, weak []uint16
	for _, s := range append(tls.CipherSuites(), tls.InsecureCipherSuites()...) {
		all = append(all, s.ID)
	}
	for _, id := range all {
		switch id {
		case tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
			tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384, tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256:
		default:
			weak = append(weak, id)
		}
	}
	for name, c := range map[string]struct {
		least, most uint16
		suites      []uint16
		want        uint16 // 0: refused
	}{
		"whatever a reader has": {tls.VersionTLS10, tls.VersionTLS13, all, tls.VersionTLS13},
		"1.3":                   {tls.VersionTLS13, tls.VersionTLS13, nil, tls.VersionTLS13},
		"1.2":                   {tls.VersionTLS12, tls.VersionTLS12, nil, tls.VersionTLS12},
		"1.2 with all":          {tls.VersionTLS10, tls.VersionTLS12, all, tls.VersionTLS12},
		"1.2 with the weak":     {tls.VersionTLS10, tls.VersionTLS12, weak, 0},
		"1.1":                   {tls.VersionTLS10, tls.VersionTLS11, all, 0},
		"1.0":                   {tls.VersionTLS10, tls.VersionTLS10, all, 0},
	} {
		ours, theirs := net.Pipe()
		ended := make(chan error, 1)
		go func() {
			ended <- tls.Server(ours, k.TLS()).Handshake()
			_ = ours.Close()
		}()
		reader := tls.Client(theirs, &tls.Config{ServerName: "localhost", RootCAs: roots, MinVersion: c.least, MaxVersion: c.most, CipherSuites: c.suites})
		err := reader.Handshake()
		got := reader.ConnectionState()
		_ = theirs.Close()
		if <-ended; (err == nil) != (c.want != 0) || (err == nil && got.Version != c.want) {
			t.Errorf("%s: %x, %v", name, got.Version, err)
		}
		for _, id := range weak {
			if err == nil && got.Version == tls.VersionTLS12 && got.CipherSuite == id {
				t.Errorf("%s: %s", name, tls.CipherSuiteName(id))
			}
		}
	}
}

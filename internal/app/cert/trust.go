package cert

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"os"
	"time"

	"fairlead/internal/cvd"
)

// authorityTimeout bounds each answer of the authority.
const authorityTimeout = 30 * time.Second

// trusting is a client that believes the authorities of the file and no other: for
// an organisation's own ACME server.
func trusting(path string) (*http.Client, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("%w: tls.acme.ca_file: %w", cvd.ErrUnavailable, err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(b) {
		return nil, fmt.Errorf("%w: tls.acme.ca_file: holds no certificate; name a PEM file", cvd.ErrInvalid)
	}
	return &http.Client{Timeout: authorityTimeout, Transport: &http.Transport{
		Proxy: http.ProxyFromEnvironment, TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12},
	}}, nil
}

package wire

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"fairlead/internal/cvd"
)

// root writes a certificate that could sign others.
func root(t *testing.T) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	made := &x509.Certificate{SerialNumber: big.NewInt(1), IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, made, made, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "root.pem")
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestCheck(t *testing.T) {
	for _, name := range []string{"PGSSLMODE", "PGSSLROOTCERT", "PGHOST", "PGSERVICE"} {
		t.Setenv(name, "")
	}
	ca := root(t)
	const open, plain, unproved, good = "leaves it open", "without TLS", "is not checked", ""
	for dsn, want := range map[string]string{
		"host=db.example.org":                                                    open,
		"postgres://fairlead@db.example.org/fairlead":                            open,
		"host=db.example.org sslmode=prefer":                                     open,
		"host=db.example.org sslmode=allow":                                      open,
		"host=192.0.2.7":                                                         open,
		"host=2001:db8::7":                                                       open,
		"host=/run/postgresql,db.example.org":                                    open,
		"host=a.example.org,b.example.org sslmode=prefer":                        open,
		"host=db.example.org sslmode=disable":                                    plain,
		"host=127.0.0.1,db.example.org sslmode=disable":                          plain,
		"host=db.example.org sslmode=require":                                    unproved,
		"postgres://db.example.org/x?sslmode=require":                            unproved,
		"host=db.example.org sslmode=require sslrootcert='" + ca + "'":           good, // as verify-ca
		"host=db.example.org sslmode=verify-ca sslrootcert='" + ca + "'":         good,
		"host=db.example.org sslmode=verify-full":                                good,
		"host=a.example.org,b.example.org sslmode=verify-full sslrootcert=" + ca: good,
		"host=/run/postgresql":                                                   good,
		"host=localhost":                                                         good,
		"host=db.localhost":                                                      good,
		"host=127.0.0.1":                                                         good,
		"host=::1":                                                               good,
		"host=127.8.9.1 sslmode=allow":                                           good,
	} {
		conf, err := pgconn.ParseConfig(dsn)
		if err != nil {
			t.Fatalf("%s: %v", dsn, err)
		}
		doubts, err := Check(conf)
		got := strings.Join(doubts, "; ")
		if err != nil {
			if !errors.Is(err, cvd.ErrInvalid) || doubts != nil {
				t.Errorf("%s: %v %v", dsn, doubts, err)
			}
			got = err.Error()
		}
		if (want == good) != (got == "") || !strings.Contains(got, want) {
			t.Errorf("%s: %q, want %q", dsn, got, want)
		}
	}
}

// What is said of an address holds nothing of it but the host.
func TestCheckKeepsPasswords(t *testing.T) {
	for _, mode := range []string{"prefer", "disable", "require"} {
		conf, err := pgconn.ParseConfig("postgres://user-canary:canary@db.example.org/name-canary?sslmode=" + mode)
		if err != nil {
			t.Fatal(err)
		}
		doubts, err := Check(conf)
		said := strings.Join(doubts, " ")
		if err != nil {
			said += err.Error()
		}
		if said == "" || strings.Contains(said, "canary") {
			t.Errorf("%s: %q", mode, said)
		}
	}
}

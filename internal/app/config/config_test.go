package config_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"fairlead/internal/app/config"
	"fairlead/internal/policy/source"
)

func read(t *testing.T, text string) (config.Config, error) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"config.yaml": strings.ReplaceAll("policy: p.yaml\n"+text, "DIR", dir), "key": "secret\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return config.Read(filepath.Join(dir, "config.yaml"))
}

// An account at CVE Services is whole or refused, and sends nothing unless it says so.
func TestCVE(t *testing.T) {
	const whole = "cve:\n  org: nls\n  org_id: 8254265b-2729-46b6-b9e3-3dfca2d5bfca\n  user: fairlead\n"
	cfg, err := read(t, whole+"  key_file: DIR/key\n")
	if err != nil || cfg.CVE == nil || cfg.CVE.Key != "secret" || cfg.CVE.Live || cfg.CVE.Environment != "" {
		t.Fatalf("%+v, %v", cfg.CVE, err)
	}
	for text, want := range map[string]string{
		whole: "key",
		strings.Replace(whole, "8254265b", "x", 1) + "  key: k\n": "org_id",
		whole + "  key: k\n  environment: staging\n":              "environment",
		whole + "  key_file: DIR/none\n":                          "key_file",
		"cve:\n  key: k\n":                                        "org",
	} {
		_, err := read(t, text)
		var faults source.Faults
		if !errors.As(err, &faults) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// What reads mail is whole or refused, each fault at its key.
func TestMailKeys(t *testing.T) {
	const mail = "mail:\n  relay: mail.example.org:25\n  from: a@example.org\n"
	cfg, err := read(t, mail+"  key_domains: [Example.org, sub.example.com]\n")
	if err != nil || len(cfg.Mail.KeyDomains) != 2 || cfg.Mail.KeyDomains[0] != "example.org" || cfg.Mail.SMIME != nil {
		t.Fatalf("%+v, %v", cfg.Mail, err)
	}
	for text, want := range map[string]string{
		"  key_domains: ['*']\n":                                       "key_domains",
		"  key_domains: [localhost]\n":                                 "key_domains",
		"  key_domains: [127.0.0.1]\n":                                 "key_domains",
		"  smime:\n    certificate: DIR/key\n":                         "key_file",
		"  smime:\n    certificate: DIR/none\n    key_file: DIR/key\n": "mail.smime.certificate",
		"  smime:\n    certificate: DIR/key\n    key_file: DIR/key\n":  "mail.smime",
	} {
		_, err := read(t, mail+text)
		var faults source.Faults
		if !errors.As(err, &faults) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestSMIMEFiles(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	about := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, about, about, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, block := range map[string]*pem.Block{"cert": {Type: "CERTIFICATE", Bytes: der}, "secret": {Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}} {
		if err := os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cfg, err := read(t, "mail:\n  relay: mail.example.org:25\n  from: a@example.org\n  smime:\n    certificate: "+dir+"/cert\n    key_file: "+dir+"/secret\n    roots: "+dir+"/cert\n")
	if err != nil || len(cfg.Mail.SMIME.Own) != 1 || cfg.Mail.SMIME.Vouched == nil {
		t.Fatalf("%+v, %v", cfg.Mail, err)
	}
}

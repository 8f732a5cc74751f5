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
		strings.Replace(whole, "8254265b-2729-46b6-b9e3-3dfca2d5bfca", config.NoOrg, 1) + "  key: k\n  live: true\n": "example",
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

// More than a password is asked of members unless the configuration says otherwise.
func TestASecondFactorIsRequired(t *testing.T) {
	for text, want := range map[string]string{
		"": "required", "sign_in: {second_factor: required}\n": "required", "sign_in: {second_factor: optional}\n": "optional",
	} {
		if cfg, err := read(t, text); err != nil || cfg.SignIn.SecondFactor != want {
			t.Errorf("%q: %q, %v", text, cfg.SignIn.SecondFactor, err)
		}
	}
	if _, err := read(t, "sign_in: {second_factor: none}\n"); err == nil {
		t.Error("a configuration asks for nothing at all")
	}
}

// A provider is whole or refused.
func TestProviders(t *testing.T) {
	const main = "sign_in:\n  providers:\n    - {id: main, issuer: 'https://id.example.org', client_id: c"
	cfg, err := read(t, main+", client_secret_file: DIR/key, max_age: 8h, roles_claim: g, roles: {a: [lead, member]}}\n    - {id: other, name: O, issuer: 'http://127.0.0.1:9', client_id: c}\n")
	if err != nil {
		t.Fatal(err)
	}
	if p := cfg.SignIn.Providers; len(p) != 2 || p[0].ClientSecret != "secret" || p[0].Name != "main" || p[0].Oldest() != 8*time.Hour || len(p[0].Roles["a"]) != 2 || p[1].Oldest() != 0 {
		t.Errorf("%+v", p)
	}
	for text, want := range map[string]string{
		"sign_in: {providers: []}\n":                                              "providers",
		strings.Replace(main, "https", "http", 1) + "}\n":                         "providers[0].issuer",
		strings.Replace(main, ".org", ".org?x=1", 1) + "}\n":                      "providers[0].issuer",
		strings.Replace(main, "main", "Main!", 1) + "}\n":                         "id",
		main + ", client_secret: x}\n":                                            "client_secret",
		main + ", client_secret_file: DIR/none}\n":                                "client_secret_file",
		main + ", max_age: 1s}\n":                                                 "max_age",
		main + ", scopes: [email]}\n":                                             "scopes",
		main + ", roles: {a: [lead]}}\n":                                          "roles_claim",
		main + ", roles_claim: g, roles: {a: [boss]}}\n":                          "roles",
		main + "}\n    - {id: main, issuer: 'https://b.example', client_id: c}\n": "providers[1].id",
	} {
		_, err := read(t, text)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// Each way of mail may be given alone, and what cannot work is refused with its line.
func TestMail(t *testing.T) {
	for name, text := range map[string]string{
		"out":  "mail:\n  relay: mail.example.org:587\n  from: f@example.org\n",
		"smtp": "mail:\n  smtp:\n    listen: :25\n    relays: [192.0.2.0/24]\n",
		"lmtp": "mail:\n  lmtp: /run/fairlead/lmtp.sock\n",
		"imap": "mail:\n  imap:\n    - {name: main, address: imap.example.org:993, username: u, password_file: DIR/key}\n",
	} {
		cfg, err := read(t, text)
		if err != nil || cfg.Mail == nil || cfg.Mail.In() != (name != "out") || !cfg.Mail.Tags() {
			t.Errorf("%s: %+v, %v", name, cfg.Mail, err)
		}
	}
	const account = "mail:\n  imap:\n    - {name: main, address: imap.example.org:993, username: u, password_file: DIR/key"
	for text, want := range map[string]string{
		"mail: {}\n":                                                              "config.yaml:2:7: mail",
		"mail:\n  relay: mail.example.org:587\n":                                  "3:10: mail.relay: needs a sender",
		"mail:\n  lmtp: 192.0.2.1:24\n":                                           "mail.lmtp",
		"mail:\n  lmtp: run/lmtp.sock\n":                                          "mail.lmtp",
		"mail:\n  smtp: {listen: example}\n":                                      "mail.smtp.listen",
		"mail:\n  smtp: {listen: ':25', key: k.pem}\n":                            "mail.smtp: a certificate and its key",
		"mail:\n  smtp: {listen: ':25', relays: [mx]}\n":                          "mail.smtp.relays[0]",
		"mail:\n  dkim: {domain: example.org, selector: s, key_file: DIR/none}\n": "mail.dkim.key_file",
		"mail:\n  clamav: mail.example.org:3310\n":                                "mail.clamav",
		"mail:\n  resolver: ns\n":                                                 "mail.resolver",
		account + ", every: 1s}\n":                                                "mail.imap[0].every",
		account + ", done: delete}\n":                                             "mail.imap[0].done",
		account + ", security: none}\n":                                           "mail.imap[0].security",
		account + "}\n    - {name: main, address: x:1, username: u, password_file: DIR/key}\n": "mail.imap[1].name",
		strings.Replace(account, "DIR/key", "DIR/none", 1) + "}\n":                             "mail.imap[0].password_file",
	} {
		_, err := read(t, text)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
	cfg, err := read(t, account+", done: 'move:Taken over', every: 30s}\n  plus: false\n")
	if err != nil {
		t.Fatal(err)
	}
	if one := cfg.Mail.IMAP[0]; one.Move() != "Taken over" || one.Interval() != 30*time.Second || one.Password != "secret" || one.Security != "tls" || one.Mailboxes[0] != "INBOX" || cfg.Mail.Tags() {
		t.Errorf("%+v", one)
	}
}

// https is by two files or by an authority whose terms were agreed to.
func TestTLS(t *testing.T) {
	for _, text := range []string{"tls:\n  certificate: c\n  key: k\n", "tls:\n  acme:\n    accept_terms: true\n    plain_listen: 0.0.0.0:80\n"} {
		if _, err := read(t, text); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
	for text, want := range map[string]string{
		"tls:\n  certificate: c\n": "lacks a certificate or its key",
		"tls: {}\n":                "lacks a certificate or its key",
		"tls:\n  key: k\n  acme:\n    accept_terms: true\n":                "not both",
		"tls:\n  acme:\n    accept_terms: false\n":                         "tls.acme.accept_terms",
		"tls:\n  acme:\n    email: a@example.org\n":                        "accept_terms",
		"tls:\n  acme:\n    accept_terms: true\n    directory: http://x\n": "directory",
		"tls:\n  acme:\n    accept_terms: true\n    hosts: []\n":           "hosts",
	} {
		_, err := read(t, text)
		var faults source.Faults
		if !errors.As(err, &faults) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// What links begin with is an origin, and an authority's first name stands in for it.
func TestPublicAddress(t *testing.T) {
	const acme = "tls: {acme: {accept_terms: true, hosts: [a.example.org, b.example.org]}}\n"
	for text, want := range map[string]string{
		"": "",
		"public_url: https://security.example.org\n":  "https://security.example.org",
		"public_url: https://security.example.org/\n": "https://security.example.org",
		"public_url: http://127.0.0.1:8080\n":         "http://127.0.0.1:8080",
		"public_url: 'https://[::1]:8443'\n":          "https://[::1]:8443",
		acme:                                          "https://a.example.org",
		acme + "public_url: https://c.example.org\n":  "https://c.example.org",
	} {
		if cfg, err := read(t, text); err != nil || cfg.Public() != want {
			t.Errorf("%s: %q, %v", text, cfg.Public(), err)
		}
	}
	for _, text := range []string{"security.example.org", "https://", "ftp://example.org", "https://example.org/security", "https://example.org?x=1", "https://a@example.org", "https://example.org/#x"} {
		var faults source.Faults
		if _, err := read(t, "public_url: '"+text+"'\n"); !errors.As(err, &faults) || !strings.Contains(err.Error(), "public_url") {
			t.Errorf("%s: %v", text, err)
		}
	}
	cfg, err := read(t, acme+"public_url: https://c.example.org\nother_hosts: [fairlead]\n")
	if err != nil || strings.Join(cfg.Names(), " ") != "fairlead c.example.org a.example.org b.example.org" {
		t.Errorf("%v, %v", cfg.Names(), err)
	}
}

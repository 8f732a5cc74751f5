package dkim_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"io"
	"os/exec"
	"strings"
	"testing"

	verifier "github.com/emersion/go-msgauth/dkim"

	"fairlead/internal/notify/dkim"
	"fairlead/internal/seal/mailkey"
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

const letter = "From: Harbour Light <fairlead@example.org>\r\nTo: <rosa@example.net>\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n" +
	"Message-ID: <fl-2026-7kq4mxz.3.abc@example.org>\r\nReferences: <1@example.net>\r\n <2@example.net>\r\n" +
	"Auto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n.dot\r\nline  \r\n\r\n-- \r\nend\r\n\r\n"

func keys(t *testing.T) map[string]crypto.Signer {
	t.Helper()
	_, ed, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return map[string]crypto.Signer{"rsa": must(rsa.GenerateKey(rand.Reader, 2048)), "ed25519": ed}
}

// changes are what may happen on the way, and whether the signature stands it.
var changes = []struct {
	name string
	old  string
	new  string
	ok   bool
}{
	{"nothing", "", "", true},
	{"trace", "\r\nFrom: ", "\r\nReceived: from a by b; today\r\nFrom: ", true},
	{"refolded", "<1@example.net>\r\n <2@", "<1@example.net> <2@", true},
	{"trailing space", "line  \r\n", "line\r\n", true},
	{"body", ".dot", ".dots", false},
	{"subject", "Subject: ", "Subject: no ", false},
	{"second from", "\r\nTo: ", "\r\nFrom: <eve@example.com>\r\nTo: ", false},
	{"second subject", "\r\nTo: ", "\r\nSubject: x\r\nTo: ", false},
	{"reply to", "\r\nTo: ", "\r\nReply-To: <eve@example.com>\r\nTo: ", false},
	{"no mark", "Auto-Submitted: auto-replied\r\n", "", false},
	{"another type", "text/plain", "text/html", false},
	{"copy", "\r\nTo: ", "\r\nCc: <eve@example.com>\r\nTo: ", false},
}

func TestSignaturesVerify(t *testing.T) {
	for kind, key := range keys(t) {
		record := must(mailkey.Record(key))
		s := must(dkim.New("example.org", "fairlead2026", key))
		sent := string(must(s.Sign([]byte(letter))))
		if !strings.HasSuffix(sent, letter) {
			t.Fatalf("%s: the letter itself was changed", kind)
		}
		for _, c := range changes {
			got := sent
			if c.old != "" {
				got = strings.Replace(sent, c.old, c.new, 1)
			}
			vs, err := verifier.VerifyWithOptions(strings.NewReader(got), &verifier.VerifyOptions{LookupTXT: func(name string) ([]string, error) {
				if name != "fairlead2026._domainkey.example.org" {
					t.Errorf("asks for %s", name)
				}
				return []string{record}, nil
			}})
			if err != nil || len(vs) != 1 || (vs[0].Err == nil) != c.ok || vs[0].Domain != "example.org" {
				t.Errorf("%s, %s: %v, %+v", kind, c.name, err, vs)
			}
		}
	}
}

// judge asks the program that is not ours: the record comes before the message.
const judge = `
import sys, dkim
record = sys.argv[1].encode()
ok = dkim.verify(sys.stdin.buffer.read(), dnsfunc=lambda name, timeout=5: record if name == b"fairlead2026._domainkey.example.org." else None)
sys.exit(0 if ok else 3)
`

// Another implementation, Debian's python3-dkim, agrees in each case.
func TestSignaturesVerifyElsewhere(t *testing.T) {
	python := "/usr/bin/python3" // Debian's own, which sees Debian's packages
	if exec.Command(python, "-c", "import dkim, nacl").Run() != nil {
		t.Skip("python3-dkim is not installed (scripts/test-deps)")
	}
	for kind, key := range keys(t) {
		record := must(mailkey.Record(key))
		sent := string(must(must(dkim.New("example.org", "fairlead2026", key)).Sign([]byte(letter))))
		for _, c := range changes {
			got := sent
			if c.old != "" {
				got = strings.Replace(sent, c.old, c.new, 1)
			}
			cmd := exec.Command(python, "-c", judge, record)
			cmd.Stdin = strings.NewReader(got)
			out, err := cmd.CombinedOutput()
			code := cmd.ProcessState.ExitCode()
			if (code == 0) != c.ok || (code != 0 && code != 3) {
				t.Errorf("%s, %s: %v: %s", kind, c.name, err, out)
			}
		}
	}
}

type broken struct{ crypto.Signer }

func (broken) Sign(io.Reader, []byte, crypto.SignerOpts) ([]byte, error) {
	return []byte("half"), io.ErrUnexpectedEOF
}

func TestNothingHalfSigned(t *testing.T) {
	key := keys(t)["ed25519"]
	for name, c := range map[string]struct {
		domain, selector string
		key              crypto.Signer
	}{
		"no domain":       {"", "s", key},
		"no dot":          {"localhost", "s", key},
		"bad domain":      {"exa mple.org", "s", key},
		"injected domain": {"example.org; x=1", "s", key},
		"no selector":     {"example.org", "", key},
		"bad selector":    {"example.org", "a b", key},
		"empty label":     {"example.org", "a..b", key},
		"no key":          {"example.org", "s", nil},
		"other key":       {"example.org", "s", must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))},
		"broken key":      {"example.org", "s", broken{key}},
	} {
		if _, err := dkim.New(c.domain, c.selector, c.key); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
	s := must(dkim.New("example.org", "fairlead.2026", key))
	if out, err := s.Sign([]byte("no header")); err == nil {
		t.Errorf("signed: %q", out)
	}
}

func TestCovers(t *testing.T) {
	s := must(dkim.New("Bücher.example", "s", keys(t)["ed25519"]))
	for address, want := range map[string]bool{
		"a@xn--bcher-kva.example": true, "a@bücher.example": true, "a@Mail.XN--bcher-kva.example": true, "a@example": false,
		"a@notbücher.example": false, "a@bücher.example.com": false, "": false, "a@": false,
	} {
		if s.Covers(address) != want {
			t.Errorf("%q: %v", address, !want)
		}
	}
	sent := must(s.Sign([]byte(letter)))
	if !bytes.Contains(sent, []byte("d=xn--bcher-kva.example")) {
		t.Errorf("%s", sent)
	}
}

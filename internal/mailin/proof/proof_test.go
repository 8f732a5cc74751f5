package proof

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"maps"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-msgauth/dkim"
	"github.com/google/go-cmp/cmp"

	"fairlead/internal/cvd"
	"fairlead/internal/intake/mail"
)

// The library that verifies signatures reads the clock of the machine, so the tests
// that ask for expiry stay clear of today by years.
var now = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

var (
	edPublic, edKey, _ = ed25519.GenerateKey(rand.Reader)
	rsaKey, _          = rsa.GenerateKey(rand.Reader, 2048)
)

func edRecord() string {
	return "TXT v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(edPublic)
}

func rsaRecord(t *testing.T) string {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(rsaKey.Public())
	if err != nil {
		t.Fatal(err)
	}
	return "TXT v=DKIM1; k=rsa; p=" + base64.StdEncoding.EncodeToString(der)
}

// world is the DNS of all tests: example.net signs and sends from 192.0.2.1, attacker.example
// does so from 203.0.113.9.
func world(more zone) zone {
	z := zone{
		"s._domainkey.example.net":       {edRecord()},
		"s._domainkey.mail.example.net":  {edRecord()},
		"t._domainkey.example.net":       {strings.Replace(edRecord(), "k=", "t=y; k=", 1)},
		"example.net":                    {"TXT v=spf1 ip4:192.0.2.1 mx -all", "MX mx.example.net"},
		"bounce.example.net":             {"TXT v=spf1 ip4:192.0.2.1 -all"},
		"mx.example.net":                 {"A 192.0.2.7", "TXT v=spf1 a -all"},
		"_dmarc.example.net":             {"TXT v=DMARC1; p=reject"},
		"s._domainkey.attacker.example":  {edRecord()},
		"attacker.example":               {"TXT v=spf1 ip4:203.0.113.9 -all"},
		"_dmarc.attacker.example":        {"TXT v=DMARC1; p=none"},
		"bare.example":                   nil,
		"s._domainkey.gone.example":      {"AWAY"},
		"gone.example":                   {"AWAY"},
		"_dmarc.gone.example":            {"AWAY"},
		"s._domainkey.gone.example.test": {"AWAY"},
	}
	maps.Copy(z, more)
	return z
}

const message = "From: Ada Finder <ada@example.net>\r\nTo: security@example.org\r\nSubject: Overflow\r\nDate: Tue, 24 Nov 2026 10:00:00 +0000\r\nMessage-ID: <m1@example.net>\r\n\r\nThe length is trusted.\r\n"

func sign(t *testing.T, raw string, o dkim.SignOptions) string {
	t.Helper()
	if o.Signer == nil {
		o.Signer = edKey
	}
	if o.Selector == "" {
		o.Selector = "s"
	}
	if o.Domain == "" {
		o.Domain = "example.net"
	}
	o.HeaderCanonicalization, o.BodyCanonicalization = dkim.CanonicalizationRelaxed, dkim.CanonicalizationRelaxed
	o.HeaderKeys = []string{"From", "To", "Subject", "Date", "Message-ID"}
	var b bytes.Buffer
	if err := dkim.Sign(&b, strings.NewReader(raw), &o); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func from(address, raw string) string { return strings.Replace(raw, "ada@example.net", address, 1) }

func checker(z zone) *Checker {
	return &Checker{Resolver: z, Now: func() time.Time { return now }, Trust: []string{"in.example.org"}, Relays: []netip.Prefix{netip.MustParsePrefix("10.1.0.0/16")}}
}

type check struct {
	raw    string
	sender string // of the envelope
	peer   string
	helo   string
	author string // ada@example.net if it is empty
	zone   zone
	want   cvd.Proof
}

func (c check) run(t *testing.T) {
	t.Helper()
	if c.author == "" {
		c.author = "ada@example.net"
	}
	env := mail.Envelope{From: c.sender, Peer: c.peer, Helo: c.helo, Null: c.sender == ""}
	got := checker(world(c.zone)).Check(t.Context(), []byte(c.raw), env, c.author)
	if diff := cmp.Diff(c.want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestOwnChecks(t *testing.T) {
	signed := sign(t, message, dkim.SignOptions{})
	const ours, theirs, elsewhere = "192.0.2.1", "203.0.113.9", "198.51.100.1"
	for name, c := range map[string]check{
		"nothing": {message, "ada@bare.example", elsewhere, "x", "", nil, cvd.Proof{SPF: none, DKIM: none, DMARC: fail, Policy: "reject", Domain: "example.net"}},
		"no records at all": {from("ada@bare.example", message), "ada@bare.example", elsewhere, "x", "ada@bare.example", nil, cvd.Proof{
			SPF: none, DKIM: none, DMARC: none, Domain: "bare.example",
		}},
		"aligned DKIM":                      {signed, "b@lists.example", elsewhere, "x", "", nil, cvd.Proof{SPF: none, DKIM: pass, DMARC: pass, Policy: "reject", Domain: "example.net", Aligned: true}},
		"sent again, with a case named":     {"In-Reply-To: <x@example.org>\r\n" + signed, "b@lists.example", elsewhere, "x", "", nil, cvd.Proof{SPF: none, DKIM: pass, DMARC: pass, Policy: "reject", Domain: "example.net", Aligned: true, Loose: true}},
		"and by a server of theirs":         {"References: <x@example.org>\r\n" + signed, "ada@example.net", ours, "x", "", nil, cvd.Proof{SPF: pass, DKIM: pass, DMARC: pass, Policy: "reject", Domain: "example.net", Aligned: true}},
		"aligned SPF only":                  {message, "ada@example.net", ours, "x", "", nil, cvd.Proof{SPF: pass, DKIM: none, DMARC: pass, Policy: "reject", Domain: "example.net", Aligned: true}},
		"SPF by MX":                         {message, "ada@example.net", "192.0.2.7", "x", "", nil, cvd.Proof{SPF: pass, DKIM: none, DMARC: pass, Policy: "reject", Domain: "example.net", Aligned: true}},
		"SPF of a subdomain":                {message, "b@bounce.example.net", ours, "x", "", nil, cvd.Proof{SPF: pass, DKIM: none, DMARC: pass, Policy: "reject", Domain: "example.net", Aligned: true}},
		"SPF of the null sender":            {message, "", "192.0.2.7", "mx.example.net", "", nil, cvd.Proof{SPF: pass, DKIM: none, DMARC: pass, Policy: "reject", Domain: "example.net", Aligned: true}},
		"SPF fails":                         {message, "ada@example.net", theirs, "x", "", nil, cvd.Proof{SPF: fail, DKIM: none, DMARC: fail, Policy: "reject", Domain: "example.net"}},
		"DKIM of another domain":            {sign(t, message, dkim.SignOptions{Domain: "attacker.example"}), "x@bare.example", elsewhere, "x", "", nil, cvd.Proof{SPF: none, DKIM: pass, DMARC: fail, Policy: "reject", Domain: "example.net"}},
		"forged From with passing SPF":      {message, "m@attacker.example", theirs, "x", "", nil, cvd.Proof{SPF: pass, DKIM: none, DMARC: fail, Policy: "reject", Domain: "example.net"}},
		"forged with both of the attacker":  {sign(t, message, dkim.SignOptions{Domain: "attacker.example"}), "m@attacker.example", theirs, "x", "", nil, cvd.Proof{SPF: pass, DKIM: pass, DMARC: fail, Policy: "reject", Domain: "example.net"}},
		"body altered":                      {strings.Replace(signed, "trusted", "not trusted", 1), "x@bare.example", elsewhere, "x", "", nil, cvd.Proof{SPF: none, DKIM: fail, DMARC: fail, Policy: "reject", Domain: "example.net"}},
		"subject altered":                   {strings.Replace(signed, "Overflow", "Underflow", 1), "x@bare.example", elsewhere, "x", "", nil, cvd.Proof{SPF: none, DKIM: fail, DMARC: fail, Policy: "reject", Domain: "example.net"}},
		"lines that end with LF":            {strings.ReplaceAll(signed, "\r\n", "\n"), "x@bare.example", elsewhere, "x", "", nil, cvd.Proof{SPF: none, DKIM: pass, DMARC: pass, Policy: "reject", Domain: "example.net", Aligned: true}},
		"domains in another case":           {strings.Replace(signed, "ada@example.net", "ada@EXAMPLE.net", 1), "Ada@Example.NET", ours, "x", "ada@EXAMPLE.net", nil, cvd.Proof{SPF: pass, DKIM: fail, DMARC: pass, Policy: "reject", Domain: "example.net", Aligned: true}},
		"a domain beyond ASCII":             {strings.Replace(message, "ada@example.net", "ada@bücher.example", 1), "ada@xn--bcher-kva.example", ours, "x", "ada@bücher.example", zone{"xn--bcher-kva.example": {"TXT v=spf1 ip4:192.0.2.1 -all"}}, cvd.Proof{SPF: pass, DKIM: none, DMARC: none, Domain: "xn--bcher-kva.example", Aligned: true}},
		"two signatures, one holds":         {sign(t, sign(t, message, dkim.SignOptions{}), dkim.SignOptions{Domain: "attacker.example"}), "x@bare.example", elsewhere, "x", "", nil, cvd.Proof{SPF: none, DKIM: pass, DMARC: pass, Policy: "reject", Domain: "example.net", Aligned: true}},
		"signature expired":                 {sign(t, message, dkim.SignOptions{Expiration: now.AddDate(-20, 0, 0)}), "x@bare.example", elsewhere, "x", "", nil, cvd.Proof{SPF: none, DKIM: permError, DMARC: fail, Policy: "reject", Domain: "example.net"}},
		"signature not yet expired":         {sign(t, message, dkim.SignOptions{Expiration: now.AddDate(20, 0, 0)}), "x@bare.example", elsewhere, "x", "", nil, cvd.Proof{SPF: none, DKIM: pass, DMARC: pass, Policy: "reject", Domain: "example.net", Aligned: true}},
		"key that is being tried out":       {sign(t, message, dkim.SignOptions{Selector: "t"}), "x@bare.example", elsewhere, "x", "", nil, cvd.Proof{SPF: none, DKIM: none, DMARC: fail, Policy: "reject", Domain: "example.net"}},
		"no key":                            {sign(t, message, dkim.SignOptions{Selector: "nokey"}), "x@bare.example", elsewhere, "x", "", nil, cvd.Proof{SPF: none, DKIM: permError, DMARC: fail, Policy: "reject", Domain: "example.net"}},
		"p=none":                            {message, "x@bare.example", elsewhere, "x", "", zone{"_dmarc.example.net": {"TXT v=DMARC1; p=none"}}, cvd.Proof{SPF: none, DKIM: none, DMARC: fail, Policy: "none", Domain: "example.net"}},
		"p=quarantine":                      {message, "x@bare.example", elsewhere, "x", "", zone{"_dmarc.example.net": {"TXT v=DMARC1; p=quarantine"}}, cvd.Proof{SPF: none, DKIM: none, DMARC: fail, Policy: "quarantine", Domain: "example.net"}},
		"no record, but aligned":            {signed, "x@bare.example", elsewhere, "x", "", zone{"_dmarc.example.net": nil}, cvd.Proof{SPF: none, DKIM: pass, DMARC: none, Domain: "example.net", Aligned: true}},
		"broken record":                     {message, "x@bare.example", elsewhere, "x", "", zone{"_dmarc.example.net": {"TXT v=DMARC1; p=perhaps"}}, cvd.Proof{SPF: none, DKIM: none, DMARC: permError, Domain: "example.net"}},
		"two records are none":              {message, "x@bare.example", elsewhere, "x", "", zone{"_dmarc.example.net": {"TXT v=DMARC1; p=none", "TXT v=DMARC1; p=reject"}}, cvd.Proof{SPF: none, DKIM: none, DMARC: none, Domain: "example.net"}},
		"DKIM of the parent, relaxed":       {from("ada@mail.example.net", signedAs(t, "ada@mail.example.net", "example.net")), "x@bare.example", elsewhere, "x", "ada@mail.example.net", nil, cvd.Proof{SPF: none, DKIM: pass, DMARC: pass, Policy: "reject", Domain: "mail.example.net", Aligned: true}},
		"DKIM of the parent, strict":        {signedAs(t, "ada@mail.example.net", "example.net"), "x@bare.example", elsewhere, "x", "ada@mail.example.net", zone{"_dmarc.example.net": {"TXT v=DMARC1; p=reject; sp=quarantine; adkim=s"}}, cvd.Proof{SPF: none, DKIM: pass, DMARC: fail, Policy: "quarantine", Domain: "mail.example.net"}},
		"DKIM of the same, strict":          {signedAs(t, "ada@mail.example.net", "mail.example.net"), "x@bare.example", elsewhere, "x", "ada@mail.example.net", zone{"_dmarc.mail.example.net": {"TXT v=DMARC1; p=reject; adkim=s"}}, cvd.Proof{SPF: none, DKIM: pass, DMARC: pass, Policy: "reject", Domain: "mail.example.net", Aligned: true}},
		"SPF of a subdomain, strict":        {message, "b@bounce.example.net", ours, "x", "", zone{"_dmarc.example.net": {"TXT v=DMARC1; p=reject; aspf=s"}}, cvd.Proof{SPF: pass, DKIM: none, DMARC: fail, Policy: "reject", Domain: "example.net"}},
		"a public suffix is nobody":         {signedAs(t, "ada@one.github.io", "two.github.io"), "x@bare.example", elsewhere, "x", "ada@one.github.io", zone{"s._domainkey.two.github.io": {edRecord()}}, cvd.Proof{SPF: none, DKIM: pass, DMARC: none, Domain: "one.github.io"}},
		"DNS is away for everything":        {signedAs(t, "a@gone.example", "gone.example"), "a@gone.example", elsewhere, "x", "a@gone.example", nil, cvd.Proof{SPF: tempError, DKIM: tempError, DMARC: tempError, Domain: "gone.example"}},
		"DNS is away for the key alone":     {signed, "x@bare.example", elsewhere, "x", "", zone{"s._domainkey.example.net": {"AWAY"}}, cvd.Proof{SPF: none, DKIM: tempError, DMARC: tempError, Policy: "reject", Domain: "example.net"}},
		"DNS is away for the record alone":  {signed, "x@bare.example", elsewhere, "x", "", zone{"_dmarc.example.net": {"AWAY"}}, cvd.Proof{SPF: none, DKIM: pass, DMARC: tempError, Domain: "example.net", Aligned: true}},
		"then a relaxed match is not taken": {message, "b@bounce.example.net", ours, "x", "", zone{"_dmarc.example.net": {"AWAY"}}, cvd.Proof{SPF: pass, DKIM: none, DMARC: tempError, Domain: "example.net"}},
		"the author has no domain":          {"From: x\r\n\r\n", "x@bare.example", elsewhere, "x", "x", nil, cvd.Proof{SPF: none, DKIM: none, DMARC: none}},
		"the peer is no address":            {message, "ada@example.net", "nobody", "x", "", nil, cvd.Proof{SPF: none, DKIM: none, DMARC: fail, Policy: "reject", Domain: "example.net"}},
	} {
		t.Run(name, c.run)
	}
}

func signedAs(t *testing.T, author, domain string) string {
	t.Helper()
	return sign(t, from(author, message), dkim.SignOptions{Domain: domain})
}

// TestTwoWaysToReadIt sends mail whose signature holds for somebody, but which another
// program may take for another person's.
func TestTwoWaysToReadIt(t *testing.T) {
	signed := sign(t, message, dkim.SignOptions{})
	const other = "From: Bob <bob@example.net>\r\n"
	for name, c := range map[string]struct{ raw, author string }{
		"two From fields":          {other + signed, "bob@example.net"},
		"the other author":         {other + signed, "ada@example.net"},
		"the signed one below":     {other + "\r\r\n" + signed, "bob@example.net"},
		"a line that is no field":  {other + "no field\r\n" + signed, "bob@example.net"},
		"a lone CR":                {"X: y\r" + other + signed, "ada@example.net"},
		"blank before the colon":   {strings.Replace(other, "From", "From ", 1) + signed, "bob@example.net"},
		"continuation at the top":  {" " + other + signed, "ada@example.net"},
		"an mbox line":             {"From ada@example.net Tue Nov 24 10:00:00 2026\r\n" + signed, "ada@example.net"},
		"no end of the header":     {strings.TrimSuffix(other, "\r\n"), "bob@example.net"},
		"another than is asked":    {signed, "bob@example.net"},
		"two addresses in one":     {sign(t, strings.Replace(message, "Ada Finder", "<bob@example.net>, Ada", 1), dkim.SignOptions{}), "ada@example.net"},
		"a From in the first line": {"\x00" + other + signed, "ada@example.net"},
	} {
		t.Run(name, func(t *testing.T) {
			got := checker(world(nil)).Check(t.Context(), []byte(c.raw), mail.Envelope{From: "ada@example.net", Peer: "192.0.2.1"}, c.author)
			if got.Aligned || got.DMARC == pass {
				t.Errorf("%+v", got)
			}
		})
	}
}

func TestBelievedResults(t *testing.T) {
	const ours, relay = "Authentication-Results: in.example.org; ", "10.1.2.3"
	aligned := cvd.Proof{SPF: pass, DKIM: none, DMARC: pass, Policy: "reject", Domain: "example.net", Aligned: true, By: "in.example.org"}
	unaligned := cvd.Proof{SPF: none, DKIM: none, DMARC: fail, Policy: "reject", Domain: "example.net"}
	spfPass := ours + "spf=pass smtp.mailfrom=ada@example.net\r\n"
	seen := unaligned
	seen.By = "in.example.org"
	stranger := unaligned
	stranger.SPF = fail
	for name, c := range map[string]check{
		"SPF by our relay":                   {raw: spfPass + message, peer: relay, want: aligned},
		"behind its Received":                {raw: "Received: by relay\r\n" + spfPass + message, peer: relay, want: aligned},
		"without a peer":                     {raw: spfPass + message, want: aligned},
		"an IPv6 form of the relay":          {raw: spfPass + message, peer: "::ffff:10.1.2.3", want: aligned},
		"folded, other case":                 {raw: "authentication-results: IN.example.org;\r\n\tSPF=pass\r\n smtp.mailfrom=example.net\r\n" + message, peer: relay, want: aligned},
		"from anywhere else":                 {raw: spfPass + message, sender: "ada@example.net", peer: "203.0.113.9", want: stranger},
		"by a server that is not ours":       {raw: strings.Replace(spfPass, "in.example.org", "attacker.example", 1) + message, peer: relay, want: unaligned},
		"ours further down":                  {raw: "Authentication-Results: mx.attacker.example; spf=none\r\n" + spfPass + message, peer: relay, want: unaligned},
		"a second one of ours is not read":   {raw: ours + "spf=none\r\n" + spfPass + message, peer: relay, want: seen},
		"for another domain":                 {raw: ours + "spf=pass smtp.mailfrom=attacker.example; dkim=pass header.d=attacker.example\r\n" + message, peer: relay, want: cvd.Proof{SPF: pass, DKIM: pass, DMARC: fail, Policy: "reject", Domain: "example.net", By: "in.example.org"}},
		"DKIM by our relay":                  {raw: ours + "dkim=fail header.d=lists.example; dkim=pass header.i=@example.net\r\n" + message, peer: relay, want: cvd.Proof{SPF: none, DKIM: pass, DMARC: pass, Policy: "reject", Domain: "example.net", Aligned: true, By: "in.example.org"}},
		"DMARC by our relay":                 {raw: ours + "dmarc=pass (p=REJECT) header.from=example.net\r\n" + message, peer: relay, want: cvd.Proof{SPF: none, DKIM: none, DMARC: pass, Policy: "reject", Domain: "example.net", Aligned: true, By: "in.example.org"}},
		"DMARC for another domain":           {raw: ours + "dmarc=pass header.from=attacker.example\r\n" + message, peer: relay, want: seen},
		"DMARC of two authors":               {raw: ours + "dmarc=pass header.from=example.net\r\nFrom: bob@example.net\r\n" + message, peer: relay, want: seen},
		"a result in a comment":              {raw: ours + "spf=none (x; dkim=pass header.d=example.net dmarc=pass) reason=\"; dmarc=pass header.from=example.net\"\r\n" + message, peer: relay, want: seen},
		"our own look where DKIM still says": {raw: ours + "dkim=fail\r\n" + sign(t, message, dkim.SignOptions{}), peer: relay, want: cvd.Proof{SPF: none, DKIM: pass, DMARC: pass, Policy: "reject", Domain: "example.net", Aligned: true, By: "in.example.org"}},
		"nonsense":                           {raw: "Authentication-Results: ;;;=\r\n" + message, peer: relay, want: unaligned},
		"unknown words":                      {raw: ours + "spf=wonderful smtp.mailfrom=example.net\r\n" + message, peer: relay, want: seen},
		"in the body":                        {raw: message + "\r\n" + spfPass, peer: relay, want: unaligned},
	} {
		t.Run(name, c.run)
	}
}

// TestHangingDNS shows that the check ends with its time, whatever the DNS does, and
// that the end is a result.
func TestHangingDNS(t *testing.T) {
	c := checker(world(zone{"example.net": {"HANG"}, "_dmarc.example.net": {"HANG"}, "s._domainkey.example.net": {"HANG"}}))
	c.Timeout = 20 * time.Millisecond
	got := c.Check(context.Background(), []byte(sign(t, message, dkim.SignOptions{})), mail.Envelope{From: "ada@example.net", Peer: "192.0.2.1"}, "ada@example.net")
	if want := (cvd.Proof{SPF: tempError, DKIM: tempError, DMARC: tempError, Domain: "example.net"}); got != want {
		t.Errorf("%+v", got)
	}
}

// python runs a script with the DKIM implementation of the Debian package python3-dkim,
// whose authors are others than those of ours.
func python(t *testing.T, script, input string, args ...string) string {
	t.Helper()
	const program = "/usr/bin/python3"
	if err := exec.Command(program, "-c", "import dkim").Run(); err != nil {
		t.Skip("python3-dkim is not installed: what it signs and accepts is not checked here")
	}
	cmd := exec.Command(program, append([]string{"-c", script}, args...)...)
	cmd.Stdin = strings.NewReader(input)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, stderr.String())
	}
	return string(out)
}

const pySign = `
import dkim, sys
raw = sys.stdin.buffer.read()
key = open(sys.argv[1], "rb").read()
sig = dkim.sign(raw, b"r", sys.argv[2].encode(), key, canonicalize=(b"relaxed", sys.argv[3].encode()), length=sys.argv[4] == "l")
sys.stdout.buffer.write(sig + raw)
`

const pyVerify = `
import dkim, sys
raw = sys.stdin.buffer.read()
sys.stdout.write(str(dkim.verify(raw, dnsfunc=lambda name, timeout=5: sys.argv[1].encode())))
`

func TestAnotherSigner(t *testing.T) {
	key := filepath.Join(t.TempDir(), "key.pem")
	block := pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(rsaKey)})
	if err := os.WriteFile(key, block, 0o600); err != nil {
		t.Fatal(err)
	}
	dns := zone{"r._domainkey.example.net": {rsaRecord(t)}, "r._domainkey.attacker.example": {rsaRecord(t)}}
	good := cvd.Proof{SPF: none, DKIM: pass, DMARC: pass, Policy: "reject", Domain: "example.net", Aligned: true}
	bad := cvd.Proof{SPF: none, DKIM: fail, DMARC: fail, Policy: "reject", Domain: "example.net"}
	foreign := bad
	foreign.DKIM = pass
	const peer, sender = "198.51.100.1", "x@bare.example"
	simple := python(t, pySign, message, key, "example.net", "simple", "-")
	for name, c := range map[string]check{
		"simple":              {raw: simple, want: good},
		"relaxed":             {raw: python(t, pySign, message, key, "example.net", "relaxed", "-"), want: good},
		"another domain":      {raw: python(t, pySign, message, key, "attacker.example", "relaxed", "-"), want: foreign},
		"body altered":        {raw: strings.Replace(simple, "trusted", "ignored", 1), want: bad},
		"a length, unaltered": {raw: python(t, pySign, message, key, "example.net", "simple", "l"), want: bad},
		"a length, and more":  {raw: python(t, pySign, message, key, "example.net", "simple", "l") + "A stranger's words.\r\n", want: bad},
	} {
		t.Run(name, func(t *testing.T) {
			c.zone, c.peer, c.sender = dns, peer, sender
			c.run(t)
		})
	}
	for name, o := range map[string]dkim.SignOptions{"RSA": {Signer: crypto.Signer(rsaKey)}, "Ed25519": {Signer: edKey}} {
		record := strings.TrimPrefix(rsaRecord(t), "TXT ")
		if name == "Ed25519" {
			record = strings.TrimPrefix(edRecord(), "TXT ")
		}
		if got := python(t, pyVerify, sign(t, message, o), record); got != "True" {
			t.Errorf("%s: what we sign does not hold there: %s", name, got)
		}
	}
}

// FuzzCheck holds that no mail makes a check fail, and that nobody is aligned by what he
// wrote himself: nothing in this world signs for example.net, and no record names a
// client that comes.
func FuzzCheck(f *testing.F) {
	f.Add([]byte(message), "ada@example.net", "x")
	f.Add([]byte("DKIM-Signature: v=1; a=rsa-sha256; d=example.net; s=s; h=from; bh=AAAA; b=AAAA\r\n"+message), "", "mx.example.net")
	f.Add([]byte("Authentication-Results: in.example.org; dmarc=pass header.from=example.net\r\n"+message), "a@b", "")
	z := world(nil)
	f.Fuzz(func(t *testing.T, raw []byte, sender, helo string) {
		c := checker(z)
		env := mail.Envelope{From: sender, Helo: helo, Peer: "198.51.100.1"}
		got := c.Check(t.Context(), raw, env, "ada@example.net")
		if got.Aligned || got.By != "" || got.Domain != "example.net" || got.DMARC == pass {
			t.Errorf("%+v", got)
		}
	})
}

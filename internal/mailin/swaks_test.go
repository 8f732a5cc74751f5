package mailin_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"fairlead/internal/inbox"
	"fairlead/internal/mailin"
)

// swaks sends one mail and returns what was said on the line, and whether swaks
// holds it for delivered.
func swaks(t *testing.T, h *house, args ...string) (transcript string, sent bool) {
	t.Helper()
	program, err := exec.LookPath("swaks")
	if err != nil {
		t.Skip("swaks is not installed: the doors are not driven by a sender that is not ours")
	}
	all := []string{"--helo", "client.example.net", "--to", "security@example.org", "--from", "ann@example.net"}
	if h.addr.Network() == "unix" {
		all = append(all, "--socket", h.addr.String(), "--protocol", "LMTP")
	} else {
		all = append(all, "--server", h.addr.String())
	}
	cmd := exec.Command(program, append(all, args...)...)
	cmd.Env = append(os.Environ(), "HOME="+t.TempDir())
	out, err := cmd.CombinedOutput()
	return string(out), err == nil
}

func tlsOfPerl(t *testing.T) {
	t.Helper()
	if exec.Command("perl", "-MNet::SSLeay", "-e", "1").Run() != nil {
		t.Skip("Net::SSLeay is not installed: swaks speaks no TLS here")
	}
}

// A sender that is not ours, at both doors.
func TestSwaks(t *testing.T) {
	big := filepath.Join(t.TempDir(), "big.eml")
	must(t, os.WriteFile(big, []byte("Subject: big\r\n\r\n"+strings.Repeat("0123456789abcdef\r\n", inbox.Inline/8)), 0o600))
	for name, change := range map[string]func(*mailin.Config){
		"smtp": func(c *mailin.Config) { c.Bytes = 1 << 20 },
		"lmtp": func(c *mailin.Config) { c.Bytes, c.LMTP, c.Name = 1<<20, true, "lmtp" },
	} {
		t.Run(name, func(t *testing.T) {
			h := build(t, change)
			for _, c := range []struct {
				name string
				args []string
				want string // of the transcript; empty: it is delivered
			}{
				{"plain", nil, ""},
				{"big", []string{"--data", "@" + big}, ""},
				{"bounce", []string{"--from", "<>"}, ""},
				{"utf8", []string{"--from", "zoë@exämple.net", "--header", "Subject: Überlauf", "--body", "größer"}, ""},
				{"several", []string{"--to", "security@example.org,second@example.org,security+r.x@example.org"}, ""},
				{"starttls", []string{"--tls"}, ""},
				{"pipelining", []string{"--pipeline"}, ""},
				{"not ours", []string{"--to", "ann@example.net"}, "550 5.7.1"},
				{"a member", []string{"--to", "mara@example.org"}, "550 5.7.1"},
				{"login", []string{"--auth", "PLAIN", "--auth-user", "ann", "--auth-password", "x"}, "did not advertise authentication"},
			} {
				if c.name == "starttls" {
					tlsOfPerl(t)
				}
				before := len(h.items())
				got, sent := swaks(t, h, c.args...)
				if sent != (c.want == "") || !strings.Contains(got, c.want) {
					t.Errorf("%s: sent %v\n%s", c.name, sent, got)
				}
				if n := len(h.items()) - before; (n == 1) != sent || n > 1 {
					t.Errorf("%s: sent %v, and %d came in", c.name, sent, n)
				}
			}
			if all := h.items(); len(all) != 7 {
				t.Errorf("%d are in", len(all))
			}
		})
	}
}

// What is over the limit is refused, with its size named and without.
func TestSwaksTooBig(t *testing.T) {
	h := build(t, func(c *mailin.Config) { c.Bytes = 10_000 })
	body := strings.Repeat("0123456789abcdef\r\n", 1000)
	if got, sent := swaks(t, h, "--body", body); sent || !strings.Contains(got, "552 5.3.4") {
		t.Errorf("sent %v\n%.2000s", sent, got)
	}
	if n := len(h.items()); n != 0 {
		t.Errorf("%d are in", n)
	}
}

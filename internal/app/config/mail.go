package config

import (
	"fmt"
	"net"
	"net/netip"
	"path/filepath"
	"strings"
	"time"

	"fairlead/internal/policy/source"
)

// Mail is both ways of mail. Each may be given alone: a relay for what goes out, and
// doors for what comes in.
type Mail struct {
	Relay        string `yaml:"relay"`
	Security     string `yaml:"security"`
	Username     string `yaml:"username"`
	Password     string `yaml:"password"`
	PasswordFile string `yaml:"password_file"`
	From         string `yaml:"from"`
	Bounce       string `yaml:"bounce"`
	DKIM         *DKIM  `yaml:"dkim"`

	SMTP *SMTP  `yaml:"smtp"`
	LMTP string `yaml:"lmtp"` // path of a socket, or host:port on loopback
	IMAP []IMAP `yaml:"imap"`
	Plus *bool  `yaml:"plus"` // nil: true
	// AuthservIDs name the checkers of our own whose Authentication-Results are
	// believed (RFC 8601 section 2.5).
	AuthservIDs []string `yaml:"authserv_ids"`
	Resolver    string   `yaml:"resolver"`
	ClamAV      string   `yaml:"clamav"` // path of a socket, or host:port on loopback
	// KeyDomains are the mail domains whose key directories may be asked, in lower case.
	KeyDomains []string `yaml:"key_domains"`
	SMIME      *SMIME   `yaml:"smime"`
}

// Tags tells whether what is sent to an address with a plus and a tag arrives here.
func (m *Mail) Tags() bool { return m != nil && (m.Plus == nil || *m.Plus) }

// In tells whether any door for mail is given.
func (m *Mail) In() bool { return m != nil && (m.SMTP != nil || m.LMTP != "" || len(m.IMAP) > 0) }

// DKIM is the key by which letters are signed where no relay does.
type DKIM struct {
	Domain   string `yaml:"domain"`
	Selector string `yaml:"selector"`
	KeyFile  string `yaml:"key_file"`
	Key      string `yaml:"-"` // what the file holds, PEM
}

// SMTP is the door for other servers' mail.
type SMTP struct {
	Listen      string `yaml:"listen"`
	Hostname    string `yaml:"hostname"`
	Certificate string `yaml:"certificate"`
	Key         string `yaml:"key"`
	// Relays are the networks of mail servers of our own.
	Relays []string `yaml:"relays"`
}

// Ours tells whether the client is a mail server of our own.
func (s *SMTP) Ours(client netip.Addr) bool {
	if s == nil {
		return false
	}
	for _, r := range s.Relays {
		if net, err := ParseProxy(r); err == nil && net.Contains(client) {
			return true
		}
	}
	return false
}

// IMAP is an account on another server whose mailboxes are read.
type IMAP struct {
	Name         string   `yaml:"name"` // the door is called imap/NAME
	Address      string   `yaml:"address"`
	Security     string   `yaml:"security"`
	CAFile       string   `yaml:"ca_file"` // authorities that vouch for the server; empty: the system's
	Username     string   `yaml:"username"`
	Password     string   `yaml:"-"`
	PasswordFile string   `yaml:"password_file"`
	Mailboxes    []string `yaml:"mailboxes"`
	Every        string   `yaml:"every"`
	Program      string   `yaml:"program"`
	// Done is what becomes of a message that was taken over: keep, or move:FOLDER.
	Done string `yaml:"done"`
	All  bool   `yaml:"all"` // also what was read by somebody before the first look
}

// Interval is how long a round waits for the next.
func (i *IMAP) Interval() time.Duration {
	d, err := time.ParseDuration(i.Every)
	if err != nil {
		return time.Minute
	}
	return d
}

// Move is the mailbox into which a message goes that was taken over; empty if it
// stays.
func (i *IMAP) Move() string {
	folder, move := strings.CutPrefix(i.Done, "move:")
	if !move {
		return ""
	}
	return folder
}

// finish fills in defaults, reads the secrets' files and checks what the schema
// cannot say.
func (m *Mail) finish(file *source.File, secret func(at, path string, into *string)) {
	secret("mail.password_file", m.PasswordFile, &m.Password)
	if m.Security == "" {
		m.Security = "starttls"
	}
	if m.Bounce == "" {
		m.Bounce = m.From
	}
	if m.Relay != "" && m.From == "" {
		file.Fault("mail.relay", "needs a sender", "write from, such as fairlead@example.org")
	}
	if m.DKIM != nil {
		secret("mail.dkim.key_file", m.DKIM.KeyFile, &m.DKIM.Key)
	}
	if m.SMIME != nil {
		m.SMIME.open(file)
	}
	for i, d := range m.KeyDomains {
		m.KeyDomains[i] = strings.ToLower(d)
	}
	if m.SMTP != nil {
		m.SMTP.check(file)
	}
	if m.LMTP != "" && !filepath.IsAbs(m.LMTP) && !onLoopback(m.LMTP) {
		file.Fault("mail.lmtp", "is no socket of this machine", "write a path such as /run/fairlead/lmtp.sock, or 127.0.0.1:2424: LMTP has no limits for strangers")
	}
	if m.ClamAV != "" && !filepath.IsAbs(m.ClamAV) && !onLoopback(m.ClamAV) {
		file.Fault("mail.clamav", "is no socket of this machine", "write a path such as /run/clamav/clamd.ctl, or 127.0.0.1:3310: mail goes there in the clear")
	}
	if m.Resolver != "" && !hostPort(m.Resolver) {
		file.Fault("mail.resolver", "is no address with a port", "write 127.0.0.1:53, or leave it out to use this machine's own")
	}
	seen := map[string]bool{}
	for i := range m.IMAP {
		one, at := &m.IMAP[i], fmt.Sprintf("mail.imap[%d]", i)
		secret(at+".password_file", one.PasswordFile, &one.Password)
		one.finish(file, at)
		if seen[one.Name] {
			file.Fault(at+".name", "another mailbox has the same name", "write another name: it tells the doors apart")
		}
		seen[one.Name] = true
	}
}

func (s *SMTP) check(file *source.File) {
	if !hostPort(s.Listen) {
		file.Fault("mail.smtp.listen", "is no address with a port", "write 0.0.0.0:25, or :25")
	}
	if (s.Certificate == "") != (s.Key == "") {
		file.Fault("mail.smtp", "a certificate and its key go together", "write both, or neither to use those of tls")
	}
	for i, r := range s.Relays {
		if _, err := ParseProxy(r); err != nil {
			file.Fault(fmt.Sprintf("mail.smtp.relays[%d]", i), "is no address or network", "write 192.0.2.25 or 192.0.2.0/24")
		}
	}
}

// soonest is how often a server may be asked at most.
const soonest = 10 * time.Second

func (i *IMAP) finish(file *source.File, at string) {
	if i.Security == "" {
		i.Security = "tls"
	}
	if len(i.Mailboxes) == 0 {
		i.Mailboxes = []string{"INBOX"}
	}
	if !hostPort(i.Address) {
		file.Fault(at+".address", "is no address with a port", "write imap.example.org:993")
	}
	if i.Security == "none" && !onLoopback(i.Address) {
		file.Fault(at+".security", "would send the password openly", "write tls or starttls; none is for this machine only")
	}
	if d, err := time.ParseDuration(i.Every); i.Every != "" && (err != nil || d < soonest) {
		file.Fault(at+".every", "is no span of ten seconds or more", "write 1m or 30s")
	}
}

func hostPort(s string) bool {
	_, port, err := net.SplitHostPort(s)
	return err == nil && port != ""
}

// onLoopback tells whether an address with a port is one of this machine.
func onLoopback(s string) bool {
	host, port, err := net.SplitHostPort(s)
	if err != nil || port == "" {
		return false
	}
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || (err == nil && ip.IsLoopback())
}

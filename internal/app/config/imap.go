package config

import (
	"fmt"
	"time"

	"fairlead/internal/policy/source"
)

// IMAP is one account whose mailboxes are polled.
type IMAP struct {
	Name         string   `yaml:"name"`
	Server       string   `yaml:"server"`
	Security     string   `yaml:"security"`
	CAFile       string   `yaml:"ca_file"`
	Username     string   `yaml:"username"`
	Password     string   `yaml:"password"`
	PasswordFile string   `yaml:"password_file"`
	Mailboxes    []string `yaml:"mailboxes"`
	Move         string   `yaml:"move"`
	Every        string   `yaml:"every"`
	All          bool     `yaml:"all"`
	// Interval is Every, read.
	Interval time.Duration `yaml:"-"`
}

// How often a mailbox may be looked at.
const (
	everyLeast = 10 * time.Second
	everyMost  = time.Hour
	everyUsual = time.Minute
)

// finishIMAP fills in the defaults of the accounts and checks what the schema cannot
// say.
func (c *Config) finishIMAP(file *source.File, secret func(at, path string, into *string)) {
	names := map[string]bool{}
	for i := range c.IMAP {
		a := &c.IMAP[i]
		at := fmt.Sprintf("imap[%d]", i)
		secret(at+".password_file", a.PasswordFile, &a.Password)
		if a.Password == "" && a.PasswordFile == "" {
			file.Fault(at, "has no password", "write password_file")
		}
		if names[a.Name] {
			file.Fault(at+".name", "is given twice", "give each account a name of its own; what was read of it is remembered under that name")
		}
		names[a.Name] = true
		if a.Security == "" {
			a.Security = "tls"
		}
		if len(a.Mailboxes) == 0 {
			a.Mailboxes = []string{"INBOX"}
		}
		if a.Interval = everyUsual; a.Every != "" {
			d, err := time.ParseDuration(a.Every)
			if err != nil || d < everyLeast || d > everyMost {
				file.Fault(at+".every", fmt.Sprintf("is no time from %s to %s", everyLeast, everyMost), "write 60s or 5m")
			}
			a.Interval = d
		}
		for _, m := range a.Mailboxes {
			if m == a.Move {
				file.Fault(at+".move", "is a mailbox that is polled itself", "name another one")
			}
		}
	}
}

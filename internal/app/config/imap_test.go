package config_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"fairlead/internal/policy/source"
)

func TestIMAP(t *testing.T) {
	const whole = "imap:\n- name: security\n  server: imap.example.org:993\n  username: security@example.org\n"
	cfg, err := read(t, whole+"  password_file: DIR/key\n")
	if err != nil || len(cfg.IMAP) != 1 {
		t.Fatal(cfg.IMAP, err)
	}
	if a := cfg.IMAP[0]; a.Password != "secret" || a.Security != "tls" || !slices.Equal(a.Mailboxes, []string{"INBOX"}) || a.Interval != time.Minute || a.All {
		t.Errorf("%+v", a)
	}
	cfg, err = read(t, whole+"  password_file: DIR/key\n  every: 5m\n  mailboxes: [INBOX, Lists/Product]\n")
	if err != nil || cfg.IMAP[0].Interval != 5*time.Minute || len(cfg.IMAP[0].Mailboxes) != 2 {
		t.Errorf("%+v, %v", cfg.IMAP, err)
	}
	for text, want := range map[string]string{
		whole:                                 "password",
		whole + "  password_file: DIR/none\n": "cannot be read",
		whole + "  password: p\n  security: plain\n":                                         "security",
		whole + "  password: p\n  every: 1s\n":                                               "every",
		whole + "  password: p\n  every: 2h\n":                                               "every",
		whole + "  password: p\n  move: INBOX\n":                                             "polled itself",
		whole + "  password: p\n  mailboxes: []\n":                                           "mailboxes",
		whole + "  password: p\n  folder: INBOX\n":                                           "folder",
		strings.Replace(whole, ":993", "", 1):                                                "server",
		strings.Replace(whole, "security\n", "A b\n", 1):                                     "name",
		whole + "  password: p\n" + strings.TrimPrefix(whole, "imap:\n") + "  password: p\n": "twice",
	} {
		_, err := read(t, text)
		var faults source.Faults
		if !errors.As(err, &faults) || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", text, err)
		}
	}
}

package mailbox_test

import (
	"strings"
	"testing"
	"time"

	"fairlead/internal/intake/mailbox"
)

func TestArrived(t *testing.T) {
	now := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	const (
		received = "Received: from mx.example.net by mx.example.org with ESMTP;\n\tTue, 3 Mar 2020 10:00:05 +0100\nReceived: from x by y; Mon, 2 Mar 2020 10:00:05 +0100\n"
		date     = "Date: Sun, 1 Mar 2020 09:30:00 -0500 (EST)\n"
	)
	for name, c := range map[string]struct{ head, want string }{
		"trace":         {received + date, "2020-03-03T09:00:05Z"},
		"sent":          {date, "2020-03-01T14:30:00Z"},
		"neither":       {"Subject: x\n", ""},
		"unreadable":    {"Received: yesterday\nDate: soon\n", ""},
		"in the future": {"Date: Sun, 1 Mar 2099 09:30:00 +0000\n", ""},
		"forged trace":  {"Received: x; Sun, 1 Mar 2099 09:30:00 +0000\n" + date, "2020-03-01T14:30:00Z"},
		"before mail":   {"Date: Thu, 1 Jan 1970 00:00:00 +0000\n", ""},
		"a broken line": {date + "no field\nSubject: x\n", "2020-03-01T14:30:00Z"},
	} {
		for _, head := range []string{c.head, strings.ReplaceAll(c.head, "\n", "\r\n")} {
			at := mailbox.Arrived([]byte(head+"\nDate: Sat, 29 Feb 2020 00:00:00 +0000\n"), now)
			got := ""
			if !at.IsZero() {
				got = at.Format(time.RFC3339)
			}
			if got != c.want {
				t.Errorf("%s: %s, want %s", name, got, c.want)
			}
		}
	}
}

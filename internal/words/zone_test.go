package words_test

import (
	"testing"
	"time"

	"fairlead/internal/words"
)

// A zone's name has its offset beside it, whatever the season and the language.
func TestInstantSaysItsOffset(t *testing.T) {
	b, err := words.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, one := range []struct{ lang, zone, at, want string }{
		{"en", "America/Toronto", "2026-11-26T02:13:00Z", "Wed 25 Nov 2026, 21:13 EST (UTC-05:00)"},
		{"en", "America/Toronto", "2026-07-01T12:00:00Z", "Wed 1 Jul 2026, 08:00 EDT (UTC-04:00)"},
		{"en", "Australia/Brisbane", "2026-01-01T00:00:00Z", "Thu 1 Jan 2026, 10:00 AEST (UTC+10:00)"},
		{"de", "Europe/Berlin", "2026-10-25T00:30:00Z", "So., 25. Okt. 2026, 02:30 MESZ (UTC+02:00)"},
		{"de", "Europe/Berlin", "2026-10-25T01:30:00Z", "So., 25. Okt. 2026, 02:30 MEZ (UTC+01:00)"},
		{"fr", "Europe/London", "2026-12-01T12:00:00Z", "mar. 1er déc. 2026, 12:00 GMT (UTC+00:00)"},
		{"en", "America/Sao_Paulo", "2026-03-02T12:00:00Z", "Mon 2 Mar 2026, 09:00 UTC-03:00"},
		{"en", "Asia/Kolkata", "2026-03-02T12:00:00Z", "Mon 2 Mar 2026, 17:30 IST (UTC+05:30)"},
		{"en", "UTC", "2026-03-02T12:00:00Z", "Mon 2 Mar 2026, 12:00 UTC"},
	} {
		zone, err := time.LoadLocation(one.zone)
		if err != nil {
			t.Fatal(err)
		}
		at, err := time.Parse(time.RFC3339, one.at)
		if err != nil {
			t.Fatal(err)
		}
		if got := b.In(one.lang).Instant(at, zone); got != one.want {
			t.Errorf("%s: %q, want %q", one.at, got, one.want)
		}
	}
}

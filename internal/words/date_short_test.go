package words_test

import (
	"testing"
	"time"

	"fairlead/internal/words"
)

// A column of dates names the year only where it is another.
func TestShort(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	b, err := words.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, one := range []struct {
		lang, at, want, brief string
	}{
		{"en", "2026-09-07T10:00:00Z", "7 Sep", "Mon 7 Sep, 12:00 CEST"},
		{"de", "2026-12-31T22:59:00Z", "31. Dez.", "Do., 31. Dez., 23:59 MEZ"},
		{"en", "2026-12-31T23:00:00Z", "1 Jan 2027", "Fri 1 Jan 2027, 00:00 CET"}, // in Berlin
		{"fr", "2025-11-01T10:00:00Z", "1er nov. 2025", "sam. 1er nov. 2025, 11:00 CET"},
	} {
		at, err := time.Parse(time.RFC3339, one.at)
		if err != nil {
			t.Fatal(err)
		}
		if got := b.In(one.lang).Short(at, berlin, 2026); got != one.want {
			t.Errorf("%s in %s: %q, want %q", one.at, one.lang, got, one.want)
		}
		if got := b.In(one.lang).Brief(at, berlin, 2026); got != one.brief {
			t.Errorf("%s in %s: %q, want %q", one.at, one.lang, got, one.brief)
		}
	}
	if got := b.In("en").Brief(time.Time{}, berlin, 2026); got != "" {
		t.Errorf("no date: %q", got)
	}
	if got := b.In("en").Short(time.Time{}, berlin, 2026); got != "" {
		t.Errorf("no date: %q", got)
	}
}

package pgp

import (
	"testing"
	"time"
)

func TestTrouble(t *testing.T) {
	k, err := Generate("Example", "finder@example.org", time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), 30*24*time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	public, err := k.Public()
	if err != nil {
		t.Fatal(err)
	}
	for at, want := range map[time.Time]Trouble{
		time.Date(2025, 12, 1, 0, 0, 0, 0, time.UTC): Unfit, // not good yet
		time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC):  Usable,
		time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC):  Expired,
	} {
		if got := public.Trouble(at); got != want {
			t.Errorf("%s: %q, want %q", at, got, want)
		}
	}
}

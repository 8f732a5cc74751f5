package cvd

import (
	"errors"
	"regexp"
	"strings"
	"testing"
)

var idShape = regexp.MustCompile(`^[A-Z]+-[0-9]{4}-[2-9A-HJKMNP-Z]{7}$`)

func TestCaseIDRoundTrip(t *testing.T) {
	for _, prefix := range []string{"FL", "TP", "ACMEXY"} {
		for i := range 200 {
			id := NewCaseID(prefix, 2026+i, [6]byte{byte(i), byte(7 * i), 255, byte(i / 2), 31, 0})
			if !idShape.MatchString(string(id)) {
				t.Fatalf("%s has not the shape of an id", id)
			}
			typed := "  " + strings.ToLower(strings.ReplaceAll(string(id), "-", " ")) + "\n"
			for _, s := range []string{string(id), typed, strings.ReplaceAll(string(id), "-", " - ")} {
				if got, err := ParseCaseID(s); err != nil || got != id {
					t.Errorf("%q reads as %q, %v", s, got, err)
				}
			}
		}
	}
}

// Every single wrong character and every swap of two neighbours is found.
func TestCaseIDCheck(t *testing.T) {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-"
	for i := range 40 {
		id := string(NewCaseID([]string{"FL", "TP", "ACMEXY"}[i%3], 2026+i, [6]byte{byte(i), byte(37 * i), byte(3 * i), 5, byte(200 - i), 30}))
		for at := range id {
			for _, r := range letters {
				if wrong := id[:at] + string(r) + id[at+1:]; wrong != id {
					mistyped(t, id, wrong)
				}
			}
			if at > 0 && id[at] != id[at-1] {
				mistyped(t, id, id[:at-1]+id[at:at+1]+id[at-1:at]+id[at+1:])
			}
		}
	}
}

func mistyped(t *testing.T, id, wrong string) {
	t.Helper()
	if got, err := ParseCaseID(wrong); !errors.Is(err, ErrNotFound) {
		t.Errorf("%s for %s is accepted as %s, %v", wrong, id, got, err)
	}
}

func TestParseCaseIDRefuses(t *testing.T) {
	for _, s := range []string{
		"", "-", "---", "FL", "FL-2026", "FL-2026-", "-2026-2222222", "FL-26-2222222", "FL-2026-22222222", "FL-2026-222222",
		"FL-20x6-2222222", "FL-2026-222222O", "FL-２０26-2222222", "F\x00-2026-2222222", "../2026/2222222", "FL-2026-2222222-2",
		strings.Repeat("FL-2026-", 10000),
	} {
		if id, err := ParseCaseID(s); !errors.Is(err, ErrNotFound) || id != "" {
			t.Errorf("%.40q: %q, %v", s, id, err)
		}
	}
}

func FuzzParseCaseID(f *testing.F) {
	for _, s := range []string{"FL-2026-7KQ4MXZ", string(NewCaseID("FL", 2026, [6]byte{1, 2, 3})), "fl 2026 abcdefg", "ß-2026-2222222", "\xff-0000-       "} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		id, err := ParseCaseID(s)
		if err != nil {
			if id != "" || !errors.Is(err, ErrNotFound) {
				t.Errorf("%q: %q, %v", s, id, err)
			}
			return
		}
		if !idShape.MatchString(string(id)) {
			t.Errorf("%q reads as %q", s, id)
		}
		if again, err := ParseCaseID(string(id)); err != nil || again != id {
			t.Errorf("%q does not read back: %q, %v", id, again, err)
		}
	})
}

package front

import (
	"net/http"
	"strings"
	"testing"
)

func TestLastOf(t *testing.T) {
	for want, lines := range map[string][]string{
		"":             {},
		"192.0.2.1":    {"192.0.2.1"},
		"192.0.2.2":    {"198.51.100.1, 192.0.2.2"},
		"192.0.2.3":    {"198.51.100.1,198.51.100.2", "192.0.2.3"},
		"2001:db8::1":  {"198.51.100.1", "x, 2001:db8::1 "},
		"not-address!": {"192.0.2.1", "not-address!"},
	} {
		h := http.Header{}
		for _, l := range lines {
			h.Add("X-Forwarded-For", l)
		}
		if got := lastOf(h, "x-forwarded-for"); got != want {
			t.Errorf("%s: %q", strings.Join(lines, " | "), got)
		}
	}
}

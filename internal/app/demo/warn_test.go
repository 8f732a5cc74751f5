package demo

import (
	"net"
	"strings"
	"testing"
)

// A demo that others can reach says so, and one that they cannot does not.
func TestWarnWhereOthersReachIt(t *testing.T) {
	for ip, loud := range map[string]bool{"127.0.0.1": false, "::1": false, "0.0.0.0": true, "::": true, "192.0.2.7": true} {
		var b strings.Builder
		warn(&b, &net.TCPAddr{IP: net.ParseIP(ip), Port: 8080})
		if got := strings.Contains(b.String(), "WARNING") && strings.Contains(b.String(), "sign-in link"); got != loud {
			t.Errorf("%s: %q", ip, b.String())
		}
	}
}
